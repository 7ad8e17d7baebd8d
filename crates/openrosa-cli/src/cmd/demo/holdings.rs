//! What the server holds in the end.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use openrosa_store::Error;
use openrosa_store::server::{Database, Domain, FileRow, FormRow, FormsAsked};
use openrosa_xml::Instance;
use openrosa_xml::xml::decode;

use super::story::{PHOTO, short};
use crate::exit::Failure;
use crate::server_place::failure;
use crate::terminal::say;

/// A count of what is held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Holdings {
    pub(super) forms: usize,
    pub(super) files: usize,
    /// The photo came through byte for byte.
    pub(super) photo_is_whole: bool,
}

/// Reads what there is, shows it, and counts.
pub(super) async fn print(database: &Database) -> Result<Holdings, Failure> {
    let failed = |error: Error| failure(&error);
    let domain = database.domain(None).await.map_err(failed)?;
    let forms = all(database, &domain).await.map_err(failed)?;
    let mut holdings = Holdings { forms: forms.len(), ..Holdings::default() };
    say(format_args!("What the server holds"));
    for form in &forms {
        print_form(form, &database.xml(&domain, form).await.map_err(failed)?)?;
        for file in database.files_of(&domain, form).await.map_err(failed)? {
            let is_whole = read(database, &file).await.map_err(failed)? == PHOTO;
            holdings.files += 1;
            holdings.photo_is_whole |= is_whole;
            let whole = if is_whole { ", byte for byte the photo that was sent" } else { "" };
            say(format_args!("     file   {}, {} bytes{whole}", file.name, file.size));
        }
    }
    say("");
    Ok(holdings)
}

/// More than a demonstration sends fits on one page.
async fn all(database: &Database, domain: &Domain) -> Result<Vec<FormRow>, Error> {
    database.forms(domain, &FormsAsked::default(), 100).await
}

async fn read(database: &Database, file: &FileRow) -> Result<Vec<u8>, Error> {
    let stream = database.files().read(&file.object).await?;
    let pieces: Vec<Bytes> = stream.try_collect().await?;
    Ok(pieces.concat())
}

fn print_form(form: &FormRow, xml: &[u8]) -> Result<(), Failure> {
    let malformed = |error| Failure::new(format!("a form that was received does not read: {error}"));
    let text = decode(xml).map_err(malformed)?;
    let instance = Instance::read(&text).map_err(malformed)?;
    let name = if form.form.is_empty() { "a form without a name" } else { &form.form };
    say(format_args!("   {name}, {} bytes", xml.len()));
    say(format_args!("     id     {}", form.instance_id));
    for found in instance.cases() {
        let id = found.block.case_id.as_deref().unwrap_or_default().into();
        let actions: Vec<_> = found.block.actions.iter().map(|action| action.name().local_name()).collect();
        say(format_args!("     case   {}  {}", short(&id), actions.join(", ")));
    }
    Ok(())
}
