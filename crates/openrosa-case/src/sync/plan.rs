//! What a restore must hold.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_xml::CaseId;

use super::{HeldCase, SyncLog, Transaction, held};
use crate::{
    graph::{CaseGraph, Link, Node},
    live::{Departures, Live},
    purge::Owners,
};

/// A restore that is about to be made.
#[derive(Clone, Debug)]
pub struct Restore<'g, 'a> {
    graph: &'g CaseGraph<'a>,
    owners: Owners,
    token: Box<str>,
    at: u64,
    livequery: Option<Departures>,
}

/// What it holds of cases, and what is on the phone after it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan<'a> {
    /// The cases to write, each with its ledgers, in the order of the graph. None comes twice.
    pub cases: Vec<Sent<'a>>,
    /// Cases that the device has and the server deleted, for which there is no word in a restore. A block with a `close` alone
    /// makes the device let go: nothing indexes them any more, and they fall at its next purge. CommCare HQ writes nothing,
    /// and has the device start over.
    pub withdrawn: Vec<CaseId>,
    /// The sync log of this restore, to be stored before the last byte is sent.
    pub log: SyncLog,
}

/// One case in a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent<'a> {
    /// The case in the graph.
    pub node: Node,
    /// Its id.
    pub id: &'a str,
    /// Whether the device has it already.
    pub action: Action,
    /// Whether a `close` is written.
    pub closes: bool,
    /// The indices to write with their targets: none to a case that is not there, for which a device would purge this one.
    pub indices: Vec<Link>,
    /// The names of indices to write without a target: the device has them, the server has not any more.
    pub unset: Vec<Box<str>>,
}

/// How a case is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a device has a case or has it not")]
pub enum Action {
    /// `create`, then `update`: the device has not got it.
    Create,
    /// `update` with all that is known: the device has it, and somebody else changed it.
    Update,
}

impl<'g, 'a> Restore<'g, 'a> {
    /// A restore of what is live in this graph for these owners. Its token becomes the `restore_id`; `at` is the number of
    /// the last transaction that the graph knows of, see [`SyncLog::at`].
    ///
    /// The graph is to be one [without circles](CaseGraph::without_circles): no device purges what is on one.
    #[must_use]
    pub fn new(graph: &'g CaseGraph<'a>, owners: Owners, token: impl Into<Box<str>>, at: u64) -> Self {
        Self { graph, owners, token: token.into(), at, livequery: None }
    }

    /// Selects cases as CommCare HQ does, instead of by the rules.
    #[must_use]
    pub const fn by_livequery(mut self, departures: Departures) -> Self {
        self.livequery = Some(departures);
        self
    }

    fn live(&self) -> Live<'g, 'a> {
        match self.livequery {
            Some(departures) => Live::by_livequery(self.graph, &self.owners, departures),
            None => Live::of(self.graph, &self.owners),
        }
    }

    /// The plan for a device that has nothing, or has to start over.
    #[must_use]
    pub fn initial(self) -> Plan<'a> {
        let log = SyncLog::new(self.token.clone(), self.at, self.owners.clone(), BTreeMap::new());
        self.on_top_of(log, &BTreeSet::new())
    }

    /// The plan for a device that [agrees](SyncLog::agree) with its log, given the transactions since then (or more). It
    /// gets what is live and not there, and what is there and was changed by others, live or not.
    ///
    /// *Spec:* case-xml.md 5.4, steps 9 and 10; ota-restore.md 3.5.
    #[must_use]
    pub fn since<'t>(
        self,
        log: &SyncLog,
        transactions: impl IntoIterator<Item = Transaction<'t>>,
    ) -> Plan<'a> {
        let news = transactions.into_iter().filter(|transaction| log.is_news(transaction));
        let changed = news.map(|transaction| transaction.case).collect();
        let next = log.next(self.token.clone(), self.at, self.owners.clone());
        self.on_top_of(next, &changed)
    }

    fn on_top_of(self, mut log: SyncLog, changed: &BTreeSet<&str>) -> Plan<'a> {
        let live = self.live();
        let withdrawn = self.withdraw(&mut log);
        let mut plan = |node| self.send(node, live.contains(node), changed, log.held());
        let cases = self.graph.cases().filter_map(&mut plan).collect();
        Plan { cases, withdrawn, log }
    }

    /// Closes what was deleted, once.
    fn withdraw(&self, log: &mut SyncLog) -> Vec<CaseId> {
        let held = log.held().iter_mut();
        let gone = held.filter(|(id, case)| case.open && self.graph.case(id.as_str()).is_none());
        gone.map(|(id, case)| {
            case.open = false;
            id.clone()
        })
        .collect()
    }

    fn send(
        &self,
        node: Node,
        is_live: bool,
        changed: &BTreeSet<&str>,
        phone: &mut BTreeMap<CaseId, HeldCase>,
    ) -> Option<Sent<'a>> {
        let id = self.graph.id(node);
        match phone.get_mut(id) {
            None if is_live => {
                phone.insert(id.into(), HeldCase::sent(self.graph, node));
                Some(self.sent(node, Action::Create, Vec::new()))
            }
            Some(held) if changed.contains(id) || held.is_linked_otherwise(self.graph, node) => {
                let unset = held.names_to_unset(self.graph, node);
                held.receive(self.graph, node, &unset);
                Some(self.sent(node, Action::Update, unset))
            }
            _ => None,
        }
    }

    fn sent(&self, node: Node, action: Action, unset: Vec<Box<str>>) -> Sent<'a> {
        let indices = held::written(self.graph, node).collect();
        Sent { node, id: self.graph.id(node), action, closes: !self.graph.is_open(node), indices, unset }
    }
}
