//! From the tokenizer's tokens to events, and from its refusals to ours.

use std::borrow::Cow;

use quick_xml::{
    errors::{IllFormedError, SyntaxError},
    events::Event as Token,
};

use super::{
    Event, Reader,
    tag::{bad_name, split_name},
};

use crate::{
    error::ReadErrorKind,
    xml::{
        attributes::{Misplaced, RawAttributes, normalize_line_ends, reference},
        chars::{is_blank, is_space},
    },
};

impl<'a> Reader<'a> {
    /// Reads tokens up to one that is an event.
    pub(super) fn step(&mut self) -> Result<Option<Event<'a>>, Misplaced> {
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

    pub(super) fn leave(&mut self) -> Event<'a> {
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

fn leading_space(raw: &str) -> usize {
    raw.bytes().take_while(|&byte| is_space(byte)).count()
}
