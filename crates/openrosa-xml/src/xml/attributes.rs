//! The attributes of a tag, and the references in texts and values.

use std::borrow::Cow;

use memchr::memchr2;

use crate::{
    error::ReadErrorKind,
    xml::{
        chars::{Parts, is_char, is_space, name_at},
        runs,
    },
};

/// An error and the offset at which it stands.
pub(crate) type Misplaced = (usize, ReadErrorKind);

/// An attribute as it stands in its tag, with the offset of its name.
pub(crate) struct RawAttribute<'a> {
    pub(crate) at: usize,
    pub(crate) name: &'a str,
    /// Its prefix and its local name, if it is a name.
    pub(crate) parts: Option<Parts<'a>>,
    pub(crate) value: Cow<'a, str>,
}

/// The attributes of a tag, strictly: white space before each, one `=`, quotes of one kind, no `<`.
pub(crate) struct RawAttributes<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> RawAttributes<'a> {
    /// Reads on from the end of the name of the tag.
    pub(crate) const fn new(source: &'a str, name_end: usize) -> Self {
        Self { source, at: name_end }
    }

    /// Where reading stopped: after the last attribute, where the tag should end.
    pub(crate) const fn end(&self) -> usize {
        self.at
    }

    fn byte(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) -> bool {
        let from = self.at;
        while self.byte().is_some_and(is_space) {
            self.at += 1;
        }
        self.at > from
    }

    fn malformed(&self, expected: &'static str) -> Misplaced {
        match self.byte() {
            Some(_) => (self.at, ReadErrorKind::Tag { expected }),
            None => self.truncated(),
        }
    }

    const fn truncated(&self) -> Misplaced {
        (self.source.len(), ReadErrorKind::Truncated { within: "a tag" })
    }

    fn value(&mut self) -> Result<Cow<'a, str>, Misplaced> {
        let Some(quote @ (b'"' | b'\'')) = self.byte() else { return Err(self.malformed("a quoted value")) };
        let start = self.at + 1;
        let rest = &self.source[start..];
        let plain = runs::plain_value(rest.as_bytes(), quote);
        if rest.as_bytes().get(plain) == Some(&quote) {
            self.at = start + plain + 1;
            return Ok(Cow::Borrowed(&rest[..plain]));
        }
        let end = memchr2(quote, b'<', rest.as_bytes()).ok_or_else(|| self.truncated())?;
        if rest.as_bytes()[end] == b'<' {
            return Err((start + end, ReadErrorKind::LessThanInAttribute));
        }
        self.at = start + end + 1;
        attribute_value(&rest[..end]).map_err(|(at, kind)| (start + at, kind))
    }

    /// The next attribute; `None` at the end of the tag.
    pub(crate) fn next(&mut self) -> Result<Option<RawAttribute<'a>>, Misplaced> {
        let spaced = self.skip_space();
        match self.byte() {
            None => return Err(self.truncated()),
            Some(b'>' | b'/' | b'?') => return Ok(None),
            Some(_) if !spaced => return Err(self.malformed("white space before an attribute")),
            Some(_) => {}
        }
        let at = self.at;
        let (end, parts) = name_at(self.source, at);
        self.at = end;
        let name = &self.source[at..self.at];
        if name.is_empty() {
            return Err(self.malformed("the name of an attribute"));
        }
        self.skip_space();
        if self.byte() != Some(b'=') {
            return Err(self.malformed("`=` and a quoted value"));
        }
        self.at += 1;
        self.skip_space();
        Ok(Some(RawAttribute { at, name, parts, value: self.value()? }))
    }
}

/// Resolves references and turns each line end, tab and carriage return into a space (XML 1.0, 3.3.3).
fn attribute_value(raw: &str) -> Result<Cow<'_, str>, Misplaced> {
    let mut value = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(c) = raw[at..].chars().next() {
        match c {
            '&' => {
                let (resolved, end) = reference_at(raw, at)?;
                value.push(resolved);
                at = end;
                continue;
            }
            '\r' if raw[at + 1..].starts_with('\n') => {}
            '\t' | '\n' | '\r' => value.push(' '),
            other => value.push(other),
        }
        at += c.len_utf8();
    }
    Ok(Cow::Owned(value))
}

/// The character that the reference at this offset stands for, and the offset after it.
pub(crate) fn reference_at(source: &str, at: usize) -> Result<(char, usize), Misplaced> {
    let start = at + 1;
    let end = start + source.as_bytes()[start..].iter().take_while(|&&byte| may_be_referred_to(byte)).count();
    match source.as_bytes().get(end) {
        Some(b';') if end > start => {}
        _ => return Err((at, ReadErrorKind::BareAmpersand)),
    }
    let resolved = reference(&source[start..end]).map_err(|kind| (at, kind))?;
    Ok((resolved, end + 1))
}

/// Whether the byte may be part of the name or number in a reference.
pub(crate) const fn may_be_referred_to(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'#' | b'_' | b'-' | b'.' | b':')
}

/// The character that a reference stands for, given what is between `&` and `;`.
fn reference(name: &str) -> Result<char, ReadErrorKind> {
    let code = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => character_code(name).ok_or_else(|| ReadErrorKind::Reference { reference: name.to_owned() })?,
    };
    char::from_u32(code).filter(|&c| is_char(c)).ok_or(ReadErrorKind::IllegalCharacter { code })
}

/// The number in `#9` or `#x9`; digits only, so that the signs which Rust would parse are refused.
fn character_code(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('#')?;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |hex| (hex, 16));
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    // A number too large for 32 bits is as illegal as the largest that fits.
    Some(u32::from_str_radix(digits, radix).unwrap_or(u32::MAX))
}

/// Turns `\r\n` and lone `\r` into `\n` (XML 1.0, 2.11).
pub(crate) fn normalize_line_ends(raw: &str) -> Cow<'_, str> {
    if raw.bytes().any(|byte| byte == b'\r') {
        Cow::Owned(raw.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(raw: &str) -> String {
        attribute_value(raw).unwrap().into_owned()
    }

    #[test]
    fn layout_in_a_value_becomes_spaces_but_referenced_layout_stays() {
        assert_eq!(value("a\r\nb\tc\rd"), "a b c d");
        assert_eq!(value("a&#10;b&#x9;c"), "a\nb\tc");
    }

    #[test]
    fn only_the_five_entities_and_legal_characters_resolve() {
        assert_eq!(value("&lt;&gt;&amp;&quot;&apos;&#233;&#x1F600;"), "<>&\"'é😀");
        assert_eq!(reference("nbsp"), Err(ReadErrorKind::Reference { reference: "nbsp".to_owned() }));
        assert_eq!(reference("#0"), Err(ReadErrorKind::IllegalCharacter { code: 0 }));
        assert_eq!(reference("#xD800"), Err(ReadErrorKind::IllegalCharacter { code: 0xD800 }));
        for malformed in ["#", "#x", "#+1", "#-1", "#x 1", "", "#99z"] {
            assert!(matches!(reference(malformed), Err(ReadErrorKind::Reference { .. })), "{malformed}");
        }
        assert_eq!(reference("#99999999999999"), Err(ReadErrorKind::IllegalCharacter { code: u32::MAX }));
    }

    #[test]
    fn an_ampersand_that_begins_no_reference_is_found_at_its_place() {
        for raw in ["a & b", "a &b", "a &;", "a &b c;", "a &é;"] {
            assert_eq!(attribute_value(raw), Err((2, ReadErrorKind::BareAmpersand)), "{raw}");
        }
    }
}
