//! Our client is given every answer that real servers gave at submission addresses, and says what each means for the
//! copy still held.

use std::sync::{Arc, Mutex};

use http::{Method, Response, StatusCode};
use openrosa_http::Client;
use openrosa_http::api::submission::Request;
use openrosa_http::auth::Credentials;
use openrosa_http::client::{BasicOverHttp, Error, Receipt, Verdict};
use openrosa_http::transport::{self, Body};
use openrosa_tests::corpus;
use openrosa_tests::exchange::{self, Answer, Exchange};
use url::Url;

/// What an answer to a POST means, by openrosa.md 1.4, 1.8 and.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// 201 and an envelope.
    Stored,
    /// 202 and an envelope.
    Accepted,
    /// A 2xx that proves nothing: here always 201 with JSON.
    Unconfirmed,
    /// 4xx: the server will not have it.
    Refused,
    /// 409: it has another one of that name.
    Conflict,
    /// 401, and the client has nothing to answer with.
    SignIn,
    /// 5xx: it may have it or not.
    Unknown,
}
use Meaning::{Accepted, Conflict, Refused, SignIn, Stored, Unconfirmed, Unknown};

/// What each answer means that is not simply [`Stored`], and words of the server that a person must get to read.
const MEANINGS: [(&str, Meaning, &str); 76] = [
    ("digidem-express/04-post-ok", Unconfirmed, "xmlBytes"),
    ("digidem-express/05-post-attachments", Unconfirmed, "xmlBytes"),
    ("digidem-express/07-post-empty-xml", Refused, "Not Found"),
    ("digidem-express/08-post-malformed-xml", Unconfirmed, "xmlBytes"),
    ("digidem-express/09-post-version-11", Refused, "Bad Request"),
    ("digidem-express/10-post-no-boundary", Refused, "Bad Request"),
    ("digidem-express/11-post-unterminated", Refused, "Bad Request"),
    ("digidem-express/12-post-gzip", Refused, "Bad Request"),
    ("digidem-express/13-post-two-xml", Unconfirmed, "xmlBytes"),
    ("digidem-express/15-post-over-limit", Refused, "Bad Request"),
    ("digidem-express/16-post-over-limit-files", Refused, "Bad Request"),
    ("djangoxform/13-submit-new", Unconfirmed, "Recebido com sucesso."),
    ("djangoxform/14-submit-again", Accepted, "b'Duplicate submission'"),
    ("djangoxform/15-submit-same-id-other-xml", Accepted, "b'Duplicate submission'"),
    ("djangoxform/16-submit-accept-xml", Refused, "Could not satisfy the request Accept header."),
    ("djangoxform/17-submit-noauth", SignIn, "Authentication credentials were not provided."),
    ("djangoxform/18-submit-media", Unconfirmed, "Recebido com sucesso."),
    ("djangoxform/19-submit-media-later-2", Accepted, "b'Duplicate submission'"),
    ("djangoxform/20-submit-field-no-filename", Refused, "No XML submission file."),
    ("djangoxform/21-submit-malformed", Refused, "b'Improperly formatted XML.'"),
    ("djangoxform/22-submit-unknown-form", Refused, "Not found."),
    // A web page is no word of the server's to a person: the status has to speak.
    ("djangoxform/23-submit-edit-unknown", Unknown, "Internal Server Error"),
    ("djangoxform/24-submit-edit-original", Unconfirmed, "Recebido com sucesso."),
    ("djangoxform/25-submit-gzip", Refused, "No XML submission file."),
    ("djangoxform/26-submit-nonutf8", Unknown, "Internal Server Error"),
    ("djangoxform/27-submit-nonuuid", Unconfirmed, "Recebido com sucesso."),
    ("djangoxform/28-submit-unterminated", Refused, "No XML submission file."),
    ("enketo-express/16-dumb-submit-202-post", Accepted, "got it"),
    ("enketo-express/35-dumb-submit-400-post", Refused, "got it"),
    ("enketo-express/36-dumb-submit-401-post", SignIn, "got it"),
    ("enketo-express/40-dumb-submit-413-post", Refused, "got it"),
    ("enketo-express/41-dumb-submit-500-post", Unknown, "got it"),
    ("kobo-server-tests/01-central", Refused, "An expected header field (X-OpenRosa-Version) did not match"),
    ("kobo-server-tests/16-expected", Accepted, "ok"),
    ("kobo-server-tests/20-expected", Accepted, "ok"),
    (
        "odk-central/050-submit-resend-differs",
        Conflict,
        "A submission already exists with this ID, but with different XML.",
    ),
    ("odk-central/051-submit-no-version-header", Refused, "An expected header field (X-OpenRosa-Version)"),
    ("odk-central/054-submit-noauth", SignIn, "Could not authenticate with the provided credentials."),
    (
        "odk-central/055-submit-key-other-form",
        SignIn,
        "Could not authenticate with the provided credentials.",
    ),
    (
        "odk-central/056-submit-missing-part",
        Refused,
        "Required multipart POST field xml_submission_file missing.",
    ),
    (
        "odk-central/057-submit-empty-multipart",
        Refused,
        "Required multipart POST field xml_submission_file missing.",
    ),
    (
        "odk-central/058-submit-field-not-file",
        Refused,
        "Required multipart POST field xml_submission_file missing.",
    ),
    (
        "odk-central/059-submit-wrong-case-part",
        Refused,
        "Required multipart POST field xml_submission_file missing.",
    ),
    ("odk-central/065-submit-empty-xml", Refused, "Required parameter form ID xml attribute missing."),
    ("odk-central/066-submit-no-form-id", Refused, "Required parameter form ID xml attribute missing."),
    ("odk-central/070-submit-unknown-form", Refused, "Could not find the resource you were looking for."),
    (
        "odk-central/071-submit-wrong-version",
        Refused,
        "The form version specified in this submission '999' does not",
    ),
    (
        "odk-central/072-submit-version-missing",
        Refused,
        "The form version specified in this submission '' does not",
    ),
    ("odk-central/073-submit-unknown-project", Refused, "Could not find the resource you were looking for."),
    ("odk-central/075-submit-utf16", Refused, "Required parameter form ID xml attribute missing."),
    ("odk-central/079-submit-form-id-charref", Refused, "Could not find the resource you were looking for."),
    ("odk-central/088-submit-gzip", Refused, "Multipart form content failed to parse."),
    ("odk-central/089-submit-raw-xml", Refused, "Required multipart POST field xml_submission_file missing."),
    (
        "odk-central/090-submit-no-content-type",
        Refused,
        "Required multipart POST field xml_submission_file missing.",
    ),
    ("odk-central/091-submit-json", Refused, "Could not parse the given data (5 chars) as json."),
    ("odk-central/092-submit-no-boundary", Refused, "Multipart form content failed to parse."),
    ("odk-central/093-submit-unterminated", Refused, "Multipart form content failed to parse."),
    ("odk-central/095-submit-lf-only", Refused, "Multipart form content failed to parse."),
    ("odk-central/098-submit-cte-base64", Refused, "Required parameter form ID xml attribute missing."),
    (
        "odk-central/103-edit-original-resend-after-edit",
        Conflict,
        "You tried to update a submission, but the copy",
    ),
    ("odk-central/104-edit-of-old", Conflict, "You tried to update a submission, but the copy"),
    ("odk-central/105-edit-unknown-deprecated", Refused, "we can't find that submission"),
    ("odk-central/106-edit-same-id", Conflict, "A resource already exists with instanceID"),
    (
        "odk-central/112-submit-after-delete",
        Conflict,
        "This submission has been deleted. You may not resubmit it.",
    ),
    ("odk-central/118-draft-submit-other-form", Refused, "Unexpected form id value well-check"),
    ("odk-central/119-draft-submit-badtoken", Refused, "Could not find the resource you were looking for."),
    (
        "odk-central/120-draft-form-main-path",
        Refused,
        "The form version specified in this submission 'd1' does not",
    ),
    ("odk-central/130-submit-long-instanceid", Refused, "Length of value too long for a field"),
    (
        "odk-central/137-version-header-twice",
        Refused,
        "An expected header field (X-OpenRosa-Version) did not match",
    ),
    ("odk-central/141-race-loser", Conflict, "This submission has been deleted. You may not resubmit it."),
    ("odk-central/144-submit-encrypted-no-instanceid", Refused, "Required parameter instanceId"),
    ("odk-central/149-submit-key-revoked", Refused, "does not have rights to perform that action"),
    ("odk-central/162-names-rfc5987", Unknown, "Internal Server Error"),
    // These two are stored; the rows keep their words in view.
    ("odk-central/048-submit-new", Stored, "full submission upload was successful!"),
    ("enketo-express/22-dumb-basic-submit-post", Stored, "got it"),
    ("kobo-server-tests/14-expected", Stored, "ok"),
];

fn meaning(outcome: &Result<Receipt, Error>) -> Meaning {
    match outcome {
        Ok(Receipt::Stored(_)) => Stored,
        Ok(Receipt::Accepted(_)) => Accepted,
        Ok(_) => Unconfirmed,
        Err(error) if error.is_auth() => SignIn,
        Err(error) if error.is_conflict() => Conflict,
        Err(error) => match error.verdict() {
            Verdict::Refused => Refused,
            Verdict::Unknown => Unknown,
            verdict => panic!("{verdict:?} after {error}"),
        },
    }
}

fn words(outcome: Result<Receipt, Error>) -> String {
    match outcome {
        Ok(receipt) => receipt.message().unwrap_or_default().to_owned(),
        Err(error) => error.message().unwrap_or_default(),
    }
}

/// A server that plays recorded answers: one to HEAD, one to POST; it keeps what it was asked.
#[derive(Clone)]
struct Recorded {
    head: Answer,
    post: Answer,
    asked: Arc<Mutex<Vec<(Method, String, bool)>>>,
}

impl Recorded {
    fn new(head: Answer, post: Answer) -> Self {
        Self { head, post, asked: Arc::default() }
    }

    fn answer(&self, request: &http::Request<Body>) -> Response<Body> {
        let signed = request.headers().contains_key(http::header::AUTHORIZATION);
        let asked = (request.method().clone(), request.uri().to_string(), signed);
        self.asked.lock().expect("no answer panics").push(asked);
        let recorded = if request.method() == Method::HEAD { &self.head } else { &self.post };
        let mut answer = Response::builder().status(recorded.status);
        for (name, value) in &recorded.headers {
            answer = answer.header(name, value.as_slice());
        }
        answer.body(Body::from(recorded.body.clone())).expect("a recorded answer is an answer")
    }

    /// Submits to the address of `exchange`.
    fn submit(&self, exchange: &Exchange, sign_in: bool) -> Result<Receipt, Error> {
        let server = self.clone();
        let transport = move |request: http::Request<Body>| {
            let answer = server.answer(&request);
            async move { Ok::<_, transport::Error>(answer) }
        };
        let url = address(exchange);
        let mut client = Client::new(transport);
        if sign_in {
            client = client
                .credentials(&url, Credentials::new("user", "word"))
                .basic_over_http(BasicOverHttp::Allow);
        }
        let submission = Request::new("<data id='f'/>");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime starts");
        runtime.block_on(client.submit(&url, &submission))
    }

    /// Method, address, and whether credentials came along, of each request.
    fn asked(&self) -> Vec<(Method, String, bool)> {
        self.asked.lock().expect("no answer panics").clone()
    }
}

fn address(exchange: &Exchange) -> Url {
    let url = format!("http://{}{}", exchange.host(), exchange.target());
    url.parse().expect("a recorded address is an address")
}

/// The way an answer of ours would be recorded.
fn answer(status: StatusCode, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    Answer { status: status.as_u16(), interim: Vec::new(), headers, body: body.into(), complete: true }
}

fn ready() -> Answer {
    let headers = [("X-OpenRosa-Version", "1.0"), ("X-OpenRosa-Accept-Content-Length", "5000000")];
    answer(StatusCode::NO_CONTENT, &headers, "")
}

fn stored() -> Answer {
    let envelope = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>ok</message></OpenRosaResponse>";
    answer(StatusCode::CREATED, &[("X-OpenRosa-Version", "1.0")], envelope)
}

/// The recorded submissions by this method that a server answered.
fn answered(method: &str) -> Vec<(Exchange, Answer)> {
    let Some(corpus) = corpus::folder("recorded answers to our client") else { return Vec::new() };
    let all = exchange::peers(&corpus).into_iter().flat_map(|peer| exchange::with_peer(&corpus, &peer));
    let to_submission = all.filter(|exchange| exchange.method() == method && is_submission_address(exchange));
    to_submission.filter_map(|exchange| exchange.parsed_answer().map(|answer| (exchange, answer))).collect()
}

fn is_submission_address(exchange: &Exchange) -> bool {
    let path = exchange.target();
    let path = path.split('?').next().unwrap_or_default();
    path.trim_end_matches('/').ends_with("/submission") || path.starts_with("/submission/")
}

/// only 201 and 202 with an envelope are a delivery; 201 with JSON proves nothing.
/// the server's first message is shown, else its short text, else the phrase of the status.
/// natures and payloads that nobody knows do no harm.
/// 409 is told as a conflict.
#[test]
fn every_recorded_answer_means_what_the_digest_says() {
    let answered = answered("POST");
    for (exchange, recorded) in &answered {
        let name = exchange.name.trim_end_matches(".http");
        let row = MEANINGS.iter().find(|(listed, ..)| *listed == name);
        let status = recorded.status;
        assert!(row.is_some() || status == 201, "{name}: {status} needs a row that says what it means");
        let (_, expected, expected_words) = row.copied().unwrap_or((name, Stored, ""));

        let outcome = Recorded::new(ready(), recorded.clone()).submit(exchange, false);
        assert_eq!(meaning(&outcome), expected, "{name}: {outcome:?}");
        let words = words(outcome);
        assert!(words.contains(expected_words), "{name}: `{words}`");
    }
    for (listed, ..) in MEANINGS {
        let found = answered.iter().any(|(exchange, _)| exchange.name == format!("{listed}.http"));
        assert!(answered.is_empty() || found, "`{listed}` is in the table and not in the corpus");
    }
}

/// 204 with the version header opens the road.
/// the POST goes where `Location` says, on the same host.
/// a `Location` without a query inherits the one asked with, still encoded.
/// a HEAD refused with 400 or 404 does not stop the POST.
#[test]
fn after_each_recorded_head_the_post_goes_where_it_should() {
    for (exchange, recorded) in answered("HEAD") {
        let server = Recorded::new(recorded.clone(), stored());
        let outcome = server.submit(&exchange, false);
        let asked = server.asked();
        if recorded.status == 401 {
            assert!(outcome.is_err_and(|error| error.is_auth()), "{}", exchange.name);
            assert_eq!(asked.len(), 1, "{}: {asked:?}", exchange.name);
            continue;
        }
        let own = address(&exchange).to_string();
        let expected = match exchange.name.as_str() {
            "djangoxform/10-head-submission.http" => "https://127.0.0.1:8600/submission",
            "djangoxform/12-head-submission-query.http" => {
                "https://127.0.0.1:8600/submission?deviceID=collect%3Ax"
            }
            _ => own.as_str(),
        };
        assert_eq!(meaning(&outcome), Stored, "{}: {outcome:?}", exchange.name);
        assert_eq!(asked[1..], [(Method::POST, expected.to_owned(), false)], "{}", exchange.name);
    }
}

/// a challenge is met once with credentials, and never in a loop.
/// Basic goes over http only where that was allowed, as it is here.
#[test]
fn each_recorded_challenge_is_met_once() {
    for (exchange, recorded) in answered("HEAD").into_iter().filter(|(_, recorded)| recorded.status == 401) {
        let server = Recorded::new(recorded.clone(), stored());
        let outcome = server.submit(&exchange, true);
        assert!(outcome.is_err_and(|error| error.is_auth()), "{}", exchange.name);
        let signed: Vec<_> = server.asked().into_iter().map(|(_, _, signed)| signed).collect();
        // ODK Central challenges nobody: there is nothing to answer.
        let challenged = recorded.header("www-authenticate").is_some();
        assert_eq!(signed, if challenged { vec![false, true] } else { vec![false] }, "{}", exchange.name);
    }
}
