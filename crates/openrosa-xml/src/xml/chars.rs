//! Which characters XML 1.0 allows, and where.

/// The first character that may not stand anywhere in an XML 1.0 document (production 2), with its offset.
///
/// Runs over every document once before it is tokenized, so it looks at bytes; only the lead byte of U+FFFE and U+FFFF,
/// which other characters share, needs a closer look.
pub(crate) fn first_illegal(source: &str) -> Option<(usize, char)> {
    let bytes = source.as_bytes();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|&byte| is_suspect(byte)).map(|at| from + at) {
        let suspect = source[at..].chars().next()?;
        if !is_char(suspect) {
            return Some((at, suspect));
        }
        from = at + suspect.len_utf8();
    }
    None
}

const fn is_suspect(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t' && byte != b'\n' && byte != b'\r') || byte == 0xEF
}

/// Production 2, `Char`. Surrogates cannot occur in a `char`.
pub(crate) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// `NCName` of Namespaces in XML: a name without a colon.
pub(crate) fn is_ncname(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
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
    fn names_begin_with_a_letter_and_hold_no_colon() {
        for name in ["a", "_x", "été", "case-type.1", "日本"] {
            assert!(is_ncname(name), "{name}");
        }
        for name in ["", "1a", "-a", "a:b", "a b", "a/"] {
            assert!(!is_ncname(name), "{name}");
        }
    }
}
