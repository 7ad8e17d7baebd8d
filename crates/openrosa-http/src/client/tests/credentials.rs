//! Who is let in, by which scheme, and where credentials do not go.

use super::*;

#[tokio::test]
async fn the_credentials_set_last_count() {
    let (server, seen) = server(answering(stored));
    let wrong = Credentials::new("amina", "wrong");
    let client =
        Client::new(server).credentials(&url(), wrong).credentials(&url(), amina()).preemptive_basic();
    assert!(submit(&client).await.unwrap().is_delivered());
    assert!(seen.lock().unwrap().iter().all(|seen| seen.authorization() == BASIC));
}

/// R-010: HEAD or POST 401 triggers authentication once per credential set, not a loop.
#[tokio::test]
async fn a_challenge_is_met_once() {
    for challenge in
        ["Basic realm=a", "Digest realm=a, nonce=n, qop=auth", "Digest realm=a, nonce=n, stale=true"]
    {
        let (server, seen) =
            server(move |_: &Seen| answer(401, &[("WWW-Authenticate", challenge)], "go away"));
        let client = Client::new(server).credentials(&url(), amina());
        let error = submit(&client).await.unwrap_err();
        assert!(error.is_auth());
        assert_eq!(error.to_string(), "the server refused the credentials: go away");
        assert_eq!(trail(&seen), [format!("HEAD {URL}"), format!("HEAD {URL}")], "{challenge}");
    }
    let (hq, seen) = server(|seen: &Seen| match seen.method {
        Method::HEAD => answer(405, &[], ""),
        _ => answer(401, &[("WWW-Authenticate", "Basic realm=a")], ""),
    });
    assert!(submit(&Client::new(hq).credentials(&url(), amina())).await.unwrap_err().is_auth());
    assert_eq!(trail(&seen).len(), 3);
}

/// R-010: without credentials, or without a scheme in common, there is no second request.
#[tokio::test]
async fn a_challenge_nobody_can_meet_ends_it() {
    let (open, _) = server(|_: &Seen| answer(401, &[("WWW-Authenticate", "Basic realm=a")], ""));
    insta::assert_snapshot!(submit(&Client::new(open)).await.unwrap_err(), @"the server wants credentials and none are set for it: Unauthorized");
    let (token, _) = server(|_: &Seen| answer(401, &[("WWW-Authenticate", "Bearer, Negotiate")], ""));
    insta::assert_snapshot!(submit(&Client::new(token).credentials(&url(), amina())).await.unwrap_err(), @"the server wants what is not spoken here, `Bearer`, `Negotiate`: Unauthorized");
    let (central, _) = server(|_: &Seen| answer(401, &[], ""));
    insta::assert_snapshot!(submit(&Client::new(central).credentials(&url(), amina())).await.unwrap_err(), @"the server refused and did not say what it wants; it may want Basic unasked: Unauthorized");
}

/// R-027: credentials are never sent to a server other than the one they were set for.
#[tokio::test]
async fn credentials_do_not_travel() {
    let (server, seen) = server(|_: &Seen| answer(401, &[("WWW-Authenticate", "Basic realm=a")], ""));
    let elsewhere = "https://other.example/".parse().unwrap();
    let client = Client::new(server).credentials(&elsewhere, amina()).preemptive_basic();
    let error = submit(&client).await.unwrap_err();
    assert_eq!(error.unanswerable(), Some(&Unanswerable::NoCredentials));
    assert!(seen.lock().unwrap().iter().all(|seen| seen.authorization().is_empty()));
}

/// R-027: nor are they sent on with a request to another origin, be it another port only; who has set them is told where they are
/// wanted, and not that there are none.
#[tokio::test]
async fn credentials_that_are_wanted_at_another_origin_are_not_told_as_missing() {
    let moved = |_: &Seen| answer(307, &[("Location", "https://odk.example:8443/there?st=token")], "");
    let wanting = |_: &Seen| answer(401, &[("WWW-Authenticate", "Basic realm=a")], "");
    let odk = move || {
        server(move |seen: &Seen| if seen.uri.contains(":8443") { wanting(seen) } else { moved(seen) })
    };
    let trusting = |server| Client::new(server).credentials(&url(), amina()).preemptive_basic();
    let (listing, seen) = odk();
    let listed = trusting(listing).form_list(&url(), &Default::default()).await.unwrap_err();
    insta::assert_snapshot!(listed, @"the server sent the request on to `https://odk.example:8443`, which wants credentials; those of this server do not go there: Unauthorized");
    assert!(listed.is_auth());
    assert_eq!(trail(&seen).len(), 2);
    assert!(seen.lock().unwrap()[1].authorization().is_empty());

    let (submitting, _) = odk();
    let error = submit(&trusting(submitting)).await.unwrap_err();
    assert_eq!(error.to_string(), listed.to_string());

    // So it is where HEAD is answered, and its answer alone leads there.
    let (led, _) = server(move |seen: &Seen| match seen.method {
        Method::HEAD => {
            answer(204, &[("Location", "https://odk.example:8443/"), ("X-OpenRosa-Version", "1.0")], "")
        }
        _ => wanting(seen),
    });
    assert_eq!(
        submit(&Client::new(led).credentials(&url(), amina()).preemptive_basic())
            .await
            .unwrap_err()
            .to_string(),
        listed.to_string()
    );
}

/// R-027: credentials are never placed in addresses.
#[tokio::test]
async fn an_address_with_credentials_is_not_called() {
    let (server, seen) = server(answering(stored));
    let client = Client::new(server);
    for address in ["https://amina:secret@odk.example/", "https://amina@odk.example/", "ftp://odk.example/"] {
        let error = client.submit(&address.parse().unwrap(), &Request::new(XML)).await.unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }
    assert!(trail(&seen).is_empty());
}

#[tokio::test]
async fn neither_debug_nor_errors_show_a_password() {
    let (server, _) = server(|_: &Seen| answer(401, &[("WWW-Authenticate", "Basic realm=a")], ""));
    let client = Client::new(server).credentials(&url(), amina());
    let error = submit(&client).await.unwrap_err();
    assert!(!format!("{client:?} {error:?} {error}").contains("secret"));
}

/// R-028: Basic is refused over http unless that is allowed; on https it is sent when asked for.
#[tokio::test]
async fn basic_needs_https() {
    let asking = || {
        server(|seen: &Seen| match (seen.authorization(), &seen.method) {
            (BASIC, &Method::HEAD) => ready(),
            (BASIC, _) => stored(),
            _ => answer(401, &[("WWW-Authenticate", "Basic realm=a")], ""),
        })
    };
    let plain: Url = "http://odk.example/submission".parse().unwrap();
    let (open, seen) = asking();
    let client = Client::new(open).credentials(&plain, amina()).preemptive_basic();
    let error = client.submit(&plain, &Request::new(XML)).await.unwrap_err();
    assert_eq!(error.unanswerable(), Some(&Unanswerable::BasicOverHttp));
    assert!(seen.lock().unwrap().iter().all(|seen| seen.authorization().is_empty()));

    let client = Client::new(asking().0).credentials(&plain, amina()).basic_over_http(BasicOverHttp::Allow);
    assert!(client.submit(&plain, &Request::new(XML)).await.unwrap().is_delivered());

    let (secure, seen) = asking();
    assert!(submit(&Client::new(secure).credentials(&url(), amina())).await.unwrap().is_delivered());
    let sent: Vec<_> = seen.lock().unwrap().iter().map(|seen| seen.authorization().to_owned()).collect();
    assert_eq!(sent, ["", BASIC, BASIC], "asked once, then sent unasked");
}

/// R-028: on https Basic is sent unasked when preemptive mode is set, as ODK Central never asks.
#[tokio::test]
async fn basic_goes_unasked_when_told_to() {
    let (central, seen) = server(|seen: &Seen| match (seen.authorization(), &seen.method) {
        (BASIC, &Method::HEAD) => ready(),
        (BASIC, _) => stored(),
        _ => answer(401, &[], ""),
    });
    let client = Client::new(central).credentials(&url(), amina()).preemptive_basic();
    assert!(submit(&client).await.unwrap().is_delivered());
    assert_eq!(trail(&seen), [format!("HEAD {URL}"), format!("POST {URL}")]);
}

/// R-029: Digest is preferred to Basic, and a stale nonce is replaced without asking anybody.
/// R-030: the count rises with every request, and `uri` is the target sent, query included.
#[cfg(feature = "server")]
#[tokio::test]
async fn digest_against_a_server_that_counts() {
    use crate::auth::digest::verifier::{DigestSecret, Verifier};

    let verifier = Mutex::new(Verifier::new("clinic").unwrap());
    let minutes = Arc::new(Mutex::new(0));
    let now = Arc::clone(&minutes);
    let (server, seen) = server(move |seen: &Seen| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(60 * *now.lock().unwrap());
        let uri = seen.uri.parse().unwrap();
        let mut verifier = verifier.lock().unwrap();
        let sent = seen.headers.get(header::AUTHORIZATION);
        let verdict = sent.map(|sent| {
            verifier.verify(&seen.method, &uri, sent, now, |_| Some(DigestSecret::of_password("secret")))
        });
        match verdict {
            Some(Ok(_)) if seen.method == Method::HEAD => ready(),
            Some(Ok(_)) => stored(),
            refused => {
                let stale = matches!(refused, Some(Err(refusal)) if refusal.is_stale());
                let challenge = verifier.challenge(now, stale);
                answer(
                    401,
                    &[
                        ("WWW-Authenticate", "Basic realm=a"),
                        ("WWW-Authenticate", challenge.to_str().unwrap()),
                    ],
                    "",
                )
            }
        }
    });
    let url: Url = "http://odk.example/submission?st=a%2Fb".parse().unwrap();
    let client = Client::new(server).credentials(&url, amina()).device_id("d 1");
    for minute in [0, 0, 31] {
        *minutes.lock().unwrap() = minute;
        assert!(client.submit(&url, &Request::new(XML)).await.unwrap().is_delivered());
    }
    let seen = seen.lock().unwrap();
    let counts: Vec<_> =
        seen.iter().map(|seen| seen.authorization().rsplit_once("nc=").map_or("", |nc| nc.1)).collect();
    assert_eq!(counts, ["", "00000001", "00000002", "00000003", "00000004", "00000001"]);
    let target = r#"uri="/submission?st=a%2Fb&deviceID=d%201""#;
    assert!(seen.iter().skip(1).all(|seen| seen.authorization().contains(target)));
}

/// R-029: a nonce that was spent before its answer came is no wrong password.
#[tokio::test]
async fn a_fresh_nonce_may_be_stale_once() {
    for (good_from, is_good) in [(3, true), (4, false)] {
        let asked = Mutex::new(0);
        let (server, seen) = server(move |_: &Seen| {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            let stale = if *asked > 1 { ", stale=true" } else { "" };
            let challenge = format!("Digest realm=a, nonce=n{asked}, qop=auth{stale}");
            match *asked >= good_from {
                true => ready(),
                false => answer(401, &[("WWW-Authenticate", &challenge)], ""),
            }
        });
        let client = Client::new(server).credentials(&url(), amina());
        // What answers its POST with the head of a HEAD says nothing of the form.
        let sent = submit(&client).await;
        assert_eq!(sent.is_ok(), is_good);
        if let Err(error) = sent {
            assert_eq!(error.unanswerable(), Some(&Unanswerable::Stale));
            insta::assert_snapshot!(error, @"the server keeps calling its own nonces too old: Unauthorized");
            assert_eq!(trail(&seen).len(), 3, "there is no fourth time");
        }
    }
}

/// R-030: `nc` rises with every use of a nonce, also where each address brings it anew.
#[tokio::test]
async fn a_nonce_that_comes_again_is_counted_on() {
    let challenge = "Digest realm=a, nonce=n, qop=auth, domain=\"/formList\"";
    let counted = Mutex::new(0);
    let (server, seen) = server(move |seen: &Seen| {
        let count = seen.authorization().rsplit_once("nc=").map_or(0, |nc| nc.1.parse().unwrap());
        let mut counted = counted.lock().unwrap();
        if count <= *counted {
            return answer(401, &[("WWW-Authenticate", challenge)], "");
        }
        *counted = count;
        if seen.method == Method::HEAD { ready() } else { stored() }
    });
    let client = Client::new(server).credentials(&url(), amina());
    assert!(submit(&client).await.unwrap().is_delivered());
    let seen = seen.lock().unwrap();
    let counts: Vec<_> =
        seen.iter().map(|seen| seen.authorization().rsplit_once("nc=").map_or("", |nc| nc.1)).collect();
    assert_eq!(counts, ["", "00000001", "", "00000002"]);
}
