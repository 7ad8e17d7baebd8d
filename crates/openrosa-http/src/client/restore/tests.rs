//! Restores from a server that is made up.

#[cfg(feature = "hyper")]
mod sockets;

use std::future::ready;
use std::io;
use std::sync::Mutex;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use openrosa_xml::restore::RestoreItem;
use openrosa_xml::{Limits, StateHash};

use super::super::tests::{Answer, Seen, amina, answer, envelope, server, trail};
use super::*;
use crate::client::{BasicOverHttp, Unanswerable};
use crate::headers::Version;
use crate::transport::{self, Body};

const RESTORE: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response' items='4'>\
    <message nature='ota_restore_success'>Willkommen, Zoë</message>\
    <Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync>\
    <fixture id='f'><rows><row>é</row></rows></fixture>\
    <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-01'><close/></case>\
    </OpenRosaResponse>";
const MINUTE: Duration = Duration::from_secs(60);

fn url() -> Url {
    "https://hq.example/a/demo/phone/restore/".parse().unwrap()
}

/// What a later restore asks.
fn later() -> Request {
    Request::new().holding("0f3c", &StateHash::from_digest("409c"))
}

fn pending(after: u64, done: u64, total: u64) -> Answer {
    let pending = Pending { after: Duration::from_secs(after), progress: Progress { done, total } };
    let answer = pending.write("Working on it", SystemTime::UNIX_EPOCH).unwrap();
    answer.map(|body| String::from_utf8(body.to_vec()).unwrap())
}

fn astray() -> Answer {
    envelope(412, "ota_restore_error", "No such sync log")
}

/// Each request gets the next of these answers.
fn in_turn(answers: impl IntoIterator<Item = Answer>) -> impl Fn(&Seen) -> Answer + Send + Sync {
    let answers = Mutex::new(answers.into_iter().collect::<Vec<_>>().into_iter());
    move |_| answers.lock().unwrap().next().expect("no request too many")
}

/// A body in chunks of this size, of a length that is announced or not, with an error for its end or without.
fn body(text: &str, size: usize, announced: Option<usize>, breaks: bool) -> Body {
    let chunks: Vec<_> =
        text.as_bytes().chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let end = breaks.then(|| Err(io::Error::other("connection reset")));
    Body::from_stream(announced.map(|length| length as u64), stream::iter(chunks.into_iter().chain(end)))
}

/// The restore that comes in this body.
async fn restore_of(body: Body) -> Restore {
    let body = Mutex::new(Some(body));
    let server = move |_: http::Request<Body>| {
        ready(Ok::<_, transport::Error>(http::Response::new(body.lock().unwrap().take().unwrap())))
    };
    match Client::new(server).restore(&url(), &Request::new()).await.unwrap() {
        Outcome::Ready(restore) => *restore,
        Outcome::Pending(pending) => panic!("{pending:?}"),
    }
}

/// The names of the items that came, and how it ended.
async fn taken(restore: &mut Restore) -> (Vec<String>, Result<(), Error>) {
    let mut names = Vec::new();
    loop {
        match restore.next_with(|item| item.value.name().local_name().to_owned()).await {
            Ok(Some(name)) => names.push(name),
            Ok(None) => return (names, Ok(())),
            Err(error) => return (names, Err(error)),
        }
    }
}

async fn error_of(answer: Answer) -> Error {
    let rule = move |_: &Seen| answer.clone();
    Client::new(server(rule).0).restore(&url(), &Request::new()).await.unwrap_err()
}

#[test]
fn a_restore_can_be_taken_on_another_thread() {
    fn spawned(_: impl Future + Send) {}
    let client = Client::new(server(in_turn([])).0);
    let url = url();
    spawned(client.restore_or_start_over(&url, &Request::new(), MINUTE, |_| ()));
    spawned(async { restore_of(body(RESTORE, 1, None, false)).await.save("x".as_ref(), |_| ()).await });
    spawned(async { restore_of(body(RESTORE, 1, None, false)).await.next().await });
}

/// S-070: version 2.0, the client's device, `items`; `since` and `state` with a token.
/// S-071: CommCare's version 3.0, and Basic unasked.
#[tokio::test]
async fn a_device_asks_as_commcare_does() {
    let (server, seen) = server(|_: &Seen| answer(200, &[], RESTORE));
    let client = Client::new(server)
        .version(Version::COMMCARE_3)
        .device_id("commcare_1")
        .credentials(&url(), amina())
        .preemptive_basic();
    for asked in [Request::new(), later()] {
        assert!(matches!(client.restore(&url(), &asked).await.unwrap(), Outcome::Ready(_)));
    }
    let begin = format!("GET {}?version=2.0&device_id=commcare_1", url());
    assert_eq!(
        trail(&seen),
        [format!("{begin}&items=true"), format!("{begin}&since=0f3c&state=ccsh%3A409c&items=true")]
    );
    for seen in &*seen.lock().unwrap() {
        assert_eq!(seen.headers["X-OpenRosa-Version"], "3.0");
        assert_eq!(seen.headers["X-OpenRosa-DeviceID"], "commcare_1");
        assert!(seen.authorization().starts_with("Basic "));
    }
}

/// S-071: no password over http unless allowed, no redirect to another host or down to http.
#[tokio::test]
async fn a_password_goes_nowhere_else() {
    let plain: Url = "http://hq.example/restore/".parse().unwrap();
    let (host, seen) = server(|_: &Seen| answer(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], ""));
    let client = Client::new(host).credentials(&plain, amina()).preemptive_basic();
    let error = client.restore(&plain, &Request::new()).await.unwrap_err();
    assert_eq!(error.unanswerable(), Some(&Unanswerable::BasicOverHttp));
    assert!(seen.lock().unwrap().iter().all(|seen| seen.authorization().is_empty()));

    let (host, seen) = server(|seen: &Seen| match seen.authorization() {
        "" => answer(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], ""),
        _ => answer(200, &[], RESTORE),
    });
    let client = Client::new(host).credentials(&plain, amina()).basic_over_http(BasicOverHttp::Allow);
    assert!(client.restore(&plain, &Request::new()).await.is_ok());
    assert!(seen.lock().unwrap().last().unwrap().authorization().starts_with("Basic "), "it is allowed");

    for to in ["https://evil.example/restore/", "http://hq.example/restore/"] {
        let (host, seen) = server(move |_: &Seen| answer(301, &[("Location", to)], ""));
        let error = Client::new(host)
            .credentials(&url(), amina())
            .preemptive_basic()
            .restore(&url(), &Request::new())
            .await
            .unwrap_err();
        assert!(error.to_string().starts_with("the server's redirect is not followed"), "{error}");
        assert_eq!(trail(&seen).len(), 1, "{to}");
    }
}

#[tokio::test]
async fn a_redirect_at_the_same_host_is_followed_with_all_that_was_asked() {
    let (host, seen) = server(|seen: &Seen| match seen.uri.contains("/restore/app/") {
        true => answer(200, &[], RESTORE),
        false => answer(302, &[("Location", "/a/demo/phone/restore/app/")], ""),
    });
    Client::new(host).restore(&url(), &later()).await.unwrap();
    let query = "version=2.0&since=0f3c&state=ccsh%3A409c&items=true";
    assert_eq!(trail(&seen)[1], format!("GET {}app/?{query}", url()));
}

/// S-072: nothing is whole before its last byte, wherever it breaks off and however it arrives.
/// S-077: a body shorter than announced is an error, one without a length is taken.
#[tokio::test]
async fn a_restore_that_is_cut_anywhere_is_an_error() {
    for cut in 0..RESTORE.len() {
        let Some(part) = RESTORE.get(..cut) else { continue };
        for (size, announced, breaks) in [
            (1, Some(RESTORE.len()), false),
            (7, None, false),
            (RESTORE.len(), None, true),
            (RESTORE.len(), Some(RESTORE.len()), true),
        ] {
            let mut restore = restore_of(body(part, size, announced, breaks)).await;
            let (names, end) = taken(&mut restore).await;
            assert!(end.is_err() && !restore.is_whole(), "{cut}: {names:?}");
            assert!(taken(&mut restore).await.1.is_err() && !restore.is_whole(), "{cut}: the second time");
        }
    }
    for (size, announced) in [(1, None), (5, Some(RESTORE.len())), (RESTORE.len(), None)] {
        let mut restore = restore_of(body(RESTORE, size, announced, false)).await;
        let (names, end) = taken(&mut restore).await;
        assert_eq!(names, ["message", "Sync", "fixture", "case"]);
        assert!(end.is_ok() && restore.is_whole());
        let received = restore.received();
        assert_eq!((received.items, received.items_announced), (4, Some(4)));
        assert_eq!(received.bytes, RESTORE.len() as u64);
        assert_eq!(received.bytes_announced, announced.map(|length| length as u64));
    }
}

/// S-072: a connection that breaks behind the last tag leaves it unknown whether all is there.
/// S-077: so does a body of another length than announced.
#[tokio::test]
async fn what_ends_with_its_root_is_not_whole_unless_the_body_ends_too() {
    let broken = restore_of(body(RESTORE, 64, None, true)).await;
    let longer = restore_of(body(RESTORE, 64, Some(RESTORE.len() - 1), false)).await;
    let shorter = restore_of(body(RESTORE, 64, Some(RESTORE.len() + 1), false)).await;
    for mut restore in [broken, longer, shorter] {
        let (names, end) = taken(&mut restore).await;
        assert_eq!(names.len(), 4);
        assert!(end.unwrap_err().is_transport() && !restore.is_whole());
    }
    let twice = format!("{RESTORE}{RESTORE}");
    let mut restore = restore_of(body(&twice, 64, None, false)).await;
    assert!(taken(&mut restore).await.1.is_err() && !restore.is_whole());
}

#[tokio::test]
async fn items_come_while_the_rest_is_on_its_way() {
    let (head, _) = RESTORE.split_once("<fixture").unwrap();
    let endless = stream::iter([Ok(Bytes::from(head))]).chain(stream::pending());
    let mut restore = restore_of(Body::from_stream(None, endless)).await;
    restore.next().await.unwrap().unwrap();
    let RestoreItem::SyncToken(sync) = restore.next().await.unwrap().unwrap().value else { panic!() };
    assert_eq!(sync.restore_id().as_deref(), Some("0f3c"));
    assert!(!restore.is_whole());
    assert_eq!(restore.received().items, 2);
}

#[tokio::test]
async fn the_answer_tells_the_time() {
    let (host, _) = server(|_: &Seen| answer(200, &[("Date", "Mon, 14 Feb 2011 16:48:15 UTC")], RESTORE));
    let restore = Client::new(host).restore_within(&url(), &Request::new(), MINUTE, |_| ()).await.unwrap();
    assert_eq!(restore.date(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_297_702_095)));
    assert_eq!(restore_of(body(RESTORE, 9, None, false)).await.date(), None);
}

#[tokio::test]
async fn what_is_no_restore_is_said_to_be_none() {
    for (page, words) in [
        (
            "<!DOCTYPE html><html><br></html>",
            "what the server answered is no restore; does this network want a login first?",
        ),
        (
            "\n<!doctype html>\n<html><br></html>",
            "what the server answered is no restore; does this network want a login first?",
        ),
        (
            "<html><body>Log in</body></html>",
            "what the server answered is no restore; does this network want a login first?",
        ),
        (
            "<HTML><br></HTML>",
            "what the server answered is no restore; does this network want a login first?",
        ),
        (
            "",
            "the restore cannot be read: line 1, column 1: there is no element: the document is empty or is not XML",
        ),
        (
            "<r><case></r>",
            "the restore cannot be read: line 1, column 10, inside r/case: `</r>` closes `<case>`",
        ),
    ] {
        let mut restore = restore_of(body(page, 3, None, false)).await;
        let error = taken(&mut restore).await.1.unwrap_err();
        assert_eq!(error.to_string(), words, "{page}");
        assert_eq!(error.is_captive_portal(), words.contains("login"));
        let again = restore.next().await.unwrap_err();
        assert_eq!(again.to_string(), "the restore has failed before");
    }
}

/// A small answer may be large when it is decompressed, and no item of it need ever end.
#[tokio::test]
async fn an_item_without_end_is_not_held_without_end() {
    for begin in ["<r><!--", "<r><case case_id='"] {
        let zeros = Bytes::from(vec![b'0'; 1 << 16]);
        let endless = stream::iter([Ok(Bytes::from_static(begin.as_bytes()))]);
        let endless = endless.chain(stream::repeat_with(move || Ok(zeros.clone())));
        let mut restore = restore_of(Body::from_stream(None, endless)).await.item_limit(1 << 20);
        let error = restore.next().await.unwrap_err();
        assert_eq!(error.to_string(), "an item of the restore has no end within 1048576 bytes");
        assert!(restore.received().bytes < 2 << 20);
    }
}

/// A restore of any length is read within limits that hold for each of its items.
#[tokio::test]
async fn limits_are_those_of_one_item() {
    let end = |limits: Limits| async move {
        let client = Client::new(server(|_: &Seen| answer(200, &[], RESTORE)).0).restore_limits(limits);
        let mut restore =
            client.restore_or_start_over(&url(), &Request::new(), MINUTE, |_| ()).await.unwrap();
        let (names, end) = taken(&mut restore).await;
        (names.len(), end.map_err(|error| error.to_string()))
    };
    assert_eq!(end(Limits { elements: 3, depth: 4, ..Limits::default() }).await, (4, Ok(())));
    let (items, error) = end(Limits { elements: 2, ..Limits::default() }).await;
    assert_eq!(items, 2);
    assert!(error.unwrap_err().starts_with("the restore cannot be read: "));
}

/// S-073: the same request is repeated after the time that was asked for, and progress never goes backwards.
#[tokio::test(start_paused = true)]
async fn a_restore_that_is_being_made_is_waited_for() {
    let ready = answer(200, &[], RESTORE);
    let turns =
        [pending(5, 0, 0), pending(5, 250, 9000), pending(30, 100, 9000), pending(1, 8999, 9000), ready];
    let (host, seen) = server(in_turn(turns));
    let client = Client::new(host).version(Version::COMMCARE_3);
    let mut told = Vec::new();
    let begun = Instant::now();
    let tell = |progress: Progress| told.push((progress.done, progress.total));
    let mut restore = client.restore_within(&url(), &later(), MINUTE, tell).await.unwrap();
    assert!(taken(&mut restore).await.1.is_ok() && !restore.starts_over());
    assert_eq!(told, [(0, 0), (250, 9000), (250, 9000), (8999, 9000)]);
    assert_eq!(begun.elapsed().as_secs(), 41);
    let trail = trail(&seen);
    assert_eq!((trail.len(), trail.iter().all(|asked| *asked == trail[0])), (5, true), "{trail:?}");
}

/// S-073: waiting is bounded, and ends before a wait that would be in vain.
#[tokio::test(start_paused = true)]
async fn patience_has_an_end() {
    let (host, seen) = server(|_: &Seen| pending(25, 1, 2));
    let begun = Instant::now();
    let error = Client::new(host).restore_within(&url(), &later(), MINUTE, |_| ()).await.unwrap_err();
    assert!(error.is_still_pending() && !error.is_gone_astray());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(25)));
    assert_eq!(error.to_string(), "the restore is not ready after all the waiting, 1 of 2 cases are");
    assert_eq!((begun.elapsed().as_secs(), trail(&seen).len()), (50, 3));

    let (host, _) = server(|_: &Seen| pending(u64::MAX, 1, 2));
    let error = Client::new(host).restore_within(&url(), &later(), Duration::MAX - MINUTE, |_| ()).await;
    assert!(error.unwrap_err().is_still_pending());
}

/// S-073: a 202 without an integer `Retry-After` of at least 1 is an error.
#[tokio::test]
async fn a_202_must_say_when() {
    let bare = error_of(answer(202, &[], "<r><progress done='1' total='2'/></r>")).await;
    assert_eq!(
        bare.to_string(),
        "the answer makes no sense as that of a restore to come: `Retry-After` is no number of seconds above zero"
    );
    assert!(!bare.is_still_pending());
}

/// S-074: after a 412, one full restore without `since` and `state`, which says that it is one.
#[tokio::test(start_paused = true)]
async fn who_went_astray_starts_over_once() {
    let turns = [pending(2, 0, 0), astray(), pending(3, 0, 0), answer(200, &[], RESTORE)];
    let (host, seen) = server(in_turn(turns));
    let asked = Request { user_id: Some("u1".to_owned()), skip_fixtures: true, ..later() };
    let restore = Client::new(host).restore_or_start_over(&url(), &asked, MINUTE, |_| ()).await.unwrap();
    assert!(restore.starts_over());
    let incremental = "version=2.0&user_id=u1&since=0f3c&state=ccsh%3A409c&items=true&skip_fixtures=true";
    let full = "version=2.0&user_id=u1&items=true&skip_fixtures=true";
    let expected = [incremental, incremental, full, full].map(|query| format!("GET {}?{query}", url()));
    assert_eq!(trail(&seen), expected);
}

/// S-074: a second 412 is the end, and so is one to a request that had no token.
#[tokio::test]
async fn who_goes_astray_twice_is_told_so() {
    for (asked, requests) in [(later(), 2), (Request::new(), 1)] {
        let (host, seen) = server(|_: &Seen| astray());
        let error =
            Client::new(host).restore_or_start_over(&url(), &asked, MINUTE, |_| ()).await.unwrap_err();
        assert!(error.is_gone_astray());
        assert_eq!(error.to_string(), "the server answered 412: No such sync log");
        assert_eq!(trail(&seen).len(), requests);
    }
    let (host, seen) = server(|_: &Seen| astray());
    assert!(Client::new(host).restore(&url(), &later()).await.unwrap_err().is_gone_astray());
    assert!(seen.lock().unwrap().len() == 1, "nobody asked to start over");
}

/// S-074: full restore and incremental share one patience.
#[tokio::test(start_paused = true)]
async fn starting_over_does_not_begin_the_wait_anew() {
    let (host, _) = server(in_turn([pending(40, 0, 0), astray(), pending(40, 0, 0)]));
    let error = Client::new(host).restore_or_start_over(&url(), &later(), MINUTE, |_| ()).await.unwrap_err();
    assert!(error.is_still_pending());
}

/// S-075: the texts of a 406 are there; what is no JSON is shown as it came.
#[tokio::test]
async fn a_user_who_may_not_work_any_more_is_told() {
    let json = r#"{"error": "user.deactivated", "default_response": "Amina may not work any more"}"#;
    let error = error_of(answer(406, &[("Content-Type", "application/json")], json)).await;
    assert!(error.is_inactive());
    assert_eq!(error.inactive().unwrap().error, "user.deactivated");
    assert_eq!(error.to_string(), "the server answered 406: Amina may not work any more");
    let error = error_of(answer(406, &[], "Ask your supervisor")).await;
    assert!(!error.is_inactive());
    assert_eq!(error.message().unwrap(), "Ask your supervisor");
}

/// S-076: each status that a restore is answered with is told from the others; 429 and 503 may be tried later, after the time
/// that the server names, if it names one.
#[tokio::test]
async fn each_refusal_is_told_from_the_others() {
    let told = |error: &Error| {
        let all = [
            ("auth", error.is_auth()),
            ("forbidden", error.is_forbidden()),
            ("not found", error.is_not_found()),
            ("inactive", error.is_inactive()),
            ("astray", error.is_gone_astray()),
            ("busy", error.is_busy()),
            ("server", error.is_server_error()),
            ("transport", error.is_transport()),
            ("portal", error.is_captive_portal()),
            ("pending", error.is_still_pending()),
        ];
        all.into_iter().filter_map(|(name, is)| is.then_some(name)).collect::<Vec<_>>()
    };
    for (status, expected) in [
        (401, &["auth"][..]),
        (403, &["forbidden"]),
        (404, &["not found"]),
        (412, &["astray"]),
        (429, &["busy"]),
        (500, &["server"]),
        (502, &["server"]),
        (503, &["busy", "server"]),
        (504, &["server"]),
        (400, &[]),
        (406, &[]),
        (204, &[]),
        (206, &[]),
        (304, &[]),
        (418, &[]),
    ] {
        let error = error_of(answer(status, &[], "")).await;
        assert_eq!(told(&error), expected, "{status}");
        assert_eq!((error.status().map(|status| status.as_u16()), error.retry_after()), (Some(status), None));
    }
    for status in [429, 503] {
        let error = error_of(answer(status, &[("Retry-After", "120")], "")).await;
        assert_eq!((error.is_busy(), error.retry_after()), (true, Some(Duration::from_secs(120))));
    }
    let nobody = |_: http::Request<Body>| {
        ready(Err::<http::Response<Body>, _>(transport::Error::new(transport::Sent::No, "no route")))
    };
    let error = Client::new(nobody).restore(&url(), &Request::new()).await.unwrap_err();
    assert_eq!((told(&error), error.status()), (vec!["transport"], None));
}

/// S-034: how far it has come is told with each item.
/// S-072: what lies in its place is whole.
#[tokio::test]
async fn a_restore_is_saved_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("restore.xml");
    for cut in [0, 5, RESTORE.len() - 1] {
        let part = restore_of(body(&RESTORE[..cut], 7, None, false)).await;
        assert!(part.save(&path, |_| ()).await.is_err(), "{cut}");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 0, "{cut}");
    }
    let mut heard = Vec::new();
    let restore = restore_of(body(RESTORE, 7, None, false)).await;
    let saved = restore.save(&path, |received| heard.push(received.items)).await.unwrap();
    assert_eq!((saved.token.as_deref(), saved.received.items, saved.starts_over), (Some("0f3c"), 4, false));
    assert_eq!(heard, [1, 2, 3, 4]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), RESTORE);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

    let part = restore_of(body(&RESTORE[..90], 7, None, true)).await;
    assert!(part.save(&path, |_| ()).await.is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), RESTORE, "what was there stays");

    let mut begun = restore_of(body(RESTORE, RESTORE.len(), None, false)).await;
    begun.next().await.unwrap().unwrap();
    let error = begun.save(&folder.path().join("half"), |_| ()).await.unwrap_err();
    assert_eq!(error.to_string(), "of the restore a part was taken already");
}

#[tokio::test]
async fn a_restore_without_a_token_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r");
    for (restore, token) in [
        ("", None),
        ("<Sync xmlns='http://commcarehq.org/sync'><restore_id/></Sync>", Some("")),
        ("<Sync><restore_id>elsewhere</restore_id></Sync>", None),
    ] {
        let restore =
            format!("<r>{restore}<case case_id='c1' date_modified='2024-05-01'><close/></case></r>");
        let saved = restore_of(body(&restore, 9, None, false)).await.save(&path, |_| ()).await.unwrap();
        assert_eq!(saved.token.as_deref(), token, "{restore}");
    }
}

/// ota-restore.md 2.5: of several tokens the last is the device's, and what has none takes none away.
#[tokio::test]
async fn of_several_tokens_the_last_counts() {
    let sync = |inside: &str| format!("<Sync xmlns='http://commcarehq.org/sync'>{inside}</Sync>");
    let [one, two] = ["1", "2"].map(|token| sync(&format!("<restore_id>{token}</restore_id>")));
    let folder = tempfile::tempdir().unwrap();
    for (inside, token) in [(format!("{one}{two}"), "2"), (format!("{one}{}", sync("<progress/>")), "1")] {
        let restore = restore_of(body(&format!("<r>{inside}</r>"), 9, None, false)).await;
        let saved = restore.save(&folder.path().join("r"), |_| ()).await.unwrap();
        assert_eq!(saved.token.as_deref(), Some(token), "{inside}");
    }
}

/// What has but words for a person takes the place of no restore, whatever its status; an empty one has a token or a user.
#[tokio::test]
async fn what_is_no_restore_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r");
    restore_of(body(RESTORE, 9, None, false)).await.save(&path, |_| ()).await.unwrap();
    let pending = "<r><message nature='ota_restore_pending'>Wait</message>\
        <Sync xmlns='http://commcarehq.org/sync'><progress done='1' total='10'/></Sync></r>";
    for (answer, words) in [
        ("<r/>", "what came is no restore: there is nothing in it that belongs in one"),
        (
            "<WISPAccess><Redirect/></WISPAccess>",
            "what came is no restore: there is nothing in it that belongs in one",
        ),
        (
            "<r><message nature='submit_error'>No.</message></r>",
            "what came is no restore, and the server says: No.",
        ),
        (pending, "what came is no restore, and the server says: Wait"),
    ] {
        let error = restore_of(body(answer, 9, None, false)).await.save(&path, |_| ()).await.unwrap_err();
        assert!(error.is_no_restore());
        assert_eq!(error.to_string(), words);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), RESTORE, "what was there stays");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    let user = "<r><Registration xmlns='http://openrosa.org/user/registration'><username>a</username></Registration></r>";
    restore_of(body(user, 9, None, false)).await.save(&path, |_| ()).await.unwrap();
}

/// A body that has begun and never ends.
fn endless() -> Body {
    let begun = stream::iter([Ok(Bytes::copy_from_slice(&RESTORE.as_bytes()[..90]))]);
    Body::from_stream(None, begun.chain(stream::pending()))
}

/// S-072: what lies there is what one of them received, and it names patients: nothing is left of one that is given up.
#[tokio::test]
async fn two_do_not_save_to_one_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r");
    let names = || std::fs::read_dir(folder.path()).unwrap().count();
    let mut first = Box::pin(restore_of(endless()).await.save(&path, |_| ()));
    // What is there is held only from when something is in it.
    while std::fs::metadata(folder.path().join(".r.part")).map_or(0, |file| file.len()) == 0 {
        assert!(tokio::time::timeout(Duration::from_millis(1), &mut first).await.is_err());
    }
    let error = restore_of(body(RESTORE, 9, None, false)).await.save(&path, |_| ()).await.unwrap_err();
    assert!(error.is_elsewhere(), "{error}");
    assert_eq!(names(), 1, "that of the first is still there");
    drop(first);
    assert_eq!(names(), 0, "who is dropped leaves nothing");
    std::fs::write(folder.path().join(".r.part"), "left by one that was killed").unwrap();
    restore_of(body(RESTORE, 9, None, false)).await.save(&path, |_| ()).await.unwrap();
    assert_eq!((std::fs::read_to_string(&path).unwrap().as_str(), names()), (RESTORE, 1));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// What cannot be brought to its place is not left beside it.
#[tokio::test]
async fn a_restore_without_a_place_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r");
    std::fs::create_dir_all(path.join("in the way")).unwrap();
    assert!(restore_of(body(RESTORE, 9, None, false)).await.save(&path, |_| ()).await.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
