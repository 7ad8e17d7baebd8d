//! Blank forms and what goes with them: form list, form, manifest, media files, deleted entities.

mod endpoints;
mod memory;

use std::future::Future;

use openrosa_xml::FileHash;
use openrosa_xml::manifest::RelativePath;

use super::{Caller, Content, Listing, Rejection};
use crate::api::form_list;

pub use memory::MemoryForms;

/// The blank forms of a host. `None` is what it does not have, or not for this caller: 404.
///
/// [`MemoryForms`](super::MemoryForms) is the shortest complete example.
pub trait Forms: Send + Sync + 'static {
    /// The forms for this caller: the one of the id that was asked for, and one version of each unless all were asked for.
    fn list(
        &self,
        asked: &form_list::Request,
        caller: &Caller,
    ) -> impl Future<Output = Result<Listing<BlankForm>, Rejection>> + Send;

    /// A form, byte for byte that of which [`BlankForm::hash`] is the MD5.
    fn form(
        &self,
        form: &FormVersion,
        caller: &Caller,
    ) -> impl Future<Output = Result<Option<Content>, Rejection>> + Send;

    /// The files that a form has beside itself, and that are there. They are listed in the order of their paths, whatever
    /// the order here.
    fn files(
        &self,
        form: &FormVersion,
        caller: &Caller,
    ) -> impl Future<Output = Result<Option<Vec<FormFile>>, Rejection>> + Send;

    /// One of these files, from this byte on if that is no trouble: the client has what is before it.
    fn file(
        &self,
        form: &FormVersion,
        path: &RelativePath<'_>,
        from: u64,
        caller: &Caller,
    ) -> impl Future<Output = Result<Option<Content>, Rejection>> + Send;

    /// Which entities of a list were deleted, by id: those asked for, or all where none is. An entity that is not told of is
    /// one that was never known. By default no file is a list of entities.
    fn deleted(
        &self,
        form: &FormVersion,
        list: &RelativePath<'_>,
        ids: &[String],
        caller: &Caller,
    ) -> impl Future<Output = Result<Option<Listing<(String, bool)>>, Rejection>> + Send {
        let _ = (form, list, ids, caller);
        async { Ok(None) }
    }
}

/// One version of a form, as an address names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a form is named by these two (openrosa.md 3.1)")]
pub struct FormVersion {
    /// The id.
    pub id: String,
    /// The version: an empty one is that of a form without versions, and `None` means the one in force.
    pub version: Option<String>,
}

/// A form in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "this is what lists say of forms (openrosa.md 4.2)")]
pub struct BlankForm {
    /// The id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The version, if it has one.
    pub version: Option<String>,
    /// The MD5 of exactly the bytes that [`Forms::form`] hands out.
    pub hash: FileHash,
    /// What it is for. It is told only to who asks to be told much.
    pub description: Option<String>,
    /// Whether there are files beside it.
    pub has_files: bool,
}

/// A file beside a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "this is what manifests say of files (openrosa.md 4.3)")]
pub struct FormFile {
    /// Where it belongs in the form's folder.
    pub path: RelativePath<'static>,
    /// The MD5 of its bytes; of a list of entities, whatever changes with the list.
    pub hash: FileHash,
    /// Whether it is a list of entities, of which [`Forms::deleted`] can be asked.
    pub is_entity_list: bool,
}
