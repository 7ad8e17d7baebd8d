//! How an SQLite file begins.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// How files of SQLite begin.
const HEAD: &[u8] = b"SQLite format 3\0";

/// Whether the file is empty, or begins as those of SQLite do.
pub(crate) fn may_be_sqlite(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD.len() as u64).read_to_end(&mut head)?;
    Ok(head.is_empty() || head == HEAD)
}
