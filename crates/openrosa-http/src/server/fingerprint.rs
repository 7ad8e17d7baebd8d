//! SHA-256 of bytes: how the server tells "the same again" from "the same name, other content".

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The SHA-256 of an XML part or an attachment. Shown and read as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of bytes that are all at hand.
    ///
    /// ```
    /// use openrosa_http::server::Fingerprint;
    ///
    /// assert!(Fingerprint::of(b"abc").to_string().starts_with("ba7816bf8f01cfea"));
    /// ```
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads what [`Display`](fmt::Display) wrote; `None` for anything else.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digits = hex.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }
}

/// Lower case only: one fingerprint has one spelling.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A fingerprint in the making, for a file that is never in memory whole.
#[derive(Default)]
pub(crate) struct Fingerprinter(Sha256);

impl Fingerprinter {
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        self.0.update(chunk);
    }

    pub(crate) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_form_reads_back() {
        let fingerprint = Fingerprint::of(b"abc");
        assert_eq!(Fingerprint::from_hex(&fingerprint.to_string()), Some(fingerprint));
    }

    #[test]
    fn chunks_and_the_whole_agree() {
        let mut parts = Fingerprinter::default();
        parts.update(b"a");
        parts.update(b"bc");
        assert_eq!(parts.finish(), Fingerprint::of(b"abc"));
    }

    #[test]
    fn other_spellings_are_refused() {
        let hex = Fingerprint::of(b"abc").to_string();
        assert_eq!(Fingerprint::from_hex(&hex.to_uppercase()), None);
        assert_eq!(Fingerprint::from_hex(&hex[1..]), None);
        assert_eq!(Fingerprint::from_hex(&format!("{}g", &hex[1..])), None);
    }
}
