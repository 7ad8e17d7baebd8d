//! Blank forms on their way in, as Briefcase pushes them.

mod endpoint;
mod memory;

use std::future::Future;

use bytes::Bytes;

use super::{Caller, File, FormVersion, Rejection};

pub use memory::MemoryFormUpload;

/// Takes blank forms. [`MemoryForms`](super::MemoryForms) is the shortest complete example.
///
/// *Spec*: openrosa.md 6.3.
pub trait FormIntake: Send + Sync + 'static {
    /// One request on its way in.
    type Upload: FormUpload;

    /// Starts an upload. Nothing of it may be visible, or survive, before [`FormUpload::commit`].
    ///
    /// # Errors
    /// [`Rejection::Forbidden`] for a caller who may not put forms here.
    fn begin(&self, caller: &Caller) -> impl Future<Output = Result<Self::Upload, Rejection>> + Send;
}

/// One request on its way in. Dropping it without [`commit`](Self::commit) leaves nothing behind.
pub trait FormUpload: Send + 'static {
    /// A file begins; the [`write`](Self::write)s that follow are its content. Names and sizes come with the
    /// [`UploadedForm`], whose `files` are in the order of these calls.
    fn open(&mut self) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// More of the file opened last.
    fn write(&mut self, chunk: Bytes) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// Makes the form and its files durable together. A form that is there already, byte for byte, gets more files: what is too
    /// much for one request comes in several, each with the form. Once begun it is done to its end, as
    /// [`Upload::commit`](super::Upload::commit) is.
    ///
    /// # Errors
    /// [`Rejection::FormExists`] where the same version is there with other bytes, or a file is. Nothing is stored then.
    fn commit(self, form: UploadedForm) -> impl Future<Output = Result<(), Rejection>> + Send;
}

/// A blank form that was received whole and read. Its files went to the [`FormUpload`] as they came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UploadedForm {
    /// The form, byte for byte.
    pub xml: Bytes,
    /// Which it is, by what it says itself; without a version, that is empty.
    pub form: FormVersion,
    /// What people call it: its title, else the field `form_name`, else its id.
    pub name: String,
    /// The files beside it, in the order in which the [`FormUpload`] received them.
    pub files: Vec<File>,
    /// Who sent it.
    pub sender: Caller,
}
