//! Three receivers in front of one PostgreSQL.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join_all;
use openrosa_http::{
    Client, api::submission::Request as Submission, headers::AcceptLength, transport::reqwest::Reqwest,
};
use openrosa_store::server::{CasesAsked, FormsAsked};
use url::Url;

use super::{
    kills::Place,
    site::{block, create, form},
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
    let client = Client::new(Reqwest::new().unwrap()).without_preflight(AcceptLength(1_000_000));
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
