//! The service on a real port, and what it tells of each form.

use std::sync::{Arc, Mutex};

use clap::Parser;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use openrosa_http::server::{CheckPolicy, Policy};

use super::{Args, Notice, Service, Settings, settings};

const VISIT: &str = "<data xmlns='http://example.org/visit' version='7'>\
    <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2026-11-24T02:30:00Z'>\
    <create><case_type>patient</case_type></create><update><village>Kibaha</village></update></case>\
    <meta><instanceID>1</instanceID></meta></data>";

/// A service that writes down what it tells.
struct Watched {
    service: Service,
    told: Arc<Mutex<Vec<Notice>>>,
    _folder: TempDir,
}

async fn start() -> Watched {
    start_with(CheckPolicy::Off).await
}

async fn start_with(check: CheckPolicy) -> Watched {
    let folder = TempDir::new().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let policy = Policy { check, ..Policy::default() };
    let settings = Settings { policy, ..Settings::new("127.0.0.1:0".parse().unwrap(), folder.path()) };
    let service = Service::start(settings, move |notice| sink.lock().unwrap().push(notice)).await.unwrap();
    Watched { service, told, _folder: folder }
}

/// Posts XML as it is; the status line of the answer.
async fn post(service: &Service, xml: &str) -> String {
    let mut socket = TcpStream::connect(service.address).await.unwrap();
    let head = "POST /a/demo/receiver/?deviceID=d%1B1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: text/xml";
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{xml}", xml.len());
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_form_is_told_in_a_line() {
    let watched = start().await;
    let rows = [
        (VISIT.to_owned(), "HTTP/1.1 201 Created"),
        (VISIT.to_owned(), "HTTP/1.1 201 Created"),
        (VISIT.replace("Kibaha", "Moshi"), "HTTP/1.1 409 Conflict"),
        ("<data>".to_owned(), "HTTP/1.1 400 Bad Request"),
    ];
    for (xml, status) in rows {
        assert_eq!(post(&watched.service, &xml).await, status);
    }
    assert_eq!(watched.service.held(), 1);
    let lines: Vec<_> = watched.told.lock().unwrap().iter().map(Notice::line).collect();
    let untimed: Vec<_> = lines.iter().map(|line| &line[10..]).collect();
    insta::assert_snapshot!(untimed.join("\n"), @r"
    received      http://example.org/visit  1  1 case  from d�1
    known         http://example.org/visit  1  1 case  from d�1
    refused       http://example.org/visit  1  1 case  from d�1  409: another form was already received as `1`; this one was not kept
    refused       from d�1  400: the form cannot be read: line 1, column 7, inside data: the document ends inside an element
    ");
}

#[tokio::test]
async fn each_form_is_told_in_json() {
    let watched = start().await;
    post(&watched.service, VISIT).await;
    let json = watched.told.lock().unwrap()[0].json();
    assert!(!json.contains('\n'));
    let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(value["time"].as_str().unwrap().ends_with('Z'));
    value["time"] = "".into();
    insta::assert_snapshot!(value, @r#"{"event":"arrival","time":"","outcome":"new","status":null,"message":null,"cause":null,"form":"http://example.org/visit","version":"7","instance_id":"1","replaces":null,"cases":[{"case_id":"c1","actions":["create","update"]}],"files":[],"user":null,"device_id":"d\u001b1","domain":"demo","app_id":null}"#);
}

#[tokio::test]
async fn a_stopped_service_can_be_started_again_on_its_folder() {
    let watched = start().await;
    post(&watched.service, VISIT).await;
    watched.service.stop().await;
    let settings = Settings::new("127.0.0.1:0".parse().unwrap(), watched._folder.path());
    let again = Service::start(settings, |_| {}).await.unwrap();
    assert_eq!(again.held(), 1);
    assert_eq!(again.backend().records()[0].instance_id, "1");
}

/// How many records lie in a part of the folder.
fn records(watched: &Watched, part: &str) -> usize {
    std::fs::read_dir(watched._folder.path().join(part)).unwrap().count()
}

#[tokio::test]
async fn what_is_in_quarantine_is_kept_apart_and_known_to_a_later_start() {
    let watched = start_with(CheckPolicy::Quarantine).await;
    let broken = VISIT.replace("case_id='c1'", "case_id=''");
    assert_eq!(post(&watched.service, &broken).await, "HTTP/1.1 202 Accepted");
    let line = watched.told.lock().unwrap()[0].line();
    assert!(line[10..].starts_with("quarantined   http://example.org/visit  1  1 case"), "{line}");
    assert!(line.contains("the case id is empty (case-id-blank)"), "{line}");
    assert_eq!((records(&watched, "records"), records(&watched, "quarantine")), (0, 1));

    watched.service.stop().await;
    let settings = Settings::new("127.0.0.1:0".parse().unwrap(), watched._folder.path());
    let again = Service::start(settings, |_| {}).await.unwrap();
    let held = &again.backend().records()[0];
    assert_eq!(held.quarantined.as_deref(), Some("line 1, column 108: the case id is empty (case-id-blank)"));
    assert!(
        held.findings.iter().any(|finding| finding.code == "case-id-blank" && finding.severity == "error")
    );
}

#[tokio::test]
async fn what_is_recorded_lies_with_the_others_and_what_is_refused_nowhere() {
    let broken = VISIT.replace("case_id='c1'", "case_id=''");
    for (check, status, held) in [
        (CheckPolicy::Record, "HTTP/1.1 201 Created", 1),
        (CheckPolicy::Reject, "HTTP/1.1 422 Unprocessable Entity", 0),
    ] {
        let watched = start_with(check).await;
        assert_eq!(post(&watched.service, &broken).await, status);
        assert_eq!((records(&watched, "records"), records(&watched, "quarantine")), (held, 0));
        let findings: usize =
            watched.service.backend().records().iter().map(|record| record.findings.len()).sum();
        assert_eq!(findings > 0, held > 0);
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
fn passwords_come_with_names_and_names_with_passwords() {
    assert!(parsed("").is_ok());
    assert!(parsed("--user a --password-env P --basic").is_ok());
    for bad in ["--user a", "--password-env P", "--basic", "--user a --password-env P --password-stdin"] {
        assert!(parsed(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_server_that_nobody_could_sign_in_to_is_not_started() {
    let args = parsed("--user a --password-env PATH --no-digest").unwrap();
    assert!(settings(&args).is_err());
    let args = parsed("--user a --password-env OPENROSA_TESTS_UNSET_VARIABLE").unwrap();
    assert!(settings(&args).is_err());
    let args = parsed("--user a --password-env PATH --no-digest --basic --max-body 5").unwrap();
    assert_eq!(settings(&args).ok().map(|settings| settings.policy.limits.body), Some(5));
}
