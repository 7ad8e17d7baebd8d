//! `openrosa hq` before a server of CommCare HQ's addresses.

mod download;
mod export;
mod upsert;

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

impl Asked {
    /// The address of a path on this server.
    fn here(&self, path: &str) -> String {
        let host = self.headers.iter().find_map(|line| line.strip_prefix("host: ")).expect("a host");
        format!("http://{host}{path}")
    }
}

/// A server that answers JSON to those who have the key, and wants those whom it sends away for a while to stay away for half an
/// hour; what it was asked.
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
            let wait = if status == 429 { "Retry-After: 1800\r\n" } else { "" };
            let head = format!(
                "HTTP/1.1 {status} Status\r\nConnection: close\r\n{wait}Content-Length: {length}\r\n\r\n"
            );
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

#[test]
fn what_to_do_is_said_with_what_went_wrong() {
    let (address, seen) = hq(|_| (404, String::new()));
    let folder = tempfile::tempdir().expect("a folder");
    let missing = openrosa_hq(folder.path(), &address, &["get", "case", "c9"]);
    assert!(missing.err.contains("try: look at the id, and at the name of the project"), "{}", missing.err);
    let command = |key: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
        command.args(["hq", "list", "groups", "--url", &address, "--user", "ada", "--key-env", "HQ_KEY"]);
        Run::of(&command.args(["--patience", "0"]).args(more).env("HQ_KEY", key).output().expect("it runs"))
    };
    let (portal, _) = hq(|_| (200, "<html><title>Welcome</title><p>Log on</p></html>".to_owned()));
    for words in [&["list", "groups"][..], &["get", "case", "c1"], &["export", "cases", "--to", "c.ndjson"]] {
        let run = openrosa_hq(folder.path(), &portal, words);
        assert!(run.err.contains("try: the login of this network"), "{words:?}: {}", run.err);
    }
    let (shut, _) = hq(|_| (401, r#"{"error": "Your account is locked"}"#.to_owned()));
    let locked = openrosa_hq(folder.path(), &shut, &["list", "groups"]);
    assert!(locked.err.contains("try: another name or key; if"), "{}", locked.err);
    let (busy, _) = hq(|_| (429, String::new()));
    for words in [&["list", "groups"][..], &["get", "case", "c1"], &["export", "cases", "--to", "c.ndjson"]] {
        let run = openrosa_hq(folder.path(), &busy, words);
        assert!(run.err.contains("try: the same again in 30 min, and not before"), "{words:?}: {}", run.err);
    }
    let wrong = command("other", &["--allow-http"]);
    assert!(wrong.err.contains("try: another name or key"), "{}", wrong.err);
    let asked = seen.lock().expect("no panic").len();
    let plain = command("k3y", &[]);
    assert!(plain.err.contains("try: an address that begins with https, or --allow-http"), "{}", plain.err);
    assert!(!seen.lock().expect("no panic")[asked..].iter().any(|line| line.contains("k3y")));
}
