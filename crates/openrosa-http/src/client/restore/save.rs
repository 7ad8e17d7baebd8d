//! A restore on disk.

use std::fs::TryLockError;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::super::download::{beside, is_at, keep_name};
use super::{Received, Restore};
use crate::error::{Error, Kind};

/// A restore that lies on disk, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// Its token, `since` of the next request. `None` where it has none; an empty one is not that.
    pub token: Option<String>,
    /// How much came.
    pub received: Received,
    /// When the answer was written, by the server's clock.
    pub date: Option<SystemTime>,
    /// Whether what the device holds is to go.
    pub starts_over: bool,
}

/// What is written on the way, beside its place. Unless it is brought there it goes, however that comes: it names patients.
pub(super) struct Copy {
    path: PathBuf,
    file: fs::File,
    is_placed: bool,
}

impl Restore {
    /// Saves the restore as it comes, byte for byte after decompression, and reads it on the way; for no one but the user of this
    /// process, as it names patients.
    ///
    /// It is written beside its place and renamed into it when it is whole and flushed, so that what lies there is never half
    /// a restore. One that broke off, or is dropped, leaves nothing and is fetched anew: the protocol has no way to go on with it.
    /// What is no restore ([`is_restore`](Self::is_restore)) is an error. One call at a time saves to a place: to others that is an
    /// error ([`Error::is_elsewhere`]). `told` hears of every item.
    pub async fn save(mut self, path: &Path, mut told: impl FnMut(Received) + Send) -> Result<Saved, Error> {
        if self.received().bytes > 0 {
            return Err(Kind::Begun { what: "restore" }.into());
        }
        if let Some(parent) = path.parent() {
            let made = fs::create_dir_all(parent).await;
            made.map_err(|error| Kind::Disk { path: path.to_owned(), error })?;
        }
        self.copy = Some(Copy::create(beside(path)).await?);
        while self.next_with(|_| ()).await?.is_some() {
            told(self.received());
        }
        if !self.is_restore() {
            return Err(Kind::NoRestore { message: self.message().map(str::to_owned) }.into());
        }
        if let Some(copy) = self.copy.take() {
            copy.put(path).await?;
        }
        let token = self.token().map(str::to_owned);
        Ok(Saved { token, received: self.received(), date: self.date(), starts_over: self.starts_over() })
    }
}

impl Copy {
    /// A new file, for no one else to read and held by this call: one that an earlier attempt left may be for everybody to read.
    /// That another holds it is an error. The lock is the operating system's, and ends with its holder.
    async fn create(path: PathBuf) -> Result<Self, Error> {
        loop {
            match Self::try_create(&path).await {
                Ok(Some(file)) => return Ok(Self { path, file, is_placed: false }),
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Err(Kind::Elsewhere { path }.into());
                }
                Err(error) => return Err(Kind::Disk { path, error }.into()),
            }
        }
    }

    /// `None` where one that was left has gone: now there is room.
    async fn try_create(path: &Path) -> io::Result<Option<fs::File>> {
        let mut options = fs::OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        options.mode(0o600);
        let (file, is_new) = match options.open(path).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match fs::File::open(path).await {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                left => (left?.into_std().await, false),
            },
            made => (made?.into_std().await, true),
        };
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(ErrorKind::WouldBlock.into());
        }
        // Where nothing can be locked, as on some network's disks, nothing is.
        match is_at(&file, path)? {
            true if is_new => Ok(Some(fs::File::from_std(file))),
            true => fs::remove_file(path).await.map(|()| None),
            false => Ok(None),
        }
    }

    pub(super) async fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(piece).await;
        written.map_err(|error| self.failed(error))
    }

    /// Brings it to its place, durably.
    async fn put(mut self, place: &Path) -> Result<(), Error> {
        self.file.flush().await.map_err(|error| self.failed(error))?;
        self.file.sync_all().await.map_err(|error| self.failed(error))?;
        let on_disk = |error| Kind::Disk { path: place.to_owned(), error };
        fs::rename(&self.path, place).await.map_err(on_disk)?;
        self.is_placed = true;
        keep_name(place).await.map_err(|error| on_disk(error).into())
    }

    fn failed(&self, error: io::Error) -> Error {
        Kind::Disk { path: self.path.clone(), error }.into()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.is_placed {
            // What went wrong first is what to tell of.
            drop(std::fs::remove_file(&self.path));
        }
    }
}
