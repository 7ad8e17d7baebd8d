//! The recorded exchanges are all there and read as what they are, before anything is concluded from them.

use openrosa_tests::corpus;
use openrosa_tests::exchange::{self, Exchange};

fn every_exchange() -> Vec<Exchange> {
    let Some(corpus) = corpus::folder("the recorded exchanges") else {
        return Vec::new();
    };
    let all: Vec<_> =
        exchange::peers(&corpus).iter().flat_map(|peer| exchange::with_peer(&corpus, peer)).collect();
    assert!(all.len() > 300, "only {} exchanges", all.len());
    all
}

#[test]
fn every_message_is_as_long_as_its_headers_say() {
    for exchange in every_exchange() {
        let short_by_design = exchange.name.contains("submit-short-body");
        // A HEAD that Django answers with a body, against RFC 9110 9.3.2.
        let body_after_head = exchange.name == "djangoxform/11-head-submission-noauth.http";
        if let Some(request) = exchange.parsed_request() {
            assert_eq!(request.complete, !short_by_design, "request of {}", exchange.name);
        }
        if let Some(answer) = exchange.parsed_answer() {
            assert_eq!(answer.complete, !body_after_head, "answer of {}", exchange.name);
        }
    }
}

#[test]
fn the_index_says_the_method_and_status_that_the_bytes_say() {
    for exchange in every_exchange() {
        let status = exchange.parsed_answer().map_or("-".to_owned(), |answer| answer.status.to_string());
        let said = format!("{} -> {status}", exchange.method());
        let cut = exchange.answer().whole().is_none() && !exchange.shows.contains("-> -");
        assert!(
            cut || exchange.shows.starts_with(&said),
            "{}: {said}, yet {}",
            exchange.name,
            exchange.shows
        );
    }
}
