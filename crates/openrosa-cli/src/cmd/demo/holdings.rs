//! What the receiver holds in the end, as it lies in its folder.

use std::fs;
use std::path::Path;

use openrosa_xml::Instance;
use openrosa_xml::xml::decode;

use super::story::{PHOTO, short};
use crate::cmd::serve::Service;
use crate::exit::Failure;
use crate::receiver::Record;
use crate::terminal::say;

/// A count of what is held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Holdings {
    pub(super) forms: usize,
    pub(super) files: usize,
    /// The photo came through byte for byte.
    pub(super) photo_is_whole: bool,
}

/// Reads the folder, shows it, and counts.
pub(super) fn print(service: &Service, folder: &Path) -> Result<Holdings, Failure> {
    let records = service.backend().records();
    let mut holdings = Holdings { forms: records.len(), ..Holdings::default() };
    say(format_args!("What the receiver holds"));
    for record in &records {
        print_form(record, &read(&service.backend().xml_path(record))?)?;
        for file in &record.files {
            let bytes = read(&folder.join("files").join(&file.content.sha256))?;
            holdings.files += 1;
            holdings.photo_is_whole |= bytes == PHOTO;
            let whole = if bytes == PHOTO { ", byte for byte the photo that was sent" } else { "" };
            say(format_args!("     file   {}, {} bytes{whole}", file.name, bytes.len()));
        }
    }
    say("");
    Ok(holdings)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))
}

fn print_form(record: &Record, xml: &[u8]) -> Result<(), Failure> {
    let malformed = |error| Failure::new(format!("a form that was received does not read: {error}"));
    let text = decode(xml).map_err(malformed)?;
    let instance = Instance::read(&text).map_err(malformed)?;
    let form = record.form.as_deref().unwrap_or("a form without a name");
    say(format_args!("   {form}, {} bytes", record.xml.bytes));
    say(format_args!("     id     {}", record.instance_id));
    for found in instance.cases() {
        let id = found.block.case_id.as_deref().unwrap_or_default().into();
        let actions: Vec<_> = found.block.actions.iter().map(|action| action.name().local_name()).collect();
        say(format_args!("     case   {}  {}", short(&id), actions.join(", ")));
    }
    Ok(())
}
