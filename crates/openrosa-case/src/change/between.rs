//! The changes that make one state of a case another.

use std::{borrow::Cow, iter, sync::Arc};

use openrosa_xml::Text;

use super::{Change, ValueChange};
use crate::case::{Case, Deletion, Index, Value};

/// The changes from a case, or from none, to another state of it.
pub(crate) fn changes(before: Option<&Case>, after: &Arc<Case>) -> Vec<Change> {
    let Some(before) = before else { return created(after) };
    let case_id = || after.case_id.clone();
    let mut found = Vec::new();
    let values = values(before, after);
    if !values.is_empty() {
        found.push(Change::Updated { case_id: case_id(), values });
    }
    if before.owner_id != after.owner_id {
        let owner_id = [before.owner_id.clone(), after.owner_id.clone()];
        found.push(Change::OwnerChanged { case_id: case_id(), owner_id });
    }
    found.extend(indices(before, after));
    found.extend(attachments(before, after));
    found.extend(states([before.closed, after.closed], [before.hq.deleted, after.hq.deleted], after));
    if found.is_empty() && before.last_modified != after.last_modified {
        let last_modified = [before.last_modified, after.last_modified];
        found.push(Change::Touched { case_id: case_id(), last_modified });
    }
    found
}

/// A restore is full of them: nothing of the case is copied.
fn created(case: &Arc<Case>) -> Vec<Change> {
    let states = states([false, case.closed], [None, case.hq.deleted], case);
    iter::once(Change::Created(Arc::clone(case))).chain(states).collect()
}

fn states(
    closed: [bool; 2],
    deleted: [Option<Deletion>; 2],
    after: &Case,
) -> impl Iterator<Item = Change> + use<> {
    let case_id = || after.case_id.clone();
    let closed = match closed {
        [false, true] => Some(Change::Closed(case_id())),
        [true, false] => Some(Change::Reopened(case_id())),
        _ => None,
    };
    let deleted = match deleted {
        [before, Some(deletion)] if before != Some(deletion) => Some(Change::Deleted(case_id(), deletion)),
        [Some(_), None] => Some(Change::Undeleted(case_id())),
        _ => None,
    };
    closed.into_iter().chain(deleted)
}

fn values(before: &Case, after: &Case) -> Vec<ValueChange> {
    let mut changes = Vec::new();
    let (mut before, after) = (before.values().peekable(), after.values());
    let mut changed = |name: &str, before: Option<Cow<'_, Value>>, after: Option<Cow<'_, Value>>| {
        if before != after {
            let (name, owned) = (Text::borrowed(name).into_owned(), Cow::into_owned);
            changes.push(ValueChange { name, before: before.map(owned), after: after.map(owned) });
        }
    };
    for (name, now) in after {
        while let Some((gone, value)) = before.next_if(|(other, _)| *other < name) {
            changed(gone, Some(value), None);
        }
        let then = before.next_if(|(other, _)| *other == name).map(|(_, value)| value);
        changed(name, then, Some(now));
    }
    before.for_each(|(gone, value)| changed(gone, Some(value), None));
    changes
}

fn indices<'c>(before: &'c Case, after: &'c Case) -> impl Iterator<Item = Change> + 'c {
    let case_id = || after.case_id.clone();
    let set = move |name: &str, index: &Index| {
        let (case_id, name, now) = (case_id(), name.to_owned(), index.clone());
        match before.indices.get(&name) {
            None => Some(Change::IndexSet { case_id, name, index: now }),
            Some(then) if then != index => {
                Some(Change::IndexReplaced { case_id, name, index: Box::new([then.clone(), now]) })
            }
            Some(_) => None,
        }
    };
    let gone = before.indices.iter().filter(|(name, _)| !after.indices.contains_key(name));
    let gone = gone.map(move |(name, index)| Change::IndexRemoved {
        case_id: after.case_id.clone(),
        name: name.to_owned(),
        index: index.clone(),
    });
    after.indices.iter().filter_map(move |(name, index)| set(name, index)).chain(gone)
}

fn attachments<'c>(before: &'c Case, after: &'c Case) -> impl Iterator<Item = Change> + 'c {
    let new = after.attachments.keys();
    let gone = before.attachments.keys().filter(|name| !after.attachments.contains_key(name));
    let pair = |name: &str| (before.attachments.get(name).cloned(), after.attachments.get(name).cloned());
    new.chain(gone).filter_map(move |name| {
        let (before, after_file) = pair(name);
        let case_id = after.case_id.clone();
        (before != after_file).then(|| Change::Attachment {
            case_id,
            name: name.to_owned(),
            before,
            after: after_file,
        })
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn case(properties: &[(&'static str, &str)]) -> Case {
        let mut case = Case::new("c".into(), DateTime::UNIX_EPOCH);
        case.properties = properties.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
        case
    }

    #[test]
    fn what_came_went_or_is_another_is_told() {
        let (before, after) =
            (case(&[("a", "1"), ("b", "2"), ("z", "3")]), case(&[("b", "4"), ("c", "5"), ("z", "3")]));
        let text = |value: Option<Value>| value.map(|value| value.text().into_owned());
        let told: Vec<_> = values(&before, &after)
            .into_iter()
            .map(|change| format!("{} {:?} {:?}", change.name, text(change.before), text(change.after)))
            .collect();
        assert_eq!(told, [r#"a Some("1") None"#, r#"b Some("2") Some("4")"#, r#"c None Some("5")"#]);
    }
}
