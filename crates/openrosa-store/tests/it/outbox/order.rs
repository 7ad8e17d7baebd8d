//! Who waits for whom.

use super::{Answer, Device, UNPROCESSED, case, form};

/// What the second form waits for, behind a first that is stuck.
async fn held_back(first: &str, second: &str) -> bool {
    let device = Device::new().await;
    device.add(&form(1, first)).await;
    device.add(&form(2, second)).await;
    device.server.will([Answer::Says(422, UNPROCESSED)]);
    device.send().await;
    let second = device.form(2).await;
    assert_eq!(device.server.got().len(), if second.waits_for.is_some() { 1 } else { 2 });
    second.waits_for == Some(1)
}

#[tokio::test]
async fn a_form_waits_for_what_it_builds_upon() {
    let (a, b) = (case("a", &[]), case("b", &[]));
    assert!(held_back(&a, &a).await, "it changes the same case");
    assert!(held_back(&a, &case("b", &["a"])).await, "it points at the case");
    assert!(held_back(&a, &case("b", &["x", " a "])).await, "white space makes no other case to some");
    assert!(held_back(&(b.clone() + &a), &a).await, "one of several is enough");
    assert!(!held_back(&a, &b).await, "they share nothing");
    assert!(
        !held_back(&case("a", &["c"]), &case("b", &["c"])).await,
        "to point at the same is to share nothing"
    );
    assert!(!held_back(&case("a", &["b"]), &b).await, "what is pointed at does not depend on who points");
}

#[tokio::test]
async fn stock_belongs_to_its_case() {
    let balance = |id: &str| {
        format!(
            "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='{id}' date='2024-05-01' section-id='s'/>"
        )
    };
    let transfer = |from: &str, to: &str| {
        format!(
            "<transfer xmlns='http://commcarehq.org/ledger/v1' src='{from}' dest='{to}' date='2024-05-01' section-id='s'/>"
        )
    };
    assert!(held_back(&balance("a"), &case("a", &[])).await);
    assert!(held_back(&case("a", &[]), &balance("a")).await);
    assert!(held_back(&transfer("a", "b"), &balance("b")).await);
    assert!(held_back(&balance("a"), &transfer("a", "b")).await);
    assert!(!held_back(&balance("a"), &balance("b")).await);
}

#[tokio::test]
async fn old_blocks_count_and_those_of_a_device_log_do_not() {
    let old = "<case><case_id>a</case_id><date_modified>2011-12-20T00:11:02Z</date_modified></case>";
    assert!(held_back(old, &case("a", &[])).await);
    let log = format!("<log xmlns='http://code.javarosa.org/devicereport'>{}</log>", case("a", &[]));
    assert!(!held_back(&log, &case("a", &[])).await);
}

/// an edit has the instanceID of the version it replaces as its `deprecatedID`, so it goes after that version.
#[tokio::test]
async fn an_edit_waits_for_what_it_replaces() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    let edit = form(2, "").replace("</orx:meta>", "<orx:deprecatedID>uuid:1</orx:deprecatedID></orx:meta>");
    device.add(&edit).await;
    device.add(&form(3, "")).await;
    device.server.will([Answer::Says(500, "")]);
    device.send().await;
    assert_eq!(device.server.got(), [1, 3]);
    assert_eq!(device.stands().await, "1 waiting, 2 waiting for 1, 3 delivered");
    super::wait(60);
    device.send().await;
    let requests = device.server.requests();
    assert_eq!(requests.iter().map(super::Request::id).collect::<Vec<_>>(), [1, 2]);
    assert!(requests[1].has(edit.as_bytes()), "it goes as it was made");
}

#[tokio::test]
async fn a_stuck_form_holds_back_all_that_hangs_on_it_and_nobody_else() {
    let device = Device::new().await;
    device.add(&form(1, &case("a", &[]))).await;
    device.add(&form(2, &case("b", &["a"]))).await;
    device.add(&form(3, &case("c", &["b"]))).await;
    device.add(&form(4, &case("d", &[]))).await;
    device.server.will([Answer::Says(400, "bad")]);
    let report = device.send().await;
    assert_eq!((report.delivered, report.stopped, report.next_due), (1, 1, None));
    assert_eq!(device.server.got(), [1, 4]);
    assert_eq!(device.stands().await, "1 quarantined, 2 waiting for 1, 3 waiting for 2, 4 delivered");
    let counts = device.outbox().counts().await.unwrap();
    assert_eq!((counts.waiting, counts.held_back, counts.quarantined, counts.delivered), (2, 2, 1, 1));

    device.outbox().retry(1).await.unwrap();
    assert_eq!(device.send().await.delivered, 3);
    assert_eq!(device.server.got(), [1, 2, 3]);
}

#[tokio::test]
async fn to_drop_a_form_releases_what_waited_for_it() {
    let device = Device::new().await;
    device.add(&form(1, &case("a", &[]))).await;
    device.add(&form(2, &case("a", &[]))).await;
    device.server.will([Answer::Says(409, "conflict")]);
    device.send().await;
    assert_eq!(device.stands().await, "1 conflict, 2 waiting for 1");
    device.outbox().drop(1).await.unwrap();
    device.send().await;
    assert_eq!(device.stands().await, "1 dropped, 2 delivered");
}

#[tokio::test]
async fn a_form_says_behind_which_it_is_stuck() {
    let device = Device::new().await;
    device.add(&form(1, &case("a", &[]))).await;
    device.add(&form(2, &(case("a", &[]) + &case("b", &[])))).await;
    device.add(&form(3, &case("b", &[]))).await;
    assert_eq!(device.form(3).await.stuck_behind, None, "they are only not sent yet");
    device.server.will([Answer::Says(422, UNPROCESSED)]);
    device.send().await;
    let forms = device.outbox().list(None, 0, 9).await.unwrap();
    let stuck = forms.iter().map(|form| (form.waits_for, form.stuck_behind)).collect::<Vec<_>>();
    assert_eq!(stuck, [(None, None), (Some(1), Some(1)), (Some(2), Some(1))]);
    assert_eq!(device.form(3).await.stuck_behind, Some(1), "asked for alone");
}

#[tokio::test]
async fn a_form_is_stuck_behind_any_that_it_waits_for() {
    let device = Device::new().await;
    device.add(&form(1, &case("a", &[]))).await;
    device.add(&form(2, &case("b", &[]))).await;
    device.add(&form(3, &(case("a", &[]) + &case("b", &[])))).await;
    device.add(&form(4, &case("c", &["a"]))).await;
    device.add(&form(5, &case("d", &["c", "b"]))).await;
    device.server.will([Answer::Says(500, ""), Answer::Says(422, UNPROCESSED)]);
    device.send().await;
    let forms = device.outbox().list(None, 2, 9).await.unwrap();
    let stuck = forms.iter().map(|form| (form.waits_for, form.stuck_behind)).collect::<Vec<_>>();
    assert_eq!(stuck, [(Some(1), Some(2)), (Some(1), Some(2)), (Some(2), Some(2))]);
    for form in &forms {
        assert_eq!(device.form(form.number).await.stuck_behind, Some(2), "asked for alone");
    }
    assert_eq!(device.outbox().counts().await.unwrap().stuck, 3);
}
