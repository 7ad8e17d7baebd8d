//! What comes out of the database, in lines of JSON in a file: the columns of a sheet are known only behind the last line.

use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};

use serde_json::Value as Json;
use tempfile::NamedTempFile;

use super::columns::{Columns, Way};
use super::{Place, What};
use crate::exit::Failure;

/// A file that goes away, unless it is what was wanted.
pub(super) struct Spool<'p> {
    file: BufWriter<NamedTempFile>,
    place: &'p Place<'p>,
    columns: Columns,
    count: usize,
}

impl<'p> Spool<'p> {
    pub(super) fn new(place: &'p Place<'p>) -> Result<Self, Failure> {
        let file = BufWriter::new(place.file()?);
        Ok(Self { file, place, columns: Columns::default(), count: 0 })
    }

    pub(super) fn add(&mut self, page: &[Json]) -> Result<(), Failure> {
        for record in page {
            self.columns.see(record);
            writeln!(self.file, "{record}").map_err(|error| self.place.unwritten(&error))?;
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
        self.file.into_inner().map_err(|error| self.place.unwritten(&error.error()))
    }

    /// All of it once more, from the beginning.
    pub(super) fn records(&mut self) -> Result<impl Iterator<Item = Result<Json, Failure>>, Failure> {
        let place = self.place;
        let failed = |error: std::io::Error| place.unwritten(&error);
        self.file.flush().map_err(failed)?;
        let mut again = self.file.get_ref().reopen().map_err(failed)?;
        again.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(BufReader::new(again).lines().map(move |line| {
            let line = line.map_err(|error| place.unwritten(&error))?;
            serde_json::from_str(&line).map_err(|error| place.unwritten(&error))
        }))
    }
}
