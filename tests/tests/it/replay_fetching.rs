//! Our client is given every answer that real servers gave to the GETs of a device, and takes each for what it is.

use std::sync::{Arc, Mutex};

use http::Response;
use openrosa_http::{
    Client,
    api::{form_list, integrity},
    client::Error,
    peer::Peer,
    transport::{self, Body},
};
use openrosa_tests::{
    corpus,
    exchange::{self, Answer, Exchange},
};
use openrosa_xml::xml;
use url::Url;

/// A transport that gives one recorded answer, and keeps what it was asked.
type Seen = Arc<Mutex<Vec<http::request::Parts>>>;

fn replaying(answer: &Answer) -> (impl transport::Transport, Seen) {
    let (answer, seen) = (answer.clone(), Seen::default());
    let asked = Arc::clone(&seen);
    let transport = move |request: http::Request<Body>| {
        asked.lock().expect("no panic").push(request.into_parts().0);
        let answer = response(&answer);
        async move { Ok(answer) }
    };
    (transport, seen)
}

fn response(answer: &Answer) -> Response<Body> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        // How it was framed is the recording's affair.
        if !["content-length", "transfer-encoding"].iter().any(|framing| name.eq_ignore_ascii_case(framing)) {
            response = response.header(name.as_str(), value.as_slice());
        }
    }
    response.body(Body::from(answer.body.clone())).expect("recorded headers are headers")
}

/// All recorded GETs with their answers.
fn gets() -> Option<Vec<(Exchange, Answer)>> {
    let corpus = corpus::folder("replaying what servers answered to GETs")?;
    let exchanges =
        exchange::peers(&corpus).into_iter().flat_map(move |peer| exchange::with_peer(&corpus, &peer));
    let answered = |exchange: Exchange| exchange.parsed_answer().map(|answer| (exchange, answer));
    Some(exchanges.filter(|exchange| exchange.method() == "GET").filter_map(answered).collect())
}

/// The local name of the root of an answer's body.
fn root(answer: &Answer) -> Option<String> {
    let text = xml::decode(&answer.body).ok()?;
    let element = xml::Element::read(&text).ok()?;
    Some(element.name.local_name().to_owned())
}

/// Asks for a list, a manifest or the state of entities, by what the answer is; whether there was one.
async fn fetch(root: &str, answer: &Answer, url: &Url) -> (Result<usize, Error>, Seen) {
    let (transport, seen) = replaying(answer);
    let client = Client::new(transport).device_id("collect:AbC123");
    let fetched = match root {
        "manifest" => client.manifest(url).await.map(|manifest| manifest.files().count()),
        "data" => {
            client.integrity(url, &integrity::Request::default()).await.map(|data| data.entities().count())
        }
        _ => client.form_list(url, &form_list::Request::default()).await.map(|list| list.forms().count()),
    };
    (fetched, seen)
}

/// what goes out has version, date and device: what came back is of use.
#[tokio::test]
async fn every_recorded_list_is_taken_and_every_refusal_is_an_error() {
    let Some(gets) = gets() else { return };
    let url: Url = "https://server.example/formList?st=a%2Fb".parse().expect("an address");
    let (mut taken, mut refused) = (0, 0);
    for (exchange, answer) in &gets {
        let root = root(answer).unwrap_or_default();
        let is_wanted = ["xforms", "manifest"].contains(&root.as_str())
            || (root == "data" && String::from_utf8_lossy(&answer.body).contains("<entities"));
        if answer.status == 200 && is_wanted {
            let (fetched, seen) = fetch(&root, answer, &url).await;
            assert!(fetched.is_ok(), "{}: {fetched:?}", exchange.name);
            let seen = seen.lock().expect("no panic");
            let asked = seen.first().expect("it was asked");
            assert_eq!(asked.headers["x-openrosa-version"], "1.0");
            assert!(asked.headers.contains_key("date"));
            assert_eq!(asked.uri.query(), Some("st=a%2Fb&deviceID=collect%3AAbC123"));
            taken += 1;
        }
        if answer.status >= 400 {
            let (fetched, _) = fetch("xforms", answer, &url).await;
            let error = fetched.expect_err(&exchange.name);
            assert_eq!(
                error.status().map(|status| status.as_u16()),
                Some(answer.status),
                "{}",
                exchange.name
            );
            assert_eq!(error.is_auth(), answer.status == 401, "{}: {error}", exchange.name);
            refused += 1;
        }
    }
    assert!(taken > 15 && refused > 15, "{taken} taken, {refused} refused");
}

/// Servers give themselves away in some answers, and are never taken for another.
#[test]
fn recorded_servers_are_told_by_their_answers() {
    let Some(corpus) = corpus::folder("telling recorded servers apart") else { return };
    // What is derived from the code of `formhub` writes its dates as KoBoToolbox does.
    for (peer, name, at_least) in [("odk-central", "odk-central", 100), ("djangoxform", "kobotoolbox", 10)] {
        let answers: Vec<_> =
            exchange::with_peer(&corpus, peer).iter().filter_map(Exchange::parsed_answer).collect();
        let detected: Vec<_> = answers
            .iter()
            .filter_map(|answer| Peer::detect(&response(answer).into_parts().0))
            .map(|peer| peer.name)
            .collect();
        assert!(detected.iter().all(|detected| *detected == name), "{peer}: {detected:?}");
        assert!(detected.len() >= at_least, "{peer}: {} of {}", detected.len(), answers.len());
    }
}
