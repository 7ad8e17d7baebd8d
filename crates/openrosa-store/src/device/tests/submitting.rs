use std::{future::poll_fn, task::Poll};

use openrosa_http::transport::Sent;

use super::*;

const CLOSE_UNKNOWN: &str = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='x' date_modified='2024-05-01'><close/></case>";

async fn send(phone: &Database, script: &Script) {
    let _ = phone.outbox().send(&script.client(), &way().submission_url).await.unwrap();
}

#[tokio::test]
async fn a_form_that_cannot_be_applied_is_not_kept() {
    let (_folder, phone) = phone().await;
    let blocks = format!("{}{CLOSE_UNKNOWN}", case("a", ""));
    let error = phone.submit(&form("uuid:1", &blocks), Effect::AtOnce).await.unwrap_err();
    assert!(error.declined().is_some());
    assert_eq!((ids(&phone).await, phone.outbox().counts().await.unwrap().waiting), (vec![], 0));
    phone.submit(&form("uuid:1", &blocks), Effect::None).await.unwrap();
    assert_eq!((ids(&phone).await, phone.outbox().counts().await.unwrap().waiting), (vec![], 1));
}

#[tokio::test]
async fn the_same_form_takes_effect_once() {
    let (_folder, phone) = phone().await;
    let stock = "<transfer xmlns='http://commcarehq.org/ledger/v1' dest='a' date='2024-05-01' section-id='s'>
                   <entry id='p' quantity='3'/></transfer>";
    let form = form("uuid:1", &format!("{}{stock}", case("a", "")));
    for is_new in [true, false] {
        assert_eq!(phone.submit(&form, Effect::AtOnce).await.unwrap().added.is_new, is_new);
    }
    send(&phone, &Script::default()).await;
    assert!(!phone.submit(&form, Effect::AtOnce).await.unwrap().added.is_new, "also after it was delivered");
    assert_eq!(phone.ledgers_of(&"a".into()).await.unwrap()[0].1, 3.into());
}

#[tokio::test]
async fn some_forms_take_effect_once_the_server_has_them() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("a", "")), Effect::OnDelivery).await.unwrap();
    phone.submit(&form("uuid:2", CLOSE_UNKNOWN), Effect::OnDelivery).await.unwrap();
    phone.submit(&form("uuid:3", &case("c", "")), Effect::None).await.unwrap();
    assert_eq!(ids(&phone).await, [""; 0]);
    send(&phone, &Script::default().form(500)).await;
    assert_eq!(
        ids(&phone).await,
        [""; 0],
        "the first was not taken, the second cannot be applied, the third is not to be"
    );
    phone.outbox().retry(1).await.unwrap();
    send(&phone, &Script::default()).await;
    assert_eq!(ids(&phone).await, ["a"]);
    assert_eq!(phone.outbox().counts().await.unwrap().delivered, 3);
}

/// The server takes forms in the order in which they were added, and would not send the case again.
#[tokio::test]
async fn what_a_later_form_has_changed_is_not_undone_by_one_that_takes_effect_on_delivery() {
    for (later, left) in [(told("a", 2), None), (told("b", 2), Some("t1"))] {
        let (_folder, phone) = phone().await;
        let cases = format!("{}{}", case("a", ""), case("b", ""));
        phone.apply_restore(Restore::of(restore("t1", &cases))).await.unwrap();
        phone.submit(&form("uuid:1", &told("a", 1)), Effect::OnDelivery).await.unwrap();
        phone.submit(&form("uuid:2", &later), Effect::AtOnce).await.unwrap();
        send(&phone, &Script::default()).await;
        assert_eq!(n_of(&phone, "a").await, if left.is_none() { "2" } else { "1" });
        assert_eq!(token(&phone).await.as_deref(), left, "the server says what became of the first");
    }
}

#[tokio::test]
async fn after_starting_over_unsent_forms_are_done_again_in_their_order() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("old", "")))).await.unwrap();
    let update = |id: &str, n: u32| {
        format!(
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2024-06-0{n}'>
               <update><n>{n}</n></update></case>"
        )
    };
    phone.submit(&form("uuid:1", &case("new", "")), Effect::AtOnce).await.unwrap();
    phone.submit(&form("uuid:2", &update("new", 2)), Effect::AtOnce).await.unwrap();
    phone.submit(&form("uuid:3", &update("old", 3)), Effect::AtOnce).await.unwrap();
    phone.submit(&form("uuid:4", &update("new", 4)), Effect::AtOnce).await.unwrap();
    let restore = Restore::of(restore("t2", "")).starting_over();
    let restored = phone.apply_restore(restore).await.unwrap();
    assert_eq!((restored.token, token(&phone).await), (None, None), "the next restore will be a full one");
    assert_eq!(ids(&phone).await, ["new"], "the form about `old` has nothing to change any more");
    let new = phone.case(&"new".into()).await.unwrap().unwrap();
    assert_eq!(new.properties["n"].text(), "4");
}

fn told(id: &str, n: u32) -> String {
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2024-06-0{n}'>
           <update><n>{n}</n></update></case>"
    )
}

async fn n_of(phone: &Database, id: &str) -> String {
    phone.case(&id.into()).await.unwrap().unwrap().properties["n"].text().into_owned()
}

#[tokio::test]
async fn a_form_on_its_way_comes_after_the_restore_and_one_in_quarantine_does_not() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    phone.submit(&form("uuid:1", &told("a", 1)), Effect::AtOnce).await.unwrap();
    phone.apply_restore(Restore::of(restore("t2", &told("a", 2)))).await.unwrap();
    assert_eq!(n_of(&phone, "a").await, "1", "the server will say the same once it has the form");
    send(&phone, &Script::default().form(400)).await;
    assert_eq!(phone.outbox().counts().await.unwrap().quarantined, 1);
    assert_eq!(n_of(&phone, "a").await, "1", "until the server says otherwise");
    phone.apply_restore(Restore::of(restore("t3", &told("a", 3)))).await.unwrap();
    assert_eq!(n_of(&phone, "a").await, "3");
}

#[tokio::test]
async fn a_case_of_a_form_in_quarantine_goes_when_the_device_starts_over() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("b", "")), Effect::AtOnce).await.unwrap();
    send(&phone, &Script::default().form(400)).await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", ""))).starting_over()).await.unwrap();
    assert_eq!(ids(&phone).await, ["a"], "the server would find the device astray at every sync");
}

/// S-095: the token says that the device has done what the form does; the server would not send it.
#[tokio::test]
async fn the_token_goes_only_with_forms_whose_effect_is_here() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    for (number, (effect, heard)) in
        (1..).zip([(Effect::AtOnce, "POST t1"), (Effect::OnDelivery, "POST t1"), (Effect::None, "POST")])
    {
        phone.submit(&form(&format!("uuid:{number}"), &told("a", number)), effect).await.unwrap();
        let script = Script::default();
        send(&phone, &script).await;
        assert_eq!((script.heard(), token(&phone).await.as_deref()), (vec![heard.to_owned()], Some("t1")));
    }
    // It went with the token, and then could not be done here.
    phone.submit(&form("uuid:4", CLOSE_UNKNOWN), Effect::OnDelivery).await.unwrap();
    send(&phone, &Script::default()).await;
    assert_eq!(token(&phone).await, None, "the next restore is a full one");
}

/// What it did was undone by a restore, perhaps: the server has to say what became of it.
#[tokio::test]
async fn a_form_that_a_person_has_tried_again_after_a_restore_goes_without_the_token() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    phone.submit(&form("uuid:1", &told("a", 1)), Effect::AtOnce).await.unwrap();
    let script = Script::default().form(400);
    send(&phone, &script).await;
    phone.outbox().retry(1).await.unwrap();
    script.clone().form(400);
    send(&phone, &script).await;
    assert_eq!(script.heard(), ["POST t1", "POST t1"], "nothing has undone it yet");
    phone.apply_restore(Restore::of(restore("t2", &told("a", 2)))).await.unwrap();
    phone.outbox().retry(1).await.unwrap();
    send(&phone, &script).await;
    assert_eq!((script.heard(), n_of(&phone, "a").await), (vec!["POST".to_owned()], "2".to_owned()));
}

#[tokio::test]
async fn after_a_form_is_dropped_that_took_effect_the_next_restore_is_a_full_one() {
    let (_folder, phone) = phone().await;
    for (effect, left) in
        [(Effect::None, Some("t1")), (Effect::OnDelivery, Some("t1")), (Effect::AtOnce, None)]
    {
        phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
        let added = phone.submit(&form("uuid:1", &told("a", 1)), effect).await.unwrap().added;
        phone.outbox().drop(added.number).await.unwrap();
        assert_eq!(token(&phone).await.as_deref(), left, "{effect:?}");
    }
}

/// Of a form that was tried nobody knows whether it is in what came: its transfers may be in the stock, and others may have changed
/// after it what it has undone here.
#[tokio::test]
async fn what_may_have_been_done_twice_is_fetched_again() {
    let stock = "<transfer xmlns='http://commcarehq.org/ledger/v1' dest='a' date='2024-05-01' section-id='s'>
                   <entry id='p' quantity='5'/></transfer>";
    for (blocks, is_tried, left) in [
        (stock, false, Some("t2")),
        (stock, true, None),
        (&*told("a", 1), false, Some("t2")),
        (&*told("a", 1), true, None),
    ] {
        let (_folder, phone) = phone().await;
        phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
        phone.submit(&form("uuid:1", blocks), Effect::AtOnce).await.unwrap();
        if is_tried {
            send(&phone, &Script::default().form(500)).await;
        }
        phone.apply_restore(Restore::of(restore("t2", &case("a", ""))).starting_over()).await.unwrap();
        assert_eq!(token(&phone).await.as_deref(), left, "{blocks} {is_tried}");
    }
}

/// A form that was sent to A is not to be found at B, nor one of Amina's under Bob's name.
#[tokio::test]
async fn nothing_goes_to_another_server_or_as_another_user() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("a", "")), Effect::AtOnce).await.unwrap();
    let url: url::Url = way().submission_url;
    let as_user = |script: &Script, user: &str| {
        script.client().credentials(&way().submission_url, openrosa_http::auth::Credentials::new(user, "x"))
    };
    let script = Script::default().form(500);
    let _ = phone.outbox().send(&as_user(&script, "amina"), &url).await.unwrap();
    let home = phone.home().await.unwrap().unwrap();
    assert_eq!(home.to_string(), "hq.example/a/demo, as amina");

    let elsewhere = "https://hq.example/a/other/receiver/".parse().unwrap();
    for (client, url) in [(as_user(&script, "bob"), &url), (as_user(&script, "amina"), &elsewhere)] {
        let error = phone.outbox().send(&client, url).await.unwrap_err();
        assert!(error.is_at_home_elsewhere(), "{error}");
        let way =
            Way { submission_url: url.clone(), restore_url: url.join("../phone/restore/").unwrap(), ..way() };
        assert!(phone.sync(&client, &way, |_| ()).await.unwrap_err().is_at_home_elsewhere());
    }
    assert_eq!(script.heard(), ["POST"], "neither was sent a thing");

    phone.leave_home().await.unwrap();
    phone.outbox().hurry().await.unwrap();
    let _ = phone.outbox().send(&as_user(&script, "bob"), &url).await.unwrap();
    assert_eq!(phone.home().await.unwrap().unwrap().user.as_deref(), Some("bob"));
    assert_eq!(phone.outbox().counts().await.unwrap().delivered, 1);
}

/// Cases of whoever worked here before are not taken for the new user's.
#[tokio::test]
async fn who_worked_here_before_a_move_owns_nothing_after_it() {
    let (_folder, phone) = phone().await;
    let script = Script::default().restore(200, restore("t1", &case("a", "")));
    let _ = phone.sync(&script.client(), &way(), |_| ()).await.unwrap();
    phone.leave_home().await.unwrap();
    assert_eq!(phone.users().await.unwrap(), []);
    let of_bob = restore("t2", &(case_of("b", "u2", "") + &case_of("c", "u1", "")));
    let of_bob = of_bob.replace("<uuid>u1</uuid>", "<uuid>u2</uuid>").replace("amina", "bob");
    let _ = phone.sync(&Script::default().restore(200, of_bob).client(), &way(), |_| ()).await.unwrap();
    assert_eq!(ids(&phone).await, ["b"]);
}

/// What was synced with is the home, too, and forms that are added later go there and nowhere else.
#[tokio::test]
async fn a_sync_makes_a_home() {
    let (_folder, phone) = phone().await;
    let script = Script::default().restore(200, restore("t1", ""));
    let _ = phone.sync(&script.client(), &way(), |_| ()).await.unwrap();
    assert_eq!(phone.home().await.unwrap().unwrap().to_string(), "hq.example/a/demo");
}

/// A restore that did not start over may have left what it did.
#[tokio::test]
async fn what_a_form_did_that_is_dropped_after_a_restore_does_not_stay_for_ever() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    phone.submit(&form("uuid:1", &told("a", 1)), Effect::AtOnce).await.unwrap();
    send(&phone, &Script::default().form(400)).await;
    phone.apply_restore(Restore::of(restore("t2", ""))).await.unwrap();
    assert_eq!((n_of(&phone, "a").await, token(&phone).await.as_deref()), ("1".to_owned(), Some("t2")));
    phone.outbox().drop(1).await.unwrap();
    assert_eq!(token(&phone).await, None, "the next restore is a full one");
}

/// The server takes it for done here, as it came with the token.
#[tokio::test]
async fn a_form_that_is_dropped_on_its_way_and_arrives_makes_the_next_restore_a_full_one() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    phone.submit(&form("uuid:1", &told("a", 1)), Effect::OnDelivery).await.unwrap();
    let outbox = phone.outbox();
    let transport = move |_: Request<Body>| {
        let outbox = outbox.clone();
        async move {
            outbox.drop(1).await.unwrap();
            Ok(answer(201, SAVED).map(Body::from))
        }
    };
    let client = Client::new(transport).without_preflight(AcceptLength::DEFAULT);
    let _ = phone.outbox().send(&client, &way().submission_url).await.unwrap();
    assert_eq!((phone.outbox().counts().await.unwrap().delivered, token(&phone).await), (1, None));
}

/// Who waited for it may be gone by then, and whoever listens hears of it all the same.
#[tokio::test]
async fn what_is_kept_is_told_though_nobody_waits_for_it() {
    let (_folder, phone) = phone().await;
    let (mut events, mut notices) = (phone.outbox().events(), phone.notices());
    let before = phone.version().await.unwrap();
    let tx = phone.write().await.unwrap();
    let told = (Some(Notice::Restored), Some(outbox::Event::Resumed));
    let mut committing = Box::pin(phone.commit_and_tell(tx, told.0, told.1));
    assert!(poll_fn(|cx| Poll::Ready(committing.as_mut().poll(cx))).await.is_pending());
    drop(committing);
    // It has to wait for what is being written.
    drop(phone.write().await.unwrap());
    assert_eq!(phone.version().await.unwrap(), before + 1);
    assert_eq!((notices.try_recv(), events.try_recv()), (Ok(Notice::Restored), Ok(outbox::Event::Resumed)));
}

/// An address by a slip of the keyboard makes no home: nobody is there, or somebody else.
#[tokio::test]
async fn where_no_server_was_met_is_nobodys_home() {
    let page = "<html><body>Please sign in</body></html>";
    for met in [None, Some(200), Some(511)] {
        let (_folder, phone) = phone().await;
        phone.submit(&form("uuid:1", ""), Effect::AtOnce).await.unwrap();
        let transport = move |_: Request<Body>| async move {
            let nobody = || openrosa_http::transport::Error::new(Sent::No, "nobody is there");
            met.map(|status| answer(status, page).map(Body::from)).ok_or_else(nobody)
        };
        let client = Client::new(transport);
        let mistyped = "https://hq.exmaple/a/demo/receiver/".parse().unwrap();
        let _ = phone.outbox().send(&client, &mistyped).await.unwrap();
        assert_eq!(phone.home().await.unwrap(), None, "{met:?}");
        phone.outbox().hurry().await.unwrap();
        send(&phone, &Script::default()).await;
        assert_eq!(phone.home().await.unwrap().unwrap().server, "hq.example/a/demo");
    }
}

/// A gateway may answer the form itself, where nothing is asked before.
#[tokio::test]
async fn what_shows_nothing_of_openrosa_is_nobodys_home() {
    for (status, is_home) in
        [(200, false), (204, false), (201, true), (404, false), (500, false), (503, false)]
    {
        let (_folder, phone) = phone().await;
        phone.submit(&form("uuid:1", ""), Effect::AtOnce).await.unwrap();
        let gateway = move |_: Request<Body>| async move {
            Ok(http::Response::builder().status(status).body(Body::from("<html>Welcome</html>")).unwrap())
        };
        let client = Client::new(gateway).without_preflight(AcceptLength::DEFAULT);
        let address = "https://hq.exmaple/a/demo/receiver/".parse().unwrap();
        let _ = phone.outbox().send(&client, &address).await.unwrap();
        assert_eq!(phone.home().await.unwrap().is_some(), is_home, "{status}");
    }
}

/// A name or a password by a slip of the keyboard makes no home.
#[tokio::test]
async fn who_is_not_let_in_is_not_at_home() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", ""), Effect::AtOnce).await.unwrap();
    let inactive = r#"{"error": "user.deactivated", "default_response": "Ask your supervisor."}"#;
    for (status, said) in [(401, SAVED), (406, inactive)] {
        let script = Script::default();
        script.forms.lock().unwrap().push_back(answer(status, said));
        send(&phone, &script).await;
        assert_eq!(phone.home().await.unwrap(), None, "{status}");
        phone.outbox().resume().await.unwrap();
    }
    send(&phone, &Script::default().form(503)).await;
    assert_eq!(phone.home().await.unwrap().unwrap().server, "hq.example/a/demo");
}
