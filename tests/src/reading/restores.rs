//! Restores as text, item by item.

use std::fmt::Write as _;

use openrosa_xml::{
    ReadError,
    fixture::{Fixture, Schema},
    restore::{RestoreError, RestoreItem, RestoreReader},
};

use super::{block, expanded, transactions};

/// A restore, in the order of its items.
///
/// # Errors
///
/// That of reading it.
pub fn restore(text: &str) -> Result<String, ReadError> {
    let (mut out, mut reader) = (String::new(), RestoreReader::new(text.as_bytes()));
    loop {
        match reader.next_with(|found| item(&found.value, &mut out)) {
            Ok(Some(())) => {}
            Ok(None) => return Ok(out),
            Err(RestoreError::Read(error)) => return Err(error),
            Err(error) => panic!("a text does not fail: {error}"),
        }
    }
}

fn item(item: &RestoreItem<'_>, out: &mut String) {
    match item {
        RestoreItem::Message(message) => {
            let nature = message.nature.as_deref().unwrap_or("without a nature");
            let _ = writeln!(out, "message {nature}: {}", message.text);
        }
        RestoreItem::SyncToken(token) => {
            let _ = writeln!(out, "token {}", token.restore_id().as_deref().unwrap_or("without an id"));
        }
        RestoreItem::Registration(user) => out.push_str(&transactions::registration(user)),
        RestoreItem::Fixture(found) => fixture(found, out),
        RestoreItem::Schema(found) => schema(found, out),
        RestoreItem::Ledger(ledger) => transactions::stock(ledger, "", out),
        RestoreItem::Case(case) => block(case, "", out),
        RestoreItem::Other(element) => {
            let _ = writeln!(out, "other {}", expanded(&element.name));
        }
        _ => out.push_str("unknown item\n"),
    }
}

fn fixture(fixture: &Fixture<'_>, out: &mut String) {
    let (id, user) = fixture.identity();
    let indexed = if fixture.is_indexed() { ", indexed" } else { "" };
    let _ = writeln!(out, "fixture {} of {user:?}{indexed}", id.unwrap_or("without an id"));
}

fn schema(schema: &Schema<'_>, out: &mut String) {
    let indices: Vec<_> = schema.indices().collect();
    let _ = writeln!(out, "schema {} by {}", schema.id().unwrap_or("without an id"), indices.join("; "));
}
