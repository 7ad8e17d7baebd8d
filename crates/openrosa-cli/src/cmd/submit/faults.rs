//! What is wrong with a form before it is sent.

use openrosa_xml::check::{Options, Severity};
use serde_json::Value;

use super::find::{Found, Loaded};
use crate::{
    cmd::check::{Judge, examine, json, told},
    input::Input,
    page::{Page, counted},
};

/// Why a form with errors is not sent.
#[derive(Debug)]
pub(super) struct Faults {
    /// In a few words.
    pub(super) reason: String,
    /// Every finding under its line.
    pub(super) told: String,
    /// Every finding for a program.
    pub(super) findings: Vec<Value>,
}

/// Holds a form, and the files that would go with it, against what is known of its readers.
pub(super) fn look(form: &Found, loaded: &Loaded) -> Result<(), Faults> {
    let files = loaded.attachments.iter().map(|attachment| attachment.name().to_owned()).collect();
    let options = Options { files: Some(&files), ..Options::default() };
    let input = Input { name: form.name(), bytes: loaded.xml.clone() };
    let judge = Judge::default();
    let checked = examine(&input, &options);
    let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors == 0 {
        return Ok(());
    }
    Err(Faults {
        reason: format!("{}; it was not sent", counted(errors, "error")),
        told: told(&checked, Page::for_stdout()),
        findings: checked.findings.iter().map(|found| json::finding(&input.name, found, &judge)).collect(),
    })
}
