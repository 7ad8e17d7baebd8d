//! The elements of a block under one shape, whether they were read as actions or kept whole.
//!
//! The device finds actions inside elements it does not know (case-xml.md 1.11), so what holds for an `update` must
//! hold for an [`Element`] of that name too.

use crate::{
    case::{Action, Attachment, CaseBlock, Index, Property, Value},
    position::Mark,
    xml::{Attribute, Element, Name, Node, chars::is_blank},
};

/// An element directly inside a block, or inside one that the device looks into.
pub(super) struct Part<'b> {
    pub(super) name: &'b Name<'b>,
    pub(super) attributes: &'b [Attribute<'b>],
    /// Text that is more than layout, as in [`Tag::text`](crate::case::Tag::text).
    pub(super) text: Option<&'b str>,
    pub(super) children: Vec<Child<'b>>,
    pub(super) mark: Mark,
}

/// A child of a part.
#[derive(Clone, Copy)]
pub(super) enum Child<'b> {
    Property(&'b Property<'b>),
    Index(&'b Index<'b>),
    Attachment(&'b Attachment<'b>),
    Element(&'b Element<'b>),
}

/// What is inside a child.
#[derive(Clone, Copy)]
pub(super) enum Inside<'b> {
    Text(&'b str),
    Whole(&'b Element<'b>),
}

impl<'b> Part<'b> {
    pub(super) fn all_of(block: &'b CaseBlock<'b>) -> Vec<Self> {
        block.actions.iter().map(Self::of).collect()
    }

    fn of(action: &'b Action<'b>) -> Self {
        let (tag, children) = match action {
            Action::Create(create) => (&create.tag, properties(&create.properties)),
            Action::Update(update) => (&update.tag, properties(&update.properties)),
            Action::Close(close) => (&close.tag, close.contents.iter().map(Child::Element).collect()),
            Action::Index(index) => (&index.tag, index.entries.iter().map(Child::Index).collect()),
            Action::Attachment(files) => (&files.tag, files.entries.iter().map(Child::Attachment).collect()),
            Action::Other(element) => return Self::of_element(element),
        };
        Self {
            name: &tag.name,
            attributes: &tag.attributes,
            text: tag.text.as_deref(),
            children,
            mark: tag.mark,
        }
    }

    fn of_element(element: &'b Element<'b>) -> Self {
        let childless = element.elements().next().is_none();
        let mut texts = element.children().iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_ref()),
            Node::Element(_) => None,
        });
        Self {
            name: &element.name,
            attributes: &element.attributes,
            text: texts.find(|text| childless || !is_blank(text)),
            children: element.elements().map(Child::Element).collect(),
            mark: element.mark,
        }
    }

    /// Whether there is nothing in it, not even white space or an attribute.
    pub(super) fn is_bare(&self) -> bool {
        self.text.is_none() && self.attributes.is_empty() && self.children.is_empty()
    }
}

fn properties<'b>(properties: &'b [Property<'b>]) -> Vec<Child<'b>> {
    properties.iter().map(Child::Property).collect()
}

impl<'b> Child<'b> {
    /// The local name, which is all that either reader goes by.
    pub(super) fn name(self) -> &'b str {
        match self {
            Self::Property(property) => &property.name,
            Self::Index(index) => &index.name,
            Self::Attachment(attachment) => &attachment.name,
            Self::Element(element) => element.name.local_name(),
        }
    }

    pub(super) fn inside(self) -> Inside<'b> {
        let value = match self {
            Self::Property(property) => &property.value,
            Self::Index(index) => &index.target,
            Self::Attachment(attachment) => &attachment.content,
            Self::Element(element) => return Inside::Whole(element),
        };
        match value {
            Value::Text(text) => Inside::Text(text),
            Value::Element(element) => Inside::Whole(element),
        }
    }

    /// The value of an attribute in no namespace, as CommCare HQ looks it up.
    pub(super) fn attribute(self, local: &str) -> Option<&'b str> {
        match (self, local) {
            (Self::Index(index), "case_type") => index.case_type.as_deref(),
            (Self::Index(index), "relationship") => index.relationship.as_deref(),
            (Self::Attachment(attachment), "src") => attachment.src.as_deref(),
            (Self::Attachment(attachment), "from") => attachment.from.as_deref(),
            (Self::Element(element), _) => element.attribute(local),
            _ => None,
        }
    }

    /// The value of an attribute in no namespace or, lacking that, in any, as the device looks it up.
    pub(super) fn attribute_anywhere(self, local: &str) -> Option<&'b str> {
        self.attribute(local).or_else(|| match self.inside() {
            Inside::Whole(element) => attribute_anywhere(&element.attributes, local),
            Inside::Text(_) => None,
        })
    }

    /// The element as a part of its own; only where elements were kept whole.
    pub(super) fn as_part(self) -> Option<Part<'b>> {
        match self {
            Self::Element(element) => Some(Part::of_element(element)),
            Self::Property(_) | Self::Index(_) | Self::Attachment(_) => None,
        }
    }

    pub(super) const fn mark(self) -> Mark {
        match self {
            Self::Property(property) => property.mark,
            Self::Index(index) => index.mark,
            Self::Attachment(attachment) => attachment.mark,
            Self::Element(element) => element.mark,
        }
    }
}

impl<'b> Inside<'b> {
    /// The text in front of the first element, as CommCare HQ's JSON keeps it (case-xml.md 8.1).
    pub(super) fn leading_text(self) -> &'b str {
        match self {
            Self::Text(text) => text,
            Self::Whole(element) => match element.children().first() {
                Some(Node::Text(text)) => text,
                Some(Node::Element(_)) | None => "",
            },
        }
    }

    /// The first element inside.
    pub(super) fn nested(self) -> Option<&'b Element<'b>> {
        match self {
            Self::Text(_) => None,
            Self::Whole(element) => element.elements().next(),
        }
    }
}

/// The value of the first attribute of this local name.
pub(super) fn attribute_anywhere<'b>(attributes: &'b [Attribute<'b>], local: &str) -> Option<&'b str> {
    attributes.iter().find(|a| a.name.local_name() == local).map(|a| a.value.as_ref())
}
