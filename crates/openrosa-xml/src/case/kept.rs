//! Many case blocks at once, in little memory: for whoever holds all cases of a restore.
//!
//! A [`Kept`] block has its texts in one piece of memory and what they are in another. Names of properties, links and files,
//! which nearly all cases share, stand in one list for all of them, the [`Names`].
//!
//! ```
//! use openrosa_xml::{CaseBlock, case::kept::{Kept, Names}};
//! let block = CaseBlock::read(
//!     "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='C1'>
//!        <create><case_type>patient</case_type></create><update><weight>12</weight></update>
//!        <index><parent case_type='household'>H1</parent></index></case>",
//! )?;
//! let mut names = Names::new();
//! let mut kept = Kept::of(&block, &mut names);
//! assert_eq!(kept.with(&names).block(), block);
//!
//! kept.set_properties(&mut names, [("weight", "13"), ("village", "Kibaha")]);
//! let case = kept.with(&names);
//! assert_eq!(case.case_id(), Some("C1"));
//! assert_eq!(case.property("weight").as_deref(), Some("13"));
//! assert_eq!(case.properties().count(), 3);
//! assert_eq!(case.indices()[0].target.text(), "H1");
//! # Ok::<(), openrosa_xml::ReadError>(())
//! ```

mod fields;
mod names;
mod pack;
#[cfg(test)]
mod tests;

use super::{Action, Attachment, CaseBlock, Index, Property, Tag, Update, Value};
use crate::{ns, text::Text, time::Timestamp, xml::Name};

use fields::{Fields, Kind};
pub use names::Names;

/// A case block that takes little room.
///
/// What is read from it again [equals](PartialEq) the block that was kept, always: a block that has anything beside what case
/// blocks are made of (an unknown attribute or action, text between the elements, a property that is more than text, a
/// namespace other than that of Case XML 2.0) is kept whole, and takes the room that it takes. Not kept is what never makes
/// two blocks differ: prefixes and marks.
///
/// It belongs to the [`Names`] with which it was made. With others it has wrong names.
#[derive(Clone, Debug)]
pub struct Kept(Form);

#[derive(Clone, Debug)]
enum Form {
    /// The texts one after the other, and for each what it is and how long.
    Packed {
        texts: Box<str>,
        fields: Box<[u8]>,
    },
    Whole(Box<CaseBlock<'static>>),
}

/// A kept block, to be read.
#[derive(Clone, Copy, Debug)]
pub struct KeptCase<'k> {
    names: &'k Names,
    form: &'k Form,
}

impl Kept {
    /// Keeps a block.
    #[must_use]
    pub fn of(block: &CaseBlock<'_>, names: &mut Names) -> Self {
        match pack::is_usual(block) {
            true => Self(pack::pack(block, names)),
            false => Self(Form::Whole(Box::new(block.clone().into_owned()))),
        }
    }

    /// The block to be read, given the names with which it was made.
    #[must_use]
    pub const fn with<'k>(&'k self, names: &'k Names) -> KeptCase<'k> {
        KeptCase { names, form: &self.0 }
    }

    /// Gives properties other texts: each in the place where it counts, the last of its name; or, if there is none, at the
    /// end of the last `update`.
    pub fn set_properties<'p>(
        &mut self,
        names: &mut Names,
        properties: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) {
        let mut block = self.with(names).block().into_owned();
        for (name, text) in properties {
            set_property(&mut block, name, text);
        }
        *self = Self::of(&block, names);
    }
}

fn set_property<'a>(block: &mut CaseBlock<'a>, name: &'a str, text: &'a str) {
    let mut properties = block.actions.iter_mut().filter_map(properties_mut).flatten();
    if let Some(property) = properties.rfind(|property| property.name == name) {
        property.value = Value::Text(text.into());
        return;
    }
    let is_update = |action: &Action<'_>| matches!(action, Action::Update(_));
    let last = block.actions.iter().rposition(is_update).unwrap_or_else(|| {
        let tag = Tag::new(Name::in_namespace(ns::CASE, "update"));
        block.actions.push(Action::Update(Update { tag, properties: Vec::new() }));
        block.actions.len() - 1
    });
    if let Some(properties) = properties_mut(&mut block.actions[last]) {
        properties.push(Property::new(name, text));
    }
}

fn properties_mut<'s, 'a>(action: &'s mut Action<'a>) -> Option<&'s mut Vec<Property<'a>>> {
    match action {
        Action::Create(create) => Some(&mut create.properties),
        Action::Update(update) => Some(&mut update.properties),
        _ => None,
    }
}

const fn properties<'s, 'a>(action: &'s Action<'a>) -> Option<&'s Vec<Property<'a>>> {
    match action {
        Action::Create(create) => Some(&create.properties),
        Action::Update(update) => Some(&update.properties),
        _ => None,
    }
}

impl<'k> KeptCase<'k> {
    /// `@case_id`.
    #[must_use]
    pub fn case_id(self) -> Option<&'k str> {
        match self.form {
            Form::Packed { .. } => self.only(Kind::CaseId),
            Form::Whole(block) => block.case_id.as_deref(),
        }
    }

    /// `@date_modified`.
    #[must_use]
    pub fn date_modified(self) -> Option<Timestamp<'k>> {
        match self.form {
            Form::Packed { .. } => self.only(Kind::DateModified).map(Timestamp::new),
            Form::Whole(block) => block.date_modified.clone(),
        }
    }

    /// `@user_id`.
    #[must_use]
    pub fn user_id(self) -> Option<&'k str> {
        match self.form {
            Form::Packed { .. } => self.only(Kind::UserId),
            Form::Whole(block) => block.user_id.as_deref(),
        }
    }

    /// `case_type`.
    #[must_use]
    pub fn case_type(self) -> Option<Text<'k>> {
        self.property("case_type")
    }

    /// `case_name`.
    #[must_use]
    pub fn case_name(self) -> Option<Text<'k>> {
        self.property("case_name")
    }

    /// `owner_id`.
    #[must_use]
    pub fn owner_id(self) -> Option<Text<'k>> {
        self.property("owner_id")
    }

    /// The text of the last property of this name, in `create` and `update` alike.
    #[must_use]
    pub fn property(self, name: &str) -> Option<Text<'k>> {
        if let Form::Whole(block) = self.form {
            let mut properties = block.actions.iter().filter_map(properties).flatten();
            return properties.rfind(|property| property.name == name).map(|p| p.value.text().into());
        }
        let number = self.names.number(name)?;
        let named = self.fields().filter(|field| field.kind == Kind::Property && field.number == number);
        named.last().map(|field| field.text.into())
    }

    /// The names and texts of all properties, in `create` and `update` alike, in document order.
    pub fn properties(self) -> impl Iterator<Item = (&'k str, Text<'k>)> {
        let whole = match self.form {
            Form::Whole(block) => &block.actions[..],
            Form::Packed { .. } => &[],
        };
        let whole = whole.iter().filter_map(properties).flatten();
        let packed = self.fields().filter(|field| field.kind == Kind::Property);
        packed
            .map(move |field| (self.names.name(field.number), field.text.into()))
            .chain(whole.map(|property| (property.name.as_str(), property.value.text().into())))
    }

    /// The links and removals of links, in document order.
    #[must_use]
    pub fn indices(self) -> Vec<Index<'k>> {
        let entries = |action| if let Action::Index(index) = action { Some(index.entries) } else { None };
        self.block_of(Kind::is_of_index).actions.into_iter().filter_map(entries).flatten().collect()
    }

    /// The files and removals of files, in document order.
    #[must_use]
    pub fn attachments(self) -> Vec<Attachment<'k>> {
        let entries =
            |action| if let Action::Attachment(files) = action { Some(files.entries) } else { None };
        self.block_of(Kind::is_of_attachment).actions.into_iter().filter_map(entries).flatten().collect()
    }

    /// Whether there is a `close`.
    #[must_use]
    pub fn is_closed(self) -> bool {
        match self.form {
            Form::Packed { .. } => self.fields().any(|field| field.kind == Kind::Close),
            Form::Whole(block) => block.close().is_some(),
        }
    }

    /// The block that was kept.
    #[must_use]
    pub fn block(self) -> CaseBlock<'k> {
        self.block_of(|_| true)
    }

    /// The block, of which only fields of some kinds are wanted.
    fn block_of(self, is_wanted: fn(Kind) -> bool) -> CaseBlock<'k> {
        match self.form {
            Form::Packed { .. } => {
                pack::unpack(self.fields().filter(|field| is_wanted(field.kind)), self.names)
            }
            Form::Whole(block) => CaseBlock::clone(block),
        }
    }

    fn only(self, kind: Kind) -> Option<&'k str> {
        self.fields().find(|field| field.kind == kind).map(|field| field.text)
    }

    /// The fields of a packed block.
    fn fields(self) -> Fields<'k> {
        match self.form {
            Form::Packed { texts, fields } => Fields::new(texts, fields),
            Form::Whole(_) => Fields::new("", &[]),
        }
    }
}
