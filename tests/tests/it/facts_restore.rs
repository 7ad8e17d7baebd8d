//! Real restores read, item by item, as what independent readings of them say. How much memory that takes is measured by
//! the benchmarks.

use openrosa_tests::{
    corpus::{self, Sample},
    facts,
};
use openrosa_xml::{
    fixture::{Fixture, Schema},
    restore::{Next, RestoreItem, RestoreParser, RestoreReader},
};
use serde_json::{Value, json};

/// Every document of the corpus that is an envelope.
fn samples() -> Vec<Sample> {
    let Some(corpus) = corpus::folder("reading real restores and comparing with their facts") else {
        return Vec::new();
    };
    let kinds = ["restore", "ledger", "registration", "openrosa-response"];
    let samples = kinds.into_iter().flat_map(|kind| corpus::samples(&corpus, kind));
    samples.filter(|sample| sample.facts.get("restore").is_some()).collect()
}

fn items(sample: &Sample) -> Vec<RestoreItem<'static>> {
    let items = RestoreReader::new(&sample.bytes[..]).map(|item| item.map(|item| item.value));
    items.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{}: {error}", sample.name))
}

/// The member `restore` of the facts, as our reader gives it.
fn found(sample: &Sample) -> Value {
    let items = items(sample);
    let registration = items.iter().find_map(registration);
    json!({
        "items": root_attribute(sample, "items"),
        "restore_id": items.iter().find_map(restore_id),
        "user_id": registration.as_ref().map(|user| user["uuid"].clone()),
        "username": registration.as_ref().map(|user| user["username"].clone()),
        "registration": registration,
        "messages": items.iter().filter_map(message).collect::<Value>(),
        "progress": items.iter().find_map(progress),
        "fixtures": items.iter().filter_map(fixture).collect::<Value>(),
        "schemas": items.iter().filter_map(schema).collect::<Value>(),
        "case_count": items.iter().filter(|item| matches!(item, RestoreItem::Case(_))).count(),
        "payload": payload(&items),
    })
}

fn root_attribute(sample: &Sample, local: &str) -> Option<String> {
    let mut parser = RestoreParser::new();
    parser.push(&sample.bytes);
    parser.end();
    while matches!(parser.next_with(|_| ()), Ok(Next::Item(()))) {}
    parser.root_attribute(local).map(str::to_owned)
}

fn restore_id(item: &RestoreItem<'_>) -> Option<String> {
    let RestoreItem::SyncToken(token) = item else { return None };
    token.restore_id().map(Into::into)
}

fn registration(item: &RestoreItem<'_>) -> Option<Value> {
    let RestoreItem::Registration(user) = item else { return None };
    Some(facts::registration(user))
}

fn message(item: &RestoreItem<'_>) -> Option<Value> {
    let RestoreItem::Message(message) = item else { return None };
    Some(json!({ "nature": message.nature, "text": message.text }))
}

fn progress(item: &RestoreItem<'_>) -> Option<Value> {
    let RestoreItem::SyncToken(token) = item else { return None };
    let progress = token.progress()?;
    let text = |number: Option<u64>| number.map(|number| number.to_string());
    Some(json!({
        "done": text(progress.done),
        "total": text(progress.total),
        "retry-after": text(progress.retry_after),
    }))
}

fn fixture(item: &RestoreItem<'_>) -> Option<Value> {
    let RestoreItem::Fixture(Fixture { name, id, user_id, indexed, .. }) = item else { return None };
    Some(json!({ "xmlns": name.namespace(), "id": id, "user_id": user_id, "indexed": indexed }))
}

fn schema(item: &RestoreItem<'_>) -> Option<Value> {
    let RestoreItem::Schema(schema) = item else { return None };
    Some(json!({ "id": schema.id(), "indices": Schema::indices(schema).collect::<Value>() }))
}

/// Local name, namespace and number of the items, in the order in which each first comes.
fn payload(items: &[RestoreItem<'_>]) -> Value {
    let mut kinds: Vec<(&str, Option<&str>, u64)> = Vec::new();
    for name in items.iter().map(RestoreItem::name) {
        let key = (name.local_name(), name.namespace());
        match kinds.iter_mut().find(|(local, namespace, _)| (*local, *namespace) == key) {
            Some((_, _, count)) => *count += 1,
            None => kinds.push((key.0, key.1, 1)),
        }
    }
    json!(kinds)
}

/// The member `restore` of the facts, without what our reader does not give: paths, and texts trimmed of white space.
fn stated(sample: &Sample) -> Value {
    let mut stated = sample.facts["restore"].clone();
    facts::without_trimmed_twins(&mut stated);
    for fixture in stated["fixtures"].as_array_mut().into_iter().flatten() {
        fixture.as_object_mut().expect("a fixture is an object").remove("path");
    }
    stated
}

/// S-001: what stands below the root is dispatched whatever the root and its namespace are.
/// S-034: each child of the root is an item of its own.
#[test]
fn restores_equal_the_facts() {
    for sample in samples() {
        let (found, stated) = (found(&sample), stated(&sample));
        for (member, value) in found.as_object().expect("facts are an object") {
            // Absent says the same as null.
            assert_eq!(value, stated.get(member).unwrap_or(&Value::Null), "`{member}` of {}", sample.name);
        }
    }
}
