//! What a document says, as the plain text that the samples state beside it.

mod forms;
mod lists;
mod restores;
mod transactions;

use std::fmt::Write as _;

use openrosa_xml::{
    Envelope, Instance,
    case::{Action, Attachment, CaseBlock, Index, Property, Relationship, Tag, Value},
    envelope::{Content, Message},
    instance::FoundCase,
    xml::{Element, Name, Node},
};

pub use forms::{blank_form, case_db};
pub use lists::{briefcase, encrypted, form_list, integrity, key_records, manifest};
pub use restores::restore;
pub use transactions::registration;

/// An element and all in it, a line each.
#[must_use]
pub fn outline(element: &Element<'_>) -> String {
    let mut out = String::new();
    outline_at(element, 0, &mut out);
    out
}

fn outline_at(element: &Element<'_>, depth: usize, out: &mut String) {
    let _ = write!(out, "{:indent$}{}", "", expanded(&element.name), indent = depth * 2);
    for attribute in &element.attributes {
        let _ = write!(out, " @{}={:?}", expanded(&attribute.name), attribute.value);
    }
    for node in element.children() {
        if let Node::Text(text) = node {
            let _ = write!(out, " {text:?}");
        }
    }
    out.push('\n');
    for child in element.elements() {
        outline_at(child, depth + 1, out);
    }
}

fn expanded(name: &Name<'_>) -> String {
    let local = name.local_name();
    name.namespace().map_or_else(|| local.to_owned(), |uri| format!("{{{uri}}}{local}"))
}

/// What an instance says of itself, and its case blocks.
#[must_use]
pub fn instance(instance: &Instance<'_>) -> String {
    let key = instance.form_key();
    let mut out = format!("form {}", key.id.as_deref().unwrap_or("unnamed"));
    if let Some(version) = key.version.as_deref() {
        let _ = write!(out, ", version {version}");
    }
    out.push('\n');
    for (what, id) in [("instance", instance.instance_id()), ("replaces", instance.deprecated_id())] {
        if let Some(id) = id {
            let _ = writeln!(out, "{what} {}", id.as_written());
        }
    }
    for field in instance.meta().map_or(&[][..], |meta| &meta.fields) {
        let _ = writeln!(out, "meta {} = {}", field.name.local_name(), field.value.text());
    }
    instance.cases().iter().for_each(|found| case(found, &mut out));
    instance.legacy_cases().iter().for_each(|found| transactions::legacy_case(found, &mut out));
    instance.ledgers().iter().for_each(|found| transactions::ledger(found, &mut out));
    out
}

fn case(found: &FoundCase<'_>, out: &mut String) {
    block(&found.block, if found.in_device_report { ", in a device log" } else { "" }, out);
}

fn block(block: &CaseBlock<'_>, remark: &str, out: &mut String) {
    let CaseBlock { case_id, date_modified, user_id, actions, tag, .. } = block;
    let _ = write!(out, "case {}", case_id.as_deref().unwrap_or("without an id"));
    if let Some(user) = user_id {
        let _ = write!(out, " by {user}");
    }
    if let Some(date) = date_modified {
        let _ = write!(out, " at {date}");
    }
    let _ = writeln!(out, "{remark}");
    if let Some(text) = &tag.text {
        let _ = writeln!(out, "  text {:?}", text.trim());
    }
    actions.iter().for_each(|it| action(it, out));
}

fn action(action: &Action<'_>, out: &mut String) {
    let name = action.name().local_name();
    match action {
        Action::Create(create) => properties(&create.tag, &create.properties, out),
        Action::Update(update) => properties(&update.tag, &update.properties, out),
        Action::Index(index) => index.entries.iter().for_each(|entry| link(entry, out)),
        Action::Attachment(files) => files.entries.iter().for_each(|entry| file(entry, out)),
        Action::Close(_) => out.push_str("  close\n"),
        _ => {
            let _ = writeln!(out, "  other {name}");
        }
    }
}

fn properties(tag: &Tag<'_>, properties: &[Property<'_>], out: &mut String) {
    let name = tag.name.local_name();
    if properties.is_empty() {
        let _ = writeln!(out, "  {name}, {}", if tag.text.is_some() { "blank" } else { "empty" });
    }
    for property in properties {
        let odd = if matches!(property.value, Value::Element(_)) { " (more than text)" } else { "" };
        let _ = writeln!(out, "  {name} {} = {}{odd}", property.name, property.value.text());
    }
}

fn link(index: &Index<'_>, out: &mut String) {
    let target = match index.target.text() {
        text if text.is_empty() => "nothing".into(),
        text => text,
    };
    let relationship = match index.relationship() {
        Relationship::Child => "child".to_owned(),
        Relationship::Extension => "extension".to_owned(),
        other => format!("{:?}", if let Relationship::Other(word) = other { word } else { "?" }),
    };
    let case_type = index.case_type.as_deref().unwrap_or("no type");
    let _ = writeln!(out, "  index {} -> {case_type} {target}, {relationship}", index.name);
}

fn file(attachment: &Attachment<'_>, out: &mut String) {
    let said = if attachment.is_removal() {
        "removed".to_owned()
    } else {
        let part = |text: &Option<_>| text.as_deref().unwrap_or("nowhere").to_owned();
        format!("from {} {}", part(&attachment.from), part(&attachment.src))
    };
    let _ = writeln!(out, "  attachment {} {said}", attachment.name);
}

/// The messages and payloads of an envelope.
#[must_use]
pub fn envelope(envelope: &Envelope<'_>) -> String {
    let mut out = envelope.items.as_ref().map(|items| format!("items {items}\n")).unwrap_or_default();
    for content in &envelope.contents {
        match content {
            Content::Message(Message { nature, text, .. }) => {
                let nature = match nature.as_deref() {
                    None => String::new(),
                    Some("") => " (empty nature)".to_owned(),
                    Some(nature) => format!(" {nature}"),
                };
                let _ = writeln!(out, "message{nature}: {text}");
            }
            Content::Payload(payload) => {
                let _ = writeln!(out, "payload {}", expanded(&payload.name));
            }
            _ => out.push_str("unknown content\n"),
        }
    }
    out
}
