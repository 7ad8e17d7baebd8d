//! The folder from outside: what is posted, and what a later start finds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use http::Request;
use openrosa_http::server::Receiver;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::{FolderBackend, OpenError};

fn open(folder: &TempDir) -> (FolderBackend, Router) {
    let backend = FolderBackend::open(folder.path()).unwrap();
    let router = Receiver::new(backend.clone()).standalone();
    (backend, router)
}

fn refusal(folder: &TempDir) -> OpenError {
    match FolderBackend::open(folder.path()) {
        Ok(_) => panic!("the folder could be opened"),
        Err(error) => error,
    }
}

fn form(id: &str, answer: &str) -> String {
    format!("<f id='f'><q>{answer}</q><meta><instanceID>{id}</instanceID></meta></f>")
}

fn edit(id: &str, of: &str) -> String {
    let ids = format!("<instanceID>{id}</instanceID><deprecatedID>{of}</deprecatedID>");
    format!("<f id='f'><meta>{ids}</meta></f>")
}

/// The status of the answer, and the first words of its message.
async fn post(router: &Router, xml: &str, files: &[(&str, &str)]) -> String {
    let part = |(name, content): &(&str, &str)| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n{content}\r\n"
        )
    };
    let body =
        part(&("xml_submission_file", xml)) + &files.iter().map(part).collect::<String>() + "--b--\r\n";
    send(router, body).await
}

async fn send(router: &Router, body: String) -> String {
    let request = Request::post("/submission").header("Content-Type", "multipart/form-data; boundary=b");
    let answer = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let message = text.split_once("\">").unwrap().1.split_once("\">").unwrap().1;
    format!("{status} {}", message.split_once('<').unwrap().0)
}

const RECEIVED: &str = "201 the form was received";
const KNOWN: &str = "201 the form was already received; there was nothing new in it";

/// Folder and file names, each with its content.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for folder in ["records", "xml", "files", "staging"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

/// what was acknowledged is known after a restart, files and all; to send it again doubles nothing.
#[tokio::test]
async fn a_later_start_knows_what_was_received() {
    let folder = TempDir::new().unwrap();
    let (_, router) = open(&folder);
    assert_eq!(post(&router, &form("1", "a"), &[("1.jpg", "one")]).await, RECEIVED);
    assert_eq!(
        post(&router, &form("1", "a"), &[("2.jpg", "two")]).await,
        "201 the form was already received; 1 file added"
    );
    drop(router);
    let before = tree(folder.path());

    let (backend, router) = open(&folder);
    assert_eq!(post(&router, &form("1", "a"), &[("1.jpg", "one"), ("2.jpg", "two")]).await, KNOWN);
    assert!(post(&router, &form("1", "b"), &[]).await.starts_with("409 "));
    assert!(post(&router, &form("1", "a"), &[("1.jpg", "other")]).await.starts_with("409 "));
    assert_eq!(tree(folder.path()), before);
    let [record] = &backend.records()[..] else { panic!("one record") };
    assert_eq!(fs::read_to_string(backend.xml_path(record)).unwrap(), form("1", "a"));
    let names: Vec<_> = record.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["1.jpg", "2.jpg"]);
}

/// which version is current survives a restart.
/// so do the files that an edit carried, and that they may be replaced.
#[tokio::test]
async fn a_later_start_knows_what_was_replaced() {
    let folder = TempDir::new().unwrap();
    let (_, router) = open(&folder);
    post(&router, &form("1", "a"), &[("1.jpg", "one")]).await;
    assert_eq!(post(&router, &edit("2", "1"), &[]).await, "201 the form was received and replaces `1`");
    drop(router);

    let (backend, router) = open(&folder);
    assert!(post(&router, &edit("3", "1"), &[]).await.starts_with("409 "));
    assert_eq!(
        post(&router, &edit("2", "1"), &[("1.jpg", "new")]).await,
        "201 the form was already received; 1 file added"
    );
    assert!(post(&router, &edit("3", "2"), &[]).await.starts_with("201 "));
    let superseded: Vec<_> = backend.records().into_iter().map(|r| (r.instance_id, r.superseded)).collect();
    assert_eq!(superseded.len(), 3);
    assert!(superseded.iter().all(|(id, superseded)| *superseded == (id != "3")), "{superseded:?}");
}

#[tokio::test]
async fn a_refused_upload_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let (_, router) = open(&folder);
    let truncated =
        "--b\r\nContent-Disposition: form-data; name=\"1.jpg\"; filename=\"1.jpg\"\r\n\r\nhalf a pho";
    assert!(send(&router, truncated.into()).await.starts_with("400 "));
    assert!(post(&router, "<f>", &[("1.jpg", "one")]).await.starts_with("400 "));
    assert!(post(&router, &edit("2", "1"), &[("1.jpg", "one")]).await.starts_with("404 "));
    assert_eq!(tree(folder.path()), BTreeMap::new());
}

/// What a kill may leave at each step of storing: a file half written, a record not yet renamed, contents that were
/// renamed and that no record names. None of it is a submission, and what is one stays untouched.
#[tokio::test]
async fn the_leftovers_of_a_kill_are_cleared_away() {
    let folder = TempDir::new().unwrap();
    let (_, router) = open(&folder);
    post(&router, &form("1", "a"), &[("1.jpg", "one")]).await;
    drop(router);
    let whole = tree(folder.path());
    let hash = "0".repeat(64);
    for leftover in ["staging/0-0", "staging/0-spare", &format!("files/{hash}"), &format!("xml/{hash}.xml")] {
        fs::write(folder.path().join(leftover), "half").unwrap();
    }
    let (_, router) = open(&folder);
    assert_eq!(tree(folder.path()), whole);
    assert_eq!(post(&router, &form("1", "a"), &[("1.jpg", "one")]).await, KNOWN);
    assert_eq!(post(&router, &form("2", "a"), &[("1.jpg", "one")]).await, RECEIVED);
}

/// many at once make one record, in memory and on disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_leaves_one_record() {
    let folder = TempDir::new().unwrap();
    let (backend, router) = open(&folder);
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..24 {
        let router = router.clone();
        let (id, file) = ((number % 2).to_string(), format!("{}.jpg", number % 3));
        racers.spawn(async move { post(&router, &form(&id, "a"), &[(&file, "x")]).await });
    }
    let answers = racers.join_all().await;
    assert!(answers.iter().all(|answer| answer.starts_with("201 ")), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| *answer == RECEIVED).count(), 2);
    assert_eq!(backend.len(), 2);
    assert!(backend.records().iter().all(|record| record.files.len() == 3));
    let names: Vec<_> = tree(folder.path()).into_keys().collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("records/")).count(), 2, "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("staging/")), "{names:?}");
}

/// of two edits of one version at once, one is an edit and the other is told to look again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_edits_of_one_version_cannot_both_win() {
    let folder = TempDir::new().unwrap();
    let (_, router) = open(&folder);
    post(&router, &form("0", "a"), &[]).await;
    let mut racers = tokio::task::JoinSet::new();
    for number in 1..9 {
        let router = router.clone();
        racers.spawn(async move { post(&router, &edit(&number.to_string(), "0"), &[]).await });
    }
    let answers = racers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.starts_with("201 ")).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.starts_with("409 ")).count(), 7, "{answers:?}");
}

#[tokio::test]
async fn nothing_from_the_wire_is_a_path() {
    let folder = TempDir::new().unwrap();
    let (backend, router) = open(&folder);
    for id in ["../../outside", "/etc/passwd", "a\u{e4}", &"long".repeat(200)] {
        assert_eq!(post(&router, &form(id, "a"), &[("..%2f\u{e4} b.jpg", id)]).await, RECEIVED);
    }
    assert_eq!(backend.len(), 4);
    let hashed = |name: &str| {
        let name = name.split_once('/').unwrap().1;
        let hash = name.trim_end_matches(".json").trim_end_matches(".xml");
        hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let names: Vec<_> = tree(folder.path()).into_keys().collect();
    assert!(names.len() == 12 && names.iter().all(|name| hashed(name)), "{names:?}");
    drop((backend, router));
    assert!(open(&folder).0.records().iter().any(|record| record.instance_id == "../../outside"));
}

#[tokio::test]
async fn a_folder_has_one_user() {
    let folder = TempDir::new().unwrap();
    let held = open(&folder);
    assert!(matches!(refusal(&folder), OpenError::InUse(_)));
    drop(held);
    assert!(FolderBackend::open(folder.path()).is_ok());
}

#[tokio::test]
async fn a_damaged_folder_is_not_served() {
    let folder = TempDir::new().unwrap();
    let (backend, router) = open(&folder);
    post(&router, &form("1", "a"), &[("1.jpg", "one")]).await;
    let xml = backend.xml_path(&backend.records()[0]);
    drop((backend, router));

    let kept = fs::read(&xml).unwrap();
    fs::remove_file(&xml).unwrap();
    assert!(matches!(refusal(&folder), OpenError::Gone { .. }));
    fs::write(&xml, kept).unwrap();
    assert_eq!(open(&folder).0.len(), 1);

    for damage in ["", "{}", "{\"form\":null}"] {
        fs::write(folder.path().join("records/x.json"), damage).unwrap();
        let error = refusal(&folder);
        assert!(matches!(error, OpenError::Record { .. }), "{error}");
    }
    let records = folder.path().join("records");
    let json =
        tree(folder.path()).into_iter().find(|(name, json)| name.starts_with("records/") && json.len() > 99);
    let escaping = String::from_utf8(json.unwrap().1).unwrap().replace("\"sha256\": \"", "\"sha256\": \"../");
    fs::write(records.join("x.json"), escaping).unwrap();
    assert!(refusal(&folder).to_string().ends_with("is no SHA-256"), "{}", refusal(&folder));
}
