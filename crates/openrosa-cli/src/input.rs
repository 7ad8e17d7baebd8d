//! The bytes of a file, and what can be said about them before they are read as XML.

use std::{
    fs,
    io::{self, ErrorKind, Read},
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::exit::Failure;

/// A file, whole in memory.
pub(crate) struct Input {
    /// The path as given, or `-`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Input {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let bytes = if name == "-" { standard_input() } else { fs::read(path) };
        match bytes {
            Ok(bytes) => Ok(Self { name, bytes }),
            Err(error) => Err(unopened(&name, path, &error)),
        }
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

fn standard_input() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn unopened(name: &str, path: &Path, error: &io::Error) -> Failure {
    if path.is_dir() {
        let failure = Failure::new(format!("`{name}` is a folder"));
        return failure.remedy(format!("name the files in it: openrosa show {name}/*.xml"));
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
