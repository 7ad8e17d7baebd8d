//! Any graph, held against the definitions as they read.

use std::collections::BTreeSet;

use openrosa_case::{
    graph::CaseGraph,
    live::{Departures, Live},
    purge::{Purge, Spread},
};
use proptest::prelude::*;

use crate::{
    graphs::{me, names},
    oracle::{self, Cases},
};

fn spelled(numbers: &BTreeSet<u32>) -> BTreeSet<String> {
    numbers.iter().map(|id| format!("case-{id}")).collect()
}

fn owned(names: BTreeSet<&str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn sent(graph: &CaseGraph<'_>, departures: Departures) -> BTreeSet<String> {
    owned(names(graph, Live::by_livequery(graph, &me(), departures).cases()))
}

/// Purge and selection of one graph agree with the definitions.
fn check(cases: &Cases) {
    let ids = oracle::ids(cases);
    let graph = oracle::graph(cases, &ids);
    let left = oracle::without_missing(cases);
    match Purge::of(&graph, &me(), Spread::Whole) {
        Err(cycle) => {
            assert!(oracle::is_circular(&left), "{cycle}");
            assert_is_a_circle(&graph, &cycle.cases.iter().map(|id| id.as_str()).collect::<Vec<_>>());
        }
        Ok(purge) => {
            assert!(!oracle::is_circular(&left));
            assert_eq!(owned(names(&graph, purge.kept())), spelled(&oracle::live(&left)));
            assert_eq!(purge.kept().count() + purge.removed().count(), cases.len());
        }
    }
    let live = spelled(&oracle::live(&oracle::passing_over_missing(cases)));
    assert_eq!(owned(names(&graph, Live::of(&graph, &me()).cases())), live);
    assert_eq!(sent(&graph, Departures::NONE), live);
}

fn assert_is_a_circle(graph: &CaseGraph<'_>, ids: &[&str]) {
    for (at, id) in ids.iter().enumerate() {
        let next = ids[(at + 1) % ids.len()];
        let mut links = graph.indices(graph.case(id).expect("a case of the circle is there"));
        assert!(links.any(|link| graph.id(graph.target(link)) == next), "{ids:?}");
    }
}

/// The same cases, of which only some are left.
fn only(cases: &Cases, kept: &BTreeSet<&str>) -> Cases {
    let is_kept = |id: &u32| kept.contains(format!("case-{id}").as_str());
    cases.iter().filter(|(id, _)| is_kept(id)).map(|(&id, case)| (id, case.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// C-093: small graphs with circles and missing targets end as the definitions have it, or in a circle that is there.
    #[test]
    fn any_small_graph_ends_as_the_definitions_have_it(cases in oracle::any(1..7, 3)) {
        check(&cases);
    }

    #[test]
    fn any_small_graph_without_circles_does_so_too(cases in oracle::acyclic(1..9, 4)) {
        check(&cases);
    }

    /// What is left is purged to itself, and cases that belong to nobody here never come back.
    #[test]
    fn purging_twice_is_purging_once(cases in oracle::acyclic(1..12, 3)) {
        let ids = oracle::ids(&cases);
        let graph = oracle::graph(&cases, &ids);
        let purge = Purge::of(&graph, &me(), Spread::Whole).unwrap();
        let kept = names(&graph, purge.kept());
        let left = only(&cases, &kept);
        let again = oracle::graph(&left, &ids);
        let purge = Purge::of(&again, &me(), Spread::Whole).unwrap();
        prop_assert_eq!(names(&again, purge.kept()), kept);
    }

    /// Two rounds keep no more than the rules, and as much wherever chains are short.
    #[test]
    fn two_rounds_keep_no_more_than_the_rules(cases in oracle::acyclic(1..10, 3)) {
        let ids = oracle::ids(&cases);
        let graph = oracle::graph(&cases, &ids);
        let kept = |spread| names(&graph, Purge::of(&graph, &me(), spread).unwrap().kept());
        prop_assert!(kept(Spread::TwoRounds).is_subset(&kept(Spread::Whole)));
        if cases.len() < 5 {
            prop_assert_eq!(kept(Spread::TwoRounds), kept(Spread::Whole));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn larger_graphs_end_as_the_definitions_have_it(cases in oracle::acyclic(50..120, 2)) {
        check(&cases);
    }

    #[test]
    fn larger_graphs_with_circles_do_so_too(cases in oracle::any(50..120, 1)) {
        check(&cases);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn tens_of_thousands_of_cases_do_so_too(cases in oracle::any(10_000..20_000, 1)) {
        check(&cases);
    }

    #[test]
    fn tens_of_thousands_of_cases_without_circles_do_so_too(cases in oracle::acyclic(10_000..20_000, 2)) {
        check(&cases);
    }
}
