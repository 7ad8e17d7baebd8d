//! How far a text goes on in the same way, sixteen bytes at a time.
//!
//! Most texts and names are shorter than that, so that a loop over bytes ends where the processor did not expect it, at each
//! of them; and a search that prepares itself first has just begun when they end.

use wide::u8x16;

use super::chars::{is_name_byte, is_special};

/// Marks the bytes that are this one.
#[inline]
fn same(chunk: u8x16, byte: u8) -> u8x16 {
    chunk.simd_eq(u8x16::splat(byte))
}

/// Marks the bytes from one to another.
#[inline]
fn between(chunk: u8x16, first: u8, last: u8) -> u8x16 {
    let above = chunk - u8x16::splat(first);
    above.simd_eq(above.min(u8x16::splat(last - first)))
}

/// How many bytes there are before the first that is marked; `is_marked` is asked about the last few.
#[inline]
fn before(bytes: &[u8], marks: impl Fn(u8x16) -> u8x16, is_marked: impl Fn(u8) -> bool) -> usize {
    let (chunks, rest) = bytes.as_chunks();
    for (number, &chunk) in chunks.iter().enumerate() {
        let found = marks(u8x16::new(chunk)).to_bitmask();
        if found != 0 {
            return number * 16 + found.trailing_zeros() as usize;
        }
    }
    chunks.len() * 16 + rest.iter().take_while(|&&byte| !is_marked(byte)).count()
}

/// Whether no byte is marked. Which one would be is not asked, so a text that is no chunk is looked at in one step all the same.
#[inline]
fn is_unmarked(bytes: &[u8], marks: impl Fn(u8x16) -> u8x16) -> bool {
    let is_unmarked = |&chunk: &[u8; 16]| marks(u8x16::new(chunk)).to_bitmask() == 0;
    match bytes.last_chunk() {
        Some(last) => bytes.as_chunks().0.iter().all(is_unmarked) && is_unmarked(last),
        None => bytes.is_empty() || is_unmarked(&both_ends(bytes)),
    }
}

/// A text of one to sixteen bytes as a chunk, in which none of them is missing and some are more than once.
#[inline]
fn both_ends(bytes: &[u8]) -> [u8; 16] {
    let mut chunk = [bytes[0]; 16];
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        chunk[..8].copy_from_slice(first);
        chunk[8..].copy_from_slice(last);
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        chunk[..4].copy_from_slice(first);
        chunk[4..8].copy_from_slice(last);
    } else {
        chunk[1] = bytes[bytes.len() / 2];
        chunk[2] = bytes[bytes.len() - 1];
    }
    chunk
}

/// Whether the text can be written as it is, also into an attribute.
#[inline]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    let special = |chunk| {
        let escaped = same(chunk | u8x16::splat(2), b'>') | same(chunk, b'&') | same(chunk, b'"');
        escaped | between(chunk, 0, b' ' - 1) | same(chunk, 0xEF)
    };
    is_unmarked(bytes, special)
}

/// Marks what is not part of a name of ASCII characters without a colon: letters, digits, hyphens, full stops and underscores.
#[inline]
fn outside_names(chunk: u8x16) -> u8x16 {
    let letters = between(chunk | u8x16::splat(0x20), b'a', b'z');
    let inner = between(chunk, b'-', b'9') & !same(chunk, b'/');
    !(letters | inner | same(chunk, b'_'))
}

/// Whether all of it may stand in a name of ASCII characters without a colon.
#[inline]
pub(crate) fn is_in_names(bytes: &[u8]) -> bool {
    is_unmarked(bytes, outside_names)
}

/// Whether all of it is ASCII that can be seen.
#[inline]
pub(crate) fn is_graphic(bytes: &[u8]) -> bool {
    is_unmarked(bytes, |chunk| !between(chunk, b'!', b'~'))
}

/// Whether all of it is small letters, digits and underscores.
#[inline]
pub(crate) fn is_small(bytes: &[u8]) -> bool {
    is_unmarked(bytes, |chunk| !(between(chunk, b'a', b'z') | between(chunk, b'0', b'9') | same(chunk, b'_')))
}

/// The length of the text that needs no second look: up to a tag, a reference, a `>` or a line end of old.
#[inline]
pub(crate) fn plain_text(bytes: &[u8]) -> usize {
    // `<` and `>` differ in one bit.
    let special = |chunk| same(chunk | u8x16::splat(2), b'>') | same(chunk, b'&') | same(chunk, b'\r');
    before(bytes, special, is_special)
}

/// The length of the text in which there can be no mistake: up to a tag, a reference, or a `>`.
#[inline]
pub(crate) fn passed_text(bytes: &[u8]) -> usize {
    let special = |chunk| same(chunk | u8x16::splat(2), b'>') | same(chunk, b'&');
    before(bytes, special, |byte| matches!(byte, b'<' | b'>' | b'&'))
}

/// The length of the value of an attribute that needs no second look, up to its quote: no reference, no layout but spaces, no
/// tag.
#[inline]
pub(crate) fn plain_value(bytes: &[u8], quote: u8) -> usize {
    let special =
        |chunk| same(chunk, quote) | same(chunk, b'&') | same(chunk, b'<') | between(chunk, 0, b' ' - 1);
    before(bytes, special, |byte| byte == quote || matches!(byte, b'&' | b'<') || byte < b' ')
}

/// The length of the value of an attribute in which there can be no mistake, up to its quote.
#[inline]
pub(crate) fn passed_value(bytes: &[u8], quote: u8) -> usize {
    let special = |chunk| same(chunk, quote) | same(chunk, b'&') | same(chunk, b'<');
    before(bytes, special, |byte| byte == quote || matches!(byte, b'&' | b'<'))
}

/// The length of what may be a name of ASCII characters without a colon.
#[inline]
pub(crate) fn name(bytes: &[u8]) -> usize {
    before(bytes, outside_names, |byte| !is_name_byte(byte))
}

/// Whether two names are one. Most are short, and calling the C library's comparison takes longer than comparing them.
#[inline]
pub(crate) fn are_same(one: &[u8], other: &[u8]) -> bool {
    fn ends<const N: usize>(one: &[u8], other: &[u8]) -> bool {
        one.first_chunk::<N>() == other.first_chunk() && one.last_chunk::<N>() == other.last_chunk()
    }
    one.len() == other.len()
        && match one.len() {
            8..=16 => ends::<8>(one, other),
            4..8 => ends::<4>(one, other),
            0..4 => one.iter().eq(other),
            _ => one == other,
        }
}

/// Whether an end tag of this name goes on so behind its slash.
#[inline]
pub(crate) fn ends(rest: &[u8], name: &[u8]) -> bool {
    rest.get(name.len()) == Some(&b'>') && are_same(&rest[..name.len()], name)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Bytes that mean something, their neighbours, and others.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let near =
            prop::sample::select(b"<>=;&%'\r\n\x0e\x0c\t\0\x1f !\"/-.09:@AZ[_^`az{\x7f\x80\xef\xff".to_vec());
        vec(prop_oneof![4 => Just(b'a'), 1 => near, 1 => any::<u8>()], 0..40)
    }

    fn is_small_byte(byte: &u8) -> bool {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_'
    }

    fn by_bytes(bytes: &[u8], is_other: impl Fn(u8) -> bool) -> usize {
        bytes.iter().position(|&byte| is_other(byte)).unwrap_or(bytes.len())
    }

    proptest! {
        /// Sixteen at a time end where one at a time ends.
        #[test]
        fn chunks_say_what_bytes_say(bytes in bytes()) {
            prop_assert_eq!(plain_text(&bytes), by_bytes(&bytes, |byte| b"<>&\r".contains(&byte)));
            prop_assert_eq!(passed_text(&bytes), by_bytes(&bytes, |byte| b"<>&".contains(&byte)));
            for quote in [b'"', b'\''] {
                let ends = |byte| byte == quote || byte == b'<' || byte == b'&' || byte < 0x20;
                prop_assert_eq!(plain_value(&bytes, quote), by_bytes(&bytes, ends));
                let ends = |byte| byte == quote || byte == b'<' || byte == b'&';
                prop_assert_eq!(passed_value(&bytes, quote), by_bytes(&bytes, ends));
            }
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            prop_assert_eq!(name(&bytes), by_bytes(&bytes, |byte| !is_part(byte)));
            prop_assert_eq!(is_in_names(&bytes), bytes.iter().all(|&byte| is_part(byte)));
            prop_assert_eq!(is_graphic(&bytes), bytes.iter().all(u8::is_ascii_graphic));
            prop_assert_eq!(is_small(&bytes), bytes.iter().all(is_small_byte));
            let is_escaped = |byte| byte < 0x20 || byte == 0xEF || b"<>&\"".contains(&byte);
            prop_assert_eq!(is_plain(&bytes), !bytes.iter().any(|&byte| is_escaped(byte)));
        }
    }

    /// Two texts of each length, one byte of which differs, or none.
    #[test]
    fn texts_are_the_same_only_if_all_bytes_are() {
        for length in 0..40 {
            let one = vec![b'x'; length];
            assert!(are_same(&one, &vec![b'x'; length]) && !are_same(&one, &vec![b'x'; length + 1]));
            for at in 0..length {
                let mut other = one.clone();
                other[at] = b'y';
                assert!(!are_same(&one, &other), "{at} of {length}");
            }
        }
    }

    /// Each byte at each place of a text of each length, with every other byte a letter.
    #[test]
    fn no_byte_of_a_text_is_missed() {
        assert!(is_plain(b"") && is_in_names(b""));
        for length in 1..40 {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = [b'x'; 40];
                    bytes[at] = byte;
                    let text = &bytes[..length];
                    let is_part = byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                    assert_eq!(is_in_names(text), is_part, "{byte} at {at} of {length}");
                    let is_escaped = byte < 0x20 || byte == 0xEF || b"<>&\"".contains(&byte);
                    assert_eq!(is_plain(text), !is_escaped, "{byte} at {at} of {length}");
                    assert_eq!(is_graphic(text), byte.is_ascii_graphic(), "{byte} at {at} of {length}");
                    assert_eq!(is_small(text), is_small_byte(&byte), "{byte} at {at} of {length}");
                }
            }
        }
    }

    /// Each byte at each place, with every other byte a letter.
    #[test]
    fn every_byte_is_known_wherever_it_stands() {
        for at in 0..17 {
            for byte in 0..=u8::MAX {
                let mut bytes = [b'x'; 40];
                bytes[at] = byte;
                let end = |is_other: bool| if is_other { at } else { bytes.len() };
                assert_eq!(plain_text(&bytes), end(b"<>&\r".contains(&byte)), "{byte} at {at}");
                assert_eq!(passed_text(&bytes), end(b"<>&".contains(&byte)), "{byte} at {at}");
                assert_eq!(passed_value(&bytes, b'\''), end(b"'<&".contains(&byte)), "{byte} at {at}");
                let ends_value = byte < b' ' || b"'<&".contains(&byte);
                assert_eq!(plain_value(&bytes, b'\''), end(ends_value), "{byte} at {at}");
                let is_part = byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                assert_eq!(name(&bytes), end(!is_part), "{byte} at {at}");
            }
        }
    }
}
