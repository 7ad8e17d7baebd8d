//! `openrosa check`: what is wrong with a document, for whom, where, and what to do.

mod checked;
mod context;
mod desk;
mod document;
mod fix;
mod gather;
mod github;
pub(crate) mod json;
mod judge;
mod opened;
mod sarif;
mod tally;
mod text;

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use openrosa_xml::check::{self, Audience, Finding};

use crate::{
    exit::{self, Exit, Failure},
    input::{Input, at_most_one_dash, is_dash, unopened},
    terminal::or_reader_is_gone,
};
pub(crate) use checked::{Checked, examine};
use context::Context;
use desk::Desk;
use document::Document;
use fix::Mended;
use gather::Gathered;
pub(crate) use judge::Judge;
use opened::Opened;
use tally::Tally;
pub(crate) use text::{style, told};

/// What `--format json` prints.
const FORMATS: &str = r#"With --format json every finding is one JSON object on a line of its own:

  {"event":"finding","file":"visit.xml","line":3,"column":33,"end_line":3,"end_column":62,
   "offset":182,"end_offset":211,"code":"case-date-plus-lost","severity":"error",
   "verdicts":{"spec":"error","device":"error","hq":"error"},"denied":true,
   "message":"`2024-05-01T10:00:00.077 05:30` has a space where the plus of its offset
   should be","values":{"date":"2024-05-01T10:00:00.077 05:30"},"related":[],
   "remedy":"encode the plus as %2B where the form goes through a URL, and send the form as a
   file part","statements":["C-004","C-033"],"sections":["case-xml.md 1.13","case-xml.md 11"],
   "fix":{"title":"write the plus sign",
   "edits":[{"offset":182,"end_offset":211,"text":"2024-05-01T10:00:00.077+05:30"}]}}

Lines and columns count from 1, columns in characters; an end is the place after the last
character. Offsets count bytes of the document in UTF-8. Each of `related` is another place, by
the same six numbers, and a `label`. `fix` is there where what to do is certain. The last line
is the summary:

  {"event":"summary","documents":1,"findings":{"error":1},"codes":{"case-date-plus-lost":1},
   "denied":1,"allowed":0,"fixed":0,"skipped":0,"unread":0}

--format sarif prints one SARIF 2.1.0 log, --format github one workflow command a finding, which
GitHub shows at its line.

All formats are streams: findings are printed as they are made, and none is kept. Those of a
restore of more than 1 MiB come item by item, and what is said of the whole restore, such as a
wrong `items`, comes last; those of any other document come in the order of their places."#;

/// Check documents: what is wrong, for whom, where, and what to do about it.
///
/// Any document of the family is checked: filled-in forms, blank forms, restores, form lists, manifests and the others; its root
/// says which it is. Of a folder, every file called `.xml` in it and in the folders below is checked, and every file without an
/// extension that begins like XML; hidden files and folders are passed over, and so is an XML file that a form beside it names:
/// that is the form's file.
///
/// Each finding is shown under its line, with those who mind it and what to do. `openrosa explain CODE` says more.
///
/// A restore may be of any size, and all of it may be wrong: it is read item by item, and findings are told and counted as they
/// are made. Through a pipe it is kept in a temporary file meanwhile, for the lines. Of any other document all is in memory, so
/// it may have 256 MiB and a million elements.
///
/// Exit status: 0 when there is nothing of the severity `error` or whatever --deny says, 1 when there is, 2 when something
/// could not be checked, or be put right, after all else was.
#[derive(clap::Args)]
#[command(after_long_help = FORMATS)]
pub(crate) struct Args {
    /// Documents and folders of them; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// For whom to check; may be given several times. Otherwise the document decides: one with case blocks or CommCare's metadata
    /// is held to the standards, the device and CommCare HQ, any other to the standards and the ODK family
    #[arg(long, value_name = "WHO", value_enum)]
    profile: Vec<Profile>,
    /// The blank form that the documents are filled-in copies of; `-` is standard input here as well
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// A restore with the cases that exist; `-` is standard input here as well
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// Where the files lie that go with the forms. Otherwise they are looked for beside a form that lies alone with its files, as
    /// phones keep them
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// End with status 1 for this code, or for this severity and all above: notes, portability, warnings, errors
    #[arg(long, value_name = "CODE|SEVERITY")]
    deny: Vec<String>,
    /// Do not show what this code finds, and never end with status 1 for it
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,
    /// For a person, as JSON lines, as a SARIF log, or as commands of a GitHub workflow
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Put right what can be put right with certainty, in the files themselves, and show what was changed; of `-`, the document
    /// put right is printed, and everything else goes to standard error. A document may have 64 MiB for this
    #[arg(long)]
    fix: bool,
    /// Show at most this many findings of each document; 0 is all of them. Without it, 50 for a person and all otherwise
    #[arg(long, value_name = "NUMBER")]
    max_findings: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Profile {
    /// The written standards
    Spec,
    /// CommCare on a device
    Device,
    /// CommCare HQ
    Hq,
    /// ODK Central, ODK Collect, KoBoToolbox, Enketo
    Odk,
}

impl From<Profile> for Audience {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Spec => Self::Spec,
            Profile::Device => Self::Device,
            Profile::Hq => Self::Hq,
            Profile::Odk => Self::Odk,
        }
    }
}

/// How findings are told.
trait Teller {
    /// Tells one finding; those of one document come after each other.
    fn finding(&mut self, document: &Document<'_>, finding: &Finding, judge: &Judge) -> String;

    /// Tells that this was all of a document but for so many findings that were not told.
    fn document_end(&mut self, _document: &Document<'_>, _hidden: usize) -> String {
        String::new()
    }

    /// Tells what all documents came to.
    fn end(&mut self, tally: &Tally) -> String;
}

impl Format {
    fn teller(self) -> Box<dyn Teller> {
        match self {
            Self::Text => Box::new(text::Text::for_stdout()),
            Self::Json => Box::new(json::Json),
            Self::Sarif => Box::new(sarif::Sarif::default()),
            Self::Github => Box::new(github::Github),
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let judge = Judge::new(&args.deny, &args.allow)?;
    at_most_one_dash(args.paths.iter().chain(&args.against).chain(&args.cases))?;
    let Gathered { documents, skipped, mut failures } = gather::documents(&args.paths);
    let is_printed = args.fix && documents.iter().any(|path| is_dash(path));
    if is_printed && documents.len() > 1 {
        return Err(Failure::new("only one document can be put right on standard output")
            .remedy("--fix with `-` alone"));
    }
    let context = Context::read(args)?;
    let desk = Desk {
        judge,
        out: Box::new(BufWriter::new(stream(args.format, is_printed))),
        teller: args.format.teller(),
        tally: Tally::new(skipped),
        most: args.most(),
    };
    let mut run = Run { args, context, desk };
    run.desk.tally.unread = failures.len();
    for path in &documents {
        match run.document(path) {
            Ok(()) => {}
            Err(Stop::Document(failure)) => {
                run.desk.tally.unread += 1;
                failures.push(failure);
            }
            Err(Stop::Unmended(failure)) => failures.push(failure),
            Err(Stop::Output(error)) => return stopped(&error, &run.desk.tally),
        }
    }
    match run.desk.end() {
        Err(error) => stopped(&error, &run.desk.tally),
        Ok(()) => ended(failures, &run.desk.tally),
    }
}

/// Where findings are printed: beside a document that is printed itself, not among its bytes. JSON has nothing in it that
/// steers a terminal.
fn stream(format: Format, is_printed: bool) -> Box<dyn Write> {
    match format {
        _ if is_printed => Box::new(anstream::stderr()),
        Format::Json | Format::Sarif => Box::new(io::stdout()),
        Format::Text | Format::Github => Box::new(anstream::stdout()),
    }
}

impl Args {
    /// How many findings of one document are told.
    fn most(&self) -> usize {
        let otherwise = if self.format == Format::Text { 50 } else { 0 };
        match self.max_findings.unwrap_or(otherwise) {
            0 => usize::MAX,
            most => most,
        }
    }
}

fn stopped(error: &io::Error, tally: &Tally) -> Result<Exit, Failure> {
    or_reader_is_gone(error).map(|()| tally.exit())
}

fn ended(mut failures: Vec<Failure>, tally: &Tally) -> Result<Exit, Failure> {
    let last = failures.pop();
    for failure in failures {
        exit::report(Err(failure));
    }
    last.map_or(Ok(tally.exit()), Err)
}

/// Why the next document, or none, is looked at.
enum Stop {
    Document(Failure),
    /// It was checked, and could not be put right.
    Unmended(Failure),
    Output(io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Document(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

struct Run<'a> {
    args: &'a Args,
    context: Context,
    desk: Desk,
}

impl Run<'_> {
    fn document(&mut self, path: &Path) -> Result<(), Stop> {
        if self.args.fix {
            return self.document_to_mend(path);
        }
        let name = path.display().to_string();
        match Opened::open(&name, path)? {
            Opened::Memory(input) => self.document_in_memory(path, &input),
            Opened::Disk(file) => self.restore(&name, path, &file),
        }
    }

    fn document_in_memory(&mut self, path: &Path, input: &Input) -> Result<(), Stop> {
        let started = Instant::now();
        let files = self.context.files_of(path);
        let mut checked = examine(input, &self.context.options(files.as_ref()));
        if !self.context.knows_files() {
            // What happens to lie beside a form need not go with it.
            checked.findings.retain(|finding| finding.code() != "form-file-unnamed");
        }
        let took = started.elapsed();
        for finding in &checked.findings {
            self.desk.finding(&checked.document, finding)?;
        }
        Ok(self.desk.document_end(&checked.document, took)?)
    }

    /// A restore is told of as it comes by, one item in memory at a time. One that cannot be read on was told of up to there.
    fn restore(&mut self, name: &str, path: &Path, file: &File) -> Result<(), Stop> {
        let started = Instant::now();
        let document = Document::on_disk(name, file);
        let (desk, options) = (&mut self.desk, self.context.options(None));
        let each = |finding: Finding| match desk.finding(&document, &finding) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        };
        let through = check::restore_while(file, &options, each);
        if let Ok(ControlFlow::Break(error)) = through {
            return Err(error.into());
        }
        self.desk.document_end(&document, started.elapsed())?;
        through.map_or_else(|error| Err(unopened(name, path, &error).into()), |_| Ok(()))
    }

    /// What is put right is written anew, so it is in memory; what is checked afterwards is the document put right. One that could
    /// not be is checked as it is.
    fn document_to_mend(&mut self, path: &Path) -> Result<(), Stop> {
        let mut input = fix::open(path)?;
        let files = self.context.files_of(path);
        let mended = match self.mended(path, &input, files.as_ref()) {
            Ok(mended) => mended,
            Err(failure) => {
                self.document_in_memory(path, &input)?;
                return Err(Stop::Unmended(failure));
            }
        };
        if let Some(bytes) = mended.bytes {
            input.bytes = bytes;
        }
        self.desk.tally.fixed += mended.made;
        self.tell_fix(&mended.diff)?;
        self.document_in_memory(path, &input)
    }

    /// What is put right of a document, which is written by now.
    fn mended(
        &self,
        path: &Path,
        input: &Input,
        files: Option<&BTreeSet<String>>,
    ) -> Result<Mended, Failure> {
        let mended = fix::mend(input, &self.context.options(files), &self.desk.judge)?;
        match &mended.bytes {
            Some(bytes) => fix::put(path, bytes)?,
            None if is_dash(path) => fix::put(path, &input.bytes)?,
            None => {}
        }
        Ok(mended)
    }

    /// A program that reads the findings has no use for it.
    fn tell_fix(&mut self, diff: &str) -> Result<(), Stop> {
        let is_told = self.args.format == Format::Text;
        if is_told {
            self.desk.print(diff)?;
        }
        Ok(())
    }
}
