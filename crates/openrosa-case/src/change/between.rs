//! The changes that make one state of a case another.

use std::{borrow::Cow, iter, sync::Arc};

use openrosa_xml::{
    Text,
    case::understood::{Step, Understood},
};

use super::{Change, ValueChange};
use crate::case::{Case, Deletion, FIELDS, Index, Named, Value};

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

/// The changes that a block has made, by what was [in its reach](in_reach) before it.
pub(crate) fn made(before: Option<&Case>, after: &Arc<Case>, understood: &Understood<'_>) -> Vec<Change> {
    match before {
        None => created(after),
        Some(before) => changes(Some(before), &Arc::new(in_reach(after, understood))),
    }
}

/// As much of a case as a block can change: what it names, and the fields. By it the case before the block is held against the one
/// after, so that a form of many blocks about one case takes no time and no memory for what they leave alone.
pub(crate) fn in_reach(case: &Case, understood: &Understood<'_>) -> Case {
    let (mut properties, mut indices, mut attachments) = (FIELDS.to_vec(), Vec::new(), Vec::new());
    for step in &understood.steps {
        match step {
            Step::Update(settings) => properties.extend(settings.iter().map(|setting| setting.name)),
            Step::Index(links) => indices.extend(links.iter().map(|link| link.name)),
            Step::Attachment(files) => attachments.extend(files.iter().map(|file| file.name)),
            _ => {}
        }
    }
    let mut reached = Case::new(case.case_id.clone(), case.last_modified);
    reached.case_type.clone_from(&case.case_type);
    reached.name.clone_from(&case.name);
    reached.owner_id.clone_from(&case.owner_id);
    reached.external_id.clone_from(&case.external_id);
    reached.category.clone_from(&case.category);
    reached.state.clone_from(&case.state);
    (reached.closed, reached.date_opened) = (case.closed, case.date_opened);
    if case.hq.deleted.is_some() || case.hq.location_id.is_some() {
        reached.hq.deleted = case.hq.deleted;
        reached.hq.location_id.clone_from(&case.hq.location_id);
    }
    reached.properties = named(&case.properties, properties);
    reached.indices = named(&case.indices, indices);
    reached.attachments = named(&case.attachments, attachments);
    reached
}

fn named<V: Clone>(all: &Named<V>, names: Vec<&str>) -> Named<V> {
    names.into_iter().filter_map(|name| Some((name.to_owned(), all.get(name)?.clone()))).collect()
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
    use chrono::{DateTime, FixedOffset, Utc};
    use openrosa_xml::{Instance, Profile, case::understood::Context};
    use proptest::{prelude::*, sample};

    use super::*;
    use crate::{
        apply::Fold,
        case::{File, Relationship},
        rules::Rules,
    };

    /// Names of fields, by whichever name they are set, and of nothing.
    const NAMES: [&str; 10] = [
        "a",
        "b",
        "name",
        "case_name",
        "case_type",
        "category",
        "state",
        "external_id",
        "owner_id",
        "location_id",
    ];

    fn actions() -> impl Strategy<Value = String> {
        let name = || sample::select(&NAMES[..]);
        let update = prop::collection::vec((name(), "[xy]?"), 0..4).prop_map(|set| {
            let set: String = set.iter().map(|(name, text)| format!("<{name}>{text}</{name}>")).collect();
            format!("<update>{set}</update>")
        });
        let index = prop::collection::vec(("[pq]", "[cd]?"), 1..3).prop_map(|links| {
            let link = |(name, to): &(String, String)| format!("<{name} case_type='t'>{to}</{name}>");
            format!("<index>{}</index>", links.iter().map(link).collect::<String>())
        });
        let file = ("[fg]", "[xy]?").prop_map(|(name, src)| {
            let src = if src.is_empty() { String::new() } else { format!(" src='{src}' from='inline'") };
            format!("<attachment><{name}{src}/></attachment>")
        });
        let create =
            "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>";
        let one = prop_oneof![
            update,
            index,
            file,
            Just("<close/>".to_owned()),
            Just(create.to_owned()),
            Just("<update><date_opened>2024-02-03</date_opened></update>".to_owned()),
        ];
        prop::collection::vec(one, 0..4).prop_map(|all| all.concat())
    }

    fn before() -> impl Strategy<Value = Case> {
        let property = (sample::select(&NAMES[..]), "[xy]?");
        (prop::collection::vec(property, 0..6), any::<[bool; 6]>()).prop_map(|(properties, is)| {
            let mut case = Case::new("c".into(), DateTime::UNIX_EPOCH);
            case.properties =
                properties.iter().map(|(name, text)| (*name, Value::from(text.as_str()))).collect();
            case.name = if is[0] { "Amina".into() } else { Text::EMPTY };
            case.state = is[1].then(|| "x".into());
            case.closed = is[2];
            case.hq.location_id = is[3].then(|| "l".into());
            case.hq.deleted = is[4].then_some(Deletion::NoForms);
            if is[5] {
                let index =
                    Index { target: "d".into(), case_type: "t".into(), relationship: Relationship::Child };
                case.indices.insert("p", index.clone());
                case.indices.insert("r", index);
                case.attachments.insert("f", File { src: "x".to_owned(), from: None });
            }
            case
        })
    }

    proptest! {
        /// To look at what is in reach of a block only tells the changes that looking at all of the case would.
        #[test]
        fn a_block_reaches_what_it_changes(case in before(), actions in actions(), on_device: bool) {
            let form = format!(
                "<data xmlns='urn:f'><case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c' \
                 user_id='u' date_modified='2024-05-01T10:00:00Z'>{actions}</case></data>"
            );
            let form = Instance::read(&form).unwrap();
            let now: DateTime<FixedOffset> = DateTime::<Utc>::UNIX_EPOCH.fixed_offset();
            let (rules, profile) = match on_device {
                true => (Rules::device(*now.offset()), Profile::Device),
                false => (Rules::hq(), Profile::Hq),
            };
            let (block, context) = (&form.cases()[0].block, Context::new(now));
            let Ok(Some(understood)) = block.understood_by(profile, &context) else { return Ok(()) };
            let reached = in_reach(&case, &understood);
            let folded = Fold::new(rules, None).block(&"c".into(), Some(case.clone()), &understood, block.tag.mark);
            let Ok(Some(after)) = folded.map(|after| after.map(Arc::new)) else { return Ok(()) };
            prop_assert_eq!(made(Some(&reached), &after, &understood), changes(Some(&case), &after));
        }
    }

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
