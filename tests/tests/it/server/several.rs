//! Three receivers in front of one PostgreSQL.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join_all;
use openrosa_http::{
    Client, api::submission::Request as Submission, headers::AcceptLength, transport::hyper::Hyper,
};
use openrosa_store::server::{CasesAsked, FormsAsked, State};
use url::Url;

use super::{
    kills::Place,
    site::{Site, block, create, form},
};

const RECEIVERS: usize = 3;
const FORMS: usize = 90;

/// each form is posted to all of them at once, and all are about the same two cases, in both orders. Every sender is told
/// that its form was delivered, each form is one record with one effect, and its number is its own.
#[tokio::test(flavor = "multi_thread")]
async fn three_processes_on_one_database_agree() {
    let places = Place::all().await;
    let Some(place) = places.iter().find(|place| place.database.starts_with("postgres:")) else { return };
    let receivers: Vec<_> = (0..RECEIVERS).map(|_| place.receive()).collect();
    let client = Client::new(Hyper::new().unwrap()).without_preflight(AcceptLength(1_000_000));
    let client = Arc::new(client);
    let urls: Vec<Url> = receivers.iter().map(|(_, url)| url.parse().unwrap()).collect();
    let first = form("first", &(create("c0", 1, "amy", "") + &create("c1", 1, "amy", "")));
    assert!(client.submit(&urls[0], &Submission::new(first)).await.unwrap().is_delivered());

    for group in (0..FORMS).collect::<Vec<_>>().chunks(15) {
        let sent = group.iter().flat_map(|number| urls.iter().map(move |url| (*number, url.clone())));
        let sent = sent.map(|(number, url)| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.submit(&url, &Submission::new(visit(number))).await })
        });
        for outcome in join_all(sent).await {
            assert!(outcome.unwrap().unwrap().is_delivered());
        }
    }
    for (mut receiver, _) in receivers {
        receiver.kill().unwrap();
        receiver.wait().unwrap();
    }

    let database = place.open().await;
    let domain = database.domain(None).await.unwrap();
    for row in database.cases(&domain, &CasesAsked::default(), 10).await.unwrap() {
        assert_eq!(row.case.properties.iter().count(), FORMS);
        assert_eq!(row.case.hq.transactions.len(), FORMS + 1);
    }
    let rows = database.forms(&domain, &FormsAsked::default(), 1_000).await.unwrap();
    assert_eq!(rows.len(), FORMS + 1, "one record a form");
    let places: BTreeSet<i64> = rows.iter().map(|row| row.seq).collect();
    assert_eq!(places.len(), FORMS + 1, "each has a place of its own");
}

/// Half of them name the cases the other way round.
fn visit(number: usize) -> String {
    let blocks = [0, 1].map(|case| {
        let case = (case + number) % 2;
        block(&format!("c{case}"), 2, &format!("<update><p{number}>x</p{number}></update>"))
    });
    form(&format!("f{number}"), &blocks.concat())
}

/// PostgreSQL has room for some thousand locks, and a form may be about more cases than that.
#[tokio::test(flavor = "multi_thread")]
async fn who_works_on_very_many_cases_holds_few_locks_and_keeps_others_from_all_of_them() {
    let Some(site) = Site::postgres().await else { return };
    site.takes(&form("c7", &create("c7", 1, "amy", ""))).await;
    let pool = site.pool().await;
    // Nobody gets further than to what he has to lock before.
    let mut head = pool.begin().await.unwrap();
    sqlx::query("UPDATE domains SET head = head").execute(&mut *head).await.unwrap();
    let sets = |case: &str, name: &str| block(case, 2, &format!("<update><{name}>x</{name}></update>"));
    let blocks: String = (0..1_000).map(|case| sets(&format!("c{case}"), "many")).collect();
    let (many, few) = (form("many", &blocks), form("few", &sets("c7", "few")));
    let (first, second) = (site.clone(), site.twin().await);
    let many = tokio::spawn(async move { first.takes(&many).await });
    wait(&pool, "transactionid", 1).await;
    let held: i64 = sqlx::query_scalar(HELD).fetch_one(&pool).await.unwrap();
    assert!((1..10).contains(&held), "{held}");

    let few = tokio::spawn(async move { second.takes(&few).await });
    wait(&pool, "advisory", 1).await;
    head.commit().await.unwrap();
    many.await.unwrap();
    few.await.unwrap();
    let domain = site.database.domain(None).await.unwrap();
    let case = site.database.case(&domain, &"c7".into()).await.unwrap().unwrap().case;
    let named: Vec<&str> = case.properties.iter().map(|(name, _)| name).collect();
    assert_eq!(named, ["few", "many"]);
}

/// Who archives a form has found it before an edit took its place: the edit, and what it is about, is not what was meant.
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_behind_an_edit_of_its_form_leaves_the_edit_and_all_other_forms() {
    let Some(site) = Site::postgres().await else { return };
    let domain = site.database.domain(None).await.unwrap();
    let sets = |case: &str, name: &str| block(case, 2, &format!("<update><{name}>x</{name}></update>"));
    let edit = |of: &str, id: &str, blocks: &str| {
        form(id, blocks).replace("<instanceID>", &format!("<deprecatedID>{of}</deprecatedID><instanceID>"))
    };
    site.takes(&form("f0", &create("c9", 1, "amy", ""))).await;
    site.takes(&form("f1", &create("c1", 1, "amy", ""))).await;
    site.takes(&edit("f1", "f2", &create("c1", 1, "amy", ""))).await;
    let found = site.database.form(&domain, "f2").await.unwrap();

    let pool = site.pool().await;
    let mut head = pool.begin().await.unwrap();
    sqlx::query("UPDATE domains SET head = head").execute(&mut *head).await.unwrap();
    let (first, second, third) = (site.clone(), site.twin().await, site.twin().await);
    let edited = edit("f2", "f3", &(create("c1", 1, "amy", "") + &sets("c9", "edited")));
    let edited = tokio::spawn(async move { first.takes(&edited).await });
    wait(&pool, "transactionid", 1).await;
    let there = domain.clone();
    let archived = tokio::spawn(async move { second.database.archive(&there, &found).await });
    wait(&pool, "advisory", 1).await;
    let visited = form("f4", &sets("c9", "visited"));
    let visited = tokio::spawn(async move { third.takes(&visited).await });
    wait(&pool, "advisory", 2).await;
    head.commit().await.unwrap();

    edited.await.unwrap();
    visited.await.unwrap();
    let refused = archived.await.unwrap().unwrap_err();
    assert_eq!(refused.to_string(), "form `f2` is deprecated by now");
    assert_eq!(site.database.form(&domain, "f3").await.unwrap().state, State::Normal);
    let case = site.database.case(&domain, &"c9".into()).await.unwrap().unwrap().case;
    let named: Vec<&str> = case.properties.iter().map(|(name, _)| name).collect();
    assert_eq!(named, ["edited", "visited"], "both were acknowledged");
}

/// An extension that is closed behind a form may be what another case of the form is linked to, which was looked at before.
#[tokio::test(flavor = "multi_thread")]
async fn who_may_close_a_case_keeps_others_from_it() {
    let Some(site) = Site::postgres().await else { return };
    let domain = site.database.domain(None).await.unwrap();
    site.database.set_closes_extensions(&domain, true).await.unwrap();
    let link = |relationship: &str, to: &str| {
        format!("<index><host case_type='patient' relationship='{relationship}'>{to}</host></index>")
    };
    let blocks = [
        create("host", 1, "amy", ""),
        create("extension", 1, "-", &link("extension", "host")),
        create("child", 1, "amy", &link("child", "extension")),
    ];
    site.takes(&form("f1", &blocks.concat())).await;

    let pool = site.pool().await;
    let mut head = pool.begin().await.unwrap();
    sqlx::query("UPDATE domains SET head = head").execute(&mut *head).await.unwrap();
    let (first, second) = (site.clone(), site.twin().await);
    let sets = |case: &str| block(case, 2, "<update><visited>x</visited></update>");
    let closes = form("f2", &(sets("child") + &block("host", 2, "<close/>")));
    let closes = tokio::spawn(async move { first.takes(&closes).await });
    wait(&pool, "transactionid", 1).await;
    let visited = form("f3", &sets("extension"));
    let visited = tokio::spawn(async move { second.takes(&visited).await });
    wait(&pool, "advisory", 1).await;
    head.commit().await.unwrap();
    closes.await.unwrap();
    visited.await.unwrap();
    let case = site.database.case(&domain, &"extension".into()).await.unwrap().unwrap().case;
    assert!(case.closed && case.properties.iter().any(|(name, _)| name == "visited"), "{case:?}");
}

const HELD: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Until so many wait for a lock of this kind.
async fn wait(pool: &sqlx::AnyPool, kind: &str, many: i64) {
    const WAITING: &str =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = $1";
    for _ in 0..2_000 {
        let waiting: i64 = sqlx::query_scalar(WAITING).bind(kind.to_owned()).fetch_one(pool).await.unwrap();
        if waiting >= many {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits: {kind}");
}
