//! Locks that a process cannot leave behind: the system releases them when it dies, however it dies.

use std::{
    fs::{File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    error::{Error, Kind},
    private,
};

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
        let file = open(&path, database).map_err(|error| Kind::File { path: path.clone(), error })?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Kind::File { path, error }.into()),
        }
    }

    /// Whether somebody holds it at this moment. For that moment it is not free to take.
    #[cfg(feature = "device")]
    pub(crate) fn is_held(database: &Path, what: &str) -> Result<bool, Error> {
        let path = beside(database, what);
        let looked = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            opened => opened.and_then(|file| match file.try_lock_shared() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(error)) => Err(error),
            }),
        };
        looked.map_err(|error| Kind::File { path, error }.into())
    }
}

/// Whoever may open the database may lock it, and nobody else: also where another has made the file. Where it cannot be written,
/// reading is enough, but over NFS.
fn open(path: &Path, database: &Path) -> io::Result<File> {
    let file = match File::options().create_new(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => opened(path)?,
        made => made?,
    };
    private::like(&file, database);
    Ok(file)
}

fn opened(path: &Path) -> io::Result<File> {
    match File::options().write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path),
        opened => opened,
    }
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
        assert!(!Lock::is_held(&database, "sender").unwrap(), "there is none yet");
        let held = Lock::take(&database, "sender").unwrap().unwrap();
        assert!(Lock::is_held(&database, "sender").unwrap());
        assert!(Lock::take(&database, "sender").unwrap().is_none());
        assert!(Lock::take(&database, "opening").unwrap().is_some(), "another lock is another");
        drop(held);
        assert!(!Lock::is_held(&database, "sender").unwrap());
        Lock::wait(&database, "sender", Duration::ZERO).await.unwrap();
        assert!(folder.path().join("device.db-sender").exists());
    }

    /// As root makes it who looks first, and whoever serves comes next.
    #[cfg(unix)]
    #[tokio::test]
    async fn who_may_open_the_database_may_lock_it() {
        use std::{fs, os::unix::fs::PermissionsExt as _};
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("server.db");
        fs::write(&database, "").unwrap();
        fs::set_permissions(&database, fs::Permissions::from_mode(0o660)).unwrap();
        drop(Lock::take(&database, "opening").unwrap());
        let lock = folder.path().join("server.db-opening");
        assert_eq!(fs::metadata(&lock).unwrap().permissions().mode() & 0o777, 0o660);
        fs::set_permissions(&lock, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(Lock::take(&database, "opening").unwrap().is_some(), "to lock is not to write");
    }
}
