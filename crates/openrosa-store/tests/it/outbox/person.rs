//! What a person can do, and cannot.

use openrosa_store::device::outbox::{NewFile, NewForm, State};

use super::{Answer, Device, SAVED, form, url};

#[tokio::test]
async fn what_is_settled_stays_so() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    device.send().await;
    device.add(&form(2, "")).await;
    device.outbox().drop(2).await.unwrap();
    for (number, state) in [(1, State::Delivered), (2, State::Dropped)] {
        for error in [
            device.outbox().retry(number).await.unwrap_err(),
            device.outbox().drop(number).await.unwrap_err(),
        ] {
            assert_eq!(error.settled(), Some(state));
        }
    }
    let error = device.outbox().retry(1).await.unwrap_err();
    insta::assert_snapshot!(error, @"form 1 is delivered already");
    let error = device.outbox().retry(9).await.unwrap_err();
    assert!(error.is_unknown());
    insta::assert_snapshot!(error, @"there is no form 9 in the outbox");
    assert!(device.outbox().drop(9).await.unwrap_err().is_unknown());
}

#[tokio::test]
async fn to_drop_says_what_is_lost() {
    let device = Device::new().await;
    let xml = form(1, "");
    let whole = NewForm::new(xml.clone()).unwrap().attach(NewFile::bytes("1.jpg", "JPEG")).unwrap();
    device.outbox().add(&whole).await.unwrap();
    let lost = device.outbox().drop(1).await.unwrap();
    assert_eq!((lost.xml.as_deref(), lost.files[0].name.as_str()), (Some(xml.as_bytes()), "1.jpg"));
    let left = device.outbox().show(1).await.unwrap().unwrap();
    assert_eq!((left.form.state, left.xml, left.files.len()), (State::Dropped, None, 1));
    assert_eq!(device.send().await.attempts, 0);
}

#[tokio::test]
async fn to_retry_does_not_wait() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    device.server.will([Answer::Says(500, "")]);
    device.send().await;
    assert!(device.form(1).await.may_have_arrived(), "500 says nothing of that");
    assert_eq!(device.send().await.attempts, 0);
    device.outbox().retry(1).await.unwrap();
    assert_eq!(device.send().await.delivered, 1);
}

#[tokio::test]
async fn what_arrives_after_all_is_delivered() {
    let device = Device::new().await;
    device.add(&form(1, "")).await;
    let outbox = device.outbox();
    let slow = move |status: u16| {
        let outbox = outbox.clone();
        let transport = move |_: http::Request<openrosa_http::transport::Body>| {
            let outbox = outbox.clone();
            async move {
                outbox.drop(1).await.unwrap();
                Ok(http::Response::builder().status(status).body(SAVED.into()).unwrap())
            }
        };
        openrosa_http::client::Client::new(transport)
            .without_preflight(openrosa_http::headers::AcceptLength::DEFAULT)
    };
    let _ = device.outbox().send(&slow(201), &url()).await.unwrap();
    assert_eq!(device.form(1).await.state, State::Delivered, "it was dropped on its way, and arrived");

    let device = Device::new().await;
    device.add(&form(1, "")).await;
    let outbox = device.outbox();
    let refusing = move |_: http::Request<openrosa_http::transport::Body>| {
        let outbox = outbox.clone();
        async move {
            outbox.drop(1).await.unwrap();
            Ok(http::Response::builder().status(400).body(openrosa_http::transport::Body::empty()).unwrap())
        }
    };
    let refusing = openrosa_http::client::Client::new(refusing)
        .without_preflight(openrosa_http::headers::AcceptLength::DEFAULT);
    let _ = device.outbox().send(&refusing, &url()).await.unwrap();
    let form = device.form(1).await;
    assert_eq!(form.state, State::Dropped, "what did not arrive stays dropped");
    assert!(!form.is_under_way && !form.may_have_arrived(), "an answer came");
    assert_eq!(form.told.unwrap().status, Some(400));
}
