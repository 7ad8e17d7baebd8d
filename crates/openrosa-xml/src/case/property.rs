//! A named value: a child of `create` or `update`.

use std::borrow::Cow;

use super::Tag;
use crate::{
    error::{ReadError, WriteError},
    position::Mark,
    xml::{
        Element, Node, Reader, Writer,
        name::owned,
        reader::{Leaf, Start},
    },
};

/// One child of `create` or `update`.
///
/// *Wire:* a leaf element in the namespace of its action. *Spec:* case-xml.md 1.5, 1.6, 1.10.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Property<'a> {
    /// The local name; upper and lower case differ.
    pub name: Cow<'a, str>,
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
    Text(Cow<'a, str>),
    /// An element that is more than text: it has attributes, elements inside, or a namespace other than its parent's.
    /// Readers in the field disagree on what that means (case-xml.md 1.10), so it is kept whole.
    Element(Box<Element<'a>>),
}

impl<'a> Property<'a> {
    /// A property with a text.
    pub fn new(name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), value: Value::Text(value.into()), mark: Mark::none() }
    }

    pub(super) fn read(
        reader: &mut Reader<'a>,
        parent: &Tag<'a>,
        start: Start<'a>,
    ) -> Result<Self, ReadError> {
        let name = start.name.clone().take_local();
        let offset = start.offset;
        let plain = reader.attributes().is_empty();
        let value = Value::read(reader, parent, start, plain)?;
        Ok(Self { name, value, mark: Mark::at(offset, reader.offset()) })
    }

    pub(super) fn write_to(&self, parent: &Tag<'_>, out: &mut Writer) -> Result<(), WriteError> {
        match &self.value {
            Value::Text(text) => out.leaf(&parent.name.sibling(self.name.as_ref()), text),
            Value::Element(element) => element.write_to(out),
        }
    }

    pub(super) fn into_owned(self) -> Property<'static> {
        Property { name: owned(self.name), value: self.value.into_owned(), mark: self.mark }
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

    /// Reads the element just opened, whose attributes are `plain` when the caller keeps them all itself.
    pub(super) fn read(
        reader: &mut Reader<'a>,
        parent: &Tag<'a>,
        start: Start<'a>,
        plain: bool,
    ) -> Result<Self, ReadError> {
        if !plain || start.name.namespace() != parent.name.namespace() {
            return Element::read_from(reader, start).map(Box::new).map(Self::Element);
        }
        let mut opened = Element::opened(reader, start);
        match reader.leaf()? {
            Leaf::Text(text) => Ok(Self::Text(text)),
            Leaf::Opened(text) => {
                opened.push(Node::Text(text));
                Element::read_rest(reader, opened).map(Box::new).map(Self::Element)
            }
        }
    }

    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(owned(text)),
            Self::Element(element) => Value::Element(Box::new(element.into_owned())),
        }
    }
}
