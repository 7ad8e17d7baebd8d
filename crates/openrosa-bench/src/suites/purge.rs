//! A million cases that index each other: applied to the state, and which of them a device may drop, against one pass that only hashes every id.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use openrosa_case::{
    graph::CaseGraph,
    hash::StateHash,
    purge::{Purge, Spread},
};

use super::{Contender, Suite, restore::applied};
use crate::inputs::{Household, owners};

/// Cases as they lie in a database, and their graphs.
#[derive(Debug)]
#[non_exhaustive]
pub struct Input {
    cases: &'static [Household],
    fewer: &'static [Household],
    graph: CaseGraph<'static>,
    tenth: CaseGraph<'static>,
    together: CaseGraph<'static>,
    together_tenth: CaseGraph<'static>,
}

impl Input {
    /// So many cases, and a tenth of them.
    #[must_use]
    pub fn new(cases: usize) -> Self {
        // Graphs borrow from them, and the process ends soon.
        let [cases, fewer]: [&'static [Household]; 2] =
            [cases, cases / 10].map(|count| &*Household::all(count).leak());
        let [together, together_tenth] =
            [cases.len(), fewer.len()].map(|count| Household::graph(Household::together(count).leak()));
        Self {
            cases,
            fewer,
            graph: Household::graph(cases),
            tenth: Household::graph(fewer),
            together,
            together_tenth,
        }
    }
}

/// All of them.
pub const SUITE: Suite<Input> = &[
    Contender {
        name: "hash-ids",
        run: |input| hash(input).digest().map_or(0, |digest| u64::from(digest[0])).into(),
    },
    Contender { name: "purge", run: |input| purge(&input.graph).into() },
    Contender { name: "purge-tenth", run: |input| purge(&input.tenth).into() },
    Contender { name: "purge-together", run: |input| purge(&input.together).into() },
    Contender { name: "purge-together-tenth", run: |input| purge(&input.together_tenth).into() },
    Contender { name: "purge-from-ids", run: |input| purge(&Household::graph(input.cases)).into() },
    Contender { name: "siphash-ids", run: |input| siphash(input).into() },
    Contender { name: "set-of-ids", run: |input| set(input.cases).into() },
    Contender { name: "set-of-ids-tenth", run: |input| set(input.fewer).into() },
    Contender { name: "apply-cases", run: |input| applied(Household::restore(input.cases)) },
    Contender { name: "apply-cases-tenth", run: |input| applied(Household::restore(input.fewer)) },
];

/// The state hash, which every sync needs.
fn hash(input: &Input) -> StateHash {
    StateHash::of(input.cases.iter().map(Household::id))
}

/// The hash of the standard library's maps, which is made for short keys.
fn siphash(input: &Input) -> u64 {
    let state = RandomState::new();
    input.cases.iter().fold(0, |all, case| all ^ state.hash_one(case.id()))
}

/// A set of all ids, which whoever looks up ids has to make.
fn set(cases: &[Household]) -> u64 {
    let mut ids = HashSet::with_capacity(cases.len());
    ids.extend(cases.iter().map(Household::id));
    ids.len() as u64
}

fn purge(graph: &CaseGraph<'_>) -> u64 {
    let purge = Purge::of(graph, &owners(), Spread::Whole).expect("no circles are made");
    purge.removed().count() as u64
}
