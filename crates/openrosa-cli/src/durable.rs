//! Writing so that a power cut right after it changes nothing.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

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
/// The name is durable after [`sync_folder`].
pub(crate) fn write(spare: &Path, bytes: &[u8], path: &Path) -> Result<(), DiskError> {
    let mut file = File::create(spare).at(spare)?;
    file.write_all(bytes).at(spare)?;
    file.sync_all().at(spare)?;
    fs::rename(spare, path).at(path)
}

/// Makes the names in a folder durable. Elsewhere than on Unix a folder cannot be flushed, nor need it be.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), DiskError> {
    if cfg!(unix) { File::open(folder).and_then(|file| file.sync_all()).at(folder) } else { Ok(()) }
}
