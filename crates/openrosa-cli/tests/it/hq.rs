//! `openrosa hq` before a server of CommCare HQ's addresses.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

use crate::Run;

/// A request: its first line, its headers in small letters, its body.
struct Asked {
    line: String,
    headers: Vec<String>,
    body: String,
}

/// A server that answers JSON to those who have the key; what it was asked.
fn hq(answer: impl Fn(&Asked) -> (u16, String) + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/a/riverside/", listener.local_addr().expect("an address"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let asked = read(&connection);
            let has_key = asked.headers.iter().any(|line| line == "authorization: apikey ada:k3y");
            let (status, body) = if has_key { answer(&asked) } else { (401, String::new()) };
            log.lock().expect("no panic").push(format!("{} {}", asked.line, asked.body).trim().to_owned());
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} Status\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
            let _ = (&connection).write_all((head + &body).as_bytes());
        }
    });
    (address, seen)
}

fn read(connection: &TcpStream) -> Asked {
    let mut reader = BufReader::new(connection);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let length = reader.read_line(&mut line).unwrap_or_default();
        if length <= 2 {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let headers: Vec<_> = lines.iter().skip(1).map(|line| line.to_lowercase()).collect();
    let length = headers.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).expect("the whole body");
    let line = lines.first().map_or("", |line| line.trim_end_matches(" HTTP/1.1")).to_owned();
    Asked { line, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

fn openrosa_hq(folder: &Path, address: &str, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
    command.current_dir(folder).arg("hq").args(arguments).env("HQ_KEY", "k3y");
    command.args([
        "--url",
        address,
        "--user",
        "ada",
        "--key-env",
        "HQ_KEY",
        "--allow-http",
        "--patience",
        "0",
    ]);
    Run::of(&command.output().expect("the command runs"))
}

fn case(id: &str, name: &str, second: u32) -> String {
    format!(
        r#"{{"case_id": "{id}", "case_name": "{name}", "external_id": "X{id}", "owner_id": "u1", "properties": {{"age": "4,1"}},
        "indexed_on": "2026-02-03T09:10:{second:02}.000000Z"}}"#
    )
}

fn page(cases: &[String]) -> String {
    format!(r#"{{"matching_records": {}, "cases": [{}]}}"#, cases.len(), cases.join(","))
}

#[test]
fn an_export_adds_what_is_new_to_what_is_there() {
    let there = Arc::new(Mutex::new(vec![case("c1", "Ada", 1), case("c2", "Eve", 2)]));
    let shown = Arc::clone(&there);
    let (address, seen) = hq(move |asked| {
        let all = shown.lock().expect("no panic");
        let from = usize::from(asked.line.contains("indexed_on.gte=2026-02-03T09%3A10%3A02"));
        (200, page(&all[from..]))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let export = |out: &str| {
        openrosa_hq(folder.path(), &address, &["export", "cases", "--case-type", "client", "--out", out])
    };
    let text = |out: &str| std::fs::read_to_string(folder.path().join(out)).expect("a file");

    assert_eq!(export("cases.ndjson").out, "2 cases added to cases.ndjson\n");
    assert_eq!(text("cases.ndjson").lines().count(), 2);
    // A page that broke off lies behind what the checkpoint knows.
    let mut broken = text("cases.ndjson");
    broken.push_str("{\"case_id\": ");
    std::fs::write(folder.path().join("cases.ndjson"), broken).expect("written");
    there.lock().expect("no panic").push(case("c3", r#"Ada \"II\""#, 3));
    let again = export("cases.ndjson");
    assert_eq!(again.out, "1 case added to cases.ndjson\n", "{}", again.err);
    let lines: Vec<serde_json::Value> =
        text("cases.ndjson").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2]["case_name"], "Ada \"II\"");
    assert!(seen.lock().expect("no panic")[0].contains("case_type=client"));

    let columns = ["--column", "case_id", "--column", "case_name", "--column", "properties.age"];
    let sheet = openrosa_hq(
        folder.path(),
        &address,
        &[&["export", "cases", "--out", "c.csv"][..], &columns].concat(),
    );
    assert_eq!(sheet.status, 0, "{}", sheet.err);
    assert_eq!(
        text("c.csv"),
        "case_id,case_name,properties.age\nc1,Ada,\"4,1\"\nc2,Eve,\"4,1\"\nc3,\"Ada \"\"II\"\"\",\"4,1\"\n"
    );
    let other = openrosa_hq(folder.path(), &address, &["export", "cases", "--out", "c.csv"]);
    assert_eq!(other.status, 2);
    let other = openrosa_hq(folder.path(), &address, &["export", "cases", "--out", "cases.ndjson"]);
    assert_eq!(other.status, 2, "without the type it is another export");
}

#[test]
fn an_upsert_shows_what_it_would_do_and_does_it_when_it_is_told() {
    let (address, seen) = hq(|asked| match asked.line.contains("bulk-fetch") {
        true => {
            (200, page(&[case("c1", "Ada", 1), r#"{"external_id": "N", "error": "not found"}"#.to_owned()]))
        }
        false => (200, r#"{"form_id": "f1", "cases": [{"case_id": "c1"}, {"case_id": "c9"}]}"#.to_owned()),
    });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("s.csv"), "number,case_name,age,note\nXc1,Ada,42,\nN,Eve,7,x\n")
        .expect("written");
    let arguments = ["upsert", "s.csv", "--case-type", "client", "--id", "number", "--owner-id", "u1"];
    let shown = openrosa_hq(folder.path(), &address, &arguments);
    assert_eq!(
        shown.out,
        "~ Xc1\n    age: 4,1 -> 42\n+ N\n2 cases to make or change, 0 as they are to be; nothing was sent, --send does\n",
        "{}",
        shown.err
    );
    assert_eq!(seen.lock().expect("no panic").len(), 1);
    let sent = openrosa_hq(folder.path(), &address, &[&arguments[..], &["--send"]].concat());
    assert!(sent.out.ends_with("batch 1: 2 cases, form f1\n"), "{} {}", sent.out, sent.err);
    let seen = seen.lock().expect("no panic");
    let (line, body) = seen[2].split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).expect("a body");
    assert_eq!(line, "/a/riverside/api/v0.6/case/");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let expected = r#"[{"create": false, "case_id": "c1", "properties": {"age": "42"}},
        {"create": true, "case_type": "client", "case_name": "Eve", "owner_id": "u1", "external_id": "N", "properties": {"age": "7", "note": "x"}}]"#;
    assert_eq!(body, serde_json::from_str::<serde_json::Value>(expected).expect("JSON"));
}

#[test]
fn lists_and_refusals_are_told() {
    let (address, _) = hq(|asked| {
        match asked.line.contains("/group/") {
        true => (200, r#"{"meta": {"limit": 20, "offset": 0, "total_count": 1, "next": null}, "objects": [{"id": "g1", "name": "North"}]}"#.to_owned()),
        false => (403, String::new()),
    }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let listed = openrosa_hq(folder.path(), &address, &["list", "groups"]);
    assert!(listed.out.starts_with(r#"{"id":"g1""#), "{} {}", listed.out, listed.err);
    let refused = openrosa_hq(folder.path(), &address, &["get", "form", "f1"]);
    assert_eq!((refused.status, refused.out.as_str()), (2, ""));
    assert!(
        refused.err.contains("the account may not do this") && !refused.err.contains("k3y"),
        "{}",
        refused.err
    );
}
