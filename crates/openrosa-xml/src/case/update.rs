//! `update`: sets properties.

use super::{Property, Tag};
use crate::{
    error::{ReadError, WriteError},
    xml::{Reader, Writer, reader::Start},
};

/// `update`: sets properties; an empty child sets the empty text, and nothing can be unset.
///
/// *Wire:* at most one in a block; any children. *Spec:* case-xml.md 1.5, 1.6.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update<'a> {
    /// The element itself.
    pub tag: Tag<'a>,
    /// The children in document order, also those that do not belong here.
    pub properties: Vec<Property<'a>>,
}

impl<'a> Update<'a> {
    /// The last property of this name, which is the one that counts.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property<'a>> {
        self.properties.iter().rev().find(|property| property.name == name)
    }

    pub(super) fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let (tag, properties) = Tag::read_properties(reader, start, 16)?;
        Ok(Self { tag, properties })
    }

    pub(super) fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        self.tag.open(out)?;
        let kin = out.kin(&self.tag.name);
        for property in &self.properties {
            property.write_to(kin, out)?;
        }
        out.close();
        Ok(())
    }

    pub(super) fn into_owned(self) -> Update<'static> {
        Update {
            tag: self.tag.into_owned(),
            properties: self.properties.into_iter().map(Property::into_owned).collect(),
        }
    }
}
