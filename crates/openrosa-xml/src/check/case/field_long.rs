use super::look::{creates, nested, properties, updated, user_on_device};
use crate::case::{Action, Field, KNOWN_TO_HQ, Property, Value};
use crate::check::rule_file::*;
use crate::check::subject::User;
use crate::position::Span;
use crate::profile::Profile;

pub(super) static RULE: Rule = Rule {
    code: "case-field-long",
    title: "a field of more than 255 characters",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "longer than 255 characters: {fields}",
    remedy: "shorten what is entered; a long text is a property of its own",
    why: "CommCare HQ keeps the form as an error (CaseValueError). The device refuses the form or restore, naming the \
          first in the order type, owner, name, external id (InvalidCasePropertyLengthException); its parser for large \
          restores does not look.",
    statements: &["C-017", "C-052", "C-053"],
    sections: &["case-xml.md 1.14", "case-xml.md 11"],
    triggers: Example::None("an example would be longer than a line"),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
      <owner_id>u1</owner_id>
    </create>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    report(case, [true, true], found);
}

/// A field that is too long, under the name of what sets it.
#[derive(PartialEq)]
struct Long<'c> {
    name: &'c str,
    place: Span,
    is_attribute: bool,
}

impl Long<'_> {
    fn spot(&self) -> Spot {
        match self.is_attribute {
            true => Spot::attribute_value(self.place, self.name),
            false => Spot::content(self.place),
        }
    }
}

/// One finding for an action, of the fields that are too long for the device, for CommCare HQ, or for both, as `for_whom` says of
/// the two: at the first of them in the order in which both look at them.
pub(super) fn report(case: &Case<'_>, for_whom: [bool; 2], found: &mut Drafts) {
    // No text has more characters or UTF-16 units than bytes.
    let may_be = |text: &str| Field::too_long(text, Profile::Device).is_some();
    let users = [Profile::Device, Profile::Hq].map(|reader| user(case, reader));
    if !properties(case).any(|property| may_be(&property.value.text()))
        && !users.into_iter().flatten().any(|user| may_be(user.text))
    {
        return;
    }
    for action in &case.block.actions {
        let by_reader = [Profile::Device, Profile::Hq].map(|reader| long(case, action, reader));
        let all = by_reader[0].iter().chain(by_reader[1].iter().filter(|long| !by_reader[0].contains(long)));
        let told = all.filter(|long| by_reader.each_ref().map(|longs| longs.contains(long)) == for_whom);
        push(told.collect(), found);
    }
}

fn push(long: Vec<&Long<'_>>, found: &mut Drafts) {
    let Some((first, others)) = long.split_first() else { return };
    let draft = others
        .iter()
        .fold(Draft::at(first.spot()), |draft, other| draft.related(other.spot(), "too long as well"));
    let names: Vec<_> = long.iter().map(|long| long.name).collect();
    found.push(draft.value("fields", names.join(", ")));
}

/// The fields that an action sets to more than a reader takes.
fn long<'c>(case: &Case<'c>, action: &'c Action<'c>, reader: Profile) -> Vec<Long<'c>> {
    let (properties, is_create) = match action {
        Action::Create(create) => (&create.properties, true),
        Action::Update(update) => (&update.properties, false),
        _ => return Vec::new(),
    };
    let each = Field::LIMITED.into_iter().filter_map(|(field, _)| {
        let is_long = |text: &str| Field::too_long(text, reader).is_some();
        let set = last(properties, field, is_create, reader);
        if let Some(property) = set.filter(|property| text(&property.value, reader).is_some_and(is_long)) {
            return Some(Long { name: &property.name, place: span(property.mark), is_attribute: false });
        }
        let stands_in = field == Field::Owner && is_user_owner(case, properties, is_create, reader);
        let user = user(case, reader).filter(|user| stands_in && is_long(user.text))?;
        Some(Long { name: user.name, place: user.place, is_attribute: user.name == "user_id" })
    });
    each.collect()
}

/// The property that decides on a field: the last one, of which CommCare HQ takes the names that it knows first (case-xml.md 1.6).
fn last<'c>(
    properties: &'c [Property<'c>],
    field: Field,
    is_create: bool,
    reader: Profile,
) -> Option<&'c Property<'c>> {
    let is_known = |property: &Property<'_>| KNOWN_TO_HQ.contains(&property.name.as_ref());
    let sets = |property: &&Property<'_>| {
        (!is_create || is_known(property)) && Field::set_by(&property.name, reader).contains(&field)
    };
    properties.iter().filter(sets).max_by_key(|property| reader == Profile::Hq && !is_known(property))
}

/// Whether the user becomes the owner: on the device of a case that is opened without one, on CommCare HQ of one that has none, or
/// the empty one, after the block (case-xml.md 1.4, 4.2).
fn is_user_owner(case: &Case<'_>, own: &[Property<'_>], is_create: bool, reader: Profile) -> bool {
    let owner = |properties| last(properties, Field::Owner, is_create, reader);
    if reader == Profile::Device {
        return is_create && owner(own).is_none();
    }
    let is_blank = |property: &Property<'_>| text(&property.value, reader).is_none_or(str::is_empty);
    let updates = || updated(case).filter(|property| property.name == "owner_id").last();
    match is_create {
        true => updates().or_else(|| owner(own)).is_none_or(is_blank),
        false => creates(case).next().is_none() && owner(own).is_some_and(is_blank),
    }
}

/// Who acts to a reader: CommCare HQ does not read what stands in a namespace, and where the block names nobody it takes the user of
/// the form (case-xml.md 1.2).
fn user<'c>(case: &Case<'c>, reader: Profile) -> Option<User<'c>> {
    let of_block = |text| User { name: "user_id", text, place: case.span() };
    match reader {
        Profile::Device => user_on_device(case.block).filter(|user| !user.is_empty()).map(of_block),
        Profile::Hq => {
            let own = case.block.user_id.as_deref().filter(|user| !user.is_empty());
            own.map(of_block).or(case.form_user)
        }
    }
}

/// What a reader makes of a value; `None` where the device refuses it.
fn text<'v>(value: &'v Value<'_>, reader: Profile) -> Option<&'v str> {
    let written = match value {
        Value::Text(text) => text,
        Value::Element(element) => element.leading_text(),
    };
    match reader {
        Profile::Device => nested(value).is_none().then(|| trim(written)),
        Profile::Hq => Some(written),
    }
}
