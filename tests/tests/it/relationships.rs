//! The situations of cases that the two reference implementations share as data: who is indexed, and who is kept.

use std::collections::BTreeSet;

use openrosa_case::{
    graph::{CaseGraph, GraphBuilder, Node, Relationship},
    live::{Departures, Live},
    purge::{Owners, Purge, Spread},
};
use openrosa_tests::corpus;
use serde_json::Value;

/// The one that CommCare HQ's selection does not reproduce.
const DEPARTURE: &str = "extension_and_child_relationship";

fn vectors(what_is_skipped: &str) -> Option<Vec<Value>> {
    let file = corpus::folder(what_is_skipped)?.join("json/core-case_relationship_tests.json");
    let vectors: Vec<Value> = serde_json::from_str(&openrosa_tests::text_of(&file)).expect("JSON");
    assert_eq!(vectors.len(), 46);
    Some(vectors)
}

fn texts<'v>(vector: &'v Value, member: &str) -> BTreeSet<&'v str> {
    vector[member].as_array().into_iter().flatten().map(|id| id.as_str().expect("an id")).collect()
}

fn pairs<'v>(vector: &'v Value, member: &str) -> Vec<[&'v str; 2]> {
    let rows = vector[member].as_array().into_iter().flatten();
    rows.map(|row| [0, 1].map(|at| row[at].as_str().expect("an id"))).collect()
}

fn graph(vector: &Value) -> CaseGraph<'_> {
    let (owned, closed) = (texts(vector, "owned"), texts(vector, "closed"));
    let children = pairs(vector, "subcases").into_iter().map(|pair| (pair, Relationship::Child));
    let extensions = pairs(vector, "extensions").into_iter().map(|pair| (pair, Relationship::Extension));
    let links: Vec<_> = children.chain(extensions).collect();
    let mut ids = texts(vector, "cases");
    ids.extend(links.iter().flat_map(|(pair, _)| pair));
    ids.extend(&owned);
    let mut cases = GraphBuilder::default();
    let mut add = |id| cases.case(id, if owned.contains(id) { "me" } else { "them" }, !closed.contains(id));
    let nodes: Vec<_> = ids.iter().map(|id| (*id, add(id))).collect();
    let node = |id| nodes.iter().find(|(other, _)| *other == id).expect("every id is there").1;
    for ([source, target], relationship) in links {
        cases.index(node(source), "index", target, relationship);
    }
    cases.build()
}

fn names<'a>(graph: &CaseGraph<'a>, nodes: impl Iterator<Item = Node>) -> BTreeSet<&'a str> {
    nodes.map(|node| graph.id(node)).collect()
}

/// C-089: the purge keeps what all 46 vectors say, by the rules and in two rounds.
/// S-042: the server's selection comes to the same sets, one of which CommCare HQ's does not reproduce.
#[test]
fn purge_and_selection_keep_what_the_vectors_say() {
    let me = Owners::from_iter(["me"]);
    for vector in vectors("the shared vectors of case relationships").into_iter().flatten() {
        let (name, graph, outcome) = (&vector["name"], graph(&vector), texts(&vector, "outcome"));
        for spread in [Spread::Whole, Spread::TwoRounds] {
            let purge = Purge::of(&graph, &me, spread).expect("no circles");
            assert_eq!(names(&graph, purge.kept()), outcome, "{name}, {spread:?}");
        }
        assert_eq!(names(&graph, Live::of(&graph, &me).cases()), outcome, "{name}, server");
        let query = Live::by_livequery(&graph, &me, Departures::HQ);
        assert_eq!(names(&graph, query.cases()) == outcome, name != DEPARTURE, "{name}, CommCare HQ");
    }
}
