//! Changes as JSON.

use std::collections::BTreeMap;

use openrosa_case::{
    Change,
    case::{Deletion, File, Index, Value},
    change::Applied,
    form::FormState,
};
use serde_json::{Value as Json, json};

/// What was done, and by which rules of one side alone.
pub(crate) fn json(applied: &Applied) -> Json {
    json!({
        "changes": applied.changes.iter().map(change).collect::<Vec<_>>(),
        "notes": applied.notes.iter().map(|note| json!({
            "rule": format!("{:?}", note.rule),
            "section": format!("case-xml.md {}", note.rule.section()),
            "statement": note.rule.statement(),
            "case_id": note.case_id.as_ref().map(openrosa_xml::CaseId::as_str),
            "name": note.name,
        })).collect::<Vec<_>>(),
        "logged": applied.logged.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// One change; `change` says which kind it is.
pub(crate) fn change(change: &Change) -> Json {
    match change {
        Change::Created(case) => json!({
            "change": "created",
            "case_id": case.case_id.as_str(),
            "owner_id": case.owner_id.as_str(),
            "values": case.values().map(|(name, value)| (name, value.text().into_owned())).collect::<BTreeMap<_, _>>(),
            "indices": case.indices.iter().map(|(name, link)| (name, index(link))).collect::<BTreeMap<_, _>>(),
            "attachments": case.attachments.iter().map(|(name, at)| (name, file(at))).collect::<BTreeMap<_, _>>(),
        }),
        Change::Updated { case_id, values } => json!({
            "change": "updated",
            "case_id": case_id.as_str(),
            "values": values.iter().map(|value| json!({
                "name": value.name,
                "before": value.before.as_ref().map(Value::text),
                "after": value.after.as_ref().map(Value::text),
            })).collect::<Vec<_>>(),
        }),
        Change::Touched { case_id, last_modified: [before, after] } => {
            json!({ "change": "touched", "case_id": case_id.as_str(), "before": before, "after": after })
        }
        Change::Closed(id) => json!({ "change": "closed", "case_id": id.as_str() }),
        Change::Reopened(id) => json!({ "change": "reopened", "case_id": id.as_str() }),
        Change::OwnerChanged { case_id, owner_id: [before, after] } => json!({
            "change": "owner", "case_id": case_id.as_str(), "before": before.as_str(), "after": after.as_str(),
        }),
        Change::IndexSet { case_id, name, index } => linked(case_id.as_str(), name, None, Some(index)),
        Change::IndexReplaced { case_id, name, index } => {
            linked(case_id.as_str(), name, Some(&index[0]), Some(&index[1]))
        }
        Change::IndexRemoved { case_id, name, index } => linked(case_id.as_str(), name, Some(index), None),
        Change::Attachment { case_id, name, before, after } => json!({
            "change": "attachment", "case_id": case_id.as_str(), "name": name,
            "before": before.as_ref().map(file), "after": after.as_ref().map(file),
        }),
        Change::Deleted(id, Deletion::NoForms) => json!({ "change": "deleted", "case_id": id.as_str() }),
        Change::Deleted(id, _) => json!({ "change": "deleted", "case_id": id.as_str(), "by_hand": true }),
        Change::Undeleted(id) => json!({ "change": "undeleted", "case_id": id.as_str() }),
        Change::Ledger { key, before, after } => json!({
            "change": "ledger", "entity_id": key.entity_id.as_str(), "section_id": key.section_id,
            "entry_id": key.entry_id, "before": before.map(|quantity| quantity.to_string()),
            "after": after.map(|quantity| quantity.to_string()),
        }),
        Change::Fixture { key, replaced } => json!({
            "change": "fixture", "id": key.id, "user_id": key.user_id, "replaced": replaced,
        }),
        Change::User { user_id, created } => {
            json!({ "change": "user", "user_id": user_id.as_str(), "created": created })
        }
        Change::Form { form_id, state } => {
            json!({ "change": "form", "form_id": form_id.as_str(), "state": form_state(*state) })
        }
        other => json!({ "change": format!("{other:?}") }),
    }
}

fn linked(case_id: &str, name: &str, before: Option<&Index>, after: Option<&Index>) -> Json {
    json!({
        "change": "index", "case_id": case_id, "name": name,
        "before": before.map(index), "after": after.map(index),
    })
}

/// A link.
pub(crate) fn index(index: &Index) -> Json {
    json!({
        "target": index.target.as_str(), "case_type": index.case_type, "relationship": index.relationship.as_str(),
    })
}

/// A file of a case.
fn file(file: &File) -> Json {
    json!({ "src": file.src, "from": file.from })
}

const fn form_state(state: FormState) -> &'static str {
    match state {
        FormState::Normal => "normal",
        FormState::Archived => "archived",
        FormState::Deprecated => "deprecated",
        FormState::Duplicate => "duplicate",
        _ => "error",
    }
}
