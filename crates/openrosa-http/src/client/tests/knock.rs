//! What every request says, and the HEAD before the first form.

use super::*;

/// every request carries `X-OpenRosa-Version`, `1.0` or as configured.
/// every request carries `Date`.
/// `Accept-Language` is sent when configured.
/// `deviceID` is added to every address, behind what is there.
/// HEAD precedes the first POST to a submission URL, and only the first.
#[tokio::test]
async fn a_knock_then_the_form_then_only_forms() {
    let (server, seen) = server(answering(stored));
    let client = Client::new(server)
        .device_id("collect:1")
        .accept_language(AcceptLanguage::new("sw").unwrap())
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_297_702_095));
    let url = "https://odk.example/submission?st=a%2Fb#here".parse().unwrap();
    for _ in 0..2 {
        assert!(client.submit(&url, &Request::new(XML)).await.unwrap().is_delivered());
    }
    let address = "https://odk.example/submission?st=a%2Fb&deviceID=collect%3A1";
    assert_eq!(trail(&seen), ["HEAD", "POST", "POST"].map(|method| format!("{method} {address}")));
    for seen in &*seen.lock().unwrap() {
        assert_eq!(seen.headers["X-OpenRosa-Version"], "1.0");
        assert_eq!(seen.headers["Date"], "Mon, 14 Feb 2011 16:48:15 GMT");
        assert_eq!(seen.headers["Accept-Language"], "sw");
    }
}

/// documents are asked for with version and date.
/// and form lists, manifests and integrity in the language that is set.
#[tokio::test]
async fn documents_are_asked_for_as_forms_are_sent() {
    let (server, seen) = server(|_: &Seen| answer(404, &[], ""));
    let client = Client::new(server)
        .accept_language(AcceptLanguage::new("sw").unwrap())
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_297_702_095));
    assert!(client.form_list(&url(), &Default::default()).await.unwrap_err().is_not_found());
    assert!(client.manifest(&url()).await.unwrap_err().is_not_found());
    assert!(client.integrity(&url(), &Default::default()).await.unwrap_err().is_not_found());
    assert!(client.form(&url(), None).await.unwrap_err().is_not_found());
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 4);
    for seen in &*seen {
        assert_eq!(seen.headers["X-OpenRosa-Version"], "1.0", "{}", seen.uri);
        assert_eq!(seen.headers["Date"], "Mon, 14 Feb 2011 16:48:15 GMT", "{}", seen.uri);
        assert_eq!(seen.headers["Accept-Language"], "sw", "{}", seen.uri);
    }
}

/// CommCare's `3.0` is configurable.
/// no HEAD where credentials and limit are known.
#[tokio::test]
async fn commcare_is_spoken_when_asked_for() {
    let (server, seen) = server(answering(stored));
    let client = Client::new(server).version(Version::COMMCARE_3).without_preflight(AcceptLength(1 << 24));
    assert!(submit(&client).await.unwrap().is_delivered());
    assert_eq!(trail(&seen), [format!("POST {URL}")]);
    assert_eq!(seen.lock().unwrap()[0].headers["X-OpenRosa-Version"], "3.0");
}

/// CommCare HQ is not asked by HEAD, and gets a submission in one POST, as it merges none (openrosa.md 2.4, 2.5).
/// S-071: credentials go unasked, as its receiver may ask for none.
#[tokio::test]
async fn commcare_hq_gets_one_post_with_credentials() {
    let (server, seen) = server(answering(stored));
    let attach = |form: Request, name: usize| {
        form.attach(Attachment::bytes(name.to_string(), vec![b'x'; 150_000])).unwrap()
    };
    let form = (0..101).fold(Request::new(XML), attach);
    let client = Client::new(server).for_peer(&crate::peer::COMMCARE_HQ).credentials(&url(), amina());
    assert!(client.submit(&url(), &form).await.unwrap().is_delivered());
    assert_eq!(trail(&seen), [format!("POST {URL}")]);
    assert_eq!(seen.lock().unwrap()[0].authorization(), BASIC);
}

/// HEAD 204 must carry a version, and its accept length is kept to.
#[tokio::test]
async fn the_knock_tells_version_and_limit() {
    let refused = submit(&Client::new(server(|_: &Seen| answer(204, &[], "")).0)).await.unwrap_err();
    assert!(refused.is_captive_portal());

    for (told, posts) in [("400", 3), ("550", 2), ("many", 1)] {
        let (server, seen) = server(move |seen: &Seen| match seen.method {
            Method::HEAD => {
                answer(204, &[("X-OpenRosa-Version", "3.0"), ("X-OpenRosa-Accept-Content-Length", told)], "")
            }
            _ => stored(),
        });
        let mut form = Request::new(XML);
        for name in ["1", "2", "3"] {
            form = form.attach(Attachment::bytes(name, "x")).unwrap();
        }
        assert!(Client::new(server).submit(&url(), &form).await.unwrap().is_delivered());
        assert_eq!(trail(&seen).len(), posts + 1, "{told}");
    }
}

/// HEAD 404, 405, 5xx do not stop the POST; HEAD 200 is reported as no OpenRosa server.
#[tokio::test]
async fn what_else_the_knock_may_bring() {
    for status in [400, 403, 404, 405, 500, 502, 503] {
        let (server, seen) = server(move |seen: &Seen| match seen.method {
            Method::HEAD => answer(status, &[], ""),
            _ => stored(),
        });
        assert!(submit(&Client::new(server)).await.unwrap().is_delivered(), "{status}");
        assert_eq!(trail(&seen), [format!("HEAD {URL}"), format!("POST {URL}")]);
    }
    let (portal, seen) = server(|_: &Seen| answer(200, &[("X-OpenRosa-Version", "1.0")], ""));
    let error = submit(&Client::new(portal)).await.unwrap_err();
    insta::assert_snapshot!(error, @"not an OpenRosa server: it answered 200 to HEAD, as gateways do; is the address right, or does this network want a login first?");
    assert_eq!(trail(&seen), [format!("HEAD {URL}")]);
}

#[tokio::test]
async fn a_failure_is_followed_by_another_knock() {
    let (server, seen) = server(answering(|| answer(503, &[], "")));
    let client = Client::new(server);
    for _ in 0..2 {
        assert!(submit(&client).await.is_err());
    }
    assert_eq!(
        trail(&seen),
        [format!("HEAD {URL}"), format!("POST {URL}"), format!("HEAD {URL}"), format!("POST {URL}")]
    );
}

#[tokio::test]
async fn a_knock_without_an_answer_has_brought_no_form() {
    let silent = async |request: http::Request<Body>| {
        assert_eq!(request.method(), Method::HEAD);
        Err(transport::Error::new(Sent::Perhaps, "too long"))
    };
    let error = submit(&Client::new(silent)).await.unwrap_err();
    assert!(error.is_transport());
    assert_eq!(error.verdict(), Verdict::TryAgain { after: None });
    insta::assert_snapshot!(error, @"no form was sent, as HEAD had no answer: the connection broke before the answer was there: too long");
}
