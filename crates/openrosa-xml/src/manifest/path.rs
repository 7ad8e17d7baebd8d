//! File names from the wire, checked before they become paths on a disk.

use std::{borrow::Cow, fmt};

use thiserror::Error;

use crate::xml::name::owned;

/// A file name that stays inside the folder it is put into: parts joined by `/`, none of them empty, `.` or `..`, no drive,
/// no backslash, no NUL. Names that Windows cannot have are told by [`fits_windows`](Self::fits_windows).
///
/// ```
/// # use openrosa_xml::manifest::RelativePath;
/// let path = RelativePath::new("icons/badge.png")?;
/// assert_eq!((path.base_name(), path.parts().count()), ("badge.png", 2));
/// assert!(RelativePath::new("icons/../../badge.png").is_err());
/// # Ok::<(), openrosa_xml::manifest::PathError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativePath<'a>(Cow<'a, str>);

/// A file name that would lead out of its folder, or to no file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}` {fault}", name.replace('\0', "\u{2400}"))]
#[non_exhaustive]
pub struct PathError {
    /// The name.
    pub name: String,
    /// What is wrong with it.
    pub fault: PathFault,
}

/// What is wrong with a file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PathFault {
    /// It begins with a slash.
    #[error("begins with `/`")]
    Absolute,
    /// It begins with a drive, as `C:` is.
    #[error("begins with a drive")]
    Drive,
    /// It has a backslash, which separates parts on some systems and not on others.
    #[error("has a backslash")]
    Backslash,
    /// It is empty, or has nothing before, after or between slashes.
    #[error("has an empty part")]
    Empty,
    /// It climbs: a part of it is `..`.
    #[error("has a part `..`")]
    Parent,
    /// A part of it is `.`.
    #[error("has a part `.`")]
    Here,
    /// A part of it is dots and spaces only, which some systems take off the end of a part.
    #[error("has a part of dots and spaces only")]
    Dots,
    /// It has a NUL, at which some systems end a name.
    #[error("has a NUL")]
    Nul,
}

impl<'a> RelativePath<'a> {
    /// The path that a file name says, if it is one to follow.
    pub fn new(name: impl Into<Cow<'a, str>>) -> Result<Self, PathError> {
        let name = name.into();
        match fault(&name) {
            Some(fault) => Err(PathError { name: name.into_owned(), fault }),
            None => Ok(Self(name)),
        }
    }

    /// The path, its parts joined by `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders and, last, the file.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last part, which is all that ODK Collect keeps.
    #[must_use]
    pub fn base_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Whether Windows can have each part for a name. Not all of the others are refused there when they are opened: `con.png` is a
    /// device, what follows a colon goes into a hidden stream of another file, and a period at the end is left out.
    ///
    /// ```
    /// # use openrosa_xml::manifest::RelativePath;
    /// let fits = |name| RelativePath::new(name).is_ok_and(|path| path.fits_windows());
    /// assert!(fits("icons/badge.png"));
    /// assert!(!fits("con.png") && !fits("12:30.png") && !fits("badge."));
    /// ```
    #[must_use]
    pub fn fits_windows(&self) -> bool {
        !self.parts().any(is_reserved)
    }

    pub(super) fn into_text(self) -> Cow<'a, str> {
        self.0
    }

    /// The same path, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> RelativePath<'static> {
        RelativePath(owned(self.0))
    }
}

fn fault(name: &str) -> Option<PathFault> {
    let has_drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    match name {
        _ if name.contains('\0') => Some(PathFault::Nul),
        _ if has_drive => Some(PathFault::Drive),
        _ if name.starts_with('/') => Some(PathFault::Absolute),
        _ if name.contains('\\') => Some(PathFault::Backslash),
        _ => name.split('/').find_map(part_fault),
    }
}

fn part_fault(part: &str) -> Option<PathFault> {
    match part {
        "" => Some(PathFault::Empty),
        "." => Some(PathFault::Here),
        ".." => Some(PathFault::Parent),
        _ => part.chars().all(|c| matches!(c, '.' | ' ')).then_some(PathFault::Dots),
    }
}

fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || is_port(&stem);
    is_device
        || part.ends_with(['.', ' '])
        || part.contains(|c: char| "<>:\"|?*".contains(c) || c.is_control())
}

fn is_port(stem: &str) -> bool {
    let number = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    number.is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']))
}

impl fmt::Display for RelativePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-036: a drive, a leading slash, `..` and NUL are refused, and so is what another system would take for them.
    #[test]
    fn a_name_that_leads_out_of_its_folder_is_refused() {
        let told: Vec<_> = [
            "C:evil",
            "c:/evil",
            "/etc/passwd",
            "//host/share",
            "..",
            "../a",
            "a/../b",
            "a/..",
            "./a",
            "a//b",
            "a/",
            "",
            "..\\a",
            "\\\\host\\share",
            "a\0.png",
            ".. /a",
            "...",
        ]
        .into_iter()
        .map(|name| RelativePath::new(name).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        `C:evil` begins with a drive
        `c:/evil` begins with a drive
        `/etc/passwd` begins with `/`
        `//host/share` begins with `/`
        `..` has a part `..`
        `../a` has a part `..`
        `a/../b` has a part `..`
        `a/..` has a part `..`
        `./a` has a part `.`
        `a//b` has an empty part
        `a/` has an empty part
        `` has an empty part
        `..\a` has a backslash
        `\\host\share` has a backslash
        `a␀.png` has a NUL
        `.. /a` has a part of dots and spaces only
        `...` has a part of dots and spaces only
        ");
    }

    #[test]
    fn other_names_are_left_as_they_are() {
        for name in ["a.png", "a/b/c.png", "..a", "a..", "été 1.jpg", "10:30.jpg", " a ", "~", "-rf"] {
            let path = RelativePath::new(name).unwrap();
            assert_eq!((path.as_str(), path.to_string().as_str()), (name, name));
        }
        let path = RelativePath::new("a/b/c.png").unwrap();
        assert_eq!((path.parts().collect::<Vec<_>>(), path.base_name()), (vec!["a", "b", "c.png"], "c.png"));
    }
}
