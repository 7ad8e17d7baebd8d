//! The bytes of a file, and what can be said about them before they are read as XML.

use sha2::{Digest, Sha256};

/// A file, whole in memory.
pub(super) struct Input {
    /// The path as given, or `-`.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Input {
    /// What a person calls it.
    pub(super) fn title(&self) -> &str {
        title(&self.name)
    }

    /// Whether the bytes begin with the UTF-8 byte order mark.
    pub(super) fn has_bom(&self) -> bool {
        self.bytes.starts_with(b"\xEF\xBB\xBF")
    }

    /// The hash of the bytes in hexadecimal digits.
    pub(super) fn sha256(&self) -> String {
        Sha256::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What a person calls a file of this name.
pub(super) fn title(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}
