//! The outbox, with a server that answers as it is told.

mod adding;
mod files;
mod histories;
mod order;
mod pausing;
mod person;
mod sending;

use std::{
    cell::Cell,
    collections::VecDeque,
    fmt::Write as _,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use openrosa_http::{
    client::Client,
    headers::AcceptLength,
    transport::{self, Body, Sent, Transport, Untrusted},
};
use openrosa_store::device::{
    Database,
    outbox::{Form, NewForm, Outbox, Report, Sending, State},
};

thread_local! {
    static NOW: Cell<DateTime<Utc>> = const { Cell::new(DateTime::UNIX_EPOCH) };
}

fn now() -> DateTime<FixedOffset> {
    NOW.get().fixed_offset()
}

fn wait(seconds: i64) {
    NOW.set(NOW.get() + TimeDelta::seconds(seconds));
}

/// A device in a folder of its own, on a day of its own.
struct Device {
    folder: tempfile::TempDir,
    database: Database,
    server: Server,
}

impl Device {
    async fn new() -> Self {
        NOW.set(DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("device.db")).await.unwrap().clock(now);
        Self { folder, database, server: Server::default() }
    }

    fn outbox(&self) -> Outbox {
        self.database.outbox()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The process ends without a word, and another begins.
    async fn killed(&mut self) {
        self.database = Database::open(self.path("device.db")).await.unwrap().clock(now);
    }

    async fn add(&self, form: &str) -> i64 {
        self.outbox().add(&NewForm::new(form.to_owned()).unwrap()).await.unwrap().number
    }

    async fn send(&self) -> Report {
        let sending = self.outbox().send(&self.server.client(), &url()).await.unwrap();
        let Sending::Done(report) = sending else { panic!("nobody else sends") };
        report
    }

    async fn form(&self, number: i64) -> Form {
        self.outbox().show(number).await.unwrap().unwrap().form
    }

    /// Each form as `1 waiting` or `2 waiting for 1`.
    async fn stands(&self) -> String {
        let mut told = String::new();
        for form in self.outbox().list(None, 0, 100).await.unwrap() {
            let separator = if told.is_empty() { "" } else { ", " };
            write!(told, "{separator}{} {}", form.number, form.state).unwrap();
            if let (State::Waiting, Some(ahead)) = (form.state, form.waits_for) {
                write!(told, " for {ahead}").unwrap();
            }
        }
        told
    }
}

fn url() -> url::Url {
    "https://odk.example/submission".parse().unwrap()
}

/// A form of this id with these blocks.
fn form(id: u32, blocks: &str) -> String {
    format!(
        "<data xmlns='http://example.org/visit'>{blocks}<orx:meta xmlns:orx='http://openrosa.org/xforms'>\
         <orx:instanceID>uuid:{id}</orx:instanceID></orx:meta></data>"
    )
}

/// A block that changes a case, and points at others.
fn case(id: &str, targets: &[&str]) -> String {
    let index = |target: &&str| format!("<p{0} case_type='t'>{target}</p{0}>", target.trim());
    let indices: String = targets.iter().map(index).collect();
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' \
         date_modified='2024-05-01T10:00:00Z'><index>{indices}</index></case>"
    )
}

/// What a server does with the next request.
#[derive(Clone, Debug)]
enum Answer {
    Says(u16, &'static str),
    Wants(u16, u64),
    Breaks(Sent),
    /// Who answered was not taken for the server.
    Untrusted,
}

const SAVED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
    <message nature='submit_success'>Saved.</message></OpenRosaResponse>";
const UNPROCESSED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
    <message nature='processing_failure'>no such case</message></OpenRosaResponse>";
const KEPT: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
    <message nature='submit_error'>no such case type</message></OpenRosaResponse>";
const HALF_PROCESSED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
    <message nature='post_processing_failure'>saved, but</message></OpenRosaResponse>";

/// A server that answers as it is told, and then with a yes.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    answers: VecDeque<Answer>,
    requests: Vec<Request>,
}

/// What came.
#[derive(Clone)]
struct Request {
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Server {
    fn will(&self, answers: impl IntoIterator<Item = Answer>) {
        self.0.lock().unwrap().answers.extend(answers);
    }

    fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.0.lock().unwrap().requests)
    }

    /// The ids of the forms that came since this was asked last.
    fn got(&self) -> Vec<u32> {
        self.requests().iter().map(Request::id).collect()
    }

    fn client(&self) -> Client<impl Transport + use<>> {
        let told = Arc::clone(&self.0);
        let transport = move |request: http::Request<Body>| answer(Arc::clone(&told), request);
        Client::new(transport).without_preflight(AcceptLength(1_000_000))
    }
}

async fn answer(
    told: Arc<Mutex<Told>>,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, transport::Error> {
    let (head, body) = request.into_parts();
    let broken = |error| transport::Error::new(Sent::Perhaps, error);
    let body = body.read_up_to(usize::MAX).await.map_err(broken)?.to_vec();
    let mut told = told.lock().unwrap();
    told.requests.push(Request { headers: head.headers, body });
    let answer = |status: u16| http::Response::builder().status(status);
    match told.answers.pop_front().unwrap_or(Answer::Says(201, SAVED)) {
        Answer::Says(status, words) => Ok(answer(status).body(words.into()).unwrap()),
        Answer::Wants(status, after) => {
            Ok(answer(status).header("Retry-After", after).body(Body::empty()).unwrap())
        }
        Answer::Breaks(sent) => Err(transport::Error::new(sent, "broken")),
        Answer::Untrusted => {
            Err(transport::Error::new(Sent::No, "who is this?").as_untrusted(Untrusted::Authority))
        }
    }
}

impl Request {
    fn has(&self, bytes: &[u8]) -> bool {
        self.body.windows(bytes.len()).any(|window| window == bytes)
    }

    fn id(&self) -> u32 {
        let body = String::from_utf8_lossy(&self.body);
        let id = body.split("<orx:instanceID>uuid:").nth(1).and_then(|rest| rest.split('<').next());
        id.unwrap().parse().unwrap()
    }
}
