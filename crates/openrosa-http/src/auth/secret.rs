//! A text that nobody is to see.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// A token, a key, a code, a password: `Debug` leaves it out, and there is no `Display`.
///
/// ```
/// use openrosa_http::auth::Secret;
///
/// let token = Secret::new("abc");
/// assert_eq!((format!("{token:?}").as_str(), token.expose()), ("[redacted]", "abc"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, white space at its ends taken off: files and terminals add some.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().trim().to_owned())
    }

    /// The text without its line end. A password may begin or end with a blank.
    ///
    /// ```
    /// # use openrosa_http::auth::Secret;
    /// assert_eq!(Secret::password(" open sesame \r\n").expose(), " open sesame ");
    /// ```
    pub fn password(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().trim_end_matches(['\r', '\n']).to_owned())
    }

    /// A password as it is sent and held against others: a letter with a mark is one character or several by where it was typed,
    /// and one here (NFC). Servers that ask for UTF-8 are to be given it so (RFC 7616, 4; RFC 7617, 2.1).
    ///
    /// ```
    /// # use openrosa_http::auth::Secret;
    /// assert_eq!(Secret::password("cafe\u{301}").composed().expose(), "caf\u{e9}");
    /// ```
    #[must_use]
    pub fn composed(&self) -> Self {
        Self(composed(&self.0))
    }

    /// The text itself, for whoever sends or stores it; never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

pub(super) fn composed(password: &str) -> String {
    password.nfc().collect()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
