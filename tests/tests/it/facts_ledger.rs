//! Real ledger blocks read as what independent readings of them say.

use openrosa_tests::{corpus, facts};
use openrosa_xml::{Instance, registration::Registration, xml};
use serde_json::Value;

/// Every sound document of these kinds.
fn samples(kinds: &[&str]) -> Vec<corpus::Sample> {
    let Some(corpus) = corpus::folder("reading real ledgers and users and comparing with their facts") else {
        return Vec::new();
    };
    kinds.iter().flat_map(|kind| corpus::samples(&corpus, kind)).collect()
}

fn stated(facts: &Value) -> Value {
    let mut stated = facts.clone();
    for ledger in stated.as_array_mut().into_iter().flatten() {
        ledger.as_object_mut().expect("a ledger is an object").remove("path");
    }
    stated
}

/// C-051: ledger blocks are found by their namespace, wherever an independent reading finds them.
#[test]
fn ledgers_equal_the_facts() {
    let mut ledgers = 0;
    let samples = samples(&["submission", "submission-legacy", "registration", "ledger", "restore"]);
    for sample in &samples {
        let text = xml::decode(&sample.bytes).expect(&sample.name);
        let instance = Instance::read(&text).expect(&sample.name);
        assert_eq!(facts::ledgers(&instance), stated(&sample.facts["ledgers"]), "{}", sample.name);
        ledgers += instance.ledgers().len();
    }
    assert!(samples.is_empty() || ledgers > 50, "{ledgers} ledgers were met");
}

#[test]
fn users_sent_to_a_server_equal_the_facts() {
    for sample in samples(&["registration"]) {
        let Some(stated) = sample.facts.get("registration").filter(|facts| facts.is_object()) else {
            continue;
        };
        let text = xml::decode(&sample.bytes).expect(&sample.name);
        let user = Registration::read(&text).expect(&sample.name);
        assert_eq!(&facts::registration(&user), stated, "{}", sample.name);
    }
}
