//! Restores, forms and purges in turn, as stories and as whatever may come.

use openrosa_case::{
    graph::{CaseGraph, GraphBuilder, Relationship},
    hash::StateHash,
    live::Departures,
    purge::{Owners, Spread},
    sync::{Action, CaseChange, Disagreement, Plan, Restore, SyncLog, Transaction},
};

use crate::{graphs::graph, missing::without};

fn me() -> Owners {
    Owners::from_iter(["me"])
}

fn initial(graph: &CaseGraph<'_>) -> SyncLog {
    Restore::new(graph, me(), "t1", 10).initial().log
}

fn next<'a>(graph: &CaseGraph<'a>, log: &SyncLog, news: &[Transaction<'_>]) -> Plan<'a> {
    Restore::new(graph, me(), "t2", 20).since(log, news.iter().copied())
}

fn phone(log: &SyncLog) -> Vec<&str> {
    log.cases().map(|id| id.as_str()).collect()
}

fn written<'a>(plan: &Plan<'a>) -> Vec<(&'a str, Action, bool)> {
    plan.cases.iter().map(|sent| (sent.id, sent.action, sent.closes)).collect()
}

#[test]
fn a_first_restore_holds_all_that_is_live() {
    let cases = graph("a", "p", "a->p", "e->a x->y");
    let plan = Restore::new(&cases, me(), "t1", 10).initial();
    let create = Action::Create;
    assert_eq!(written(&plan), [("a", create, false), ("p", create, true), ("e", create, false)]);
    assert_eq!(phone(&plan.log), ["a", "e", "p"]);
    let dependents: Vec<_> = plan.log.dependents().map(|id| id.as_str()).collect();
    assert_eq!(dependents, ["e", "p"]);
    assert_eq!((plan.log.token(), plan.log.at(), plan.log.previous()), ("t1", 10, None));
    let held = plan.log.case("a").unwrap();
    assert_eq!(held.indices["p"].target.as_str(), "p");
    assert_eq!(held.indices["p"].relationship, Relationship::Child);
}

/// C-097: a case on the phone that others changed is sent even when it is live no more.
#[test]
fn what_others_took_away_is_sent_once() {
    let log = initial(&graph("a b c", "", "", ""));
    let now = graph("c b", "b", "", "a->z");
    let plan = next(&now, &log, &[Transaction::new("a", 11, None), Transaction::new("b", 12, Some("x"))]);
    assert_eq!(written(&plan), [("a", Action::Update, false), ("b", Action::Update, true)]);
    let mut log = plan.log;
    log.agree(None, Spread::Whole).unwrap();
    assert_eq!(phone(&log), ["c"]);
    assert_eq!(written(&next(&now, &log, &[])), []);
}

/// C-098: what was done under the log's own token is not modified, nor is what the last restore knew.
/// S-095: own edits are not echoed; foreign edits to held cases are, also to those the device edited itself.
#[test]
fn own_edits_are_not_echoed() {
    let cases = graph("a b", "", "", "");
    let log = initial(&cases);
    let own = Transaction::new("a", 11, Some("t1"));
    assert_eq!(written(&next(&cases, &log, &[own])), []);
    assert_eq!(written(&next(&cases, &log, &[Transaction::new("a", 10, None)])), []);
    for foreign in [Transaction::new("a", 12, None), Transaction::new("a", 12, Some("t0"))] {
        assert_eq!(written(&next(&cases, &log, &[own, foreign])), [("a", Action::Update, false)]);
    }
}

/// S-041: cases that are closed and still held count in the hash.
#[test]
fn closed_cases_that_are_held_count_in_the_hash() {
    let mut log = initial(&graph("a", "p", "a->p", ""));
    log.agree(Some(&StateHash::of(["a", "p"]).to_string()), Spread::Whole).unwrap();
    log.submitted([CaseChange::to("a").closing()]);
    assert_eq!(log.state_hash(), StateHash::of(["a", "p"]), "the device purges when it syncs, not before");
    log.agree(Some(""), Spread::Whole).unwrap();
    assert_eq!(log.cases().len(), 0);
}

#[test]
fn a_hash_that_differs_means_starting_over() {
    let mut log = initial(&graph("a", "", "", ""));
    let error = log.agree(Some("00"), Spread::Whole).unwrap_err();
    insta::assert_snapshot!(error, @"the device's cases hash to `00`, the 1 cases of its sync log to `0cc175b9c0f1b6a831c399e269772661`");
    log.agree(None, Spread::Whole).unwrap();
    log.submitted([
        CaseChange::to("a").indexing("parent", "b", Relationship::Child),
        CaseChange::to("b").owned_by("me").indexing("parent", "a", Relationship::Child),
    ]);
    assert!(matches!(log.agree(None, Spread::Whole), Err(Disagreement::Cycle(_))));
    assert_eq!(phone(&log), ["a", "b"]);
}

/// S-096: a form with a token changes that token's log, and says that the log before may go.
#[test]
fn a_form_changes_its_log_and_frees_the_one_before() {
    let cases = graph("a b", "", "", "");
    let mut log = next(&cases, &initial(&cases), &[]).log;
    assert_eq!(log.previous(), Some("t1"));
    let form = [
        CaseChange::to("new").owned_by("me").indexing("host", "a", Relationship::Extension),
        CaseChange::to("b").owned_by("somebody else"),
        CaseChange::to("new").indexing("parent", "b", Relationship::Child).without_index("host"),
    ];
    assert_eq!(log.submitted(form).as_deref(), Some("t1"));
    assert_eq!(log.submitted([]), None);
    log.agree(None, Spread::Whole).unwrap();
    assert_eq!(phone(&log), ["a", "b", "new"], "`b` stays as the parent of `new`");
    log.submitted([CaseChange::to("new").without_index("parent")]);
    log.agree(None, Spread::Whole).unwrap();
    assert_eq!(phone(&log), ["a", "new"]);
}

#[test]
fn what_the_server_deleted_is_withdrawn_and_indexed_no_more() {
    let cases = graph("a m", "", "a->m", "");
    let log = initial(&cases);
    let now = without(&cases, "m");
    let plan = next(&now, &log, &[]);
    assert_eq!(plan.withdrawn.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["m"]);
    assert_eq!(written(&plan), [("a", Action::Update, false)]);
    assert_eq!((plan.cases[0].indices.len(), &*plan.cases[0].unset[0]), (0, "m"));
    let mut log = plan.log;
    log.agree(None, Spread::Whole).unwrap();
    assert_eq!(phone(&log), ["a"]);
    let plan = next(&now, &log, &[]);
    assert_eq!((plan.cases.len(), plan.withdrawn.len()), (0, 0));
}

#[test]
fn an_index_that_others_removed_is_unset() {
    let named = |name: &'static str| {
        let mut cases = GraphBuilder::default();
        let child = cases.case("a", "me", true);
        cases.case("p", "me", true);
        cases.index(child, name, "p", Relationship::Child);
        cases.build()
    };
    let now = named("guardian");
    let plan = next(&now, &initial(&named("mother")), &[Transaction::new("a", 11, None)]);
    assert_eq!(plan.cases[0].unset, ["mother".into()]);
    assert_eq!(now.name(plan.cases[0].indices[0]), "guardian");
    let held = plan.log.case("a").unwrap();
    assert_eq!(held.indices.keys().map(|name| &**name).collect::<Vec<_>>(), ["guardian"]);
}

/// With CommCare HQ's selection a device drops some of what was sent. The next hash does not differ for it, since our log
/// purges like the device.
#[test]
fn by_livequery_more_is_sent_than_stays() {
    let cases = graph("x", "h", "x->p", "x->h");
    let plan = Restore::new(&cases, me(), "t1", 10).by_livequery(Departures::HQ).initial();
    assert_eq!(plan.cases.len(), 3);
    let mut log = plan.log;
    log.agree(Some(""), Spread::Whole).unwrap();
}

/// The reference device drops the far end of an alternating chain; the log knows, and each restore brings it again.
#[test]
fn what_two_rounds_drop_is_sent_again_each_time() {
    let chain = graph("L", "", "", "L->B C->B C->D E->D E->F G->F");
    let mut log = initial(&chain);
    log.agree(Some(&StateHash::of(["L", "B", "C", "D", "E"]).to_string()), Spread::TwoRounds).unwrap();
    let plan = next(&chain, &log, &[]);
    assert_eq!(written(&plan), [("F", Action::Create, false), ("G", Action::Create, false)]);
    assert_eq!(plan.log.cases().len(), 7);
}

#[test]
fn a_log_can_be_put_together_from_what_was_stored() {
    let log = next(&graph("a", "p", "a->p", ""), &initial(&graph("a", "p", "a->p", "")), &[]).log;
    let cases = log.cases().map(|id| (id.clone(), log.case(id.as_str()).unwrap().clone())).collect();
    let owners = log.owners().listed().unwrap().cloned().collect();
    let stored = SyncLog::new(log.token(), log.at(), owners, cases).after(log.previous().map(Into::into));
    assert_eq!(stored, log);
}
