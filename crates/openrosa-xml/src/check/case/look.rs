//! What rules look at in a block: its properties, its unknown elements, its date, as each reader finds them.

use chrono::{DateTime, FixedOffset, Offset, Utc};

use crate::{
    case::{Action, Attachment, CaseBlock, Create, Property, Tag, Update, Value, understood::Context},
    check::{
        audience::Audiences,
        draft::Draft,
        place::Spot,
        rule_file::{Case, Device, Spec, span},
        subject::Within,
    },
    ns,
    position::{Mark, Span},
    restore::{Refusal, RestoreItem, Strict},
    time::Timestamp,
    xml::{Attribute, Element},
};

/// Whether a reader refuses a block does not depend on the moment at which it does.
pub(super) fn at_any_time() -> Context<'static> {
    Context::new(DateTime::UNIX_EPOCH.fixed_offset())
}

/// Every `create`, whatever the case of its letters.
pub(super) fn creates<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Create<'c>> {
    case.block.actions.iter().filter_map(|action| match action {
        Action::Create(create) => Some(create),
        _ => None,
    })
}

/// Every `update`, whatever the case of its letters.
pub(super) fn updates<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Update<'c>> {
    case.block.actions.iter().filter_map(|action| match action {
        Action::Update(update) => Some(update),
        _ => None,
    })
}

/// The children of every `create` and `update`, by action.
pub(super) fn properties_by_action<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c [Property<'c>]> {
    case.block.actions.iter().filter_map(|action| match action {
        Action::Create(create) => Some(create.properties.as_slice()),
        Action::Update(update) => Some(update.properties.as_slice()),
        _ => None,
    })
}

/// The children of every `create` and `update`.
pub(super) fn properties<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Property<'c>> {
    properties_by_action(case).flatten()
}

/// The children of every `update`.
pub(super) fn updated<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Property<'c>> {
    updates(case).flat_map(|update| &update.properties)
}

/// The children of every `update` with one of these names.
pub(super) fn updated_as<'c>(
    case: &Case<'c>,
    names: &'static [&'static str],
) -> impl Iterator<Item = &'c Property<'c>> {
    updated(case).filter(move |property| names.contains(&property.name.as_ref()))
}

/// The elements that are no action. Ledger blocks have rules of their own.
pub(super) fn others<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Element<'c>> {
    case.block.actions.iter().filter_map(|action| match action {
        Action::Other(element) if element.name.namespace() != Some(ns::LEDGER) => Some(element),
        _ => None,
    })
}

/// The element of an action, unless it is no action.
pub(super) const fn tag<'t, 'a>(action: &'t Action<'a>) -> Option<&'t Tag<'a>> {
    match action {
        Action::Create(create) => Some(&create.tag),
        Action::Update(update) => Some(&update.tag),
        Action::Close(close) => Some(&close.tag),
        Action::Index(index) => Some(&index.tag),
        Action::Attachment(files) => Some(&files.tag),
        Action::Other(_) => None,
    }
}

/// The place of an action in the order that is fixed (case-xml.md 1.3).
pub(super) const fn rank(action: &Action<'_>) -> Option<u8> {
    match action {
        Action::Create(_) => Some(0),
        Action::Update(_) => Some(1),
        Action::Index(_) => Some(2),
        Action::Attachment(_) => Some(3),
        Action::Close(_) => Some(4),
        Action::Other(_) => None,
    }
}

/// How many things stand in an action.
pub(super) fn count_inside(action: &Action<'_>) -> usize {
    match action {
        Action::Create(create) => create.properties.len(),
        Action::Update(update) => update.properties.len(),
        Action::Close(close) => close.contents.len(),
        Action::Index(index) => index.entries.len(),
        Action::Attachment(files) => files.entries.len(),
        Action::Other(element) => element.children().len(),
    }
}

/// Whether nothing at all stands in a tag: no attribute, no text.
pub(super) const fn is_bare(tag: &Tag<'_>) -> bool {
    tag.attributes.is_empty() && tag.text.is_none()
}

/// The element, where a value is more than text.
pub(super) const fn element<'v, 'a>(value: &'v Value<'a>) -> Option<&'v Element<'a>> {
    match value {
        Value::Text(_) => None,
        Value::Element(element) => Some(element),
    }
}

/// An element inside a value, which makes it no text to the device.
pub(super) fn nested<'v, 'a>(value: &'v Value<'a>) -> Option<&'v Element<'a>> {
    element(value)?.elements().next()
}

/// A value as CommCare HQ counts and keeps it, where it is a text.
pub(super) fn text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Element(_) => None,
    }
}

/// The value of an attribute in a namespace, which the device finds and CommCare HQ does not.
pub(super) fn in_namespace<'b>(attributes: &'b [Attribute<'_>], local: &str) -> Option<&'b str> {
    let found = attributes.iter().find(|a| a.name.namespace().is_some() && a.name.local_name() == local);
    found.map(|attribute| attribute.value.as_ref())
}

/// Whether the device finds something in an attribute of the block.
pub(super) fn is_filled_on_device(block: &CaseBlock<'_>, own: Option<&str>, local: &str) -> bool {
    own.or_else(|| in_namespace(&block.tag.attributes, local)).is_some_and(|value| !value.is_empty())
}

/// What the device takes for the case id.
pub(super) fn id_on_device<'c>(block: &'c CaseBlock<'_>) -> Option<&'c str> {
    let found = block.case_id.as_deref().or_else(|| in_namespace(&block.tag.attributes, "case_id"));
    found.filter(|id| !id.is_empty())
}

/// What the device finds in `date_modified`, unless it is missing or empty.
pub(super) fn date<'c>(case: &Case<'c>) -> Option<&'c str> {
    let own = case.block.date_modified.as_ref().map(Timestamp::as_str);
    let found = own.or_else(|| in_namespace(&case.block.tag.attributes, "date_modified"));
    found.filter(|text| !text.is_empty())
}

/// That something is wrong with it. CommCare HQ does not read what stands in a namespace.
pub(super) fn about_date(case: &Case<'_>, date: &str) -> Draft {
    let draft = Draft::at(Spot::attribute_value(case.span(), "date_modified")).value("date", date);
    match case.block.date_modified {
        Some(_) => draft,
        None => draft.for_readers(Audiences::from_iter([Spec, Device])),
    }
}

/// What the device makes of a date. Whether it makes anything of it does not depend on its zone.
pub(super) fn on_device(text: &str) -> Option<DateTime<Utc>> {
    let greenwich = FixedOffset::east_opt(0)?;
    Timestamp::new(text).instant_to_device(greenwich).ok()
}

/// Whether the device takes the text for a day, as it does in `date_opened`. Whether it does not depend on its zone.
pub(super) fn is_day_on_device(text: &str) -> bool {
    Timestamp::new(text).day_to_device(Utc.fix()).is_ok()
}

/// Whether CommCare HQ takes the text for a date.
pub(super) fn is_date_to_hq(text: &str) -> bool {
    Timestamp::new(text).instant_to_hq().is_ok()
}

/// The offset of a date-time from its sign on, if it is written with digits.
pub(super) fn offset(text: &str) -> Option<&str> {
    let (_, time) = text.split_once('T')?;
    time.find(['+', '-']).map(|at| &time[at..])
}

/// The namespace around a block; in a restore there is none of the family's.
pub(super) const fn namespace_around<'c>(case: &Case<'c>) -> Option<&'c str> {
    match case.within {
        Within::Form { parent_namespace } => parent_namespace,
        Within::Restore => None,
    }
}

/// Why the device refuses what stands in an element that it does not know, and looks into all the same (case-xml.md 1.11), what is
/// too long for it as well (1.14).
pub(super) fn refusal_inside(case: &Case<'_>, element: &Element<'_>) -> Option<Refusal> {
    if is_behind_end(case, element.mark) {
        return None;
    }
    let alone = alone(case, Action::Other(element.clone()));
    Strict::new().check(&RestoreItem::Case(alone)).err()
}

/// Whether the device has seen the end of the block before.
pub(super) fn is_behind_end(case: &Case<'_>, mark: Mark) -> bool {
    case.end_on_device.is_some_and(|end| end <= span(mark).start)
}

/// The block as the device would have it, did nothing stand in it but this.
pub(super) fn alone<'c>(case: &Case<'c>, action: Action<'c>) -> CaseBlock<'c> {
    let block = case.block;
    CaseBlock {
        case_id: Some(id_on_device(block).unwrap_or("?").into()),
        date_modified: Some(Timestamp::new("2024-05-01")),
        user_id: user_on_device(block).map(Into::into),
        actions: vec![action],
        ..CaseBlock::bare(block.tag.name.clone())
    }
}

/// What the device takes for the user.
pub(super) fn user_on_device<'c>(block: &'c CaseBlock<'_>) -> Option<&'c str> {
    block.user_id.as_deref().or_else(|| in_namespace(&block.tag.attributes, "user_id"))
}

/// Elements that are no action, and what stands in `close`, where the device looks too.
pub(super) fn looked_into<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Element<'c>> {
    let closes = case.block.actions.iter().flat_map(|action| match action {
        Action::Close(close) => close.contents.as_slice(),
        _ => &[],
    });
    others(case).chain(closes)
}

/// The bytes of the first element of this local name directly inside the block that is no action.
pub(super) fn child(case: &Case<'_>, local: &str) -> Option<Span> {
    others(case).find(|other| other.name.local_name() == local).map(|other| span(other.mark))
}

/// The entries of every `attachment`.
pub(super) fn attachments<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Attachment<'c>> {
    case.block.actions.iter().flat_map(|action| match action {
        Action::Attachment(files) => files.entries.as_slice(),
        _ => &[],
    })
}

/// Calls `each` with the name and the value of everything in an action.
pub(super) fn each_value<'c>(action: &'c Action<'c>, mut each: impl FnMut(&'c str, &'c Value<'c>)) {
    match action {
        Action::Create(create) => create.properties.iter().for_each(|p| each(&p.name, &p.value)),
        Action::Update(update) => update.properties.iter().for_each(|p| each(&p.name, &p.value)),
        Action::Index(index) => index.entries.iter().for_each(|e| each(&e.name, &e.target)),
        Action::Attachment(files) => files.entries.iter().for_each(|e| each(&e.name, &e.content)),
        Action::Close(_) | Action::Other(_) => {}
    }
}
