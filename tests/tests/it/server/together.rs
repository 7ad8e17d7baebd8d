//! Many at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use openrosa_store::server::{CasesAsked, FormsAsked};

use super::site::{Site, block, create, form, status};

/// concurrent POSTs of one instance are one record, and each sender is told the truth.
#[tokio::test(flavor = "multi_thread")]
async fn one_instance_is_one_record_however_often_it_comes() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        let same = form("f1", &create("c1", 1, "amy", "<update><n>1</n></update>"));
        let other = form("f1", &create("c1", 1, "amy", "<update><n>2</n></update>"));
        let sent = (0..40).map(|number| {
            let (site, form) = (site.clone(), if number % 4 == 3 { other.clone() } else { same.clone() });
            tokio::spawn(async move { (number % 4 == 3, site.send(&form, &[("a", "1")]).await) })
        });
        let outcomes: Vec<_> = join_all(sent).await.into_iter().map(Result::unwrap).collect();
        let stored = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(is_other, _)| *is_other);
        let stored: BTreeSet<bool> = stored.collect();
        assert_eq!(stored.len(), 1, "{}: one of both is stored, and only that one", site.engine);
        let receipts = outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok());
        let words: Vec<&str> = receipts.map(|receipt| receipt.message().unwrap_or_default()).collect();
        let first = words.iter().filter(|words| !words.contains("already received")).count();
        assert_eq!(first, 1, "{}: to the others it is told that it was there: {words:?}", site.engine);
        let refused = outcomes.iter().filter(|(_, outcome)| outcome.is_err());
        for (_, outcome) in refused {
            assert_eq!(status(outcome).unwrap(), 409, "{}", site.engine);
        }
        assert_eq!(site.database.forms(&domain, &FormsAsked::default(), 10).await.unwrap().len(), 1);
        let cases = site.database.cases(&domain, &CasesAsked::default(), 10).await.unwrap();
        assert_eq!(cases[0].case.hq.transactions.len(), 1, "{}", site.engine);
    }
}

/// Forms about the same cases, in every order: each has its effect, and each is a change of its own.
#[tokio::test(flavor = "multi_thread")]
async fn forms_of_one_case_wait_for_each_other() {
    const FORMS: usize = 120;
    for site in Site::all().await {
        let database = &site.database;
        let domain = database.domain(None).await.unwrap();
        site.takes(&form("first", &(create("c0", 1, "amy", "") + &create("c1", 1, "amy", "")))).await;
        let sent = (0..FORMS).map(|number| {
            // Half of them name the cases the other way round.
            let blocks = [0, 1].map(|case| {
                let case = (case + number) % 2;
                block(&format!("c{case}"), 2, &format!("<update><p{number}>x</p{number}></update>"))
            });
            let (site, form) = (site.clone(), form(&format!("f{number}"), &blocks.concat()));
            tokio::spawn(async move { site.takes(&form).await })
        });
        join_all(sent).await.into_iter().for_each(|sent| sent.unwrap());
        for row in database.cases(&domain, &CasesAsked::default(), 10).await.unwrap() {
            assert_eq!(row.case.properties.iter().count(), FORMS, "{}", site.engine);
            assert_eq!(row.case.hq.transactions.len(), FORMS + 1);
        }
        let rows = database.forms(&domain, &FormsAsked::default(), 1_000).await.unwrap();
        let places: BTreeSet<i64> = rows.iter().map(|row| row.seq).collect();
        assert_eq!(places.len(), FORMS + 1, "{}: each has a place of its own", site.engine);
    }
}

/// Ends the connection of whoever waits for a lock, once there is one.
async fn end_who_waits(pool: &sqlx::AnyPool) {
    const END: &str = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock' OFFSET 0) AS ended";
    while sqlx::query_scalar::<_, i64>(END).fetch_one(pool).await.unwrap() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// A database that is started anew loses no form: it is tried again. Who asks is told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_cut_off_by_the_end_of_the_database_is_to_come_again() {
    let Some(site) = Site::postgres().await else { return };
    site.add("amy", "team").await;
    let pool = site.pool().await;
    let mut held = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE forms, cases IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let asking = site.clone();
    let asking = tokio::spawn(async move {
        let credentials = openrosa_http::auth::Credentials::new("amy", "secret");
        let basic = openrosa_http::auth::basic::authorization(&credentials).unwrap();
        let request = http::Request::get("http://server.example/a/demo/phone/restore/?version=2.0");
        asking.ask(request.header("Authorization", basic).body(bytes::Bytes::new()).unwrap()).await
    });
    end_who_waits(&pool).await;
    let answer = asking.await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("Retry-After"));

    let sending = site.clone();
    let sending = tokio::spawn(async move { sending.takes(&form("f1", &create("c1", 1, "amy", ""))).await });
    end_who_waits(&pool).await;
    held.rollback().await.unwrap();
    sending.await.unwrap();
}
