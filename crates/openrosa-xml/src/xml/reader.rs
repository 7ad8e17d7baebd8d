//! Pull events: namespaces resolved, references resolved, places kept, limits held.
//!
//! This is a reader of XML 1.0 and Namespaces in XML 1.0 without document types. The tokens are quick-xml's; what that
//! leaves to its caller (names, attribute syntax, references, illegal characters, what may stand outside the root) is
//! checked here, so that whatever comes out was well-formed. docs/reading.md lists the choices.

use std::borrow::Cow;

use quick_xml::{
    errors::{IllFormedError, SyntaxError},
    events::Event as Token,
};

use crate::{
    error::{ReadError, ReadErrorKind},
    limits::Limits,
    position::Position,
    xml::{
        attributes::{Misplaced, RawAttributes, normalize_line_ends, reference},
        chars::{first_illegal, is_blank, is_ncname, is_space},
        name::{Attribute, Declaration, Name},
        namespaces::{Scope, is_forbidden},
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
    /// Bytes of byte order mark before what the tokenizer sees.
    base: usize,
    tokens: quick_xml::Reader<&'a [u8]>,
    limits: Limits,
    /// The names of the open elements as written.
    open: Vec<&'a str>,
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

impl<'a> Reader<'a> {
    /// Reads with the default [`Limits`].
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        Self::within(source, &Limits::default())
    }

    /// Reads with other limits.
    #[must_use]
    pub fn within(source: &'a str, limits: &Limits) -> Self {
        let text = source.strip_prefix('\u{FEFF}').unwrap_or(source);
        let mut tokens = quick_xml::Reader::from_str(text);
        tokens.config_mut().check_comments = true;
        let mut reader = Self {
            source,
            base: source.len() - text.len(),
            tokens,
            limits: *limits,
            open: Vec::new(),
            scope: Scope::default(),
            attributes: Vec::new(),
            declarations: Vec::new(),
            put_back: None,
            closing: false,
            root_seen: false,
            elements: 0,
            failed: None,
        };
        if let Some((at, illegal)) = first_illegal(source) {
            let kind = ReadErrorKind::IllegalCharacter { code: illegal.into() };
            reader.failed = Some(ReadError::new(kind, Position::of(source, at as u64), Vec::new()));
        }
        reader
    }

    /// The next event; `None` after the root element has ended. After an error, the same error again.
    #[expect(clippy::should_implement_trait, reason = "a step can fail, and loops over it use `?`")]
    pub fn next(&mut self) -> Result<Option<Event<'a>>, ReadError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let event = match self.put_back.take() {
            Some(event) => Ok(Some(event)),
            None if self.closing => Ok(Some(self.leave())),
            None => self.step(),
        };
        event.map_err(|(at, kind)| self.fail(at, kind))
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
        while self.open.len() >= outside {
            self.next()?;
        }
        Ok(())
    }

    /// Appends a piece of text to what an element held so far, without copying the first piece.
    pub fn append(&mut self, text: &mut Cow<'a, str>, piece: Cow<'a, str>) -> Result<(), ReadError> {
        if text.len() + piece.len() > self.limits.text {
            let kind = ReadErrorKind::Limit { what: "bytes of text in one element", limit: self.limits.text };
            return Err(self.fail(self.at(), kind));
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

    /// Takes the attributes of the element just opened.
    pub fn take_attributes(&mut self) -> Vec<Attribute<'a>> {
        std::mem::take(&mut self.attributes)
    }

    /// Takes the namespace declarations of the element just opened.
    pub fn take_declarations(&mut self) -> Vec<Declaration<'a>> {
        std::mem::take(&mut self.declarations)
    }

    /// The offset up to which the document has been read.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.at() as u64
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

    fn at(&self) -> usize {
        self.base + usize::try_from(self.tokens.buffer_position()).unwrap_or(usize::MAX - self.base)
    }

    fn fail(&mut self, at: usize, kind: ReadErrorKind) -> ReadError {
        let inside = self.open.iter().map(|&name| name.to_owned()).collect();
        let error = ReadError::new(kind, Position::of(self.source, at as u64), inside);
        self.failed = Some(error.clone());
        error
    }

    /// Reads tokens up to one that is an event.
    fn step(&mut self) -> Result<Option<Event<'a>>, Misplaced> {
        loop {
            let start = self.at();
            let token = self.tokens.read_event();
            let raw = &self.source[start..self.at()];
            let event = match token {
                Ok(Token::Start(_)) => Some(self.enter(start, &raw[1..raw.len() - 1])?),
                Ok(Token::Empty(_)) => {
                    self.closing = true;
                    Some(self.enter(start, &raw[1..raw.len() - 2])?)
                }
                Ok(Token::End(_)) => Some(self.leave()),
                Ok(Token::Text(_)) => self.text(start, raw)?,
                Ok(Token::CData(_)) => self.cdata(start, raw)?,
                Ok(Token::GeneralRef(_)) => Some(self.reference(start, raw)?),
                Ok(Token::Comment(_)) => None,
                Ok(Token::Decl(_)) => self.declaration(start, raw)?,
                Ok(Token::PI(_)) => instruction(start, raw)?,
                Ok(Token::DocType(_)) => return Err((start, ReadErrorKind::Doctype)),
                Ok(Token::Eof) => return self.end_of_document(start).map(|()| None),
                Err(error) => return Err(self.refused(&error, start)),
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    fn end_of_document(&self, at: usize) -> Result<(), Misplaced> {
        match (self.open.is_empty(), self.root_seen) {
            (true, true) => Ok(()),
            (true, false) => Err((at, ReadErrorKind::Empty)),
            (false, _) => Err((at, ReadErrorKind::Truncated { within: "an element" })),
        }
    }

    fn enter(&mut self, start: usize, tag: &'a str) -> Result<Event<'a>, Misplaced> {
        self.check_room(start)?;
        let name_end = tag.bytes().position(is_space).unwrap_or(tag.len());
        let written = &tag[..name_end];
        let (prefix, local) = split_name(written).ok_or_else(|| (start + 1, bad_name(written)))?;
        self.attributes.clear();
        self.declarations.clear();
        self.open.push(written);
        if name_end < tag.len() {
            self.read_attributes(tag, name_end).map_err(|(at, kind)| (start + 1 + at, kind))?;
        }
        let namespace = match prefix {
            Some(prefix) => Some(self.scope.resolve(prefix).ok_or_else(|| (start + 1, undeclared(prefix)))?),
            None => self.scope.resolve(""),
        };
        let name = Name::resolved(namespace, Cow::Borrowed(local), prefix.map(Cow::Borrowed));
        Ok(Event::Start(Start { name, offset: start as u64 }))
    }

    fn check_room(&mut self, start: usize) -> Result<(), Misplaced> {
        if self.open.is_empty() && self.root_seen {
            return Err((start, ReadErrorKind::OutsideRoot { what: "a second element" }));
        }
        self.root_seen = true;
        self.elements += 1;
        let limit = |what, limit| Err((start, ReadErrorKind::Limit { what, limit }));
        if self.open.len() >= self.limits.depth {
            return limit("elements inside each other", self.limits.depth);
        }
        if self.elements > self.limits.elements {
            return limit("elements in one document", self.limits.elements);
        }
        Ok(())
    }

    /// Two passes, since a declaration holds for attributes to its left as well.
    fn read_attributes(&mut self, tag: &'a str, name_end: usize) -> Result<(), Misplaced> {
        let mut prefixed = false;
        for attribute in RawAttributes::new(tag, name_end) {
            let attribute = attribute?;
            let at = attribute.at;
            if self.attributes.len() + self.declarations.len() >= self.limits.attributes {
                let limit = self.limits.attributes;
                return Err((at, ReadErrorKind::Limit { what: "attributes on one element", limit }));
            }
            if attribute.value.len() > self.limits.text {
                return Err((
                    at,
                    ReadErrorKind::Limit { what: "bytes in one attribute", limit: self.limits.text },
                ));
            }
            let (prefix, local) = split_name(attribute.name).ok_or_else(|| (at, bad_name(attribute.name)))?;
            match (prefix, local) {
                (None, "xmlns") => self.declare(None, attribute.value, at)?,
                (Some("xmlns"), prefix) => self.declare(Some(prefix), attribute.value, at)?,
                _ => {
                    prefixed |= prefix.is_some();
                    let prefix = prefix.map(Cow::Borrowed);
                    let name = Name::resolved(None, Cow::Borrowed(local), prefix);
                    self.attributes.push(Attribute { name, value: attribute.value });
                }
            }
        }
        if prefixed {
            self.resolve_attributes(name_end)?;
        }
        self.refuse_duplicates(name_end)
    }

    fn declare(
        &mut self,
        prefix: Option<&'a str>,
        namespace: Cow<'a, str>,
        at: usize,
    ) -> Result<(), Misplaced> {
        let written = || prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        if is_forbidden(prefix, &namespace) {
            let declaration = format!("{}=\"{namespace}\"", written());
            return Err((at, ReadErrorKind::ForbiddenDeclaration { declaration }));
        }
        let depth = self.open.len();
        if self.scope.is_declared_at(prefix.unwrap_or_default(), depth) {
            return Err((at, ReadErrorKind::DuplicateAttribute { name: written() }));
        }
        let declaration = Declaration { prefix: prefix.map(Cow::Borrowed), namespace };
        self.declarations.push(declaration.clone());
        self.scope.declare(declaration, depth);
        Ok(())
    }

    fn resolve_attributes(&mut self, at: usize) -> Result<(), Misplaced> {
        for attribute in &mut self.attributes {
            if let Some(prefix) = attribute.name.prefix() {
                let namespace = self.scope.resolve(prefix).ok_or_else(|| (at, undeclared(prefix)))?;
                attribute.name.set_namespace(namespace);
            }
        }
        Ok(())
    }

    fn refuse_duplicates(&self, at: usize) -> Result<(), Misplaced> {
        let mut before = self.attributes.iter().enumerate();
        match before
            .find(|&(i, attribute)| self.attributes[..i].iter().any(|other| other.name == attribute.name))
        {
            None => Ok(()),
            Some((_, twice)) => {
                let name = twice.name.local_name().to_owned();
                Err((at, ReadErrorKind::DuplicateAttribute { name }))
            }
        }
    }

    fn leave(&mut self) -> Event<'a> {
        self.closing = false;
        self.scope.leave(self.open.len());
        self.open.pop();
        Event::End
    }

    fn text(&self, start: usize, raw: &'a str) -> Result<Option<Event<'a>>, Misplaced> {
        if self.open.is_empty() {
            return match is_blank(raw) {
                true => Ok(None),
                false => Err((start + leading_space(raw), ReadErrorKind::OutsideRoot { what: "text" })),
            };
        }
        // A `>` is rare in text, so it is looked for first.
        if raw.bytes().any(|byte| byte == b'>')
            && let Some(at) = raw.find("]]>")
        {
            return Err((start + at, ReadErrorKind::CdataEndInText));
        }
        Ok(Some(Event::Text(normalize_line_ends(raw))))
    }

    fn cdata(&self, start: usize, raw: &'a str) -> Result<Option<Event<'a>>, Misplaced> {
        if self.open.is_empty() {
            return Err((start, ReadErrorKind::OutsideRoot { what: "CDATA" }));
        }
        Ok(Some(Event::Text(normalize_line_ends(&raw["<![CDATA[".len()..raw.len() - "]]>".len()]))))
    }

    fn reference(&self, start: usize, raw: &str) -> Result<Event<'a>, Misplaced> {
        if self.open.is_empty() {
            return Err((start, ReadErrorKind::OutsideRoot { what: "a reference" }));
        }
        let c = reference(&raw[1..raw.len() - 1]).map_err(|kind| (start, kind))?;
        // The five entities are the rule; they need no allocation.
        let text = ["&", "<", ">", "\"", "'"].into_iter().find(|text| text.starts_with(c));
        Ok(Event::Text(text.map_or_else(|| Cow::Owned(c.to_string()), Cow::Borrowed)))
    }

    fn declaration(&self, start: usize, raw: &str) -> Result<Option<Event<'a>>, Misplaced> {
        if start == self.base && is_declaration(&raw["<?xml".len()..raw.len() - "?>".len()]) {
            Ok(None)
        } else {
            Err((start, ReadErrorKind::Declaration))
        }
    }

    /// Says in our terms what the tokenizer refused, and where that began.
    fn refused(&self, error: &quick_xml::Error, start: usize) -> Misplaced {
        let truncated = |within| ReadErrorKind::Truncated { within };
        let kind = match error {
            quick_xml::Error::Syntax(SyntaxError::UnclosedComment) => truncated("a comment"),
            quick_xml::Error::Syntax(SyntaxError::UnclosedCData) => truncated("CDATA"),
            quick_xml::Error::Syntax(SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl) => {
                truncated("a processing instruction")
            }
            quick_xml::Error::Syntax(SyntaxError::UnclosedDoctype) => ReadErrorKind::Doctype,
            quick_xml::Error::Syntax(SyntaxError::InvalidBangMarkup) => ReadErrorKind::Markup,
            quick_xml::Error::Syntax(_) => truncated("a tag"),
            quick_xml::Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                ReadErrorKind::MismatchedEnd { expected: expected.clone(), found: found.clone() }
            }
            quick_xml::Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
                ReadErrorKind::UnexpectedEnd { found: found.clone() }
            }
            quick_xml::Error::IllFormed(IllFormedError::DoubleHyphenInComment) => ReadErrorKind::DoubleHyphen,
            quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) => ReadErrorKind::BareAmpersand,
            _ => ReadErrorKind::Markup,
        };
        (start, kind)
    }
}

/// Any processing instruction is passed over, but `xml` is not one.
fn instruction<'a>(start: usize, raw: &str) -> Result<Option<Event<'a>>, Misplaced> {
    let inside = &raw["<?".len()..raw.len() - "?>".len()];
    let target = &inside[..inside.bytes().position(is_space).unwrap_or(inside.len())];
    match split_name(target) {
        Some(_) if target.eq_ignore_ascii_case("xml") => Err((start, ReadErrorKind::Declaration)),
        Some(_) => Ok(None),
        None => Err((start, bad_name(target))),
    }
}

/// Production 23, without the tags: a version 1.x, then perhaps an encoding, then perhaps a standalone.
fn is_declaration(inside: &str) -> bool {
    let Ok(parts) = RawAttributes::new(inside, 0).collect::<Result<Vec<_>, _>>() else {
        return false;
    };
    let mut names = parts.iter().map(|part| part.name);
    let version = parts.first().map_or("", |part| &part.value);
    let in_order = matches!(
        (names.next(), names.next(), names.next(), names.next()),
        (Some("version"), None | Some("encoding" | "standalone"), None, None)
            | (Some("version"), Some("encoding"), Some("standalone"), None)
    );
    in_order && version.strip_prefix("1.").is_some_and(|minor| minor.parse::<u8>().is_ok())
}

fn split_name(written: &str) -> Option<(Option<&str>, &str)> {
    match written.split_once(':') {
        Some((prefix, local)) => (is_ncname(prefix) && is_ncname(local)).then_some((Some(prefix), local)),
        None => is_ncname(written).then_some((None, written)),
    }
}

fn bad_name(written: &str) -> ReadErrorKind {
    ReadErrorKind::Name { name: written.chars().take(40).collect() }
}

fn undeclared(prefix: &str) -> ReadErrorKind {
    ReadErrorKind::UndeclaredPrefix { prefix: prefix.to_owned() }
}

fn leading_space(raw: &str) -> usize {
    raw.bytes().take_while(|&byte| is_space(byte)).count()
}
