//! Building what every known reader accepts.
//!
//! The types of [`case`](crate::case) and [`instance`](crate::instance) can hold anything that was ever sent; the
//! builders here can only end in documents that the device and CommCare HQ, ODK Central, Aggregate and KoBoToolbox all
//! understand alike. What they refuse, they refuse with a [`BuildError`] that names it.
//!
//! ```
//! use chrono::DateTime;
//! use openrosa_xml::build::{Author, NewCase, NewForm, NewMeta};
//!
//! let opened = DateTime::parse_from_rfc3339("2024-05-01T11:59:00+02:00")?;
//! let saved = DateTime::parse_from_rfc3339("2024-05-01T12:00:00+02:00")?;
//! let author = Author::new("9fd39ac868eccdc0", saved);
//! let mother = NewCase::create("c-1", "patient", "Amina", "9fd39ac868eccdc0", &author).property("village", "Kibaha");
//! let child = NewCase::create("c-2", "patient", "Juma", "9fd39ac868eccdc0", &author).child_of("parent", "patient", "c-1");
//!
//! let meta = NewMeta::commcare("0d1b4a0e-9c67-4a0e-8c67-0a6f0c6a2b11", &author, "commcare_1f0e", opened);
//! let form = NewForm::new("http://example.org/visit", meta)
//!     .version("3")
//!     .answer("village", "Kibaha")
//!     .case(mother)
//!     .case(child)
//!     .write()?;
//! assert_eq!(openrosa_xml::Instance::read(&form)?.cases().len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod case;
mod error;
mod form;
mod meta;
mod snapshot;

use chrono::{DateTime, FixedOffset};

use crate::{
    case::Field,
    ids::UserId,
    profile::Profile,
    xml::chars::{is_char, trim},
};

pub use case::NewCase;
pub use error::BuildError;
pub use form::NewForm;
pub use meta::NewMeta;
pub use snapshot::CaseSnapshot;

/// Who acts, and when by the clock of the device.
///
/// *Wire:* `@user_id` and `@date_modified` of each case block, `userID` and `timeEnd` of the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Author {
    /// Who.
    pub user: UserId,
    /// When, with the offset that the device keeps.
    pub at: DateTime<FixedOffset>,
}

impl Author {
    /// This user at this moment.
    pub fn new(user: impl Into<UserId>, at: DateTime<FixedOffset>) -> Self {
        Self { user: user.into(), at }
    }
}

/// The longest identifier that the metadata schema allows (openrosa.md 3.2), in characters.
const LONGEST_ID: usize = 249;

/// The longest value in the columns of both reference servers' case tables (case-xml.md 1.14), in UTF-16 units, of which
/// a text has at least as many as code points.
const LONGEST_COLUMN: usize = 255;

fn check_present(what: &'static str, text: &str) -> Result<(), BuildError> {
    if trim(text).is_empty() { Err(BuildError::Blank { what }) } else { Ok(()) }
}

/// An identifier: there, and without white space around it, which some readers trim and others keep.
fn check_id(what: &'static str, text: &str, longest: usize) -> Result<(), BuildError> {
    check_present(what, text)?;
    if text.trim_matches(|c| c <= ' ') != text {
        return Err(BuildError::Spaced { what, text: text.to_owned() });
    }
    check_length(what, text.encode_utf16().count(), longest)?;
    check_text(what, text)
}

fn check_column(what: &'static str, text: &str) -> Result<(), BuildError> {
    check_length(what, text.encode_utf16().count(), LONGEST_COLUMN)?;
    check_text(what, text)
}

/// Any text: no longer than the device can store, and nothing in it that XML cannot hold.
fn check_text(what: &str, text: &str) -> Result<(), BuildError> {
    if let Some(c) = text.chars().find(|&c| !is_char(c)) {
        return Err(BuildError::Character { what: what.to_owned(), code: c.into() });
    }
    check_length(what, Field::too_large(text, Profile::Device).unwrap_or_default(), Field::MOST_BYTES)
}

fn check_length(what: &str, length: usize, longest: usize) -> Result<(), BuildError> {
    if length > longest {
        return Err(BuildError::TooLong { what: what.to_owned(), length, longest });
    }
    Ok(())
}
