//! Lines of JSON, or a sheet, and beside it a file that says how far it is.
//!
//! The page is on the disk before the word that it is. What lies behind the last whole page when an export goes on is of a page
//! that broke off, and is cut off.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use commcare_hq::paging::window::WindowState;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Record, other_columns, sheet, unread, unwritten};
use crate::durable;
use crate::exit::Failure;
use crate::folder::parent;

/// How far an export is: what was asked, and how much of the file is whole pages.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checkpoint {
    state: WindowState,
    bytes: u64,
    /// What the end of that was: who works in a sheet makes another file of it, and the cut would go through what is theirs.
    end: String,
    columns: Vec<String>,
}

/// How much of the end is looked at.
const END: u64 = 4096;

/// A file that grows, page by page.
pub(super) struct Lines {
    path: PathBuf,
    /// Of a sheet; lines of JSON have none.
    columns: Vec<String>,
    known: Option<Checkpoint>,
    /// Held alone for as long as it is open. `None` before anything was written.
    file: Option<File>,
}

impl Lines {
    pub(super) fn look(path: &Path, columns: Vec<String>) -> Result<Self, Failure> {
        let mut lines = Self { path: path.to_owned(), columns, known: None, file: None };
        if beside(path).exists() {
            lines.resume()?;
        } else if path.metadata().is_ok_and(|there| there.len() > 0) {
            return Err(lines.foreign());
        }
        Ok(lines)
    }

    pub(super) fn state(&self) -> Option<&WindowState> {
        self.known.as_ref().map(|known| &known.state)
    }

    /// Opens what is there behind its last whole page.
    fn resume(&mut self) -> Result<(), Failure> {
        let file = self.open()?;
        let known = read(&beside(&self.path))?;
        if known.columns != self.columns {
            return Err(other_columns());
        }
        let length = file.metadata().map_err(|error| unread(&self.path, &error))?.len();
        let end = end(&file, known.bytes).map_err(|error| unread(&self.path, &error))?;
        if length < known.bytes || end != known.end {
            return Err(self.changed());
        }
        self.rewind(&file, known.bytes)?;
        (self.known, self.file) = (Some(known), Some(file));
        Ok(())
    }

    /// Makes the file, once there is something to write. Its checkpoint comes first, so that a file with half a page in it is
    /// never without.
    fn begin(&mut self, state: &WindowState) -> Result<(), Failure> {
        let file = self.open()?;
        if file.metadata().map_err(|error| unread(&self.path, &error))?.len() > 0 {
            return Err(self.foreign());
        }
        self.file = Some(file);
        self.note(state.anew(), 0)
    }

    fn open(&self) -> Result<File, Failure> {
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&self.path);
        let file = file.map_err(|error| unwritten(&self.path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let failure = Failure::new(format!("another export writes to `{}`", self.path.display()));
                Err(failure.remedy("wait for its end, or another --to"))
            }
            Err(TryLockError::Error(error)) => Err(unwritten(&self.path, &error)),
        }
    }

    fn rewind(&self, mut file: &File, bytes: u64) -> Result<(), Failure> {
        let cut = file.set_len(bytes).and_then(|()| file.seek(SeekFrom::Start(bytes)));
        cut.map(drop).map_err(|error| unwritten(&self.path, &error))
    }

    /// The page first, then the word that it is there.
    pub(super) fn keep(&mut self, page: &[Record], state: &WindowState) -> Result<(), Failure> {
        if self.file.is_none() {
            self.begin(state)?;
        }
        let before = self.known.as_ref().map_or(0, |known| known.bytes);
        let text = self.text(page, before == 0)?;
        let file = self.file.as_mut().map(|file| file.write_all(&text).and_then(|()| file.sync_data()));
        file.unwrap_or(Ok(())).map_err(|error| unwritten(&self.path, &error))?;
        self.note(state.clone(), before + text.len() as u64)
    }

    fn text(&self, page: &[Record], is_first: bool) -> Result<Vec<u8>, Failure> {
        let mut text = Vec::new();
        if self.columns.is_empty() {
            for record in page {
                text.extend(record.json.as_bytes());
                text.push(b'\n');
            }
            return Ok(text);
        }
        if is_first {
            text.extend(line(&self.columns)?);
        }
        for record in page {
            text.extend(line(&sheet::row(&record.json, &self.columns))?);
        }
        Ok(text)
    }

    fn note(&mut self, state: WindowState, bytes: u64) -> Result<(), Failure> {
        let end = self.file.as_ref().map_or(Ok(String::new()), |file| end(file, bytes));
        let end = end.map_err(|error| unread(&self.path, &error))?;
        let checkpoint = Checkpoint { state, bytes, end, columns: self.columns.clone() };
        let text = serde_json::to_vec(&checkpoint).map_err(|error| Failure::new(error.to_string()))?;
        let path = beside(&self.path);
        let noted = durable::write(&path.with_extension("checkpoint.new"), &text, &path)
            .and_then(|()| durable::sync_folder(parent(&path)));
        noted.map_err(|error| Failure::new(format!("cannot write {error}")))?;
        self.known = Some(checkpoint);
        Ok(())
    }

    fn foreign(&self) -> Failure {
        let failure = format!("`{}` is there already and was not made by an export", self.path.display());
        Failure::new(failure).remedy("another --to")
    }

    fn changed(&self) -> Failure {
        let failure = format!("`{}` was changed since it was exported to", self.path.display());
        let remedy =
            format!("another --to, or remove it and `{}` to begin anew", beside(&self.path).display());
        Failure::new(failure).remedy(remedy)
    }
}

/// A hash of the end of so many bytes; the file is at their end afterwards.
fn end(mut file: &File, bytes: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(bytes.saturating_sub(END)))?;
    let mut read = Vec::new();
    file.take(bytes.min(END)).read_to_end(&mut read)?;
    file.seek(SeekFrom::Start(bytes))?;
    Ok(Sha256::digest(read).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".checkpoint");
    name.into()
}

fn read(path: &Path) -> Result<Checkpoint, Failure> {
    let text = std::fs::read(path).map_err(|error| unread(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| {
        unread(path, &error).remedy("another --to, or remove it and what lies beside it to begin anew")
    })
}

fn line(cells: &[String]) -> Result<Vec<u8>, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| failed(&error))?;
    writer.into_inner().map_err(|error| failed(&error))
}
