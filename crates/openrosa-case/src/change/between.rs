//! The changes that make one state of a case another.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::{DateTime, SecondsFormat, Utc};

use super::{Change, ValueChange};
use crate::case::{Case, Index, Value};

/// The changes from a case, or from none, to another state of it.
pub(crate) fn changes(before: Option<&Case>, after: &Case) -> Vec<Change> {
    let nothing;
    let (mut found, before) = match before {
        Some(before) => (Vec::new(), before),
        None => {
            nothing = Case::new(after.case_id.clone(), after.last_modified);
            let (case_id, owner_id) = (after.case_id.clone(), after.owner_id.clone());
            (vec![Change::Created { case_id, owner_id }], &nothing)
        }
    };
    let created = !found.is_empty();
    let case_id = || after.case_id.clone();
    let values = values(before, after);
    if !values.is_empty() {
        found.push(Change::Updated { case_id: case_id(), values });
    }
    if before.owner_id != after.owner_id && !created {
        let owner_id = [before.owner_id.clone(), after.owner_id.clone()];
        found.push(Change::OwnerChanged { case_id: case_id(), owner_id });
    }
    found.extend(indices(before, after));
    found.extend(attachments(before, after));
    found.extend(states(before, after));
    if found.is_empty() && before.last_modified != after.last_modified {
        let last_modified = [before.last_modified, after.last_modified];
        found.push(Change::Touched { case_id: case_id(), last_modified });
    }
    found
}

fn states(before: &Case, after: &Case) -> impl Iterator<Item = Change> {
    let case_id = || after.case_id.clone();
    let closed = match (before.closed, after.closed) {
        (false, true) => Some(Change::Closed(case_id())),
        (true, false) => Some(Change::Reopened(case_id())),
        _ => None,
    };
    let deleted = match (before.hq.deleted, after.hq.deleted) {
        (before, Some(deletion)) if before != Some(deletion) => Some(Change::Deleted(case_id(), deletion)),
        (Some(_), None) => Some(Change::Undeleted(case_id())),
        _ => None,
    };
    closed.into_iter().chain(deleted)
}

/// Every value of a case under the name that an update would give it.
fn named(case: &Case) -> BTreeMap<&str, Cow<'_, Value>> {
    let mut named: BTreeMap<_, _> =
        case.properties.iter().map(|(name, value)| (&**name, Cow::Borrowed(value))).collect();
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    for (name, value) in [
        ("case_type", text(&case.case_type)),
        ("case_name", text(&case.name)),
        ("external_id", case.external_id.clone()),
        ("category", case.category.clone()),
        ("state", case.state.clone()),
        ("location_id", case.hq.location_id.clone()),
        ("date_opened", case.date_opened.map(written)),
    ] {
        if let Some(value) = value {
            named.insert(name, Cow::Owned(Value::Text(value)));
        }
    }
    named
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn values(before: &Case, after: &Case) -> Vec<ValueChange> {
    let (before, after) = (named(before), named(after));
    let owned = |value: Option<&Cow<'_, Value>>| value.map(|value| value.clone().into_owned());
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let mut changes: Vec<_> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| ValueChange {
            name: (*name).to_owned(),
            before: owned(before.get(name)),
            after: owned(after.get(name)),
        })
        .collect();
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

fn indices<'c>(before: &'c Case, after: &'c Case) -> impl Iterator<Item = Change> + 'c {
    let case_id = || after.case_id.clone();
    let set = move |name: &String, index: &Index| {
        let (case_id, name, now) = (case_id(), name.clone(), index.clone());
        match before.indices.get(&name) {
            None => Some(Change::IndexSet { case_id, name, index: now }),
            Some(then) if then != index => {
                Some(Change::IndexReplaced { case_id, name, index: Box::new([then.clone(), now]) })
            }
            Some(_) => None,
        }
    };
    let gone = before.indices.iter().filter(|(name, _)| !after.indices.contains_key(*name));
    let gone = gone.map(move |(name, index)| Change::IndexRemoved {
        case_id: after.case_id.clone(),
        name: name.clone(),
        index: index.clone(),
    });
    after.indices.iter().filter_map(move |(name, index)| set(name, index)).chain(gone)
}

fn attachments<'c>(before: &'c Case, after: &'c Case) -> impl Iterator<Item = Change> + 'c {
    let new = after.attachments.keys();
    let gone = before.attachments.keys().filter(|name| !after.attachments.contains_key(*name));
    let pair = |name: &String| (before.attachments.get(name).cloned(), after.attachments.get(name).cloned());
    new.chain(gone).filter_map(move |name| {
        let (before, after_file) = pair(name);
        let case_id = after.case_id.clone();
        (before != after_file).then(|| Change::Attachment {
            case_id,
            name: name.clone(),
            before,
            after: after_file,
        })
    })
}
