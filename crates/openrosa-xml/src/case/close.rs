//! `close`: closes the case.

use super::Tag;
use crate::{
    error::{ReadError, WriteError},
    xml::{Element, Reader, Writer, reader::Start},
};

/// `close`: closes the case, by its presence alone.
///
/// *Wire:* at most one in a block, empty. *Spec:* case-xml.md 1.7.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Close<'a> {
    /// The element itself.
    pub tag: Tag<'a>,
    /// Elements inside, where none belong.
    pub contents: Vec<Element<'a>>,
}

impl<'a> Close<'a> {
    pub(super) fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let mut contents = Vec::new();
        let tag = Tag::read(reader, start, &[], |reader, _, start| {
            contents.push(Element::read_from(reader, start)?);
            Ok(())
        })?;
        Ok(Self { tag, contents })
    }

    pub(super) fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        self.tag.open(out)?;
        for element in &self.contents {
            element.write_to(out)?;
        }
        out.close();
        Ok(())
    }

    pub(super) fn into_owned(self) -> Close<'static> {
        Close {
            tag: self.tag.into_owned(),
            contents: self.contents.into_iter().map(Element::into_owned).collect(),
        }
    }
}
