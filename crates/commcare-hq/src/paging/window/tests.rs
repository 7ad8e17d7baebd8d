use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::client::tests::{Answer, Seen, hq, json as answered};
use crate::forms::{Form, List};

/// A form and when it was indexed, in microseconds. HQ's index orders by milliseconds, and within one as it likes.
#[derive(Clone, Debug)]
struct Entry {
    id: String,
    version: u64,
    micros: i64,
}

/// An index that is changed while it is read.
#[derive(Debug)]
struct Index {
    entries: Vec<Entry>,
    now: i64,
    /// What happens before each answer: so much time passes, and one of the entries is indexed anew.
    changes: Vec<(i64, usize)>,
    turn: u64,
}

fn written(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(1_770_000_000_000_000 + micros)
        .unwrap()
        .format("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string()
}

impl Index {
    fn change(&mut self) {
        self.turn += 1;
        let Some((passed, which)) = self.changes.pop() else { return };
        // An answer takes longer than the index's shortest span.
        self.now += passed + 1_000;
        let (now, turn) = (self.now, self.turn);
        match self.entries.get_mut(which) {
            Some(entry) => (entry.version, entry.micros) = (turn, now),
            None => self.entries.push(Entry { id: format!("n{turn}"), version: turn, micros: now }),
        }
    }

    fn answer(&mut self, seen: &Seen, limit: usize) -> Answer {
        self.change();
        let asked: url::Url = seen.uri.to_string().parse().unwrap();
        let argument = |name: &str| asked.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        assert_eq!(argument("order_by").as_deref(), Some("indexed_on"));
        let start = argument("indexed_on_start").unwrap_or_default().into_owned();
        let offset: usize = argument("offset").map_or(0, |offset| offset.parse().unwrap());
        let mut found: Vec<_> =
            self.entries.iter().filter(|entry| written(entry.micros)[..23] >= *start).collect();
        // Within a millisecond the order is that of names, which is none.
        found.sort_by_key(|entry| (entry.micros / 1000, entry.id.clone()));
        let page: Vec<_> = found.iter().skip(offset).take(limit).collect();
        let more = offset + limit < found.len();
        let mut next = asked.clone();
        let kept: Vec<_> = asked.query_pairs().filter(|(key, _)| key != "offset").collect();
        next.query_pairs_mut()
            .clear()
            .extend_pairs(kept)
            .append_pair("offset", &(offset + limit).to_string());
        let object = |entry: &&&Entry| json!({"id": entry.id, "version": entry.version, "indexed_on": written(entry.micros)});
        answered(
            200,
            &json!({
                "meta": {"limit": limit, "offset": offset, "total_count": found.len(), "next": more.then(|| next.to_string())},
                "objects": page.iter().map(object).collect::<Vec<_>>(),
            })
            .to_string(),
        )
    }
}

/// Everything in the index, by id, as whoever keeps the later one of two has it; put down and taken up after every page.
async fn read(index: &Mutex<Index>, limit: usize) -> Result<BTreeMap<String, String>, Error> {
    let (client, seen) = hq(|seen| index.lock().unwrap().answer(seen, limit));
    let mut state: Option<String> = None;
    let mut kept = BTreeMap::new();
    loop {
        let mut window = match state.take() {
            None => Window::new(&client, List::new())?,
            Some(state) => {
                Window::resumed(&client, List::new(), serde_json::from_str::<WindowState>(&state).unwrap())?
            }
        };
        let Some(page) = window.next_page().await? else { return Ok(kept) };
        state = Some(serde_json::to_string(window.state()).unwrap());
        kept.extend(page.into_iter().map(|form: Form| (form.id, form.version.unwrap_or_default())));
        assert!(seen.lock().unwrap().len() < 5000, "it does not end");
    }
}

fn content(index: &Index) -> BTreeMap<String, String> {
    index.entries.iter().map(|entry| (entry.id.clone(), entry.version.to_string())).collect()
}

fn exported(index: Index, limit: usize) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let index = Mutex::new(index);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let kept = runtime.block_on(read(&index, limit)).unwrap();
    (kept, content(&index.into_inner().unwrap()))
}

fn entries(micros: impl IntoIterator<Item = i64>) -> Vec<Entry> {
    let entry = |(at, micros)| Entry { id: format!("f{at}"), version: 0, micros };
    micros.into_iter().enumerate().map(entry).collect()
}

/// H-030: a page that is filled with one moment is survived: the pages within it are followed.
#[test]
fn many_forms_of_one_moment() {
    for (count, limit) in [(1, 1), (50, 7), (50, 50), (49, 50)] {
        let index = Index { entries: entries(vec![5_000; count]), now: 5_000, changes: vec![], turn: 0 };
        let (kept, content) = exported(index, limit);
        assert_eq!(kept, content, "{count} {limit}");
        assert_eq!(kept.len(), count);
    }
}

/// H-030: a moment that is not in the window is an error and no circle.
#[tokio::test]
async fn a_server_that_takes_no_notice_of_the_window_is_found_out() {
    let form = |id: &str, at: i64| format!(r#"{{"id": "{id}", "indexed_on": "{}"}}"#, written(at));
    let page = format!(
        r#"{{"meta": {{"limit": 2, "offset": 0, "total_count": 9, "next": "?offset=2"}}, "objects": [{}, {}]}}"#,
        form("f1", 1_000),
        form("f2", 2_000)
    );
    let (client, _) = hq(move |_| answered(200, &page));
    let mut window = Window::new(&client, List::new()).unwrap();
    assert_eq!(window.next_page().await.unwrap().unwrap().len(), 2);
    assert!(window.next_page().await.unwrap_err().is_unreadable());
    let other = WindowState::new("/a/other/".to_owned());
    assert!(Window::resumed(&client, List::new(), other).is_err());
}

/// Forms with these moments, three on a page, from whichever moment they are asked for; the order is left as it is.
fn in_this_order(micros: &[i64], seen: &Seen) -> Answer {
    let asked: url::Url = seen.uri.to_string().parse().unwrap();
    let argument = |name: &str| asked.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
    let start = argument("indexed_on_start").unwrap_or_default().into_owned();
    let offset: usize = argument("offset").map_or(0, |offset| offset.parse().unwrap());
    let found: Vec<_> = micros.iter().filter(|&&at| written(at)[..23] >= *start).collect();
    let object = |at: &&i64| json!({"id": format!("f{at}"), "indexed_on": written(**at)});
    let objects: Vec<_> = found.iter().skip(offset).take(3).map(object).collect();
    let next = (offset + 3 < found.len())
        .then(|| format!("?indexed_on_start={start}&limit=3&offset={}", offset + 3));
    let meta = json!({"limit": 3, "offset": offset, "total_count": found.len(), "next": next});
    answered(200, &json!({"meta": meta, "objects": objects}).to_string())
}

/// H-032: a list in another order than the one asked for would seem to be at its end with most of it unseen: it is an error,
/// whether the order is wrong within a page or from one page to the next.
#[tokio::test]
async fn a_list_that_is_not_oldest_first_is_an_error() {
    for (micros, pages) in [
        (&[9_000, 8_000, 7_000, 6_000, 5_000][..], 0),
        (&[1_000, 2_000, 3_000, 9_000, 8_000, 7_000][..], 1),
        (&[9_000, 9_001, 9_002, 8_000, 8_001, 8_002][..], 1),
        // Each page for itself is in order.
        (&[7_000, 8_000, 9_000, 4_000, 5_000, 6_000, 1_000, 2_000, 3_000][..], 1),
        (&[1_000, 2_000, 4_000, 3_000, 5_000, 6_000, 7_000][..], 1),
        (&[1_000, 2_000, 3_000, 4_000, 6_000, 5_000, 7_000][..], 2),
        (&[1_000, 4_000, 4_001, 4_002, 4_003, 6_000, 5_000, 7_000][..], 3),
    ] {
        let (client, _) = hq(|seen| in_this_order(micros, seen));
        let mut window = Window::new(&client, List::new()).unwrap();
        for _ in 0..pages {
            assert!(window.next_page().await.unwrap().is_some(), "{micros:?}");
        }
        assert!(window.next_page().await.unwrap_err().is_unreadable(), "{micros:?}");
    }
    // Within a millisecond there is no order.
    let (client, _) = hq(|seen| in_this_order(&[1_001, 1_000, 2_009, 2_003], seen));
    let mut window = Window::new(&client, List::new()).unwrap();
    let mut forms = 0;
    while let Some(page) = window.next_page().await.unwrap() {
        forms += page.len();
    }
    assert_eq!(forms, 4);
}

/// H-030, H-033: a form that is gone since it was counted makes the count too small, and the list is in order all the same; also to
/// who goes on from what was written down.
#[tokio::test]
async fn a_list_that_grows_shorter_is_read_to_its_end() {
    let micros: Vec<i64> = (1..=20).map(|at| at * 1_000).collect();
    for gone in 0..20 {
        let index =
            Mutex::new(Index { entries: entries(micros.clone()), now: 20_000, changes: vec![], turn: 0 });
        let (client, _) = hq(|seen| {
            let mut index = index.lock().unwrap();
            if index.turn == 2 {
                index.entries.remove(gone);
            }
            index.answer(seen, 3)
        });
        let (mut kept, mut window) = (BTreeMap::new(), Window::new(&client, List::new()).unwrap());
        while let Some(page) = window.next_page().await.unwrap() {
            kept.extend(page.into_iter().map(|form: Form| (form.id, form.version.unwrap_or_default())));
            let written = serde_json::to_string(window.state()).unwrap();
            window = Window::resumed(&client, List::new(), serde_json::from_str(&written).unwrap()).unwrap();
        }
        let content = content(&index.lock().unwrap());
        assert!(content.iter().all(|form| kept.get(form.0) == Some(form.1)), "{gone}: {kept:?}");
    }
}

/// H-032: what a page leaves out that has nothing on it and is not the last would never be asked for. What has no id cannot be told
/// from others; and what stands twice on a page is one form.
#[tokio::test]
async fn a_page_with_holes_is_an_error() {
    let form = |id: &str| json!({"id": id, "indexed_on": written(1_000)});
    for (next, objects, delivered) in [
        (Some("?offset=2"), vec![], None),
        (None, vec![form("f1"), form(" ")], None),
        (None, vec![form("f1"), form("f1"), form("f2")], Some(2)),
    ] {
        let total = if next.is_some() { 9 } else { objects.len() };
        let meta = json!({"limit": 3, "offset": 0, "total_count": total, "next": next});
        let page = json!({"meta": meta, "objects": objects}).to_string();
        let (client, _) = hq(move |_| answered(200, &page));
        let came = Window::new(&client, List::new()).unwrap().next_page().await;
        match delivered {
            Some(forms) => assert_eq!(came.unwrap().unwrap().len(), forms),
            None => assert!(came.unwrap_err().is_unreadable(), "{objects:?}"),
        }
    }
}

/// H-032: a page that calls itself the last, of which more was counted, is not the end: neither as the first nor behind another.
#[tokio::test]
async fn a_last_page_that_counts_more_than_it_has_is_an_error() {
    let forms = |page: usize| {
        let form = |at: i64| json!({"id": format!("f{at}"), "indexed_on": written(at)});
        let (objects, next) = match page {
            0 => (vec![form(1_000), form(2_000)], Some("?offset=2")),
            _ => (vec![form(2_000), form(3_000)], None),
        };
        // Where it is as much as on the page before, and where it is written that this is not the first.
        [
            json!({"limit": 2, "total_count": 5, "next": next}),
            json!({"limit": 2, "offset": 2 * page, "total_count": 5, "next": next}),
        ]
        .map(|meta| json!({"meta": meta, "objects": objects}).to_string())
    };
    for kind in 0..2 {
        let (client, _) = hq(move |seen| {
            answered(200, &forms(usize::from(seen.query().contains("indexed_on_start")))[kind])
        });
        let mut window = Window::new(&client, List::new()).unwrap();
        assert_eq!(window.next_page().await.unwrap().unwrap().len(), 2);
        assert!(window.next_page().await.unwrap_err().is_unreadable(), "{kind}");
    }
    let cases = r#"{"matching_records": 5, "cases": [{"case_id": "c1", "indexed_on": "2026-02-03T09:10:11.000000Z"}]}"#;
    let (client, _) = hq(move |_| answered(200, cases));
    let mut window = Window::new(&client, crate::cases::List::new()).unwrap();
    let error = window.next_page().await.unwrap_err();
    insta::assert_snapshot!(error, @"the answer makes no sense as a page: it has no `next`, and more was counted than is on it");
}

/// The same project may be on two servers.
#[test]
fn a_window_of_another_server_does_not_go_on() {
    let server = |address: &str| {
        let nobody = async |_: http::Request<openrosa_http::transport::Body>| {
            Ok(http::Response::new(openrosa_http::transport::Body::empty()))
        };
        Client::new(nobody, crate::site::Site::parse(address).unwrap())
    };
    let (one, other) =
        (server("https://hq.example/a/riverside/"), server("https://in.hq.example/a/riverside/"));
    let state = Window::new(&one, List::new()).unwrap().state().clone();
    assert!(Window::resumed(&one, List::new(), state.clone()).is_ok());
    assert!(Window::resumed(&other, List::new(), state).is_err());
}

/// H-032: the same of cases, whose pages are a cursor's.
#[tokio::test]
async fn cases_newest_first_are_an_error() {
    for moments in [[9, 8, 7, 6], [9, 9, 8, 8]] {
        let (client, _) = hq(move |seen| {
            let is_second = seen.query().contains("cursor=");
            let two = if is_second { &moments[2..] } else { &moments[..2] };
            let case = |(at, second): (usize, &i32)| {
                let moment = format!("2026-02-03T09:10:0{second}.000000Z");
                json!({"case_id": format!("c{is_second}{at}"), "indexed_on": moment})
            };
            let cases: Vec<_> = two.iter().enumerate().map(case).collect();
            let next = (!is_second).then_some("?cursor=2");
            answered(200, &json!({"matching_records": 4, "cases": cases, "next": next}).to_string())
        });
        let mut window = Window::new(&client, crate::cases::List::new()).unwrap();
        let mut last = window.next_page().await;
        while let Ok(Some(_)) = last {
            last = window.next_page().await;
        }
        assert!(last.unwrap_err().is_unreadable(), "{moments:?}");
    }
}

/// H-029, H-030: where the pages of one moment never go on from one another, reading them anew has an end.
#[tokio::test]
async fn a_moment_without_an_order_is_given_up() {
    let (client, seen) = hq(|seen| {
        let names = match seen.uri.query().is_some_and(|query| query.contains("offset=")) {
            true => ["f1", "f3"],
            false => ["f1", "f2"],
        };
        let object = |id: &str| json!({"id": id, "indexed_on": written(1_000)});
        answered(
            200,
            &json!({
                "meta": {"limit": 2, "offset": 0, "total_count": 9, "next": "?offset=2"},
                "objects": names.map(object),
            })
            .to_string(),
        )
    });
    let mut window = Window::new(&client, List::new()).unwrap();
    assert_eq!(window.next_page().await.unwrap().unwrap().len(), 2);
    let given_up = window.next_page().await.unwrap_err();
    assert!(given_up.is_circle());
    insta::assert_snapshot!(given_up, @"what has the moment 2026-02-02T02:40:00.001 comes in another order each time; a page that holds all of it is needed");
    assert!(seen.lock().unwrap().len() < 50);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// H-030: what is indexed anew meanwhile moves to the end and pulls others over the edge of a page; none is lost.
    /// H-033: a window is taken up after any page.
    #[test]
    fn an_index_that_changes_is_read_exactly(
        micros in prop::collection::vec(0_i64..6_000, 0..40),
        changes in prop::collection::vec((prop_oneof![Just(0), 0_i64..900, 0_i64..3_000], 0_usize..50), 0..40),
        limit in 2_usize..9,
    ) {
        let now = micros.iter().max().copied().unwrap_or(0);
        let (kept, content) = exported(Index { entries: entries(micros), now, changes, turn: 0 }, limit);
        prop_assert_eq!(kept, content);
    }
}
