//! A form on its way into the outbox: what is known of it before it is kept.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use openrosa_http::api::submission::{Attachment, NameTaken, Request};
use openrosa_xml::{
    Instance,
    case::{Action, CaseBlock},
    instance::{FoundLedger, InstanceIdText},
    ledger::Ledger,
    xml::decode,
};

use crate::{device::DeviceKind, error::Error};

/// A form, and the files that go with it.
///
/// ```
/// use openrosa_store::device::outbox::{NewFile, NewForm};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let xml = "<data id='visit'><photo>1.jpg</photo><meta><instanceID>uuid:1</instanceID></meta></data>";
/// let form = NewForm::new(xml)?.attach(NewFile::bytes("1.jpg", "…"))?;
/// assert_eq!(form.instance_id(), "uuid:1");
/// assert!(NewForm::new("<data id='visit'/>").unwrap_err().lacks_instance_id());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct NewForm {
    pub(in crate::device) xml: Bytes,
    pub(super) file_name: String,
    pub(super) about: About,
    pub(super) files: Vec<NewFile>,
}

/// What a form says of itself, as far as sending it goes.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) instance_id: String,
    pub(super) form_id: Option<String>,
    /// What it is about, and whether it changes that.
    pub(super) touches: BTreeMap<(Kin, String), bool>,
}

/// What forms can have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kin {
    Case,
    Instance,
}

/// A file that goes with a form.
#[derive(Clone, Debug)]
pub struct NewFile {
    pub(super) name: String,
    pub(super) from: From,
}

#[derive(Clone, Debug)]
pub(super) enum From {
    Bytes(Bytes),
    Copied(PathBuf),
    Referenced(PathBuf),
}

impl NewForm {
    /// Reads a form. One that cannot be read is an error, as is one without an `instanceID`: no server could tell that a second
    /// attempt is no second form.
    pub fn new(xml: impl Into<Bytes>) -> Result<Self, Error> {
        let xml = xml.into();
        let about = About::read(&xml)?;
        let file_name = "submission.xml".to_owned();
        Ok(Self { xml, file_name, about, files: Vec::new() })
    }

    /// Names the form's own file, which some servers show to people.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.file_name = name.into();
        self
    }

    /// Adds a file behind those already there. Names are taken once.
    pub fn attach(mut self, file: NewFile) -> Result<Self, NameTaken> {
        self.files.push(file);
        let mut names = self.files.iter().map(|file| Attachment::bytes(&file.name, ""));
        names.try_fold(Request::new(""), Request::attach)?;
        Ok(self)
    }

    /// Its `instanceID`, without white space around it.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        &self.about.instance_id
    }
}

impl About {
    pub(super) fn read(xml: &[u8]) -> Result<Self, Error> {
        let text = decode(xml)?;
        let instance = Instance::read(&text)?;
        let id = instance.instance_id().and_then(InstanceIdText::into_trimmed);
        let instance_id = id.ok_or(DeviceKind::NoInstanceId)?;
        let form_id = instance.form_key().id.map(Cow::into_owned);
        let touches = touches(&instance, &instance_id);
        Ok(Self { instance_id, form_id, touches })
    }
}

impl NewFile {
    /// A file that is in memory.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { name: name.into(), from: From::Bytes(bytes.into()) }
    }

    /// A file that is copied into the database: what becomes of it on disk does not matter any more.
    pub fn copied(name: impl Into<String>, path: impl AsRef<Path>) -> Self {
        Self { name: name.into(), from: From::Copied(path.as_ref().to_owned()) }
    }

    /// A file that stays where it is, for want of room. Should it be gone or changed when the form is sent, the form is
    /// quarantined.
    pub fn referenced(name: impl Into<String>, path: impl AsRef<Path>) -> io::Result<Self> {
        // Another process, which works elsewhere, may be the one that sends.
        let path = std::path::absolute(path)?;
        let written = path.to_str().is_some();
        let unwritable = || io::Error::new(io::ErrorKind::InvalidInput, "the path is no Unicode text");
        written.then(|| Self { name: name.into(), from: From::Referenced(path) }).ok_or_else(unwritable)
    }
}

impl Kin {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Instance => "instance",
        }
    }
}

/// What the form is about, and whether it changes that.
///
/// Names are compared without white space around them, as some readers do: two forms too many in order do no harm.
fn touches(instance: &Instance<'_>, instance_id: &str) -> BTreeMap<(Kin, String), bool> {
    let mut touches = BTreeMap::new();
    let mut touch = |kin, name: &str, changes| {
        if !name.trim().is_empty() {
            *touches.entry((kin, name.trim().to_owned())).or_insert(false) |= changes;
        }
    };
    touch(Kin::Instance, instance_id, true);
    // A server knows what an edit replaces only once it has it (openrosa.md 2.6).
    if let Some(replaced) = instance.deprecated_id() {
        touch(Kin::Instance, replaced.trimmed(), false);
    }
    for found in instance.cases().iter().filter(|found| !found.in_device_report) {
        touch(Kin::Case, found.block.case_id.as_deref().unwrap_or_default(), true);
        for target in targets(&found.block) {
            touch(Kin::Case, &target, false);
        }
    }
    for found in instance.legacy_cases().iter().filter(|found| !found.in_device_report) {
        touch(Kin::Case, &found.block.case_id().unwrap_or_default(), true);
    }
    for found in instance.ledgers().iter().filter(|found| !found.in_device_report) {
        for holder in holders(found).into_iter().flatten() {
            touch(Kin::Case, holder, true);
        }
    }
    touches
}

fn targets<'b>(block: &'b CaseBlock<'_>) -> impl Iterator<Item = Cow<'b, str>> {
    let entries = block.actions.iter().filter_map(|action| match action {
        Action::Index(indices) => Some(&indices.entries),
        _ => None,
    });
    entries.flatten().map(|entry| entry.target.text())
}

fn holders<'b>(found: &'b FoundLedger<'_>) -> [Option<&'b str>; 2] {
    match &found.block {
        Ledger::Balance(balance) => [balance.entity_id.as_deref(), None],
        Ledger::Transfer(transfer) => [transfer.src.as_deref(), transfer.dest.as_deref()],
        _ => [None, None],
    }
}
