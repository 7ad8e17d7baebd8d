//! The forms that CommCare HQ keeps, from which it can make every case anew.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use openrosa_xml::InstanceId;

/// A form in the log of CommCare HQ.
///
/// *Spec:* case-xml.md 4.4, 7.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Form {
    /// The id under which it is stored.
    pub form_id: InstanceId,
    /// The project it was sent to.
    pub domain: String,
    /// The document, as it was sent.
    pub source: String,
    /// Whether it counts.
    pub state: FormState,
    /// When the server got it. An edit keeps the moment of the form that it replaces.
    pub received_on: DateTime<Utc>,
    /// Its place in the order in which forms were stored, where that is counted: moments do not tell it, since clocks run back.
    /// An edit keeps the place of the form that it replaces.
    pub place: Option<u64>,
    /// When it took the place of another.
    pub edited_on: Option<DateTime<Utc>>,
    /// The id that it was sent with, where it is stored under another one.
    pub orig_id: Option<InstanceId>,
    /// The form that it took the place of, under the id that that one has now.
    pub deprecated_form_id: Option<InstanceId>,
    /// The sync token that came with it.
    pub sync_token: Option<String>,
    /// The names of the files that came with it.
    pub files: BTreeSet<String>,
}

/// What a form is to CommCare HQ. Only a normal one counts.
///
/// *Spec:* case-xml.md 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FormState {
    /// It counts.
    Normal,
    /// Set aside by hand, and can come back.
    Archived,
    /// An edit took its place.
    Deprecated,
    /// The same bytes had come before.
    Duplicate,
    /// It could not be applied; the same bytes may come again.
    Error,
}

impl Form {
    /// A form as it was sent, now.
    pub fn new(
        form_id: impl Into<InstanceId>,
        domain: impl Into<String>,
        source: impl Into<String>,
        received_on: DateTime<Utc>,
    ) -> Self {
        Self {
            form_id: form_id.into(),
            domain: domain.into(),
            source: source.into(),
            state: FormState::Normal,
            received_on,
            place: None,
            edited_on: None,
            orig_id: None,
            deprecated_form_id: None,
            sync_token: None,
            files: BTreeSet::new(),
        }
    }

    /// The same form in another state, such as one that could not be applied and is kept for that ([`FormState::Error`]).
    #[must_use]
    pub fn in_state(self, state: FormState) -> Self {
        Self { state, ..self }
    }

    /// What the cases that it touches get for `server_modified_on` (C-080).
    #[must_use]
    pub fn server_modified_on(&self) -> DateTime<Utc> {
        self.edited_on.map_or(self.received_on, |edited| edited.max(self.received_on))
    }
}
