//! How long the names are that things are found by: no longer than CommCare HQ's columns, and so than PostgreSQL's indices take.

use openrosa_http::server::{Rejection, Submission};
use openrosa_xml::{Instance, Profile, case::Action, ledger::Ledger, xml::decode};

/// In characters. *Spec*: case-xml.md 1.14.
const LONGEST: usize = 255;

/// How links are called is sent to no device where it is longer than that, and taken as it is.
const LINK: usize = 400;

/// Whether a name can be kept.
pub(super) fn fits(name: &str) -> bool {
    is_within(name, LONGEST)
}

/// A form with a longer one will never be taken. A token of ours is not so long: another is none.
pub(super) fn check(submission: &mut Submission) -> Result<(), Rejection> {
    submission.sender.sync_token = submission.sender.sync_token.take().filter(|token| fits(token));
    let own = submission.instance_id.to_string();
    let named = [
        ("instanceID", Some(own.as_str())),
        ("deprecatedID", submission.deprecated_id.as_deref()),
        ("id", submission.form.id.as_deref()),
        ("version", submission.form.version.as_deref()),
    ];
    for (what, name) in named.into_iter().filter_map(|(what, name)| Some((what, name?))) {
        checked(what, name)?;
    }
    submission.files.iter().try_for_each(|file| checked("filename", file.name.as_str()))?;
    let Ok(source) = decode(&submission.xml) else { return Ok(()) };
    Instance::read(&source).map_or(Ok(()), |instance| blocks(&instance))
}

fn blocks(form: &Instance<'_>) -> Result<(), Rejection> {
    for found in form.cases() {
        optional("case_id", found.block.case_id.as_deref())?;
        let indices = found.block.actions.iter().filter_map(|action| match action {
            Action::Index(indices) => Some(&indices.entries),
            _ => None,
        });
        for index in indices.flatten() {
            bounded("index", &index.name, LINK)?;
            checked("index", &index.target.text())?;
        }
    }
    form.legacy_cases().iter().try_for_each(|found| optional("case_id", found.block.case_id().as_deref()))?;
    form.ledgers().iter().try_for_each(|found| ledger(&found.block))
}

fn ledger(block: &Ledger<'_>) -> Result<(), Rejection> {
    let sheet = match block {
        Ledger::Balance(balance) => {
            optional("entity-id", balance.entity_id.as_deref())?;
            &balance.sheet
        }
        Ledger::Transfer(transfer) => {
            optional("src", transfer.src.as_deref())?;
            optional("dest", transfer.dest.as_deref())?;
            &transfer.sheet
        }
        _ => return Ok(()),
    };
    for said in sheet.instructions(Profile::Hq) {
        checked("section-id", said.section_id.unwrap_or_default())?;
        checked("id", said.entry_id.unwrap_or_default())?;
    }
    Ok(())
}

fn optional(what: &str, name: Option<&str>) -> Result<(), Rejection> {
    name.map_or(Ok(()), |name| checked(what, name))
}

fn checked(what: &str, name: &str) -> Result<(), Rejection> {
    bounded(what, name, LONGEST)
}

fn bounded(what: &str, name: &str, most: usize) -> Result<(), Rejection> {
    if is_within(name, most) {
        return Ok(());
    }
    let length = name.chars().count();
    Err(Rejection::Unprocessable { reason: format!("`{what}` is {length} long, {most} at most is taken") })
}

fn is_within(name: &str, most: usize) -> bool {
    // None has more characters than bytes.
    name.len() <= most || name.chars().count() <= most
}
