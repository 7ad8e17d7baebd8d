//! What lies in a folder, as far as forms go.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// What lies in one folder, by name; hidden folders and links to folders (they may lead in circles) do not count.
#[derive(Default)]
pub(crate) struct Folder {
    /// What is called `.xml`.
    pub(crate) forms: Vec<PathBuf>,
    pub(crate) others: Vec<PathBuf>,
    /// Files whose names begin with a dot: they count where they are named.
    pub(crate) hidden: Vec<PathBuf>,
    pub(crate) folders: Vec<PathBuf>,
}

impl Folder {
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let unreadable = |error| Failure::new(format!("cannot read `{}`: {error}", folder.display()));
        let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let mut paths: Vec<PathBuf> = entries.map_err(unreadable)?.iter().map(fs::DirEntry::path).collect();
        paths.sort();
        let mut found = Self::default();
        for path in paths {
            let is_hidden = file_name(&path).starts_with('.');
            if path.is_dir() {
                if !is_hidden && !path.is_symlink() {
                    found.folders.push(path);
                }
            } else if is_hidden {
                found.hidden.push(path);
            } else if is_form(&path) {
                found.forms.push(path);
            } else {
                found.others.push(path);
            }
        }
        Ok(found)
    }
}

/// All files in a folder and in those below, by name; hidden ones and links to folders do not count.
pub(crate) fn all_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let Folder { forms, others, folders, .. } = Folder::read(folder)?;
    let mut all = [forms, others].concat();
    for folder in folders {
        all.extend(all_below(&folder)?);
    }
    all.sort();
    Ok(all)
}

fn is_form(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The folder a file lies in; that of a bare name is here.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where a name leads, also where nothing is yet. How many links may follow each other is the system's affair.
pub(crate) fn led_to(path: &Path) -> io::Result<PathBuf> {
    match (path.canonicalize(), path.read_link()) {
        (Err(error), Ok(end)) if error.kind() == ErrorKind::NotFound => led_to(&parent(path).join(end)),
        (Err(error), Err(_)) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        (found, _) => found,
    }
}
