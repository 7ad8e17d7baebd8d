//! From text back to bytes, in the encoding they had.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};

use super::encoding::encoding_of;

/// The bytes of a text, in the encoding and with the byte order mark of the bytes that it was
/// [decoded](super::decode) from; `None` where that encoding has no bytes for some character.
///
/// ```
/// use openrosa_xml::xml::{decode, encode_like};
/// let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>Andr\xE9</a>";
/// let text = decode(latin)?.replace("<a>", "<b>").replace("</a>", "</b>");
/// assert!(encode_like(&text, latin).unwrap().ends_with(b"<b>Andr\xE9</b>"));
/// assert_eq!(encode_like("<a>日本</a>", latin), None);
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[must_use]
pub fn encode_like(text: &str, original: &[u8]) -> Option<Vec<u8>> {
    let encoding = encoding_of(original).ok()?;
    // The mark of UTF-8 is part of the text, that of UTF-16 is not.
    if encoding == UTF_8 {
        return Some(text.as_bytes().to_vec());
    }
    if encoding == UTF_16BE || encoding == UTF_16LE {
        let unit = if encoding == UTF_16BE { u16::to_be_bytes } else { u16::to_le_bytes };
        let mark = matches!(original, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..]);
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        return Some(units.flat_map(unit).collect());
    }
    match encoding.encode(text) {
        (bytes, _, false) => Some(Cow::into_owned(bytes)),
        (_, _, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::decode;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let text = "<?xml version='1.0' encoding='UTF-16'?>\r\n<a>é日\u{1F600}</a>";
        let wide = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let (big, little) = (wide(u16::to_be_bytes), wide(u16::to_le_bytes));
        for bytes in [
            b"<a>plain</a>".to_vec(),
            b"\xEF\xBB\xBF<a>marked</a>".to_vec(),
            [b"\xFE\xFF".to_vec(), big.clone()].concat(),
            [b"\xFF\xFE".to_vec(), little.clone()].concat(),
            big,
            little,
            b"<?xml version='1.0' encoding='windows-1252'?><a>\x80\xE9</a>".to_vec(),
        ] {
            assert_eq!(encode_like(&decode(&bytes).unwrap(), &bytes), Some(bytes));
        }
    }
}
