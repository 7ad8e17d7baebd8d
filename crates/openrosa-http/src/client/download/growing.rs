//! A file beside its place, growing until it is whole.

use std::fs::TryLockError;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use tokio::fs;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::keep_name;
use crate::error::{Error, Kind};

/// One holder at a time writes into it: two would leave a file that neither of them received. The lock is the operating
/// system's, and ends with its holder.
pub(super) struct Growing {
    path: PathBuf,
    file: fs::File,
}

impl Growing {
    /// The file as it was left, or a new one. That another holds it is an error.
    pub(super) async fn open(path: PathBuf) -> Result<Self, Error> {
        match Self::hold(&path).await {
            Ok(Some(file)) => Ok(Self { path, file }),
            Ok(None) => Err(Kind::Elsewhere { path }.into()),
            Err(error) => Err(Kind::Disk { path, error }.into()),
        }
    }

    async fn hold(path: &Path) -> io::Result<Option<fs::File>> {
        loop {
            let mut options = fs::OpenOptions::new();
            options.create(true).truncate(false).read(true).write(true);
            let file = options.open(path).await?.into_std().await;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                // Where nothing can be locked, as on some network's disks, nothing is.
                Ok(()) | Err(TryLockError::Error(_)) if is_at(&file, path)? => {
                    return Ok(Some(fs::File::from_std(file)));
                }
                // Who held it has brought it to its place meanwhile.
                _ => {}
            }
        }
    }

    /// Whether a page is what the file is meant to be, by its name.
    pub(super) fn names_page(&self) -> bool {
        let name = self.path.with_extension("");
        let extension = name.extension().unwrap_or_default();
        ["html", "htm", "xhtml"].iter().any(|page| extension.eq_ignore_ascii_case(page))
    }

    /// The hash of what is held, and how much that is.
    pub(super) async fn hash(&mut self) -> Result<(Md5, u64), Error> {
        self.hash_all().await.map_err(|error| self.failed(error))
    }

    async fn hash_all(&mut self) -> io::Result<(Md5, u64)> {
        self.file.rewind().await?;
        let (mut hash, mut held, mut chunk) = (Md5::new(), 0, vec![0; 64 << 10]);
        loop {
            let read = self.file.read(&mut chunk).await?;
            if read == 0 {
                return Ok((hash, held));
            }
            hash.update(&chunk[..read]);
            held += read as u64;
        }
    }

    /// Keeps so many bytes, and goes on behind them.
    pub(super) async fn keep(&mut self, bytes: u64) -> Result<(), Error> {
        let kept = self.file.set_len(bytes).await;
        let at = kept.and(self.file.seek(SeekFrom::Start(bytes)).await);
        at.map(drop).map_err(|error| self.failed(error))
    }

    pub(super) async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.file.write_all(chunk).await.map_err(|error| self.failed(error))
    }

    /// Waits for what is still being written.
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(|error| self.failed(error))
    }

    /// Brings it to its place, durably, and lets it go.
    pub(super) async fn put(self, place: &Path) -> Result<(), Error> {
        self.file.sync_all().await.map_err(|error| self.failed(error))?;
        let on_disk = |error| Kind::Disk { path: place.to_owned(), error };
        fs::rename(&self.path, place).await.map_err(on_disk)?;
        keep_name(place).await.map_err(|error| on_disk(error).into())
    }

    /// Leaves it for another time, unless there is nothing in it.
    pub(super) async fn leave(self) {
        if self.file.metadata().await.is_ok_and(|held| held.len() == 0) {
            // What went wrong first is what to tell of.
            drop(fs::remove_file(&self.path).await);
        }
    }

    fn failed(&self, error: io::Error) -> Error {
        Kind::Disk { path: self.path.clone(), error }.into()
    }
}

/// Whether this file is still the one that lies there.
pub(in crate::client) fn is_at(file: &std::fs::File, path: &Path) -> io::Result<bool> {
    let there = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        there => there?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let here = file.metadata()?;
        Ok((here.dev(), here.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, there);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_moved_lies_there_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        let file = std::fs::File::create(&path).unwrap();
        assert!(is_at(&file, &path).unwrap());
        std::fs::rename(&path, folder.path().join("whole")).unwrap();
        assert!(!is_at(&file, &path).unwrap());
    }

    #[tokio::test]
    async fn one_holds_it_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        let mut first = Growing::open(path.clone()).await.unwrap();
        first.write(b"abc").await.unwrap();
        first.flush().await.unwrap();
        assert!(Growing::open(path.clone()).await.is_err_and(|error| error.is_elsewhere()));
        first.leave().await;
        assert_eq!(Growing::open(path).await.unwrap().hash().await.unwrap().1, 3);
    }
}
