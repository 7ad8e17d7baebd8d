//! Where a server sends a client on, and where the client does not go.

use super::*;

/// HEAD 204 + `Location` on the same host redirects the POST; another host is an error.
/// a `Location` without query inherits the original one, still encoded.
#[tokio::test]
async fn a_location_moves_the_post() {
    let at = |location: &'static str| {
        server(move |seen: &Seen| match seen.method {
            Method::HEAD => answer(204, &[("X-OpenRosa-Version", "1.0"), ("Location", location)], ""),
            _ => stored(),
        })
    };
    let (moved, seen) = at("https://ODK.example/v2");
    let url = "http://odk.example/submission?st=a%2Fb".parse().unwrap();
    let client = Client::new(moved);
    for _ in 0..2 {
        assert!(client.submit(&url, &Request::new(XML)).await.unwrap().is_delivered());
    }
    let post = "POST https://odk.example/v2?st=a%2Fb";
    assert_eq!(trail(&seen), ["HEAD http://odk.example/submission?st=a%2Fb", post, post]);

    let (strange, seen) = at("https://evil.example/submission");
    let error = Client::new(strange).submit(&url, &Request::new(XML)).await.unwrap_err();
    insta::assert_snapshot!(error, @"the server's redirect is not followed: it leads to another host, `evil.example`");
    assert_eq!(error.verdict(), Verdict::TryAgain { after: None });
    assert_eq!(trail(&seen).len(), 1, "nothing was posted");
}

/// a redirect from https to http is refused.
#[tokio::test]
async fn https_is_not_left() {
    for status in [204, 301, 302, 307, 308] {
        let (server, seen) = server(move |_: &Seen| {
            answer(
                status,
                &[("Location", "http://odk.example/submission"), ("X-OpenRosa-Version", "1.0")],
                "",
            )
        });
        let error = submit(&Client::new(server)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the server's redirect is not followed: it leads from https to plain http"
        );
        assert_eq!(trail(&seen).len(), 1);
    }
}

/// a POST is never turned into a GET: it stays a POST or is not sent on.
#[tokio::test]
async fn a_post_stays_a_post() {
    for (status, requests) in [(301, 1), (302, 1), (303, 1), (307, 2), (308, 2)] {
        let (server, seen) = server(move |seen: &Seen| match &*seen.uri {
            URL => answer(status, &[("Location", "/elsewhere")], ""),
            _ => stored(),
        });
        let client = Client::new(server).without_preflight(AcceptLength::DEFAULT);
        assert_eq!(submit(&client).await.is_ok(), requests == 2, "{status}");
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), requests);
        assert!(seen.iter().all(|seen| seen.method == Method::POST && seen.body.contains(XML)));
    }
}

#[tokio::test]
async fn a_head_follows_its_server_and_the_post_goes_where_it_ended() {
    let (moving, seen) = server(|seen: &Seen| match (&*seen.uri, &seen.method) {
        (URL, _) => answer(301, &[("Location", "/b/submission")], ""),
        (_, &Method::HEAD) => ready(),
        _ => stored(),
    });
    assert!(submit(&Client::new(moving)).await.unwrap().is_delivered());
    assert_eq!(
        trail(&seen)[1..],
        ["HEAD https://odk.example/b/submission", "POST https://odk.example/b/submission"]
    );

    let (circling, seen) = server(|_: &Seen| answer(302, &[("Location", URL)], ""));
    insta::assert_snapshot!(submit(&Client::new(circling)).await.unwrap_err(), @"the server redirects without end");
    assert_eq!(trail(&seen).len(), 6);
}
