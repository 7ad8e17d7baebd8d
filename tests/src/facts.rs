//! What our reader found in a form, in the words and shapes of the corpus' facts, to compare the two.

mod legacy;

use std::collections::{BTreeMap, HashMap};

use openrosa_xml::Instance;
use openrosa_xml::case::{Action, CaseBlock, Create, Indices, Update};
use openrosa_xml::instance::{FoundLedger, Meta, Root};
use openrosa_xml::ledger::{self, Ledger};
use openrosa_xml::registration::Registration;
use openrosa_xml::xml::{Name, paths};
use serde_json::{Map, Value, json};

pub use legacy::{legacy_cases, stated_legacy_cases};

/// The members `root`, `meta`, `meta_info` and `cases` (V2 blocks only) of the facts of a form.
pub fn of_instance(source: &str, instance: &Instance<'_>) -> Value {
    let mut found = Map::new();
    let path = paths_in(source, instance);
    let at = |mark: openrosa_xml::Mark| mark.span().and_then(|span| path.get(&span.start).cloned());
    found.insert("root".into(), root(instance.root()));
    found.insert("meta".into(), instance.meta().map_or(Value::Null, meta_texts));
    if let Some(meta) = instance.meta() {
        found.insert("meta_info".into(), meta_info(meta, at(meta.mark)));
    }
    let blocks = instance.cases().iter().filter(|found| found.block.is_v2());
    let cases = blocks.map(|found| case(&found.block, at(found.block.tag.mark), found.in_device_report));
    found.insert("cases".into(), cases.collect());
    found.into()
}

/// The same members as the corpus states them, with the twins that only trim white space taken away.
pub fn stated(facts: &Value) -> Value {
    let mut stated = Map::new();
    for member in ["root", "meta", "meta_info"] {
        if let Some(value) = facts.get(member) {
            stated.insert(member.into(), value.clone());
        }
    }
    let blocks = facts["cases"].as_array().into_iter().flatten().filter(|case| case["form"] == "v2");
    stated.insert("cases".into(), blocks.cloned().collect());
    let mut stated = Value::Object(stated);
    if let Some(info) = stated.get_mut("meta_info").and_then(Value::as_object_mut) {
        info.remove("root_meta_count");
    }
    without_trimmed_twins(&mut stated);
    stated
}

/// Takes away, at every depth, what the corpus states only because white space around a text was trimmed.
pub fn without_trimmed_twins(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !name.ends_with("_trimmed"));
            members.values_mut().for_each(without_trimmed_twins);
            for (list, pair) in [("update", 2), ("fields", 3)] {
                let rows = members.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
                rows.filter_map(Value::as_array_mut).for_each(|row| row.truncate(pair));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(without_trimmed_twins),
        _ => {}
    }
}

/// The member `registration` of the facts.
pub fn registration(user: &Registration<'_>) -> Value {
    json!({
        "xmlns": user.element.name.namespace(),
        "username": user.username(),
        "uuid": user.user_id(),
        "date": user.date().map(|date| date.to_string()),
        "registering_phone_id": user.registering_phone_id(),
        "user_data": user.user_data().map(|datum| json!([datum.key, datum.value])).collect::<Value>(),
    })
}

/// The member `ledgers` of the facts, without the paths.
pub fn ledgers(instance: &Instance<'_>) -> Value {
    instance.ledgers().iter().map(ledger).collect()
}

fn ledger(found: &FoundLedger<'_>) -> Value {
    let (entity_id, src, dest) = match &found.block {
        Ledger::Balance(balance) => (balance.entity_id.as_deref(), None, None),
        Ledger::Transfer(transfer) => (None, transfer.src.as_deref(), transfer.dest.as_deref()),
        _ => (None, None, None),
    };
    let sheet = found.block.sheet();
    let mut stated = json!({
        "kind": found.block.name().local_name(),
        "date": sheet.and_then(|sheet| sheet.date.as_ref()).map(|date| date.as_str()),
        "entity_id": entity_id,
        "section_id": sheet.and_then(|sheet| sheet.section_id.as_deref()),
        "src": src,
        "dest": dest,
        "entries": sheet.into_iter().flat_map(|sheet| &sheet.entries).map(entry).collect::<Value>(),
        "in_devicereport": found.in_device_report,
    });
    // The facts name every other attribute here.
    if let Some(kind) = sheet.and_then(|sheet| sheet.kind.as_deref()) {
        stated["attrs"] = json!({ "type": kind });
    }
    stated
}

fn entry(entry: &ledger::Entry<'_>) -> Value {
    let name = |tag: &openrosa_xml::case::Tag<'_>| tag.name.local_name().to_owned();
    let value = |value: &ledger::SectionValue<'_>| {
        json!({
            "local": name(&value.tag), "xmlns": value.tag.name.namespace(),
            "section_id": value.section_id, "quantity": value.quantity,
        })
    };
    let mut found = json!({ "local": name(&entry.tag), "id": entry.id, "quantity": entry.quantity });
    if !entry.values.is_empty() {
        found["values"] = entry.values.iter().map(value).collect();
    }
    found
}

fn paths_in(source: &str, instance: &Instance<'_>) -> HashMap<u64, String> {
    let blocks = instance.cases().iter().map(|found| found.block.tag.mark);
    let marks = blocks.chain(instance.metas().map(|meta| meta.mark));
    let mut offsets: Vec<_> = marks.filter_map(|mark| Some(mark.span()?.start)).collect();
    offsets.sort_unstable();
    let found = paths(source, &offsets).expect("what was read once reads again");
    offsets.into_iter().zip(found).filter_map(|(offset, path)| Some((offset, path?))).collect()
}

fn root(root: &Root<'_>) -> Value {
    let attrs = root.attributes.iter().map(|attribute| json!([clark(&attribute.name), attribute.value]));
    json!({
        "local": root.name.local_name(),
        "xmlns": root.name.namespace(),
        "name": root.attribute("name"),
        "version": root.attribute("version"),
        "uiVersion": root.attribute("uiVersion"),
        "id": root.attribute("id"),
        "attrs": attrs.collect::<Value>(),
    })
}

/// `{namespace}local`, or `local` alone without a namespace.
fn clark(name: &Name<'_>) -> String {
    let namespace = name.namespace().map(|uri| format!("{{{uri}}}")).unwrap_or_default();
    namespace + name.local_name()
}

fn meta_texts(meta: &Meta<'_>) -> Value {
    let mut texts = Map::new();
    for field in &meta.fields {
        texts.entry(field.name.local_name()).or_insert_with(|| json!(field.value.text()));
    }
    texts.into()
}

fn meta_info(meta: &Meta<'_>, path: Option<String>) -> Value {
    let field = |field: &openrosa_xml::instance::Field<'_>| {
        json!([field.name.local_name(), field.name.namespace(), field.value.text()])
    };
    json!({
        "path": path,
        "local": meta.name.local_name(),
        "xmlns": meta.name.namespace(),
        "fields": meta.fields.iter().map(field).collect::<Value>(),
    })
}

fn case(block: &CaseBlock<'_>, path: Option<String>, in_device_report: bool) -> Value {
    json!({
        "path": path,
        "form": "v2",
        "xmlns": block.tag.name.namespace(),
        "case_id": block.case_id,
        "user_id": block.user_id,
        "date_modified": block.date_modified.as_ref().map(|date| date.as_str()),
        "actions": block.actions.iter().map(|action| action.name().local_name()).collect::<Value>(),
        "create": block.create().map(create),
        "update": block.update().map(update),
        "close": block.actions.iter().any(|action| matches!(action, Action::Close(_))),
        "index": block.index().map(index),
        "attachment": block.attachment().map(|attachments| {
            attachments.entries.iter().map(|entry| json!({
                "name": entry.name, "src": entry.src, "from": entry.from,
                "name_attr": entry.file_name, "value": entry.content.text(),
            })).collect::<Value>()
        }),
        "in_devicereport": in_device_report,
    })
}

fn create(create: &Create<'_>) -> Value {
    let texts = create.properties.iter().map(|property| (property.name.as_ref(), property.value.text()));
    json!(texts.collect::<BTreeMap<_, _>>())
}

fn update(update: &Update<'_>) -> Value {
    update.properties.iter().map(|property| json!([property.name, property.value.text()])).collect()
}

fn index(indices: &Indices<'_>) -> Value {
    let entry = |entry: &openrosa_xml::case::Index<'_>| {
        json!({
            "name": entry.name, "case_type": entry.case_type,
            "relationship": entry.relationship, "value": entry.target.text(),
        })
    };
    indices.entries.iter().map(entry).collect()
}
