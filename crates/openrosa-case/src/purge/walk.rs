//! The fixpoints of case-xml.md 5.1, by worklists: each case and each index is looked at a bounded number of times.

use super::{Kept, Owners, Removed, Standing};
use crate::graph::{CaseGraph, EXTENDS, Link, Node, OPEN, Relationship, STORED};

/// What is known of each case so far.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'g, 'a> {
    pub(crate) graph: &'g CaseGraph<'a>,
    /// One byte a case, flags of the graph among them: a walk goes everywhere, and what is small stays near.
    marks: Vec<u8>,
    /// The case by which a case lives or falls, where it is by one: marked where its own index makes it so.
    via: Vec<u32>,
}

pub(super) const OWNED: u8 = 8;
/// Indexes something that is not there, or something that does.
pub(super) const FALLEN: u8 = 16;
pub(super) const RELEVANT: u8 = 32;
pub(super) const AVAILABLE: u8 = 64;
pub(super) const LIVE: u8 = 128;

/// A case that lives or falls by itself.
const BY_ITSELF: u32 = u32::MAX;
/// By an index of its own.
const OWN_INDEX: u32 = 1 << 31;

impl<'g, 'a> Walk<'g, 'a> {
    pub(crate) fn new(graph: &'g CaseGraph<'a>, owners: &Owners) -> Self {
        let own: Vec<bool> = graph.owners().map(|owner| owners.own(owner)).collect();
        let is_owned = |node: u32| own.get(graph.owner_number(node) as usize).is_some_and(|own| *own);
        let owned = |(node, &flags): (u32, &u8)| match flags & STORED != 0 && is_owned(node) {
            true => flags | OWNED,
            false => flags,
        };
        let marks: Vec<u8> = nodes(graph).zip(graph.flags()).map(owned).collect();
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
        self.marks[node as usize] & (STORED | FALLEN) == STORED
    }

    pub(super) fn is_open(&self, node: u32) -> bool {
        self.marks[node as usize] & (OPEN | FALLEN) == OPEN
    }

    /// Open, and no extension.
    pub(super) fn is_free(&self, node: u32) -> bool {
        self.marks[node as usize] & (OPEN | FALLEN | EXTENDS) == OPEN
    }

    /// Step 2: whatever indexes a missing case falls, and whatever indexes what fell.
    pub(super) fn fall_with_missing_targets(&mut self) {
        let graph = self.graph;
        let mut gone: Vec<u32> = graph.missing().map(|node| node.0).collect();
        let mut next = 0;
        while let Some(&node) = gone.get(next) {
            next += 1;
            for source in graph.sources_to(node) {
                if self.takes_part(source.node()) {
                    self.mark(source.node(), FALLEN);
                    self.via[source.node() as usize] = node | OWN_INDEX;
                    gone.push(source.node());
                }
            }
        }
    }

    /// Steps 4 to 6, as the definitions have them.
    pub(crate) fn live_by_the_rules(&mut self) {
        self.spread_availability(Self::is_free);
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
            for source in graph.sources_to(node).iter().filter(|source| source.is_extension()) {
                if self.is_open(source.node()) && self.mark(source.node(), AVAILABLE) {
                    available.push(source.node());
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
        for &target in graph.targets_of(node) {
            if self.has(target, STORED) {
                self.enliven_by(target, node, live);
            }
        }
    }

    pub(super) fn enliven_extensions(&mut self, node: u32, live: &mut Vec<u32>) {
        let graph = self.graph;
        for source in graph.sources_to(node).iter().filter(|source| source.is_extension()) {
            if self.is_open(source.node()) {
                self.enliven_by(source.node(), node | OWN_INDEX, live);
            }
        }
    }

    fn enliven_by(&mut self, node: u32, via: u32, live: &mut Vec<u32>) {
        if self.mark(node, LIVE) {
            self.via[node as usize] = via;
            live.push(node);
        }
    }

    /// Makes a case live that is so by itself.
    pub(crate) fn enliven_alone(&mut self, node: u32, live: &mut Vec<u32>) {
        if self.mark(node, LIVE) {
            live.push(node);
        }
    }

    /// Makes a case live by an index, which is its own or leads to it.
    pub(crate) fn enliven(&mut self, node: u32, link: u32, live: &mut Vec<u32>) {
        let source = self.graph.source_of(link);
        let via = if source == node { self.graph.target_of(link) | OWN_INDEX } else { source };
        self.enliven_by(node, via, live);
    }

    pub(crate) fn standing(&self, node: Node) -> Option<Standing> {
        if !self.graph.is_stored(node) {
            return None;
        }
        let via = Some(self.via[node.0 as usize]).filter(|&via| via != BY_ITSELF);
        Some(match (self.is_live(node.0), via) {
            (true, None) => Standing::Kept(Kept::Owned),
            (true, Some(via)) => Standing::Kept(self.kept(node.0, via)?),
            (false, None) => Standing::Removed(self.not_live(node)),
            (false, Some(via)) => Standing::Removed(self.fallen(node.0, via & !OWN_INDEX)?),
        })
    }

    fn kept(&self, node: u32, via: u32) -> Option<Kept> {
        let other = via & !OWN_INDEX;
        if via & OWN_INDEX != 0 {
            let mut links = self.graph.links_between(node, other);
            let extends = |link: &Link| self.graph.relationship(*link) == Relationship::Extension;
            return links.find(extends).map(Kept::ExtensionOf);
        }
        let link = self.graph.links_between(other, node).next()?;
        Some(match self.graph.is_extension(link.0) {
            true => Kept::HostOf(link),
            false => Kept::ParentOf(link),
        })
    }

    fn fallen(&self, node: u32, target: u32) -> Option<Removed> {
        let link = self.graph.links_between(node, target).next()?;
        Some(match self.graph.is_stored(Node(target)) {
            true => Removed::IndexesRemoved(link),
            false => Removed::MissingTarget(link),
        })
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
