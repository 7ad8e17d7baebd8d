//! CommCare HQ's selection, step by step.

use crate::{
    graph::{CaseGraph, Link, Node, Relationship},
    purge::Walk,
};

/// The ways in which CommCare HQ's selection departs from the rules that devices purge by. Each makes the two sides disagree
/// on some cases, and with them their state hashes: a device is then told to start over, again and again.
///
/// With none of them the steps come to the same set as the rules.
///
/// *Spec:* case-xml.md 5.4, the table at its end; trap T-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Departures {
    /// A case that is a child of one case and an extension of another is taken for no extension: it lives, and its parent and
    /// its host with it, even if the host is closed. A device purges it.
    pub children_are_no_extensions: bool,
    /// Two indices of a case to one target, child and extension, both count: the case is an open extension of a live case, and
    /// sent. On a device the child alone counts, and the case is purged
    /// (vector `extension_and_child_relationship`, where CommCare HQ's expectation is its own device's).
    pub extension_beside_child_counts: bool,
    /// The host of a closed extension is not looked for; when another case keeps that extension live, the host may be left
    /// out. A device requires it, and purges the extension and all that depends on it.
    pub closed_extensions_leave_hosts: bool,
}

impl Departures {
    /// All of them, as CommCare HQ has them.
    pub const HQ: Self = Self {
        children_are_no_extensions: true,
        extension_beside_child_counts: true,
        closed_extensions_leave_hosts: true,
    };

    /// None of them.
    pub const NONE: Self = Self {
        children_are_no_extensions: false,
        extension_beside_child_counts: false,
        closed_extensions_leave_hosts: false,
    };
}

pub(super) fn run(walk: &mut Walk<'_, '_>, departures: Departures) {
    let graph = walk.graph;
    let is_owned = |node: Node| walk.is_owned(node.0) && graph.is_open(node);
    let owned: Vec<u32> = graph.cases().filter(|&node| is_owned(node)).map(|node| node.0).collect();
    let mut query = LiveQuery {
        walk,
        graph,
        departures,
        met: vec![false; graph.len()],
        seen: vec![false; graph.links().count()],
        pending: vec![false; graph.links().count()],
    };
    query.gather(owned.clone());
    query.decide(owned);
}

struct LiveQuery<'w, 'g, 'a> {
    walk: &'w mut Walk<'g, 'a>,
    graph: &'g CaseGraph<'a>,
    departures: Departures,
    /// `all_ids`.
    met: Vec<bool>,
    /// Indices that were fetched.
    seen: Vec<bool>,
    /// Indices that will make one of their ends live when the other is.
    pending: Vec<bool>,
}

impl LiveQuery<'_, '_, '_> {
    /// Steps 1 to 5: outward from what is owned, wave by wave.
    fn gather(&mut self, owned: Vec<u32>) {
        owned.iter().for_each(|&node| self.met[node as usize] = true);
        let mut frontier = owned;
        while !frontier.is_empty() {
            let links: Vec<u32> = frontier.iter().flat_map(|&node| self.unseen_at(node)).collect();
            frontier.clear();
            for link in links {
                self.classify(link);
                frontier.extend(self.new_ends(link));
            }
        }
    }

    /// Step 2: indices of a case, and those by which open cases extend it. One to a deleted case is passed over.
    fn unseen_at(&mut self, node: u32) -> Vec<u32> {
        let graph = self.graph;
        let outgoing = graph.outgoing(node).filter(|&link| graph.is_stored(Node(graph.target_of(link))));
        let extends = |link: &u32| self.is_extension(*link) && self.has_open_source(*link);
        let incoming = graph.incoming(node).iter().copied().filter(extends);
        let mut links: Vec<u32> = outgoing.chain(incoming).filter(|&link| self.counts(link)).collect();
        links.retain(|&link| !std::mem::replace(&mut self.seen[link as usize], true));
        links
    }

    /// Whether an index counts where there is another one to the same target.
    fn counts(&self, link: u32) -> bool {
        self.departures.extension_beside_child_counts || !self.graph.is_shadowed(Link(link))
    }

    fn is_extension(&self, link: u32) -> bool {
        self.graph.relationship(Link(link)) == Relationship::Extension
    }

    fn has_open_source(&self, link: u32) -> bool {
        self.graph.is_open(self.graph.source(Link(link)))
    }

    /// Step 5, in the order of its letters.
    fn classify(&mut self, link: u32) {
        let (source, target) = (self.graph.source_of(link), self.graph.target_of(link));
        if self.walk.is_live(source) {
            return self.enliven(target, link);
        }
        if self.is_extension(link) {
            match self.has_open_source(link) {
                true if self.walk.is_live(target) => self.enliven(source, link),
                true => self.pending[link as usize] = true,
                false => self.pending[link as usize] = !self.departures.closed_extensions_leave_hosts,
            }
        } else if self.is_owned_and_open(source) && !self.is_held_back(source) {
            self.enliven_owned(source);
            self.enliven(target, link);
        } else {
            self.pending[link as usize] = true;
        }
    }

    fn is_owned_and_open(&self, node: u32) -> bool {
        self.walk.is_owned(node) && self.graph.is_open(Node(node))
    }

    /// Whether a case with a child index has an extension index, too, that keeps it from living by itself.
    fn is_held_back(&self, node: u32) -> bool {
        !self.departures.children_are_no_extensions && self.graph.extends(Node(node))
    }

    /// Step 5f.
    fn new_ends(&mut self, link: u32) -> Vec<u32> {
        let mut ends = vec![self.graph.source_of(link), self.graph.target_of(link)];
        ends.retain(|&node| !std::mem::replace(&mut self.met[node as usize], true));
        ends
    }

    /// Steps 6 and 7.
    fn decide(&mut self, owned: Vec<u32>) {
        for &node in &owned {
            if !self.is_pure_extension(node) {
                self.enliven_owned(node);
            }
        }
        for node in self.above_owned_extensions(owned) {
            let is_open = self.graph.is_open(Node(node));
            if is_open && !self.walk.is_live(node) && !self.is_pure_extension(node) {
                self.enliven_owned(node);
            }
        }
    }

    /// Has a pending host, and (where that matters) no pending parent.
    fn is_pure_extension(&self, node: u32) -> bool {
        let mut pending = self.graph.outgoing(node).filter(|&link| self.pending[link as usize]);
        match self.departures.children_are_no_extensions {
            true => {
                let kinds: Vec<bool> = pending.map(|link| self.is_extension(link)).collect();
                kinds.contains(&true) && !kinds.contains(&false)
            }
            false => pending.any(|link| self.is_extension(link)),
        }
    }

    /// Everything that an owned case extends, over open cases.
    fn above_owned_extensions(&self, owned: Vec<u32>) -> Vec<u32> {
        let graph = self.graph;
        let mut reached = vec![false; graph.len()];
        let mut above = Vec::new();
        let mut ways = owned;
        while let Some(node) = ways.pop() {
            for link in graph.outgoing(node).filter(|&link| self.pending[link as usize]) {
                let host = graph.target_of(link);
                if self.is_extension(link) && !std::mem::replace(&mut reached[host as usize], true) {
                    above.push(host);
                    ways.extend(Some(host).filter(|&host| graph.is_open(Node(host))));
                }
            }
        }
        above.sort_unstable();
        above
    }

    fn enliven_owned(&mut self, node: u32) {
        let mut live = Vec::new();
        self.walk.enliven_alone(node, &mut live);
        self.spread(live);
    }

    fn enliven(&mut self, node: u32, link: u32) {
        let mut live = Vec::new();
        self.walk.enliven(node, link, &mut live);
        self.spread(live);
    }

    /// Step 8, without its recursion.
    fn spread(&mut self, mut live: Vec<u32>) {
        let graph = self.graph;
        while let Some(node) = live.pop() {
            for link in graph.outgoing(node).filter(|&link| self.pending[link as usize]) {
                self.walk.enliven(graph.target_of(link), link, &mut live);
            }
            for &link in graph.incoming(node).iter().filter(|&&link| self.pending[link as usize]) {
                if self.is_extension(link) && self.has_open_source(link) {
                    self.walk.enliven(graph.source_of(link), link, &mut live);
                }
            }
        }
    }
}
