//! What a case block and each of its actions have in common: an element around them.

use std::borrow::Cow;

use super::Property;
use crate::{
    error::{ReadError, WriteError},
    position::Mark,
    text::Text,
    xml::{
        Name, Reader, Writer,
        chars::is_blank,
        name::Attribute,
        reader::{Event, Start},
    },
};

/// The element of a block or an action, apart from what it is there for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tag<'a> {
    /// The name as written.
    pub name: Name<'a>,
    /// Attributes that mean nothing here.
    pub attributes: Vec<Attribute<'a>>,
    /// Text directly inside that is more than layout: anything but white space, or white space where there is nothing
    /// else. CommCare HQ takes `<create>\n</create>` for a create and `<create/>` for none (case-xml.md 1.3), so the
    /// second kind counts. The places of several texts between the children are not kept.
    pub text: Option<Text<'a>>,
    /// Where the element stood.
    pub mark: Mark,
}

impl<'a> Tag<'a> {
    /// An element with nothing but a name.
    #[must_use]
    pub const fn new(name: Name<'a>) -> Self {
        Self { name, attributes: Vec::new(), text: None, mark: Mark::none() }
    }

    /// Reads the element just opened to its end, giving each child to `child`, which must read it to its end. The
    /// attributes called `known` are the caller's.
    pub(crate) fn read(
        reader: &mut Reader<'a>,
        start: Start<'a>,
        known: &[&str],
        mut child: impl FnMut(&mut Reader<'a>, &Self, Start<'a>) -> Result<(), ReadError>,
    ) -> Result<Self, ReadError> {
        let (offset, tag) = (start.offset, Self::opened(reader, start, known));
        let mut text = Cow::Borrowed("");
        let mut childless = true;
        loop {
            match reader.next()? {
                Some(Event::Start(start)) => {
                    childless = false;
                    child(reader, &tag, start)?;
                }
                Some(Event::Text(piece)) => reader.append(&mut text, piece)?,
                Some(Event::End) | None => return Ok(tag.closed(text, childless, offset, reader)),
            }
        }
    }

    /// The same for an element whose children are properties, usually no more than so many.
    pub(super) fn read_properties(
        reader: &mut Reader<'a>,
        start: Start<'a>,
        usual: usize,
    ) -> Result<(Self, Vec<Property<'a>>), ReadError> {
        let (offset, tag) = (start.offset, Self::opened(reader, start, &[]));
        let mut text = Cow::Borrowed("");
        let mut properties = Vec::with_capacity(usual);
        loop {
            while let Some(property) = Property::read_plain(reader, &tag) {
                properties.push(property);
            }
            match reader.next()? {
                Some(Event::Start(start)) => properties.push(Property::read(reader, &tag, start)?),
                Some(Event::Text(piece)) => reader.append(&mut text, piece)?,
                Some(Event::End) | None => {
                    return Ok((tag.closed(text, properties.is_empty(), offset, reader), properties));
                }
            }
        }
    }

    fn opened(reader: &mut Reader<'a>, start: Start<'a>, known: &[&str]) -> Self {
        Self { attributes: reader.take_attributes_except(known), ..Self::new(start.name) }
    }

    fn closed(mut self, text: Cow<'a, str>, childless: bool, offset: u64, reader: &Reader<'a>) -> Self {
        self.text =
            Some(text).filter(|text| !text.is_empty() && (childless || !is_blank(text))).map(Text::from);
        self.mark = Mark::at(offset, reader.offset());
        self
    }

    /// Whether a child's name is in the namespace of this element.
    pub(super) fn is_kin(&self, child: &Name<'_>) -> bool {
        child.namespace() == self.name.namespace()
    }

    pub(crate) fn open(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.name)?;
        self.write_inside(out)
    }

    /// Writes the attributes and the text into the element just opened.
    pub(crate) fn write_inside(&self, out: &mut Writer) -> Result<(), WriteError> {
        for attribute in &self.attributes {
            out.attribute(&attribute.name, &attribute.value)?;
        }
        self.text.as_deref().map_or(Ok(()), |text| out.text(text))
    }

    /// The same element, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Tag<'static> {
        Tag {
            name: self.name.into_owned(),
            attributes: self.attributes.into_iter().map(Attribute::into_owned).collect(),
            text: self.text.map(Text::into_owned),
            mark: self.mark,
        }
    }
}
