//! Pull events: namespaces resolved, references resolved, places kept, limits held.
//!
//! This is a reader of XML 1.0 and Namespaces in XML 1.0 without document types. The tokens are quick-xml's; what that
//! leaves to its caller (names, attribute syntax, references, illegal characters, what may stand outside the root) is
//! checked here, so that whatever comes out was well-formed. docs/reading.md lists the choices.

mod leaf;
mod pass;
mod scratch;
mod tag;
mod tokens;

pub(crate) use leaf::PlainChild;
pub(crate) use pass::{Declaring, Passed};
pub use scratch::Scratch;

use std::borrow::Cow;

use crate::{
    error::{ReadError, ReadErrorKind},
    limits::Limits,
    position::Position,
    xml::{
        chars::first_illegal,
        name::{Attribute, Declaration, Name},
        namespaces::Scope,
    },
};

/// One step through a document. Comments and processing instructions are passed over.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "what is not a tag is text")]
pub enum Event<'a> {
    /// A start tag; its attributes are at [`Reader::attributes`] until the next step.
    Start(Start<'a>),
    /// Text, CDATA or a resolved reference. One text may come in several pieces.
    Text(Cow<'a, str>),
    /// The end of the innermost open element.
    End,
}

/// The start tag of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Start<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// The offset of its `<`.
    pub offset: u64,
}

/// What is around a part of a document that is read on its own: the names of the open elements and the declarations in
/// scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) open: Vec<String>,
    pub(crate) declarations: Vec<Declaration<'static>>,
}

impl Surroundings {
    /// What is around a document.
    pub(crate) const NOTHING: Self = Self { open: Vec::new(), declarations: Vec::new() };
}

/// What an element turned out to hold; see [`Reader::leaf`].
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "an element holds elements or it does not")]
pub enum Leaf<'a> {
    /// Text only; the element has been read to its end.
    Text(Cow<'a, str>),
    /// An element came after this much text; it is the next event.
    Opened(Cow<'a, str>),
}

/// Reads one document from text, borrowing from it wherever a value stands there as it is.
///
/// ```
/// use openrosa_xml::xml::{Event, Leaf, Reader};
/// let mut reader = Reader::new("<a xmlns='urn:x'><b n='1'>x &amp; y</b></a>");
/// let root = reader.root()?;
/// assert_eq!(root.name.namespace(), Some("urn:x"));
/// assert!(matches!(reader.next()?, Some(Event::Start(_))));
/// assert_eq!(reader.attribute("n").as_deref(), Some("1"));
/// assert!(matches!(reader.leaf()?, Leaf::Text(text) if text == "x & y"));
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone)]
pub struct Reader<'a> {
    source: &'a str,
    /// Where the source begins in the document, of which it may be a later part.
    origin: Position,
    /// Where the document begins in the source, after a byte order mark; nowhere in a later part.
    base: Option<usize>,
    /// The offset up to which the document has been read.
    at: usize,
    limits: Limits,
    /// The names of the open elements as written.
    open: Vec<&'a str>,
    /// How many of them stay open where the source ends.
    outside: usize,
    scope: Scope<'a>,
    attributes: Vec<Attribute<'a>>,
    declarations: Vec<Declaration<'a>>,
    put_back: Option<Event<'a>>,
    /// The element just opened was `<empty/>`.
    closing: bool,
    root_seen: bool,
    elements: usize,
    failed: Option<ReadError>,
}

/// A place in a document, as far as it is not said by the elements that are open there.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: usize,
    elements: usize,
    closing: bool,
}

impl<'a> Reader<'a> {
    /// Reads with the default [`Limits`].
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        Self::within(source, &Limits::default())
    }

    /// Reads with other limits.
    #[must_use]
    pub fn within(source: &'a str, limits: &Limits) -> Self {
        Self::reusing(source, limits, Scratch::default())
    }

    /// Reads with other limits and the memory of an earlier reader.
    #[must_use]
    pub fn reusing(source: &'a str, limits: &Limits, scratch: Scratch) -> Self {
        let mut reader = Self::beginning(source, limits, scratch);
        if let Some((at, illegal)) = first_illegal(source) {
            let kind = ReadErrorKind::IllegalCharacter { code: illegal.into() };
            reader.failed = Some(ReadError::new(kind, Position::of(source, at as u64), Vec::new()));
        }
        reader
    }

    /// Reads the beginning of a document, more of which may come, from a text without illegal characters.
    pub(crate) fn beginning(source: &'a str, limits: &Limits, scratch: Scratch) -> Self {
        let base = if source.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let mut reader = Self::at(source, base, Position::START, limits, scratch);
        reader.base = Some(base);
        reader
    }

    /// Reads on inside an element whose start tag was read before, to its end tag and beyond. The text must hold no illegal
    /// characters.
    pub(crate) fn inside(
        source: &'a str,
        at: usize,
        origin: Position,
        surroundings: &'a Surroundings,
        limits: &Limits,
        scratch: Scratch,
    ) -> Self {
        let mut reader = Self::at(source, at, origin, limits, scratch);
        reader.root_seen = true;
        reader.open.extend(surroundings.open.iter().map(String::as_str));
        let depth = reader.open.len();
        for declaration in &surroundings.declarations {
            let prefix = declaration.prefix.as_deref().map(Cow::Borrowed);
            let namespace = Cow::Borrowed(declaration.namespace.as_ref());
            reader.scope.declare(Declaration { prefix, namespace }, depth);
        }
        reader
    }

    /// Reads the content of an element, without its tags.
    pub(crate) fn content(
        source: &'a str,
        origin: Position,
        surroundings: &'a Surroundings,
        limits: &Limits,
    ) -> Self {
        let mut reader = Self::inside(source, 0, origin, surroundings, limits, Scratch::default());
        reader.outside = reader.open.len();
        reader
    }

    /// Reads again from an offset of the document at which the elements were open that are open now.
    pub(crate) fn again_from<'b>(&'b self, offset: u64, surroundings: &'b Surroundings) -> Reader<'b> {
        let at = usize::try_from(offset - self.origin.offset).unwrap_or(self.source.len());
        let mut reader =
            Reader::inside(self.source, at, self.origin, surroundings, &self.limits, Scratch::default());
        // What is read again may be the root itself.
        reader.root_seen = !reader.open.is_empty();
        reader
    }

    fn at(source: &'a str, at: usize, origin: Position, limits: &Limits, scratch: Scratch) -> Self {
        Self {
            source,
            origin,
            base: None,
            at,
            limits: limits.within_the_stack(),
            open: scratch.open,
            outside: 0,
            scope: scratch.scope,
            attributes: scratch.attributes,
            declarations: scratch.declarations,
            put_back: None,
            closing: false,
            root_seen: false,
            elements: 0,
            failed: None,
        }
    }

    /// What surrounds the content of the element just opened.
    pub(crate) fn surroundings(&self) -> Surroundings {
        Surroundings {
            open: self.open.iter().map(|&name| name.to_owned()).collect(),
            declarations: self.scope.declarations().map(Declaration::into_owned).collect(),
        }
    }

    /// Leaves the reader's memory to the next one.
    #[must_use]
    pub fn into_scratch(self) -> Scratch {
        Scratch::of(self.open, self.scope, self.attributes, self.declarations)
    }

    /// The next event; `None` after the root element has ended. After an error, the same error again.
    #[expect(clippy::should_implement_trait, reason = "a step can fail, and loops over it use `?`")]
    pub fn next(&mut self) -> Result<Option<Event<'a>>, ReadError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.put_back.is_some() {
            return Ok(self.put_back.take());
        }
        if self.closing {
            self.closing = false;
            return Ok(Some(self.leave()));
        }
        self.step().map_err(|(at, kind)| self.fail(at, kind))
    }

    /// Opens the root element.
    pub fn root(&mut self) -> Result<Start<'a>, ReadError> {
        match self.next()? {
            Some(Event::Start(start)) => Ok(start),
            _ => Err(self.fail(0, ReadErrorKind::Empty)),
        }
    }

    /// Reads the text of the element just opened, to its end or to the first element inside it.
    pub fn leaf(&mut self) -> Result<Leaf<'a>, ReadError> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.next()? {
                Some(Event::Text(piece)) => self.append(&mut text, piece)?,
                Some(start @ Event::Start(_)) => {
                    self.put_back = Some(start);
                    return Ok(Leaf::Opened(text));
                }
                Some(Event::End) | None => return Ok(Leaf::Text(text)),
            }
        }
    }

    /// Passes over the rest of the innermost open element.
    pub fn skip(&mut self) -> Result<(), ReadError> {
        let outside = self.open.len();
        loop {
            self.pass(outside, Declaring::Passed, |_| true);
            if self.open.len() < outside {
                break;
            }
            match self.next()? {
                Some(Event::Start(_)) => drop(self.plain_leaf()?),
                Some(_) => {}
                None => break,
            }
        }
        Ok(())
    }

    /// Where the reader stands, to go back to from a place where the same elements are open.
    pub(crate) const fn place(&self) -> Place {
        Place { at: self.at, elements: self.elements, closing: self.closing }
    }

    /// Goes back to a place at which the elements were open that are open now.
    pub(crate) const fn go_back(&mut self, Place { at, elements, closing }: Place) {
        (self.at, self.elements, self.closing) = (at, elements, closing);
    }

    /// Whether an end tag begins here.
    pub(crate) fn is_at_end_tag(&self) -> bool {
        self.source.as_bytes()[self.at..].starts_with(b"</")
    }

    /// Whether this is the namespace of names without a prefix here.
    pub(crate) fn is_default_namespace(&self, namespace: &str) -> bool {
        self.scope.is_bound("", namespace)
    }

    /// Appends a piece of text to what an element held so far, without copying the first piece.
    pub fn append(&mut self, text: &mut Cow<'a, str>, piece: Cow<'a, str>) -> Result<(), ReadError> {
        if text.len() + piece.len() > self.limits.text {
            let kind = ReadErrorKind::Limit { what: "bytes of text in one element", limit: self.limits.text };
            return Err(self.fail(self.at, kind));
        }
        if text.is_empty() {
            *text = piece;
        } else {
            text.to_mut().push_str(&piece);
        }
        Ok(())
    }

    /// The attributes of the element just opened, namespace declarations left out.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// The value of an attribute in no namespace of the element just opened.
    #[must_use]
    pub fn attribute(&self, local: &str) -> Option<Cow<'a, str>> {
        self.attributes.iter().find(|a| a.name.is(None, local)).map(|a| a.value.clone())
    }

    /// The namespace of the element around the one just opened; `None` also for the root.
    #[must_use]
    pub fn parent_namespace(&self) -> Option<Cow<'a, str>> {
        let parent = self.open.len().checked_sub(2).and_then(|at| self.open.get(at))?;
        let prefix = parent.split_once(':').map_or("", |(prefix, _)| prefix);
        self.scope.resolve_outside(prefix, self.open.len()).filter(|namespace| !namespace.is_empty())
    }

    /// Takes the attributes of the element just opened.
    pub fn take_attributes(&mut self) -> Vec<Attribute<'a>> {
        std::mem::take(&mut self.attributes)
    }

    /// Takes the attributes of the element just opened, but for those in no namespace that are called so.
    pub fn take_attributes_except(&mut self, known: &[&str]) -> Vec<Attribute<'a>> {
        let is_known =
            |a: &Attribute<'_>| a.name.namespace().is_none() && known.contains(&a.name.local_name());
        if self.attributes.iter().all(is_known) {
            return Vec::new();
        }
        self.attributes.extract_if(.., |attribute| !is_known(attribute)).collect()
    }

    /// The namespace declarations of the element just opened.
    #[must_use]
    pub fn declarations(&self) -> &[Declaration<'a>] {
        &self.declarations
    }

    /// Takes the namespace declarations of the element just opened.
    pub fn take_declarations(&mut self) -> Vec<Declaration<'a>> {
        std::mem::take(&mut self.declarations)
    }

    /// The offset up to which the document has been read.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.origin.offset + self.at as u64
    }

    /// Whether the element just opened was written `<empty/>`.
    pub(crate) const fn closes_at_once(&self) -> bool {
        self.closing
    }

    /// The text that is being read.
    pub(crate) const fn source(&self) -> &'a str {
        self.source
    }

    /// The position in the document of an offset in the source.
    pub(crate) fn position_of(&self, local: usize) -> Position {
        self.origin.then(Position::of(self.source, local as u64))
    }

    /// The offset in the source up to which it has been read.
    pub(crate) const fn local_offset(&self) -> usize {
        self.at
    }

    /// How many elements are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Reads on to the end of the document: nothing but white space, comments and instructions may follow the root.
    pub fn finish(mut self) -> Result<(), ReadError> {
        while self.next()?.is_some() {}
        Ok(())
    }

    fn fail(&mut self, at: usize, kind: ReadErrorKind) -> ReadError {
        let inside = self.open.iter().map(|&name| name.to_owned()).collect();
        let error = ReadError::new(kind, self.position_of(at), inside);
        self.failed = Some(error.clone());
        error
    }
}
