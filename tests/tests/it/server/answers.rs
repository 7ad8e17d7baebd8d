//! What the standards say of answers, held against a receiver in front of the server's database: the answer, and what is in the
//! database then.

use std::{net::SocketAddr, time::Duration};

use http::{HeaderMap, Request};
use openrosa_http::server::{Answers, Limits, Policy, VersionPolicy, operation::Serving};
use openrosa_store::server::State;
use openrosa_xml::Envelope;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{
    site::{Site, block, create, form},
    wire::{BOUNDARY, ids, multipart, post},
};

/// A form as a device of this version sends it.
async fn sends(site: &Site, path: &str, version: Option<&str>, xml: &str) -> (u16, HeaderMap, String) {
    let mut request =
        Request::post(format!("http://server.example{path}")).header("Content-Type", "text/xml");
    if let Some(version) = version {
        request = request.header("X-OpenRosa-Version", version);
    }
    let answer = site.ask(request.body(xml.to_owned().into()).unwrap()).await;
    let (head, body) = answer.into_parts();
    (head.status.as_u16(), head.headers, String::from_utf8(body).unwrap())
}

/// R-064: the envelope is UTF-8 `text/xml; charset=utf-8`, what it quotes is escaped, and its message has a nature.
#[tokio::test]
async fn an_envelope_holds_whatever_it_quotes() {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    for site in Site::all().await {
        let name = "<&]]>\u{e4}.jpg";
        let xml = form("f1", "");
        for (content, status, nature) in
            [("one", 201, "submit_success"), ("one", 201, "submit_success"), ("two", 409, "submit_error")]
        {
            let sent = [("xml_submission_file", Some("form.xml"), &*xml), (name, Some(name), content)];
            let answer = post(&site, "/submission", &kind, multipart(&sent)).await;
            assert_eq!(answer.status(), status, "{}: {content}", site.engine);
            assert_eq!(answer.headers()["Content-Type"], "text/xml; charset=utf-8", "{}", site.engine);
            let body = String::from_utf8(answer.into_body()).unwrap();
            let envelope = Envelope::read(&body).unwrap();
            assert_eq!(envelope.nature(), Some(nature), "{}: {body}", site.engine);
            let is_named = envelope.message().unwrap().contains(&format!("`{name}`"));
            assert_eq!(is_named, status == 409, "{}: {body}", site.engine);
        }
    }
}

/// R-065: the envelope counts its items for who writes `items=true`, and for nobody else.
#[tokio::test]
async fn items_are_counted_for_those_who_ask() {
    for site in Site::all().await {
        for (query, counted) in [("?items=true", 1), ("?items=True", 0), ("?items=1", 0), ("", 0)] {
            for xml in [form("f1", ""), "<data".to_owned()] {
                let (_, _, body) = sends(&site, &format!("/submission{query}"), Some("1.0"), &xml).await;
                assert_eq!(body.matches(r#"items="1""#).count(), counted, "{}: {query}: {body}", site.engine);
                assert_eq!(body.matches("items=").count(), counted, "{}: {query}: {body}", site.engine);
            }
        }
    }
}

/// R-062: the version can be ignored, has to be there, or has to be `1.0`; by default `1.0` to `3.0` pass, and none. What does
/// not pass is not kept.
#[tokio::test]
async fn a_version_that_is_not_spoken_leaves_nothing() {
    use VersionPolicy::{Ignore, One, Present, UpToThree};
    let versions = [None, Some("1.0"), Some("2.1"), Some("3.0"), Some("4.0"), Some("x")];
    for mut site in Site::all().await {
        for (version, passing) in [
            (Ignore, [true; 6]),
            (Present, [false, true, true, true, true, true]),
            (One, [false, true, false, false, false, false]),
            (UpToThree, [true, true, true, true, false, false]),
        ] {
            site.receive(Policy { version, ..Policy::default() });
            for (number, passes) in passing.into_iter().enumerate() {
                let id = format!("{version:?}-{number}");
                let (status, ..) = sends(&site, "/submission", versions[number], &form(&id, "")).await;
                assert_eq!(status, if passes { 201 } else { 400 }, "{}: {id}", site.engine);
                assert_eq!(ids(&site).await.contains(&id), passes, "{}: {id}", site.engine);
            }
        }
    }
}

/// What is answered to all of this, which is sent before anything is read.
async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    timeout(Duration::from_secs(60), socket.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

fn head(framing: &str) -> Vec<u8> {
    format!(
        "POST /submission HTTP/1.1\r\nHost: h\r\nX-OpenRosa-Version: 1.0\r\nConnection: close\r\n{framing}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    .into_bytes()
}

/// R-071: a body is taken in chunks, however small, and is in the database as it was.
#[tokio::test]
async fn a_body_comes_in_chunks() {
    for site in Site::all().await {
        let address = site.listen(Serving::default()).await;
        let xml = form("f1", &create("c1", 1, "amy", ""));
        let photo = "p".repeat(3_000);
        let body = multipart(&[("xml_submission_file", Some("form.xml"), &xml), ("a", Some("a"), &photo)]);
        let mut sent = head("Transfer-Encoding: chunked");
        for chunk in body.chunks(7) {
            sent.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            sent.extend(chunk);
            sent.extend(b"\r\n");
        }
        sent.extend(b"0\r\n\r\n");
        let answer = exchange(address, &sent).await;
        assert!(answer.starts_with("HTTP/1.1 201 "), "{}: {answer}", site.engine);
        let domain = site.database.domain(None).await.unwrap();
        let row = site.database.form(&domain, "f1").await.unwrap();
        assert_eq!(site.database.xml(&domain, &row).await.unwrap(), xml.as_bytes(), "{}", site.engine);
        assert_eq!(site.database.files_of(&domain, &row).await.unwrap()[0].size, 3_000, "{}", site.engine);
    }
}

/// R-072: a sender that reads nothing before it has sent all still reads its refusal.
#[tokio::test]
async fn a_refusal_waits_for_the_end_of_the_body() {
    let photo = "p".repeat(5_000_000);
    for mut site in Site::all().await {
        let limits = Limits { body: 6_000_000, drain: 20_000_000, ..Limits::default() };
        site.receive(Policy { limits, ..Policy::default() });
        let address = site.listen(Serving::default()).await;
        let good = form("f1", "");
        for (xml, files, status) in [("<data", 1, 400), (&*good, 2, 413)] {
            let mut parts = vec![("xml_submission_file", Some("form.xml"), xml)];
            parts.extend([("a", Some("a"), &*photo), ("b", Some("b"), &*photo)].into_iter().take(files));
            let body = multipart(&parts);
            let sent = [head(&format!("Content-Length: {}", body.len())), body].concat();
            let answer = exchange(address, &sent).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{}: {answer}", site.engine);
            assert!(answer.contains("</OpenRosaResponse>"), "{}: {answer}", site.engine);
        }
        assert!(ids(&site).await.is_empty(), "{}", site.engine);
    }
}

/// One form for each error of CommCare HQ (case-xml.md 4.6) that a form by itself can meet here: cases of this server have no
/// attachments, so none is missed.
fn failing() -> Vec<(&'static str, String)> {
    let ledger = "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='c' date='2024-05-01' section-id='s'>\
                  <entry quantity='1'/></balance>";
    let long = "x".repeat(256);
    vec![
        ("IllegalCaseId", block("", 1, "")),
        ("UsesReferrals", block("c", 1, "<referral><referral_id>r</referral_id></referral>")),
        ("MissingProductId", ledger.to_owned()),
        ("PhoneDateValueError", block("c", 1, "").replace("2024-05-01T10:00:00Z", "yesterday")),
        ("InvalidCaseIndex", block("c", 1, "<index><p case_type='t'>nobody</p></index>")),
        ("CaseValueError", block("c", 1, &format!("<update><owner_id>{long}</owner_id></update>"))),
        // Here HQ fails with 500, and a device sends the form again and again. This server keeps it and says so.
        ("VersionNotSupported", "<case><case_id>c</case_id><update><a>2</a></update></case>".to_owned()),
        ("CaseGenerationException", block("c", 1, "<index><p>c</p></index>")),
    ]
}

/// C-119: a form that has no effect is kept with its reason, and its device is told so as its version understands: 422 with
/// `processing_failure` from 3.0 on, 201 with `submit_error` below; as often as it sends the form.
/// R-087: so is every answer of that kind; where the form is stored, with its id in `X-CommCareHQ-FormID`.
#[tokio::test]
async fn a_form_without_effect_is_answered_as_commcare_hq_answers() {
    for mut site in Site::all().await {
        site.receive(Policy { answers: Answers::CommCare, ..Policy::default() });
        site.takes(&form("made", &create("c", 1, "amy", ""))).await;
        let domain = site.database.domain(None).await.unwrap();
        let before = site.database.case(&domain, &"c".into()).await.unwrap().unwrap().case;
        for (error, blocks) in failing() {
            for (version, status, nature) in [
                (Some("3.0"), 422, "processing_failure"),
                (Some("2.0"), 201, "submit_error"),
                (None, 201, "submit_error"),
            ] {
                let id = format!("{error}-{}", version.unwrap_or("none"));
                let xml = form(&id, &(blocks.clone() + &create(&format!("beside-{id}"), 1, "amy", "")));
                for _ in 0..2 {
                    let (found, headers, body) = sends(&site, "/submission", version, &xml).await;
                    let told = (found, Envelope::read(&body).unwrap().nature().map(str::to_owned));
                    assert_eq!(told, (status, Some(nature.to_owned())), "{}: {id}: {body}", site.engine);
                    let stored_as = headers.get("X-CommCareHQ-FormID").map(|id| id.to_str().unwrap());
                    assert_eq!(stored_as, (found == 201).then_some(&*id), "{}", site.engine);
                }
                let row = site.database.form(&domain, &id).await.unwrap();
                assert_eq!(row.state, State::Error, "{}: {id}", site.engine);
                assert!(row.reason.is_some_and(|reason| !reason.is_empty()), "{}: {id}", site.engine);
                let beside = site.database.case(&domain, &format!("beside-{id}").as_str().into()).await;
                assert!(beside.unwrap().is_none(), "{}: {id}", site.engine);
            }
        }
        let after = site.database.case(&domain, &"c".into()).await.unwrap().unwrap().case;
        assert_eq!(after, before, "{}", site.engine);
        let (status, headers, body) = sends(&site, "/submission", Some("3.0"), &form("good", "")).await;
        assert_eq!((status, &headers["X-CommCareHQ-FormID"]), (201, &"good".parse().unwrap()), "{body}");
        assert_eq!(Envelope::read(&body).unwrap().nature(), Some("submit_success"));
    }
}
