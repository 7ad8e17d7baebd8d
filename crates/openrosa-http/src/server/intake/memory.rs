//! Forms that come to those in memory.

use bytes::Bytes;
use openrosa_xml::manifest::RelativePath;

use super::{FormIntake, FormUpload, UploadedForm};
use crate::server::{Caller, FileName, MemoryForms, Rejection};

/// Anybody may put forms here.
impl FormIntake for MemoryForms {
    type Upload = MemoryFormUpload;

    async fn begin(&self, _: &Caller) -> Result<MemoryFormUpload, Rejection> {
        Ok(MemoryFormUpload { forms: self.clone(), files: Vec::new() })
    }
}

/// An upload to [`MemoryForms`].
#[derive(Debug)]
pub struct MemoryFormUpload {
    forms: MemoryForms,
    files: Vec<Vec<u8>>,
}

impl FormUpload for MemoryFormUpload {
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

    async fn commit(self, form: UploadedForm) -> Result<(), Rejection> {
        let paths = form.files.iter().map(|file| path(&file.name)).collect::<Result<Vec<_>, _>>()?;
        let files = paths.into_iter().zip(self.files.into_iter().map(Bytes::from));
        self.forms.take(&form, files.collect())
    }
}

/// What no client could put into a folder is no name for a file of a form.
fn path(name: &FileName) -> Result<RelativePath<'static>, Rejection> {
    RelativePath::new(name.as_str().to_owned())
        .map_err(|error| Rejection::BadRequest { reason: error.to_string() })
}
