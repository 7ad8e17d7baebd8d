//! The bytes of a file, and what can be said about them before they are read as XML.

use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::exit::Failure;
use crate::page::typed_path;

/// A file, whole in memory.
pub(crate) struct Input {
    /// The path as given, or `-`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// A file larger than this is not read into memory. What is read whole has at most a million elements, and is smaller.
const LARGEST: u64 = 256 << 20;

/// What a person has written, or a key, is smaller than this.
const SMALL: u64 = 1 << 20;

impl Input {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        Self::read(path, LARGEST)
    }

    /// Settings, a description or a key.
    pub(crate) fn open_small(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() && !is_dash(path) {
            let failure = Failure::new(format!("`{}` is a folder", path.display()));
            return Err(failure.remedy("name the one file in it that is meant"));
        }
        Self::read(path, SMALL)
    }

    fn read(path: &Path, most: u64) -> Result<Self, Failure> {
        let source = source(path).map_err(|error| unopened(&path.display().to_string(), path, &error))?;
        Self::read_up_to(path, Vec::new(), source, most)
    }

    /// What was read of it before, and the rest.
    pub(crate) fn read_on(path: &Path, bytes: Vec<u8>, rest: impl Read) -> Result<Self, Failure> {
        Self::read_up_to(path, bytes, rest, LARGEST)
    }

    fn read_up_to(path: &Path, mut bytes: Vec<u8>, rest: impl Read, most: u64) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let room = (most + 1).saturating_sub(bytes.len() as u64);
        rest.take(room).read_to_end(&mut bytes).map_err(|error| unopened(&name, path, &error))?;
        Self { name, bytes }.up_to(most)
    }

    /// Refuses a document of more bytes.
    pub(crate) fn up_to(self, most: u64) -> Result<Self, Failure> {
        let (title, mib) = (self.title(), most >> 20);
        match self.bytes.len() as u64 {
            bytes if bytes > most => {
                Err(Failure::new(format!("`{title}` is larger than {mib} MiB, the most that is read of it")))
            }
            _ => Ok(self),
        }
    }

    /// The bytes as UTF-8.
    pub(crate) fn text(&self) -> Result<&str, Failure> {
        let unread = |error| Failure::new(format!("cannot read `{}`: {error}", self.title()));
        std::str::from_utf8(&self.bytes).map_err(unread)
    }

    /// What a person calls it.
    pub(crate) fn title(&self) -> &str {
        title(&self.name)
    }

    /// Whether the bytes begin with the UTF-8 byte order mark.
    pub(crate) fn has_bom(&self) -> bool {
        self.bytes.starts_with(b"\xEF\xBB\xBF")
    }

    /// The hash of the bytes in hexadecimal digits.
    pub(crate) fn sha256(&self) -> String {
        Sha256::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether standard input is meant, or standard output where something is written. A file of this name is `./-`.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses to take two documents from standard input: the second would be empty.
pub(crate) fn at_most_one_dash<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<(), Failure> {
    match paths.into_iter().filter(|path| is_dash(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::new("only one document comes from standard input, and `-` stands there twice")
            .remedy("a file for the other")),
    }
}

/// The file, or standard input.
pub(crate) fn source(path: &Path) -> io::Result<Box<dyn Read>> {
    if is_dash(path) {
        return Ok(Box::new(io::stdin()));
    }
    File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
}

pub(crate) fn unopened(name: &str, path: &Path, error: &io::Error) -> Failure {
    if path.is_dir() && !is_dash(path) {
        let failure = Failure::new(format!("`{name}` is a folder"));
        return failure.remedy(format!("name the files in it, as in {}/*.xml", typed_path(path)));
    }
    let failure = Failure::new(format!("cannot read `{name}`: {error}"));
    match error.kind() {
        ErrorKind::NotFound => failure.remedy("check the spelling; paths are relative to the current folder"),
        _ => failure,
    }
}

/// What a person calls a file of this name.
pub(crate) fn title(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}
