//! One document on its way into a state.

use std::path::Path;

use chrono::{DateTime, FixedOffset};
use openrosa_xml::{CaseDb, restore::RestoreItem};

use crate::{cmd::show::begins_answer, exit::Failure, input::Input};

/// A document, and when it came.
pub(crate) struct Document {
    /// What it was called when it came.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// In the zone of the device.
    pub(crate) at: DateTime<FixedOffset>,
}

/// What it is to a state of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Form,
    Restore,
    SearchResults,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Restore => "restore",
            Self::SearchResults => "search results",
        }
    }
}

impl Document {
    /// Reads a file; `-` is standard input.
    pub(crate) fn open(path: &Path, at: DateTime<FixedOffset>) -> Result<Self, Failure> {
        let Input { name, bytes } = Input::open(path)?;
        Ok(Self { name, bytes, at })
    }
}

impl Kind {
    /// What a document is, by its root. Every root that is no other's may be a form's (openrosa.md 3.1).
    pub(crate) fn of(source: &str) -> Self {
        if begins_answer(source.as_bytes()) {
            return Self::Restore;
        }
        match CaseDb::read(source) {
            Ok(found) if found.is_case_db() => Self::SearchResults,
            _ => Self::Form,
        }
    }
}

/// Why a server gave no restore, where that is what it answered (ota-restore.md 1.6, 2.4).
pub(crate) fn reason_for_none<'i>(item: &'i RestoreItem<'_>) -> Option<&'i str> {
    match item {
        RestoreItem::Message(message) if message.nature.as_deref() == Some("ota_restore_error") => {
            Some(message.text.trim())
        }
        _ => None,
    }
}
