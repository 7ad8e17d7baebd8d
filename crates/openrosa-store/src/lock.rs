//! Locks that a process cannot leave behind: the system releases them when it dies, however it dies.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::error::{Error, Kind};

/// How often it is looked again whether a lock is free.
const AGAIN: Duration = Duration::from_millis(20);

/// Holds a lock until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

impl Lock {
    /// Waits until nobody else holds it, but not for ever: a process may have been stopped while it does.
    pub(crate) async fn wait(database: &Path, what: &str, patience: Duration) -> Result<Self, Error> {
        let until = Instant::now() + patience;
        loop {
            match Self::take(database, what)? {
                Some(lock) => return Ok(lock),
                None if Instant::now() < until => sleep(AGAIN).await,
                None => return Err(Kind::Busy.into()),
            }
        }
    }

    /// Takes it if nobody else holds it. What is locked is an empty file beside the database, called after it and `what`.
    pub(crate) fn take(database: &Path, what: &str) -> Result<Option<Self>, Error> {
        let path = beside(database, what);
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Kind::File { path, error }.into()),
        }
    }
}

fn open(path: &Path) -> Result<File, Error> {
    let opened = File::options().create(true).truncate(false).write(true).open(path);
    opened.map_err(|error| Kind::File { path: path.to_owned(), error }.into())
}

/// A file that belongs to a database.
pub(crate) fn beside(database: &Path, what: &str) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push("-");
    name.push(what);
    database.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_holds_it_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("device.db");
        let held = Lock::take(&database, "sender").unwrap().unwrap();
        assert!(Lock::take(&database, "sender").unwrap().is_none());
        assert!(Lock::take(&database, "opening").unwrap().is_some(), "another lock is another");
        drop(held);
        Lock::wait(&database, "sender", Duration::ZERO).await.unwrap();
        assert!(folder.path().join("device.db-sender").exists());
    }
}
