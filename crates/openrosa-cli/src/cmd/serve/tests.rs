//! The server on a real port, and what it tells of each form.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use openrosa_http::server::{CheckPolicy, Pace, Policy, UnknownPredecessor};
use openrosa_store::server::{FormRow, FormsAsked, Keeping, State};

use super::{Args, Behind, Lines, Notice, Settings, Site, settings};
use crate::server_place::Place;

const VISIT: &str = "<data xmlns='http://example.org/visit' version='7'>\
    <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2026-11-24T02:30:00Z'>\
    <create><case_type>patient</case_type></create><update><village>Kibaha</village></update></case>\
    <meta><instanceID>1</instanceID></meta></data>";

/// A server that writes down what it tells.
struct Watched {
    site: Site,
    told: Arc<Mutex<Vec<Notice>>>,
    folder: TempDir,
}

async fn start() -> Watched {
    start_with(CheckPolicy::Off).await
}

async fn start_with(check: CheckPolicy) -> Watched {
    let folder = TempDir::new().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let policy = Policy { check, ..Policy::default() };
    let settings = Settings { policy, ..anywhere(&folder) };
    let site = Site::start(settings, move |notice| sink.lock().unwrap().push(notice)).await.unwrap();
    site.database().add_domain("demo").await.unwrap();
    Watched { site, told, folder }
}

fn anywhere(folder: &TempDir) -> Settings {
    let place = Place::File(folder.path().join("server.db"));
    let files = place.files(None).unwrap();
    Settings::new("127.0.0.1:0".parse().unwrap(), place, files)
}

async fn held(site: &Site, domain: Option<&str>) -> Vec<FormRow> {
    let domain = site.database().domain(domain).await.unwrap();
    site.database().forms(&domain, &FormsAsked::default(), 100).await.unwrap()
}

/// Posts XML as it is; the status line of the answer.
async fn post(site: &Site, xml: &str) -> String {
    post_to(site, "/a/demo/receiver/?deviceID=d%1B1", xml).await
}

async fn post_to(site: &Site, path: &str, xml: &str) -> String {
    answer_to(site, path, xml).await.lines().next().unwrap_or_default().to_owned()
}

async fn answer_to(site: &Site, path: &str, xml: &str) -> String {
    let mut socket = TcpStream::connect(site.url().trim_start_matches("http://")).await.unwrap();
    let head = "HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: text/xml";
    let request = format!("POST {path} {head}\r\nContent-Length: {}\r\n\r\n{xml}", xml.len());
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn each_form_is_told_in_a_line() {
    let watched = start().await;
    // To the eye it is the same form.
    let other = VISIT.replace("/visit'", "/visit&#xFEFF;'").replace("<instanceID>1", "<instanceID>2");
    let rows = [
        (VISIT.to_owned(), "HTTP/1.1 201 Created"),
        (VISIT.to_owned(), "HTTP/1.1 201 Created"),
        (VISIT.replace("Kibaha", "Moshi"), "HTTP/1.1 409 Conflict"),
        ("<data>".to_owned(), "HTTP/1.1 422 Unprocessable Entity"),
        (other, "HTTP/1.1 201 Created"),
    ];
    for (xml, status) in rows {
        assert_eq!(post(&watched.site, &xml).await, status);
    }
    assert_eq!(held(&watched.site, Some("demo")).await.len(), 2);
    let lines: Vec<_> = watched.told.lock().unwrap().iter().map(Notice::line).collect();
    let untimed: Vec<_> = lines.iter().map(|line| &line[10..]).collect();
    insta::assert_snapshot!(untimed.join("\n"), @r"
    received      http://example.org/visit  1  1 case  from d\u{1b}1
    known         http://example.org/visit  1  1 case  from d\u{1b}1
    refused       http://example.org/visit  1  1 case  from d\u{1b}1  409: another form was already received as `1`; this one was not kept
    refused       from d\u{1b}1  422: the form cannot be read: line 1, column 7, inside data: the document ends inside an element
    received      http://example.org/visit\u{feff}  2  1 case  from d\u{1b}1
    ");
}

#[tokio::test]
async fn each_form_is_told_in_json() {
    let watched = start().await;
    post(&watched.site, VISIT).await;
    let json = watched.told.lock().unwrap()[0].json();
    assert!(!json.contains('\n'));
    let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(value["time"].as_str().unwrap().ends_with('Z'));
    value["time"] = "".into();
    insta::assert_snapshot!(value, @r#"{"event":"arrival","time":"","outcome":"new","status":null,"message":null,"cause":null,"form":"http://example.org/visit","version":"7","instance_id":"1","replaces":null,"cases":[{"case_id":"c1","actions":["create","update"]}],"files":[],"user":null,"device_id":"d\u001b1","domain":"demo","app_id":null}"#);
}

/// As long as it is not known whether there are users, nobody is told that a password is wrong.
#[tokio::test]
async fn a_database_that_does_not_answer_is_no_matter_of_passwords() {
    let watched = start().await;
    watched.site.database().clone().close().await;
    for path in ["/a/demo/receiver/", "/submission"] {
        let answer = answer_to(&watched.site, path, VISIT).await;
        assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable"), "{answer}");
        for part in ["x-openrosa-version: 1.0", "x-request-id: ", "retry-after: ", "<OpenRosaResponse"] {
            assert!(answer.contains(part), "{part}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_stopped_server_can_be_started_again_on_its_database() {
    let watched = start().await;
    post(&watched.site, VISIT).await;
    watched.site.stop().await;
    let again = Site::start(anywhere(&watched.folder), |_| {}).await.unwrap();
    assert_eq!(held(&again, Some("demo")).await[0].instance_id, "1");
}

#[tokio::test]
async fn what_is_in_quarantine_has_no_effect_and_says_why() {
    let watched = start_with(CheckPolicy::Quarantine).await;
    let broken = VISIT.replace("case_id='c1'", "case_id=''");
    assert_eq!(post_to(&watched.site, "/submission", &broken).await, "HTTP/1.1 202 Accepted");
    let line = watched.told.lock().unwrap()[0].line();
    assert!(line[10..].starts_with("quarantined   http://example.org/visit  1  1 case"), "{line}");
    assert!(line.contains("the case id is empty (case-id-blank)"), "{line}");
    let held = &held(&watched.site, None).await[0];
    assert_eq!(held.state, State::Quarantined);
    assert_eq!(held.reason.as_deref(), Some("line 1, column 108: the case id is empty (case-id-blank)"));
}

#[tokio::test]
async fn what_is_recorded_is_held_and_what_is_refused_is_not() {
    let broken = VISIT.replace("date_modified='2026-11-24T02:30:00Z'", "date_modified='yesterday'");
    for (check, status, count) in [
        // Its cases are not made, as the rules know no such date; the form is kept.
        (CheckPolicy::Record, "HTTP/1.1 202 Accepted", 1),
        (CheckPolicy::Reject, "HTTP/1.1 422 Unprocessable Entity", 0),
    ] {
        let watched = start_with(check).await;
        assert_eq!(post_to(&watched.site, "/submission", &broken).await, status);
        assert_eq!(held(&watched.site, None).await.len(), count);
        let told = watched.told.lock().unwrap()[0].json();
        assert!(told.contains("\"severity\":\"error\""), "{told}");
    }
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn parsed(line: &str) -> Result<Args, clap::Error> {
    Line::try_parse_from(["serve"].into_iter().chain(line.split_whitespace())).map(|line| line.args)
}

#[test]
fn nothing_has_to_be_said() {
    let folder = parsed("").unwrap();
    let settings = settings(&folder, &Behind::of(Lines::out(false))).unwrap();
    assert_eq!(settings.database.name(), "openrosa-server.db");
    assert_eq!(settings.files.to_string(), "openrosa-server.db-files");
    assert!(settings.listen.ip().is_loopback(), "nobody but this machine, unless somebody says so");
}

#[test]
fn a_pace_can_be_set_and_left_out() {
    let pace = |line: &str| {
        settings(&parsed(line).unwrap(), &Behind::of(Lines::out(false))).unwrap().policy.limits.pace
    };
    assert_eq!(pace(""), Some(Pace::default()));
    assert_eq!(pace("--min-rate 5").map(|pace| pace.rate.get()), Some(5));
    assert_eq!(pace("--min-rate 0"), None);
}

#[test]
fn restores_are_kept_as_it_is_said() {
    let keeping =
        |line: &str| settings(&parsed(line).unwrap(), &Behind::of(Lines::out(false))).unwrap().keeping;
    assert_eq!(keeping(""), Keeping::default());
    let said = "--restore-patience 0 --keep-restores 5 --max-kept-restores 7 --max-kept-bytes 9";
    let (patience, age) = (Duration::ZERO, Duration::from_secs(300));
    assert_eq!(keeping(said), Keeping { patience, age, count: 7, bytes: 9, ..Keeping::default() });
}

#[test]
fn what_is_said_is_what_is_done() {
    let args = parsed("--max-body 5 --keep-unknown-edits --database x.db --files f --behind-proxy").unwrap();
    let settings = settings(&args, &Behind::of(Lines::out(false))).unwrap();
    assert_eq!(settings.policy.limits.body, 5);
    assert_eq!(settings.policy.unknown_predecessor, UnknownPredecessor::KeepAsNew);
    assert_eq!((settings.database.name(), settings.files.to_string()), ("x.db".to_owned(), "f".to_owned()));
    assert!(settings.behind_proxy);
}
