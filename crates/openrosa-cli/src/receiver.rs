//! A server's submissions in a folder: what was acknowledged is on disk, what is on disk is whole.
//!
//! ```text
//! openrosa-data/
//!   lock                     held while a process uses the folder
//!   records/<key>.json       one a version: what it is, who sent it, which contents belong to it
//!   quarantine/<key>.json    the same, of forms that were acknowledged but are to be looked at first
//!   xml/<sha256>.xml         the forms, byte for byte
//!   files/<sha256>           the attachments
//!   staging/                 uploads on their way; emptied at every start
//! ```
//!
//! Contents are named by their hash and records by the hash of their key, so no text from the wire is ever a path.
//! A submission exists from the moment its record is renamed into place, and that is the last step: contents were
//! written, flushed and renamed before. A kill at any instant leaves either the whole submission or contents that no
//! record names, which the next start removes.
//!
//! Read them with anything; while a process serves the folder, write to it with nothing else.

mod locks;
mod record;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openrosa_http::server::{Arrival, Backend, Decision, RecordId, Rejection, Submission, decide};

use crate::durable::{self, At as _, DiskError};
use locks::Locks;
pub(crate) use record::{Noted, Record};
pub(crate) use upload::FolderUpload;

/// Submissions in a folder.
#[derive(Clone)]
pub(crate) struct FolderBackend {
    folder: Arc<Folder>,
}

struct Folder {
    root: PathBuf,
    records: Mutex<HashMap<RecordId, Record>>,
    locks: Locks,
    uploads: AtomicU64,
    /// Unlocked when the last upload is done with the folder.
    _lock: fs::File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("`{}` is in use by another process", .0.display())]
    InUse(PathBuf),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("the record `{}` cannot be read: {reason}", path.display())]
    Record { path: PathBuf, reason: String },
    #[error("the record `{}` names the content `{}`, which is gone", record.display(), content.display())]
    Gone { record: PathBuf, content: PathBuf },
}

impl FolderBackend {
    /// Opens the folder, or makes it; takes up what it holds and clears away what a crash left behind.
    pub(crate) fn open(root: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let root = make(&root.into())?;
        let lock = lock(&root)?;
        clear(&root.join("staging"), |_| false)?;
        let records = Record::all(&root)?;
        clear_unnamed(&root, &records)?;
        let records = Mutex::new(records);
        let folder =
            Folder { root, records, locks: Locks::default(), uploads: AtomicU64::new(0), _lock: lock };
        Ok(Self { folder: Arc::new(folder) })
    }

    /// How many versions are held, superseded ones included.
    pub(crate) fn len(&self) -> usize {
        self.folder.records().len()
    }

    /// Everything held, in the order of its arrival.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records: Vec<_> = self.folder.records().values().cloned().collect();
        records.sort_by(|a, b| (&a.received, &a.instance_id).cmp(&(&b.received, &b.instance_id)));
        records
    }

    /// Where the form of a record lies.
    pub(crate) fn xml_path(&self, record: &Record) -> PathBuf {
        self.folder.root.join(record.xml.xml_path())
    }
}

impl Backend for FolderBackend {
    type Upload = FolderUpload;

    async fn begin(&self) -> Result<FolderUpload, Rejection> {
        let number = self.folder.uploads.fetch_add(1, Ordering::Relaxed);
        Ok(FolderUpload::new(Arc::clone(&self.folder), number))
    }
}

impl Folder {
    /// Decides about a submission and stores it. `staged` holds its files, in their order, written but not flushed.
    fn take(&self, submission: &Submission, staged: &[PathBuf], spare: &Path) -> Result<Arrival, Rejection> {
        let (id, predecessor) = (submission.record(), submission.predecessor());
        let _held = self.locks.hold([Some(&id), predecessor.as_ref()].into_iter().flatten());
        let decision = self.decide(submission, &id, predecessor.as_ref())?;
        if decision.arrival.changed_something() {
            self.store(submission, &decision, staged, spare).map_err(Rejection::internal)?;
        }
        Ok(decision.arrival)
    }

    fn decide(
        &self,
        submission: &Submission,
        id: &RecordId,
        predecessor: Option<&RecordId>,
    ) -> Result<Decision, Rejection> {
        let records = self.records();
        let same = records.get(id).map(Record::held);
        let before = predecessor.and_then(|id| records.get(id)).map(Record::held);
        decide(submission, same.as_ref(), before.as_ref())
    }

    /// Contents first, the record last: the rename of the record is the moment the submission exists.
    fn store(
        &self,
        submission: &Submission,
        decision: &Decision,
        staged: &[PathBuf],
        spare: &Path,
    ) -> Result<(), DiskError> {
        let id = submission.record();
        let known = self.records().get(&id).cloned();
        let record =
            known.unwrap_or_else(|| Record::of(submission, &decision.arrival)).with_files(&decision.files);
        for (file, staged) in submission.files.iter().zip(staged) {
            durable::move_in(staged, &self.root.join(record::file_path(file.fingerprint)))?;
        }
        durable::write(spare, &submission.xml, &self.root.join(record.xml.xml_path()))?;
        durable::sync_folder(&self.root.join("files"))?;
        durable::sync_folder(&self.root.join("xml"))?;
        durable::write(spare, &record.to_json(), &self.root.join(record.path()))?;
        durable::sync_folder(&self.root.join(record.folder()))?;
        self.remember(id, record);
        Ok(())
    }

    fn remember(&self, id: RecordId, record: Record) {
        let mut records = self.records();
        if let Some(replaced) = record.predecessor().and_then(|id| records.get_mut(&id)) {
            replaced.superseded = true;
        }
        records.insert(id, record);
    }

    fn records(&self) -> MutexGuard<'_, HashMap<RecordId, Record>> {
        // Only whole records are ever put in, so what a panic left is whole.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the folder and those in it, durably; where it really lies.
fn make(root: &Path) -> Result<PathBuf, DiskError> {
    let is_new = !root.try_exists().at(root)?;
    fs::create_dir_all(root).at(root)?;
    let root = fs::canonicalize(root).at(root)?;
    for part in ["records", "quarantine", "xml", "files", "staging"] {
        let path = root.join(part);
        fs::create_dir_all(&path).at(&path)?;
    }
    durable::sync_folder(&root)?;
    if let Some(parent) = root.parent().filter(|_| is_new) {
        durable::sync_folder(parent)?;
    }
    Ok(root)
}

fn lock(root: &Path) -> Result<fs::File, OpenError> {
    let path = root.join("lock");
    let file = fs::File::create(&path).at(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(root.to_owned())),
        Err(TryLockError::Error(error)) => Err(DiskError::new(&path, error).into()),
    }
}

/// Removes contents that no record names: their upload never came to its end.
fn clear_unnamed(root: &Path, records: &HashMap<RecordId, Record>) -> Result<(), DiskError> {
    let named: HashSet<OsString> = records.values().flat_map(Record::contents).map(file_name).collect();
    for part in ["files", "xml"] {
        clear(&root.join(part), |name| named.contains(name))?;
    }
    Ok(())
}

fn file_name(path: PathBuf) -> OsString {
    path.file_name().map(ToOwned::to_owned).unwrap_or_default()
}

fn clear(folder: &Path, keep: impl Fn(&OsString) -> bool) -> Result<(), DiskError> {
    for entry in fs::read_dir(folder).at(folder)? {
        let entry = entry.at(folder)?;
        if !keep(&entry.file_name()) {
            fs::remove_file(entry.path()).at(&entry.path())?;
        }
    }
    Ok(())
}
