//! Forms out of order, chains of extensions, claims.

use chrono::{DateTime, TimeDelta};
use openrosa_xml::{CaseId, Instance, build::Author};

use super::update;
use crate::{
    apply::load,
    hq::{ExtensionChain, Project, claim},
    scenario::{Server, at, case, creation, patient},
    store::Staging,
};

fn sorting() -> Server {
    Server::of(Project::new("demo").sorting_out_of_order())
}

#[test]
fn an_update_that_came_before_its_create_counts_after_it() {
    let late = case("c", "2024-05-10", &format!("{}<update><a>create</a></update>", creation("t", "n", "o")));
    for (mut server, a) in [(Server::default(), "create"), (sorting(), "update")] {
        server.form("update", &update("2024-05-11", "<a>update</a>"));
        server.form("create", &late);
        assert_eq!(server.property("c", "a").as_deref(), Some(a));
        assert_eq!(
            server.case("c").xform_ids(),
            [&"update".into(), &"create".into()],
            "the history stays as it was"
        );
        assert_eq!(server.case("c").hq.server_modified_on, Some(server.clock));
    }
}

#[test]
fn forms_of_two_users_or_of_two_days_stay_as_they_came() {
    let late = || patient("c", "2024-05-10").replace("</case>", "<update><a>create</a></update></case>");
    let mut server = sorting();
    server.form("update", &update("2024-05-11", "<a>update</a>").replace("'amy'", "'bob'"));
    let applied = server.form("create", &late());
    assert_eq!(server.property("c", "a").as_deref(), Some("create"));
    assert_eq!(applied.logged[0].kind.exception(), Some("ReconciliationError"), "an update is first");
    let mut server = sorting();
    server.form("update", &update("2024-05-11", "<a>update</a>"));
    server.clock += TimeDelta::hours(12);
    server.form("create", &late());
    assert_eq!(server.property("c", "a").as_deref(), Some("create"));
}

#[test]
fn many_forms_in_any_order_can_be_compared() {
    let mut server = sorting();
    server.form("0", &patient("c", "2024-05-01"));
    for number in 0..40_u32 {
        let (day, user) = (1 + number * 7 % 28, if number % 3 == 0 { "bob" } else { "amy" });
        server.clock += TimeDelta::hours(i64::from(number % 5) * 4);
        let block = update(&format!("2024-05-{day:02}"), &format!("<a>{number}</a>"));
        server.form(&format!("f{number}"), &block.replace("'amy'", &format!("'{user}'")));
    }
    assert_eq!(server.case("c").xform_ids().len(), 41);
}

fn linked(id: &str, host: &str, relationship: &str) -> String {
    let link = format!("<index><host case_type='t' relationship='{relationship}'>{host}</host></index>");
    case(id, "2024-05-01", &format!("{}{link}", creation("t", id, "amy")))
}

/// C-099: only open extensions are walked, transitively, and what is closed already is left out.
#[test]
fn a_closed_host_takes_its_open_extensions_along() {
    let mut server = Server::default();
    let extension = |id: &str, host: &str| linked(id, host, "extension");
    server.form(
        "create",
        &[
            patient("a", "2024-05-01"),
            extension("b", "a"),
            extension("c", "b"),
            extension("d", "c"),
            extension("e", "b"),
            extension("f", "e"),
            linked("child", "a", "child"),
            extension("other", "child"),
        ]
        .concat(),
    );
    // `e` is closed, so it neither closes again nor leads on to `f`.
    server.form("close", &case("e", "2024-05-02", "<close/>"));
    let applied = server.form("host", &case("a", "2024-05-02", "<close/>"));
    let chain = ExtensionChain::after(&applied);
    let mut staging = Staging::new();
    load(&server.memory, &mut staging, |staging| Ok(chain.needs(staging))).unwrap();
    let closed = chain.to_close(&staging).into_iter().map(|id| id.to_string()).collect::<Vec<_>>();
    assert_eq!(closed, ["b", "c", "d"]);

    let now = DateTime::parse_from_rfc3339("2024-06-02T00:00:00Z").unwrap();
    let form = chain.form(&staging, &"host".into(), "system-1", now).unwrap();
    let source = form.write().unwrap();
    let read = Instance::read(&source).unwrap();
    let meta = read.meta().unwrap();
    assert_eq!(
        (meta.user_id().as_deref(), meta.device_id().as_deref()),
        (Some("system"), Some("SubmissionPost-host-close_extensions"))
    );
    assert_eq!(
        (read.root().name.local_name(), read.form_key().id.as_deref()),
        ("system", Some("http://commcarehq.org/case"))
    );
    server.receive(&source, now.to_utc()).unwrap();
    let open: Vec<_> =
        server.memory.cases().filter(|case| case.is_open()).map(|case| case.case_id.as_str()).collect();
    assert_eq!(open, ["child", "f", "other"]);
    assert_eq!(server.case("d").hq.closed_by.as_ref().unwrap().as_str(), "system");

    let again = ExtensionChain::behind(["a", "child"].map(CaseId::from));
    let mut staging = Staging::new();
    load(&server.memory, &mut staging, |staging| Ok(again.needs(staging))).unwrap();
    assert!(again.form(&staging, &"host".into(), "system-2", now).is_none());
}

#[test]
fn a_cycle_of_extensions_is_walked_once() {
    let mut server = Server::default();
    server.form("create", &[linked("a", "b", "extension"), linked("b", "a", "extension")].concat());
    let applied = server.form("close", &case("a", "2024-05-02", "<close/>"));
    let chain = ExtensionChain::after(&applied);
    let mut staging = Staging::new();
    load(&server.memory, &mut staging, |staging| Ok(chain.needs(staging))).unwrap();
    assert_eq!(chain.to_close(&staging).into_iter().map(|id| id.to_string()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_claim_is_an_extension_of_ones_own() {
    let mut server = Server::default();
    server.form("create", &patient("a", "2024-05-01"));
    let author = Author::new("bob", at("2024-05-02T00:00:00Z").fixed_offset());
    let block = claim(server.case("a"), "claim-1", &author).build().unwrap();
    insta::assert_snapshot!(block.write().unwrap(), @r#"<case xmlns="http://commcarehq.org/case/transaction/v2" case_id="claim-1" date_modified="2024-05-02T00:00:00.000Z" user_id="bob"><create><case_type>commcare-case-claim</case_type><case_name>a</case_name><owner_id>bob</owner_id></create><index><host case_type="patient" relationship="extension">a</host></index></case>"#);
}
