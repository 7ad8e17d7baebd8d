//! Which characters XML 1.0 allows, and where.

/// The first character that may not stand anywhere in an XML 1.0 document (production 2), with its offset.
///
/// Runs over every document once before it is read, so it looks at bytes, many at a time; only the lead byte of U+FFFE
/// and U+FFFF, which other characters share, needs a closer look.
pub(crate) fn first_illegal(source: &str) -> Option<(usize, char)> {
    const BLOCK: usize = 64;
    let bytes = source.as_bytes();
    let mut from = 0;
    while from < bytes.len() {
        let block = &bytes[from..bytes.len().min(from + BLOCK)];
        // No early end inside a block, so that the compiler can compare all its bytes at once.
        if block.iter().fold(false, |found, &byte| found | is_suspect(byte))
            && let Some(illegal) = first_illegal_in(source, from, block.len())
        {
            return Some(illegal);
        }
        from += block.len();
    }
    None
}

fn first_illegal_in(source: &str, from: usize, length: usize) -> Option<(usize, char)> {
    let suspects = (from..from + length).filter(|&at| is_suspect(source.as_bytes()[at]));
    let mut characters = suspects.filter_map(|at| Some((at, source[at..].chars().next()?)));
    characters.find(|&(_, c)| !is_char(c))
}

const fn is_suspect(byte: u8) -> bool {
    ((byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')) | (byte == 0xEF)
}

/// Production 2, `Char`. Surrogates cannot occur in a `char`.
pub(crate) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// `NCName` of Namespaces in XML: a name without a colon.
pub(crate) fn is_ncname(name: &str) -> bool {
    let bytes = name.as_bytes();
    if let Some(&first) = bytes.first()
        && CLASS[first as usize] == Class::Start
        && bytes.iter().all(|&byte| matches!(CLASS[byte as usize], Class::Start | Class::Inner))
    {
        return true;
    }
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// What a byte can be to a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// An ASCII letter or underscore.
    Start,
    /// An ASCII digit, hyphen or full stop.
    Inner,
    Colon,
    /// Part of a character beyond ASCII, to be looked at closely.
    Other,
    /// What ends a name.
    None,
}

const CLASS: [Class; 256] = {
    let mut table = [Class::None; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Class::Start,
            b'0'..=b'9' | b'-' | b'.' => Class::Inner,
            b':' => Class::Colon,
            0x80.. => Class::Other,
            _ => Class::None,
        };
        byte += 1;
    }
    table
};

/// The end of what may be a name and begins at this offset.
pub(crate) fn name_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while bytes.get(end).is_some_and(|&byte| CLASS[byte as usize] != Class::None) {
        end += 1;
    }
    end
}

/// Production 4 without the colon.
const fn is_name_start(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// Production 4a without the colon.
const fn is_name_char(c: char) -> bool {
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
    fn names_begin_with_a_letter_and_hold_no_colon() {
        for name in ["a", "_x", "été", "case-type.1", "日本"] {
            assert!(is_ncname(name), "{name}");
        }
        for name in ["", "1a", "-a", "a:b", "a b", "a/", "a\u{D7}"] {
            assert!(!is_ncname(name), "{name}");
        }
    }
}
