//! A document in memory, and what was found in it.

use std::borrow::Cow;

use openrosa_xml::{
    ReadError,
    check::{self, Finding, Options},
    xml::{decode, other_encoding},
};

use super::document::Document;
use crate::{cmd::show::begins_answer, input::Input};

/// A document that was checked.
pub(crate) struct Checked<'a> {
    pub(super) document: Document<'a>,
    pub(crate) findings: Vec<Finding>,
}

/// A restore that is UTF-8, which it is to the device whatever it declares (ota-restore.md 2.2).
pub(super) fn restore_in_utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|_| begins_answer(bytes))
}

/// The text of a document.
pub(super) fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    restore_in_utf8(bytes).map_or_else(|| decode(bytes), |text| Ok(Cow::Borrowed(text)))
}

/// Checks a document, whatever its bytes are.
pub(crate) fn examine<'a>(input: &'a Input, options: &Options<'_>) -> Checked<'a> {
    let (text, report) = match text_of(&input.bytes) {
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
