//! A document in memory, and what was found in it.

use openrosa_xml::{
    check::{self, Finding, Options},
    xml::{decode, other_encoding},
};

use super::document::Document;
use crate::input::Input;

/// A document that was checked.
pub(crate) struct Checked<'a> {
    pub(super) document: Document<'a>,
    pub(crate) findings: Vec<Finding>,
}

/// Checks a document, whatever its bytes are.
pub(crate) fn examine<'a>(input: &'a Input, options: &Options<'_>) -> Checked<'a> {
    let (text, report) = match decode(&input.bytes) {
        Ok(text) => {
            let options = Options { encoding: other_encoding(&input.bytes), ..options.clone() };
            let report = check::document(&text, &options);
            (text, report)
        }
        Err(error) => {
            let text = String::from_utf8_lossy(&input.bytes);
            let report = check::stopped(&error, &text, options);
            (text, report)
        }
    };
    Checked { document: Document::in_memory(&input.name, text), findings: report.into_findings() }
}
