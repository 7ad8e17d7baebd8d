use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::TryStreamExt as _;

use super::*;
use crate::cases;
use crate::client::tests::{Seen, answer, hq, json, trail};
use crate::groups::{Group, List};

/// A list of groups in pages of one: as many as there are, `next` written as told.
fn groups(count: usize, next: fn(usize) -> String) -> impl Fn(&Seen) -> crate::client::tests::Answer {
    move |seen| {
        let offset = seen.query().split("offset=").nth(1).map_or(0, |offset| offset.parse().unwrap());
        let next = if offset + 1 < count { format!("\"{}\"", next(offset + 1)) } else { "null".to_owned() };
        json(
            200,
            &format!(
                r#"{{"meta": {{"limit": 1, "offset": {offset}, "total_count": {count}, "next": {next}}}, "objects": [{{"id": "g{offset}", "name": ""}}]}}"#
            ),
        )
    }
}

async fn ids(walk: Walk<'_, impl Transport, List>) -> Vec<String> {
    walk.into_stream().map_ok(|group: Group| group.id).try_collect().await.unwrap()
}

/// H-022: `next` as arguments, as a path and as an address leads to the same requests.
#[tokio::test]
async fn next_is_understood_however_it_is_written() {
    let ways: [fn(usize) -> String; 3] = [
        |offset| format!("?limit=1&offset={offset}"),
        |offset| format!("/a/riverside/api/v0.5/group/?limit=1&offset={offset}"),
        |offset| format!("https://hq.example/a/riverside/api/v0.5/group/?limit=1&offset={offset}"),
    ];
    for way in ways {
        let (client, seen) = hq(groups(3, way));
        assert_eq!(ids(client.walk(List::new()).unwrap()).await, ["g0", "g1", "g2"]);
        assert_eq!(
            trail(&seen)[1..],
            [
                "GET /a/riverside/api/v0.5/group/?limit=1&offset=1",
                "GET /a/riverside/api/v0.5/group/?limit=1&offset=2"
            ]
        );
    }
}

/// H-032: a page that fails yields an error item, and never looks like the end.
#[tokio::test]
async fn a_page_that_fails_is_no_end() {
    let whole = groups(3, |offset| format!("?offset={offset}"));
    let broken: [&(dyn Fn() -> crate::client::tests::Answer + Sync); 4] =
        [&|| json(500, ""), &|| json(200, ""), &|| json(200, r#"{"objects": []}"#), &|| {
            answer(200, &[], "<html>")
        }];
    for broken in broken {
        let times = AtomicUsize::new(0);
        let (client, _) = hq(|seen| match seen.query().contains("offset=1") {
            true if times.fetch_add(1, Ordering::Relaxed) == 0 => broken(),
            _ => whole(seen),
        });
        let items: Vec<_> = client.walk(List::new()).unwrap().into_stream().collect().await;
        assert_eq!(items.len(), 2);
        assert!(items[0].is_ok() && items[1].is_err());

        times.store(0, Ordering::Relaxed);
        let mut walk = client.walk(List::new()).unwrap();
        walk.next_page().await.unwrap();
        walk.next_page().await.unwrap_err();
        assert!(!walk.checkpoint().is_end());
        assert_eq!(ids(walk).await, ["g1", "g2"]);
    }
}

/// H-033: every walk can be put down and taken up from a token that can be written.
#[tokio::test]
async fn a_walk_is_taken_up_where_it_was_put_down() {
    for pages in 0..=3 {
        let (client, _) = hq(groups(3, |offset| format!("?offset={offset}")));
        let mut walk = client.walk(List::new()).unwrap();
        for _ in 0..pages {
            walk.next_page().await.unwrap();
        }
        let token = serde_json::to_string(walk.checkpoint()).unwrap();
        assert!(!token.contains("hq.example"));
        let walk = client.resume(List::new(), serde_json::from_str(&token).unwrap()).unwrap();
        assert_eq!(walk.checkpoint().is_end(), pages == 3);
        assert_eq!(ids(walk).await.len(), 3 - pages);

        let other = client.resume(List::new().limit(5), serde_json::from_str(&token).unwrap());
        assert!(other.is_err());
    }
}

/// H-029: the same request again, without progress, is detected.
#[tokio::test]
async fn a_circle_is_an_error() {
    let (client, seen) = hq(|seen| groups(9, |_| "?offset=4".to_owned())(seen));
    let mut walk = client.walk(List::new()).unwrap();
    let error = loop {
        match walk.next_page().await {
            Ok(page) => assert!(page.is_some()),
            Err(error) => break error,
        }
    };
    assert!(error.is_circle());
    assert!(seen.lock().unwrap().len() < 8);
}

/// H-031: a case that comes again is delivered again or not, as the caller chose.
#[tokio::test]
async fn what_comes_again_is_delivered_again_or_not() {
    let (client, _) = hq(|seen| match seen.query() {
        "" => json(
            200,
            r#"{"matching_records": 2, "cases": [{"case_id": "c1"}, {"case_id": "c2"}], "next": "?cursor=x"}"#,
        ),
        _ => json(200, r#"{"matching_records": 1, "cases": [{"case_id": "c1", "case_name": "Ada"}]}"#),
    });
    let walk = || client.walk(cases::List::new()).unwrap();
    let again: Vec<_> = walk().into_stream().try_collect().await.unwrap();
    assert_eq!(again.iter().map(|case| case.case_id.as_str()).collect::<Vec<_>>(), ["c1", "c2", "c1"]);
    let once = walk().into_stream_once(|case| case.case_id.as_str().to_owned());
    let once: Vec<_> = once.try_collect().await.unwrap();
    assert_eq!(once.iter().map(|case| case.case_id.as_str()).collect::<Vec<_>>(), ["c1", "c2"]);
}

/// H-034: pages stream: the next is asked for when the one before has been taken, and no sooner.
#[tokio::test]
async fn a_page_is_asked_for_when_it_is_wanted() {
    let (client, seen) = hq(groups(1000, |offset| format!("?offset={offset}")));
    let stream = client.walk(List::new()).unwrap().into_stream();
    let mut stream = std::pin::pin!(stream);
    for taken in 1..=3 {
        stream.next().await.unwrap().unwrap();
        assert_eq!(seen.lock().unwrap().len(), taken);
    }
}
