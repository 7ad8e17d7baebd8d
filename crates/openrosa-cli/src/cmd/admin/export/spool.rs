//! What comes out of the database, in lines of JSON in a file: the columns of a sheet are known only behind the last line.

use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use tempfile::NamedTempFile;

use super::columns::{Columns, Way};
use super::{What, unwritten};
use crate::exit::Failure;
use crate::folder::parent;

/// A file that goes away, unless it is what was wanted.
pub(super) struct Spool {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
    columns: Columns,
    count: usize,
}

/// A file beside another, that nobody else can read.
pub(super) fn beside(path: &Path) -> Result<NamedTempFile, Failure> {
    let file = tempfile::Builder::new().prefix(".openrosa-").tempfile_in(parent(path));
    file.map_err(|error| unwritten(path, &error))
}

impl Spool {
    pub(super) fn beside(path: &Path) -> Result<Self, Failure> {
        let (file, path) = (BufWriter::new(beside(path)?), path.to_owned());
        Ok(Self { file, path, columns: Columns::default(), count: 0 })
    }

    pub(super) fn add(&mut self, page: &[Json]) -> Result<(), Failure> {
        for record in page {
            self.columns.see(record);
            writeln!(self.file, "{record}").map_err(|error| unwritten(&self.path, &error))?;
        }
        self.count += page.len();
        Ok(())
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// How many columns what was seen needs.
    pub(super) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Whether that are more than there may be.
    pub(super) fn is_cut(&self) -> bool {
        self.columns.is_cut()
    }

    pub(super) fn headed(&self, what: What) -> Vec<(String, Way)> {
        self.columns.of(what)
    }

    /// The lines themselves.
    pub(super) fn into_file(self) -> Result<NamedTempFile, Failure> {
        self.file.into_inner().map_err(|error| unwritten(&self.path, &error.error()))
    }

    /// All of it once more, from the beginning.
    pub(super) fn records(&mut self) -> Result<impl Iterator<Item = Result<Json, Failure>>, Failure> {
        let path = self.path.clone();
        let failed = |error: std::io::Error| unwritten(&self.path, &error);
        self.file.flush().map_err(failed)?;
        let mut again = self.file.get_ref().reopen().map_err(failed)?;
        again.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(BufReader::new(again).lines().map(move |line| {
            let line = line.map_err(|error| unwritten(&path, &error))?;
            serde_json::from_str(&line).map_err(|error| unwritten(&path, &error))
        }))
    }
}
