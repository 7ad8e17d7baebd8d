//! `openrosa hq download`.

use super::{Asked, hq, openrosa_hq};

/// A form with four files: a photo, one whose name would lead elsewhere, one that is gone, one of which a part comes.
fn site(asked: &Asked) -> (u16, String) {
    let is = |part: &str| asked.line.contains(part);
    let url = |name: &str| asked.here(&format!("/a/riverside/api/form/attachment/f1/{name}"));
    match () {
        () if is("/api/v0.5/form/f1/") => {
            let file =
                |url: String| serde_json::json!({"content_type": "image/jpeg", "length": 5, "url": url});
            let files = serde_json::json!({
                "1.jpg": file(url("1.jpg")), "../../x.jpg": file(url("x.jpg")), "gone.jpg": file(url("gone.jpg")),
                "part.jpg": file(url("part.jpg")),
            });
            (200, serde_json::json!({"id": "f1", "form": {}, "attachments": files}).to_string())
        }
        () if is("gone.jpg") => (404, "<html>".to_owned()),
        () if is("part.jpg") => (206, "pho".to_owned()),
        () if is("1.jpg") => (200, "photo".to_owned()),
        () if is("x.jpg") => (200, "other".to_owned()),
        () if is("/data/export/custom/dailysaved/download/e1/") => (200, "a,b\n1,2\n".to_owned()),
        () if is("download_ccz") && is("latest=release") => (200, "PK\u{3}\u{4}app".to_owned()),
        () => (400, r#"{"error_html": "the working copy has errors"}"#.to_owned()),
    }
}

#[test]
fn the_files_of_a_form_come_into_a_folder_and_no_further() {
    let (address, _) = hq(site);
    let folder = tempfile::tempdir().expect("a folder");
    let got = openrosa_hq(folder.path(), &address, &["download", "attachments", "f1", "--out", "in/f1"]);
    assert_eq!(got.status, 1, "two are not whole: {} {}", got.out, got.err);
    assert!(got.err.contains("part.jpg: the server answered 206"), "{}", got.err);
    assert!(got.err.contains("gone.jpg: there is no such thing (404)"), "{}", got.err);
    let read = |name: &str| std::fs::read_to_string(folder.path().join("in/f1").join(name)).expect("a file");
    assert_eq!((read("1.jpg"), read("%2E.%2F..%2Fx.jpg")), ("photo".to_owned(), "other".to_owned()));
    assert_eq!(std::fs::read_dir(folder.path().join("in/f1")).expect("a folder").count(), 2);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn an_application_is_there_whole_or_not_at_all() {
    let (address, seen) = hq(site);
    let folder = tempfile::tempdir().expect("a folder");
    let got = openrosa_hq(folder.path(), &address, &["download", "ccz", "ap1", "--out", "app.ccz"]);
    assert_eq!((got.status, got.out.as_str()), (0, "app.ccz (7 B)\n"), "{}", got.err);
    assert_eq!(std::fs::read(folder.path().join("app.ccz")).expect("a file"), b"PK\x03\x04app");
    assert_eq!(
        seen.lock().expect("no panic")[0],
        "GET /a/riverside/apps/api/download_ccz/?app_id=ap1&latest=release"
    );
    let refused =
        openrosa_hq(folder.path(), &address, &["download", "ccz-saved", "ap1", "--out", "saved.ccz"]);
    assert_eq!(refused.status, 2);
    assert!(refused.err.contains("the working copy has errors"), "{}", refused.err);
    assert!(!folder.path().join("saved.ccz").exists());
}
