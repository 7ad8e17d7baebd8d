//! Forms that are handed over, through `openrosa-http`, as CommCare HQ has them.

use openrosa_http::api::submission::Attachment;
use openrosa_http::client::{Receipt, Verdict};

use super::*;
use crate::client::tests::{Answer, Seen, answer, hq, json, trail};

const FORM: &str = r#"<data xmlns="http://example.org/forms/intake"><meta xmlns="http://openrosa.org/jr/xforms"><instanceID>f1</instanceID></meta></data>"#;

fn envelope(status: u16, nature: &str) -> Answer {
    let body = openrosa_xml::Envelope::new(" √ ").with_nature(nature).write().unwrap();
    answer(status, &[("Content-Type", "text/html; charset=utf-8"), ("HTTP_X_OPENROSA_VERSION", "1.0")], &body)
}

fn nature(receipt: &Receipt) -> Option<&str> {
    match receipt {
        Receipt::Stored(envelope) => envelope.nature(),
        _ => None,
    }
}

async fn submitted(answered: impl Fn() -> Answer + Send + Sync) -> Result<Receipt, HttpError> {
    let (client, _) = hq(|_| answered());
    client.submit(None, &Submission::new(FORM).unwrap()).await
}

/// H-042: `X-OpenRosa-Version: 3.0` is sent.
/// H-043: the form is the part `xml_submission_file`, attachments are file parts, and there are no plain fields.
#[tokio::test]
async fn a_form_goes_to_the_receiver() {
    let (client, seen) = hq(|_| envelope(201, "submit_success"));
    let form = Submission::new(FORM).unwrap().attach(Attachment::bytes("1.jpg", "photo")).unwrap();
    assert!(client.submit(None, &form).await.unwrap().is_delivered());
    assert!(client.submit(Some("ap1"), &form).await.unwrap().is_delivered());
    assert_eq!(trail(&seen), ["POST /a/riverside/receiver/api/", "POST /a/riverside/receiver/ap1/"]);
    for seen in &*seen.lock().unwrap() {
        assert_eq!(seen.header("x-openrosa-version"), "3.0");
        let parts: Vec<_> =
            seen.body.lines().filter(|line| line.starts_with("Content-Disposition")).collect();
        assert_eq!(parts.len(), 2, "{parts:?}");
        assert!(parts[0].contains("name=\"xml_submission_file\"; filename="));
        assert!(parts[1].contains("name=\"1.jpg\"; filename=\"1.jpg\""));
    }
}

/// H-044: there is no submission with attachments but as multipart: no body of another kind can be written.
/// H-046: another sending is of the same bytes, the instanceID included.
#[tokio::test]
async fn a_form_is_the_same_every_time() {
    let (client, seen) = hq(|_| envelope(201, "submit_success"));
    let form = Submission::new(FORM).unwrap().attach(Attachment::bytes("1.jpg", "photo")).unwrap();
    for _ in 0..2 {
        assert!(client.submit(None, &form).await.unwrap().is_delivered());
    }
    let seen = seen.lock().unwrap();
    for seen in &*seen {
        let kind = seen.header("content-type");
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert_eq!(seen.body.matches(FORM).count(), 1);
        assert_eq!(seen.body.matches(boundary).count(), 3);
    }
    let without = |seen: &Seen| {
        seen.body.replace(&seen.header("content-type")["multipart/form-data; boundary=".len()..], "")
    };
    assert_eq!(without(&seen[0]), without(&seen[1]));
}

/// H-047: success, an error that was kept, a failure for good and one that passes are four outcomes.
#[tokio::test]
async fn four_outcomes() {
    let stored = submitted(|| envelope(201, "submit_success")).await.unwrap();
    assert!(stored.is_delivered() && nature(&stored) == Some("submit_success"));
    let kept = submitted(|| envelope(201, "submit_error")).await.unwrap();
    assert!(kept.is_delivered() && nature(&kept) == Some("submit_error"));
    let quarantined = submitted(|| envelope(422, "processing_failure")).await.unwrap_err();
    assert_eq!(quarantined.verdict(), Verdict::Refused);
    let again = submitted(|| envelope(422, "post_processing_failure")).await.unwrap_err();
    assert!(matches!(again.verdict(), Verdict::TryAgain { .. }));
}

/// H-048: 406, 423, 429, 503 and 509 are an inactive account, a lock, a throttle, a migration and a block.
#[tokio::test]
async fn what_each_status_means() {
    let inactive = r#"{"error": "user.deactivated", "default_response": "Your account is inactive"}"#;
    let error = submitted(|| json(406, inactive)).await.unwrap_err();
    assert!(error.is_inactive() && error.inactive().is_some());
    assert_eq!(error.verdict(), Verdict::Refused);
    for status in [423, 429, 503, 509] {
        let error = submitted(|| answer(status, &[], "")).await.unwrap_err();
        assert!(matches!(error.verdict(), Verdict::TryAgain { .. }), "{status}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!((error.is_rate_limited(), error.is_busy()), (status == 429, matches!(status, 429 | 503)));
    }
}

/// H-049: the answer to a duplicate counts as delivered: of version 3 a success, of version 2 an error that was kept.
#[tokio::test]
async fn a_duplicate_is_there_already() {
    for nature in ["submit_success", "submit_error"] {
        assert!(submitted(|| envelope(201, nature)).await.unwrap().is_delivered());
    }
    // What says nothing in OpenRosa's words is no proof.
    assert!(!submitted(|| json(201, "{}")).await.unwrap().is_delivered());
}

/// H-045: a form without a namespace is refused here, as is one whose `meta` is not right below its root.
#[test]
fn what_hq_would_stumble_over_is_refused() {
    let meta = "<meta><instanceID>f1</instanceID></meta>";
    assert!(Submission::new(format!("<data xmlns='urn:f'>{meta}</data>")).is_ok());
    for form in [
        format!("<data>{meta}</data>"),
        format!("<f:data xmlns:f=''>{meta}</f:data>"),
        format!("<data xmlns='urn:f'><g>{meta}</g></data>"),
        "<data xmlns='urn:f'/>".to_owned(),
        "<data xmlns='urn:f'><meta><instanceID> </instanceID></meta></data>".to_owned(),
        format!("<data xmlns='urn:f'>{meta}"),
    ] {
        assert!(Submission::new(form.clone()).unwrap_err().is_invalid(), "{form}");
    }
}
