//! What a host supplies: somewhere to put submissions.

use std::future::Future;

use bytes::Bytes;

use super::{Arrival, Form, Rejection, Submission};

/// Keeps submissions. The receiver does the talking; a backend stores, and answers for what it stored.
///
/// [`MemoryBackend`](super::MemoryBackend) is the shortest complete example.
pub trait Backend: Send + Sync + 'static {
    /// One request on its way in.
    type Upload: Upload;

    /// Starts an upload. Nothing of it may be visible, or survive, before [`Upload::commit`].
    fn begin(&self) -> impl Future<Output = Result<Self::Upload, Rejection>> + Send;

    /// Whether submissions to `form` are taken; `false` answers 404. By default every form is.
    ///
    /// It is asked when all of a submission is here, and is not told who sends: of a sender without the right to a form,
    /// [`Upload::commit`] decides, which is told.
    ///
    /// # Errors
    /// Any other refusal, as of an inactive form.
    fn takes(&self, form: &Form) -> impl Future<Output = Result<bool, Rejection>> + Send {
        let _ = form;
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
    /// other, so that it is known when it comes again, and kept from whatever processes forms.
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
    /// Why it is kept and no more: it cannot be processed as it is. Its sender is answered as for one that is
    /// [quarantined](Submission::quarantined); one that speaks CommCare's 3.0 with 422, by which it sets the form aside, too.
    pub unprocessed: Option<String>,
}

impl From<Arrival> for Stored {
    fn from(arrival: Arrival) -> Self {
        Self { arrival, unprocessed: None }
    }
}
