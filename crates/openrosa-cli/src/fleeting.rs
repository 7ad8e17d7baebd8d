//! Folders that do not outlast the command, however it ends.

use std::fs::{self, File};
#[cfg(unix)]
use std::future::pending;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::{process, thread};

use tempfile::TempDir;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

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
            listen()?;
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

/// From now on a signal that stops the command removes the folders first. It is heard on a thread of its own, as whoever makes a
/// folder may be a task of another runtime.
fn listen() -> io::Result<()> {
    let (heard, listening) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let stopped = runtime.and_then(|runtime| {
            let stopped = runtime.block_on(async { stopped() })?;
            Ok((runtime, stopped))
        });
        match stopped {
            Ok((runtime, stopped)) => {
                let _ = heard.send(Ok(()));
                leave(runtime.block_on(stopped));
            }
            Err(error) => drop(heard.send(Err(error))),
        }
    })?;
    listening.recv().unwrap_or_else(|_| Err(ErrorKind::Interrupted.into()))
}

/// The exit status that a shell gives to who was stopped so. A hangup is not heard: `nohup` would be of no use.
#[cfg(unix)]
fn stopped() -> io::Result<impl Future<Output = i32>> {
    let (interrupted, terminated) = (heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            () = interrupted => 130,
            () = terminated => 143,
        }
    })
}

/// When a signal comes; never, where it was ignored before: a script has what it starts in the background ignore Ctrl-C.
#[cfg(unix)]
fn heard(kind: SignalKind) -> io::Result<impl Future<Output = ()>> {
    let mut heard = if is_ignored(kind) { None } else { Some(signal(kind)?) };
    Ok(async move {
        match &mut heard {
            Some(heard) => drop(heard.recv().await),
            None => pending().await,
        }
    })
}

/// Linux tells; elsewhere every signal is heard.
#[cfg(unix)]
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    ignored.is_some_and(|bits| bits >> (kind.as_raw_value() - 1) & 1 == 1)
}

#[cfg(not(unix))]
fn stopped() -> io::Result<impl Future<Output = i32>> {
    let mut interrupted = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupted.recv().await;
        130
    })
}

fn leave(status: i32) -> ! {
    // Not let go any more: nothing is given a name from now on.
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
    process::exit(status)
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
