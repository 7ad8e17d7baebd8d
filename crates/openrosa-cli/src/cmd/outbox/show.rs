//! `openrosa outbox show`: one form, whole.

use std::slice;

use openrosa_store::device::outbox::{File, Outbox, Whole};
use serde_json::{Value, json};

use super::telling::{self, Again, Outlook, Why};
use crate::{
    cmd::{apply::Format, submit::visible},
    database::failure,
    exit::{Exit, Failure},
    page::{Page, TITLE, grouped, seen},
    terminal::{print, print_bytes, say},
};

const COLUMN: usize = 12;

/// Show one form: what it is, where it stands, what the server said, what to do about it.
///
/// With --xml the form itself is printed, byte for byte; it is here as long as it is not delivered or dropped.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Its number in the outbox
    number: i64,
    /// Print the form as it is, and nothing else
    #[arg(long)]
    xml: bool,
    /// For a person, or as a JSON object
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(args: &Args, outbox: &Outbox, again: Again<'_>) -> Result<Exit, Failure> {
    let whole = outbox.show(args.number).await.map_err(failure)?;
    let whole = whole.ok_or_else(|| {
        let failure = Failure::new(format!("there is no form {} in the outbox", args.number));
        failure.remedy(again.outbox("list --all"))
    })?;
    if args.xml {
        let gone =
            || Failure::new(format!("form {} is {} and not here any more", args.number, whole.form.state));
        let xml = whole.xml.as_ref().ok_or_else(gone)?;
        print_bytes(xml);
        return Ok(Exit::Clean);
    }
    let outlook = Outlook::of(outbox, slice::from_ref(&whole.form), again).await?;
    match args.format {
        Format::Text => print(&text(&whole, &outlook, Page::for_stdout())),
        Format::Json => say(object(&whole, &outlook)),
    }
    Ok(if whole.form.state.needs_a_person() { Exit::Findings } else { Exit::Clean })
}

fn text(whole: &Whole, outlook: &Outlook<'_>, page: Page) -> String {
    let (mut out, form) = (String::new(), &whole.form);
    out.push_str(&telling::heading(form, outlook));
    out.push('\n');
    let mut row = |label: &str, value: &str| page.row(&mut out, 6, (label, COLUMN), value);
    row("instanceID", &seen(&form.instance_id));
    if let Some(form_id) = &form.form_id {
        row("form", &seen(form_id));
    }
    row("bytes", &grouped(form.size));
    row("SHA-256", &hexadecimal(&form.sha256));
    row("added", &form.added_at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    row("attempts", &form.attempts.to_string());
    for file in &whole.files {
        row("file", &described(file));
    }
    if let Some(told) = &form.told {
        row("told", &told.at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
        let nature = told.nature.as_deref().map_or(String::new(), |nature| format!(" ({})", seen(nature)));
        row("words", &format!("{}{nature}", visible(&told.words)));
    }
    if let Some(Why::Paused(pause)) = Why::of(form, outlook) {
        row("paused", &visible(&pause.words));
    }
    if let Some(advice) = telling::advice(form, outlook) {
        row("what to do", &advice);
    }
    out
}

fn described(file: &File) -> String {
    let at = file.path.as_ref().map_or(String::new(), |path| format!(", in {}", seen(path)));
    format!("{TITLE}{}{TITLE:#}, {} bytes{at}", seen(&file.name), grouped(file.size))
}

fn object(whole: &Whole, outlook: &Outlook<'_>) -> Value {
    let mut object = telling::json(&whole.form, outlook);
    let files = whole.files.iter().map(|file| {
        json!({"name": file.name, "size": file.size, "sha256": hexadecimal(&file.sha256), "path": file.path})
    });
    object.insert("size".to_owned(), whole.form.size.into());
    object.insert("sha256".to_owned(), hexadecimal(&whole.form.sha256).into());
    object.insert("files".to_owned(), files.collect());
    object.into()
}

fn hexadecimal(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
