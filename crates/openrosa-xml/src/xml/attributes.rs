//! The inside of a start tag, and the references in texts and attribute values.

use std::borrow::Cow;

use crate::{
    error::ReadErrorKind,
    xml::chars::{is_char, is_space},
};

/// An error and the offset, relative to the text scanned, at which it stands.
pub(crate) type Misplaced = (usize, ReadErrorKind);

/// An attribute as it stands in the tag, with the offset of its name there.
pub(crate) struct RawAttribute<'a> {
    pub(crate) at: usize,
    pub(crate) name: &'a str,
    pub(crate) value: Cow<'a, str>,
}

/// The attributes of a tag, strictly: white space before each, one `=`, quotes of one kind, no `<`.
pub(crate) struct RawAttributes<'a> {
    tag: &'a str,
    at: usize,
}

impl<'a> RawAttributes<'a> {
    /// Scans a tag (without its angle brackets) from the end of its name.
    pub(crate) const fn new(tag: &'a str, name_end: usize) -> Self {
        Self { tag, at: name_end }
    }

    fn skip_space(&mut self) -> bool {
        let from = self.at;
        self.at += self.tag.as_bytes()[from..].iter().take_while(|&&byte| is_space(byte)).count();
        self.at > from
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Misplaced> {
        if self.tag.as_bytes().get(self.at) != Some(&byte) {
            return Err((self.at, ReadErrorKind::Tag { expected }));
        }
        self.at += 1;
        Ok(())
    }

    fn name(&mut self) -> &'a str {
        let rest = &self.tag[self.at..];
        let end = rest.bytes().position(|byte| is_space(byte) || byte == b'=').unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn value(&mut self) -> Result<Cow<'a, str>, Misplaced> {
        let quote = match self.tag.as_bytes().get(self.at) {
            Some(&quote @ (b'"' | b'\'')) => char::from(quote),
            _ => {
                return Err((self.at, ReadErrorKind::Tag { expected: "a quoted value" }));
            }
        };
        let start = self.at + 1;
        let rest = &self.tag[start..];
        let end = rest
            .find(quote)
            .ok_or((self.at, ReadErrorKind::Tag { expected: "the closing quote of a value" }))?;
        self.at = start + end + 1;
        attribute_value(&rest[..end]).map_err(|(at, kind)| (start + at, kind))
    }

    fn attribute(&mut self) -> Result<RawAttribute<'a>, Misplaced> {
        let at = self.at;
        let name = self.name();
        self.skip_space();
        self.expect(b'=', "`=` and a quoted value")?;
        self.skip_space();
        Ok(RawAttribute { at, name, value: self.value()? })
    }
}

impl<'a> Iterator for RawAttributes<'a> {
    type Item = Result<RawAttribute<'a>, Misplaced>;

    fn next(&mut self) -> Option<Self::Item> {
        let spaced = self.skip_space();
        if self.at >= self.tag.len() {
            return None;
        }
        if !spaced {
            return Some(Err((self.at, ReadErrorKind::Tag { expected: "white space before an attribute" })));
        }
        Some(self.attribute())
    }
}

/// Resolves references and turns each line end, tab and carriage return into a space (XML 1.0, 3.3.3).
fn attribute_value(raw: &str) -> Result<Cow<'_, str>, Misplaced> {
    if let Some(at) = raw.find('<') {
        return Err((at, ReadErrorKind::LessThanInAttribute));
    }
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r')) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(c) = raw[at..].chars().next() {
        at += c.len_utf8();
        match c {
            '&' => at = push_reference(raw, at, &mut value)?,
            '\r' if raw[at..].starts_with('\n') => {}
            '\t' | '\n' | '\r' => value.push(' '),
            other => value.push(other),
        }
    }
    Ok(Cow::Owned(value))
}

/// Resolves the reference whose name starts at `start`; the offset after its semicolon.
fn push_reference(raw: &str, start: usize, value: &mut String) -> Result<usize, Misplaced> {
    let end = raw[start..].find(';').ok_or((start - 1, ReadErrorKind::BareAmpersand))?;
    value.push(reference(&raw[start..start + end]).map_err(|kind| (start - 1, kind))?);
    Ok(start + end + 1)
}

/// The character that a reference stands for, given what is between `&` and `;`.
pub(crate) fn reference(name: &str) -> Result<char, ReadErrorKind> {
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
    fn a_bare_ampersand_is_found_at_its_place() {
        assert_eq!(attribute_value("a & b"), Err((2, ReadErrorKind::BareAmpersand)));
    }
}
