//! The changes that make one state of a case another.

use std::{borrow::Cow, iter};

use chrono::{DateTime, SecondsFormat, Utc};

use openrosa_xml::Text;

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

/// Every value of a case under the name that an update would give it, by name; a field hides the property of its name.
fn named(case: &Case) -> impl Iterator<Item = (&str, Cow<'_, Value>)> {
    let text = |text: &Text<'static>| Cow::Owned(Value::Text(text.clone()));
    let unless_empty = |some: &Text<'static>| (!some.is_empty()).then(|| text(some));
    let fields = [
        ("case_name", unless_empty(&case.name)),
        ("case_type", unless_empty(&case.case_type)),
        ("category", case.category.as_ref().map(text)),
        ("date_opened", case.date_opened.map(|at| Cow::Owned(Value::from(written(at))))),
        ("external_id", case.external_id.as_ref().map(text)),
        ("location_id", case.hq.location_id.as_ref().map(text)),
        ("state", case.state.as_ref().map(text)),
    ];
    let mut fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).peekable();
    let mut properties = case.properties.iter().peekable();
    iter::from_fn(move || {
        let property = properties.next_if(|(name, _)| fields.peek().is_none_or(|(field, _)| name < field));
        if let Some((name, value)) = property {
            return Some((name, Cow::Borrowed(value)));
        }
        let field = fields.next()?;
        properties.next_if(|(name, _)| *name == field.0);
        Some(field)
    })
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn values(before: &Case, after: &Case) -> Vec<ValueChange> {
    // Of a case that is new, everything is.
    let room = if before.properties.is_empty() { after.properties.len() + 7 } else { 0 };
    let mut changes = Vec::with_capacity(room);
    let (mut before, after) = (named(before).peekable(), named(after));
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
    use super::*;

    fn case(properties: &[(&'static str, &str)]) -> Case {
        let mut case = Case::new("c".into(), DateTime::UNIX_EPOCH);
        case.properties = properties.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
        case
    }

    #[test]
    fn values_are_named_in_order_and_a_field_hides_a_property() {
        let mut after = case(&[("a", "1"), ("case_name", "hidden"), ("state", "x"), ("zone", "2")]);
        after.name = "Amina".into();
        after.external_id = Some(Text::EMPTY);
        let named: Vec<_> = named(&after).map(|(name, value)| (name, value.text().into_owned())).collect();
        let expected =
            [("a", "1"), ("case_name", "Amina"), ("external_id", ""), ("state", "x"), ("zone", "2")];
        assert_eq!(named, expected.map(|(name, text)| (name, text.to_owned())));
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
