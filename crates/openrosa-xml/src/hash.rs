//! The hash by which a client knows whether a file is the one that was listed.

use std::fmt;

use crate::xml::chars::trim;

/// The MD5 of a file, as lists and manifests state it.
///
/// This crate computes none; it compares and writes what others computed.
///
/// *Wire:* `hash` of `xform` and `mediaFile`: `md5:` and 32 hexadecimal digits. *Spec:* openrosa.md 4.2, 4.3.
///
/// ```
/// # use openrosa_xml::FileHash;
/// let listed = FileHash::parse("md5:D41D8CD98F00B204E9800998ECF8427E").unwrap();
/// assert_eq!(FileHash::parse("d41d8cd98f00b204e9800998ecf8427e"), Some(listed));
/// assert_eq!(listed.to_string(), "md5:d41d8cd98f00b204e9800998ecf8427e");
/// assert_eq!(FileHash::parse("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileHash([u8; 16]);

impl FileHash {
    /// The hash with these 16 bytes, as an implementation of MD5 gives them.
    #[must_use]
    pub const fn from_md5(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads a hash. Anything but 32 hexadecimal digits in either case, with or without `md5:` before them, is a hash of
    /// a kind that nobody knows (R-034); KoBoToolbox writes `md5:` alone for a file whose hash it has not got.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = trim(text);
        let digits = text.strip_prefix("md5:").unwrap_or(text).as_bytes();
        let (pairs, []) = digits.as_chunks::<2>() else { return None };
        let mut bytes = [0; 16];
        if pairs.len() != bytes.len() {
            return None;
        }
        for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(Self(bytes))
    }
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("md5:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "900150983cd24fb0d6963f7d28e17f72";

    /// R-034: the prefix is optional, the case of the digits is free, anything else is an unknown hash.
    #[test]
    fn a_hash_is_32_digits_with_or_without_a_prefix() {
        let hash = FileHash::parse(ABC).unwrap();
        assert_eq!(hash.as_bytes()[..4], [0x90, 0x01, 0x50, 0x98]);
        for written in [format!("md5:{ABC}"), ABC.to_uppercase(), format!("\n  md5:{}\n", ABC.to_uppercase())]
        {
            assert_eq!(FileHash::parse(&written), Some(hash), "{written}");
        }
        for unknown in [
            "",
            "md5:",
            "md5:md5:",
            &ABC[1..],
            &format!("{ABC}0"),
            &format!("sha1:{ABC}"),
            &format!("MD5:{ABC}"),
            &ABC.replace('9', "g"),
            &ABC.replace("90", "é"),
            &format!("+{}", &ABC[1..]),
            "%(hash)s",
        ] {
            assert_eq!(FileHash::parse(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_hash_is_written_with_its_prefix_in_lower_case() {
        let hash = FileHash::parse(&ABC.to_uppercase()).unwrap();
        assert_eq!(hash.to_string(), format!("md5:{ABC}"));
        assert_eq!(FileHash::from_md5(*hash.as_bytes()), hash);
    }
}
