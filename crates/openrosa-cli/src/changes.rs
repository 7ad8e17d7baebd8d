//! What documents have done to the cases, for people and for programs.

mod json;

use std::{collections::BTreeMap, fmt::Write};

use openrosa_case::{
    Change,
    case::{Case, Deletion, Index, Value},
    change::{Applied, ValueChange},
    form::FormState,
    store::Memory,
};
use openrosa_xml::CaseId;

use crate::{
    page::{LABEL, NOTE, Page, TITLE, counted, grouped, seen},
    state::Side,
};
pub(crate) use json::{change as change_json, index as index_json, json};

/// The column of names.
const COLUMN: usize = 18;

/// Writes the changes, case by case in the order in which each was first touched, and at most so many cases of them.
pub(crate) fn write(out: &mut String, applied: &Applied, memory: &Memory, page: Page, most: usize) {
    let mut places: BTreeMap<&CaseId, usize> = BTreeMap::new();
    let mut cases: Vec<(&CaseId, Vec<&Change>)> = Vec::new();
    for change in &applied.changes {
        let Some(id) = change.case_id() else { continue };
        let place = *places.entry(id).or_insert(cases.len());
        if place == cases.len() {
            cases.push((id, Vec::new()));
        }
        cases[place].1.push(change);
    }
    for (id, changes) in cases.iter().take(most) {
        write_case(out, id, changes, memory, page);
    }
    if cases.len() > most {
        let _ = writeln!(
            out,
            "  {NOTE}and {} more:{NOTE:#} {}",
            counted(cases.len() - most, "case"),
            summed(&cases[most..])
        );
    }
    for change in applied.changes.iter().filter(|change| change.case_id().is_none()) {
        write_other(out, change, page);
    }
}

/// Writes the changes of one case, below a line that says which.
fn write_case(out: &mut String, id: &CaseId, changes: &[&Change], memory: &Memory, page: Page) {
    let case = memory.get(id.as_str());
    let states: Vec<_> = changes.iter().filter_map(|change| state(change)).collect();
    let states = if states.is_empty() { String::new() } else { format!(" · {}", states.join(", ")) };
    page.wrapped(out, "  ", "    ", &format!("{TITLE}{}{TITLE:#}{states}", named(id, case)));
    for change in changes {
        match change {
            // The line above has its type and name.
            Change::Created(case) => write_new(out, case, &["case_type", "case_name"], page),
            change => write_change(out, change, page),
        }
    }
}

/// What one change says beyond the line of its case.
pub(crate) fn write_change(out: &mut String, change: &Change, page: Page) {
    match change {
        Change::Created(case) => write_new(out, case, &[], page),
        Change::Updated { values, .. } => {
            for ValueChange { name, before, after, .. } in values {
                row(out, page, name, &between(before.as_ref().map(text), after.as_ref().map(text)));
            }
        }
        Change::OwnerChanged { owner_id: [before, after], .. } => {
            row(out, page, "owner_id", &between(Some(before.to_string()), Some(after.to_string())));
        }
        Change::IndexSet { name, index, .. } => row(out, page, &format!("index {name}"), &link(index)),
        Change::IndexReplaced { name, index, .. } => {
            let [before, after] = &**index;
            row(out, page, &format!("index {name}"), &format!("{} → {}", link(before), link(after)));
        }
        Change::IndexRemoved { name, index, .. } => {
            row(out, page, &format!("index {name}"), &format!("{} → none", link(index)));
        }
        Change::Attachment { name, before, after, .. } => {
            let src = |file: &Option<openrosa_case::case::File>| file.as_ref().map(|file| file.src.clone());
            row(out, page, &format!("file {name}"), &between(src(before), src(after)));
        }
        Change::Ledger { key, before, after } => {
            let [before, after] =
                [before, after].map(|quantity| quantity.map(|quantity| quantity.to_string()));
            row(out, page, &format!("{} {}", key.section_id, key.entry_id), &between(before, after));
        }
        _ => {}
    }
}

/// A new case, but for the values that have been told.
fn write_new(out: &mut String, case: &Case, told: &[&str], page: Page) {
    row(out, page, "owner_id", &seen(case.owner_id.as_str()));
    for (name, value) in case.values().filter(|(name, _)| !told.contains(name)) {
        row(out, page, name, &seen(&value.text()));
    }
    for (name, index) in case.indices.iter() {
        row(out, page, &format!("index {name}"), &link(index));
    }
    for (name, file) in case.attachments.iter() {
        row(out, page, &format!("file {name}"), &seen(&file.src));
    }
}

fn write_other(out: &mut String, change: &Change, page: Page) {
    let (label, text) = match change {
        Change::Fixture { key, replaced } => {
            let of =
                if key.user_id.is_empty() { String::new() } else { format!(" of {}", seen(&key.user_id)) };
            ("fixture", format!("{}{of} · {}", seen(&key.id), if *replaced { "replaced" } else { "new" }))
        }
        Change::User { user_id, created } => {
            ("user", format!("{} · {}", seen(user_id.as_str()), if *created { "new" } else { "changed" }))
        }
        Change::Form { form_id, state } => {
            ("form", format!("{} · {}", seen(form_id.as_str()), form_state(*state)))
        }
        _ => return,
    };
    page.row(out, 2, (label, COLUMN + 2), &text);
}

fn row(out: &mut String, page: Page, label: &str, value: &str) {
    page.row(out, 4, (&seen(label), COLUMN), value);
}

/// What a case is called: its id, and its type and name where it is known.
pub(crate) fn named(id: &CaseId, case: Option<&Case>) -> String {
    let id = seen(id.as_str());
    match case {
        Some(case) => format!("{id} · {} · {}", seen(&case.case_type), seen(&case.name)),
        None => id.into_owned(),
    }
}

/// What a change says of the case as a whole.
pub(crate) fn state(change: &Change) -> Option<&'static str> {
    Some(match change {
        Change::Created(_) => "created",
        Change::Touched { .. } => "only its date is new",
        Change::Closed(_) => "closed",
        Change::Reopened(_) => "open again",
        Change::Deleted(_, Deletion::NoForms) => "deleted: no form is left of it",
        Change::Deleted(..) => "deleted",
        Change::Undeleted(_) => "no longer deleted",
        _ => return None,
    })
}

fn form_state(state: FormState) -> &'static str {
    match state {
        FormState::Normal => "counts",
        FormState::Archived => "archived",
        FormState::Deprecated => "replaced by an edit",
        FormState::Duplicate => "has come before, byte for byte: nothing is done",
        _ => "kept as one with an error",
    }
}

fn text(value: &Value) -> String {
    value.text().into_owned()
}

/// What is new; what has changed, with an arrow; what is gone.
fn between(before: Option<String>, after: Option<String>) -> String {
    let [before, after] = [before, after].map(|text| text.map(|text| seen(&text).into_owned()));
    match (before, after) {
        (None, Some(after)) => after,
        (before, after) => {
            let word = |side: Option<String>| side.unwrap_or_else(|| "none".to_owned());
            format!("{} → {}", word(before), word(after))
        }
    }
}

/// A link in words.
pub(crate) fn link(index: &Index) -> String {
    let relationship = seen(index.relationship.as_str());
    format!("{} ({}, {relationship})", seen(index.target.as_str()), seen(&index.case_type))
}

/// How many cases were created, closed and so on.
fn summed(cases: &[(&CaseId, Vec<&Change>)]) -> String {
    let count = |is: fn(&Change) -> bool| {
        cases.iter().filter(|(_, changes)| changes.iter().any(|change| is(change))).count()
    };
    let created = count(|change| matches!(change, Change::Created(_)));
    let closed = count(|change| matches!(change, Change::Closed(_)));
    let counts = [(created, "created"), (cases.len() - created, "changed"), (closed, "closed")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, word)| format!("{} {word}", grouped(count as u64))).collect::<Vec<_>>().join(", ")
}

/// Writes where a rule of one side alone has decided, each once.
pub(crate) fn write_notes(out: &mut String, applied: &Applied, side: Side, page: Page) {
    let mut rules: BTreeMap<_, usize> = BTreeMap::new();
    for note in &applied.notes {
        *rules.entry(note.rule).or_default() += 1;
    }
    for (rule, times) in rules {
        let (own, other, other_does) = match side {
            Side::Device => (rule.device(), "CommCare HQ", rule.hq()),
            Side::Hq => (rule.hq(), "the device", rule.device()),
        };
        let times = if times > 1 { format!(", {} times", grouped(times as u64)) } else { String::new() };
        let text = format!(
            "{}{times}: here {own}; to {other} {other_does} (case-xml.md {})",
            rule.input(),
            rule.section()
        );
        page.row(out, 2, ("the two part", COLUMN + 2), &text);
    }
    for error in &applied.logged {
        page.row(out, 2, ("only logged", COLUMN + 2), &seen(&error.to_string()));
    }
}

/// A dimmed word for nothing.
pub(crate) fn nothing(out: &mut String, words: &str) {
    let _ = writeln!(out, "  {LABEL}{words}{LABEL:#}");
}
