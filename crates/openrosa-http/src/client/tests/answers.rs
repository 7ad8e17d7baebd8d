//! What an answer proves.

use super::*;

/// R-011: only 201 and 202 with an `OpenRosaResponse` count as delivered, unless the status is trusted.
#[tokio::test]
async fn a_yes_needs_its_envelope() {
    assert!(matches!(outcome(stored).await.unwrap(), Receipt::Stored(_)));
    assert!(matches!(outcome(|| envelope(202, "", "Duplicate")).await.unwrap(), Receipt::Accepted(_)));
    for body in ["", "{\"message\":\"Saved.\"}", "<html/>", "<message>Saved.</message>"] {
        let receipt = outcome(|| answer(201, &[], body)).await.unwrap();
        assert_eq!(receipt.verdict(), Verdict::Unknown, "{body}");
        let client = Client::new(server(answering(|| answer(201, &[], body))).0).trust_status();
        assert_eq!(submit(&client).await.unwrap().verdict(), Verdict::Delivered, "{body}");
    }
}

/// R-012: POST 200 and 204 are failures, envelope or not.
#[tokio::test]
async fn other_kinds_of_yes_prove_nothing() {
    for status in [200, 203, 204, 206] {
        for trusting in [false, true] {
            let (server, _) = server(answering(|| envelope(status, "submit_success", "Saved.")));
            let client = Client::new(server);
            let client = if trusting { client.trust_status() } else { client };
            let Receipt::Unconfirmed(unconfirmed) = submit(&client).await.unwrap() else {
                panic!("{status}")
            };
            let told = format!("the server answered {status}, which proves no delivery: Saved.");
            assert_eq!(unconfirmed.to_string(), told);
        }
    }
}

/// An envelope of which a byte comes now and then is not waited for: whether the form is there is not known.
#[tokio::test(start_paused = true)]
async fn an_answer_that_drips_is_given_up() {
    let dripping = |request: http::Request<Body>| async move {
        let drops = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(59)).await;
            Some((Ok(bytes::Bytes::from_static(b" ")), ()))
        });
        Ok(match *request.method() {
            Method::HEAD => ready().map(Body::from),
            _ => answer(201, &[], "").map(|_| Body::from_stream(None, Box::pin(drops))),
        })
    };
    let error = submit(&Client::new(dripping)).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Unknown);
    assert!(error.to_string().contains("the answer was not whole after 180 seconds"), "{error}");
}

/// R-026: a refusal of which the words break off, or never come, is judged by its head.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_one_by_its_head() {
    let verdict = async |status, headers: &'static [(&'static str, &'static str)], is_silent: bool| {
        let refusing = async |request: http::Request<Body>| {
            let end = futures_util::stream::once(async move {
                match is_silent {
                    true => std::future::pending().await,
                    false => Err(io::Error::other("reset")),
                }
            });
            Ok(match *request.method() {
                Method::HEAD => ready().map(Body::from),
                _ => answer(status, headers, "").map(|_| Body::from_stream(None, Box::pin(end))),
            })
        };
        submit(&Client::new(refusing)).await.unwrap_err().verdict()
    };
    for is_silent in [false, true] {
        let after = Some(Duration::from_secs(7));
        for status in [429, 503] {
            assert_eq!(
                verdict(status, &[("Retry-After", "7")], is_silent).await,
                Verdict::TryAgain { after }
            );
        }
        assert_eq!(verdict(400, &[], is_silent).await, Verdict::Refused);
        assert_eq!(verdict(500, &[], is_silent).await, Verdict::Unknown);
        assert_eq!(verdict(201, &[], is_silent).await, Verdict::Unknown);
    }
}

/// Nor does a challenge depend on what is said beside it.
#[tokio::test]
async fn a_challenge_with_broken_words_is_met() {
    let challenging = async |request: http::Request<Body>| {
        Ok(match request.headers().contains_key(header::AUTHORIZATION) {
            true if request.method() == Method::HEAD => ready().map(Body::from),
            true => stored().map(Body::from),
            false => answer(401, &[("WWW-Authenticate", "Basic realm=a")], "").map(|_| {
                let reset = futures_util::stream::iter([Err(io::Error::other("reset"))]);
                Body::from_stream(None, reset)
            }),
        })
    };
    let client = Client::new(challenging).credentials(&url(), amina());
    assert!(submit(&client).await.unwrap().is_delivered());
}

/// R-012: a portal is guessed at where there is a page, and elsewhere the server's words are told.
#[tokio::test]
async fn a_portal_answers_with_a_page() {
    let mut told = Vec::new();
    for (status, body) in [(200, "<!DOCTYPE html><p>Log in"), (201, ""), (206, "{}"), (201, " <HTML>")] {
        let Receipt::Unconfirmed(unconfirmed) = outcome(|| answer(status, &[], body)).await.unwrap() else {
            panic!("{body}")
        };
        told.push(unconfirmed.to_string());
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    status 200 without proof of delivery; does this network want a login first?
    the server answered 201 without an envelope: Created
    the server answered 206 without an envelope: {}
    status 201 without proof of delivery; does this network want a login first?
    ");
}

/// R-014: an unknown nature never causes failure.
#[tokio::test]
async fn natures_do_not_decide_over_a_yes() {
    for (nature, is_trouble) in
        [("", false), ("submit_error", true), ("of its own", false), ("processing_failure", true)]
    {
        let receipt = outcome(|| envelope(201, nature, "…")).await.unwrap();
        assert_eq!((receipt.is_delivered(), receipt.is_unprocessed()), (true, is_trouble), "{nature}");
    }
    for (words, is_trouble) in [
        ("Form is a duplicate of another! (0f5e7ea4)", false),
        ("Problem in processing: duplicate key value violates unique constraint", true),
    ] {
        let receipt = outcome(|| envelope(201, "submit_error", words)).await.unwrap();
        assert_eq!(receipt.is_unprocessed(), is_trouble, "{words}");
    }
}

/// R-015: after 202 the submission is never sent again.
#[tokio::test]
async fn accepted_is_delivered() {
    let (server, seen) = server(answering(|| envelope(202, "", "kept for later")));
    let receipt = submit(&Client::new(server)).await.unwrap();
    assert_eq!(receipt.verdict(), Verdict::Delivered);
    assert_eq!(receipt.message(), Some("kept for later"));
    assert_eq!(trail(&seen), [format!("HEAD {URL}"), format!("POST {URL}")]);
}

/// R-024: 409 is surfaced as a conflict and not retried.
#[tokio::test]
async fn a_conflict_is_for_a_person() {
    let (server, seen) = server(answering(|| envelope(409, "error", "exists with different XML")));
    let error = submit(&Client::new(server)).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.verdict(), Verdict::Refused);
    assert_eq!(error.to_string(), "the server answered 409: exists with different XML");
    assert_eq!(trail(&seen).len(), 2);
}

/// R-025: 422 `processing_failure` is for good; other 422, 423, 429 and 503 are to be tried again. (That is
/// the verdict; backing off in order is for whoever keeps the queue.)
/// R-026: `Retry-After` on 429 and 503 is handed on with the verdict.
#[tokio::test]
async fn what_a_no_means_for_the_copy() {
    let verdict = async |posted: Answer| {
        let (parts, body) = posted.into_parts();
        let again = || http::Response::from_parts(parts.clone(), body.clone());
        outcome(again).await.unwrap_err().verdict()
    };
    let later = Verdict::TryAgain { after: None };
    assert_eq!(verdict(envelope(422, "processing_failure", "")).await, Verdict::Refused);
    assert_eq!(verdict(envelope(422, "post_processing_failure", "")).await, later);
    assert_eq!(verdict(answer(422, &[], "")).await, later);
    for status in [402, 408, 421, 423, 425, 509] {
        assert_eq!(verdict(answer(status, &[], "")).await, later, "{status}");
    }
    let in_two_minutes = Verdict::TryAgain { after: Some(Duration::from_secs(120)) };
    for status in [429, 503] {
        assert_eq!(verdict(answer(status, &[("Retry-After", "120")], "")).await, in_two_minutes);
    }
    for status in [400, 403, 404, 406, 410, 413] {
        assert_eq!(verdict(answer(status, &[], "")).await, Verdict::Refused, "{status}");
    }
    for status in [302, 303, 500, 502, 504] {
        assert_eq!(verdict(answer(status, &[], "")).await, Verdict::Unknown, "{status}");
    }
    let told = answer(413, &[("X-OpenRosa-Accept-Content-Length", "10")], "");
    assert_eq!(verdict(told).await, Verdict::Refused, "a form alone cannot be smaller");
}

/// R-026: a date in `Retry-After` counts from the answer's own, whatever the clock of the device says.
#[tokio::test]
async fn a_clock_that_is_off_makes_no_wait_longer() {
    let busy = || {
        let date = ("Date", "Mon, 14 Feb 2011 16:48:15 GMT");
        answer(503, &[date, ("Retry-After", "Mon, 14 Feb 2011 16:50:15 GMT")], "")
    };
    for clock in [|| SystemTime::UNIX_EPOCH, || SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000)] {
        let error = submit(&Client::new(server(answering(busy)).0).clock(clock)).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::TryAgain { after: Some(Duration::from_secs(120)) });
    }
}

/// R-026: whatever a server asks for, it is asked again after a day.
#[tokio::test]
async fn nobody_is_silenced_for_years() {
    for (wanted, after) in [
        ("0", 1),
        ("86400", 86_400),
        ("4294967296", 86_400),
        ("99999999999999999999", 86_400),
        ("Thu, 01 Jan 2065 00:00:00 GMT", 86_400),
    ] {
        let error = outcome(|| answer(503, &[("Retry-After", wanted)], "")).await.unwrap_err();
        let after = Some(Duration::from_secs(after));
        assert_eq!((error.retry_after(), error.verdict()), (after, Verdict::TryAgain { after }), "{wanted}");
    }
}

/// R-012: what the network answers in the server's place is no word about the form: 407, 511, and the way to another host.
#[tokio::test]
async fn a_network_that_wants_a_login_has_refused_no_form() {
    let portal: &[(&str, &str)] = &[("Location", "http://login.example/?to=odk")];
    for (status, headers) in
        [(407, &[][..]), (511, &[]), (301, portal), (302, portal), (303, portal), (307, portal)]
    {
        let error = outcome(|| answer(status, headers, "<html>Log in</html>")).await.unwrap_err();
        assert!(error.is_captive_portal() && error.response().is_none(), "{status}: {error}");
        assert_eq!(error.verdict(), Verdict::TryAgain { after: None }, "{status}");
        assert!(!error.is_server_error() && !error.is_auth(), "{status}");
    }
    let words = async |status, headers| outcome(|| answer(status, headers, "")).await.unwrap_err();
    insta::assert_snapshot!(words(511, &[]).await, @"the network answered 511, and not the server; does it want a login first?");
    insta::assert_snapshot!(words(302, portal).await, @"the request was sent on to another host, `login.example`; does this network want a login first?");
}

const SQUID: &str = "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01//EN\"><html><head>
    <TITLE lang=en>ERROR: The requested URL\n could not be retrieved</title></head><body>Access Denied.</body></html>";

/// R-012: a gateway that turns everything away with a page, HEAD too, has refused no form.
#[tokio::test]
async fn a_page_in_the_servers_place_has_refused_no_form() {
    for status in [400, 403, 404, 405, 406, 410, 411, 451] {
        let gateway = move |_: &Seen| answer(status, &[], SQUID);
        let without = Client::new(server(gateway).0).without_preflight(AcceptLength::DEFAULT);
        for client in [Client::new(server(gateway).0), without] {
            let error = submit(&client).await.unwrap_err();
            assert!(error.is_captive_portal() && error.response().is_none(), "{error}");
            assert_eq!(error.verdict(), Verdict::TryAgain { after: None });
            assert_eq!(error.status().unwrap(), status);
        }
    }
    let error = submit(&Client::new(server(|_: &Seen| answer(403, &[], SQUID)).0)).await.unwrap_err();
    insta::assert_snapshot!(error, @"what answered 403 (`ERROR: The requested URL could not be retrieved`) does not say that it is an OpenRosa server; is the address right, or does this network want a login first?");
}

/// Traefik's, of an ingress of Kubernetes, Cloudflare's, of AWS, and nobody's.
const WORDS: [(u16, &str); 5] = [
    (404, "404 page not found\n"),
    (404, "default backend - 404"),
    (403, "error code: 1020"),
    (403, "{\"message\":\"Forbidden\"}"),
    (403, ""),
];

/// R-012: nor has one that does so in words; where HEAD is not asked, they are taken for the server's.
#[tokio::test]
async fn words_in_the_servers_place_have_refused_no_form() {
    let mut told = Vec::new();
    for (status, words) in WORDS {
        let gateway = move |_: &Seen| answer(status, &[], words);
        let error = submit(&Client::new(server(gateway).0)).await.unwrap_err();
        assert!(error.is_captive_portal() && error.response().is_none(), "{error}");
        assert_eq!(error.verdict(), Verdict::TryAgain { after: None });
        told.push(error.to_string());
        let unasked = Client::new(server(gateway).0).without_preflight(AcceptLength::DEFAULT);
        assert_eq!(submit(&unasked).await.unwrap_err().verdict(), Verdict::Refused, "{words}");
    }
    let told =
        told.join("\n").replace("does not say that it is an OpenRosa server; is the address right, or", "…");
    insta::assert_snapshot!(told, @r#"
    what answered 404 (`404 page not found`) … does this network want a login first?
    what answered 404 (`default backend - 404`) … does this network want a login first?
    what answered 403 (`error code: 1020`) … does this network want a login first?
    what answered 403 (`{"message":"Forbidden"}`) … does this network want a login first?
    what answered 403 … does this network want a login first?
    "#);
}

/// R-012: a server that nowhere says what it is refuses by envelopes; a size and a conflict need none, nor does a user who may not
/// work any more.
#[tokio::test]
async fn a_server_without_the_header_refuses_by_envelopes() {
    let unsigned = async |status, body: &str| {
        let body = body.to_owned();
        submit(&Client::new(server(move |_: &Seen| answer(status, &[], &body)).0)).await.unwrap_err()
    };
    let refusal = openrosa_xml::Envelope::new("no such form").write().unwrap();
    assert_eq!(unsigned(404, &refusal).await.verdict(), Verdict::Refused);
    assert_eq!(unsigned(413, SQUID).await.verdict(), Verdict::Refused);
    assert!(unsigned(409, "").await.is_conflict());
    let inactive = r#"{"error": "user.deactivated", "default_response": "No more."}"#;
    assert!(unsigned(406, inactive).await.is_inactive());
    assert!(!unsigned(406, "").await.is_inactive());
}

/// R-012: the page of a server that said at the door what it is, or says so with the page, is a refusal: Aggregate's are.
#[tokio::test]
async fn a_page_of_an_openrosa_server_is_a_refusal() {
    let (aggregate, seen) = server(answering(|| answer(404, &[], SQUID)));
    assert_eq!(submit(&Client::new(aggregate)).await.unwrap_err().verdict(), Verdict::Refused);
    let (knock, form) = (format!("HEAD {URL}"), format!("POST {URL}"));
    assert_eq!(trail(&seen), [&*knock, &form, &knock]);
    for (status, words) in WORDS {
        assert_eq!(outcome(|| answer(status, &[], words)).await.unwrap_err().verdict(), Verdict::Refused);
    }
    let signed = |_: &Seen| answer(400, &[("X-OpenRosa-Version", "1.0")], SQUID);
    assert_eq!(submit(&Client::new(server(signed).0)).await.unwrap_err().verdict(), Verdict::Refused);
    let too_large = |_: &Seen| answer(413, &[], SQUID);
    assert_eq!(submit(&Client::new(server(too_large).0)).await.unwrap_err().verdict(), Verdict::Refused);
}

/// R-012: a gateway that came in between after the first form was taken is seen at the door.
#[tokio::test]
async fn a_gateway_that_came_in_between_is_seen() {
    for said in [SQUID, "404 page not found\n"] {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let server =
            server(move |seen: &Seen| match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 | 1 => answering(stored)(seen),
                _ => answer(404, &[], said),
            });
        let client = Client::new(server.0);
        assert!(submit(&client).await.unwrap().is_delivered());
        assert!(submit(&client).await.unwrap_err().is_captive_portal());
        assert_eq!(trail(&server.1).len(), 4);
    }
}

#[tokio::test]
async fn a_broken_connection_leaves_it_open_whether_the_form_arrived() {
    for (sent, verdict) in [(Sent::No, Verdict::TryAgain { after: None }), (Sent::Perhaps, Verdict::Unknown)]
    {
        let broken = move |_| async move { Err(transport::Error::new(sent, "reset")) };
        let client = Client::new(broken).without_preflight(AcceptLength::DEFAULT);
        let error = submit(&client).await.unwrap_err();
        assert!(error.is_transport());
        assert_eq!(error.verdict(), verdict);
    }
}

#[tokio::test]
async fn an_endless_answer_is_read_to_a_limit() {
    let endless = async |_: http::Request<Body>| {
        let page = futures_util::stream::repeat_with(|| Ok(bytes::Bytes::from_static(&[b' '; 1 << 16])));
        Ok(http::Response::new(Body::from_stream(None, page)))
    };
    let client = Client::new(endless).without_preflight(AcceptLength::DEFAULT);
    assert_eq!(submit(&client).await.unwrap().verdict(), Verdict::Unknown);
}
