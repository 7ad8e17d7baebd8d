//! The fixpoints of case-xml.md 5.1, by worklists: each case and each index is looked at a bounded number of times.

use super::{Kept, Owners, Removed, Standing};
use crate::graph::{CaseGraph, Link, Node, Relationship};

/// What is known of each case so far.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'g, 'a> {
    pub(crate) graph: &'g CaseGraph<'a>,
    marks: Vec<u8>,
    /// The index by which a case lives or falls, where it is by one.
    via: Vec<u32>,
}

pub(super) const OWNED: u8 = 1;
/// Indexes something that is not there, or something that does.
pub(super) const FALLEN: u8 = 2;
pub(super) const RELEVANT: u8 = 4;
pub(super) const AVAILABLE: u8 = 8;
pub(super) const LIVE: u8 = 16;

/// A case that lives or falls by itself.
const BY_ITSELF: u32 = u32::MAX;

impl<'g, 'a> Walk<'g, 'a> {
    pub(crate) fn new(graph: &'g CaseGraph<'a>, owners: &Owners) -> Self {
        let own: Vec<bool> = graph.owners().map(|owner| owners.own(owner)).collect();
        let owned = |node: u32| graph.is_stored(Node(node)) && own[graph.owner_number(node) as usize];
        let marks: Vec<u8> = nodes(graph).map(|node| if owned(node) { OWNED } else { 0 }).collect();
        Self { graph, via: vec![BY_ITSELF; marks.len()], marks }
    }

    pub(super) fn has(&self, node: u32, mark: u8) -> bool {
        self.marks[node as usize] & mark == mark
    }

    /// Whether a mark is new.
    pub(super) fn mark(&mut self, node: u32, mark: u8) -> bool {
        let marks = &mut self.marks[node as usize];
        let is_new = *marks & mark == 0;
        *marks |= mark;
        is_new
    }

    pub(crate) fn is_live(&self, node: u32) -> bool {
        self.has(node, LIVE)
    }

    pub(crate) fn is_owned(&self, node: u32) -> bool {
        self.has(node, OWNED)
    }

    /// Whether the case is there and did not fall with a missing target.
    pub(super) fn takes_part(&self, node: u32) -> bool {
        self.graph.is_stored(Node(node)) && !self.has(node, FALLEN)
    }

    pub(super) fn is_open(&self, node: u32) -> bool {
        self.graph.is_open(Node(node)) && !self.has(node, FALLEN)
    }

    /// Step 2: whatever indexes a missing case falls, and whatever indexes what fell.
    pub(super) fn fall_with_missing_targets(&mut self) {
        let graph = self.graph;
        let mut gone: Vec<u32> = graph.missing().map(|node| node.0).collect();
        let mut next = 0;
        while let Some(&node) = gone.get(next) {
            next += 1;
            for &link in graph.incoming(node) {
                let source = graph.source_of(link);
                if graph.is_stored(Node(source)) && self.mark(source, FALLEN) {
                    self.via[source as usize] = link;
                    gone.push(source);
                }
            }
        }
    }

    /// Steps 4 to 6, as the definitions have them.
    pub(crate) fn live_by_the_rules(&mut self) {
        let free = |walk: &Self, node| walk.is_open(node) && !walk.graph.extends(Node(node));
        self.spread_availability(free);
        let mut live = self.begin_with_owned(OWNED | AVAILABLE);
        let mut next = 0;
        while let Some(&node) = live.get(next) {
            next += 1;
            self.enliven_targets(node, &mut live);
            self.enliven_extensions(node, &mut live);
        }
    }

    /// Marks what these mark, and by the way the open extensions of whatever is available.
    pub(super) fn spread_availability(&mut self, free: impl Fn(&Self, u32) -> bool) {
        let graph = self.graph;
        let mut available: Vec<u32> = nodes(graph).filter(|&node| free(self, node)).collect();
        available.iter().for_each(|&node| _ = self.mark(node, AVAILABLE));
        while let Some(node) = available.pop() {
            for &link in graph.incoming(node) {
                let source = graph.source_of(link);
                if graph.is_extension(link) && self.is_open(source) && self.mark(source, AVAILABLE) {
                    available.push(source);
                }
            }
        }
    }

    /// The cases that live by themselves.
    pub(super) fn begin_with_owned(&mut self, marks: u8) -> Vec<u32> {
        let live: Vec<u32> = nodes(self.graph).filter(|&node| self.has(node, marks)).collect();
        live.iter().for_each(|&node| _ = self.mark(node, LIVE));
        live
    }

    pub(super) fn enliven_targets(&mut self, node: u32, live: &mut Vec<u32>) {
        let graph = self.graph;
        for link in graph.outgoing(node) {
            let target = graph.target_of(link);
            if graph.is_stored(Node(target)) {
                self.enliven(target, link, live);
            }
        }
    }

    pub(super) fn enliven_extensions(&mut self, node: u32, live: &mut Vec<u32>) {
        let graph = self.graph;
        for &link in graph.incoming(node) {
            let source = graph.source_of(link);
            if graph.is_extension(link) && self.is_open(source) {
                self.enliven(source, link, live);
            }
        }
    }

    /// Makes a case live that is so by itself.
    pub(crate) fn enliven_alone(&mut self, node: u32, live: &mut Vec<u32>) {
        if self.mark(node, LIVE) {
            live.push(node);
        }
    }

    /// Makes a case live by an index.
    pub(crate) fn enliven(&mut self, node: u32, link: u32, live: &mut Vec<u32>) {
        if self.mark(node, LIVE) {
            self.via[node as usize] = link;
            live.push(node);
        }
    }

    pub(crate) fn standing(&self, node: Node) -> Option<Standing> {
        if !self.graph.is_stored(node) {
            return None;
        }
        let via = Some(self.via[node.0 as usize]).filter(|&via| via != BY_ITSELF).map(Link);
        Some(match self.is_live(node.0) {
            true => Standing::Kept(via.map_or(Kept::Owned, |link| self.kept(node, link))),
            false => Standing::Removed(via.map_or_else(|| self.not_live(node), |link| self.fallen(link))),
        })
    }

    fn kept(&self, node: Node, link: Link) -> Kept {
        let counts_as = match self.graph.is_extension(link.0) {
            true => Relationship::Extension,
            false => Relationship::Child,
        };
        match counts_as {
            _ if self.graph.source(link) == node => Kept::ExtensionOf(link),
            Relationship::Extension => Kept::HostOf(link),
            Relationship::Child => Kept::ParentOf(link),
        }
    }

    fn fallen(&self, link: Link) -> Removed {
        match self.graph.is_stored(self.graph.target(link)) {
            true => Removed::IndexesRemoved(link),
            false => Removed::MissingTarget(link),
        }
    }

    fn not_live(&self, node: Node) -> Removed {
        match (self.graph.is_open(node), self.has(node.0, OWNED)) {
            (false, _) => Removed::Closed,
            (true, false) => Removed::Foreign,
            (true, true) => Removed::Unavailable,
        }
    }
}

pub(super) fn nodes(graph: &CaseGraph<'_>) -> std::ops::Range<u32> {
    0..crate::graph::number(graph.len())
}
