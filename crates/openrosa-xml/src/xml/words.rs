//! How far a text goes on in the same way, eight bytes at a time.
//!
//! Most texts and names are shorter than two words, so that a loop over bytes ends where the processor did not expect it, at each
//! of them; and a search that prepares itself first has just begun when they end.

use super::chars::{is_name_byte, is_special};

/// A byte in each place of a word.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The upper bit of each byte, by which a byte is marked. Of the marks that are made here the lowest one is right; those above
/// it may be carried from there.
const MARK: u64 = all(0x80);

/// Marks the bytes that are zero.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(all(1)) & !word & MARK
}

/// Marks the bytes below this one, which is below 0x80.
#[inline]
const fn below(word: u64, byte: u8) -> u64 {
    word.wrapping_sub(all(byte)) & !word & MARK
}

/// Marks the bytes that are this one.
#[inline]
const fn same(word: u64, byte: u8) -> u64 {
    zeros(word ^ all(byte))
}

/// How many bytes there are before the first that is marked; `is_marked` is asked about the last few.
#[inline]
fn before(bytes: &[u8], marks: impl Fn(u64) -> u64, is_marked: impl Fn(u8) -> bool) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (number, &word) in words.iter().enumerate() {
        let found = marks(u64::from_le_bytes(word));
        if found != 0 {
            return number * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + rest.iter().take_while(|&&byte| !is_marked(byte)).count()
}

/// The length of the text that needs no second look: up to a tag, a reference, a `>` or a line end of old.
#[inline]
pub(crate) fn plain_text(bytes: &[u8]) -> usize {
    // `<` and `>` differ in one bit.
    let special = |word| same(word | all(2), b'>') | same(word, b'&') | same(word, b'\r');
    before(bytes, special, is_special)
}

/// The length of the text in which there can be no mistake: up to a tag, a reference, or a `>`.
#[inline]
pub(crate) fn passed_text(bytes: &[u8]) -> usize {
    let special = |word| same(word | all(2), b'>') | same(word, b'&');
    before(bytes, special, |byte| matches!(byte, b'<' | b'>' | b'&'))
}

/// The length of the value of an attribute that needs no second look, up to its quote: no reference, no layout but spaces, no
/// tag.
#[inline]
pub(crate) fn plain_value(bytes: &[u8], quote: u8) -> usize {
    let special = |word| same(word, quote) | same(word, b'&') | same(word, b'<') | below(word, b' ');
    before(bytes, special, |byte| byte == quote || matches!(byte, b'&' | b'<') || byte < b' ')
}

/// The length of the value of an attribute in which there can be no mistake, up to its quote.
#[inline]
pub(crate) fn passed_value(bytes: &[u8], quote: u8) -> usize {
    let special = |word| same(word, quote) | same(word, b'&') | same(word, b'<');
    before(bytes, special, |byte| byte == quote || matches!(byte, b'&' | b'<'))
}

/// The length of what may be a name of ASCII characters without a colon.
#[inline]
pub(crate) fn name(bytes: &[u8]) -> usize {
    before(bytes, |word| !name_bytes(word) & MARK, |byte| !is_name_byte(byte))
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

/// Marks the letters, digits, hyphens, full stops and underscores, all of them and nothing else.
#[inline]
const fn name_bytes(word: u64) -> u64 {
    // Without the upper bits no sum is carried into the next byte.
    let seven = word & all(0x7F);
    let letters = between(seven | all(0x20), b'a', b'z');
    let others = between(seven, b'-', b'9') & !exactly(seven, b'/');
    (letters | others | exactly(seven, b'_')) & !word & MARK
}

/// Marks the bytes from one to another; all bytes are below 0x80.
#[inline]
const fn between(word: u64, first: u8, last: u8) -> u64 {
    (word + all(0x80 - first)) & !(word + all(0x7F - last))
}

/// Marks the bytes that are this one; all bytes are below 0x80.
#[inline]
const fn exactly(word: u64, byte: u8) -> u64 {
    !((word ^ all(byte)) + all(0x7F)) & MARK
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

    fn by_bytes(bytes: &[u8], is_other: impl Fn(u8) -> bool) -> usize {
        bytes.iter().position(|&byte| is_other(byte)).unwrap_or(bytes.len())
    }

    proptest! {
        /// Eight at a time end where one at a time ends.
        #[test]
        fn words_say_what_bytes_say(bytes in bytes()) {
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

    /// Each byte at each place, with every other byte a letter.
    #[test]
    fn every_byte_is_known_wherever_it_stands() {
        for at in 0..16 {
            for byte in 0..=u8::MAX {
                let mut bytes = [b'x'; 17];
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
