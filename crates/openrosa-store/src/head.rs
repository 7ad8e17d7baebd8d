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
    /// SQLite's, and this application's, or nobody's yet.
    Perhaps,
    /// SQLite's, and another application's.
    Another,
    /// Something else's.
    NoSqlite,
}

impl Head {
    /// Reads it by itself: SQLite changes a file that is opened as ours are, whosever it is.
    pub(crate) fn of(path: &Path, application: [u8; 4]) -> io::Result<Self> {
        let mut head = Vec::new();
        File::open(path)?.take(TABLES.end as u64).read_to_end(&mut head)?;
        Ok(match head.as_slice() {
            [] => Self::Empty,
            head if !head.starts_with(HEAD) => Self::NoSqlite,
            head if is_of_another(head, application) => Self::Another,
            _ => Self::Perhaps,
        })
    }
}

/// Whether it is another application's, or nobody's and has tables: ours are marked before they get any.
fn is_of_another(head: &[u8], application: [u8; 4]) -> bool {
    let (Some(mark), Some(tables)) = (head.get(APPLICATION), head.get(TABLES)) else { return false };
    mark != application && (mark != [0; 4] || !matches!(tables, [0x0d, _, _, 0, 0]))
}
