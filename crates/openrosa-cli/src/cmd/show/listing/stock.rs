//! The ledger blocks of a form: what was counted, and what went where.

use openrosa_xml::{
    Instance, Profile, Timestamp,
    instance::FoundLedger,
    ledger::{Ledger, Sheet},
};

use super::Section;
use crate::page::seen;

/// A section for each block, in document order.
pub(in super::super) fn sections(instance: &Instance<'_>) -> Vec<Section> {
    instance.ledgers().iter().map(section).collect()
}

fn section(found: &FoundLedger<'_>) -> Section {
    let case = |id: Option<&str>| id.map_or("nothing".to_owned(), |id| format!("case {}", seen(id)));
    let title = match &found.block {
        Ledger::Balance(balance) => format!("Balance of {}", case(balance.entity_id.as_deref())),
        Ledger::Transfer(transfer) => {
            format!("Transfer from {} to {}", case(transfer.src.as_deref()), case(transfer.dest.as_deref()))
        }
        other => format!("Ledger element `{}`, which nobody knows", seen(other.name().local_name())),
    };
    let mut rows = found.block.sheet().map(of_sheet).unwrap_or_default();
    if found.in_case {
        rows.push((
            "where",
            "inside a case block, where CommCare HQ finds it and the device does not".to_owned(),
        ));
    }
    Section { title, rows }
}

fn of_sheet(sheet: &Sheet<'_>) -> Vec<(&'static str, String)> {
    let date = sheet.date.as_ref().map(|date| ("date", seen(Timestamp::as_str(date)).into_owned()));
    let kind = sheet.kind.as_deref().map(|kind| ("type", seen(kind).into_owned()));
    let shown = |text: Option<&str>| text.map_or("(none)".into(), seen).into_owned();
    let entries = sheet.instructions(Profile::Hq).into_iter().map(|entry| {
        let (section, product) = (shown(entry.section_id), shown(entry.entry_id));
        ("entry", format!("{product} = {} ({section})", shown(entry.quantity)))
    });
    date.into_iter().chain(kind).chain(entries).collect()
}
