//! What comes out of the database, in lines of JSON in a file: the columns of a sheet are known only behind the last line.

use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};

use serde::Deserialize as _;
use serde_json::{Deserializer, Value as Json};
use tempfile::NamedTempFile;

use super::columns::{Columns, Way};
use super::{Kind, Place, What};
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

    pub(super) fn headed(&self, what: What, kind: Kind) -> Vec<(String, Way)> {
        self.columns.of(what, kind)
    }

    /// The lines themselves.
    pub(super) fn into_file(self) -> Result<NamedTempFile, Failure> {
        self.file.into_inner().map_err(|error| self.place.unwritten(&error.error()))
    }

    /// All of it once more, from the beginning.
    pub(super) fn records(&mut self) -> Result<impl Iterator<Item = Result<Json, Failure>>, Failure> {
        self.file.flush().map_err(|error| self.place.unwritten(&error))?;
        let mut again = self.file.get_ref().reopen().map_err(|error| unread(&error))?;
        again.seek(SeekFrom::Start(0)).map_err(|error| unread(&error))?;
        Ok(BufReader::new(again).lines().map(|line| {
            let line = line.map_err(|error| unread(&error))?;
            record(&line).map_err(|error| unread(&error))
        }))
    }
}

/// As deep as it is: a form has been read within `openrosa_xml::Limits` before it became JSON, which is no deeper.
fn record(line: &str) -> serde_json::Result<Json> {
    let mut json = Deserializer::from_str(line);
    json.disable_recursion_limit();
    Json::deserialize(&mut json)
}

fn unread(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!(
        "what came out of the database cannot be read back from the temporary file: {error}"
    ))
}

#[cfg(test)]
mod tests {
    use openrosa_xml::Limits;
    use serde_json::json;

    use super::*;

    /// Tests run on a thread of the usual size.
    #[test]
    fn the_deepest_form_there_can_be_is_read_back() {
        let deepest = (0..Limits::DEEPEST).fold(json!("v"), |inside, _| json!({ "g": inside }));
        let line = deepest.to_string();
        assert_eq!(record(&line).unwrap().to_string(), line);
    }
}
