//! From bytes to text: byte order marks and declared encodings.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::{
    error::{ReadError, ReadErrorKind},
    position::Position,
};

/// The text of a document, whatever encoding it came in; UTF-8, with or without a byte order mark, is not copied.
///
/// A byte order mark decides, else the encoding that the XML declaration names, else UTF-8. Names are those of the WHATWG
/// Encoding Standard, in which `ISO-8859-1` and `US-ASCII` mean windows-1252. Bytes that are not of that encoding are an
/// error, never a replacement character. A UTF-8 byte order mark stays in the text, so that offsets stay true; readers
/// skip it.
///
/// ```
/// let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9t\xE9</a>";
/// assert!(openrosa_xml::xml::decode(latin)?.ends_with("<a>été</a>"));
/// assert!(openrosa_xml::xml::decode(b"<a>\xE9t\xE9</a>").is_err());
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    let encoding = encoding_of(bytes)?;
    let marked = usize::from(matches!(bytes, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..])) * 2;
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[marked..]);
    text.ok_or_else(|| match std::str::from_utf8(bytes) {
        Err(error) if encoding == UTF_8 => not_utf8(bytes, error),
        _ => at_start(ReadErrorKind::Encoding { encoding: encoding.name().to_owned() }),
    })
}

/// The text of a document that came with a content type, whose `charset` decides (RFC 7303, 3) only for what [`decode`] does not
/// read and declares no encoding: servers call much by another name that says itself what it is.
///
/// ```
/// use openrosa_xml::xml::decode_labeled;
///
/// assert_eq!(decode_labeled(b"<a>\xE9t\xE9</a>", Some("iso-8859-1"))?, "<a>été</a>");
/// assert_eq!(decode_labeled("<a>été</a>".as_bytes(), Some("iso-8859-1"))?, "<a>été</a>");
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
pub fn decode_labeled<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<Cow<'b, str>, ReadError> {
    decode(bytes).or_else(|error| {
        let label = charset.filter(|_| declared_name(bytes).is_none());
        let encoding = label.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()));
        encoding
            .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
            .ok_or(error)
    })
}

/// The encoding that a document is in, by the name that it declares, where its bytes are not UTF-8, whatever it says. What reads
/// nothing but UTF-8, as devices read restores, makes another text of it, or none.
///
/// ```
/// use openrosa_xml::xml::other_encoding;
///
/// assert_eq!(other_encoding(b"<?xml version='1.0' encoding='latin1'?><a>\xE9t\xE9</a>"), Some("latin1"));
/// assert_eq!(other_encoding("<?xml version='1.0' encoding='latin1'?><a>été</a>".as_bytes()), None);
/// ```
#[must_use]
pub fn other_encoding(bytes: &[u8]) -> Option<&str> {
    let encoding = encoding_of(bytes).ok().filter(|encoding| *encoding != UTF_8)?;
    // The zeros of a 16-bit encoding are UTF-8, too, and no text.
    let is_utf8 = encoding.is_ascii_compatible() && std::str::from_utf8(bytes).is_ok();
    (!is_utf8).then(|| declared_name(bytes).unwrap_or(encoding.name()))
}

/// The 16-bit encoding that the first bytes tell.
pub(crate) fn wide(begin: &[u8]) -> Option<&'static str> {
    let encoding = encoding_of(begin).ok().filter(|known| [UTF_16BE, UTF_16LE].contains(known));
    encoding.map(Encoding::name)
}

/// The encoding that an XML declaration names, where it is not UTF-8.
pub(crate) fn declared_other(begin: &str) -> Option<&str> {
    declared_name(begin.as_bytes()).filter(|name| Encoding::for_label(name.as_bytes()) != Some(UTF_8))
}

/// The encoding that the first bytes tell: by a byte order mark, by how `<` looks, by what is declared.
pub(super) fn encoding_of(bytes: &[u8]) -> Result<&'static Encoding, ReadError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Ok(UTF_8),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => Ok(UTF_16BE),
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => Ok(UTF_16LE),
        _ => declared(bytes),
    }
}

/// The encoding that an XML declaration in an ASCII-compatible encoding names; UTF-8 where there is none.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, ReadError> {
    let Some(name) = declared_name(bytes) else {
        return Ok(UTF_8);
    };
    match Encoding::for_label_no_replacement(name.as_bytes()) {
        // The declaration was legible byte by byte, so the document is in no 16-bit encoding, whatever it says.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            Err(at_start(ReadErrorKind::Encoding { encoding: encoding.name().to_owned() }))
        }
        Some(encoding) => Ok(encoding),
        None => Err(at_start(ReadErrorKind::UnknownEncoding { name: name.to_owned() })),
    }
}

/// The encoding that an XML declaration at the very start names.
pub(crate) fn declared_name(bytes: &[u8]) -> Option<&str> {
    let rest = bytes.strip_prefix(b"<?xml")?;
    let end = rest.iter().position(|&byte| byte == b'>')?;
    let declaration = std::str::from_utf8(&rest[..end]).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(name, _)| name)
}

fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> ReadError {
    let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
    let at = Position::of(good, error.valid_up_to() as u64);
    ReadError::new(ReadErrorKind::Encoding { encoding: "UTF-8".to_owned() }, at, Vec::new())
}

fn at_start(kind: ReadErrorKind) -> ReadError {
    ReadError::new(kind, Position::of("", 0), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Element;

    fn text_of(bytes: &[u8]) -> String {
        Element::read(&decode(bytes).unwrap()).unwrap().text().into_owned()
    }

    /// R-107: UTF-8 with or without a byte order mark is read, and declared other encodings are honored.
    #[test]
    fn every_usual_encoding_of_one_text_reads_the_same() {
        let utf16 = |big: bool| -> Vec<u8> {
            "\u{FEFF}<a>é</a>"
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        assert_eq!(text_of("<a>é</a>".as_bytes()), "é");
        assert_eq!(text_of("\u{FEFF}<a>é</a>".as_bytes()), "é");
        assert_eq!(text_of(&utf16(true)), "é");
        assert_eq!(text_of(&utf16(false)), "é");
        assert_eq!(text_of(&utf16(false)[2..]), "é", "no mark, but plainly UTF-16");
        assert_eq!(text_of(b"<?xml version='1.0' encoding=\"latin1\"?><a>\xE9</a>"), "é");
    }

    /// R-107: an encoding that we do not know, or that the bytes are not in, is refused.
    #[test]
    fn unknown_and_false_encodings_are_refused() {
        let kind = |bytes: &[u8]| decode(bytes).unwrap_err().kind().to_string();
        assert_eq!(
            kind(b"<?xml version='1.0' encoding='klingon'?><a/>"),
            "encoding `klingon` is not supported"
        );
        assert_eq!(kind(b"<?xml version='1.0' encoding='UTF-16'?><a/>"), "the bytes are not UTF-16LE");
        assert_eq!(
            kind(b"<?xml version='1.0' encoding='shift_jis'?><a>\xFF</a>"),
            "the bytes are not Shift_JIS"
        );
    }

    /// R-107: what is labeled, and nothing else, is in the encoding of its label.
    #[test]
    fn a_label_counts_where_nothing_else_does() {
        let read = |bytes: &[u8], label| decode_labeled(bytes, Some(label)).map(Cow::into_owned).ok();
        assert_eq!(read(b"<a>\xE9</a>", "windows-1252").unwrap(), "<a>é</a>");
        assert_eq!(
            read("<?xml version='1.0'?><a>é</a>".as_bytes(), "latin1").unwrap(),
            "<?xml version='1.0'?><a>é</a>"
        );
        assert_eq!(read(b"<a>\xE9</a>", "klingon"), None);
        assert_eq!(read(b"<a>\xE9</a>", "utf-8"), None);
        assert_eq!(
            read(b"<?xml version='1.0' encoding='UTF-8'?><a>\xE9</a>", "latin1"),
            None,
            "it says what it is"
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_where_they_stand() {
        let at = decode(b"<a>\n\xC3\xA9\xFF</a>").unwrap_err().position();
        assert_eq!((at.offset, at.line, at.column), (6, 2, 2));
    }
}
