//! An element as a value, for content that we carry but do not model.

use std::borrow::Cow;

use crate::{
    error::{ReadError, WriteError},
    limits::Limits,
    position::Mark,
    xml::{
        name::{Attribute, Declaration, Name, owned},
        reader::{Event, Reader, Start},
        writer::Writer,
    },
};

/// An element with everything in it except comments and processing instructions.
///
/// The namespace declarations are remembered, so that prefixes used inside texts (`type="xsd:string"`) keep their
/// meaning, but like prefixes they never make two elements differ.
///
/// ```
/// # use openrosa_xml::xml::{Element, Name};
/// let photo = Element::read("<photo alt='&lt;none>'>a.jpg</photo>")?;
/// assert_eq!(photo, Element::new(Name::local("photo")).with_attribute("alt", "<none>").with_text("a.jpg"));
/// assert_eq!(photo.write()?, r#"<photo alt="&lt;none&gt;">a.jpg</photo>"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Element<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The attributes, in document order.
    pub attributes: Vec<Attribute<'a>>,
    declarations: Vec<Declaration<'a>>,
    children: Vec<Node<'a>>,
    /// Where it stood, from its `<` to after its end tag.
    pub mark: Mark,
}

/// What stands inside an element.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "comments and instructions are not kept")]
pub enum Node<'a> {
    /// An element.
    Element(Element<'a>),
    /// Text, as long as it goes: two texts never stand side by side, and none is empty.
    Text(Cow<'a, str>),
}

impl<'a> Element<'a> {
    /// An empty element.
    #[must_use]
    pub const fn new(name: Name<'a>) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            declarations: Vec::new(),
            children: Vec::new(),
            mark: Mark::none(),
        }
    }

    /// Adds an attribute in no namespace.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.attributes.push(Attribute { name: Name::local(name), value: value.into() });
        self
    }

    /// Adds text at the end.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.push(Node::Text(text.into()));
        self
    }

    /// Adds a child at the end.
    #[must_use]
    pub fn with_child(mut self, child: Self) -> Self {
        self.push(Node::Element(child));
        self
    }

    /// Adds a node at the end; text joins the text before it, and empty text adds nothing.
    pub fn push(&mut self, node: Node<'a>) {
        match (node, self.children.last_mut()) {
            (Node::Text(more), _) if more.is_empty() => {}
            (Node::Text(more), Some(Node::Text(text))) => text.to_mut().push_str(&more),
            (node, _) => self.children.push(node),
        }
    }

    /// Takes away the elements of this local name directly inside.
    pub(crate) fn remove_children(&mut self, local: &str) {
        for node in std::mem::take(&mut self.children) {
            match node {
                Node::Element(element) if element.name.local_name() == local => {}
                node => self.push(node),
            }
        }
    }

    /// Takes the elements directly inside, and leaves the texts.
    pub(crate) fn take_elements(&mut self) -> Vec<Self> {
        let mut elements = Vec::new();
        for node in std::mem::take(&mut self.children) {
            match node {
                Node::Element(element) => elements.push(element),
                text => self.push(text),
            }
        }
        elements
    }

    /// The element with other names, its own and those of all elements inside.
    pub(crate) fn with_names(mut self, rename: &impl Fn(Name<'a>) -> Name<'a>) -> Self {
        self.name = rename(self.name);
        let renamed = |node| match node {
            Node::Element(element) => Node::Element(element.with_names(rename)),
            text => text,
        };
        self.children = self.children.into_iter().map(renamed).collect();
        self
    }

    /// What stands inside, in document order.
    #[must_use]
    pub fn children(&self) -> &[Node<'a>] {
        &self.children
    }

    /// The elements directly inside.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first element of this local name directly inside, in any namespace.
    #[must_use]
    pub fn child(&self, local: &str) -> Option<&Self> {
        self.elements().find(|element| element.name.local_name() == local)
    }

    /// The value of an attribute in no namespace.
    #[must_use]
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name.is(None, local)).map(|a| a.value.as_ref())
    }

    /// The text directly inside, the texts between child elements joined.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let mut texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_ref()),
            Node::Element(_) => None,
        });
        match (texts.next(), texts.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(only), None) => Cow::Borrowed(only),
            (Some(first), Some(second)) => Cow::Owned([first, second].into_iter().chain(texts).collect()),
        }
    }

    /// The text before the first element inside, which alone counts to CommCare HQ (case-xml.md 8.1).
    ///
    /// ```
    /// # use openrosa_xml::xml::Element;
    /// let value = Element::read("<p>a<z>1</z>b</p>")?;
    /// assert_eq!((value.leading_text(), &*value.text()), ("a", "ab"));
    /// # Ok::<(), openrosa_xml::ReadError>(())
    /// ```
    #[must_use]
    pub fn leading_text(&self) -> &str {
        match self.children.first() {
            Some(Node::Text(text)) => text,
            _ => "",
        }
    }

    /// The text, if there is nothing else inside.
    pub(crate) fn take_only_text(&mut self) -> Option<Cow<'a, str>> {
        match &mut self.children[..] {
            [] => Some(Cow::Borrowed("")),
            [Node::Text(text)] => Some(std::mem::take(text)),
            _ => None,
        }
    }

    /// Reads a whole document.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Self::read_within(source, &Limits::default())
    }

    /// Reads a whole document within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        let mut reader = Reader::within(source, limits);
        let root = reader.root()?;
        let element = Self::read_from(&mut reader, root)?;
        reader.finish()?;
        Ok(element)
    }

    /// Reads the element just opened, to its end.
    pub fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let opened = Self::opened(reader, start);
        Self::read_rest(reader, opened)
    }

    /// The element just opened, its content still to come.
    pub(crate) fn opened(reader: &mut Reader<'a>, start: Start<'a>) -> Self {
        Self {
            name: start.name,
            attributes: reader.take_attributes(),
            declarations: reader.take_declarations(),
            children: Vec::new(),
            mark: Mark::at(start.offset, start.offset),
        }
    }

    /// Reads on to the end of an element whose beginning is already a value. A stack, not recursion: the depth of a
    /// document is the sender's choice.
    pub(crate) fn read_rest(reader: &mut Reader<'a>, opened: Self) -> Result<Self, ReadError> {
        let mut outer = Vec::new();
        let mut element = opened;
        loop {
            match reader.next()? {
                Some(Event::Start(start)) => {
                    let inner = Self::opened(reader, start);
                    outer.push(std::mem::replace(&mut element, inner));
                }
                Some(Event::Text(piece)) => element.append_text(reader, piece)?,
                Some(Event::End) | None => {
                    element.mark =
                        Mark::at(element.mark.span().map_or(0, |span| span.start), reader.offset());
                    match outer.pop() {
                        None => return Ok(element),
                        Some(mut parent) => {
                            parent.children.push(Node::Element(element));
                            element = parent;
                        }
                    }
                }
            }
        }
    }

    fn append_text(&mut self, reader: &mut Reader<'a>, piece: Cow<'a, str>) -> Result<(), ReadError> {
        if let Some(Node::Text(text)) = self.children.last_mut() {
            return reader.append(text, piece);
        }
        let mut text = Cow::Borrowed("");
        reader.append(&mut text, piece)?;
        self.push(Node::Text(text));
        Ok(())
    }

    /// Writes the element as a document without an XML declaration.
    pub fn write(&self) -> Result<String, WriteError> {
        let mut out = Writer::new();
        self.write_to(&mut out)?;
        Ok(out.finish())
    }

    /// Writes the element where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open_declaring(&self.name, &self.declarations)?;
        for attribute in &self.attributes {
            out.attribute(&attribute.name, &attribute.value)?;
        }
        for node in &self.children {
            match node {
                Node::Element(element) => element.write_to(out)?,
                Node::Text(text) => out.text(text)?,
            }
        }
        out.close();
        Ok(())
    }

    /// The same element, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Element<'static> {
        Element {
            name: self.name.into_owned(),
            attributes: self.attributes.into_iter().map(Attribute::into_owned).collect(),
            declarations: self.declarations.into_iter().map(Declaration::into_owned).collect(),
            children: self.children.into_iter().map(Node::into_owned).collect(),
            mark: self.mark,
        }
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.attributes == other.attributes && self.children == other.children
    }
}

impl Node<'_> {
    /// The same node, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Node<'static> {
        match self {
            Self::Element(element) => Node::Element(element.into_owned()),
            Self::Text(text) => Node::Text(owned(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_elements_keep_their_order_and_layout() {
        let source = "<a> x <b/>\n<c>1</c> y </a>";
        let element = Element::read(source).unwrap();
        assert_eq!(element.write().unwrap(), source);
        assert_eq!(element.text(), " x \n y ");
    }

    #[test]
    fn prefixes_used_in_texts_keep_their_declarations() {
        let source = r#"<b xmlns:xsd="urn:xsd"><c type="xsd:string"/></b>"#;
        assert_eq!(Element::read(source).unwrap().write().unwrap(), source);
    }

    #[test]
    fn texts_join_and_empty_ones_vanish() {
        let element = Element::new(Name::local("a")).with_text("x").with_text("").with_text("y");
        assert_eq!(element.children(), [Node::Text("xy".into())]);
    }

    /// R-106: depth, attributes, text and elements are limited.
    #[test]
    fn each_limit_stops_a_read_with_a_place() {
        let tight = Limits { depth: 2, attributes: 2, text: 4, elements: 3 };
        let message = |source| Element::read_within(source, &tight).unwrap_err().to_string();
        insta::assert_snapshot!(message("<a><b><c/></b></a>"), @"line 1, column 7, inside a/b: more than 2 elements inside each other");
        insta::assert_snapshot!(message("<a x='1' y='2' z='3'/>"), @"line 1, column 16, inside a: more than 2 attributes on one element");
        insta::assert_snapshot!(message("<a>12&lt;45</a>"), @"line 1, column 12, inside a: more than 4 bytes of text in one element");
        insta::assert_snapshot!(message("<a x='12345'/>"), @"line 1, column 4, inside a: more than 4 bytes in one attribute");
        insta::assert_snapshot!(message("<a><b/><b/><b/></a>"), @"line 1, column 12, inside a: more than 3 elements in one document");
    }
}
