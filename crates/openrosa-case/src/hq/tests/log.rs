//! Forms that come again, go away, and come back.

use chrono::TimeDelta;
use openrosa_xml::Instance;

use super::{server, update};
use crate::{
    case::Deletion,
    change::Change,
    form::{Form, FormState},
    hq::{Archive, Rebuild, Submission},
    scenario::{Server, at, case, form, patient},
    store::{Staging, Store},
};

fn states(server: &Server) -> Vec<String> {
    server.memory.forms().map(|form| format!("{} {:?}", form.form_id, form.state)).collect()
}

/// C-082: the same bytes under the same id are a duplicate, and have no effect.
#[test]
fn the_same_bytes_are_a_duplicate() {
    let mut server = server();
    server.form("f", &update("2024-05-11", "<a>1</a>"));
    server.form("g", &update("2024-05-12", "<a>2</a>"));
    let before = server.case("c").clone();
    let applied = server.form("f", &update("2024-05-11", "<a>1</a>"));
    assert_eq!(applied.changes, [Change::Form { form_id: "fresh-3".into(), state: FormState::Duplicate }]);
    assert_eq!(*server.case("c"), before);
    assert_eq!(states(&server), ["create-c Normal", "f Normal", "fresh-3 Duplicate", "g Normal"]);
    assert_eq!(server.memory.forms().nth(2).unwrap().orig_id.as_ref().unwrap().as_str(), "f");
}

/// C-082: other bytes under the same id are an edit; the cases of both forms are made anew.
/// C-080: the moment of an edit is later than the form's own, which stays.
#[test]
fn other_bytes_are_an_edit() {
    let mut server = server();
    let stock = "<l:balance xmlns:l='http://commcarehq.org/ledger/v1' entity-id='c' section-id='s'><l:entry id='soap' quantity='5'/></l:balance>";
    server.form(
        "f",
        &[
            &*case("c", "2024-05-11", "<update><a>1</a><b>1</b></update><close/>"),
            &patient("d", "2024-05-11"),
            stock,
        ]
        .concat(),
    );
    let received_on = server.clock;
    server.form("g", &update("2024-05-12", "<b>2</b>"));
    let applied =
        server.form("f", &[update("2024-05-11", "<a>3</a><b>3</b>"), patient("e", "2024-05-11")].concat());
    assert!(applied.changes.contains(&Change::Reopened("c".into())));
    assert!(applied.changes.contains(&Change::Deleted("d".into(), Deletion::NoForms)));
    let is_e = |change: &Change| matches!(change, Change::Created(case) if case.case_id.as_str() == "e");
    assert!(applied.changes.iter().any(is_e));
    let read = |name| server.property("c", name).unwrap();
    assert_eq!((&*read("a"), &*read("b")), ("3", "2"), "the edit counts where the first one did");
    assert_eq!(server.case("c").hq.server_modified_on, Some(server.clock));
    assert_eq!(server.case("c").xform_ids(), [&"create-c".into(), &"f".into(), &"g".into()]);
    assert_eq!(server.case("d").xform_ids(), [] as [&openrosa_xml::InstanceId; 0]);
    assert_eq!(server.memory.ledgers().len(), 0);
    let [_, new, old, _] = &server.memory.forms().collect::<Vec<_>>()[..] else {
        panic!("{:?}", states(&server))
    };
    assert_eq!((old.state, old.orig_id.as_ref().unwrap().as_str()), (FormState::Deprecated, "f"));
    assert_eq!((new.state, new.deprecated_form_id.as_ref()), (FormState::Normal, Some(&old.form_id)));
    assert_eq!((new.received_on, new.edited_on), (received_on, Some(server.clock)));
}

#[test]
fn an_edit_that_cannot_be_applied_leaves_the_form_that_was() {
    let mut server = server();
    server.form("f", &update("2024-05-11", "<a>1</a>"));
    let before = server.memory.clone();
    let error =
        server.submit("f", &case("c", "2024-05-11", "<index><p case_type='t'>x</p></index>")).unwrap_err();
    assert_eq!(error.kind.exception(), Some("InvalidCaseIndex"));
    assert_eq!(server.memory, before);
}

#[test]
fn a_form_that_failed_can_come_again() {
    let mut server = server();
    let source = form("f", &case("c", "2024-05-11", "<index><p case_type='t'>x</p></index>"));
    let failed = Form::new("f", "demo", &*source, server.clock).in_state(FormState::Error);
    let mut staging = Staging::new();
    staging.put_form(failed);
    server.memory.commit(staging.take_writes()).unwrap();
    server.form("x", &patient("x", "2024-05-11"));
    let received_on = server.tick();
    server.receive(&source, received_on).unwrap();
    assert_eq!(states(&server), ["create-c Normal", "f Normal", "x Normal"]);
    assert_eq!(server.case("c").indices.len(), 1);
}

/// C-082: an edit makes its cases anew, also those that an edit before it, or the archive, had left without a form (C-083).
#[test]
fn an_edit_brings_back_what_had_no_form() {
    let mut server = server();
    server.form("f", &patient("d", "2024-05-11"));
    server.form("f", &update("2024-05-11", "<a>1</a>"));
    assert_eq!(server.case("d").hq.deleted, Some(Deletion::NoForms));
    let applied = server.form("f", &patient("d", "2024-05-12"));
    assert!(applied.changes.contains(&Change::Undeleted("d".into())));
    let (project, at) = (server.project.clone(), server.tick());
    server.work(&mut Archive::new(&project, "f", at)).unwrap();
    assert_eq!(server.case("d").hq.deleted, Some(Deletion::NoForms));
    server.form("f", &patient("d", "2024-05-13"));
    assert_eq!(server.case("d").hq.deleted, None);
}

/// C-083: a case of which every form is archived is deleted; one that comes back brings it back.
#[test]
fn a_case_without_forms_is_deleted() {
    let mut server = server();
    server.form("f", &case("c", "2024-05-11", "<update><a>1</a></update><close/>"));
    let whole = server.case("c").clone();
    let project = server.project.clone();
    let archive = |server: &mut Server, id: &str| {
        let at = server.tick();
        server.work(&mut Archive::new(&project, id, at)).unwrap()
    };
    let applied = archive(&mut server, "f");
    assert!(applied.changes.contains(&Change::Reopened("c".into())));
    assert_eq!((server.property("c", "a"), server.case("c").hq.deleted), (None, None));
    let applied = archive(&mut server, "create-c");
    assert!(applied.changes.contains(&Change::Deleted("c".into(), Deletion::NoForms)));
    assert_eq!(archive(&mut server, "create-c").changes, [], "it is archived already");
    // A deleted case takes forms (C-060), and each that counts brings it back.
    for id in ["create-c", "f"] {
        let at = server.tick();
        let applied = server.work(&mut Archive::undo(&project, id, at)).unwrap();
        assert_eq!(applied.changes.contains(&Change::Undeleted("c".into())), id == "create-c");
    }
    let mut back = server.case("c").clone();
    assert_eq!(back.hq.server_modified_on, Some(server.clock));
    assert_eq!(back.hq.transactions.iter().filter(|touched| touched.form_id.is_none()).count(), 4);
    back.hq.transactions.retain(|touched| touched.form_id.is_some());
    back.hq.server_modified_on = whole.hq.server_modified_on;
    assert_eq!(back, whole);
}

/// C-083: stock is no form transaction: a case of which only that is left is deleted, and comes back with its form.
#[test]
fn stock_alone_keeps_no_case() {
    let mut server = server();
    let stock = "<l:balance xmlns:l='http://commcarehq.org/ledger/v1' entity-id='c' section-id='s'><l:entry id='soap' quantity='5'/></l:balance>";
    server.form("f", stock);
    let (project, at) = (server.project.clone(), server.tick());
    server.work(&mut Archive::new(&project, "create-c", at)).unwrap();
    assert_eq!(server.case("c").hq.deleted, Some(Deletion::NoForms));
    server.work(&mut Archive::undo(&project, "create-c", at)).unwrap();
    assert_eq!((server.case("c").hq.deleted, &*server.case("c").name), (None, "c"));
    assert_eq!(server.memory.ledgers().count(), 1);
}

#[test]
fn what_was_deleted_by_hand_stays_deleted() {
    let mut server = server();
    let mut deleted = server.case("c").clone();
    deleted.hq.deleted = Some(Deletion::Explicit(at("2024-05-20T00:00:00Z")));
    let mut staging = Staging::new();
    staging.put_case(deleted.clone());
    server.memory.commit(staging.take_writes()).unwrap();
    server.form("f", &update("2024-05-21", "<a>1</a>"));
    assert_eq!(server.property("c", "a").as_deref(), Some("1"));
    let (project, at) = (server.project.clone(), server.tick());
    server.work(&mut Rebuild::new(&project, "c", at)).unwrap();
    assert_eq!(server.case("c").hq.deleted, deleted.hq.deleted);
    assert!(!server.case("c").is_open());
}

#[test]
fn what_is_not_there_cannot_be_archived() {
    let mut server = server();
    let (project, at) = (server.project.clone(), server.tick());
    let error = server.work(&mut Archive::new(&project, "nothing", at)).unwrap_err();
    insta::assert_snapshot!(error, @"form `nothing` is not known");
    assert_eq!(server.work(&mut Rebuild::new(&project, "nothing", at)).unwrap().changes, []);
}

#[test]
fn a_form_without_an_id_gets_the_fresh_one() {
    let mut server = server();
    let source = format!("<data xmlns='urn:f'>{}</data>", update("2024-05-11", "<a>1</a>"));
    assert!(Instance::read(&source).unwrap().instance_id().is_none());
    let received_on = server.tick();
    server.receive(&source, received_on).unwrap();
    assert_eq!(server.case("c").xform_ids(), [&"create-c".into(), &"fresh-1".into()]);
}

/// C-082: an edit counts where the form did, also for a case that the form did not know of; all are made anew in the order in which
/// they were stored, whatever the clock said.
#[test]
fn a_clock_that_runs_back_does_not_change_what_counts() {
    let mut server = Server::default();
    let (project, begun) = (server.project.clone(), server.clock);
    let mut taken = 0;
    let mut takes = |server: &mut Server, id: &str, blocks: &str| {
        let source = form(id, blocks);
        let instance = Instance::read(&source).unwrap();
        let received_on = begun - TimeDelta::hours(taken);
        taken += 1;
        let place = taken.unsigned_abs();
        let fresh = format!("fresh-{place}");
        let submission = Submission::new(&project, &instance, &source, fresh, received_on);
        server.work(&mut submission.in_place(place)).unwrap();
    };
    let both = |a: u8| {
        update("2024-05-10", &format!("<a>{a}</a>")).replace("'c'", "'d'")
            + &update("2024-05-10", &format!("<a>{a}</a>"))
    };
    takes(&mut server, "f0", &[patient("c", "2024-05-10"), patient("d", "2024-05-10")].concat());
    takes(&mut server, "f1", &update("2024-05-10", "<a>1</a><b>1</b>"));
    takes(&mut server, "f2", &both(2));
    takes(&mut server, "f3", &update("2024-05-10", "<a>3</a>"));
    let at = begun + TimeDelta::hours(1);
    server.work(&mut Rebuild::new(&server.project.clone(), "c", at)).unwrap();
    assert_eq!(server.property("c", "a").as_deref(), Some("3"));
    takes(&mut server, "f1", &both(1));
    assert_eq!(server.property("c", "a").as_deref(), Some("3"));
    assert_eq!(
        server.property("d", "a").as_deref(),
        Some("2"),
        "what came after the form came after its edit"
    );
    server.work(&mut Archive::new(&server.project.clone(), "f3", at)).unwrap();
    assert_eq!(server.property("c", "a").as_deref(), Some("2"));
    let history = |id: &str| {
        let forms = server.case(id).hq.transactions.iter().filter_map(|touched| touched.form_id.as_ref());
        forms.map(|id| id.as_str()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((&*history("c"), &*history("d")), ("f0 f1 f2 f3", "f0 f1 f2"));
}
