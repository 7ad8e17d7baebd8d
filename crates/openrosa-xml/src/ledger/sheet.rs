//! What balances and transfers have in common.

use std::borrow::Cow;

use super::{Entry, Instruction};
use crate::{
    case::Tag,
    error::{ReadError, WriteError},
    profile::Profile,
    time::Timestamp,
    xml::{Reader, Writer, name::owned, reader::Start},
};

/// When something was counted or moved, and how much of what.
///
/// *Wire:* the attributes and children of a block, in one of two layouts: all entries in the one section that the block
/// names, or each with a `value` for every section. *Spec:* case-xml.md 3.2.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sheet<'a> {
    /// `@date`: the device refuses a block without one, and looks no further at it.
    pub date: Option<Timestamp<'a>>,
    /// `@section-id`: the section of all entries. Absent, and to CommCare HQ also blank, it means the second layout.
    pub section_id: Option<Cow<'a, str>>,
    /// `@type`: a word of the app's for what happened, which CommCare HQ keeps.
    pub kind: Option<Cow<'a, str>>,
    /// The children in document order.
    pub entries: Vec<Entry<'a>>,
}

impl<'a> Sheet<'a> {
    /// A sheet without entries, in the layout in which each names its sections.
    #[must_use]
    pub const fn new(date: Timestamp<'a>) -> Self {
        Self { date: Some(date), section_id: None, kind: None, entries: Vec::new() }
    }

    /// Puts all entries into one section.
    #[must_use]
    pub fn in_section(self, section_id: impl Into<Cow<'a, str>>) -> Self {
        Self { section_id: Some(section_id.into()), ..self }
    }

    /// Says what happened, in a word of the app's.
    #[must_use]
    pub fn of_kind(self, kind: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: Some(kind.into()), ..self }
    }

    /// Adds an entry.
    #[must_use]
    pub fn with_entry(mut self, entry: Entry<'a>) -> Self {
        self.entries.push(entry);
        self
    }

    /// Whether all entries are in the section that the block names. A blank section is one to the device, and none to
    /// CommCare HQ.
    #[must_use]
    pub fn is_one_section(&self, profile: Profile) -> bool {
        match profile {
            Profile::Device => self.section_id.is_some(),
            Profile::Hq => self.section_id.as_deref().is_some_and(|id| !id.is_empty()),
        }
    }

    /// What the sheet says, one quantity at a time, in document order. Elements that are no `entry` or no `value` say
    /// nothing.
    #[must_use]
    pub fn instructions(&self, profile: Profile) -> Vec<Instruction<'_>> {
        let entries = self.entries.iter().filter(|entry| entry.tag.name.local_name() == "entry");
        if self.is_one_section(profile) {
            return entries.map(|entry| entry.instruction(self.section_id.as_deref())).collect();
        }
        entries.flat_map(Entry::instructions).collect()
    }

    /// Reads the block whose start tag was just read; the attributes called `known` are its own or the sheet's.
    pub(super) fn read(
        reader: &mut Reader<'a>,
        start: Start<'a>,
        known: &[&str],
    ) -> Result<(Tag<'a>, Self), ReadError> {
        let mut sheet = Self {
            date: reader.attribute("date").map(Timestamp::new),
            section_id: reader.attribute("section-id"),
            kind: reader.attribute("type"),
            entries: Vec::new(),
        };
        let tag = Tag::read(reader, start, known, |reader, _, start| {
            sheet.entries.push(Entry::read(reader, start)?);
            Ok(())
        })?;
        Ok((tag, sheet))
    }

    /// Writes the attributes and entries into the element just opened, whose own attributes come before.
    pub(super) fn write_inside(&self, tag: &Tag<'_>, out: &mut Writer) -> Result<(), WriteError> {
        out.optional_attribute("date", self.date.as_ref().map(Timestamp::as_str))?;
        out.optional_attribute("section-id", self.section_id.as_deref())?;
        out.optional_attribute("type", self.kind.as_deref())?;
        tag.write_inside(out)?;
        self.entries.iter().try_for_each(|entry| entry.write_to(out))
    }

    pub(super) fn into_owned(self) -> Sheet<'static> {
        Sheet {
            date: self.date.map(Timestamp::into_owned),
            section_id: self.section_id.map(owned),
            kind: self.kind.map(owned),
            entries: self.entries.into_iter().map(Entry::into_owned).collect(),
        }
    }
}
