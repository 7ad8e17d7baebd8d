//! The name under which an attachment is held: what the XML calls it, never a path.

use std::fmt;

use crate::api::submission::file_name;

/// The name of an attachment as the XML refers to it, with any folders in front of it removed.
///
/// It identifies the file inside its submission and is compared byte for byte. It is text from the wire all the
/// same: a [`Backend`](super::Backend) keeps it as data and never builds a path from it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(Box<str>);

impl FileName {
    /// Takes the last component of `written`.
    ///
    /// ```
    /// use openrosa_http::server::FileName;
    ///
    /// assert_eq!(FileName::new("media/photo.jpg").unwrap().as_str(), "photo.jpg");
    /// assert!(FileName::new("../..").is_err());
    /// ```
    ///
    /// # Errors
    /// [`BadFileName`] when nothing usable is left: no name at all, `.` or `..`, or a control character.
    pub fn new(written: &str) -> Result<Self, BadFileName> {
        let name = file_name(written);
        if matches!(name, "" | "." | "..") || name.contains(char::is_control) {
            return Err(BadFileName { written: written.into() });
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A part whose name cannot name a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot name a file", written.escape_debug())]
#[non_exhaustive]
pub struct BadFileName {
    /// The name as it was sent.
    pub written: Box<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(written: &str) -> Option<String> {
        FileName::new(written).ok().map(|name| name.to_string())
    }

    /// R-070: path parts in front of a name are stripped, whichever way the slashes lean.
    #[test]
    fn folders_in_front_are_dropped() {
        for written in ["a.jpg", "../a.jpg", "/etc/a.jpg", r"C:\fakepath\a.jpg", r"..\..//x\a.jpg"] {
            assert_eq!(name(written).as_deref(), Some("a.jpg"), "{written}");
        }
    }

    #[test]
    fn odd_but_honest_names_are_kept_byte_for_byte() {
        for written in [" a .jpg", "bäum \"1\".jpg", "ba\u{308}um.jpg", "%41.jpg", "..."] {
            assert_eq!(name(written).as_deref(), Some(written));
        }
    }

    #[test]
    fn what_cannot_name_a_file_is_refused_and_shown_harmlessly() {
        for written in ["", ".", "..", "a/", "a\\..", "a\0b", "a\nb", "a\u{7f}"] {
            assert_eq!(name(written), None, "{written:?}");
        }
        let error = FileName::new("a\nb").unwrap_err();
        assert_eq!(error.to_string(), r"`a\nb` cannot name a file");
    }
}
