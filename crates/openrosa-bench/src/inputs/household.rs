//! Cases that index each other, for a purge.

use openrosa_case::{
    graph::{CaseGraph, GraphBuilder, Relationship},
    purge::Owners,
};

use super::Random;

/// A case with its indices, one and a half on average, to cases that came before it, wherever they lie.
#[derive(Clone, Debug)]
pub struct Household {
    id: String,
    owner: &'static str,
    open: bool,
    indices: Vec<(&'static str, usize, Relationship)>,
}

const MINE: &str = "nurse";

/// Whose cases stay.
#[must_use]
pub fn owners() -> Owners {
    Owners::from_iter([MINE])
}

impl Household {
    /// So many of them.
    #[must_use]
    pub fn all(count: usize) -> Vec<Self> {
        let mut random = Random::new(11);
        (0..count).map(|before| Self::new(&mut random, before)).collect()
    }

    fn new(random: &mut Random, before: usize) -> Self {
        // None to three: half of all cases have two, or one and three.
        let count = if before == 0 { 0 } else { random.below(4) };
        let indices = (0..count).map(|at| {
            let (name, kind) = match random.one_in(4) {
                true => ("host", Relationship::Extension),
                false => (["parent", "mother", "household"][at as usize], Relationship::Child),
            };
            (name, random.below(before as u64) as usize, kind)
        });
        let indices = indices.collect();
        Self { id: random.id(), owner: random.pick(&[MINE, "clinic", "-"]), open: !random.one_in(4), indices }
    }

    /// The id of the case.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Their graph.
    #[must_use]
    pub fn graph(cases: &[Self]) -> CaseGraph<'_> {
        let mut graph = GraphBuilder::with_capacity(cases.len(), cases.len() * 3 / 2);
        for case in cases {
            let source = graph.case(&case.id, case.owner, case.open);
            for &(name, target, kind) in &case.indices {
                graph.index(source, name, &cases[target].id, kind);
            }
        }
        graph.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_cases_have_some_fifteen_hundred_indices_and_no_circle() {
        let cases = Household::all(1_000);
        let graph = Household::graph(&cases);
        assert!((1_400..1_600).contains(&graph.links().count()));
        assert_eq!((graph.cases().count(), graph.missing().count()), (1_000, 0));
        assert_eq!(graph.cycle(), None);
    }
}
