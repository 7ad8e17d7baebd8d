//! Targets that are not there, circles, and reasons.

use openrosa_case::{
    graph::{CaseGraph, GraphBuilder, Relationship},
    live::{Departures, Live},
    purge::{Kept, Owners, Purge, Removed, Spread, Standing},
};

use crate::graphs::{graph, kept, me, names, words};

/// The same cases without some of them; indices to these stay.
pub(crate) fn without<'a>(graph: &CaseGraph<'a>, gone: &str) -> CaseGraph<'a> {
    let mut cases = GraphBuilder::default();
    for node in graph.cases().filter(|&node| !words(gone).contains(graph.id(node))) {
        let source = cases.case(graph.id(node), graph.owner(node).expect("it is there"), graph.is_open(node));
        for link in graph.indices(node) {
            let target = graph.id(graph.target(link));
            cases.index(source, graph.name(link), target, graph.relationship(link));
        }
    }
    cases.build()
}

/// C-091: what indexes a missing case goes, with all that indexes it; its other targets stay.
/// S-043: the same, and a circle is an error rather than a hang.
#[test]
fn a_missing_target_takes_its_dependents_along() {
    let cases = without(&graph("a b c d", "", "a->nowhere a->b c->b", "d->a"), "nowhere");
    assert_eq!(kept(&cases, Spread::Whole).unwrap(), words("b c"));
    assert_eq!(kept(&cases, Spread::TwoRounds).unwrap(), words("b c"));
    let circle = graph("a b", "", "a->b b->a", "");
    assert!(kept(&circle, Spread::Whole).is_err());
}

/// C-092: a circle is an error, named, after what indexes missing cases was set aside.
#[test]
fn a_circle_is_an_error_that_purges_nothing() {
    let cases = without(&graph("a b", "", "a->b b->c z->nowhere", "c->a"), "nowhere");
    let cycle = kept(&cases, Spread::Whole).unwrap_err();
    let ids: Vec<_> = cycle.cases.iter().map(|id| id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert!(kept(&cases, Spread::TwoRounds).is_err());
    assert!(kept(&graph("a", "", "a->a", ""), Spread::Whole).is_err());
}

/// C-093: a circle of which one case indexes a missing one falls with it, and the purge ends.
#[test]
fn a_circle_that_misses_a_target_falls_with_it() {
    let cases = without(&graph("a b c k", "", "a->b b->a b->nowhere", "c->a"), "nowhere");
    assert_eq!(kept(&cases, Spread::Whole).unwrap(), words("k"));
    assert_eq!(kept(&cases, Spread::TwoRounds).unwrap(), words("k"));
}

/// C-094: without a list of owners everything is owned.
#[test]
fn without_a_list_of_owners_everything_is_owned() {
    let cases = graph("", "b", "", "a->x e->b");
    let all = Purge::of(&cases, &Owners::everyone(), Spread::Whole).unwrap();
    assert_eq!(names(&cases, all.kept()), words("a x"));
    let nobody = Owners::from_iter([""; 0]);
    assert_eq!(Purge::of(&cases, &nobody, Spread::Whole).unwrap().kept().count(), 0);
}

/// S-045: of ledgers those stay whose case is there and stays.
#[test]
fn ledgers_go_with_their_cases() {
    let cases = graph("a", "", "a->b", "x->y");
    let purge = Purge::of(&cases, &me(), Spread::Whole).unwrap();
    let mut ledgers = vec!["a", "b", "x", "never heard of"];
    ledgers.retain(|entity| purge.keeps(entity));
    assert_eq!(ledgers, ["a", "b"]);
}

#[test]
fn every_case_has_its_reason() {
    let drawn = graph(
        "own late",
        "p late shut",
        "own->p lost->nowhere own->late",
        "ext->p arm->own own2->shut deep->lost",
    );
    let cases = without(&drawn, "nowhere");
    let purge = Purge::of(&cases, &me(), Spread::Whole).unwrap();
    let why: Vec<_> = cases.cases().map(|node| format!("{}: {}", cases.id(node), purge.why(node))).collect();
    insta::assert_snapshot!(why.join("\n"), @"
    own: kept: owned, open and available
    p: kept: live `own` indexes it as `p`
    late: kept: live `own` indexes it as `late`
    lost: removed: its index `nowhere` names `nowhere`, which is not there
    ext: kept: open, and extends live `p` as `p`
    arm: kept: open, and extends live `own` as `own`
    own2: removed: somebody else's, and tied to nothing live
    shut: removed: closed, and nothing live indexes it
    deep: removed: its index `lost` names `lost`, which is removed for a missing target
    ");
    assert_eq!(purge.why(cases.missing().next().unwrap()), "not there");
}

#[test]
fn an_owned_extension_of_a_closed_host_is_unavailable() {
    let cases = graph("e", "h", "", "e->h h2->e");
    let purge = Purge::of(&cases, &me(), Spread::Whole).unwrap();
    let standing = |id| purge.standing(cases.case(id).unwrap()).unwrap();
    assert_eq!(standing("e"), Standing::Removed(Removed::Unavailable));
    assert_eq!(standing("h"), Standing::Removed(Removed::Closed));
    assert_eq!(standing("h2"), Standing::Removed(Removed::Foreign));
}

#[test]
fn reasons_lead_to_a_case_that_lives_by_itself() {
    let cases = graph("o", "", "", "L->B C->B C->o E->D L->D");
    let purge = Purge::of(&cases, &me(), Spread::Whole).unwrap();
    for mut node in cases.cases() {
        let mut steps = 0;
        while let Standing::Kept(kept) = purge.standing(node).unwrap() {
            node = match kept {
                Kept::Owned => break,
                Kept::ParentOf(link) | Kept::HostOf(link) => cases.source(link),
                Kept::ExtensionOf(link) => cases.target(link),
            };
            steps += 1;
            assert!(steps < cases.len());
        }
    }
}

/// Far deeper than any stack.
#[test]
fn depth_is_no_matter() {
    let ids: Vec<String> = (0..50_000).map(|at| at.to_string()).collect();
    for relationship in [Relationship::Child, Relationship::Extension] {
        let mut cases = GraphBuilder::default();
        cases.case(&ids[0], "me", true);
        for pair in ids.windows(2) {
            let source = cases.case(&pair[1], "me", true);
            cases.index(source, "index", &pair[0], relationship);
        }
        let chain = cases.build();
        assert_eq!(Purge::of(&chain, &me(), Spread::Whole).unwrap().removed().count(), 0);
        assert_eq!(Purge::of(&chain, &me(), Spread::TwoRounds).unwrap().removed().count(), 0);
        assert_eq!(Live::by_livequery(&chain, &me(), Departures::HQ).cases().count(), ids.len());
        assert_eq!(chain.layers().last(), Some(&49_999));
        let below = without(&chain, "0");
        assert_eq!(Purge::of(&below, &me(), Spread::Whole).unwrap().kept().count(), 0);
    }
}
