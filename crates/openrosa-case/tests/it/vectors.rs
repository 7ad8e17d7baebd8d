//! The situations that the digests state, one row each.

use openrosa_case::{live::Departures, purge::Spread};

use crate::graphs::{graph, kept, live, sent, words};

/// case-xml.md 5.2: name, owned, closed, children, extensions, kept.
const PURGED: &[[&str; 6]] = &[
    ["Live_Dependence", "a b", "a", "b->a", "", "a b"],
    ["Test_Reverse_Index", "a b", "b", "b->a", "", "a"],
    ["Extension_Purge", "a", "a", "", "e->a", ""],
    ["Extension_Subcase_Chain", "a b", "a", "b->e", "e->a", "a b e"],
    ["Heterogeneous_Parentage", "a b", "a", "e->b", "e->a", "b"],
    ["Delegate_Pull", "d", "", "", "d->a", "a d"],
    ["Delegate_Closure", "d", "a", "", "d->a", ""],
    ["Closed_Extension", "a", "b", "", "b->a", "a"],
    ["Broken_Extension_Chain", "a", "b", "", "b->a c->b", "a"],
    ["Double_Extension", "a b", "a", "", "e->a b->e", ""],
    ["Extension_Two_Hosts", "e", "a", "", "e->a e->b", "a b e"],
    ["Double_Index", "a b", "a", "b->a", "b->a", "a b"],
    ["host_of_closed_extension", "a c", "b", "", "b->a b->d c->b", "a"],
    ["alternating_propogation", "L", "", "", "L->B C->B C->D E->D", "B C D E L"],
    ["extension_and_child_relationship", "parent", "", "x->parent", "x->parent", "parent"],
    [
        "reach_tests_subcase",
        "claim",
        "p_mother",
        "p_child->p_mother",
        "claim->house p_mother->house p_child->house child_health->p_child measurement->child_health",
        "claim p_mother house p_child child_health measurement",
    ],
];

/// ota-restore.md 3.4: the rows of its table, in the same shape. The last row is the contested one: by the rules, and by both
/// algorithms, all three live.
const LIVE: &[[&str; 6]] = &[
    ["d*=a, b=a", "d", "", "", "d->a b->a", "a b d"],
    ["e*=a!, e=b", "e", "a", "", "e->a e->b", "a b e"],
    ["a*>b!, c=b", "a", "b", "a->b", "c->b", "a b c"],
    ["d*=a!", "d", "a", "", "d->a", ""],
    ["b=a, c*=b", "c", "", "", "b->a c->b", "a b c"],
    ["b=a!, c*=b", "c", "a", "", "b->a c->b", ""],
    ["b=a!, c*=b, d>c", "c", "a", "d->c", "b->a c->b", ""],
    ["b=a!, c*>b", "c", "a", "c->b", "b->a", "a b c"],
];

/// S-042: device and server come to the stated sets, and so to the same ones.
#[test]
fn device_and_server_keep_what_the_digests_state() {
    for [name, owned, closed, children, extensions, outcome] in PURGED.iter().chain(LIVE) {
        let graph = graph(owned, closed, children, extensions);
        assert_eq!(kept(&graph, Spread::Whole).unwrap(), words(outcome), "{name}");
        assert_eq!(kept(&graph, Spread::TwoRounds).unwrap(), words(outcome), "{name}, two rounds");
        assert_eq!(live(&graph), words(outcome), "{name}, server");
        assert_eq!(sent(&graph, Departures::NONE), words(outcome), "{name}, livequery without departures");
    }
}

/// C-096: the selection of `livequery` is that of the rules in all rows but the one that is a known departure.
#[test]
fn livequery_selects_as_stated_but_for_the_known_departure() {
    for [name, owned, closed, children, extensions, outcome] in PURGED.iter().chain(LIVE) {
        let outcome = if *name == "extension_and_child_relationship" { "parent x" } else { outcome };
        let graph = graph(owned, closed, children, extensions);
        assert_eq!(sent(&graph, Departures::HQ), words(outcome), "{name}");
    }
}

fn only(depart: impl Fn(&mut Departures)) -> Departures {
    let mut departures = Departures::NONE;
    depart(&mut departures);
    departures
}

/// C-096: the three differences of the digest, each by its own name: server with it, server without it and device.
#[test]
fn each_departure_of_livequery_has_its_pattern() {
    let child_and_extension = graph("x", "h", "x->p", "x->h");
    let departures = only(|departures| departures.children_are_no_extensions = true);
    assert_eq!(sent(&child_and_extension, departures), words("x p h"));

    let both_to_one = graph("p", "", "x->p", "x->p");
    let departures = only(|departures| departures.extension_beside_child_counts = true);
    assert_eq!(sent(&both_to_one, departures), words("x p"));

    // Whether the host `d` is left out depends on what is known when the index of the closed `b` is met.
    let closed_extension = graph("k", "b", "k->c c->b", "b->d");
    let departures = only(|departures| departures.closed_extensions_leave_hosts = true);
    assert_eq!(sent(&closed_extension, departures), words("k c b d"), "here `b` lives by then");
    let met_before_it_lives = graph("o", "b d", "b2->b", "o->b2 b->d");
    assert_eq!(sent(&met_before_it_lives, departures), words("o b2 b"));

    for (graph, device) in
        [(&child_and_extension, ""), (&both_to_one, "p"), (&met_before_it_lives, "o b2 b d")]
    {
        assert_eq!(kept(graph, Spread::Whole).unwrap(), words(device));
        assert_eq!(sent(graph, Departures::NONE), words(device));
    }
}

/// C-095: two rounds leave the far end of an alternating chain, whose host then goes at the next purge.
#[test]
fn two_rounds_leave_the_far_end_of_an_alternating_chain() {
    let chain = graph("L", "", "", "L->B C->B C->D E->D E->F G->F");
    assert_eq!(kept(&chain, Spread::Whole).unwrap(), words("L B C D E F G"));
    assert_eq!(kept(&chain, Spread::TwoRounds).unwrap(), words("L B C D E"));
    let left = crate::missing::without(&chain, "F G");
    assert_eq!(kept(&left, Spread::TwoRounds).unwrap(), words("L B C D"));
}
