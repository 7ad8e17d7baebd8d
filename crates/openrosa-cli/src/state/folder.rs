//! The documents behind a state, in a folder.
//!
//! ```text
//! DIR/
//!   state.json     by whose rules
//!   lock           held while a process adds to it
//!   000001.xml     the first document, byte for byte
//!   000001.json    what it was called and when it came
//!   000002.xml …
//! ```
//!
//! A document is there once its `.json` is, which is the last step. What a kill leaves behind is at most an `.xml` without one,
//! which the next document takes the place of.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Document, Side};
use crate::{
    durable::{self, At as _, DiskError},
    exit::Failure,
    folder::parent,
    page::typed_path,
};

/// What `state.json` says.
#[derive(Serialize, Deserialize)]
struct Head {
    /// The version of this layout.
    openrosa_state: u32,
    profile: Side,
}

/// What stands beside a document.
#[derive(Serialize, Deserialize)]
struct Label {
    name: String,
    at: DateTime<FixedOffset>,
}

/// A folder of documents that were applied one after another.
pub(super) struct Folder {
    path: PathBuf,
    _lock: Option<File>,
}

impl Folder {
    /// To be added to; made where there is none.
    pub(super) fn open(path: &Path, side: Option<Side>) -> Result<(Self, Side), Failure> {
        make(path).at(path).map_err(unkept)?;
        refuse_used(path)?;
        let lock = lock(path)?;
        if !has_head(path)? {
            begin(path, side.unwrap_or(Side::Device)).map_err(unkept)?;
        }
        let (folder, side) = Self::look(path, side)?;
        Ok((Self { _lock: Some(lock), ..folder }, side))
    }

    /// Only to be looked at.
    pub(super) fn look(path: &Path, side: Option<Side>) -> Result<(Self, Side), Failure> {
        if !has_head(path)? {
            let failure = Failure::new(format!("`{}` holds no state", path.display()));
            return Err(failure.remedy(format!("openrosa apply FILE --state {}", typed_path(path))));
        }
        let Head { openrosa_state, profile } = read(&head(path)).map_err(|failure| {
            let documents = typed_path(path);
            failure.remedy(format!(
                "its documents are as they came: openrosa apply {documents}/0*.xml --state DIR, with another folder as DIR"
            ))
        })?;
        if openrosa_state != 1 {
            let reason = format!("`{}` was written by a later version of this program", path.display());
            return Err(Failure::new(reason));
        }
        if let Some(side) = side.filter(|side| *side != profile) {
            let reason = format!("`{}` follows {}, not {}", path.display(), profile.name(), side.name());
            return Err(Failure::new(reason).remedy("another folder for the other profile"));
        }
        Ok((Self { path: path.to_owned(), _lock: None }, profile))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The documents in their order, read one at a time.
    pub(super) fn documents(&self) -> impl Iterator<Item = Result<Document, Failure>> {
        (1..).map_while(|number| {
            let label = self.file(number, "json");
            label.exists().then(|| self.document(number, &label))
        })
    }

    fn document(&self, number: usize, label: &Path) -> Result<Document, Failure> {
        let Label { name, at } = read(label)?;
        let path = self.file(number, "xml");
        let bytes = fs::read(&path).at(&path).map_err(unkept)?;
        Ok(Document { name, bytes, at })
    }

    /// Adds a document, durably.
    pub(super) fn keep(&self, number: usize, document: &Document) -> Result<(), Failure> {
        let label = Label { name: document.name.clone(), at: document.at };
        let spare = self.path.join("spare");
        let written = durable::write(&spare, &document.bytes, &self.file(number, "xml"))
            .and_then(|()| durable::write(&spare, json(&label).as_bytes(), &self.file(number, "json")));
        written.map_err(unkept)
    }

    fn file(&self, number: usize, extension: &str) -> PathBuf {
        self.path.join(format!("{number:06}.{extension}"))
    }
}

/// Nobody else looks into it: restores are private.
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(parent(path))?;
    #[cfg_attr(
        not(unix),
        expect(unused_mut, reason = "elsewhere a folder is for whom its own folder is for")
    )]
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    match folder.create(path) {
        Err(_) if path.is_dir() => Ok(()),
        made => made,
    }
}

fn head(path: &Path) -> PathBuf {
    path.join("state.json")
}

/// What may not be looked for is not missing. Below a file is nothing.
fn has_head(path: &Path) -> Result<bool, Failure> {
    match head(path).try_exists() {
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        there => there.at(path).map_err(|error| Failure::new(error.to_string())),
    }
}

/// Nobody's other files are to lie among the documents.
fn refuse_used(path: &Path) -> Result<(), Failure> {
    if has_head(path)? {
        return Ok(());
    }
    let others = fs::read_dir(path).at(path).map_err(unkept)?;
    let is_ours = |name: &std::ffi::OsStr| name == "lock" || name == "spare";
    if others.flatten().any(|entry| !is_ours(&entry.file_name())) {
        let failure = Failure::new(format!("`{}` holds other things", path.display()));
        return Err(failure.remedy("--state with a folder that is empty or not there yet"));
    }
    Ok(())
}

fn begin(path: &Path, profile: Side) -> Result<(), DiskError> {
    let head = Head { openrosa_state: 1, profile };
    durable::write(&path.join("spare"), json(&head).as_bytes(), &self::head(path))
}

fn lock(path: &Path) -> Result<File, Failure> {
    let lock = durable::lock(&path.join("lock")).map_err(unkept)?;
    lock.ok_or_else(|| Failure::new(format!("another process is adding to `{}`", path.display())))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = fs::read(path).at(path).map_err(unkept)?;
    serde_json::from_slice(&text).map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are always JSON") + "\n"
}

fn unkept(error: DiskError) -> Failure {
    Failure::new(format!("the state cannot be kept: {error}"))
}
