//! Which cases a server has to send to a user, each with its reason.

mod livequery;

pub use livequery::Departures;

use crate::{
    graph::{CaseGraph, Node},
    purge::{Kept, Owners, Standing, Walk},
};

/// The live cases of a server's graph: what belongs on the device of a user who works for these owners.
///
/// Cases that the server deleted are simply not in the graph. An index to one is passed over here, while a device that gets
/// to see it removes the case that has it: see [`sync`](crate::sync) for how a restore says so.
///
/// *Spec:* case-xml.md 5.1, ota-restore.md 3.4.
#[derive(Clone, Debug)]
pub struct Live<'g, 'a> {
    walk: Walk<'g, 'a>,
}

impl<'g, 'a> Live<'g, 'a> {
    /// By the rules, as a device keeps them: in time linear in cases and indices, circles among them or not.
    #[must_use]
    pub fn of(graph: &'g CaseGraph<'a>, owners: &Owners) -> Self {
        let mut walk = Walk::new(graph, owners);
        walk.live_by_the_rules();
        Self { walk }
    }

    /// By the steps of CommCare HQ's `livequery`, departing from the rules in the named ways.
    ///
    /// Steps that depend on the order in which a database gives its rows, which nobody states, take the order of the graph.
    ///
    /// *Spec:* case-xml.md 5.4, steps 1 to 8.
    #[must_use]
    pub fn by_livequery(graph: &'g CaseGraph<'a>, owners: &Owners, departures: Departures) -> Self {
        let mut walk = Walk::new(graph, owners);
        livequery::run(&mut walk, departures);
        Self { walk }
    }

    /// What was selected from.
    #[must_use]
    pub const fn graph(&self) -> &'g CaseGraph<'a> {
        self.walk.graph
    }

    /// The live cases, in the order of the graph.
    pub fn cases(&self) -> impl Iterator<Item = Node> {
        self.graph().cases().filter(|&node| self.contains(node))
    }

    /// Whether a case is live.
    #[must_use]
    pub fn contains(&self, node: Node) -> bool {
        self.walk.is_live(node.0)
    }

    /// Whether a case is live only for the sake of others: CommCare HQ's dependent cases, live but not open and owned.
    #[must_use]
    pub fn is_dependent(&self, node: Node) -> bool {
        self.contains(node) && !(self.walk.is_owned(node.0) && self.graph().is_open(node))
    }

    /// Why a case is live; `None` when it is not.
    #[must_use]
    pub fn why(&self, node: Node) -> Option<Kept> {
        match self.walk.standing(node)? {
            Standing::Kept(kept) => Some(kept),
            Standing::Removed(_) => None,
        }
    }
}
