//! From text to events: what begins here, and where it ends.

use std::borrow::Cow;

use memchr::{memchr_iter, memchr3};

use super::{Event, Reader, tag::bad_name};
use crate::{
    error::ReadErrorKind,
    xml::{
        attributes::{Misplaced, RawAttributes, may_be_referred_to, normalize_line_ends, reference_at},
        chars::{is_space, name_end, split_name},
    },
};

/// HTML writes it in small letters, too.
const DOCTYPE: &str = "<!DOCTYPE";

impl<'a> Reader<'a> {
    /// Reads up to the next event.
    pub(super) fn step(&mut self) -> Result<Option<Event<'a>>, Misplaced> {
        loop {
            let event = match self.source.as_bytes().get(self.at) {
                Some(b'<') => self.markup()?,
                Some(b'&') => Some(self.reference()?),
                Some(_) => self.text()?,
                None => return self.end_of_document().map(|()| None),
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    fn markup(&mut self) -> Result<Option<Event<'a>>, Misplaced> {
        match self.source.as_bytes().get(self.at + 1) {
            Some(b'/') => self.end_tag().map(Some),
            Some(b'!') => self.declared_markup(),
            Some(b'?') => self.instruction(),
            _ => self.start_tag().map(Some),
        }
    }

    /// The document ends too early; that is said where it ends.
    pub(super) fn cut(&self, within: &'static str) -> Misplaced {
        (self.source.len(), ReadErrorKind::Truncated { within })
    }

    fn end_of_document(&self) -> Result<(), Misplaced> {
        match (self.open.len() == self.outside, self.root_seen) {
            (true, true) => Ok(()),
            (true, false) => Err((self.at, ReadErrorKind::Empty)),
            (false, _) => Err(self.cut("an element")),
        }
    }

    fn text(&mut self) -> Result<Option<Event<'a>>, Misplaced> {
        if !self.open.is_empty() {
            return self.take_text().map(|raw| Some(Event::Text(normalize_line_ends(raw))));
        }
        let rest = &self.source.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|&&byte| is_space(byte)).count();
        match self.source.as_bytes().get(self.at) {
            None | Some(b'<' | b'&') => Ok(None),
            Some(_) => Err((self.at, ReadErrorKind::OutsideRoot { what: "text" })),
        }
    }

    /// Takes the text up to the next tag or reference.
    pub(super) fn take_text(&mut self) -> Result<&'a str, Misplaced> {
        let start = self.at;
        let bytes = self.source.as_bytes();
        let mut end = start;
        loop {
            end += memchr3(b'<', b'&', b'>', &bytes[end..]).unwrap_or(bytes.len() - end);
            // A `>` is text, but not after two brackets.
            if bytes.get(end) != Some(&b'>') {
                break;
            }
            if self.source[start..end].ends_with("]]") {
                return Err((end - 2, ReadErrorKind::CdataEndInText));
            }
            end += 1;
        }
        self.at = end;
        Ok(&self.source[start..end])
    }

    fn reference(&mut self) -> Result<Event<'a>, Misplaced> {
        let start = self.at;
        if self.open.is_empty() {
            return Err((start, ReadErrorKind::OutsideRoot { what: "a reference" }));
        }
        let (c, end) = reference_at(self.source, start).map_err(|misplaced| self.or_cut(misplaced))?;
        self.at = end;
        // The five entities are the rule; they need no allocation.
        let text = ["&", "<", ">", "\"", "'"].into_iter().find(|text| text.starts_with(c));
        Ok(Event::Text(text.map_or_else(|| Cow::Owned(c.to_string()), Cow::Borrowed)))
    }

    /// A reference without its semicolon is one that was cut when nothing but its name follows.
    fn or_cut(&self, (at, kind): Misplaced) -> Misplaced {
        let rest = &self.source.as_bytes()[at + 1..];
        let is_cut =
            kind == ReadErrorKind::BareAmpersand && rest.iter().all(|&byte| may_be_referred_to(byte));
        if is_cut { self.cut("a reference") } else { (at, kind) }
    }

    fn end_tag(&mut self) -> Result<Event<'a>, Misplaced> {
        let start = self.at;
        let name_start = start + 2;
        let bytes = self.source.as_bytes();
        let mut end = name_end(bytes, name_start);
        let found = &self.source[name_start..end];
        while bytes.get(end).copied().is_some_and(is_space) {
            end += 1;
        }
        match bytes.get(end) {
            Some(b'>') => {}
            Some(_) => return Err((end, ReadErrorKind::Tag { expected: "`>`" })),
            None => return Err(self.cut("a tag")),
        }
        match self.open.last() {
            Some(&expected) if expected == found => {
                self.at = end + 1;
                Ok(self.leave())
            }
            Some(&expected) => {
                let (expected, found) = (expected.to_owned(), found.to_owned());
                Err((start, ReadErrorKind::MismatchedEnd { expected, found }))
            }
            None => Err((start, ReadErrorKind::UnexpectedEnd { found: found.to_owned() })),
        }
    }

    pub(super) fn leave(&mut self) -> Event<'a> {
        self.scope.leave(self.open.len());
        self.open.pop();
        Event::End
    }

    /// A comment, CDATA, or what is neither.
    fn declared_markup(&mut self) -> Result<Option<Event<'a>>, Misplaced> {
        let start = self.at;
        let rest = &self.source[start..];
        if rest.starts_with("<!--") {
            self.comment().map(|()| None)
        } else if rest.starts_with("<![CDATA[") {
            self.cdata().map(Some)
        } else if begins(rest, DOCTYPE) {
            Err((start, ReadErrorKind::Doctype))
        } else if ["<!--", "<![CDATA["].iter().any(|whole| whole.starts_with(rest)) || begins(DOCTYPE, rest) {
            Err(self.cut("markup"))
        } else {
            Err((start, ReadErrorKind::Markup))
        }
    }

    fn comment(&mut self) -> Result<(), Misplaced> {
        let inside = self.at + "<!--".len();
        let truncated = self.cut("a comment");
        let Some(hyphens) = self.source[inside..].find("--").map(|at| inside + at) else {
            return Err(truncated);
        };
        match self.source.as_bytes().get(hyphens + 2) {
            Some(b'>') => {
                self.at = hyphens + "-->".len();
                Ok(())
            }
            Some(_) => Err((hyphens, ReadErrorKind::DoubleHyphen)),
            None => Err(truncated),
        }
    }

    fn cdata(&mut self) -> Result<Event<'a>, Misplaced> {
        let (start, inside) = (self.at, self.at + "<![CDATA[".len());
        if self.open.is_empty() {
            return Err((start, ReadErrorKind::OutsideRoot { what: "CDATA" }));
        }
        let length = self.source[inside..].find("]]>");
        let length = length.ok_or_else(|| self.cut("CDATA"))?;
        self.at = inside + length + "]]>".len();
        Ok(Event::Text(normalize_line_ends(&self.source[inside..inside + length])))
    }

    /// Any processing instruction is passed over, but `xml` is not one: it is the declaration, or a mistake.
    fn instruction(&mut self) -> Result<Option<Event<'a>>, Misplaced> {
        let (start, inside) = (self.at, self.at + "<?".len());
        let rest = &self.source.as_bytes()[inside..];
        // Nearly always it is a short declaration, for which no search is prepared.
        let length = memchr_iter(b'?', rest).find(|&at| rest.get(at + 1) == Some(&b'>'));
        let length = length.ok_or_else(|| self.cut("a processing instruction"))?;
        self.at = inside + length + "?>".len();
        let content = &self.source[inside..inside + length];
        let target = &content[..content.bytes().position(is_space).unwrap_or(length)];
        if split_name(target).is_none() {
            return Err((start, bad_name(target)));
        }
        let declares =
            target == "xml" && self.base == Some(start) && is_declaration(self.source, inside + "xml".len());
        match declares || !target.eq_ignore_ascii_case("xml") {
            true => Ok(None),
            false => Err((start, ReadErrorKind::Declaration)),
        }
    }
}

/// Production 23, from the end of its name: a version 1.x, then perhaps an encoding, then perhaps a standalone.
fn is_declaration(source: &str, start: usize) -> bool {
    let mut attributes = RawAttributes::new(source, start);
    let mut last = "";
    loop {
        let Ok(attribute) = attributes.next() else { return false };
        let Some(attribute) = attribute else { break };
        let fits = match (last, attribute.name) {
            ("", "version") => is_version_1(&attribute.value),
            ("version", "encoding") => true,
            ("version" | "encoding", "standalone") => matches!(&*attribute.value, "yes" | "no"),
            _ => false,
        };
        if !fits {
            return false;
        }
        last = attribute.name;
    }
    !last.is_empty() && source[attributes.end()..].starts_with("?>")
}

/// Whether a text begins so, in letters of either case.
fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with))
}

fn is_version_1(version: &str) -> bool {
    let minor = version.strip_prefix("1.").unwrap_or_default();
    !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())
}
