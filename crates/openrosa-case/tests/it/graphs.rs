//! Graphs in a few letters: cases are single words, and what is not said to be owned is somebody else's.

use std::collections::BTreeSet;

use openrosa_case::{
    graph::{CaseGraph, Cycle, GraphBuilder, Node, Relationship},
    live::{Departures, Live},
    purge::{Owners, Purge, Spread},
};

/// The graph of a row of a table: names parted by spaces, indices as `child->parent`, each called as its target.
pub(crate) fn graph<'a>(
    owned: &'a str,
    closed: &str,
    children: &'a str,
    extensions: &'a str,
) -> CaseGraph<'a> {
    let mut cases = GraphBuilder::default();
    let children = children.split_whitespace().map(|pair| (pair, Relationship::Child));
    let extensions = extensions.split_whitespace().map(|pair| (pair, Relationship::Extension));
    let pairs: Vec<_> = children.chain(extensions).map(|(pair, kind)| (ends(pair), kind)).collect();
    let ids = pairs.iter().flat_map(|&((source, target), _)| [source, target]);
    for id in ids.chain(owned.split_whitespace()) {
        let owner = if owned.split_whitespace().any(|owned| owned == id) { "me" } else { "them" };
        cases.case(id, owner, !closed.split_whitespace().any(|closed| closed == id));
    }
    for ((source, target), kind) in pairs {
        let owner = if owned.split_whitespace().any(|owned| owned == source) { "me" } else { "them" };
        let source = cases.case(source, owner, !closed.split_whitespace().any(|closed| closed == source));
        cases.index(source, target, target, kind);
    }
    cases.build()
}

fn ends(pair: &str) -> (&str, &str) {
    pair.split_once("->").expect("an arrow")
}

pub(crate) fn me() -> Owners {
    Owners::from_iter(["me"])
}

pub(crate) fn names<'a>(graph: &CaseGraph<'a>, nodes: impl Iterator<Item = Node>) -> BTreeSet<&'a str> {
    nodes.map(|node| graph.id(node)).collect()
}

pub(crate) fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

pub(crate) fn kept<'a>(graph: &CaseGraph<'a>, spread: Spread) -> Result<BTreeSet<&'a str>, Cycle> {
    Ok(names(graph, Purge::of(graph, &me(), spread)?.kept()))
}

pub(crate) fn live<'a>(graph: &CaseGraph<'a>) -> BTreeSet<&'a str> {
    names(graph, Live::of(graph, &me()).cases())
}

pub(crate) fn sent<'a>(graph: &CaseGraph<'a>, departures: Departures) -> BTreeSet<&'a str> {
    names(graph, Live::by_livequery(graph, &me(), departures).cases())
}
