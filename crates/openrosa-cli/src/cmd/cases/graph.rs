//! The links between the cases of a state, and their drawing.

use std::{collections::BTreeSet, path::Path};

use openrosa_case::{
    case::Case,
    graph::{CaseGraph, GraphBuilder, Node, Relationship},
    picture::Picture,
    purge::Owners,
    store::Memory,
};

use super::{Standing, find, write};
use crate::{
    exit::Failure,
    page::{counted, grouped},
    state::Side,
    terminal::tell,
};

/// More than a person can look at.
const MOST: usize = 1_000;

/// The graph of all cases. What CommCare HQ holds as deleted is not in it.
pub(super) fn of(memory: &Memory) -> CaseGraph<'_> {
    among(memory.cases())
}

fn among<'m>(cases: impl Iterator<Item = &'m Case>) -> CaseGraph<'m> {
    let mut graph = GraphBuilder::default();
    for case in cases.filter(|case| case.hq.deleted.is_none()) {
        let node = graph.case(case.case_id.as_str(), case.owner_id.as_str(), !case.closed);
        for (name, index) in case.indices.iter() {
            let relationship = Relationship::named(index.relationship.as_str());
            graph.index(node, name, index.target.as_str(), relationship);
        }
    }
    graph.build()
}

/// Draws all cases, or one with all it is tied to.
pub(super) fn draw(
    path: &Path,
    case: Option<&str>,
    memory: &Memory,
    owners: Option<&Owners>,
    side: Side,
) -> Result<(), Failure> {
    let all = of(memory);
    let tied =
        case.map(|id| find(id, memory).map(|case| tied_to(case.case_id.as_str(), &all))).transpose()?;
    let drawn = |case: &&Case| tied.as_ref().is_none_or(|tied| tied.contains(case.case_id.as_str()));
    let count = memory.cases().filter(drawn).count();
    if count > MOST {
        let reason = format!("nobody could look at {} cases in one drawing", grouped(count as u64));
        return Err(Failure::new(reason).remedy("--case ID draws one case and all it is tied to"));
    }
    let graph = among(memory.cases().filter(drawn));
    let captions = memory.cases().filter(drawn).map(|case| (case.case_id.as_str(), caption(case))).collect();
    // What stays for the sake of others is told truly, as all that it is tied to is drawn.
    let picture = match Standing::of(&graph, owners, side) {
        Standing::Device(purge) => Picture::of_purge(&purge).with_captions(&captions).svg(),
        _ => Picture::of(&graph).with_captions(&captions).svg(),
    };
    let svg = picture.map_err(|error| Failure::new(format!("the cases cannot be drawn: {error}")))?;
    write(path, &svg)?;
    tell(format_args!("drew {} into {}", counted(count, "case"), path.display()));
    Ok(())
}

/// What people know a case by.
fn caption(case: &Case) -> String {
    if case.name.is_empty() { case.case_id.to_string() } else { format!("{}: {}", case.case_type, case.name) }
}

/// The ids of a case and of all it is tied to by links, in either direction and however far.
fn tied_to<'a>(id: &str, graph: &CaseGraph<'a>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<Node> = graph.case(id).into_iter().collect();
    while let Some(node) = next.pop() {
        if found.insert(graph.id(node)) {
            next.extend(graph.indices(node).map(|link| graph.target(link)));
            next.extend(graph.indices_to(node).map(|link| graph.source(link)));
        }
    }
    found
}
