//! What the standards say of receivers and restores, held against the server's database: what is in it afterwards, and what comes
//! out of it.

use base64::Engine as _;
use http::Request;
use openrosa_http::server::{Limits, Policy};
use openrosa_store::server::FormsAsked;

use super::site::{Site, block, create, form};

pub(super) const BOUNDARY: &str = "----wire";

/// Parts by their names; those that have a file name are files.
pub(super) fn multipart(parts: &[(&str, Option<&str>, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body += &format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        );
    }
    (body + &format!("--{BOUNDARY}--\r\n")).into_bytes()
}

pub(super) async fn post(site: &Site, path: &str, kind: &str, body: Vec<u8>) -> http::Response<Vec<u8>> {
    let request = Request::post(format!("http://server.example{path}"))
        .header("X-OpenRosa-Version", "1.0")
        .header("Content-Type", kind);
    site.ask(request.body(body.into()).unwrap()).await
}

async fn parts(site: &Site, path: &str, all: &[(&str, Option<&str>, &str)]) -> u16 {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    post(site, path, &kind, multipart(all)).await.status().as_u16()
}

pub(super) async fn ids(site: &Site) -> Vec<String> {
    let domain = site.database.domain(None).await.unwrap();
    let rows = site.database.forms(&domain, &FormsAsked::default(), 100).await.unwrap();
    rows.into_iter().map(|row| row.instance_id).collect()
}

async fn files(site: &Site, id: &str) -> Vec<String> {
    let domain = site.database.domain(None).await.unwrap();
    let row = site.database.form(&domain, id).await.unwrap();
    let files = site.database.files_of(&domain, &row).await.unwrap();
    files.into_iter().map(|file| file.name).collect()
}

/// HEAD on the submission URL is answered with 204 and the accept length.
/// every answer, refusals too, has version, date and accept length.
/// a success is 201 or 202, never 200.
#[tokio::test]
async fn every_answer_says_what_it_must() {
    for site in Site::all().await {
        let head = Request::head("http://server.example/submission").header("X-OpenRosa-Version", "1.0");
        let head = site.ask(head.body(bytes::Bytes::new()).unwrap()).await;
        let stored = post(&site, "/submission", "text/xml", form("f1", "").into_bytes()).await;
        let refused = post(&site, "/submission", "text/xml", b"<data".to_vec()).await;
        let statuses = [&head, &stored, &refused].map(|answer| answer.status().as_u16());
        assert_eq!(statuses, [204, 201, 400], "{}", site.engine);
        for answer in [head, stored, refused] {
            for header in ["X-OpenRosa-Version", "Date", "X-OpenRosa-Accept-Content-Length"] {
                assert!(answer.headers().contains_key(header), "{}: {header}", site.engine);
            }
        }
        assert_eq!(ids(&site).await, ["f1"], "{}", site.engine);
    }
}

/// the XML part is found wherever it stands; missing or doubled it is a bad request, and nothing is kept.
/// text fields are never fatal.
/// a raw XML body is a submission, too.
#[tokio::test]
async fn the_form_is_found_among_the_parts() {
    for site in Site::all().await {
        let xml = |id: &str| form(id, "");
        let last = [
            ("a.jpg", Some("a.jpg"), "A"),
            ("*isIncomplete*", None, "yes"),
            ("xml_submission_file", None, &xml("f1")),
        ];
        assert_eq!(parts(&site, "/submission", &last).await, 201, "{}", site.engine);
        let twice = [
            ("xml_submission_file", Some("a.xml"), &*xml("f2")),
            ("xml_submission_file", Some("b.xml"), &*xml("f3")),
        ];
        assert_eq!(parts(&site, "/submission", &twice).await, 400, "{}", site.engine);
        assert_eq!(
            parts(&site, "/submission", &[("a.jpg", Some("a.jpg"), "A")]).await,
            400,
            "{}",
            site.engine
        );
        let raw = post(&site, "/submission", "application/xml", xml("f4").into_bytes()).await;
        assert_eq!(raw.status(), 201, "{}", site.engine);
        assert_eq!(ids(&site).await, ["f1", "f4"], "{}", site.engine);
        assert_eq!(files(&site, "f1").await, ["a.jpg"]);
    }
}

/// path parts of a name are stripped.
/// unknown arguments are ignored, and the device is known.
/// the address works with and without a slash at its end.
#[tokio::test]
async fn addresses_and_names_are_read_as_the_field_writes_them() {
    for site in Site::all().await {
        for (number, path) in
            ["/submission", "/submission/", "/submission?deviceID=d1&x=y", "/submission/?x=%20"]
                .iter()
                .enumerate()
        {
            let id = format!("f{number}");
            let xml = form(&id, "");
            let sent =
                [("xml_submission_file", Some("form.xml"), &*xml), ("p", Some("C:\\fakepath\\p.jpg"), "P")];
            assert_eq!(parts(&site, path, &sent).await, 201, "{}: {path}", site.engine);
            assert_eq!(files(&site, &id).await, ["p.jpg"], "{}: {path}", site.engine);
        }
        let domain = site.database.domain(None).await.unwrap();
        let row = site.database.form(&domain, "f2").await.unwrap();
        assert_eq!(row.device_id.as_deref(), Some("d1"), "{}", site.engine);
    }
}

/// what is above the limit is answered with 413, and nothing of it is kept.
#[tokio::test]
async fn what_is_too_large_leaves_nothing() {
    for mut site in Site::all().await {
        let limits = Limits { body: 4_000, ..Limits::default() };
        site.receive(Policy { limits, ..Policy::default() });
        let (xml, large) = (form("f1", ""), "x".repeat(5_000));
        let sent = [("xml_submission_file", Some("form.xml"), &*xml), ("a", Some("a"), &*large)];
        assert_eq!(parts(&site, "/submission", &sent).await, 413, "{}", site.engine);
        assert!(ids(&site).await.is_empty(), "{}", site.engine);
        assert_eq!(parts(&site, "/submission", &sent[..1]).await, 201, "{}", site.engine);
    }
}

/// an edit that comes in several requests has the files of all of them.
#[tokio::test]
async fn an_edit_comes_in_pieces() {
    for site in Site::all().await {
        site.takes(&form("f1", "")).await;
        let edit = form("f2", "").replace("</instanceID>", "</instanceID><deprecatedID>f1</deprecatedID>");
        for file in ["a", "b", "a"] {
            let sent = [("xml_submission_file", Some("form.xml"), &*edit), (file, Some(file), file)];
            assert_eq!(parts(&site, "/submission", &sent).await, 201, "{}: {file}", site.engine);
        }
        assert_eq!(files(&site, "f2").await, ["a", "b"], "{}", site.engine);
        assert_eq!(ids(&site).await, ["f1", "f2"], "{}", site.engine);
    }
}

pub(super) async fn restore(site: &Site, query: &str) -> String {
    let basic = base64::engine::general_purpose::STANDARD.encode("amy:secret");
    let request = Request::get(format!("http://server.example/a/demo/phone/restore/{query}"))
        .header("Authorization", format!("Basic {basic}"))
        .header("X-OpenRosa-Version", "3.0");
    let answer = site.ask(request.body(bytes::Bytes::new()).unwrap()).await;
    assert_eq!(answer.status(), 200, "{}", site.engine);
    String::from_utf8(answer.into_body()).unwrap()
}

fn in_order(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// S-050: a restore begins with message, Sync and Registration, in this order.
/// S-053: an empty property is written as an empty element.
/// S-054: links are sorted by name, and the relationship is written for extensions alone.
/// S-056: markup in values comes back as it was.
/// S-057: moments are UTC with six places; `date_opened` has no time.
/// S-052: a closed case that is sent is closed last.
#[tokio::test]
async fn a_restore_is_written_as_devices_read_it() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        let links = "<index><z case_type='patient'>h</z><b case_type='patient' relationship='extension'>h</b></index>";
        let update = "<update><blank/><marked>&lt;a b=\"1\"&gt; &amp; ]]&gt;</marked></update>";
        let blocks =
            create("h", 1, "amy", "<close/>") + &create("c1", 2, "amy", &(update.to_owned() + links));
        site.takes_for("demo", &form("f1", &blocks)).await;
        let body = restore(&site, "?version=2.0").await;
        assert!(
            in_order(
                &body,
                &["<OpenRosaResponse", "<message", "<Sync", "<Registration", "<fixture", "<case "]
            ),
            "{body}"
        );
        let case = &body[body.find("case_id=\"c1\"").unwrap()..];
        let case = &case[..case.find("</case>").unwrap()];
        assert!(case.contains("<blank/>") || case.contains("<blank></blank>"), "{}: {case}", site.engine);
        assert!(case.contains("&lt;a b="), "{case}");
        assert!(in_order(case, &["<b ", "relationship=\"extension\"", "<z "]), "{}: {case}", site.engine);
        assert_eq!(case.matches("relationship=").count(), 1, "{case}");
        assert!(case.contains("date_modified=\"2024-05-02T10:00:00.000000Z\""), "{}: {case}", site.engine);
        assert!(case.contains("<date_opened>2024-05-02</date_opened>"), "{case}");
        let host = &body[body.find("case_id=\"h\"").unwrap()..];
        assert!(
            in_order(&host[..host.find("</case>").unwrap()], &["<create", "<close"]),
            "{}: {host}",
            site.engine
        );
    }
}

/// S-058: a restore of version 1.0 has neither fixtures nor links; those of 2.0 and 3.0 are equal.
/// S-093: flags are on for `true` to the letter, and nothing is skipped in an initial restore.
#[tokio::test]
async fn versions_and_flags_are_read_to_the_letter() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        let link = "<index><p case_type='patient'>h</p></index>";
        let blocks = create("h", 1, "amy", "") + &create("c1", 2, "amy", link);
        site.takes_for("demo", &form("f1", &blocks)).await;
        let old = restore(&site, "?version=1.0").await;
        assert!(!old.contains("<fixture") && !old.contains("<index"), "{}: {old}", site.engine);
        let [two, three] =
            [restore(&site, "?version=2.0").await, restore(&site, "?version=3.0").await].map(|body| {
                let (before, after) = body.split_once("<restore_id>").unwrap();
                before.to_owned() + &after[after.find('<').unwrap()..]
            });
        assert_eq!(two, three, "{}: but for the token", site.engine);
        assert!(restore(&site, "?skip_fixtures=true").await.contains("<fixture"), "{}", site.engine);
        let token = restore(&site, "").await;
        let token = token.split_once("<restore_id>").unwrap().1;
        let since = format!("?since={}", &token[..token.find('<').unwrap()]);
        assert!(restore(&site, &format!("{since}&skip_fixtures=True")).await.contains("<fixture"));
        let skipped = restore(&site, &format!("{since}&skip_fixtures=true")).await;
        assert!(
            skipped.contains("user-groups"),
            "{}: by them a device knows whose cases to keep",
            site.engine
        );
        assert!(!restore(&site, "?items=1").await.contains("items="), "{}", site.engine);
    }
}

/// A block that only touches a case is part of what is known of it, and no reason to send it anew to whoever sent it.
#[tokio::test]
async fn what_a_device_touched_it_has() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        site.takes_for("demo", &form("f1", &create("c1", 1, "amy", ""))).await;
        let body = restore(&site, "").await;
        let token = body.split_once("<restore_id>").unwrap().1;
        let token = &token[..token.find('<').unwrap()];
        let request = Request::post("http://server.example/a/demo/receiver/")
            .header("Content-Type", "text/xml")
            .header("X-CommCareHQ-LastSyncToken", token);
        let touched = form("f2", &block("c1", 3, ""));
        assert_eq!(site.ask(request.body(touched.into()).unwrap()).await.status(), 201);
        assert!(!restore(&site, &format!("?since={token}")).await.contains("<case "), "{}", site.engine);
    }
}
