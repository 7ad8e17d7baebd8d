mod tokens;

use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderMap};

use super::*;
use crate::api::submission::Attachment;
use crate::transport::{self, Sent};

pub(super) const URL: &str = "https://odk.example/submission";
pub(super) const XML: &str = "<data id='f'/>";

/// A request as the server saw it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) headers: HeaderMap,
    body: String,
}

impl Seen {
    pub(super) fn authorization(&self) -> &str {
        self.headers.get(header::AUTHORIZATION).map_or("", |value| value.to_str().unwrap())
    }
}

/// A server: answers by its rule and remembers what it was asked.
pub(super) struct Server<R> {
    rule: R,
    seen: Arc<Mutex<Vec<Seen>>>,
}

pub(super) type Answer = http::Response<String>;

pub(super) fn server<R: Fn(&Seen) -> Answer>(rule: R) -> (Server<R>, Arc<Mutex<Vec<Seen>>>) {
    let seen = Arc::new(Mutex::default());
    (Server { rule, seen: Arc::clone(&seen) }, seen)
}

impl<R: Fn(&Seen) -> Answer + Send + Sync> Transport for Server<R> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>, transport::Error> {
        let (parts, body) = request.into_parts();
        let body = String::from_utf8_lossy(&body.read_up_to(1 << 25).await.unwrap()).into_owned();
        let seen = Seen { method: parts.method, uri: parts.uri.to_string(), headers: parts.headers, body };
        let answer = (self.rule)(&seen);
        self.seen.lock().unwrap().push(seen);
        Ok(answer.map(Body::from))
    }
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(body.to_owned()).unwrap()
}

pub(super) fn ready() -> Answer {
    answer(204, &[("X-OpenRosa-Version", "1.0")], "")
}

pub(super) fn envelope(status: u16, nature: &str, message: &str) -> Answer {
    let envelope = openrosa_xml::Envelope::new(message).with_nature(nature).write().unwrap();
    answer(status, &[("X-OpenRosa-Version", "1.0")], &envelope)
}

/// Ready for HEAD; POST gets `posted`.
pub(super) fn answering(posted: impl Fn() -> Answer) -> impl Fn(&Seen) -> Answer {
    move |seen| if seen.method == Method::HEAD { ready() } else { posted() }
}

pub(super) fn stored() -> Answer {
    envelope(201, "submit_success", "Saved.")
}

pub(super) fn url() -> Url {
    URL.parse().unwrap()
}

pub(super) fn amina() -> Credentials {
    Credentials::new("amina", "secret")
}

pub(super) fn trail(seen: &Mutex<Vec<Seen>>) -> Vec<String> {
    seen.lock().unwrap().iter().map(|seen| format!("{} {}", seen.method, seen.uri)).collect()
}

async fn submit<T: Transport>(client: &Client<T>) -> Result<Receipt, Error> {
    client.submit(&url(), &Request::new(XML)).await
}

/// The outcome of a submission whose POST is answered so.
async fn outcome(posted: impl Fn() -> Answer + Send + Sync) -> Result<Receipt, Error> {
    submit(&Client::new(server(answering(posted)).0)).await
}

#[test]
fn a_submission_can_be_spawned() {
    fn spawned(_: impl Future + Send) {}
    let client = Client::new(server(answering(stored)).0);
    spawned(client.submit(&url(), &Request::new(XML)));
}

#[tokio::test]
async fn the_credentials_set_last_count() {
    let (server, seen) = server(answering(stored));
    let wrong = Credentials::new("amina", "wrong");
    let client =
        Client::new(server).credentials(&url(), wrong).credentials(&url(), amina()).preemptive_basic();
    assert!(submit(&client).await.unwrap().is_delivered());
    assert!(seen.lock().unwrap().iter().all(|seen| seen.authorization() == BASIC));
}

/// R-001: every request carries `X-OpenRosa-Version`, `1.0` or as configured.
/// R-002: every request carries `Date`.
/// R-003: `Accept-Language` is sent when configured.
/// R-004: `deviceID` is added to every address, behind what is there.
/// R-005: HEAD precedes the first POST to a submission URL, and only the first.
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

/// R-001, R-002: documents are asked for with version and date.
/// R-003: and form lists, manifests and integrity in the language that is set.
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

/// R-001: CommCare's `3.0` is configurable.
/// R-005: no HEAD where credentials and limit are known.
#[tokio::test]
async fn commcare_is_spoken_when_asked_for() {
    let (server, seen) = server(answering(stored));
    let client = Client::new(server).version(Version::COMMCARE_3).without_preflight(AcceptLength(1 << 24));
    assert!(submit(&client).await.unwrap().is_delivered());
    assert_eq!(trail(&seen), [format!("POST {URL}")]);
    assert_eq!(seen.lock().unwrap()[0].headers["X-OpenRosa-Version"], "3.0");
}

/// R-005: CommCare HQ is not asked by HEAD, and gets a submission in one POST, as it merges none (openrosa.md 2.4, 2.5).
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

/// R-006: HEAD 204 must carry a version, and its accept length is kept to.
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

/// R-007: HEAD 204 + `Location` on the same host redirects the POST; another host is an error.
/// R-008: a `Location` without query inherits the original one, still encoded.
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

/// R-009: HEAD 404, 405, 5xx do not stop the POST; HEAD 200 is reported as no OpenRosa server.
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
    insta::assert_snapshot!(error, @"not an OpenRosa server: it answered 200 to HEAD, as gateways do; does this network want a login first?");
    assert_eq!(trail(&seen), [format!("HEAD {URL}")]);
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
    let double = || envelope(201, "submit_error", "Form is a duplicate of another!");
    assert!(!outcome(double).await.unwrap().is_unprocessed());
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

fn three_files() -> Request {
    let attach = |form: Request, name| form.attach(Attachment::bytes(name, vec![b'x'; 100])).unwrap();
    ["1", "2", "3"].into_iter().fold(Request::new(XML), attach)
}

/// R-021: split POSTs are strictly sequential, the first failure stops them, and sending again sends all with
/// the same XML.
/// R-022: no byte of it is rewritten between attempts.
#[tokio::test]
async fn a_split_stops_at_its_first_failure() {
    let (server, seen) = server(|seen: &Seen| match &seen.body {
        body if body.contains("name=\"2\"") => answer(500, &[], ""),
        _ => stored(),
    });
    let client = Client::new(server).without_preflight(AcceptLength(100));
    for _ in 0..2 {
        let error = client.submit(&url(), &three_files()).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Unknown);
    }
    let seen = seen.lock().unwrap();
    let files: Vec<_> = seen
        .iter()
        .map(|seen| ["1", "2", "3"].map(|name| seen.body.contains(&format!("filename=\"{name}\""))))
        .collect();
    let (first, second) = ([true, false, false], [false, true, false]);
    assert_eq!(files, [first, second, first, second]);
    assert!(seen.iter().all(|seen| seen.body.contains(XML)));
}

/// R-021: one POST is answered before the next is begun.
#[tokio::test]
async fn split_posts_never_overlap() {
    let under_way = Arc::new(Mutex::new(0));
    let server = {
        let under_way = Arc::clone(&under_way);
        move |_: http::Request<Body>| {
            let under_way = Arc::clone(&under_way);
            async move {
                *under_way.lock().unwrap() += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
                let now = std::mem::replace(&mut *under_way.lock().unwrap(), 0);
                assert_eq!(now, 1);
                Ok(stored().map(Body::from))
            }
        }
    };
    let client = Client::new(server).without_preflight(AcceptLength(100));
    assert!(client.submit(&url(), &three_files()).await.unwrap().is_delivered());
}

/// Which of three files go in a POST, as `1 2`.
fn files(seen: &Seen) -> String {
    let named = |name: &&str| seen.body.contains(&format!("filename=\"{name}\""));
    ["1", "2", "3"].into_iter().filter(named).collect::<Vec<_>>().join(" ")
}

/// A server that takes bodies of so many bytes, tells that or not in refusing others, and announces more.
fn taking(limit: usize, told: Option<&'static str>) -> impl Fn(&Seen) -> Answer {
    let told: Vec<_> = told.map(|told| ("X-OpenRosa-Accept-Content-Length", told)).into_iter().collect();
    move |seen| match seen.method == Method::HEAD {
        true => ready(),
        false if seen.body.len() > limit => answer(413, &told, ""),
        false => stored(),
    }
}

/// R-019: a refusal that tells a lower limit is planned by at once, and from then on.
#[tokio::test]
async fn a_limit_that_a_refusal_tells_is_kept_to() {
    let (server, seen) = server(taking(800, Some("800")));
    let client = Client::new(server);
    for _ in 0..2 {
        assert!(client.submit(&url(), &three_files()).await.unwrap().is_delivered());
    }
    let posted: Vec<_> = seen.lock().unwrap().iter().map(files).collect();
    assert_eq!(posted, ["", "1 2 3", "1 2", "3", "1 2", "3"]);
}

/// R-019, R-020: files go alone with the form before a POST is given up as too large.
#[tokio::test]
async fn what_can_be_smaller_is_not_refused() {
    for told in [None, Some("many"), Some("790")] {
        let (server, seen) = server(taking(500, told));
        assert!(Client::new(server).submit(&url(), &three_files()).await.unwrap().is_delivered());
        let seen = seen.lock().unwrap();
        let posted: Vec<_> = seen.iter().filter(|seen| seen.method == Method::POST).map(files).collect();
        assert_eq!(posted[posted.len() - 3..], ["1", "2", "3"], "{told:?}: {posted:?}");
        assert!(posted.len() <= 5, "{told:?}: {posted:?}");
    }
    let (server, seen) = server(taking(300, None));
    let error = Client::new(server).submit(&url(), &three_files()).await.unwrap_err();
    assert_eq!((error.verdict(), trail(&seen).len()), (Verdict::Refused, 3), "now it is for a person");

    let (server, seen) = self::server(taking(300, Some("300")));
    let client = Client::new(server).for_peer(&crate::peer::COMMCARE_HQ);
    let error = client.submit(&url(), &three_files()).await.unwrap_err();
    assert_eq!((error.verdict(), trail(&seen).len()), (Verdict::Refused, 1), "it is not to be split");
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
    assert_eq!(verdict(answer(423, &[], "")).await, later);
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

const BASIC: &str = "Basic YW1pbmE6c2VjcmV0";

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

/// R-031: a redirect from https to http is refused.
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

/// R-031: a POST is never turned into a GET: it stays a POST or is not sent on.
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

#[tokio::test]
async fn an_endless_answer_is_read_to_a_limit() {
    let endless = async |_: http::Request<Body>| {
        let page = futures_util::stream::repeat_with(|| Ok(bytes::Bytes::from_static(&[b' '; 1 << 16])));
        Ok(http::Response::new(Body::from_stream(None, page)))
    };
    let client = Client::new(endless).without_preflight(AcceptLength::DEFAULT);
    assert_eq!(submit(&client).await.unwrap().verdict(), Verdict::Unknown);
}
