//! Which characters XML 1.0 allows, and where.

use super::runs;

/// The first character that may not stand anywhere in an XML 1.0 document (production 2), with its offset.
///
/// Runs over every document once before it is read, so it looks at bytes, many at a time; only the lead byte of U+FFFE
/// and U+FFFF, which other characters share, needs a closer look.
pub(crate) fn first_illegal(source: &str) -> Option<(usize, char)> {
    const BLOCK: usize = 64;
    let (blocks, rest) = source.as_bytes().as_chunks::<BLOCK>();
    // No early end inside a block, so that the compiler can compare all its bytes at once. Few tests go before many: in most
    // documents that machines write there are no line ends either.
    let is_odd = |block: &[u8]| block.iter().fold(0, |found, &byte| found | oddity(byte)) != 0;
    let suspects = |block: &[u8]| block.iter().fold(0, |found, &byte| found | suspicion(byte)) != 0;
    let in_blocks = blocks.iter().enumerate().filter(|(_, block)| is_odd(*block) && suspects(*block));
    let mut illegal = in_blocks.filter_map(|(at, _)| first_illegal_in(source, at * BLOCK, BLOCK));
    let in_rest = || first_illegal_in(source, blocks.len() * BLOCK, rest.len());
    illegal.next().or_else(|| suspects(rest).then(in_rest).flatten())
}

fn first_illegal_in(source: &str, from: usize, length: usize) -> Option<(usize, char)> {
    let suspects = (from..from + length).filter(|&at| is_suspect(source.as_bytes()[at]));
    let mut characters = suspects.filter_map(|at| Some((at, source[at..].chars().next()?)));
    characters.find(|&(_, c)| !is_char(c))
}

/// The same as a number, since numbers of one size are what can be compared sixteen at a time.
const fn suspicion(byte: u8) -> u8 {
    is_suspect(byte) as u8
}

/// Whether it is a suspect or layout other than a space, as a number.
const fn oddity(byte: u8) -> u8 {
    ((byte < 0x20) | (byte == 0xEF)) as u8
}

const fn is_suspect(byte: u8) -> bool {
    ((byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')) | (byte == 0xEF)
}

/// What has to be done about a byte where it is written as text or in an attribute; several can hold.
pub(crate) mod care {
    /// It is escaped in text.
    pub(crate) const TEXT: u8 = 1;
    /// It is escaped in an attribute.
    pub(crate) const ATTRIBUTE: u8 = 2;
    /// It may be illegal.
    pub(crate) const SUSPECT: u8 = 4;
}

const CARE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'&' | b'<' | b'>' | b'\r' => care::TEXT | care::ATTRIBUTE,
            b'"' | b'\t' | b'\n' => care::ATTRIBUTE,
            suspect if is_suspect(suspect) => care::SUSPECT,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Whether a byte does not stand for itself in text. What is escaped there is what means something there.
#[inline]
pub(crate) const fn is_special(byte: u8) -> bool {
    CARE[byte as usize] & care::TEXT != 0
}

/// All that has to be done about the bytes of a text, which is mostly nothing.
#[inline]
pub(crate) fn care_for(text: &str) -> u8 {
    if runs::is_plain(text.as_bytes()) { 0 } else { all_care_for(text) }
}

#[cold]
fn all_care_for(text: &str) -> u8 {
    text.bytes().fold(0, |care, byte| care | CARE[byte as usize])
}

/// Production 2, `Char`. Surrogates cannot occur in a `char`.
pub(crate) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// `NCName` of Namespaces in XML: a name without a colon.
#[inline]
pub(crate) fn is_ncname(name: &str) -> bool {
    let bytes = name.as_bytes();
    let is_ascii = bytes.first().is_some_and(|&first| begins_name(first)) && runs::is_in_names(bytes);
    is_ascii || is_foreign_ncname(name)
}

/// The same of any characters.
#[cold]
fn is_foreign_ncname(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// What a byte can be to a name.
mod class {
    /// An ASCII letter or underscore.
    pub(super) const START: u8 = 1;
    /// An ASCII digit, hyphen or full stop.
    pub(super) const INNER: u8 = 2;
    /// A colon.
    pub(super) const COLON: u8 = 4;
    /// Part of a character beyond ASCII, to be looked at closely.
    pub(super) const OTHER: u8 = 8;
    /// What ends a name.
    pub(super) const NONE: u8 = 16;
}

const CLASS: [u8; 256] = {
    let mut table = [class::NONE; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => class::START,
            b'0'..=b'9' | b'-' | b'.' => class::INNER,
            b':' => class::COLON,
            0x80.. => class::OTHER,
            _ => class::NONE,
        };
        byte += 1;
    }
    table
};

/// The end of what may be a name and begins at this offset.
pub(crate) fn name_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while bytes.get(end).is_some_and(|&byte| CLASS[byte as usize] != class::NONE) {
        end += 1;
    }
    end
}

/// The prefix of a name, if it has one, and its local name.
pub(crate) type Parts<'a> = (Option<&'a str>, &'a str);

/// What may be a name and begins at this offset: where it ends and, if it is one, its prefix and its local name.
#[inline]
pub(crate) fn name_at(source: &str, start: usize) -> (usize, Option<Parts<'_>>) {
    ascii_name_at(source, start).unwrap_or_else(|| {
        let end = name_end(source.as_bytes(), start);
        (end, split_name(&source[start..end]))
    })
}

/// The same where all of it is ASCII and a name, which it nearly always is.
#[inline]
fn ascii_name_at(source: &str, start: usize) -> Option<(usize, Option<Parts<'_>>)> {
    let first = ascii_ncname(&source[start..])?;
    let mut end = start + first.len();
    let mut parts = (None, first);
    if source.as_bytes().get(end) == Some(&b':') {
        let local = ascii_ncname(&source[end + 1..])?;
        end += 1 + local.len();
        parts = (Some(first), local);
    }
    let goes_on = source.as_bytes().get(end).is_some_and(|&byte| CLASS[byte as usize] != class::NONE);
    (!goes_on).then_some((end, Some(parts)))
}

/// The prefix and the local name of what is written, if it is a name.
pub(crate) fn split_name(written: &str) -> Option<Parts<'_>> {
    match written.split_once(':') {
        None => is_ncname(written).then_some((None, written)),
        Some((prefix, local)) => (is_ncname(prefix) && is_ncname(local)).then_some((Some(prefix), local)),
    }
}

/// The name without a colon that the text begins with, if one of ASCII characters does.
#[inline]
pub(crate) fn ascii_ncname(text: &str) -> Option<&str> {
    text.as_bytes()
        .first()
        .is_some_and(|&byte| begins_name(byte))
        .then(|| &text[..runs::name(text.as_bytes())])
}

/// Whether a name of ASCII characters may begin with the byte.
#[inline]
pub(crate) const fn begins_name(byte: u8) -> bool {
    CLASS[byte as usize] == class::START
}

/// Whether the byte may be part of a name of ASCII characters without a colon.
#[inline]
pub(crate) const fn is_name_byte(byte: u8) -> bool {
    CLASS[byte as usize] <= class::INNER
}

/// Production 4 without the colon.
pub(crate) const fn is_name_start(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// Production 4a without the colon.
pub(crate) const fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Production 3, `S`.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether the text is layout only: white space as XML counts it, which is less than what Unicode does.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// The text without XML white space at its ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii() && is_space(c as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_the_two_noncharacters_are_found() {
        assert_eq!(first_illegal("ok\t\r\n\u{FEFF}ﬀ\u{FFFD}"), None);
        assert_eq!(first_illegal("ﬀ\u{FFFE}"), Some((3, '\u{FFFE}')));
        assert_eq!(first_illegal("a\u{0}"), Some((1, '\0')));
    }

    #[test]
    fn an_illegal_character_is_found_at_any_place_of_a_long_text() {
        for at in [0, 62, 63, 64, 65, 127, 128, 199] {
            let mut text = "é".repeat(10) + &"x".repeat(190);
            let at = 20.max(at);
            text.replace_range(at..=at, "\u{FFFF}");
            assert_eq!(first_illegal(&text), Some((at, '\u{FFFF}')), "{at}");
        }
    }

    #[test]
    fn a_name_ends_where_it_ends_and_has_its_parts_if_it_is_one() {
        let cases = [
            ("a>", 1, Some((None, "a"))),
            ("case_type b", 9, Some((None, "case_type"))),
            ("n0:case/>", 7, Some((Some("n0"), "case"))),
            ("été:nom=", 9, Some((Some("été"), "nom"))),
            ("a\u{B7}b>", 4, Some((None, "a\u{B7}b"))),
            ("a", 1, Some((None, "a"))),
            ("a:b:c>", 5, None),
            ("a:>", 2, None),
            (":a>", 2, None),
            ("a:1>", 3, None),
            ("1>", 1, None),
            ("a\u{D7}>", 3, None),
            (">", 0, None),
            ("", 0, None),
        ];
        for (written, end, parts) in cases {
            assert_eq!(name_at(written, 0), (end, parts), "{written}");
            assert_eq!(name_at(&format!("<{written}"), 1).0, end + 1, "{written}");
        }
    }

    #[test]
    fn names_begin_with_a_letter_and_hold_no_colon() {
        for name in ["a", "_x", "été", "case-type.1", "日本"] {
            assert!(is_ncname(name), "{name}");
        }
        for name in ["", "1a", "-a", "a:b", "a b", "a/", "a\u{D7}"] {
            assert!(!is_ncname(name), "{name}");
        }
    }
}
