//! `openrosa outbox add`: forms are kept.

use std::path::PathBuf;

use openrosa_store::device::{
    Database, Effect,
    outbox::{Added, NewFile, NewForm},
};
use serde_json::json;

use crate::{
    cmd::{
        apply::Format,
        submit::{find, find::Found, visible},
    },
    database::failure,
    exit::{Exit, Failure},
    folder::file_name,
    terminal::say,
};

/// Keep forms, with their files, to be sent later.
///
/// PATH and --attach are what they are for `openrosa submit`. A line is printed for each form once it is on the disk. A form that is
/// there already is told so and not kept twice; one that cannot be read, or has no instanceID, is told and not kept.
///
/// Exit status: 0 when all are kept, 1 when one is not, 2 when it could not be done.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Forms, or folders of forms
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A file to keep with the form; may be given several times, with one form only
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Leave the files where they are, for want of room; they must not change until the form is sent
    #[arg(long)]
    reference: bool,
    /// Let the forms change the cases of this database, as an app does that shows them
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Apply::Never)]
    apply: Apply,
    /// For a person, or as JSON lines, one a form
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// When a form changes the cases here.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Apply {
    /// At once; a form that cannot be applied is not kept
    AtOnce,
    /// Once the server has it
    WhenSent,
    /// Not by itself; the next restore brings what the server made of it
    Never,
}

impl From<Apply> for Effect {
    fn from(apply: Apply) -> Self {
        match apply {
            Apply::AtOnce => Self::AtOnce,
            Apply::WhenSent => Self::OnDelivery,
            Apply::Never => Self::None,
        }
    }
}

pub(super) async fn run(args: &Args, database: &Database) -> Result<Exit, Failure> {
    let mut exit = Exit::Clean;
    for form in find::forms(&args.paths, &args.attach)? {
        let kept = match new(&form, args.reference) {
            Ok(new) => keep(database, &new, args.apply.into()).await?,
            Err(reason) => Err(reason),
        };
        if kept.is_err() {
            exit = Exit::Findings;
        }
        say(match args.format {
            Format::Text => line(&form, &kept),
            Format::Json => object(&form, &kept),
        });
    }
    Ok(exit)
}

/// The form as it is kept, or why it is not.
pub(in crate::cmd) fn new(form: &Found, by_reference: bool) -> Result<NewForm, String> {
    let loaded = form.load()?;
    let new = NewForm::new(loaded.xml).map_err(|error| error.to_string())?.named(form.file_name());
    loaded.paths.iter().try_fold(new, |new, path| {
        let name = file_name(path);
        let file = match by_reference {
            true => NewFile::referenced(name, path).map_err(|error| error.to_string())?,
            false => NewFile::copied(name, path),
        };
        new.attach(file).map_err(|error| error.to_string())
    })
}

/// Keeps a form, or says what is wrong with it. What is wrong with the database ends the work.
pub(in crate::cmd) async fn keep(
    database: &Database,
    form: &NewForm,
    effect: Effect,
) -> Result<Result<Added, String>, Failure> {
    match database.submit(form, effect).await {
        Ok(submitted) => Ok(Ok(submitted.added)),
        Err(error) if error.instance_taken().is_some() || error.declined().is_some() => {
            Ok(Err(error.to_string()))
        }
        Err(error) => Err(failure(error)),
    }
}

fn line(form: &Found, kept: &Result<Added, String>) -> String {
    let name = visible(&form.name());
    match kept {
        Ok(Added { number, is_new: true }) => format!("{number:>4}  kept         {name}"),
        Ok(Added { number, is_new: false }) => format!("{number:>4}  was there    {name}"),
        Err(reason) => format!("      not kept     {name}  {}", visible(reason)),
    }
}

fn object(form: &Found, kept: &Result<Added, String>) -> String {
    let form = form.name();
    let told = match kept {
        Ok(added) => json!({"form": form, "number": added.number, "new": added.is_new}),
        Err(reason) => json!({"form": form, "error": reason}),
    };
    told.to_string()
}
