//! Forms and cases into a file or a database, and what is new to what is there.

mod database;
mod file;
mod record;
mod sheet;

use std::io::{self, IsTerminal};
use std::path::Path;

use commcare_hq::paging::window::WindowState;
use commcare_hq::paging::{Dated, Verbatim, Window};
use commcare_hq::{cases, forms};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{ExportArgs, failed};
use crate::exit::{Exit, Failure};
use crate::page::counted;
use crate::target::wait;
use crate::terminal::say;
use database::Database;
use file::Lines;
use record::Record;

/// What can be exported.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Of {
    Forms,
    Cases,
}

impl Of {
    fn one(self) -> &'static str {
        match self {
            Self::Forms => "form",
            Self::Cases => "case",
        }
    }

    /// The columns where none were named.
    fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Forms => &sheet::FORM,
            Self::Cases => &sheet::CASE,
        }
    }
}

/// Where they go.
enum Target {
    Lines(Lines),
    Database(Database),
}

pub(crate) fn run(args: &ExportArgs) -> Result<Exit, Failure> {
    check(args)?;
    match args.what {
        Of::Forms => {
            let mut list = forms::List::new().limit(args.page);
            if let Some(xmlns) = &args.xmlns {
                list = list.xmlns(xmlns);
            }
            wait(export(args, list))
        }
        Of::Cases => {
            let mut list = cases::List::new().limit(args.page);
            if let Some(case_type) = &args.case_type {
                list = list.case_type(case_type);
            }
            wait(export(args, list))
        }
    }
}

/// An option that would mean nothing is a misunderstanding.
fn check(args: &ExportArgs) -> Result<(), Failure> {
    let meant = |what: &str| Err(Failure::new(what.to_owned()));
    match args.what {
        Of::Forms if args.case_type.is_some() => meant("--case-type is for cases; forms have --xmlns"),
        Of::Cases if args.xmlns.is_some() => meant("--xmlns is for forms; cases have --case-type"),
        _ if !args.columns.is_empty() && kind(&args.to) == Kind::Json => {
            meant("--column is for sheets and databases; a line of JSON has everything")
        }
        _ => goes_on(&args.to),
    }
}

/// An export is read again to go on behind it, and says beside it how far it is: what takes bytes and forgets them, as a pipe or a
/// terminal, cannot be gone on with, nor can a file that is called by a number here and has no place beside it.
fn goes_on(path: &Path) -> Result<(), Failure> {
    let is_none = path.metadata().is_ok_and(|there| !there.is_file());
    let is_number = ["/dev", "/proc"].iter().any(|system| path.starts_with(system)) && path.is_symlink();
    match is_none || is_number {
        true => {
            let failure = format!("`{}` is no file with which a later export could go on", path.display());
            Err(Failure::new(failure)
                .remedy("--to with the name of a file, which is there to be read afterwards"))
        }
        false => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Sheet,
    Database,
}

fn kind(path: &Path) -> Kind {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    match extension.to_str() {
        Some("csv") => Kind::Sheet,
        Some("db" | "sqlite" | "sqlite3") => Kind::Database,
        _ => Kind::Json,
    }
}

async fn export<D: Dated>(args: &ExportArgs, list: D) -> Result<Exit, Failure> {
    let list = Verbatim::new(list);
    let hq = args.account.open()?;
    let mut target = Target::look(args).await?;
    let window = match target.state() {
        Some(known) => Window::resumed(&hq, list, known.clone()),
        None => Window::new(&hq, list),
    };
    let mut window =
        window.map_err(|error| failed(&error).remedy("another --to, or the same arguments as before"))?;
    let before = window.state().items();
    let bar = progress();
    while let Some(page) = window.next_page().await.map_err(|error| failed(&error))? {
        let records: Vec<_> =
            page.iter().map(|written| Record::new(D::mark(&written.item).0, written)).collect();
        target.keep(&records, window.state()).await?;
        bar.inc(page.len() as u64);
    }
    target.keep(&[], window.state()).await?;
    bar.finish_and_clear();
    let new = usize::try_from(window.state().items() - before).unwrap_or(usize::MAX);
    say(format_args!("{} added to {}", counted(new, args.what.one()), args.to.display()));
    Ok(Exit::Clean)
}

impl Target {
    /// Looks at what is there. Nothing is made before the first page has come: who gave a wrong key has nothing to clean up.
    async fn look(args: &ExportArgs) -> Result<Self, Failure> {
        let usual = || args.what.usual().iter().map(|column| (*column).to_owned()).collect();
        let columns = if args.columns.is_empty() { usual() } else { args.columns.clone() };
        match kind(&args.to) {
            Kind::Json => Lines::look(&args.to, Vec::new()).map(Self::Lines),
            Kind::Sheet => Lines::look(&args.to, columns).map(Self::Lines),
            Kind::Database => Database::look(&args.to, args.what, columns).await.map(Self::Database),
        }
    }

    /// How far an export before this one has come.
    fn state(&self) -> Option<&WindowState> {
        match self {
            Self::Lines(lines) => lines.state(),
            Self::Database(database) => database.state(),
        }
    }

    /// A page, and how far the export is with it: both are on the disk after this, or neither is.
    async fn keep(&mut self, page: &[Record], state: &WindowState) -> Result<(), Failure> {
        match self {
            Self::Lines(lines) => lines.keep(page, state),
            Self::Database(database) => database.keep(page, state).await,
        }
    }
}

/// The columns are others than those that are there.
fn other_columns() -> Failure {
    Failure::new("what is there has other columns").remedy("another --to, or the same columns as before")
}

fn unwritten(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("cannot write `{}`: {error}", path.display()))
}

fn unread(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("cannot read `{}`: {error}", path.display()))
}

/// Drawn on a terminal only. How many there are is not said by what lists them.
fn progress() -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{spinner} {pos}, {per_sec}");
    let bar = ProgressBar::with_draw_target(None, target);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
