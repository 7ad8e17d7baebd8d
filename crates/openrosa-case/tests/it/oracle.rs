//! The definitions of case-xml.md 5.1 and 5.2, written down as they read and repeated until nothing changes.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_case::graph::{CaseGraph, GraphBuilder, Relationship};
use proptest::prelude::*;

/// A case as its owner and state, with its indices.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) owned: bool,
    pub(crate) open: bool,
    pub(crate) indices: Vec<(u32, Relationship)>,
}

pub(crate) type Cases = BTreeMap<u32, Case>;

/// Any graph: circles, self-indices, missing targets, several indices to one target.
pub(crate) fn any(cases: std::ops::Range<u32>, per_case: usize) -> impl Strategy<Value = Cases> {
    cases.prop_flat_map(move |count| {
        let kind = prop_oneof![Just(Relationship::Child), Just(Relationship::Extension)];
        // One in so many points beyond the cases that are there.
        let indices = prop::collection::vec((0..count + 1 + count / 8, kind), 0..=per_case);
        let case = (any_bool(0.4), any_bool(0.7), indices).prop_map(|(owned, open, indices)| Case {
            owned,
            open,
            indices,
        });
        prop::collection::vec(case, count as usize).prop_map(|cases| (0..).zip(cases).collect())
    })
}

/// The same without circles: each case indexes later ones only, or missing ones.
pub(crate) fn acyclic(cases: std::ops::Range<u32>, per_case: usize) -> impl Strategy<Value = Cases> {
    any(cases, per_case).prop_map(|mut cases| {
        for (&id, case) in &mut cases {
            case.indices.retain(|&(target, _)| target > id);
        }
        cases
    })
}

fn any_bool(probability: f64) -> impl Strategy<Value = bool> {
    prop::bool::weighted(probability)
}

/// Ids that borrow from nothing.
pub(crate) fn ids(cases: &Cases) -> Vec<String> {
    let targets = cases.values().flat_map(|case| case.indices.iter().map(|index| index.0));
    let last = targets.chain(cases.keys().copied()).max().unwrap_or(0);
    (0..=last).map(|id| format!("case-{id}")).collect()
}

pub(crate) fn graph<'a>(cases: &Cases, ids: &'a [String]) -> CaseGraph<'a> {
    let mut builder = GraphBuilder::default();
    for (&id, case) in cases {
        let source = builder.case(&ids[id as usize], if case.owned { "me" } else { "them" }, case.open);
        for &(target, kind) in &case.indices {
            builder.index(source, "index", &ids[target as usize], kind);
        }
    }
    builder.build()
}

/// Indices after those to one target were merged.
fn merged(case: &Case) -> BTreeMap<u32, Relationship> {
    let mut merged = BTreeMap::new();
    for &(target, kind) in &case.indices {
        let counts = merged.entry(target).or_insert(kind);
        if kind == Relationship::Child {
            *counts = kind;
        }
    }
    merged
}

fn hosts(case: &Case) -> impl Iterator<Item = u32> {
    merged(case).into_iter().filter(|(_, kind)| *kind == Relationship::Extension).map(|(target, _)| target)
}

/// What is left when cases with missing targets are removed until none is.
pub(crate) fn without_missing(cases: &Cases) -> Cases {
    let mut left = cases.clone();
    loop {
        let sound = |case: &Case| case.indices.iter().all(|(target, _)| left.contains_key(target));
        let next: Cases =
            left.iter().filter(|(_, case)| sound(case)).map(|(&id, case)| (id, case.clone())).collect();
        if next.len() == left.len() {
            return next;
        }
        left = next;
    }
}

/// The same cases without indices to missing ones.
pub(crate) fn passing_over_missing(cases: &Cases) -> Cases {
    let mut all = cases.clone();
    for case in all.values_mut() {
        case.indices.retain(|(target, _)| cases.contains_key(target));
    }
    all
}

/// Whether taking away cases without targets, again and again, leaves something.
pub(crate) fn is_circular(cases: &Cases) -> bool {
    let mut left: BTreeSet<u32> = cases.keys().copied().collect();
    loop {
        let bound = |id: &u32| cases[id].indices.iter().any(|(target, _)| left.contains(target));
        let next: BTreeSet<u32> = left.iter().copied().filter(bound).collect();
        if next == left {
            return !left.is_empty();
        }
        left = next;
    }
}

/// L of 5.1, by its three lines.
pub(crate) fn live(cases: &Cases) -> BTreeSet<u32> {
    let available = fixpoint(cases, |id, available: &BTreeSet<u32>| {
        let case = &cases[&id];
        case.open && (hosts(case).next().is_none() || hosts(case).any(|host| available.contains(&host)))
    });
    let mut sources: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (&id, case) in cases {
        case.indices.iter().for_each(|index| sources.entry(index.0).or_default().push(id));
    }
    fixpoint(cases, |id, live: &BTreeSet<u32>| {
        let case = &cases[&id];
        let is_target = || sources.get(&id).is_some_and(|sources| sources.iter().any(|id| live.contains(id)));
        let extends_live = || case.open && hosts(case).any(|host| live.contains(&host));
        case.owned && available.contains(&id) || is_target() || extends_live()
    })
}

fn fixpoint(cases: &Cases, belongs: impl Fn(u32, &BTreeSet<u32>) -> bool) -> BTreeSet<u32> {
    let mut set = BTreeSet::new();
    loop {
        let next: BTreeSet<u32> = cases.keys().copied().filter(|&id| belongs(id, &set)).collect();
        if next == set {
            return set;
        }
        set = next;
    }
}
