//! Why a document could not be read or written.

use std::fmt;

use thiserror::Error;

use crate::position::Position;

/// Reading stopped: the document is not well-formed XML, or asks for more than its [`Limits`](crate::Limits) allow.
///
/// Nothing else stops a read; what is wrong with a well-formed document as a submission is for checks to say.
///
/// ```
/// # use openrosa_xml::Instance;
/// let error = Instance::read("<data>\n  <a></b>\n</data>").unwrap_err();
/// assert_eq!(error.to_string(), "line 2, column 6, inside data/a: `</b>` closes `<a>`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}: {}", .0.at, Inside(&.0.inside), .0.kind)]
pub struct ReadError(Box<Parts>);

/// Boxed, because every step of a reader returns room for it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    kind: ReadErrorKind,
    at: Position,
    inside: Vec<String>,
}

struct Inside<'a>(&'a [String]);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => Ok(()),
            // The ends of a very deep path say enough.
            [first, .., last] if self.0.len() > 12 => write!(f, ", inside {first}/…/{last}"),
            path => write!(f, ", inside {}", path.join("/")),
        }
    }
}

impl ReadError {
    pub(crate) fn new(kind: ReadErrorKind, at: Position, inside: Vec<String>) -> Self {
        Self(Box::new(Parts { kind, at, inside }))
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ReadErrorKind {
        &self.0.kind
    }

    /// Where.
    #[must_use]
    pub fn position(&self) -> Position {
        self.0.at
    }

    /// The elements open at that place, root first, named as written.
    #[must_use]
    pub fn inside(&self) -> &[String] {
        &self.0.inside
    }
}

/// What stopped a read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The document ends before its root element is closed, or inside a tag, comment or other markup.
    #[error("the document ends inside {within}")]
    Truncated {
        /// The markup that is not finished.
        within: &'static str,
    },
    /// There is no element at all.
    #[error("there is no element: the document is empty or is not XML")]
    Empty,
    /// An end tag that does not fit the element it stands in.
    #[error("`</{found}>` closes `<{expected}>`")]
    MismatchedEnd {
        /// The name of the open element.
        expected: String,
        /// The name in the end tag.
        found: String,
    },
    /// An end tag where no element is open.
    #[error("`</{found}>` closes nothing")]
    UnexpectedEnd {
        /// The name in the end tag.
        found: String,
    },
    /// Text, a reference or a second element after or before the root element.
    #[error("{what} outside the root element")]
    OutsideRoot {
        /// What stood there.
        what: &'static str,
    },
    /// A document type declaration. Refused on purpose: entities are the road of most attacks on XML readers.
    #[error("a document type declaration is not accepted")]
    Doctype,
    /// An XML declaration that is misplaced or malformed, or a processing instruction called `xml`.
    #[error("the XML declaration is malformed or not at the very start")]
    Declaration,
    /// A name that XML or Namespaces in XML does not allow.
    #[error("`{name}` is not a name")]
    Name {
        /// The offending text.
        name: String,
    },
    /// A start tag that is no list of `name="value"`.
    #[error("malformed tag: {expected} expected")]
    Tag {
        /// What should have stood there.
        expected: &'static str,
    },
    /// One attribute twice on one element, also under two prefixes of one namespace.
    #[error("attribute `{name}` is given twice")]
    DuplicateAttribute {
        /// The attribute as written the second time.
        name: String,
    },
    /// A prefix that no ancestor declares.
    #[error("prefix `{prefix}` is not declared")]
    UndeclaredPrefix {
        /// The prefix.
        prefix: String,
    },
    /// A namespace declaration that Namespaces in XML forbids.
    #[error("`{declaration}` is a forbidden namespace declaration")]
    ForbiddenDeclaration {
        /// The declaration as written.
        declaration: String,
    },
    /// A reference to an entity that XML itself does not define, or a malformed one.
    #[error("`&{reference};` is not a reference that XML itself defines")]
    Reference {
        /// What stood between `&` and `;`.
        reference: String,
    },
    /// An ampersand that begins no reference.
    #[error("`&` begins no reference; write `&amp;`")]
    BareAmpersand,
    /// A `<` in text that begins no tag.
    #[error("`<` begins no tag; write `&lt;`")]
    BareLessThan,
    /// A `<` in an attribute value.
    #[error("`<` in an attribute value; write `&lt;`")]
    LessThanInAttribute,
    /// The three characters `]]>` in text.
    #[error("`]]>` in text; write `]]&gt;`")]
    CdataEndInText,
    /// Two hyphens inside a comment.
    #[error("`--` inside a comment")]
    DoubleHyphen,
    /// A character that XML 1.0 does not allow, written out or as a reference.
    #[error("character U+{code:04X} is not allowed in XML")]
    IllegalCharacter {
        /// The code point.
        code: u32,
    },
    /// Bytes that are not of the encoding that the document declares or, declaring none, of UTF-8.
    #[error("the bytes are not {encoding}")]
    Encoding {
        /// The encoding that was expected.
        encoding: String,
    },
    /// An encoding that we do not read.
    #[error("encoding `{name}` is not supported")]
    UnknownEncoding {
        /// The name as declared.
        name: String,
    },
    /// A limit was reached; see [`Limits`](crate::Limits).
    #[error("more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// Markup that is neither a tag, a comment, CDATA nor a processing instruction.
    #[error("malformed markup")]
    Markup,
}

/// A value cannot be put into XML.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// An element, attribute or prefix name that XML does not allow.
    #[error("`{name}` cannot be an XML name")]
    Name {
        /// The offending name.
        name: String,
    },
    /// A character that XML 1.0 cannot hold, not even as a reference.
    #[error("character U+{code:04X} in `{within}` cannot be written in XML")]
    IllegalCharacter {
        /// The code point.
        code: u32,
        /// The element or attribute that would hold it.
        within: String,
    },
    /// An attribute written twice on one element.
    #[error("attribute `{name}` of `{element}` would be written twice")]
    DuplicateAttribute {
        /// The attribute.
        name: String,
        /// Its element.
        element: String,
    },
    /// A namespace that no element and no attribute can be in: that of declarations.
    #[error("nothing can be in the namespace `{namespace}`")]
    Namespace {
        /// The namespace.
        namespace: String,
    },
}
