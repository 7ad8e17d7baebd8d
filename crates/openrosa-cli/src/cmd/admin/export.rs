//! `openrosa admin export`: what was received, for those who count and draw.

mod columns;
mod pages;
mod sheet;
mod spool;
mod table;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use openrosa_store::server::Domain;
use serde_json::json;
use tempfile::NamedTempFile;

use super::{InDomain, Office, case, failed, form, has_folder, of_domain};
use crate::durable::sync_folder;
use crate::exit::{Exit, Failure};
use crate::fleeting::Fleeting;
use crate::folder::parent;
use crate::page::counted;
use pages::Pages;
use spool::Spool;

/// Write all forms, or all cases, of a domain to a file: lines of JSON (.ndjson), a sheet (.csv) or an SQLite database (.db).
///
/// Sheets and databases have a column for every question or property that occurs, up to 16,000 in a sheet and nearly 2,000 in a
/// database; a table in a database has everything as JSON as well, and so has a sheet where not all have a column. A property that
/// is called as another column is has its whole name there, as in properties.status; where whole names are the same as well, the
/// second has a number, as in form.age (2). In a database form.Age is the same as form.age.
///
/// What is written is what was there when the command began, whatever is received meanwhile. The file is there whole or not at all,
/// and nobody else can read it.
///
/// In a sheet, what a spreadsheet would take for a formula (it begins with =, +, -, @, a tab or a carriage return, and is no
/// number) has a ' in front.
#[derive(clap::Args)]
pub(super) struct Args {
    /// What
    #[arg(value_enum)]
    what: What,
    /// Where to; its ending says as what
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    domain: InDomain,
    #[command(flatten)]
    forms: form::Asked,
    #[command(flatten)]
    cases: case::Asked,
}

/// What is exported.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Forms,
    Cases,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lines,
    Sheet,
    Table,
}

impl What {
    fn one(self) -> &'static str {
        match self {
            Self::Forms => "form",
            Self::Cases => "case",
        }
    }
}

pub(super) async fn run(args: &Args, office: &Office) -> Result<Exit, Failure> {
    let kind = kind(&args.to)?;
    check(args)?;
    let domain = office.domain(&args.domain).await?;
    let place = Place::at(&args.to)?;
    let mut spool = Spool::new(&place)?;
    fill(&mut spool, args, &domain, office).await?;
    let count = spool.count();
    let (made, columns) = match kind {
        Kind::Lines => (spool.into_file()?, None),
        Kind::Sheet => (sheet::make(&place, &mut spool, args.what)?, Some(spool.columns())),
        Kind::Table => {
            table::make(&place, &mut spool, args.what).await.map(|(made, columns)| (made, Some(columns)))?
        }
    };
    place.keep(made)?;
    let what = counted(count, args.what.one());
    let with = columns.map(|columns| format!(", with {} for answers", counted(columns, "column")));
    let words = format!("{what}{} in {}{}", of_domain(&domain), args.to.display(), with.unwrap_or_default());
    let mut facts = json!({"file": args.to.display().to_string()});
    facts[format!("{}s", args.what.one())] = count.into();
    if let Some(columns) = columns {
        facts["columns"] = columns.into();
    }
    office.told(words, facts);
    Ok(Exit::Clean)
}

/// Reads everything, and lets go of the database.
async fn fill(spool: &mut Spool<'_>, args: &Args, domain: &Domain, office: &Office) -> Result<(), Failure> {
    let state = office.database.snapshot().await.map_err(|error| failed(&error))?;
    let mut pages = match args.what {
        What::Forms => Pages::of_forms(state, domain, args.forms.forms()),
        What::Cases => Pages::of_cases(state, domain, args.cases.cases(true)),
    };
    while let Some(page) = pages.next().await? {
        spool.add(&page)?;
    }
    Ok(())
}

fn kind(path: &Path) -> Result<Kind, Failure> {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    match ending.to_str() {
        Some("ndjson" | "jsonl") => Ok(Kind::Lines),
        Some("csv") => Ok(Kind::Sheet),
        Some("db" | "sqlite" | "sqlite3") => Ok(Kind::Table),
        _ => {
            let failure = Failure::new(format!("`{}` does not say what it is to be", path.display()));
            Err(failure.remedy("a name that ends in .ndjson, .csv or .db"))
        }
    }
}

/// An option that would mean nothing is a misunderstanding.
fn check(args: &Args) -> Result<(), Failure> {
    if args.to.exists() {
        let failure = Failure::new(format!("`{}` is there already", args.to.display()));
        return Err(failure.remedy("another name, or remove it first"));
    }
    match args.what {
        What::Forms if !args.cases.is_everything() => {
            Err(Failure::new("--type and --owner are for cases; forms have --form, --user and --state"))
        }
        What::Cases if !args.forms.is_everything() => {
            Err(Failure::new("--form, --user and --state are for forms; cases have --type and --owner"))
        }
        _ => Ok(()),
    }
}

/// Where it is to lie, and what is made of it beside that, which does not outlast the command.
struct Place<'p> {
    path: &'p Path,
    making: Fleeting,
}

impl<'p> Place<'p> {
    fn at(path: &'p Path) -> Result<Self, Failure> {
        has_folder(path)?;
        let making = Fleeting::within(parent(path)).map_err(|error| unwritten(path, &error))?;
        Ok(Self { path, making })
    }

    /// A file that nobody else can read.
    fn file(&self) -> Result<NamedTempFile, Failure> {
        NamedTempFile::new_in(self.making.path()).map_err(|error| self.unwritten(&error))
    }

    /// Gives it its name, once it is on the disk.
    fn keep(&self, made: NamedTempFile) -> Result<(), Failure> {
        made.as_file().sync_all().map_err(|error| self.unwritten(&error))?;
        made.persist_noclobber(self.path).map_err(|error| self.unwritten(&error.error))?;
        sync_folder(parent(self.path)).map_err(|error| self.unwritten(&error))
    }

    fn unwritten(&self, error: &dyn std::fmt::Display) -> Failure {
        unwritten(self.path, error)
    }
}

fn unwritten(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("cannot write `{}`: {error}", path.display()))
}
