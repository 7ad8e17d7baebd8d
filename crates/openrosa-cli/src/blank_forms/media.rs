//! The files beside a form, in the folder `NAME-media`.

use std::path::{Path, PathBuf};

use openrosa_http::server::FormFile;
use openrosa_xml::manifest::RelativePath;

use super::Unread;
use crate::exit::Failure;
use crate::folder::{Folder, file_name, hash_of};

/// Whether a folder may be one of such files.
pub(super) fn is_media(folder: &Path) -> bool {
    file_name(folder).ends_with("-media")
}

/// What lies in it, hidden things left out: files and folders.
pub(super) fn inside(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let inside = Folder::read(folder)?;
    let mut files = [inside.forms, inside.others].concat();
    files.sort();
    Ok((files, inside.folders))
}

/// The files beside a form, and where they lie.
pub(super) fn beside(form: &Path, unread: &mut Vec<Unread>) -> Vec<(FormFile, PathBuf)> {
    let folder = form.with_file_name(format!("{}-media", file_stem(form)));
    // Most forms have none.
    let (files, folders) =
        if folder.is_dir() { inside(&folder).unwrap_or_default() } else { (Vec::new(), Vec::new()) };
    unread.extend(folders.iter().map(|folder| Unread::new(folder, "it is a folder, and devices know none")));
    let mut found = Vec::new();
    for path in files {
        match read(&path) {
            Ok(file) => found.push((file, path)),
            Err(reason) => unread.push(Unread::new(&path, reason)),
        }
    }
    found
}

fn file_stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<FormFile, String> {
    let name = RelativePath::new(file_name(path)).map_err(|error| error.to_string())?;
    let hash = hash_of(path).map_err(|error| error.to_string())?.ok_or("it is gone")?;
    Ok(FormFile { path: name.into_owned(), hash, is_entity_list: false })
}
