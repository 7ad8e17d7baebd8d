//! A text that nobody is to see.

use std::fmt;

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

    /// The text itself, for whoever sends or stores it; never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
