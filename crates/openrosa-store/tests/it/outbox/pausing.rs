//! Troubles that no form can help: nothing is sent until they are over.

use chrono::TimeDelta;
use openrosa_http::{
    client::Client,
    transport::{Body, Sent, Transport},
};
use openrosa_store::device::outbox::{Event, Reason, Sending, State};

use super::{Answer, Device, SAVED, form, now, url, wait};

/// Two forms, of which the first met this.
async fn met(answer: Answer) -> Device {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    device.add(&form(2, "")).await;
    device.server.will([answer]);
    let report = device.send().await;
    assert_eq!(device.server.got(), [1], "the second would fare no better");
    assert_eq!(report.paused, device.outbox().paused().await.unwrap());
    let form = device.form(1).await;
    assert_eq!(
        (form.state, form.attempts, form.is_under_way),
        (State::Waiting, 0, false),
        "it was not tried"
    );
    device
}

/// after 429 and 503 with back-off and order kept.
/// `Retry-After` is honored on 429 and 503: the whole server is left alone.
#[tokio::test]
async fn a_busy_server_is_left_alone() {
    for status in [429, 503] {
        let mut device = met(Answer::Wants(status, 600)).await;
        device.killed().await;
        let pause = device.outbox().paused().await.unwrap().unwrap();
        assert_eq!((pause.reason, pause.since), (Reason::Busy, now().to_utc()));
        assert!(pause.until.unwrap() >= now().to_utc() + TimeDelta::minutes(10));
        assert_eq!(device.outbox().next_due().await.unwrap(), pause.until);
        wait(599);
        assert_eq!(device.send().await.attempts, 0, "{status}");
        wait(2);
        assert_eq!(device.send().await.delivered, 2, "{status}");
        assert_eq!(device.server.got(), [1, 2]);
    }
}

#[tokio::test]
async fn each_pause_is_longer_until_something_is_delivered() {
    let device = met(Answer::Says(503, "")).await;
    let mut least = 15;
    for _ in 0..5 {
        let until = device.outbox().paused().await.unwrap().unwrap().until.unwrap();
        let seconds = (until - now().to_utc()).num_seconds();
        assert!((least..=2 * least + 1).contains(&seconds), "{seconds} s");
        least *= 2;
        wait(seconds + 1);
        device.server.will([Answer::Says(503, "")]);
        device.send().await;
    }
    wait(3600);
    device.send().await;
    device.add(&form(3, "")).await;
    device.server.will([Answer::Says(503, "")]);
    device.send().await;
    let until = device.outbox().paused().await.unwrap().unwrap().until.unwrap();
    assert!(until <= now().to_utc() + TimeDelta::seconds(31), "it begins anew");
}

#[tokio::test]
async fn no_network_is_nobodys_fault() {
    let device = met(Answer::Breaks(Sent::No)).await;
    let pause = device.outbox().paused().await.unwrap().unwrap();
    assert_eq!(pause.reason, Reason::Offline);
    insta::assert_snapshot!(pause.words, @"no connection to the server: broken");
    device.outbox().resume().await.unwrap();
    assert_eq!(device.send().await.delivered, 2, "the network is back");
}

/// There is a network, and perhaps another's server in it.
#[tokio::test]
async fn who_is_not_trusted_is_in_the_way() {
    let device = met(Answer::Untrusted).await;
    assert_eq!(device.outbox().paused().await.unwrap().unwrap().reason, Reason::Blocked);
    device.outbox().resume().await.unwrap();
    assert_eq!(device.send().await.delivered, 2);
}

/// 401 is no loop: only a person can help.
#[tokio::test]
async fn who_may_not_send_waits_for_a_person() {
    let inactive = "{\"error\": \"user.deactivated\", \"default_response\": \"ask your supervisor\"}";
    for (answer, reason, words) in [
        (Answer::Says(401, "who are you?"), Reason::Unauthorized, "who are you?"),
        (Answer::Says(406, inactive), Reason::Inactive, "ask your supervisor"),
    ] {
        let device = met(answer).await;
        let mut events = device.outbox().events();
        wait(10_000_000);
        let report = device.send().await;
        let pause = report.paused.unwrap();
        assert_eq!((pause.reason, pause.words.as_str(), pause.until), (reason, words, None));
        assert_eq!((report.attempts, report.next_due), (0, None));
        device.outbox().resume().await.unwrap();
        device.outbox().resume().await.unwrap();
        assert_eq!(device.send().await.delivered, 2);
        assert_eq!(events.try_recv().unwrap(), Event::Resumed);
        assert_eq!(events.try_recv().unwrap(), Event::Attempt { number: 1 }, "lifted once");
    }
}

/// a captive portal is no server, and no form is handed to it.
#[tokio::test]
async fn a_portal_at_the_door_is_no_server() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    let portal = async |request: http::Request<Body>| {
        assert_eq!(request.method(), http::Method::HEAD);
        Ok(http::Response::new("<html>Log in</html>".into()))
    };
    let Sending::Done(report) = device.outbox().send(&Client::new(portal), &url()).await.unwrap() else {
        panic!()
    };
    assert_eq!(report.paused.unwrap().reason, Reason::Blocked);
    assert_eq!(device.form(1).await.attempts, 0);
}

/// nor is a gateway that turns all away with a page, and by that no form is refused.
#[tokio::test]
async fn a_gateways_page_stops_no_form() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    let gateway = async |_: http::Request<_>| {
        let page = "<html><title>Access denied</title></html>";
        Ok(http::Response::builder().status(403).body(page.into()).unwrap())
    };
    let Sending::Done(report) = device.outbox().send(&Client::new(gateway), &url()).await.unwrap() else {
        panic!()
    };
    let pause = report.paused.unwrap();
    assert_eq!((pause.reason, report.stopped), (Reason::Blocked, 0));
    assert!(pause.words.contains("`Access denied`"), "{}", pause.words);
    assert_eq!(device.form(1).await.attempts, 0);
}

/// A server that turns form 1 away so, and takes all others; HEAD says nothing of it.
fn turning_away(status: u16, page: &'static str) -> Client<impl Transport> {
    let transport = move |request: http::Request<Body>| async move {
        let answer = |status: u16, body: &'static str| {
            http::Response::builder().status(status).body(body.into()).unwrap()
        };
        if request.method() == http::Method::HEAD {
            return Ok(answer(405, ""));
        }
        let body = request.into_body().read_up_to(usize::MAX).await.unwrap();
        let is_first = body.windows(7).any(|bytes| bytes == b"uuid:1<");
        Ok(if is_first { answer(status, page) } else { answer(201, SAVED) })
    };
    Client::new(transport)
}

/// a gateway may turn away one form, for something in it, and let all others pass.
#[tokio::test]
async fn a_page_that_one_form_meets_holds_back_no_other() {
    let device = Device::new().await;
    for id in 1..=3 {
        device.add(&form(id, "")).await;
    }
    device.server.will([Answer::Says(423, ""), Answer::Says(423, ""), Answer::Says(423, "")]);
    device.send().await;
    wait(3600);
    let gateway = turning_away(400, "<!doctype html><title>Request blocked</title>");
    let send = async || match device.outbox().send(&gateway, &url()).await.unwrap() {
        Sending::Done(report) => report,
        Sending::Elsewhere => panic!("nobody else sends"),
    };
    let report = send().await;
    assert_eq!((report.attempts, report.delivered, report.paused), (3, 2, None));
    let first = device.form(1).await;
    assert_eq!((first.state, first.attempts, first.may_have_arrived()), (State::Waiting, 1, false));
    assert!(first.due_at > now().to_utc() && report.next_due == Some(first.due_at), "it waits for itself");

    wait(3600);
    let report = send().await;
    assert_eq!(report.paused.unwrap().reason, Reason::Blocked, "alone, nothing tells why");
    device.add(&form(4, "")).await;
    device.outbox().resume().await.unwrap();
    assert_eq!(send().await.delivered, 1);
    assert_eq!(device.form(1).await.attempts, 1, "the server has seen it once");
}

/// However often a person lifts the pause, one that the server is always too busy for is not the first each time.
#[tokio::test]
async fn a_pause_that_is_lifted_counts() {
    let device = Device::new().await;
    for id in 1..=3 {
        device.add(&form(id, "")).await;
    }
    let busy = turning_away(503, "");
    for delivered in [0, 0, 2] {
        device.outbox().resume().await.unwrap();
        assert_eq!(device.outbox().paused().await.unwrap(), None);
        let _ = device.outbox().send(&busy, &url()).await.unwrap();
        assert_eq!(device.outbox().counts().await.unwrap().delivered, delivered);
    }
}

/// which form was the last is told by the clock as it is, whatever it said before.
#[tokio::test]
async fn a_clock_that_was_wrong_gives_nobody_the_last_turn() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    device.add(&form(2, "")).await;
    wait(1_000_000_000);
    device.server.will([Answer::Says(500, ""), Answer::Says(500, "")]);
    device.send().await;
    wait(-1_000_000_000);
    let busy = turning_away(503, "");
    for delivered in [0, 0, 1] {
        device.outbox().resume().await.unwrap();
        let _ = device.outbox().send(&busy, &url()).await.unwrap();
        assert_eq!(device.outbox().counts().await.unwrap().delivered, delivered);
    }
}

#[tokio::test]
async fn a_clock_that_was_wrong_holds_nothing_back() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    device.add(&form(2, "")).await;
    wait(1_000_000_000);
    device.server.will([Answer::Says(500, ""), Answer::Wants(503, 9)]);
    device.send().await;
    wait(-1_000_000_000);
    assert_eq!(device.outbox().paused().await.unwrap(), None);
    assert_eq!(device.outbox().next_due().await.unwrap(), Some(now().to_utc()));
    assert_eq!(device.send().await.delivered, 2);
}
