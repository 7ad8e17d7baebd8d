//! How an SQLite file begins.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// How files of SQLite begin.
const HEAD: &[u8] = b"SQLite format 3\0";
/// Where they say which application's they are.
const APPLICATION: std::ops::Range<usize> = 68..72;
/// Where the list of tables begins: of what kind its first page is, and, behind two bytes, how many tables are in that.
const TABLES: std::ops::Range<usize> = 100..105;

/// What a file is, as far as its beginning tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// There is none.
    Empty,
    /// SQLite's, and this application's.
    Ours,
    /// SQLite's, and nobody's yet.
    Nobodys,
    /// SQLite's, and another application's.
    Another,
    /// Zeros, or the beginning of a file of SQLite that goes no further: what is left where something was, and nobody's own.
    Lost,
    /// Something else's.
    NoSqlite,
}

impl Head {
    /// Reads it by itself: SQLite changes a file that is opened as ours are, whosever it is.
    pub(crate) fn of(path: &Path, application: [u8; 4]) -> io::Result<Self> {
        let mut head = Vec::new();
        File::open(path)?.take(TABLES.end as u64).read_to_end(&mut head)?;
        let (mark, tables) = (head.get(APPLICATION), head.get(TABLES));
        Ok(match (mark, tables) {
            _ if head.is_empty() => Self::Empty,
            _ if head.iter().all(|byte| *byte == 0) || HEAD.starts_with(&head) => Self::Lost,
            _ if !head.starts_with(HEAD) => Self::NoSqlite,
            (Some(mark), Some(_)) if mark == application => Self::Ours,
            // It would have tables: ours are marked before they get any.
            (Some([0, 0, 0, 0]), Some([0x0d, _, _, 0, 0])) => Self::Nobodys,
            (Some(_), Some(_)) => Self::Another,
            _ => Self::Lost,
        })
    }
}
