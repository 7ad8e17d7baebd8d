//! One submission as the server understood it: the XML, where it belongs, its files, and who sent it.

use std::fmt;

use bytes::Bytes;
use openrosa_xml::check::Finding;
use openrosa_xml::instance::{Heading, InstanceIdText, OtherDocument};
use openrosa_xml::xml::decode;

use super::{Caller, FileName, Fingerprint, MissingInstanceId, Policy, Rejection, UnknownPredecessor};

/// A submission that was received whole and read. The files went to the [`Upload`](super::Upload) as they came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Submission {
    /// The XML part, byte for byte. It may be a piece of what came over the wire, and keeps that in memory: who keeps it for long
    /// keeps a copy.
    pub xml: Bytes,
    /// The form it is an instance of.
    pub form: Form,
    /// What it calls itself.
    pub instance_id: InstanceName,
    /// The version it replaces, trimmed; `None` when absent or blank.
    pub deprecated_id: Option<String>,
    /// The attachments, in the order in which the [`Upload`](super::Upload) received them.
    pub files: Vec<File>,
    /// The text fields, in order: `*isIncomplete*`, a CSRF token. Nothing is decided by them.
    pub fields: Vec<TextField>,
    /// Who sent it, and whereto.
    pub sender: Caller,
    /// What was found wrong with the form, where the [policy](super::CheckPolicy) has it looked for.
    pub findings: Vec<Finding>,
    /// It is to be kept apart from the forms that are processed, and why; unless it is held already, when what has become of it
    /// stays.
    pub quarantined: Option<String>,
    /// Why it is not to be taken in; unless it is held already.
    pub(crate) refused: Option<String>,
    pub(crate) unknown_predecessor: UnknownPredecessor,
    fingerprint: Fingerprint,
}

impl Submission {
    /// Reads the XML part, as the receiver does. What is wrong with it as a submission is not our affair; what keeps it from
    /// being read is.
    ///
    /// # Errors
    /// What the [policy](Policy) has against it.
    pub fn read(xml: Bytes, sender: Caller, policy: &Policy) -> Result<Self, Rejection> {
        let fingerprint = Fingerprint::of(&xml);
        let unreadable = |error| policy.unusable(Rejection::Xml(error));
        let source = decode(&xml).map_err(unreadable)?;
        let heading = Heading::read(&source).map_err(unreadable)?;
        if let Some(other) = OtherDocument::of(&heading.root().name) {
            return Err(policy.unusable(Rejection::NoForm(other)));
        }
        let written = heading.instance_id().and_then(InstanceIdText::into_trimmed);
        let instance_id = match (written, policy.missing_instance_id) {
            (Some(id), _) => InstanceName::Written(id),
            (None, MissingInstanceId::Derive) => InstanceName::Derived(fingerprint),
            (None, MissingInstanceId::Refuse) => return Err(Rejection::NoInstanceId),
        };
        let deprecated_id = heading.deprecated_id().and_then(InstanceIdText::into_trimmed);
        let form = Form::of(&heading);
        drop(heading);
        drop(source);
        Ok(Self {
            xml,
            form,
            instance_id,
            deprecated_id,
            files: Vec::new(),
            fields: Vec::new(),
            sender,
            findings: Vec::new(),
            quarantined: None,
            refused: None,
            unknown_predecessor: policy.unknown_predecessor,
            fingerprint,
        })
    }

    /// What becomes of it where it is an edit of what is not held, by the policy; and of what comes after its edit. See
    /// [`decide`](super::decide).
    #[must_use]
    pub const fn unknown_predecessor(&self) -> UnknownPredecessor {
        self.unknown_predecessor
    }

    /// Of [`xml`](Self::xml).
    #[must_use]
    pub fn xml_fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The key under which it is held.
    #[must_use]
    pub fn record(&self) -> RecordId {
        self.record_called(match &self.instance_id {
            InstanceName::Written(id) => id.clone(),
            derived @ InstanceName::Derived(_) => derived.to_string(),
        })
    }

    /// The key of the version it replaces.
    #[must_use]
    pub fn predecessor(&self) -> Option<RecordId> {
        self.deprecated_id.clone().map(|id| self.record_called(id))
    }

    fn record_called(&self, instance_id: String) -> RecordId {
        RecordId { form: self.form.id.clone(), instance_id }
    }
}

/// The form an instance belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Form {
    /// Root `@id`, else the root namespace.
    pub id: Option<String>,
    /// Root `@version`; absent is not the same as empty.
    pub version: Option<String>,
}

impl Form {
    fn of(heading: &Heading<'_>) -> Self {
        let key = heading.form_key();
        Self { id: key.id.map(|id| id.to_string()), version: key.version.map(|version| version.to_string()) }
    }
}

/// The identity of a version: instance IDs are unique within a form, as ODK Central has it. (CommCare HQ takes them
/// for unique everywhere, but the corpus of real submissions holds one called `one` for each of four forms.)
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct RecordId {
    /// [`Form::id`].
    pub form: Option<String>,
    /// The instance ID, trimmed.
    pub instance_id: String,
}

impl RecordId {
    /// The key for an instance of a form.
    #[must_use]
    pub fn new(form: Option<String>, instance_id: impl Into<String>) -> Self {
        Self { form, instance_id: instance_id.into() }
    }
}

/// What an instance is called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an instance has an ID or it has none")]
pub enum InstanceName {
    /// Its `instanceID`, trimmed.
    Written(String),
    /// It has none; it goes by its bytes, so that sending it again does not make a second one.
    Derived(Fingerprint),
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(id) => f.write_str(id),
            Self::Derived(fingerprint) => write!(f, "sha256:{fingerprint}"),
        }
    }
}

/// One attachment, as its part described it and as its bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends rebuild it from their own records")]
pub struct File {
    /// What it goes by.
    pub name: FileName,
    /// The name of its form field.
    pub field_name: Option<String>,
    /// The file name, path parts included.
    pub file_name: Option<String>,
    /// The media type the sender gave.
    pub content_type: Option<String>,
    /// In bytes.
    pub length: u64,
    /// Of its bytes.
    pub fingerprint: Fingerprint,
}

/// A part that is not a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextField {
    /// The name of the field.
    pub name: String,
    /// Its value, cut at [`Limits::field`](super::Limits::field).
    pub value: String,
}
