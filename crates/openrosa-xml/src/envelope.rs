//! The answer of an OpenRosa server: an envelope with a message for a person and payloads for programs.

use std::borrow::Cow;

use crate::{
    error::{ReadError, WriteError},
    ns,
    position::Mark,
    xml::{
        Element, Name, Writer,
        name::{Attribute, owned},
        reader::{Event, Leaf, Reader, Start},
    },
};

/// An `OpenRosaResponse` as it was sent: messages and payloads in their order, however many there are.
///
/// The element names are matched by local name, since that is what clients in the field do.
///
/// *Wire:* the body of answers to submissions; also of restores. *Spec:* openrosa.md 1.2.
///
/// ```
/// # use openrosa_xml::Envelope;
/// let answer = Envelope::new("Saved.").with_nature("submit_success").write()?;
/// let envelope = Envelope::read(&answer)?;
/// assert_eq!((envelope.message(), envelope.nature()), (Some("Saved."), Some("submit_success")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Envelope<'a> {
    /// The root as written; [`is_openrosa`](Self::is_openrosa) says whether it is an envelope at all.
    pub name: Name<'a>,
    /// `@items` as written. Servers count differently or not at all; never allocate by it.
    pub items: Option<Cow<'a, str>>,
    /// Other attributes of the root.
    pub attributes: Vec<Attribute<'a>>,
    /// What is inside, in document order.
    pub contents: Vec<Content<'a>>,
}

/// One child of an envelope.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content<'a> {
    /// Text for a person.
    Message(Message<'a>),
    /// Anything else, kept whole. Unknown payloads are never an error (R-014).
    Payload(Element<'a>),
}

/// `<message nature="…">`: text for a person, and the tag that groups such texts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message<'a> {
    /// The element as written.
    pub name: Name<'a>,
    /// `@nature`; an empty one is not the same as none.
    pub nature: Option<Cow<'a, str>>,
    /// The text.
    pub text: Cow<'a, str>,
    /// Where it stood.
    pub mark: Mark,
}

impl<'a> Envelope<'a> {
    /// An envelope with one message.
    pub fn new(message: impl Into<Cow<'a, str>>) -> Self {
        let message = Message {
            name: Name::in_namespace(ns::RESPONSE, "message"),
            nature: None,
            text: message.into(),
            mark: Mark::none(),
        };
        Self {
            name: Name::in_namespace(ns::RESPONSE, "OpenRosaResponse"),
            items: None,
            attributes: Vec::new(),
            contents: vec![Content::Message(message)],
        }
    }

    /// Gives the first message a nature.
    #[must_use]
    pub fn with_nature(mut self, nature: impl Into<Cow<'a, str>>) -> Self {
        if let Some(Content::Message(message)) = self.contents.first_mut() {
            message.nature = Some(nature.into());
        }
        self
    }

    /// Adds a payload.
    #[must_use]
    pub fn with_payload(mut self, payload: Element<'a>) -> Self {
        self.contents.push(Content::Payload(payload));
        self
    }

    /// Fills `@items` with the number of children, the message among them, as CommCare HQ counts.
    #[must_use]
    pub fn counting_items(mut self) -> Self {
        self.items = Some(self.contents.len().to_string().into());
        self
    }

    /// Whether the root is called `OpenRosaResponse`, in whatever namespace.
    #[must_use]
    pub fn is_openrosa(&self) -> bool {
        self.name.local_name() == "OpenRosaResponse"
    }

    /// The text of the first message.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.messages().next().map(|message| message.text.as_ref())
    }

    /// The nature of the first message.
    #[must_use]
    pub fn nature(&self) -> Option<&str> {
        self.messages().next().and_then(|message| message.nature.as_deref())
    }

    /// The messages; there should be at most one.
    pub fn messages(&self) -> impl Iterator<Item = &Message<'a>> {
        self.contents.iter().filter_map(|content| match content {
            Content::Message(message) => Some(message),
            Content::Payload(_) => None,
        })
    }

    /// The payloads.
    pub fn payloads(&self) -> impl Iterator<Item = &Element<'a>> {
        self.contents.iter().filter_map(|content| match content {
            Content::Payload(payload) => Some(payload),
            Content::Message(_) => None,
        })
    }

    /// Reads a whole document, whatever its root is called.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        let mut reader = Reader::new(source);
        let root = reader.root()?;
        let items = reader.attribute("items");
        let attributes = reader.take_attributes().into_iter().filter(|a| !a.name.is(None, "items")).collect();
        let mut envelope = Self { name: root.name, items, attributes, contents: Vec::new() };
        while let Some(event) = reader.next()? {
            // Text between the children has no meaning here; all that is known to write any is layout.
            if let Event::Start(start) = event {
                envelope.contents.push(Content::read(&mut reader, start)?);
            }
        }
        Ok(envelope)
    }

    /// Writes the envelope as a UTF-8 document.
    pub fn write(&self) -> Result<String, WriteError> {
        let mut out = Writer::document();
        out.open(&self.name)?;
        out.optional_attribute("items", self.items.as_deref())?;
        for attribute in &self.attributes {
            out.attribute(&attribute.name, &attribute.value)?;
        }
        for content in &self.contents {
            match content {
                Content::Message(message) => message.write_to(&mut out)?,
                Content::Payload(payload) => payload.write_to(&mut out)?,
            }
        }
        out.close();
        Ok(out.finish())
    }

    /// The same envelope, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Envelope<'static> {
        Envelope {
            name: self.name.into_owned(),
            items: self.items.map(owned),
            attributes: self.attributes.into_iter().map(Attribute::into_owned).collect(),
            contents: self.contents.into_iter().map(Content::into_owned).collect(),
        }
    }
}

impl<'a> Content<'a> {
    /// A `message` that is more than attributes we know and text is carried as a payload, so that nothing is lost.
    pub(crate) fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let is_plain_message = start.name.local_name() == "message"
            && reader.attributes().iter().all(|attribute| attribute.name.is(None, "nature"));
        if !is_plain_message {
            return Element::read_from(reader, start).map(Self::Payload);
        }
        let nature = reader.attribute("nature");
        let mut opened = Element::opened(reader, start);
        match reader.leaf()? {
            Leaf::Text(text) => {
                let mark = Mark::at(opened.mark.span().map_or(0, |span| span.start), reader.offset());
                Ok(Self::Message(Message { name: opened.name, nature, text, mark }))
            }
            Leaf::Opened(text) => {
                opened.push(crate::xml::Node::Text(text));
                Element::read_rest(reader, opened).map(Self::Payload)
            }
        }
    }

    fn into_owned(self) -> Content<'static> {
        match self {
            Self::Message(message) => Content::Message(message.into_owned()),
            Self::Payload(payload) => Content::Payload(payload.into_owned()),
        }
    }
}

impl Message<'_> {
    pub(crate) fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.name)?;
        out.optional_attribute("nature", self.nature.as_deref())?;
        out.text(&self.text)?;
        out.close();
        Ok(())
    }

    pub(crate) fn into_owned(self) -> Message<'static> {
        Message {
            name: self.name.into_owned(),
            nature: self.nature.map(owned),
            text: owned(self.text),
            mark: self.mark,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_in_any_namespace_and_any_place() {
        let source = r#"<OpenRosaResponse><Sync xmlns="urn:s"/><message xmlns="urn:odd" nature="">ok &amp; well</message></OpenRosaResponse>"#;
        let envelope = Envelope::read(source).unwrap();
        assert_eq!((envelope.message(), envelope.nature()), (Some("ok & well"), Some("")));
        assert_eq!(envelope.payloads().count(), 1);
    }

    #[test]
    fn reading_what_was_written_gives_the_same_envelope() {
        let payload = Element::new(Name::in_namespace("urn:p", "p")).with_text("1 < 2");
        let envelope =
            Envelope::new("a \"b\" <c>").with_nature("error").with_payload(payload).counting_items();
        let written = envelope.write().unwrap();
        assert_eq!(Envelope::read(&written).unwrap(), envelope);
        assert!(written.contains(r#"items="2""#));
    }

    #[test]
    fn a_page_of_a_gateway_is_no_envelope() {
        let page = Envelope::read("<html><body><p>Sign in</p></body></html>").unwrap();
        assert!(!page.is_openrosa());
        assert_eq!(page.message(), None);
    }
}
