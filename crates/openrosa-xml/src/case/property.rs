//! A named value: a child of `create` or `update`.

use std::borrow::Cow;

use super::Tag;
use crate::{
    error::{ReadError, WriteError},
    position::Mark,
    text::Text,
    xml::{
        Element, Node, Reader, Writer,
        chars::is_blank,
        reader::{PlainChild, Start},
        writer::Kin,
    },
};

/// One child of `create` or `update`.
///
/// *Wire:* a leaf element in the namespace of its action. *Spec:* case-xml.md 1.5, 1.6, 1.10.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Property<'a> {
    /// The local name; upper and lower case differ.
    pub name: Text<'a>,
    /// The value.
    pub value: Value<'a>,
    /// Where it stood.
    pub mark: Mark,
}

/// What an element that should hold text holds.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "it is either what it should be or kept whole")]
pub enum Value<'a> {
    /// Text as written: white space is kept, and empty is a value.
    Text(Text<'a>),
    /// An element that is more than text: it has attributes, elements inside, or a namespace other than its parent's.
    /// Readers in the field disagree on what that means (case-xml.md 1.10), so it is kept whole.
    Element(Box<Element<'a>>),
}

impl<'a> Property<'a> {
    /// A property with a text.
    pub fn new(name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Self {
        Self { name: name.into(), value: Value::Text(value.into()), mark: Mark::none() }
    }

    /// Reads the child that comes next, if it is as properties should be.
    pub(super) fn read_plain(reader: &mut Reader<'a>, parent: &Tag<'a>) -> Option<Self> {
        let PlainChild { local, text, start, end } = reader.plain_child(parent.name.prefix())?;
        Some(Self { name: local.into(), value: Value::Text(text), mark: Mark::at(start, end) })
    }

    pub(crate) fn read(
        reader: &mut Reader<'a>,
        parent: &Tag<'a>,
        start: Start<'a>,
    ) -> Result<Self, ReadError> {
        let name = start.name.local_text();
        let offset = start.offset;
        let plain = reader.attributes().is_empty() && parent.is_kin(&start.name);
        let value = Value::read(reader, start, plain)?;
        Ok(Self { name, value, mark: Mark::at(offset, reader.offset()) })
    }

    pub(crate) fn write_to(&self, kin: Kin<'_>, out: &mut Writer) -> Result<(), WriteError> {
        match &self.value {
            Value::Text(text) => out.leaf_of(kin, &self.name, text),
            Value::Element(element) => element.write_to(out),
        }
    }

    pub(crate) fn into_owned(self) -> Property<'static> {
        Property { name: self.name.into_owned(), value: self.value.into_owned(), mark: self.mark }
    }
}

impl<'a> Value<'a> {
    /// The text directly inside; for an element that is more than text, its texts joined.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Element(element) => element.text(),
        }
    }

    /// The last text directly inside that is more than white space, and the empty one where there is none: what the device's bulk
    /// parser makes of an element with others inside, and so the value of a case that was found by a search.
    ///
    /// *Spec:* case-xml.md 1.10, column B; 3.4.
    #[must_use]
    pub fn last_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Element(element) => {
                let texts = element.children().iter().filter_map(|node| match node {
                    Node::Text(text) => Some(text.as_ref()),
                    Node::Element(_) => None,
                });
                texts.rev().find(|text| !is_blank(text)).unwrap_or_default()
            }
        }
    }

    /// Reads the element just opened; what is not `plain` has something about it that a text would lose.
    pub(crate) fn read(reader: &mut Reader<'a>, start: Start<'a>, plain: bool) -> Result<Self, ReadError> {
        if plain && let Some(text) = reader.plain_leaf()? {
            return Ok(Self::Text(text));
        }
        let mut element = Element::read_from(reader, start)?;
        // It may still be text alone: in pieces, with references or comments between them.
        let text = if plain { element.take_only_text() } else { None };
        Ok(text.map_or_else(|| Self::Element(Box::new(element)), |text| Self::Text(text.into())))
    }

    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(text.into_owned()),
            Self::Element(element) => Value::Element(Box::new(element.into_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::case::CaseBlock;

    /// The device's bulk parser keeps the last of the texts that stand between elements (case-xml.md 1.10, column B).
    #[test]
    fn the_last_of_several_texts_is_told() {
        for (written, last) in [
            ("<a>x<b>y</b>z</a>", "z"),
            ("<a>x<b>y</b> </a>", "x"),
            ("<a>x<b/><!-- w -->z<b/></a>", "z"),
            ("<a u='1'> x </a>", " x "),
            ("<a><b>y</b></a>", ""),
            ("<a> </a>", " "),
        ] {
            let source = format!("<case><update>{written}</update></case>");
            let block = CaseBlock::read(&source).unwrap();
            assert_eq!(block.update().unwrap().properties[0].value.last_text(), last, "{written}");
        }
    }

    /// What `plain_leaf` passes over in one step must be nothing else than one stretch of text.
    #[test]
    fn text_in_pieces_is_still_text() {
        for (written, text) in [
            ("<a>1</a>", "1"),
            ("<a/>", ""),
            ("<a></a>", ""),
            ("<a>1</a >", "1"),
            ("<a>1 &amp; 2</a>", "1 & 2"),
            ("<a>&lt;</a>", "<"),
            ("<a>1<!-- not 2 -->3</a>", "13"),
            ("<a><![CDATA[</a>]]></a>", "</a>"),
            ("<a>1<?php 2 ?></a>", "1"),
            ("<a>1\r\n2\r</a>", "1\n2\n"),
            ("<a> > </a>", " > "),
        ] {
            let source = format!("<case><update>{written}<b/></update></case>");
            let block = CaseBlock::read(&source).unwrap();
            let update = block.update().unwrap();
            assert_eq!(update.properties.len(), 2, "{written}");
            assert_eq!(update.properties[0].value, super::Value::Text(text.into()), "{written}");
        }
    }

    #[test]
    fn an_end_that_only_begins_alike_is_not_the_end() {
        let error = CaseBlock::read("<case><update><a>1</ab></update></case>").unwrap_err();
        insta::assert_snapshot!(error, @"line 1, column 19, inside case/update/a: `</ab>` closes `<a>`");
    }
}
