//! What was found: data with a place.

use std::{borrow::Cow, fmt};

use super::{
    audience::{Audience, Audiences},
    fix::Fix,
    rule::{Rule, Severity},
};
use crate::position::{Position, Span};

/// Something wrong in a document, and where.
///
/// ```
/// use openrosa_xml::check::{self, Options};
/// let form = "<data xmlns='http://example.org/visit'>\n  \
///   <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='' date_modified='2024-05-01'><close/></case>\n\
/// </data>";
/// let report = check::document(form, &Options::default());
/// let finding = report.findings().iter().find(|finding| finding.code() == "case-id-blank").unwrap();
/// assert_eq!((finding.place.start.line, finding.place.start.column), (2, 59));
/// assert_eq!(finding.message().to_string(), "the case id is empty");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule behind it: code, remedy, reasons.
    pub rule: &'static Rule,
    /// How bad it is at worst for those who were asked about.
    pub severity: Severity,
    /// Those who were asked about and read what it is about: a block that stands in a device log is the device's alone.
    pub audiences: Audiences,
    /// Where.
    pub place: Place,
    /// What the message speaks of, by name.
    pub values: Vec<(&'static str, Cow<'static, str>)>,
    /// Other places that have to do with it.
    pub related: Vec<Related>,
    /// How the document is put right, where that is certain.
    pub fix: Option<Fix>,
}

/// A stretch of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "two ends are all there is")]
pub struct Place {
    /// Where it begins.
    pub start: Position,
    /// The position after its last character.
    pub end: Position,
}

/// Another place, and what is there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there.
    pub label: &'static str,
}

impl Place {
    /// The bytes that it takes up.
    #[must_use]
    pub const fn span(self) -> Span {
        Span { start: self.start.offset, end: self.end.offset }
    }
}

impl Finding {
    /// The rule's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.rule.code
    }

    /// How bad it is for one of those.
    #[must_use]
    pub fn verdict(&self, audience: Audience) -> Option<Severity> {
        self.rule.verdict(audience).filter(|_| self.audiences.contains(audience))
    }

    /// A value by name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }

    /// The sentence about it, in lower case and without a period.
    #[must_use]
    pub fn message(&self) -> impl fmt::Display + '_ {
        Message(self)
    }
}

struct Message<'f>(&'f Finding);

/// Longer values are cut in sentences, never in [`Finding::values`].
const LONGEST: usize = 60;

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.rule.message;
        while let Some((text, name, after)) = next_value(rest) {
            f.write_str(text)?;
            write_value(f, self.0.value(name).unwrap_or("?"))?;
            rest = after;
        }
        f.write_str(rest)
    }
}

/// The text before the first `{name}`, the name, and the text after it.
pub(super) fn next_value(message: &str) -> Option<(&str, &str, &str)> {
    let (text, rest) = message.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((text, name, after))
}

/// Line ends and the like would break the sentence, and a long value would hide it.
fn write_value(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    let end = value.char_indices().nth(LONGEST).map(|(at, _)| at);
    for c in value[..end.unwrap_or(value.len())].chars() {
        if c.is_control() { write!(f, "{}", c.escape_debug())? } else { write!(f, "{c}")? }
    }
    if end.is_some() { f.write_str("…") } else { Ok(()) }
}
