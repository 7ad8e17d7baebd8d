//! A CommCare HQ of our own: forms by offset, cases by cursor, with the habits that commcare-hq-api.md describes. Pages wander
//! while they are read, many records have one moment, some requests are too many, and some are led to a login.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use serde_json::{Value, json};

/// A record of the index: a form, or a case.
#[derive(Clone, Debug)]
struct Record {
    id: String,
    version: u64,
    /// When it was indexed, in milliseconds of a day.
    millis: u64,
}

#[derive(Debug, Default)]
struct State {
    forms: Vec<Record>,
    cases: Vec<Record>,
    now: u64,
    dice: u64,
    requests: u64,
    /// So many records are still to be indexed anew while they are read.
    changes: u64,
}

/// A project of it.
#[derive(Clone, Debug, Default)]
pub struct HqSite {
    state: Arc<Mutex<State>>,
}

impl HqSite {
    /// One with so many forms and cases, of which many have one moment, and which change so often while they are read.
    pub fn new(seed: u64, records: u64, changes: u64) -> Self {
        let site = Self::default();
        let mut state = site.state();
        (state.dice, state.changes) = (seed.wrapping_mul(2) | 1, changes);
        for number in 0..records {
            let millis = 1000 + roll(&mut state, 7);
            let record = |kind: &str| Record { id: format!("{kind}{number:04}"), version: 0, millis };
            let (form, case) = (record("f"), record("c"));
            state.forms.push(form);
            state.cases.push(case);
        }
        state.now = 2000;
        drop(state);
        site
    }

    /// Its addresses, below `/a/riverside/`.
    pub fn routes(&self) -> Router {
        let site = self.clone();
        Router::new().fallback(move |request: Request| {
            let answer = site.answer(&request);
            async move { answer }
        })
    }

    /// All forms, by id, with their versions.
    pub fn forms(&self) -> BTreeMap<String, u64> {
        content(&self.state().forms)
    }

    /// All cases, by id, with their versions.
    pub fn cases(&self) -> BTreeMap<String, u64> {
        content(&self.state().cases)
    }

    /// How many requests have come to it.
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    fn answer(&self, request: &Request) -> Response {
        let mut state = self.state();
        state.requests += 1;
        if !request.headers().contains_key("authorization") {
            return plain(401, &[("WWW-Authenticate", "Digest realm=\"DJANGO\", nonce=\"n\", qop=\"auth\"")]);
        }
        match roll(&mut state, 12) {
            0 => return plain(429, &[("Retry-After", "0")]),
            1 => return plain(429, &[]),
            2 => return plain(302, &[("Location", "/accounts/login/?next=/a/riverside/")]),
            _ => {}
        }
        change(&mut state);
        let query = request.uri().query().unwrap_or_default();
        match request.uri().path() {
            "/a/riverside/api/v0.5/form/" => forms(&state, query),
            "/a/riverside/api/v0.6/case/" => cases(&state, query, request),
            _ => plain(404, &[]),
        }
    }
}

fn content(records: &[Record]) -> BTreeMap<String, u64> {
    records.iter().map(|record| (record.id.clone(), record.version)).collect()
}

/// A number below `sides`, by xorshift.
fn roll(state: &mut State, sides: u64) -> u64 {
    state.dice ^= state.dice << 13;
    state.dice ^= state.dice >> 7;
    state.dice ^= state.dice << 17;
    state.dice % sides
}

/// One of the forms and one of the cases are indexed anew, and move to the end of every list.
fn change(state: &mut State) {
    state.now += 1 + roll(state, 3);
    if state.changes == 0 || state.forms.is_empty() {
        return;
    }
    state.changes -= 1;
    let (at, version, now) = (roll(state, state.forms.len() as u64) as usize, state.requests, state.now);
    for record in [&mut state.forms[at], &mut state.cases[at]] {
        (record.version, record.millis) = (version, now);
    }
}

fn written(millis: u64) -> String {
    format!("2026-02-03T09:{:02}:{:02}.{:03}000Z", millis / 60_000 % 60, millis / 1000 % 60, millis % 1000)
}

fn argument(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.replace("%3A", ":"))
}

/// Those from a moment on, oldest first; within a moment in no order that means anything.
fn found<'r>(records: &'r [Record], start: &str) -> Vec<&'r Record> {
    let mut found: Vec<_> = records
        .iter()
        .filter(|record| written(record.millis).as_str() >= start.trim_end_matches('Z'))
        .collect();
    found.sort_by_key(|record| (record.millis, record.id.chars().rev().collect::<String>()));
    found
}

fn object(record: &Record) -> Value {
    let moment = written(record.millis);
    json!({"id": record.id, "case_id": record.id, "version": record.version, "form": {}, "indexed_on": moment})
}

/// P1: offsets, and `next` as arguments only.
fn forms(state: &State, query: &str) -> Response {
    let number = |name| argument(query, name).and_then(|number| number.parse::<usize>().ok());
    let (limit, offset) = (number("limit").unwrap_or(20), number("offset").unwrap_or(0));
    let start = argument(query, "indexed_on_start").unwrap_or_default();
    let found = found(&state.forms, &start);
    let page: Vec<_> = found.iter().skip(offset).take(limit).map(|record| object(record)).collect();
    let next =
        format!("?indexed_on_start={start}&order_by=indexed_on&limit={limit}&offset={}", offset + limit);
    let next = (offset + limit < found.len()).then_some(next);
    let meta =
        json!({"limit": limit, "offset": offset, "total_count": found.len(), "next": next, "previous": null});
    json_of(&json!({ "meta": meta, "objects": page }))
}

/// P6: a cursor that knows the last record, and `next` as an address.
fn cases(state: &State, query: &str, request: &Request) -> Response {
    let cursor = argument(query, "cursor").unwrap_or_default();
    let mut parts = cursor.splitn(3, '_');
    let (limit, last) = match argument(query, "limit").and_then(|limit| limit.parse::<usize>().ok()) {
        Some(limit) => (limit, None),
        None => {
            let limit = parts.next().and_then(|limit| limit.parse().ok()).unwrap_or(20);
            (
                limit,
                parts.next().and_then(|millis| Some((millis.parse::<u64>().ok()?, parts.next()?.to_owned()))),
            )
        }
    };
    let start = argument(query, "indexed_on.gte").unwrap_or_default();
    let mut found = found(&state.cases, &start);
    found.sort_by_key(|record| (record.millis, record.id.clone()));
    found.retain(|record| {
        last.as_ref().is_none_or(|(millis, id)| (record.millis, &record.id) > (*millis, id))
    });
    let page: Vec<_> = found.iter().take(limit).map(|record| object(record)).collect();
    let mut answer = json!({"matching_records": found.len(), "cases": page});
    if let (true, Some(last)) = (found.len() > limit, found.get(limit.saturating_sub(1))) {
        let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let cursor = format!("{limit}_{}_{}", last.millis, last.id);
        answer["next"] = format!("http://{host}/a/riverside/api/v0.6/case/?cursor={cursor}").into();
    }
    json_of(&answer)
}

fn json_of(value: &Value) -> Response {
    let answer = Response::builder().header("Content-Type", "application/json; charset=utf-8");
    answer.body(Body::from(value.to_string())).expect("an answer")
}

fn plain(status: u16, headers: &[(&str, &str)]) -> Response {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Body::empty()).expect("an answer")
}
