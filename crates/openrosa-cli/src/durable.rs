//! Writing so that a power cut right after it changes nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::folder::{led_to, parent};

/// What went wrong on disk, and where.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {source}", path.display())]
pub(crate) struct DiskError {
    path: PathBuf,
    source: io::Error,
}

impl DiskError {
    pub(crate) fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }
}

/// Says where an error happened.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, DiskError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, DiskError> {
        self.map_err(|error| DiskError::new(path, error))
    }
}

/// Writes `bytes` to `path` by way of `spare`, which has to be on the same file system: `path` is never half written.
pub(crate) fn write(spare: &Path, bytes: &[u8], path: &Path) -> Result<(), DiskError> {
    let file = File::create(spare).at(spare)?;
    fill(file, spare, bytes, path)
}

/// The same; on Unix nobody but the user can read it, whatever lay at `spare` or `path` before.
pub(crate) fn write_private(spare: &Path, bytes: &[u8], path: &Path) -> Result<(), DiskError> {
    match fs::remove_file(spare) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(DiskError::new(spare, error)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(spare).at(spare)?;
    fill(file, spare, bytes, path)
}

fn fill(mut file: File, spare: &Path, bytes: &[u8], path: &Path) -> Result<(), DiskError> {
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).at(spare);
    written.and_then(|()| put(spare, path)).inspect_err(|_| drop(fs::remove_file(spare)))
}

/// Held until it is dropped, or the process ends however it does; `None` where another process holds it. The file stays: who
/// took it away would take it from under whoever has just opened it.
pub(crate) fn lock(path: &Path) -> Result<Option<File>, DiskError> {
    let file = File::create(path).at(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(DiskError::new(path, error)),
    }
}

/// Where a file goes that is to be called so: where the name leads. A pipe or a device stays what it is.
pub(crate) fn place(path: &Path) -> Result<PathBuf, DiskError> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => {
            Err(DiskError::new(path, io::Error::other("it is there, and is no file")))
        }
        _ => led_to(path).at(path),
    }
}

/// Gives a file that is on the disk its name for good, on the same file system.
pub(crate) fn put(made: &Path, path: &Path) -> Result<(), DiskError> {
    fs::rename(made, path).at(path)?;
    sync_folder(parent(path))
}

/// Makes the names in a folder durable. Elsewhere than on Unix a folder cannot be flushed, nor need it be; nor can one that may be
/// written and not be read, in which a file is there all the same.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), DiskError> {
    match File::open(folder) {
        _ if !cfg!(unix) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        opened => opened.and_then(|folder| folder.sync_all()).at(folder),
    }
}
