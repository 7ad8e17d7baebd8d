//! The receiver as CommCare's devices know it.

use super::super::{Answers, CheckPolicy, Policy, Rejection};
use super::{Answer, Server, form, post, record, xml};

fn server(check: CheckPolicy) -> Server {
    Server::with(Policy { answers: Answers::CommCare, check, ..Policy::default() })
}

async fn send(server: &Server, form: &str, version: Option<&str>) -> Answer {
    let mut request = post("/a/demo/receiver/app1/", &[xml(form)]);
    request.headers_mut().remove("x-openrosa-version");
    if let Some(version) = version {
        request.headers_mut().insert("x-openrosa-version", version.parse().unwrap());
    }
    server.send(request).await
}

/// A form that every reader of cases refuses.
fn broken(instance_id: &str) -> String {
    let case = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id=''><close/></case>";
    format!(
        "<f id='f' xmlns='http://example.org/f'>{case}<meta><instanceID>{instance_id}</instanceID></meta></f>"
    )
}

/// who speaks 3.0 is told by 422 and `processing_failure`, and keeps the form; for whoever speaks less it is kept
/// here, with 201 and `submit_error`.
#[tokio::test]
async fn a_form_that_cannot_be_processed_is_kept_by_one_of_the_two() {
    let server = server(CheckPolicy::Reject);
    let refused = send(&server, &broken("1"), Some("3.0")).await;
    assert_eq!((refused.status, refused.nature().as_str()), (422, "processing_failure"));
    assert_eq!((server.held("1"), refused.header("x-commcarehq-formid")), (None, ""));
    for (id, version) in [("2", Some("2.0")), ("3", Some("1.0")), ("4", None)] {
        let kept = send(&server, &broken(id), version).await;
        assert_eq!((kept.status, kept.nature().as_str()), (201, "submit_error"), "{version:?}");
        assert_eq!(kept.header("x-commcarehq-formid"), id);
        assert!(server.backend.submission(&record(id)).unwrap().quarantined.is_some());
    }
}

/// C-119: what is no XML is refused with 422 and `processing_failure` whatever the version, or its device would send it again for
/// ever, and what waits behind it never.
#[tokio::test]
async fn what_is_no_xml_is_put_aside_by_its_device() {
    let server = server(CheckPolicy::Off);
    for version in [Some("3.0"), Some("2.0"), None] {
        for form in ["<f id='f'>", "", "no XML"] {
            let refused = send(&server, form, version).await;
            assert_eq!(
                (refused.status, refused.nature().as_str()),
                (422, "processing_failure"),
                "{version:?}"
            );
            assert!(refused.message().starts_with("the form cannot be read: "), "{}", refused.message());
        }
    }
    assert!(server.backend.is_empty());
    assert_eq!(Server::new().post(&[xml("<f id='f'>")]).await.status, 400, "to anybody else");
}

/// A restore that is sent as a form would take its cases back to where they were when it was made.
#[tokio::test]
async fn what_is_no_filled_in_form_is_refused() {
    let restore = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
        <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2026-05-01'/></OpenRosaResponse>";
    let list = "<xforms xmlns='http://openrosa.org/xforms/xformsList'/>";
    let blank = "<h:html xmlns:h='http://www.w3.org/1999/xhtml'/>";
    for (other, words) in [
        (restore, "this is an answer of a server, such as a restore, not a filled-in form"),
        (list, "this is a form list, not a filled-in form"),
        (blank, "this is a blank form, not a filled-in form"),
    ] {
        let server = server(CheckPolicy::Off);
        let refused = send(&server, other, Some("3.0")).await;
        assert_eq!((refused.status, &*refused.message()), (422, words));
        assert!(server.backend.is_empty());
        assert_eq!(Server::new().post(&[xml(other)]).await.status, 400);
    }
    let form = "<manifest id='packing'><meta><instanceID>1</instanceID></meta></manifest>";
    assert_eq!(Server::new().post(&[xml(form)]).await.status, 201, "so a form may be called");
}

/// what is stored is answered with its id in `X-CommCareHQ-FormID`, twice if it is sent twice.
#[tokio::test]
async fn what_is_stored_is_answered_with_its_id() {
    let server = server(CheckPolicy::Off);
    for _ in 0..2 {
        let answer = send(&server, &form("uuid:1", "a"), Some("3.0")).await;
        assert_eq!((answer.status, answer.nature().as_str()), (201, "submit_success"));
        assert_eq!(answer.header("X-CommCareHQ-FormID"), "uuid:1");
    }
    let submission = server.backend.submission(&record("uuid:1")).unwrap();
    assert_eq!(
        (submission.sender.domain.as_deref(), submission.sender.app_id.as_deref()),
        (Some("demo"), Some("app1"))
    );
    let odd = send(&server, &form("\u{e4}\n2", "a"), Some("3.0")).await;
    assert_eq!(odd.status, 201, "an id that no header can hold is no reason to fail");
    let plain = Server::new().post(&[xml(&form("1", "a"))]).await;
    assert_eq!(plain.header("X-CommCareHQ-FormID"), "");
}

/// nothing but what will never be processed says so.
#[test]
fn no_other_refusal_puts_a_form_into_quarantine() {
    for other in [Rejection::NotFound, Rejection::Broken, Rejection::internal("x")] {
        assert_eq!(other.nature(), None);
    }
}
