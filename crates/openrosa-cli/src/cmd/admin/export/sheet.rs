//! A sheet.

use std::path::Path;

use tempfile::NamedTempFile;

use super::columns::{cell, title};
use super::spool::{Spool, beside};
use super::{What, unwritten};
use crate::defused::defused;
use crate::exit::Failure;

pub(super) fn make(path: &Path, spool: &mut Spool, what: What) -> Result<NamedTempFile, Failure> {
    let failed = |error: csv::Error| unwritten(path, &error);
    let ways = spool.ways(what);
    let mut sheet = csv::Writer::from_writer(beside(path)?);
    sheet.write_record(ways.iter().map(title).map(defused)).map_err(failed)?;
    for record in spool.records()? {
        let record = record?;
        sheet
            .write_record(ways.iter().map(|way| cell(&record, way).map(defused).unwrap_or_default()))
            .map_err(failed)?;
    }
    sheet.into_inner().map_err(|error| unwritten(path, &error.error()))
}
