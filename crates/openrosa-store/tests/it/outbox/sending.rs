//! What becomes of a form by what the server makes of it.

use chrono::TimeDelta;
use openrosa_http::transport::Sent;
use openrosa_store::device::outbox::{Event, NewFile, NewForm, Sending, State};

use super::{Answer, Device, HALF_PROCESSED, KEPT, SAVED, UNPROCESSED, case, form, now, url, wait};

/// A form that was answered so, once.
async fn answered(answer: Answer) -> (Device, State) {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    device.server.will([answer]);
    device.send().await;
    let state = device.form(1).await.state;
    (device, state)
}

/// after 202 the submission is never sent again.
#[tokio::test]
async fn what_is_delivered_is_never_sent_again() {
    for status in [201, 202] {
        let (device, state) = answered(Answer::Says(status, SAVED)).await;
        assert_eq!(state, State::Delivered);
        wait(1_000_000);
        device.outbox().hurry().await.unwrap();
        assert_eq!(device.send().await.attempts, 0);
        let whole = device.outbox().show(1).await.unwrap().unwrap();
        let told = whole.form.told.unwrap();
        assert_eq!((told.status, told.nature.as_deref()), (Some(status), Some("submit_success")));
        assert_eq!((told.words.as_str(), whole.xml), ("Saved.", None), "a receipt, and no bytes");
        assert_eq!(device.server.got(), [1]);
    }
}

/// the nature says whether what the server has could be made use of.
#[tokio::test]
async fn what_is_kept_and_not_processed_is_delivered_and_pointed_out() {
    let device = Device::new().await;
    for id in 1..=3 {
        device.add(&form(id, "")).await;
    }
    device.server.will([Answer::Says(201, KEPT), Answer::Says(201, SAVED), Answer::Says(422, UNPROCESSED)]);
    let report = device.send().await;
    assert_eq!((report.delivered, report.unprocessed, report.stopped), (2, 1, 1));
    let is_unprocessed = async |number| device.form(number).await.is_unprocessed();
    assert!(is_unprocessed(1).await);
    assert!(!is_unprocessed(2).await);
    assert!(!is_unprocessed(3).await, "it is not even kept");
}

/// 422 `processing_failure` is quarantined; other 422, 423 are retried with back-off.
#[tokio::test]
async fn what_the_server_will_not_have_is_quarantined() {
    for (answer, words) in [
        (Answer::Says(422, UNPROCESSED), "no such case"),
        (Answer::Says(400, "Posted XML was invalid"), "Posted XML was invalid"),
        (Answer::Says(403, ""), "Forbidden"),
        (Answer::Says(404, "no such form"), "no such form"),
        (Answer::Says(413, ""), "Payload Too Large"),
    ] {
        let (device, state) = answered(answer.clone()).await;
        assert_eq!(state, State::Quarantined, "{answer:?}");
        let told = device.form(1).await.told.unwrap();
        assert_eq!(told.words, words, "{answer:?}");
        wait(1_000_000);
        assert_eq!(device.send().await.attempts, 0, "{answer:?}");
    }
    for answer in [Answer::Says(422, HALF_PROCESSED), Answer::Says(423, ""), Answer::Says(402, "quota")] {
        let (device, state) = answered(answer.clone()).await;
        assert_eq!(state, State::Waiting, "{answer:?}");
        assert_eq!(device.form(1).await.attempts, 1, "{answer:?}");
    }
}

/// 409 after a possibly successful earlier attempt is surfaced as conflict, not retried.
#[tokio::test]
async fn a_conflict_is_for_a_person() {
    let device = Device::new().await;
    let mut events = device.outbox().events();
    let xml = form(1, "");
    device.add(&xml).await;
    device.server.will([Answer::Breaks(Sent::Perhaps), Answer::Says(409, "another form has this id")]);
    device.send().await;
    wait(3600);
    device.send().await;
    wait(1_000_000);
    assert_eq!(device.send().await.attempts, 0);
    let whole = device.outbox().show(1).await.unwrap().unwrap();
    assert_eq!((whole.form.state, whole.xml.as_deref()), (State::Conflict, Some(xml.as_bytes())), "our side");
    assert_eq!(whole.form.told.unwrap().words, "another form has this id", "and the server's");

    device.outbox().retry(1).await.unwrap();
    device.send().await;
    assert_eq!(device.form(1).await.state, State::Delivered);
    let told: Vec<Event> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    let waits = |event: &&Event| matches!(event, Event::Waiting { number: 1, until } if *until > super::NOW.get() - TimeDelta::days(30));
    assert_eq!(told.iter().filter(waits).count(), 1);
    let others: Vec<&Event> = told.iter().filter(|event| !waits(event)).collect();
    let number = 1;
    let attempt = Event::Attempt { number };
    let expected = [
        &Event::Added { number },
        &attempt,
        &attempt,
        &Event::Conflict { number },
        &Event::Retried { number },
        &attempt,
        &Event::Delivered { number },
    ];
    assert_eq!(others, expected);
}

/// resuming re-sends all, with the same XML.
/// order is kept.
#[tokio::test]
async fn what_nobody_knows_goes_again_as_it_is() {
    for answer in [
        Answer::Says(500, ""),
        Answer::Says(502, "<html>"),
        Answer::Says(200, "<html>"),
        Answer::Breaks(Sent::Perhaps),
    ] {
        let device = Device::new().await;
        device.add(&form(1, &case("a", &[]))).await;
        device.add(&form(2, &case("a", &[]))).await;
        device.add(&form(3, "")).await;
        device.server.will([answer.clone()]);
        assert_eq!(device.send().await.next_due, Some(device.form(1).await.due_at), "{answer:?}");
        assert_eq!(device.server.got(), [1, 3], "{answer:?}");
        wait(10);
        assert_eq!(device.send().await.attempts, 0, "{answer:?}: not yet");
        wait(50);
        device.send().await;
        assert_eq!(device.server.got(), [1, 2], "{answer:?}");
    }
}

/// with back-off.
#[tokio::test]
async fn each_attempt_waits_longer() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    let mut least = 15;
    for attempt in 1..=12 {
        device.server.will([Answer::Says(500, "")]);
        device.send().await;
        let form = device.form(1).await;
        let delay = (form.due_at - now().to_utc()).num_seconds();
        assert!((least..=2 * least + 1).contains(&delay), "attempt {attempt}: {delay} s");
        assert_eq!(form.attempts, attempt);
        least = (least * 2).min(1800);
        wait(delay + 1);
    }
    device.outbox().retry(1).await.unwrap();
    assert_eq!(device.form(1).await.attempts, 0, "a person begins anew");
}

/// `Retry-After` is honored also where only the form is meant.
#[tokio::test]
async fn a_form_waits_as_long_as_the_server_wants() {
    let (device, _) = answered(Answer::Wants(423, 7200)).await;
    assert!(device.form(1).await.due_at >= now().to_utc() + TimeDelta::hours(2));
    device.add(&form(2, "")).await;
    assert_eq!(device.send().await.delivered, 1, "others need not");
}

/// every POST of a split submission has the identical XML bytes.
/// a file that is too large goes alone with them.
/// the POSTs are sequential, the first failure stops them, and all go again.
#[tokio::test]
async fn a_split_form_goes_again_whole() {
    let device = Device::new().await;
    let xml = form(1, "");
    let file = |name: &str, size| NewFile::bytes(name, vec![b'x'; size]);
    let whole = NewForm::new(xml.clone()).unwrap().attach(file("1", 600_000)).unwrap();
    let whole = whole.attach(file("2", 1_200_000)).unwrap().attach(file("3", 600_000)).unwrap();
    device.outbox().add(&whole).await.unwrap();
    device.server.will([Answer::Says(201, SAVED), Answer::Says(503, "")]);
    let report = device.send().await;
    assert_eq!((report.attempts, report.delivered), (1, 0));
    assert_eq!(device.server.requests().len(), 2, "the third is not tried");
    wait(3600);
    assert_eq!(device.send().await.delivered, 1);
    assert!(!device.form(1).await.may_have_arrived(), "it is known to be there");
    let posts = device.server.requests();
    let sizes: Vec<usize> =
        posts.iter().map(|post| post.body.iter().filter(|byte| **byte == b'x').count() / 100_000).collect();
    assert_eq!(sizes, [6, 12, 6]);
    assert!(posts.iter().all(|post| post.has(xml.as_bytes())));
}

/// what has come before the first failure is there.
#[tokio::test]
async fn a_form_that_the_server_has_in_part_is_told_as_such() {
    let file = |name: &str| NewFile::bytes(name, vec![b'x'; 900_000]);
    for (status, state) in [
        (400, State::Quarantined),
        (401, State::Waiting),
        (403, State::Quarantined),
        (413, State::Quarantined),
        (503, State::Waiting),
    ] {
        let device = Device::new().await;
        let whole = NewForm::new(form(1, "")).unwrap().attach(file("1")).unwrap().attach(file("2")).unwrap();
        device.outbox().add(&whole).await.unwrap();
        device.server.will([Answer::Says(201, SAVED), Answer::Says(status, "")]);
        device.send().await;
        device.outbox().resume().await.unwrap();
        device.server.will([Answer::Breaks(Sent::No)]);
        device.send().await;
        let form = device.form(1).await;
        assert_eq!((form.state, form.attempts), (state, 1), "{status}");
        assert!(form.is_there_in_part && form.may_have_arrived() && !form.is_uncertain, "{status}");
        assert!(device.outbox().drop(1).await.unwrap().form.is_there_in_part, "{status}");
    }
}

/// an earlier attempt may have been successful, whatever the answer to a later one.
#[tokio::test]
async fn what_an_attempt_left_open_only_a_delivery_settles() {
    for (answer, state) in [
        (Answer::Says(403, "no"), State::Quarantined),
        (Answer::Says(409, "another form"), State::Conflict),
        (Answer::Says(423, ""), State::Waiting),
        (Answer::Breaks(Sent::No), State::Waiting),
    ] {
        let (device, _) = answered(Answer::Breaks(Sent::Perhaps)).await;
        wait(3600);
        device.server.will([answer.clone()]);
        device.send().await;
        let form = device.form(1).await;
        assert_eq!((form.state, form.may_have_arrived()), (state, true), "{answer:?}");
        device.outbox().retry(1).await.unwrap();
        assert!(device.form(1).await.may_have_arrived(), "{answer:?}: a person does not know either");
        device.outbox().resume().await.unwrap();
        device.send().await;
        let form = device.form(1).await;
        assert_eq!((form.state, form.may_have_arrived()), (State::Delivered, false), "{answer:?}");
    }
    for answer in
        [Answer::Says(422, HALF_PROCESSED), Answer::Says(423, ""), Answer::Says(409, "another form")]
    {
        let (device, _) = answered(answer.clone()).await;
        assert!(!device.form(1).await.may_have_arrived(), "{answer:?}: the server says that it has not");
    }
}

#[tokio::test]
async fn one_sends_at_a_time() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    let other = openrosa_store::device::Database::open(device.path("device.db")).await.unwrap();
    let met = std::sync::Arc::new(std::sync::Mutex::new(None));
    let (seen, client) = (std::sync::Arc::clone(&met), device.server.client());
    let meanwhile = move |_: http::Request<openrosa_http::transport::Body>| {
        let (seen, other) = (std::sync::Arc::clone(&seen), other.clone());
        async move {
            let client = super::Server::default().client();
            *seen.lock().unwrap() = Some(other.outbox().send(&client, &url()).await.unwrap());
            Ok(http::Response::builder().status(201).body(SAVED.into()).unwrap())
        }
    };
    let busy = openrosa_http::client::Client::new(meanwhile)
        .without_preflight(openrosa_http::headers::AcceptLength::DEFAULT);
    assert!(
        matches!(device.outbox().send(&busy, &url()).await.unwrap(), Sending::Done(report) if report.delivered == 1)
    );
    assert_eq!(*met.lock().unwrap(), Some(Sending::Elsewhere));
    assert!(
        matches!(device.outbox().send(&client, &url()).await.unwrap(), Sending::Done(_)),
        "it is free again"
    );
}

#[tokio::test]
async fn who_dies_while_sending_goes_on_where_he_was() {
    let mut device = Device::new().await;
    device.add(&form(1, "")).await;
    let (outbox, client) = (device.outbox(), device.server.client());
    let never =
        openrosa_http::client::Client::new(async |_: http::Request<openrosa_http::transport::Body>| {
            std::future::pending::<()>().await;
            unreachable!()
        })
        .without_preflight(openrosa_http::headers::AcceptLength::DEFAULT);
    let url = url();
    {
        let sending = outbox.send(&never, &url);
        tokio::pin!(sending);
        tokio::select! {
            _ = &mut sending => panic!("it never ends"),
            () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
        }
    }
    device.killed().await;
    let form = device.form(1).await;
    assert!(form.is_under_way, "an attempt is on the disk before it is made");
    assert_eq!((form.state, form.attempts), (State::Waiting, 1));
    device.server.will([Answer::Says(423, "")]);
    let _ = device.outbox().send(&client, &url).await.unwrap();
    let form = device.form(1).await;
    assert!(!form.is_under_way && form.may_have_arrived(), "nobody knows of the first time");
    wait(3600);
    assert!(
        matches!(device.outbox().send(&client, &url).await.unwrap(), Sending::Done(report) if report.delivered == 1)
    );
    assert!(!device.form(1).await.is_under_way);
}

#[tokio::test]
async fn no_token_goes_with_a_form_before_the_first_restore() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    device.send().await;
    assert!(!device.server.requests()[0].headers.contains_key("X-CommCareHQ-LastSyncToken"));
}
