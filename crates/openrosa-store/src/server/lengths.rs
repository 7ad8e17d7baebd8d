//! How long the names are that things are found by: three of them have to go into an index of PostgreSQL, which takes 2,704 bytes.

use openrosa_http::server::{Rejection, Submission};
use openrosa_xml::{Instance, Profile, case::Action, ledger::Ledger, xml::decode};

/// In bytes. 255 characters, which CommCare HQ takes, are hardly ever more.
const LONGEST: usize = 800;

/// Whether a name can be kept.
pub(super) const fn fits(name: &str) -> bool {
    name.len() <= LONGEST
}

/// A name that is too long to be kept.
#[derive(Debug, thiserror::Error)]
#[error("`{what}` takes up {length} bytes, {LONGEST} at most can be kept")]
pub(crate) struct TooLong {
    what: &'static str,
    length: usize,
}

/// A form with a longer one will never be taken. A token of ours is not so long: another is none.
pub(super) fn check(submission: &mut Submission) -> Result<(), Rejection> {
    submission.sender.sync_token = submission.sender.sync_token.take().filter(|token| fits(token));
    names(submission).map_err(|why| Rejection::Unprocessable { reason: why.to_string() })
}

fn names(submission: &Submission) -> Result<(), TooLong> {
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

fn blocks(form: &Instance<'_>) -> Result<(), TooLong> {
    for found in form.cases() {
        optional("case_id", found.block.case_id.as_deref())?;
        let indices = found.block.actions.iter().filter_map(|action| match action {
            Action::Index(indices) => Some(&indices.entries),
            _ => None,
        });
        for index in indices.flatten() {
            checked("index", &index.name)?;
            checked("index", &index.target.text())?;
        }
    }
    form.legacy_cases().iter().try_for_each(|found| optional("case_id", found.block.case_id().as_deref()))?;
    form.ledgers().iter().try_for_each(|found| ledger(&found.block))
}

fn ledger(block: &Ledger<'_>) -> Result<(), TooLong> {
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

fn optional(what: &'static str, name: Option<&str>) -> Result<(), TooLong> {
    name.map_or(Ok(()), |name| checked(what, name))
}

pub(super) fn checked(what: &'static str, name: &str) -> Result<(), TooLong> {
    match fits(name) {
        true => Ok(()),
        false => Err(TooLong { what, length: name.len() }),
    }
}
