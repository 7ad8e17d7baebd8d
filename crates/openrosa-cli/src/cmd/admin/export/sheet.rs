//! A sheet.

use tempfile::NamedTempFile;

use super::columns::{WHOLE, cell};
use super::spool::Spool;
use super::{Kind, Place, What};
use crate::defused::defused;
use crate::exit::Failure;

pub(super) fn make(place: &Place<'_>, spool: &mut Spool<'_>, what: What) -> Result<NamedTempFile, Failure> {
    let failed = |error: csv::Error| place.unwritten(&error);
    let (columns, is_cut) = (spool.headed(what, Kind::Sheet), spool.is_cut());
    let mut sheet = csv::Writer::from_writer(place.file()?);
    let rest = is_cut.then(|| WHOLE.to_owned());
    sheet.write_record(columns.iter().map(|(head, _)| defused(head.clone())).chain(rest)).map_err(failed)?;
    for record in spool.records()? {
        let record = record?;
        // What has no column is in there.
        let rest = is_cut.then(|| record.to_string());
        let cells = columns.iter().map(|(_, way)| cell(&record, way).map(defused).unwrap_or_default());
        sheet.write_record(cells.chain(rest)).map_err(failed)?;
    }
    sheet.into_inner().map_err(|error| place.unwritten(&error.error()))
}
