//! A case among its relatives, as a drawing: whom it indexes above it, who indexes it below; and the same as a table.

use std::collections::BTreeMap;

use openrosa_store::server::{CaseLine, Surroundings, Tie};

use crate::web::seen::{Seen, query};

const WIDTH: i64 = 168;
const HEIGHT: i64 = 52;
const GAP: i64 = 20;
const RISE: i64 = 44;
/// How many stand side by side; more of one layer go into a row of their own.
const ROW: usize = 4;
/// How many letters fit into a box.
const LETTERS: usize = 17;
/// How many owners have a color of their own.
const COLORS: usize = 6;

/// The drawing.
pub(super) struct Graph {
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    pub(super) owners: Vec<(usize, Seen)>,
    pub(super) rows: Vec<Relation>,
}

pub(super) struct Node {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) whole: Seen,
    pub(super) address: String,
    pub(super) class: String,
}

pub(super) struct Edge {
    pub(super) path: String,
    pub(super) label: String,
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) is_extension: bool,
    pub(super) whole: Seen,
}

/// A line of the table.
pub(super) struct Relation {
    pub(super) source: Seen,
    pub(super) source_address: String,
    pub(super) name: Seen,
    pub(super) is_extension: bool,
    pub(super) target: Seen,
    pub(super) target_address: String,
    pub(super) is_target_there: bool,
}

impl Graph {
    pub(super) fn of(around: &Surroundings, domain: i64) -> Self {
        let places = places(around);
        let owners = owners(&around.cases);
        let right = places.values().map(|(x, _)| x + WIDTH).max().unwrap_or(WIDTH);
        let bottom = places.values().map(|(_, y)| y + HEIGHT).max().unwrap_or(HEIGHT);
        let nodes = around.cases.iter().enumerate();
        let nodes = nodes.map(|(at, case)| node(case, at == 0, &places, &owners, domain));
        let drawn = |tie: &&Tie| places.contains_key(tie.target.as_str());
        let names: BTreeMap<&str, &CaseLine> =
            around.cases.iter().map(|case| (case.case_id.as_str(), case)).collect();
        let relation = |tie: &Tie| relation(tie, &names, domain);
        let mut shown: Vec<(usize, Seen)> =
            owners.iter().map(|(owner, color)| (*color, Seen::of(owner))).collect();
        shown.sort();
        shown.truncate(COLORS);
        Self {
            width: right + GAP,
            height: bottom + GAP,
            nodes: nodes.collect(),
            edges: around.ties.iter().filter(drawn).filter_map(|tie| edge(tie, &places)).collect(),
            owners: shown,
            rows: around.ties.iter().map(relation).collect(),
        }
    }
}

fn owners(cases: &[CaseLine]) -> BTreeMap<&str, usize> {
    let mut owners = BTreeMap::new();
    for case in cases {
        let next = owners.len();
        owners.entry(case.owner_id.as_str()).or_insert(next);
    }
    owners
}

/// Where each case stands: that in the middle on layer 0, whom a case indexes on the layer above it.
fn places(around: &Surroundings) -> BTreeMap<&str, (i64, i64)> {
    let layers = layers(around);
    let mut rows: Vec<Vec<&str>> = Vec::new();
    let mut by_layer: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for case in &around.cases {
        let layer = layers.get(case.case_id.as_str()).copied().unwrap_or_default();
        by_layer.entry(layer).or_default().push(&case.case_id);
    }
    for ids in by_layer.values() {
        rows.extend(ids.chunks(ROW).map(<[&str]>::to_vec));
    }
    let widest = count(rows.iter().map(Vec::len).max().unwrap_or(1));
    let mut places = BTreeMap::new();
    for (row, ids) in rows.iter().enumerate() {
        let indent = (widest - count(ids.len())) * (WIDTH + GAP) / 2;
        for (column, id) in ids.iter().enumerate() {
            let x = GAP + indent + count(column) * (WIDTH + GAP);
            places.insert(*id, (x, GAP + count(row) * (HEIGHT + RISE)));
        }
    }
    places
}

fn layers(around: &Surroundings) -> BTreeMap<&str, i64> {
    let mut layers = BTreeMap::new();
    let Some(first) = around.cases.first() else { return layers };
    layers.insert(first.case_id.as_str(), 0);
    // The near ones come first, so that each is linked with one that has its layer; a few rounds find all of them.
    for _ in 0..around.cases.len() {
        let known = layers.len();
        for tie in &around.ties {
            let (source, target) = (tie.source.as_str(), tie.target.as_str());
            match (layers.get(source).copied(), layers.get(target).copied()) {
                (Some(layer), None) => layers.insert(target, layer - 1),
                (None, Some(layer)) => layers.insert(source, layer + 1),
                _ => None,
            };
        }
        if layers.len() == known {
            break;
        }
    }
    layers
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or_default()
}

fn node(
    case: &CaseLine,
    is_middle: bool,
    places: &BTreeMap<&str, (i64, i64)>,
    owners: &BTreeMap<&str, usize>,
    domain: i64,
) -> Node {
    let (x, y) = places.get(case.case_id.as_str()).copied().unwrap_or_default();
    let name = if case.name.is_empty() { &case.case_id } else { &case.name };
    let color = owners.get(case.owner_id.as_str()).copied().unwrap_or_default() % COLORS;
    let middle = if is_middle { " middle" } else { "" };
    let closed = if case.closed { " closed" } else { "" };
    let state = if case.closed { "closed" } else { "open" };
    Node {
        x,
        y,
        name: shortened(name),
        kind: shortened(&format!("{}{}", case.case_type, if case.closed { " · closed" } else { "" })),
        whole: Seen::of(format!("{name}, {}, {state}, of {}", case.case_type, case.owner_id)),
        address: address(domain, &case.case_id),
        class: format!("owner-{color}{middle}{closed}"),
    }
}

fn address(domain: i64, id: &str) -> String {
    format!("/look/{domain}/case{}", query(&[("id", id)]))
}

fn shortened(text: &str) -> String {
    let seen = Seen::of(text.chars().take(LETTERS + 1).collect::<String>()).to_string();
    match seen.char_indices().nth(LETTERS) {
        Some((cut, _)) => format!("{}…", &seen[..cut]),
        None => seen,
    }
}

/// From the top of who indexes to the bottom of whom it indexes, as a rule.
fn edge(tie: &Tie, places: &BTreeMap<&str, (i64, i64)>) -> Option<Edge> {
    let (from, to) = (places.get(tie.source.as_str())?, places.get(tie.target.as_str())?);
    let (x1, x2) = (from.0 + WIDTH / 2, to.0 + WIDTH / 2);
    let (y1, y2, bend) = match from.1.cmp(&to.1) {
        std::cmp::Ordering::Greater => (from.1, to.1 + HEIGHT + 4, -RISE / 2),
        std::cmp::Ordering::Less => (from.1 + HEIGHT, to.1 - 4, RISE / 2),
        std::cmp::Ordering::Equal => (from.1, to.1 - 4, -RISE / 2),
    };
    // Toward its end it comes from above or below, so that the arrow points into the box.
    let arrives = if from.1 == to.1 { bend } else { -bend };
    Some(Edge {
        path: format!("M{x1},{y1} C{x1},{} {x2},{} {x2},{y2}", y1 + bend, y2 + arrives),
        label: shortened(&tie.name),
        x: x1 + 7,
        y: if bend < 0 { y1 - 6 } else { y1 + 15 },
        is_extension: tie.is_extension,
        whole: Seen::of(format!("index {}", tie.name)),
    })
}

fn relation(tie: &Tie, names: &BTreeMap<&str, &CaseLine>, domain: i64) -> Relation {
    let called = |id: &str| match names.get(id) {
        Some(case) if !case.name.is_empty() => Seen::of(&case.name),
        _ => Seen::of(id),
    };
    Relation {
        source: called(&tie.source),
        source_address: address(domain, &tie.source),
        name: Seen::of(&tie.name),
        is_extension: tie.is_extension,
        target: called(&tie.target),
        target_address: address(domain, &tie.target),
        is_target_there: names.contains_key(tie.target.as_str()),
    }
}
