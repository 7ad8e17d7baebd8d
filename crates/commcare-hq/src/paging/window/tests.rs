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
