//! Our server is sent, byte for byte, what real clients ask of form lists, restores and the rest beside submissions; then our own
//! client asks it the same.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use axum::Router;
use http::Uri;
use openrosa_http::api::form_list::Request as ListRequest;
use openrosa_http::auth::{Credentials, Secret, basic};
use openrosa_http::server::{
    AccountList, Authentication, BasicOver, Front, MemoryBackend, MemoryForms, MemoryRestores,
};
use openrosa_tests::exchange::{self, Answer, Exchange};
use openrosa_tests::{corpus, wire};
use openrosa_xml::briefcase::DownloadedSubmission;
use openrosa_xml::{Envelope, FormList};

/// How many requests for lists are on record at least.
const LISTS: usize = 50;

/// Where our answer is neither a list nor the 204 of a HEAD: the status, and why.
const OTHERWISE: [(&str, u16, &str); 4] = [
    ("odk-central/113-draft-formlist", 404, "no drafts here"),
    ("odk-central/150-draft-formlist-after-publish", 404, "no drafts here"),
    ("odk-central/169-double-slash", 404, "another address"),
    ("odk-central/011-no-api-version", 200, "here the list is at the root, too"),
];

fn path(exchange: &Exchange) -> String {
    exchange.target().split('?').next().unwrap_or_default().to_owned()
}

/// Every recorded request of this kind that is on record whole, all peers'; `None` without a corpus.
fn recorded(what: &str, is_one: impl Fn(&Exchange) -> bool) -> Option<Vec<Exchange>> {
    let corpus = corpus::folder(what)?;
    let peers = exchange::peers(&corpus);
    let exchanges = peers.iter().flat_map(|peer| exchange::with_peer(&corpus, peer));
    Some(exchanges.filter(|exchange| is_one(exchange) && exchange.request().whole().is_some()).collect())
}

fn lists() -> Option<Vec<Exchange>> {
    recorded("requests for form lists to our server", |exchange| {
        path(exchange).ends_with("/formList") && matches!(&*exchange.method(), "GET" | "HEAD")
    })
}

fn asked(exchange: &Exchange) -> ListRequest {
    let target: Uri = exchange.target().parse().expect("a target");
    ListRequest::read(&http::Request::get(target).body(()).expect("a request").into_parts().0)
}

/// A server that has every form that was ever asked for.
fn forms(lists: &[Exchange]) -> MemoryForms {
    let forms = MemoryForms::new();
    let ids: BTreeSet<_> = lists.iter().filter_map(|exchange| asked(exchange).form_id).collect();
    for id in ids.iter().filter(|id| *id != "nope") {
        forms.publish(id.as_str(), Some("1"), id.as_str(), format!("<form about='{}'/>", id.len()));
    }
    forms
}

fn play(server: SocketAddr, exchange: &Exchange) -> Answer {
    let request = exchange.request().whole().expect("a whole request");
    let answer = wire::send_raw(server, &request, &exchange.method());
    answer.unwrap_or_else(|error| panic!("{}: {error}", exchange.name))
}

fn header(answer: &Answer, name: &str) -> String {
    String::from_utf8_lossy(answer.header(name).unwrap_or_default()).into_owned()
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).expect("UTF-8")
}

/// whoever asks for a list, under whichever prefix, gets one that its strictest reader takes, with the one form that it
/// asked for; HEAD is answered with 204.
/// every answer carries version and `Date`.
#[test]
fn every_client_gets_the_list_that_it_asks_for() {
    let Some(lists) = lists() else { return };
    let named = |name: &str| lists.iter().any(|list| list.name == format!("{name}.http"));
    let lost: Vec<_> = OTHERWISE.iter().filter(|(name, ..)| !named(name)).collect();
    assert!(lists.len() >= LISTS && lost.is_empty(), "{} lists, and not {lost:?}", lists.len());
    let server = wire::serve(Front::default().forms(forms(&lists)));
    for exchange in &lists {
        let answer = play(server, exchange);
        let row = OTHERWISE.iter().find(|(name, ..)| exchange.name == format!("{name}.http"));
        let usual = if exchange.method() == "HEAD" { 204 } else { 200 };
        assert_eq!(answer.status, row.map_or(usual, |(_, status, _)| *status), "{}", exchange.name);
        if answer.status == 404 {
            continue;
        }
        assert_eq!(header(&answer, "x-openrosa-version"), "1.0", "{}", exchange.name);
        assert!(httpdate::parse_http_date(&header(&answer, "date")).is_ok(), "{}", exchange.name);
        if answer.status == 200 {
            assert_eq!(header(&answer, "content-type"), "text/xml; charset=utf-8");
            check_list(exchange, text(&answer));
        }
    }
}

fn check_list(exchange: &Exchange, list: &str) {
    let list = FormList::read(list).unwrap_or_else(|error| panic!("{}: {error}", exchange.name));
    let forms = list.strict().unwrap_or_else(|error| panic!("{}: {error}", exchange.name));
    if let Some(id) = asked(exchange).form_id {
        let there: Vec<_> = forms.iter().map(|form| &*form.form_id).collect();
        let expected: &[&str] = if id == "nope" { &[] } else { &[&id] };
        assert_eq!(there, expected, "{}", exchange.name);
    }
    let folder = exchange.target().split("/formList").next().unwrap_or_default().to_owned();
    for form in forms {
        let (scheme, rest) = form.download_url.split_once("://").expect("an absolute address");
        assert_eq!(scheme, proto(exchange), "{}", exchange.name);
        let start = format!("{}{folder}/formXml?", exchange.host());
        assert!(rest.starts_with(&start), "{}: {rest}", exchange.name);
    }
}

/// What the proxy in front of the peer said of the connection.
fn proto(exchange: &Exchange) -> String {
    let request = exchange.parsed_request().expect("a whole request");
    let proto = request.header("x-forwarded-proto").unwrap_or(b"http");
    String::from_utf8_lossy(proto).into_owned()
}

/// The token in the path or the query of a recorded address.
fn token(exchange: &Exchange) -> Option<String> {
    let target = exchange.target();
    let in_path = target.split_once("/key/").and_then(|(_, rest)| rest.split('/').next());
    let in_query = target.split_once("?st=").map(|(_, rest)| rest);
    let decoded = |token: &str| token.replace("%24", "$").replace("%21", "!");
    in_path.or(in_query).map(decoded)
}

/// recorded tokens open the door, in the path and in the query, escaped or not; of the others, and of none, none does.
/// who shows nothing is challenged, on HEAD too: Enketo asks for challenges so.
#[test]
fn recorded_tokens_and_passwords_open_the_door() {
    let Some(mut lists) = lists() else { return };
    lists.retain(|list| !list.name.contains("draft"));
    let known = "FAKEkeyOne$!FAKEkeyOne$!FAKEkeyOne$!FAKEkeyOne$!FAKEkeyOne$!FAKE";
    let fielder: Vec<_> =
        lists.iter().filter(|list| list.name.starts_with("djangoxform/01")).filter_map(password).collect();
    let accounts = AccountList::new(fielder.clone()).with_token("collector", Secret::new(known));
    let authentication = Authentication::of("recorded", accounts).expect("the system gives random bytes");
    let front = Front::new(authentication.with_basic(BasicOver::Any));
    let server = wire::serve(front.forms(forms(&lists)));
    let mut met = BTreeSet::new();
    for exchange in lists.iter().filter(|list| !list.name.contains("double-slash")) {
        let answer = play(server, exchange);
        let given = password(exchange);
        let is_known = given.as_ref().is_some_and(|given| fielder.iter().any(|known| known.matches(given)));
        let expected = match (token(exchange), exchange.method().as_str()) {
            (Some(token), _) if token != known => 403,
            (None, _) if !is_known => 401,
            (_, "HEAD") => 204,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{}", exchange.name);
        let challenges =
            answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
        assert_eq!(challenges.count(), if expected == 401 { 2 } else { 0 }, "{}", exchange.name);
        let by = (token(exchange).is_some(), given.is_some(), expected);
        met.insert(by);
    }
    // Whether there is a token, whether there is a password, and the answer.
    let all = [
        (false, false, 401),
        (false, true, 200),
        (false, true, 204),
        (false, true, 401),
        (true, false, 200),
        (true, false, 204),
        (true, false, 403),
    ];
    assert_eq!(met, BTreeSet::from(all));
}

fn password(exchange: &Exchange) -> Option<Credentials> {
    let request = exchange.parsed_request()?;
    basic::parse(&http::HeaderValue::from_bytes(request.header("authorization")?).ok()?)
}

/// S-090: CommCare for Android is told by 412 and an envelope to start over when its token is not known, and gets its restore
/// when it is.
#[test]
fn a_device_gets_its_restore_or_is_told_to_start_over() {
    const RESTORE: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'/>";
    let restores = recorded("a request for a restore to our server", |exchange| {
        path(exchange).contains("/phone/restore/")
    });
    let Some(restores) = restores else { return };
    assert!(!restores.is_empty());
    for exchange in &restores {
        let (worker, host) = (password(exchange).expect("credentials"), MemoryRestores::new());
        host.put(Some(worker.user()), "another token", RESTORE);
        let authentication = Authentication::accounts("recorded", [worker.clone()]).expect("random bytes");
        let server =
            wire::serve(Front::new(authentication.with_basic(BasicOver::Any)).restores(host.clone()));
        let astray = play(server, exchange);
        let envelope = Envelope::read(text(&astray)).expect("an envelope");
        assert_eq!((astray.status, envelope.nature()), (412, Some("ota_restore_error")));
        host.put(Some(worker.user()), "fake0sync0token00000000000000000", RESTORE);
        let restore = play(server, exchange);
        assert_eq!((restore.status, text(&restore)), (200, RESTORE));
    }
}

/// Briefcase finds a submission by the key that it writes; the cursor of another server is none of ours.
#[test]
fn briefcase_pulls_what_was_pushed() {
    let pulls = recorded("what Briefcase asks of our server", |exchange| path(exchange).contains("/view/"));
    let Some(pulls) = pulls else { return };
    let asked: BTreeSet<_> = pulls.iter().map(path).collect();
    assert_eq!(asked.len(), 2, "a list and a submission, of {asked:?}");
    let (front, held) = (Front::default(), MemoryBackend::new());
    let routes: Router = front.receiver(held.clone()).standalone().merge(front.briefcase(held));
    let server = wire::serve(routes);
    let form = "<data id='site-visit' version='7'><meta><instanceID>uuid:44444444-1111-4111-8111-111111111111</instanceID></meta></data>";
    let head = format!(
        "POST /submission HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    let pushed = wire::send_raw(server, format!("{head}{form}").as_bytes(), "POST").expect("an answer");
    assert_eq!(pushed.status, 201);
    for exchange in &pulls {
        let answer = play(server, exchange);
        match path(exchange).ends_with("/submissionList") {
            true => assert_eq!(answer.status, 400, "{}", exchange.name),
            false => {
                let submission = DownloadedSubmission::read(text(&answer)).expect("a submission");
                let metadata = submission.metadata().expect("what is known of it");
                assert_eq!(metadata.version.as_deref(), Some("7"), "{}", exchange.name);
            }
        }
    }
}
