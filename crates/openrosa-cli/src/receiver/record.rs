//! What the folder writes down about one version of an instance.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use openrosa_http::server::{
    Arrival, File, FileName, Fingerprint, Held, HeldFile, HeldFiles, RecordId, Submission,
};
use openrosa_xml::check::Finding;
use serde::{Deserialize, Serialize};

use super::OpenError;
use super::durable::{At as _, DiskError};

/// One version of an instance, as `records/<key>.json` holds it. Unknown members are refused: they would be lost
/// when files are added.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) form: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) instance_id: String,
    /// The version this one took the place of. That a version is superseded is written here, in its successor, and
    /// nowhere else: so an edit is one rename and not two.
    pub(crate) replaces: Option<String>,
    /// RFC 3339, by the server's clock.
    pub(crate) received: String,
    pub(crate) user: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) app_id: Option<String>,
    pub(crate) xml: Content,
    pub(crate) files: Vec<RecordedFile>,
    /// What was found wrong with the form, where that was looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) findings: Vec<Noted>,
    /// Why it is in quarantine, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quarantined: Option<String>,
    #[serde(skip)]
    pub(crate) superseded: bool,
}

/// A finding of `openrosa check`, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Noted {
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) message: String,
}

impl Noted {
    pub(crate) fn of(finding: &Finding) -> Self {
        Self {
            code: finding.code().to_owned(),
            severity: finding.severity.name().to_owned(),
            line: finding.place.start.line,
            column: finding.place.start.column,
            message: finding.message().to_string(),
        }
    }
}

/// Some bytes in the folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// One attachment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RecordedFile {
    pub(crate) name: String,
    field_name: Option<String>,
    file_name: Option<String>,
    content_type: Option<String>,
    #[serde(flatten)]
    pub(crate) content: Content,
    /// It came with the version that this one replaced.
    pub(crate) carried: bool,
}

impl Content {
    fn fingerprint(&self) -> Option<Fingerprint> {
        Fingerprint::from_hex(&self.sha256)
    }

    /// Inside the folder. A record that was read has been checked: `sha256` is hex digits and nothing else.
    pub(crate) fn xml_path(&self) -> PathBuf {
        Path::new("xml").join(format!("{}.xml", self.sha256))
    }
}

/// Where an attachment lies inside the folder.
pub(super) fn file_path(fingerprint: Fingerprint) -> PathBuf {
    Path::new("files").join(fingerprint.to_string())
}

impl Record {
    pub(super) fn of(submission: &Submission, arrival: &Arrival) -> Self {
        let sender = submission.sender.clone();
        let replaces = match arrival {
            Arrival::Edit { of } => Some(of.clone()),
            _ => None,
        };
        Self {
            form: submission.form.id.clone(),
            version: submission.form.version.clone(),
            instance_id: submission.instance_id.to_string(),
            replaces,
            received: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            user: sender.user,
            device_id: sender.device_id,
            domain: sender.domain,
            app_id: sender.app_id,
            xml: Content {
                sha256: submission.xml_fingerprint().to_string(),
                bytes: submission.xml.len() as u64,
            },
            files: Vec::new(),
            findings: submission.findings.iter().map(Noted::of).collect(),
            quarantined: submission.quarantined.clone(),
            superseded: false,
        }
    }

    pub(super) fn with_files(mut self, files: &HeldFiles) -> Self {
        self.files = files.values().map(RecordedFile::of).collect();
        self
    }

    pub(super) fn id(&self) -> RecordId {
        RecordId::new(self.form.clone(), &*self.instance_id)
    }

    pub(super) fn predecessor(&self) -> Option<RecordId> {
        self.replaces.as_deref().map(|id| RecordId::new(self.form.clone(), id))
    }

    /// Where it lies inside the root.
    pub(super) fn folder(&self) -> &'static str {
        if self.quarantined.is_some() { "quarantine" } else { "records" }
    }

    /// The file inside the root. A form that is absent and one that is blank are two.
    pub(super) fn path(&self) -> PathBuf {
        let id = self.id();
        let form = id.form.as_ref().map_or("-".to_owned(), |form| format!("+{form}"));
        let key = Fingerprint::of(format!("{form}\0{}", id.instance_id).as_bytes());
        Path::new(self.folder()).join(format!("{key}.json"))
    }

    /// Every content it needs, inside the folder.
    pub(super) fn contents(&self) -> Vec<PathBuf> {
        let files = self.files.iter().map(|file| Path::new("files").join(&file.content.sha256));
        files.chain([self.xml.xml_path()]).collect()
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("strings and numbers are always JSON")
    }

    /// What is held, as the decision wants it.
    pub(super) fn held(&self) -> Held {
        let files = self.files.iter().filter_map(RecordedFile::held);
        let files: HeldFiles = files.map(|held| (held.file.name.clone(), held)).collect();
        let xml = self.xml.fingerprint().expect("checked when the record was read");
        Held { xml, superseded: self.superseded, files }
    }

    /// All records of a folder. One that cannot be read, or whose contents are not there, stops everything: to go on
    /// would be to take a resend for something new, or to acknowledge what is no longer held.
    pub(super) fn all(root: &Path) -> Result<HashMap<RecordId, Self>, OpenError> {
        let mut records = HashMap::new();
        for folder in ["records", "quarantine"].map(|part| root.join(part)) {
            for entry in fs::read_dir(&folder).at(&folder)? {
                let path = entry.at(&folder)?.path();
                let record = Self::read(&path)?;
                record.check_contents(root, &path)?;
                records.insert(record.id(), record);
            }
        }
        let replaced: BTreeSet<_> = records.values().filter_map(Self::predecessor).collect();
        for id in replaced {
            if let Some(record) = records.get_mut(&id) {
                record.superseded = true;
            }
        }
        Ok(records)
    }

    fn read(path: &Path) -> Result<Self, OpenError> {
        let bad = |reason: String| OpenError::Record { path: path.to_owned(), reason };
        let json = fs::read(path).at(path)?;
        let record: Self = serde_json::from_slice(&json).map_err(|error| bad(error.to_string()))?;
        match record.misnamed() {
            Some(content) => Err(bad(format!("`{}` is no SHA-256", content.sha256))),
            None => Ok(record),
        }
    }

    /// A content whose name is no hash could lie anywhere.
    fn misnamed(&self) -> Option<&Content> {
        let mut contents = self.files.iter().map(|file| &file.content).chain([&self.xml]);
        contents.find(|content| content.fingerprint().is_none())
    }

    fn check_contents(&self, root: &Path, path: &Path) -> Result<(), OpenError> {
        for content in self.contents() {
            if !root.join(&content).try_exists().map_err(|error| DiskError::new(&content, error))? {
                return Err(OpenError::Gone { record: path.to_owned(), content });
            }
        }
        Ok(())
    }
}

impl RecordedFile {
    fn of(held: &HeldFile) -> Self {
        let file = held.file.clone();
        Self {
            name: file.name.to_string(),
            field_name: file.field_name,
            file_name: file.file_name,
            content_type: file.content_type,
            content: Content { sha256: file.fingerprint.to_string(), bytes: file.length },
            carried: held.carried,
        }
    }

    fn held(&self) -> Option<HeldFile> {
        let file = File {
            name: FileName::new(&self.name).ok()?,
            field_name: self.field_name.clone(),
            file_name: self.file_name.clone(),
            content_type: self.content_type.clone(),
            length: self.content.bytes,
            fingerprint: self.content.fingerprint()?,
        };
        Some(HeldFile { file, carried: self.carried })
    }
}
