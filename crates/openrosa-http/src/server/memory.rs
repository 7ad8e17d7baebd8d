//! A backend that forgets: for tests, and for hosts that only look at submissions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{
    Arrival, Backend, Caller, FileName, Fingerprint, Held, HeldFile, HeldFiles, RecordId, Rejection, Stored,
    Submission, UnknownPredecessor, Upload, decide,
};

/// Keeps everything in memory. Clones share what they keep.
#[derive(Clone, Debug, Default)]
pub struct MemoryBackend {
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Debug, Default)]
struct Shelf {
    records: HashMap<RecordId, Record>,
    /// The versions that say they take the place of one, whether that is here or not.
    edits: HashMap<RecordId, Vec<RecordId>>,
    /// How many changes there were.
    changes: u64,
    contents: HashMap<Fingerprint, Bytes>,
}

/// What is asked for at each resend lies together; the submission lies elsewhere.
#[derive(Debug)]
struct Record {
    held: Held,
    quarantined: Option<String>,
    /// Which change to the shelf was the last to this record.
    changed: u64,
    submission: Box<Submission>,
}

impl MemoryBackend {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many versions are held, superseded ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shelf().records.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The submission that made the version, with the files of that first request.
    #[must_use]
    pub fn submission(&self, record: &RecordId) -> Option<Submission> {
        self.shelf().records.get(record).map(|record| Submission::clone(&record.submission))
    }

    /// What the version holds now.
    #[must_use]
    pub fn held(&self, record: &RecordId) -> Option<Held> {
        self.shelf().records.get(record).map(|record| record.held.clone())
    }

    /// The content of a file of a version.
    #[must_use]
    pub fn content(&self, record: &RecordId, name: &FileName) -> Option<Bytes> {
        let shelf = self.shelf();
        let held = shelf.records.get(record)?.held.files.get(name)?;
        shelf.contents.get(&held.file.fingerprint).cloned()
    }

    /// The instance IDs of a form's versions in force, the one first that was changed longest ago.
    pub(super) fn current(&self, form_id: &str) -> Vec<String> {
        let shelf = self.shelf();
        let is_current =
            |id: &RecordId, record: &Record| id.form.as_deref() == Some(form_id) && !record.held.superseded;
        let current = shelf.records.iter().filter(|(id, record)| is_current(id, record));
        let mut current: Vec<_> = current.map(|(id, record)| (record.changed, &id.instance_id)).collect();
        current.sort_unstable();
        current.into_iter().map(|(_, id)| id.clone()).collect()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Every change is made after the last thing that can fail, so what a panic left is whole.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for MemoryBackend {
    type Upload = MemoryUpload;

    async fn begin(&self, _: &Caller) -> Result<MemoryUpload, Rejection> {
        Ok(MemoryUpload { backend: self.clone(), files: Vec::new() })
    }
}

/// An upload to a [`MemoryBackend`].
#[derive(Debug)]
pub struct MemoryUpload {
    backend: MemoryBackend,
    files: Vec<Vec<u8>>,
}

impl Upload for MemoryUpload {
    async fn open(&mut self) -> Result<(), Rejection> {
        self.files.push(Vec::new());
        Ok(())
    }

    async fn write(&mut self, chunk: Bytes) -> Result<(), Rejection> {
        if let Some(file) = self.files.last_mut() {
            file.extend_from_slice(&chunk);
        }
        Ok(())
    }

    async fn commit(self, submission: Submission) -> Result<Stored, Rejection> {
        self.backend.shelf().take(submission, self.files)
    }
}

impl Shelf {
    fn take(&mut self, submission: Submission, contents: Vec<Vec<u8>>) -> Result<Stored, Rejection> {
        let id = submission.record();
        let Some(record) = self.records.get_mut(&id) else { return self.take_new(id, submission, contents) };
        let decision = decide(&submission, Some(&record.held), None)?;
        self.changes += 1;
        (record.held.files, record.changed) = (decision.files, self.changes);
        let quarantined = record.quarantined.clone();
        self.keep(&submission, contents);
        Ok(Stored { quarantined, ..Stored::from(decision.arrival) })
    }

    fn take_new(
        &mut self,
        id: RecordId,
        mut submission: Submission,
        contents: Vec<Vec<u8>>,
    ) -> Result<Stored, Rejection> {
        let predecessor = submission.predecessor();
        let before = predecessor.as_ref().and_then(|id| self.records.get(id)).map(|record| &record.held);
        let decision = decide(&submission, None, before)?;
        let successors = match submission.unknown_predecessor {
            UnknownPredecessor::KeepAsNew => self.successors(&id),
            UnknownPredecessor::Refuse => Vec::new(),
        };
        self.pass_on(&decision.files, &successors);
        if let (Arrival::Edit { .. }, Some(of)) = (&decision.arrival, &predecessor)
            && let Some(record) = self.records.get_mut(of)
        {
            record.held.superseded = true;
        }
        self.keep(&submission, contents);
        self.changes += 1;
        let quarantined = submission.quarantined.clone();
        // With a piece of what came over the wire all of that would be kept.
        submission.xml = Bytes::copy_from_slice(&submission.xml);
        let (xml, superseded) = (submission.xml_fingerprint(), !successors.is_empty());
        let held = Held { xml, superseded, files: decision.files };
        if let Some(of) = predecessor {
            self.edits.entry(of).or_default().push(id.clone());
        }
        let record = Record {
            held,
            quarantined: quarantined.clone(),
            changed: self.changes,
            submission: Box::new(submission),
        };
        self.records.insert(id, record);
        Ok(Stored { quarantined, ..Stored::from(decision.arrival) })
    }

    fn keep(&mut self, submission: &Submission, contents: Vec<Vec<u8>>) {
        let fingerprints = submission.files.iter().map(|file| file.fingerprint);
        self.contents.extend(fingerprints.zip(contents.into_iter().map(Bytes::from)));
    }

    /// The edits of a version that came before it did, and theirs.
    fn successors(&self, id: &RecordId) -> Vec<RecordId> {
        let mut found: Vec<RecordId> = Vec::new();
        let (mut next, mut seen) = (Some(id.clone()), 0);
        while let Some(of) = next {
            for edit in self.edits.get(&of).into_iter().flatten() {
                if edit != id && !found.contains(edit) {
                    found.push(edit.clone());
                }
            }
            next = found.get(seen).cloned();
            seen += 1;
        }
        found
    }

    /// Gives the files of a version that came behind its edits to the one in force.
    fn pass_on(&mut self, files: &HeldFiles, successors: &[RecordId]) {
        for successor in successors {
            let Some(record) = self.records.get_mut(successor) else { continue };
            for (name, held) in files.iter().filter(|_| !record.held.superseded) {
                let carried = HeldFile { carried: true, ..held.clone() };
                record.held.files.entry(name.clone()).or_insert(carried);
            }
        }
    }
}
