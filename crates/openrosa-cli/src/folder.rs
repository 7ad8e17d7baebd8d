//! What lies in a folder, as far as forms go.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};
use openrosa_xml::FileHash;

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

/// Opens a file that has an end. Whoever opened a pipe would wait for somebody who writes into it.
pub(crate) fn open_whole(path: &Path) -> io::Result<File> {
    match fs::metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::Error::other("it is no file that could be read to its end")),
    }
}

/// The hash of what lies in a place, if anything does. Memory holds a chunk at a time.
pub(crate) fn hash_of(path: &Path) -> io::Result<Option<FileHash>> {
    let mut file = match open_whole(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let (mut hash, mut chunk) = (Md5::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(Some(FileHash::from_md5(hash.finalize().into()))),
            Ok(read) => hash.update(&chunk[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_not_taken_for_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(hash_of(&path).unwrap(), None);
        fs::write(&path, vec![b'a'; 200_000]).unwrap();
        assert_eq!(
            hash_of(&path).unwrap(),
            Some(FileHash::from_md5(Md5::digest(vec![b'a'; 200_000]).into()))
        );
        assert!(hash_of(folder.path()).is_err());
    }

    /// Nobody writes into it, and a command that waited for it would never end.
    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(hash_of(&pipe).is_err());
    }
}
