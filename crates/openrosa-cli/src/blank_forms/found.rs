//! The forms in a folder.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use openrosa_http::server::{BlankForm, FormFile};
use openrosa_xml::xml::decode;
use openrosa_xml::{FileHash, XForm};

use super::{Unread, media};
use crate::exit::Failure;
use crate::folder::{Folder, file_name, open_whole};

/// A form that is handed out.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) listed: BlankForm,
    pub(super) path: PathBuf,
    /// As it was read: the file may be written over while devices fetch it.
    pub(super) source: Bytes,
    pub(super) files: Vec<(FormFile, PathBuf)>,
    written: Option<SystemTime>,
}

/// All that are there, by id and then by age; and what is not handed out. A form that cannot be read now is as it was before, with
/// its files as they are.
pub(super) fn all(folder: &Path, before: &[Found]) -> Result<(Vec<Found>, Vec<Unread>), Failure> {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for path in Folder::read(folder)?.forms {
        match Found::read(&path, &mut unread) {
            Ok(form) => found.push(form),
            Err(reason) => match before.iter().find(|form| form.path == path) {
                Some(form) => {
                    unread.push(Unread::new(&path, format_args!("{reason}; devices get what it was before")));
                    found.push(form.with_files(media::beside(&path, &mut unread)));
                }
                None => unread.push(Unread::new(&path, reason)),
            },
        }
    }
    found.sort_by(|a, b| a.age().cmp(&b.age()));
    Ok((without_doubles(found, &mut unread), unread))
}

/// Of two files that are the same version of a form, the newer one.
fn without_doubles(found: Vec<Found>, unread: &mut Vec<Unread>) -> Vec<Found> {
    let mut kept: Vec<Found> = Vec::new();
    for form in found {
        if let Some(at) = kept.iter().position(|older| older.is_version_of(&form)) {
            let older = kept.remove(at);
            unread.push(Unread::new(&older.path, form.in_the_way()));
        }
        kept.push(form);
    }
    kept
}

impl Found {
    fn read(path: &Path, unread: &mut Vec<Unread>) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let file = open_whole(path);
        file.and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|error| error.to_string())?;
        let source = decode(&bytes).map_err(|error| error.to_string())?;
        let form = XForm::read(&source).map_err(|error| error.to_string())?;
        if form.model().is_none() {
            return Err("it is no blank form: it has no model".to_owned());
        }
        let key = form.form_key();
        let id = key.id.filter(|id| !id.is_empty()).ok_or("its primary instance has no `id`")?;
        let name = form.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let files = media::beside(path, unread);
        let listed = BlankForm {
            name: name.unwrap_or(&id).to_owned(),
            version: key.version.map(Into::into).filter(|version: &String| !version.is_empty()),
            id: id.into_owned(),
            hash: FileHash::from_md5(Md5::digest(&bytes).into()),
            description: None,
            has_files: !files.is_empty(),
        };
        drop(form);
        let written = fs::metadata(path).and_then(|found| found.modified()).ok();
        Ok(Self { listed, path: path.to_owned(), source: bytes.into(), files, written })
    }

    /// The same form: what lies beside it now is handed out, and listed hashes have to be of that.
    fn with_files(&self, files: Vec<(FormFile, PathBuf)>) -> Self {
        let mut form = Self { files, ..self.clone() };
        form.listed.has_files = !form.files.is_empty();
        form
    }

    fn age(&self) -> (&str, Option<SystemTime>, &Path) {
        (&self.listed.id, self.written, &self.path)
    }

    fn is_version_of(&self, other: &Self) -> bool {
        (&self.listed.id, &self.listed.version) == (&other.listed.id, &other.listed.version)
    }

    /// Why an older file of the same form and version is not handed out.
    fn in_the_way(&self) -> String {
        let (name, id) = (file_name(&self.path), &self.listed.id);
        match &self.listed.version {
            Some(version) => format!("`{name}` is version `{version}` of form `{id}` as well, and newer"),
            None => format!("`{name}` is form `{id}` as well, and newer"),
        }
    }
}
