//! A case on a device, as far as a sync log follows it.

use std::collections::BTreeMap;

use openrosa_xml::{CaseId, OwnerId};

use super::CaseChange;
use crate::graph::{CaseGraph, Link, Node, Relationship};

/// Owner, open or closed, indices by name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldCase {
    /// The owner, as the device knows it.
    pub owner: OwnerId,
    /// Whether it is open on the device: a case that the server opened again stays closed there while it is held.
    pub open: bool,
    /// Indices by name.
    pub indices: BTreeMap<Box<str>, HeldIndex>,
}

/// An index on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what an index is beside its name, for good")]
pub struct HeldIndex {
    /// What it points to.
    pub target: CaseId,
    /// What the case is to its target.
    pub relationship: Relationship,
}

impl HeldCase {
    /// A case without indices.
    pub fn new(owner: impl Into<OwnerId>, open: bool) -> Self {
        Self { owner: owner.into(), open, indices: BTreeMap::new() }
    }

    /// A case that a restore creates.
    pub(super) fn sent(graph: &CaseGraph<'_>, node: Node) -> Self {
        let mut case = Self::new("", true);
        case.receive(graph, node, &[]);
        case
    }

    pub(super) fn change(&mut self, change: &CaseChange<'_>) {
        if let Some(owner) = change.owner {
            self.owner = owner.into();
        }
        self.open &= !change.closes;
        for &(name, target) in &change.indices {
            match target {
                Some((target, relationship)) => self.set(name, target, relationship),
                None => _ = self.indices.remove(name),
            }
        }
    }

    /// Takes in the whole of a case as a restore writes it.
    pub(super) fn receive(&mut self, graph: &CaseGraph<'_>, node: Node, unset: &[Box<str>]) {
        if let Some(owner) = graph.owner(node) {
            self.owner = owner.into();
        }
        self.open &= graph.is_open(node);
        self.indices.retain(|name, _| !unset.contains(name));
        for link in written(graph, node) {
            self.set(graph.name(link), graph.id(graph.target(link)), graph.relationship(link));
        }
    }

    fn set(&mut self, name: &str, target: &str, relationship: Relationship) {
        self.indices.insert(name.into(), HeldIndex { target: target.into(), relationship });
    }

    /// The names of indices that the server has not any more, or not to a case that is there.
    pub(super) fn names_to_unset(&self, graph: &CaseGraph<'_>, node: Node) -> Vec<Box<str>> {
        let is_written = |name: &str| written(graph, node).any(|link| graph.name(link) == name);
        self.indices.keys().filter(|name| !is_written(name)).cloned().collect()
    }

    /// Whether its indices are not what a restore writes: the server deleted a target, or a circle closed or opened elsewhere.
    pub(super) fn is_linked_otherwise(&self, graph: &CaseGraph<'_>, node: Node) -> bool {
        let is_known = |link| {
            let index = self.indices.get(graph.name(link));
            index.is_some_and(|index| {
                index.target.as_str() == graph.id(graph.target(link))
                    && index.relationship == graph.relationship(link)
            })
        };
        written(graph, node).count() != self.indices.len() || !written(graph, node).all(is_known)
    }
}

/// The indices that a restore writes: those to cases that are there.
pub(super) fn written(graph: &CaseGraph<'_>, node: Node) -> impl Iterator<Item = Link> {
    graph.indices(node).filter(|&link| graph.is_stored(graph.target(link)))
}
