//! Forms in which something is wrong, under each policy about that.

use openrosa_xml::check::Severity;

use super::super::{CheckPolicy, Policy, Receiver};
use super::{Server, file, record, xml};

/// A form that every reader of cases refuses.
fn broken() -> String {
    let case = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='' date_modified='2024-05-01T10:00:00Z'><close/></case>";
    format!("<f id='f' xmlns='http://example.org/f'>{case}<meta><instanceID>1</instanceID></meta></f>")
}

fn server(check: CheckPolicy) -> Server {
    Server::with(Policy { check, ..Policy::default() })
}

/// case-xml.md 4.6: a form that is refused for what is in it is answered so; nothing of it is kept.
#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place() {
    let server = server(CheckPolicy::Reject);
    let answer = server.post(&[xml(&broken())]).await;
    assert_eq!((answer.status, answer.nature().as_str()), (422, "processing_failure"));
    assert_eq!(answer.message(), "line 1, column 96: the case id is empty (case-id-blank)");
    assert_eq!(server.backend.len(), 0);
}

/// what is held is a success however strict the server has become since; the phone would set it apart otherwise.
#[tokio::test]
async fn what_is_held_already_is_not_held_against_its_sender() {
    let mut server = Server::new();
    assert_eq!(server.post(&[xml(&broken())]).await.status, 201);
    for check in [CheckPolicy::Reject, CheckPolicy::Quarantine] {
        let policy = Policy { check, ..Policy::default() };
        server.router = Receiver::new(server.backend.clone()).with_policy(policy).standalone();
        let again = server.post(&[xml(&broken())]).await;
        assert_eq!((again.status, again.nature().as_str()), (201, "submit_success"));
        assert_eq!(again.message(), "the form was already received; there was nothing new in it");
        let name = format!("{check:?}.jpg");
        let more = server.post(&[xml(&broken()), file(&name, "photo")]).await;
        assert_eq!(
            (more.status, more.message().as_str()),
            (201, "the form was already received; 1 file added")
        );
    }
    let edit = broken().replace("<instanceID>1", "<deprecatedID>1</deprecatedID><instanceID>2");
    assert_eq!(server.post(&[xml(&edit)]).await.status, 202, "an edit is another form");
}

#[tokio::test]
async fn what_is_in_quarantine_is_acknowledged_each_time_and_held_once() {
    let server = server(CheckPolicy::Quarantine);
    for (message, is_new) in [("the form was received", true), ("the form was already received", false)] {
        let answer = server.post(&[xml(&broken())]).await;
        assert_eq!((answer.status, answer.nature().as_str()), (202, "submit_success"));
        assert!(answer.message().starts_with(message), "{}", answer.message());
        assert!(answer.message().contains("it is in quarantine: line 1, column 96"), "{is_new}");
    }
    assert_eq!(server.backend.len(), 1);
    let held = server.backend.submission(&record("1")).unwrap();
    assert!(held.quarantined.is_some());
}

#[tokio::test]
async fn what_is_recorded_is_answered_like_any_other_form() {
    let server = server(CheckPolicy::Record);
    let answer = server.post(&[xml(&broken())]).await;
    assert_eq!((answer.status, answer.message().as_str()), (201, "the form was received"));
    let held = server.backend.submission(&record("1")).unwrap();
    assert!(held.findings.iter().any(|finding| finding.severity == Severity::Error));
    assert_eq!(held.quarantined, None);
}

#[tokio::test]
async fn nothing_is_looked_for_unless_asked() {
    let server = Server::new();
    assert_eq!(server.post(&[xml(&broken())]).await.status, 201);
    assert!(server.backend.submission(&record("1")).unwrap().findings.is_empty());
}
