//! One document and what was found in it.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use openrosa_xml::{
    check::{self, Finding, Options, Place, Report},
    xml::decode,
};

use super::judge::Judge;
use crate::{excerpt::Excerpt, input::Input};

/// A document that was checked.
///
/// Whoever tells of it gets at the text by [`excerpt`](Self::excerpt) and [`sarif`](super::sarif)'s regions alone, so that a
/// document which is never whole in memory can come in its place.
pub(crate) struct Checked<'a> {
    /// The path as given, or `-`.
    pub(super) name: &'a str,
    /// What a person calls it.
    pub(super) title: &'a str,
    pub(crate) findings: Vec<Finding>,
    /// How many findings are not shown because their codes are allowed.
    pub(super) allowed: usize,
    pub(super) took: Duration,
    pub(super) text: Cow<'a, str>,
}

/// Checks a document, whatever its bytes are.
pub(crate) fn examine<'a>(input: &'a Input, options: &Options<'_>, judge: &Judge) -> Checked<'a> {
    let started = Instant::now();
    let (text, report) = checked(&input.bytes, options);
    let mut findings = report.into_findings();
    let all = findings.len();
    findings.retain(|finding| !judge.allows(finding));
    let (name, title) = (input.name.as_str(), input.title());
    Checked { name, title, allowed: all - findings.len(), findings, took: started.elapsed(), text }
}

/// The text of a document, and what is wrong with it.
fn checked<'a>(bytes: &'a [u8], options: &Options<'_>) -> (Cow<'a, str>, Report) {
    match decode(bytes) {
        Ok(text) => {
            let report = check::document(&text, options);
            (text, report)
        }
        Err(error) => {
            let text = String::from_utf8_lossy(bytes);
            let report = check::stopped(&error, &text, options);
            (text, report)
        }
    }
}

impl Checked<'_> {
    /// The line of a place, as much of it as there is room for.
    pub(super) fn excerpt(&self, place: Place, room: usize) -> Option<Excerpt> {
        Excerpt::around(&self.text, place.start.offset..place.end.offset, room)
    }
}
