//! A document of which there is no text to check.

use super::{Options, Report, place::Text, unreadable};
use crate::{error::ReadError, position::Position};

/// What stopped a document before it could be checked, as its one finding: bytes that are not in the encoding they claim.
///
/// `source` is what there is of its text, by which places get their lines.
///
/// ```
/// use openrosa_xml::{check::{self, Options}, xml::decode};
///
/// let bytes = b"<data>\n  <name>Andr\xE9</name>\n</data>";
/// let error = decode(bytes).unwrap_err();
/// let report = check::stopped(&error, &String::from_utf8_lossy(bytes), &Options::default());
/// assert_eq!(report.findings()[0].code(), "xml-encoding");
/// assert_eq!(report.findings()[0].place.start.line, 2);
/// ```
#[must_use]
pub fn stopped(error: &ReadError, source: &str, options: &Options<'_>) -> Report {
    Report::of(unreadable(error, options).settle(&Text::new(source, Position::START)))
}
