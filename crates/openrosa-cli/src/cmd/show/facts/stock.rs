//! Ledger blocks, for a machine.

use openrosa_xml::{
    instance::FoundLedger,
    ledger::{Entry, Ledger, SectionValue},
};
use serde_json::{Value as Json, json};

use crate::cmd::show::document::Document;

/// Every ledger block, with the path of its element.
pub(super) fn ledgers(document: &Document<'_>) -> Vec<Json> {
    document.instance.ledgers().iter().zip(&document.ledger_paths).map(ledger).collect()
}

fn ledger((found, path): (&FoundLedger<'_>, &String)) -> Json {
    let (entity_id, src, dest) = match &found.block {
        Ledger::Balance(balance) => (balance.entity_id.as_deref(), None, None),
        Ledger::Transfer(transfer) => (None, transfer.src.as_deref(), transfer.dest.as_deref()),
        _ => (None, None, None),
    };
    let sheet = found.block.sheet();
    let mut facts = json!({
        "path": path,
        "kind": found.block.name().local_name(),
        "date": sheet.and_then(|sheet| sheet.date.as_ref()).map(|date| date.as_str()),
        "entity_id": entity_id,
        "section_id": sheet.and_then(|sheet| sheet.section_id.as_deref()),
        "src": src,
        "dest": dest,
        "entries": sheet.into_iter().flat_map(|sheet| &sheet.entries).map(entry).collect::<Json>(),
        "in_devicereport": found.in_device_report,
    });
    if let Some(kind) = sheet.and_then(|sheet| sheet.kind.as_deref()) {
        facts["attrs"] = json!({ "type": kind });
    }
    facts
}

fn entry(entry: &Entry<'_>) -> Json {
    let mut facts =
        json!({ "local": entry.tag.name.local_name(), "id": entry.id, "quantity": entry.quantity });
    if !entry.values.is_empty() {
        facts["values"] = entry.values.iter().map(value).collect();
    }
    facts
}

fn value(value: &SectionValue<'_>) -> Json {
    let name = &value.tag.name;
    json!({
        "local": name.local_name(), "xmlns": name.namespace(),
        "section_id": value.section_id, "quantity": value.quantity,
    })
}
