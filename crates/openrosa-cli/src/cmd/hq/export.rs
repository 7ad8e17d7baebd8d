//! Forms and cases into a file, and what is new behind what is there.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use commcare_hq::paging::window::WindowState;
use commcare_hq::paging::{Dated, Window};
use commcare_hq::{cases, forms};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ExportArgs, failed, sheet};
use crate::durable;
use crate::exit::{Exit, Failure};
use crate::page::counted;
use crate::target::wait;
use crate::terminal::say;

/// What can be exported.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Of {
    Forms,
    Cases,
}

/// How far an export is: what was asked, and how much of the file is whole pages.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checkpoint {
    state: WindowState,
    bytes: u64,
    columns: Vec<String>,
}

pub(crate) fn run(args: &ExportArgs) -> Result<Exit, Failure> {
    match args.what {
        Of::Forms => {
            let mut list = forms::List::new().limit(args.page);
            if let Some(xmlns) = &args.xmlns {
                list = list.xmlns(xmlns);
            }
            wait(export(args, list, &sheet::FORM))
        }
        Of::Cases => {
            let mut list = cases::List::new().limit(args.page);
            if let Some(case_type) = &args.case_type {
                list = list.case_type(case_type);
            }
            wait(export(args, list, &sheet::CASE))
        }
    }
}

async fn export<D: Dated<Item: Serialize>>(
    args: &ExportArgs,
    list: D,
    usual: &[&str],
) -> Result<Exit, Failure> {
    let hq = args.account.open()?;
    let known = read(&args.out)?;
    let mut target = Target::open(args, usual, known.as_ref())?;
    let window = match known {
        Some(known) => Window::resumed(&hq, list, known.state),
        None => Window::new(&hq, list),
    };
    let mut window =
        window.map_err(|error| failed(&error).remedy("another --out, or the same arguments as before"))?;
    let before = window.state().items();
    let bar = progress();
    while let Some(page) = window.next_page().await.map_err(|error| failed(&error))? {
        let items = page.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
        target.add(&items.map_err(|error| Failure::new(error.to_string()))?)?;
        target.keep(window.state())?;
        bar.inc(page.len() as u64);
    }
    target.keep(window.state())?;
    bar.finish_and_clear();
    let new = usize::try_from(window.state().items() - before).unwrap_or(usize::MAX);
    let what = if matches!(args.what, Of::Forms) { "form" } else { "case" };
    say(format_args!("{} added to {}", counted(new, what), args.out.display()));
    Ok(Exit::Clean)
}

fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".checkpoint");
    name.into()
}

fn read(out: &Path) -> Result<Option<Checkpoint>, Failure> {
    let path = beside(out);
    let unread =
        |error: &dyn std::fmt::Display| Failure::new(format!("cannot read `{}`: {error}", path.display()));
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| unread(&error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unread(&error)),
    }
}

/// The file that grows, page by page.
struct Target {
    file: File,
    out: PathBuf,
    columns: Vec<String>,
    bytes: u64,
}

impl Target {
    /// Opens the file behind the last whole page: what follows that is of a page that broke off.
    fn open(args: &ExportArgs, usual: &[&str], known: Option<&Checkpoint>) -> Result<Self, Failure> {
        let out = &args.out;
        let is_sheet = out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let columns = match (is_sheet, args.columns.is_empty()) {
            (false, _) => Vec::new(),
            (true, true) => usual.iter().map(|column| (*column).to_owned()).collect(),
            (true, false) => args.columns.clone(),
        };
        if known.is_some_and(|known| known.columns != columns) {
            let failure = Failure::new("the sheet has other columns");
            return Err(failure.remedy("another --out, or the same columns as before"));
        }
        if known.is_none() && out.exists() {
            let failure = Failure::new(format!("`{}` is there already, without a checkpoint", out.display()));
            return Err(failure.remedy("another --out"));
        }
        let bytes = known.map_or(0, |known| known.bytes);
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(out);
        let file = file.map_err(|error| unwritten(out, &error))?;
        let mut target = Self { file, out: out.clone(), columns, bytes };
        target.rewind()?;
        if known.is_none() && is_sheet {
            let heading = target.columns.clone();
            target.write(&line(&heading)?)?;
        }
        Ok(target)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        let length = self.file.metadata().map_err(|error| unwritten(&self.out, &error))?.len();
        if length < self.bytes {
            let failure =
                Failure::new(format!("`{}` is shorter than its checkpoint says", self.out.display()));
            return Err(failure.remedy("another --out, for the whole of it"));
        }
        self.file.set_len(self.bytes).map_err(|error| unwritten(&self.out, &error))?;
        self.file.seek(SeekFrom::Start(self.bytes)).map_err(|error| unwritten(&self.out, &error))?;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| unwritten(&self.out, &error))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn add(&mut self, items: &[Value]) -> Result<(), Failure> {
        let mut page = Vec::new();
        for item in items {
            if self.columns.is_empty() {
                page.extend(item.to_string().into_bytes());
                page.push(b'\n');
            } else {
                page.extend(line(&sheet::row(item, &self.columns))?);
            }
        }
        self.write(&page)
    }

    /// The page first, then the word that it is there.
    fn keep(&mut self, state: &WindowState) -> Result<(), Failure> {
        self.file.sync_data().map_err(|error| unwritten(&self.out, &error))?;
        let checkpoint =
            Checkpoint { state: state.clone(), bytes: self.bytes, columns: self.columns.clone() };
        let text = serde_json::to_vec(&checkpoint).map_err(|error| Failure::new(error.to_string()))?;
        let path = beside(&self.out);
        let spare = path.with_extension("checkpoint.new");
        durable::write(&spare, &text, &path).map_err(|error| Failure::new(error.to_string()))
    }
}

fn line(cells: &[String]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| Failure::new(error.to_string()))?;
    writer.into_inner().map_err(|error| Failure::new(error.to_string()))
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot write `{}`: {error}", path.display()))
}

/// Drawn on a terminal only. How many there are is not said by what lists them.
fn progress() -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{spinner} {pos}, {per_sec}");
    let bar = ProgressBar::with_draw_target(None, target);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
