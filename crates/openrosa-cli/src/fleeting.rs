//! Folders that do not outlast the command, however it ends.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::signals::before_the_end;

/// What is called so is ours, and nobody else's.
const PREFIX: &str = ".openrosa-making-";

/// Those of this process, `None` before the first. While this is locked, no signal ends the process.
static FOLDERS: Mutex<Option<Vec<PathBuf>>> = Mutex::new(None);

/// A hidden folder for what nobody is to find later: texts of patients, half of something. On Unix nobody but the user can look
/// into it. It goes with its value and with the signal that stops the command; of a command that was killed it goes when the next
/// folder is made in the same place.
pub(crate) struct Fleeting {
    folder: TempDir,
    /// Locked for as long as somebody is at work in it.
    _held: Option<File>,
}

impl Fleeting {
    pub(crate) fn within(place: &Path) -> io::Result<Self> {
        sweep(place);
        let mut folders = folders();
        if folders.is_none() {
            before_the_end(take_away)?;
        }
        loop {
            let folder = make(place)?;
            match hold(folder.path()) {
                // Another command has taken it for one that was left.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotFound) => {}
                held if folder.path().exists() => {
                    folders.get_or_insert_default().push(folder.path().to_owned());
                    return Ok(Self { folder, _held: held.ok() });
                }
                _ => {}
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it a name for good.
    pub(crate) fn put(self, place: &Path) -> io::Result<()> {
        let _uninterrupted = folders();
        fs::rename(self.path(), place)?;
        // It is no longer where it would be removed.
        let _ = self.folder.keep();
        Ok(())
    }
}

fn folders() -> MutexGuard<'static, Option<Vec<PathBuf>>> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make(place: &Path) -> io::Result<TempDir> {
    let mut folder = tempfile::Builder::new();
    folder.prefix(PREFIX);
    #[cfg(unix)]
    folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    folder.tempdir_in(place)
}

/// Locks a folder. Where folders cannot be locked, as on Windows, none is ever taken for one that was left.
fn hold(folder: &Path) -> io::Result<File> {
    let file = File::open(folder)?;
    file.try_lock()?;
    Ok(file)
}

/// Removes what commands that were killed have left.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let Some(Ok(_held)) = is_ours.then(|| hold(&entry.path())) {
            // What cannot be removed is no reason to do nothing else.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Takes all of them away. Nothing is given a name for as long as what this returns is held.
fn take_away() -> MutexGuard<'static, Option<Vec<PathBuf>>> {
    let folders = folders();
    for folder in folders.iter().flatten() {
        // The command may still put something into it.
        for _ in 0..10 {
            match fs::remove_dir_all(folder) {
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {}
                _ => break,
            }
        }
    }
    folders
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_is_at_work_in_is_taken_away() {
        let place = tempfile::tempdir().unwrap();
        let left = place.path().join(format!("{PREFIX}killed"));
        let of_a_person = place.path().join(".openrosa-backup");
        for folder in [&left, &of_a_person] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("a"), "text").unwrap();
        }
        let held = Fleeting::within(place.path()).unwrap();
        let _other = Fleeting::within(place.path()).unwrap();
        assert!(held.path().exists() && of_a_person.exists() && !left.exists());
        held.put(&place.path().join("made")).unwrap();
        assert!(place.path().join("made").exists());
    }
}
