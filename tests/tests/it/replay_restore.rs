//! Restores: a recorded request is ours, no recorded answer of another endpoint passes for one, and a device takes one whole
//! or not at all.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::DateTime;
use http::Response;
use openrosa_case::store::{Memory, Staging, Store};
use openrosa_case::{apply, device};
use openrosa_http::Client;
use openrosa_http::api::restore::Request;
use openrosa_http::auth::Credentials;
use openrosa_http::client::{Error, restore::Outcome};
use openrosa_http::headers::Version;
use openrosa_http::transport::{self, Body};
use openrosa_tests::corpus;
use openrosa_tests::exchange::{self, Answer};
use openrosa_xml::StateHash;
use url::Url;

const MINUTE: Duration = Duration::from_secs(60);

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime starts").block_on(future)
}

fn url() -> Url {
    "https://hq.example.org/a/demo/phone/restore/".parse().expect("an address")
}

/// S-070: what CommCare Android asks we ask, in its order: version, device, user, token, state, `items`.
/// S-071: with its headers and its Basic, unasked.
#[test]
fn the_recorded_request_is_ours() {
    let Some(corpus) = corpus::folder("the recorded restore request") else { return };
    let recorded = exchange::with_peer(&corpus, "commcare-android");
    let recorded = recorded.iter().find(|exchange| exchange.name.ends_with("03-get-restore.http")).unwrap();
    let theirs = recorded.parsed_request().unwrap();

    // Our server reads it.
    let (parts, ()) = http::Request::get(&theirs.target).body(()).unwrap().into_parts();
    let asked = Request::read(&parts);
    let state = StateHash::from_digest("0123456789abcdef0123456789abcdef");
    let expected = Request {
        device_id: Some("commcare_fake-device-0001".to_owned()),
        user_id: Some("fake0user0id".to_owned()),
        ..Request::new()
    };
    assert_eq!(asked, expected.holding("fake0sync0token00000000000000000", &state));

    // Our client asks the same.
    let seen = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&seen);
    let server = move |request: http::Request<Body>| {
        *kept.lock().unwrap() = Some(request.into_parts().0);
        async { Ok::<_, transport::Error>(Response::new(Body::from("<OpenRosaResponse/>"))) }
    };
    let (path, query) = theirs.target.split_once('?').unwrap();
    let url: Url = format!("https://{}{path}", recorded.host()).parse().unwrap();
    let client = Client::new(server)
        .version(Version::COMMCARE_3)
        .device_id("commcare_fake-device-0001")
        .credentials(&url, Credentials::new("worker@demo.commcarehq.example", "fake-pass"))
        .preemptive_basic();
    run(client.restore(&url, &Request { device_id: None, ..asked })).unwrap();
    let ours = seen.lock().unwrap().take().unwrap();
    // Servers pass over how long ago the last sync was.
    assert_eq!(ours.uri.query().unwrap(), query.replace("&days_since_last_sync=1", ""));
    for name in ["x-openrosa-deviceid", "x-openrosa-version", "x-commcarehq-lastsynctoken", "authorization"] {
        assert_eq!(Some(ours.headers[name].as_bytes()), theirs.header(name), "{name}");
    }
}

/// What comes of a restore that is answered so.
fn outcome(answer: &Answer) -> Result<(), Error> {
    let answer = answer.clone();
    let server = move |_: http::Request<Body>| {
        let mut response = Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            response = response.header(name, value.as_slice());
        }
        let response =
            response.body(Body::from(answer.body.clone())).expect("a recorded answer is an answer");
        async { Ok::<_, transport::Error>(response) }
    };
    run(async {
        match Client::new(server).restore(&url(), &Request::new()).await? {
            Outcome::Ready(mut restore) => while restore.next().await?.is_some() {},
            Outcome::Pending(pending) => panic!("{pending:?}"),
        }
        Ok(())
    })
}

/// S-076: what CommCare's API says of a refusal, a restore's refusal says too.
#[test]
fn no_recorded_answer_of_commcares_api_passes_for_a_restore() {
    let Some(corpus) = corpus::folder("recorded answers of CommCare's API") else { return };
    let exchanges = ["commcare-export", "commcare-api-py"]
        .into_iter()
        .flat_map(|peer| exchange::with_peer(&corpus, peer));
    let mut met = Vec::new();
    for exchange in exchanges {
        let Some(answer) = exchange.parsed_answer() else { continue };
        let error = outcome(&answer).expect_err(&exchange.name);
        let fits = match answer.status {
            200 => error.status().is_none(),
            // It leads to another address of the same server, where it leads on for ever.
            302 => error.status().is_none(),
            401 => error.is_auth(),
            404 => error.is_not_found(),
            429 | 503 => error.is_busy() && error.retry_after().is_some(),
            500 | 502 => error.is_server_error() && !error.is_busy(),
            status => panic!("{}: {status} needs a row", exchange.name),
        };
        assert!(fits, "{}: {error}", exchange.name);
        met.push(answer.status);
    }
    for status in [200, 302, 401, 404, 429, 500, 503] {
        assert!(met.contains(&status), "{status} among {met:?}");
    }
}

const RESTORE: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
    <Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync>\
    <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='new' date_modified='2024-05-01'>\
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create></case>\
    </OpenRosaResponse>";

/// A phone with one case, that of a restore before.
fn phone() -> Memory {
    let mut phone = Memory::new();
    take(&mut phone, RESTORE.replace("'new'", "'old'")).expect("a restore that is whole");
    phone
}

/// What a host does with a restore: all of it in one transaction, kept when the restore is whole.
async fn sync<T: transport::Transport>(
    client: &Client<T>,
    asked: &Request,
    phone: &mut Memory,
) -> Result<(), io::Error> {
    let mut restore =
        client.restore_or_start_over(&url(), asked, MINUTE, |_| ()).await.map_err(io::Error::other)?;
    let mut next = if restore.starts_over() { Memory::new() } else { phone.clone() };
    let now = DateTime::parse_from_rfc3339("2024-05-01T12:00:00+02:00").map_err(io::Error::other)?;
    let (mut session, mut staging) = (device::Restore::new(now), Staging::new());
    while let Some(item) = restore.next().await.map_err(io::Error::other)? {
        apply::stage(&next, &mut staging, &mut session.step(&item.value)).map_err(io::Error::other)?;
    }
    next.commit(staging.take_writes()).map_err(io::Error::other)?;
    *phone = next;
    Ok(())
}

fn take(phone: &mut Memory, restore: String) -> Result<(), io::Error> {
    let server = move |_: http::Request<Body>| {
        let body = Body::from(restore.clone());
        async { Ok::<_, transport::Error>(Response::new(body)) }
    };
    run(sync(&Client::new(server), &Request::new(), phone))
}

fn ids(phone: &Memory) -> Vec<&str> {
    phone.cases().map(|case| case.case_id.as_str()).collect()
}

/// S-072: nothing of a restore is applied that is cut, wherever.
#[test]
fn a_phone_takes_a_restore_whole_or_not_at_all() {
    let before = phone();
    for cut in 0..RESTORE.len() {
        let mut phone = before.clone();
        assert!(take(&mut phone, RESTORE[..cut].to_owned()).is_err(), "{cut}");
        assert_eq!(phone, before, "{cut}");
    }
    let mut phone = before;
    take(&mut phone, RESTORE.to_owned()).unwrap();
    assert_eq!(ids(&phone), ["new", "old"]);
}

/// S-074: after a 412, what was there goes when the full restore is whole, and stays when it is not.
#[test]
fn a_phone_that_went_astray_starts_over() {
    for (full, expected) in [(RESTORE, vec!["new"]), (&RESTORE[..RESTORE.len() - 1], vec!["old"])] {
        let server = move |request: http::Request<Body>| {
            let knows = request.uri().query().is_some_and(|query| query.contains("since="));
            let answer = Response::builder().status(if knows { 412 } else { 200 });
            let answer = answer.body(if knows { Body::empty() } else { Body::from(full) });
            async { Ok::<_, transport::Error>(answer.expect("an answer")) }
        };
        let mut phone = phone();
        let asked = Request::new().holding("0f3c", &StateHash::from_digest(""));
        let outcome = run(sync(&Client::new(server), &asked, &mut phone));
        assert_eq!((outcome.is_ok(), ids(&phone)), (full == RESTORE, expected));
    }
}
