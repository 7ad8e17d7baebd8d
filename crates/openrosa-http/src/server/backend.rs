//! What a host supplies: somewhere to put submissions.

use std::future::Future;

use bytes::Bytes;

use super::{Arrival, Caller, Form, Rejection, Submission};

/// Keeps submissions. The receiver does the talking; a backend stores, and answers for what it stored.
///
/// [`MemoryBackend`](super::MemoryBackend) is the shortest complete example.
pub trait Backend: Send + Sync + 'static {
    /// One request on its way in.
    type Upload: Upload;

    /// Starts an upload of this caller's. Nothing of it may be visible, or survive, before [`Upload::commit`].
    ///
    /// # Errors
    /// [`Rejection::Forbidden`] for a caller who may not send forms here: of such a one nothing is stored on the way.
    fn begin(&self, caller: &Caller) -> impl Future<Output = Result<Self::Upload, Rejection>> + Send;

    /// Whether submissions to `form` are taken from this caller; `false` answers 404. By default every form is, from everybody.
    ///
    /// It is asked when all of a submission is here.
    ///
    /// # Errors
    /// Any other refusal, as of an inactive form, or of a caller without the right to it.
    fn takes(&self, form: &Form, caller: &Caller) -> impl Future<Output = Result<bool, Rejection>> + Send {
        let _ = (form, caller);
        async { Ok(true) }
    }
}

/// One request on its way in. Dropping it without [`commit`](Self::commit) leaves nothing behind.
pub trait Upload: Send + 'static {
    /// A file begins; the [`write`](Self::write)s that follow are its content. Names and sizes come with the
    /// [`Submission`], whose `files` are in the order of these calls.
    fn open(&mut self) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// More of the file opened last.
    fn write(&mut self, chunk: Bytes) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// Decides by [`decide`](super::decide), then makes the XML, the files and the record of them durable together.
    ///
    /// Once this returns `Ok` the sender deletes its copy. While it decides and stores, no other upload to the same
    /// instance, its predecessor included, may do so. One that is [quarantined](Submission::quarantined) is held like any
    /// other, so that it is known when it comes again, and kept from whatever processes forms. What is held already stays where it
    /// is: out of quarantine, too.
    ///
    /// Once begun it is done to its end, though its sender may hang up meanwhile: only the end of the process breaks it off, or a
    /// panic in it. It goes on in a task of its own then, where what belongs to the task of the request is not there.
    ///
    /// # Errors
    /// What [`decide`](super::decide) says, or [`Rejection::internal`]. Nothing is stored then.
    fn commit(self, submission: Submission) -> impl Future<Output = Result<Stored, Rejection>> + Send;
}

/// A submission that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "this is what its sender is told")]
pub struct Stored {
    /// What it was.
    pub arrival: Arrival,
    /// Why it is in quarantine, as it is held now: it may have been let in since it came first. Of a form that is new,
    /// [`Submission::quarantined`] says it, too.
    pub quarantined: Option<String>,
    /// Why it is kept and no more: it cannot be processed as it is. Its sender is answered as for one that is
    /// [quarantined](Submission::quarantined); one that speaks CommCare's 3.0 with 422, by which it sets the form aside, too.
    pub unprocessed: Option<String>,
}

impl From<Arrival> for Stored {
    fn from(arrival: Arrival) -> Self {
        Self { arrival, quarantined: None, unprocessed: None }
    }
}

impl Stored {
    /// Why it is kept and no more, of a submission that is to be kept apart for this reason if it is new.
    pub(crate) fn apart<'s>(&'s self, quarantined: Option<&'s str>) -> Option<&'s str> {
        let first = match self.arrival {
            Arrival::New | Arrival::Edit { .. } => quarantined,
            Arrival::Duplicate | Arrival::MoreFiles { .. } => None,
        };
        self.unprocessed.as_deref().or(self.quarantined.as_deref()).or(first)
    }
}
