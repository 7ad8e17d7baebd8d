//! A restore on disk.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use openrosa_xml::restore::RestoreItem;
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::super::download::beside;
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

/// What is written on the way.
pub(super) struct Copy {
    path: PathBuf,
    file: fs::File,
}

impl Restore {
    /// Saves the restore as it comes, byte for byte after decompression, and reads it on the way; for no one but the user of this
    /// process, as it names patients.
    ///
    /// It is written beside its place and renamed into it when it is whole and flushed, so that what lies there is never half
    /// a restore. One that broke off leaves nothing and is fetched anew: the protocol has no way to go on with it.
    /// `told` hears of every item.
    pub async fn save(mut self, path: &Path, told: impl FnMut(Received) + Send) -> Result<Saved, Error> {
        if self.received().bytes > 0 {
            return Err(Kind::Begun { what: "restore" }.into());
        }
        let on_disk = |error| Kind::Disk { path: path.to_owned(), error };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).await.map_err(on_disk)?;
        }
        let part = beside(path);
        self.copy = Some(Copy::create(&part).await?);
        match self.save_all(told).await {
            Ok(saved) => {
                fs::rename(&part, path).await.map_err(on_disk)?;
                Ok(saved)
            }
            Err(error) => {
                // What went wrong first is what to tell of.
                drop(fs::remove_file(&part).await);
                Err(error)
            }
        }
    }

    async fn save_all(mut self, mut told: impl FnMut(Received) + Send) -> Result<Saved, Error> {
        let mut token = None;
        while let Some(found) = self.next_with(|item| token_of(&item.value)).await? {
            token = token.or(found);
            told(self.received());
        }
        if let Some(copy) = self.copy.take() {
            copy.finish().await?;
        }
        Ok(Saved { token, received: self.received(), date: self.date(), starts_over: self.starts_over() })
    }
}

fn token_of(item: &RestoreItem<'_>) -> Option<String> {
    match item {
        RestoreItem::SyncToken(sync) => sync.restore_id().map(std::borrow::Cow::into_owned),
        _ => None,
    }
}

impl Copy {
    async fn create(path: &Path) -> Result<Self, Error> {
        // One that an earlier attempt left may be for everybody to read.
        drop(fs::remove_file(path).await);
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        options.mode(0o600);
        match options.open(path).await {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(error) => Err(Kind::Disk { path: path.to_owned(), error }.into()),
        }
    }

    pub(super) async fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(piece).await;
        written.map_err(|error| self.failed(error))
    }

    async fn finish(mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(|error| self.failed(error))?;
        self.file.sync_all().await.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> Error {
        Kind::Disk { path: self.path.clone(), error }.into()
    }
}
