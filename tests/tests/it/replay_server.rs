//! Our receiver is sent, byte for byte, every request that real clients sent to submission addresses.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::HeaderValue;
use openrosa_http::auth::{Credentials, basic};
use openrosa_http::server::{
    Arrival, Authentication, BasicOver, Limits, MemoryBackend, Outcome, Policy, Receiver,
};
use openrosa_tests::exchange::{self, Answer, Exchange};
use openrosa_tests::{corpus, wire};
use openrosa_xml::Envelope;

/// Where our answer to a POST is not 201: the status, and the rule of openrosa.md that decides it. Everything else that
/// reaches a submission address whole is to be stored, whatever the peer at the time thought of its own forms, keys,
/// projects and versions: this receiver asks nobody for a name and takes every form.
const REFUSED: [(&str, u16, &str); 31] = [
    ("digidem-express/07-post-empty-xml", 400, "R-108: no XML at all"),
    ("digidem-express/08-post-malformed-xml", 400, "malformed XML"),
    ("digidem-express/10-post-no-boundary", 400, "malformed multipart"),
    ("digidem-express/11-post-unterminated", 400, "malformed multipart"),
    ("digidem-express/13-post-two-xml", 400, "R-067: the XML part twice"),
    ("digidem-express/16-post-over-limit-files", 409, "R-075"),
    ("djangoxform/15-submit-same-id-other-xml", 409, "R-075"),
    ("djangoxform/21-submit-malformed", 400, "malformed XML"),
    ("djangoxform/23-submit-edit-unknown", 404, "R-077: what it replaces is unknown"),
    ("djangoxform/28-submit-unterminated", 400, "malformed multipart"),
    ("kobo-server-tests/13-central-hdr", 409, "the same file name with other content"),
    ("kobo-server-tests/25-expected", 409, "the same file name with other content"),
    ("odk-central/050-submit-resend-differs", 409, "R-075"),
    ("odk-central/056-submit-missing-part", 400, "R-067: no XML part"),
    ("odk-central/057-submit-empty-multipart", 400, "R-067: no XML part"),
    ("odk-central/059-submit-wrong-case-part", 400, "R-067: part names are exact"),
    ("odk-central/062-submit-two-xml-parts", 400, "R-067: the XML part twice"),
    ("odk-central/063-submit-malformed-xml", 400, "malformed XML"),
    ("odk-central/064-submit-malformed-xml-mismatch", 400, "malformed XML"),
    ("odk-central/065-submit-empty-xml", 400, "no XML at all"),
    ("odk-central/090-submit-no-content-type", 415, "neither multipart nor XML, by what it says"),
    ("odk-central/091-submit-json", 415, "neither multipart nor XML"),
    ("odk-central/092-submit-no-boundary", 400, "malformed multipart"),
    ("odk-central/093-submit-unterminated", 400, "malformed multipart"),
    ("odk-central/095-submit-lf-only", 400, "malformed multipart"),
    ("odk-central/098-submit-cte-base64", 400, "transfer encodings of parts are gone since RFC 7578: no XML"),
    ("odk-central/104-edit-of-old", 409, "R-077: superseded"),
    ("odk-central/105-edit-unknown-deprecated", 404, "R-077: what it replaces is unknown"),
    ("odk-central/106-edit-same-id", 409, "R-075: the id is in use by other XML"),
    ("odk-central/137-version-header-twice", 400, "R-062: no version"),
    ("odk-central/165-edit-media-1", 404, "R-077: what it replaces is not among the recorded requests"),
];

/// How many requests to submission addresses are on record at least.
const SUBMISSIONS: usize = 185;

/// Room for the largest recorded body, of 120 MB.
const ACCEPT_LENGTH: u64 = 130_000_000;

fn expected(exchange: &Exchange) -> u16 {
    let row = REFUSED.iter().find(|(name, ..)| exchange.name == format!("{name}.http"));
    match (exchange.method().as_str(), row) {
        ("HEAD", _) => 204,
        (_, Some((_, status, _))) => *status,
        _ => 201,
    }
}

/// A request that went to a submission address and is on record whole.
fn is_submission(exchange: &Exchange) -> bool {
    let target = exchange.target();
    let path = target.split('?').next().unwrap_or_default().trim_end_matches('/');
    let posted = matches!(exchange.method().as_str(), "HEAD" | "POST");
    let addressed = path.ends_with("/submission") || path.contains("/receiver/");
    posted && addressed && exchange.parsed_request().is_some_and(|request| request.complete)
}

/// What became of the submissions, in the order of their arrival.
type Arrivals = Arc<Mutex<Vec<String>>>;

/// Serves a fresh receiver in this process, on a port of its own; it ends with the process.
fn serve(authentication: Authentication) -> (SocketAddr, Arrivals) {
    let arrivals = Arrivals::default();
    let seen = Arc::clone(&arrivals);
    let limits = Limits { body: ACCEPT_LENGTH, ..Limits::default() };
    let receiver = Receiver::new(MemoryBackend::new())
        .with_policy(Policy { limits, ..Policy::default() })
        .with_authentication(authentication)
        .with_observer(move |outcome| {
            seen.lock().expect("no observer panics").push(word(outcome).to_owned())
        });
    (wire::serve(receiver.standalone()), arrivals)
}

fn word(outcome: &Outcome<'_>) -> &'static str {
    match outcome.result {
        Ok(Arrival::New) => "new",
        Ok(Arrival::Duplicate) => "duplicate",
        Ok(Arrival::MoreFiles { .. }) => "more files",
        Ok(Arrival::Edit { .. }) => "edit",
        Err(_) => "refused",
    }
}

/// One exchange played against our receiver: our answer and what it thought the request to be.
struct Played {
    exchange: Exchange,
    answer: Answer,
    arrival: Option<String>,
}

/// All submissions of all peers, each peer's against a receiver of its own, in the order they were recorded.
fn played() -> Vec<Played> {
    let Some(corpus) = corpus::folder("recorded requests to our receiver") else { return Vec::new() };
    let mut played = Vec::new();
    for peer in exchange::peers(&corpus) {
        let (server, arrivals) = serve(Authentication::anonymous());
        for exchange in exchange::with_peer(&corpus, &peer).into_iter().filter(is_submission) {
            arrivals.lock().expect("no observer panics").clear();
            let request = exchange.request().whole().expect("a whole request");
            let answer = wire::send_raw(server, &request, &exchange.method());
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", exchange.name));
            let arrival = arrivals.lock().expect("no observer panics").pop();
            played.push(Played { exchange, answer, arrival });
        }
    }
    played
}

fn header(answer: &Answer, name: &str) -> String {
    String::from_utf8_lossy(answer.header(name).unwrap_or_default()).into_owned()
}

/// HEAD is answered 204, with version, `Date` and accept length.
/// every answer, refusals included, carries the three.
/// every POST is answered with a well-formed envelope in UTF-8.
/// success is 201, never 200.
/// the XML part is found in every place and under every file name that clients give it.
/// CSRF and `*isIncomplete*` fields never make a submission fail.
/// a chunked body is taken like any other.
#[test]
fn every_recorded_request_is_answered_as_the_digest_says() {
    let played = played();
    if played.is_empty() {
        return;
    }
    let met = |name: &str| played.iter().any(|played| played.exchange.name == format!("{name}.http"));
    let lost: Vec<_> = REFUSED.iter().filter(|(name, ..)| !met(name)).collect();
    assert!(played.len() >= SUBMISSIONS && lost.is_empty(), "{} requests, and not {lost:?}", played.len());
    let mut departures = Vec::new();
    for Played { exchange, answer, .. } in &played {
        if answer.status != expected(exchange) {
            let text = String::from_utf8_lossy(&answer.body);
            departures.push(format!(
                "{}: {} for {}: {text}",
                exchange.name,
                answer.status,
                expected(exchange)
            ));
        }
        let date = header(answer, "date");
        let parsed =
            httpdate::parse_http_date(&date).unwrap_or_else(|_| panic!("{}: Date: {date}", exchange.name));
        assert_eq!(httpdate::fmt_http_date(parsed), date, "{}", exchange.name);
        assert_eq!(header(answer, "x-openrosa-version"), "1.0", "{}", exchange.name);
        assert_eq!(
            header(answer, "x-openrosa-accept-content-length"),
            ACCEPT_LENGTH.to_string(),
            "{}",
            exchange.name
        );
        if exchange.method() == "POST" {
            assert_eq!(header(answer, "content-type"), "text/xml; charset=utf-8", "{}", exchange.name);
            let text = std::str::from_utf8(&answer.body).expect("UTF-8");
            let envelope = Envelope::read(text).unwrap_or_else(|error| panic!("{}: {error}", exchange.name));
            assert!(envelope.message().is_some_and(|message| !message.is_empty()), "{}", exchange.name);
        }
    }
    assert!(departures.is_empty(), "{} of {}:\n{}", departures.len(), played.len(), departures.join("\n"));
}

/// identical XML is a success again, and new files are merged.
/// an edit of the current version takes its place.
/// an edit sent twice is no second edit.
#[test]
fn resends_split_posts_and_edits_are_told_apart() {
    let told: BTreeMap<_, _> =
        played().into_iter().map(|played| (played.exchange.name, played.arrival)).collect();
    if told.is_empty() {
        return;
    }
    let rows = [
        ("odk-central/048-submit-new", "new"),
        ("odk-central/049-submit-resend-identical", "duplicate"),
        ("odk-central/081-submit-chunk1-incomplete", "new"),
        ("odk-central/082-submit-chunk2", "more files"),
        ("odk-central/100-edit-0-original", "new"),
        ("odk-central/101-edit-1-first", "edit"),
        ("odk-central/102-edit-1-resend", "duplicate"),
        ("odk-central/103-edit-original-resend-after-edit", "duplicate"),
        ("odk-central/140-race-winner", "new"),
        // Identical, and answered 409 by the peer, which raced with itself.
        ("odk-central/141-race-loser", "duplicate"),
        ("djangoxform/13-submit-new", "new"),
        ("djangoxform/14-submit-again", "duplicate"),
        ("kobo-server-tests/03-central-hdr", "new"),
        ("kobo-server-tests/04-central-hdr", "duplicate"),
    ];
    for (name, arrival) in rows {
        assert_eq!(told.get(&format!("{name}.http")), Some(&Some(arrival.to_owned())), "{name}");
    }
}

/// The credentials a recorded request carries by Basic.
fn basic_credentials(exchange: &Exchange) -> Option<Credentials> {
    let request = exchange.parsed_request()?;
    basic::parse(&HeaderValue::from_bytes(request.header("authorization")?).ok()?)
}

/// HEAD is held to the same credentials as POST.
/// who has none is challenged, by Digest and, where it may be used, by Basic.
#[test]
fn recorded_credentials_open_the_door_and_nothing_else_does() {
    let Some(corpus) = corpus::folder("recorded credentials") else { return };
    for peer in ["djangoxform", "enketo-express", "commcare-android"] {
        let exchanges: Vec<_> =
            exchange::with_peer(&corpus, peer).into_iter().filter(is_submission).collect();
        let known: Vec<_> = exchanges.iter().filter_map(basic_credentials).collect();
        assert!(!known.is_empty(), "{peer} recorded no Basic credentials");
        let accounts = Authentication::accounts("recorded", known).expect("the system gives random bytes");
        let (server, _) = serve(accounts.with_basic(BasicOver::Any));
        for exchange in exchanges {
            let request = exchange.request().whole().expect("a whole request");
            let answer = wire::send_raw(server, &request, &exchange.method());
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", exchange.name));
            if basic_credentials(&exchange).is_some() {
                assert_eq!(answer.status, expected(&exchange), "{}", exchange.name);
                continue;
            }
            // A token of ODK Central's that is none here: no password would make up for it (openrosa.md 5.2).
            if exchange.target().contains("/key/") {
                assert_eq!(answer.status, 403, "{}", exchange.name);
                continue;
            }
            assert_eq!(answer.status, 401, "{}", exchange.name);
            let challenges =
                answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
            let schemes: Vec<_> =
                challenges.map(|(_, value)| value.split(|&byte| byte == b' ').next()).collect();
            assert_eq!(schemes, [Some(&b"Digest"[..]), Some(&b"Basic"[..])], "{}", exchange.name);
        }
    }
}
