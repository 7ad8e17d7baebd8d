//! `openrosa check`: what is wrong with a document, for whom, where, and what to do.

mod checked;
mod context;
mod fix;
mod gather;
mod github;
pub(crate) mod json;
mod judge;
mod sarif;
mod tally;
mod text;

use std::{
    collections::BTreeSet,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use openrosa_xml::check::Audience;

use crate::{
    exit::{self, Exit, Failure},
    input::Input,
};
use checked::examine_streaming;
pub(crate) use checked::{Checked, examine};
use context::Context;
use gather::Gathered;
pub(crate) use judge::Judge;
use tally::Tally;
pub(crate) use text::{style, told};

/// What `--format json` prints.
const FORMATS: &str = r#"With --format json every finding is one JSON object on a line of its own:

  {"event":"finding","file":"visit.xml","line":3,"column":40,"end_line":3,"end_column":42,"offset":210,
   "end_offset":212,"code":"case-self-index","severity":"error","verdicts":{"spec":"error","device":"error",
   "hq":"portability"},"denied":true,"message":"case `c1` names itself in index `parent`",
   "values":{"case_id":"c1","index":"parent"},"related":[{"line":2,"column":9,"end_line":2,"end_column":21,
   "offset":90,"end_offset":102,"label":"the case"}],"remedy":"…","statements":["C-013"],
   "sections":["case-xml.md 1.8"],"fix":{"title":"…","edits":[{"offset":210,"end_offset":212,"text":"c2"}]}}

Lines and columns count from 1, columns in characters; an end is the place after the last character. Offsets count bytes of
the document in UTF-8. `fix` is there where what to do is certain. The last line is {"event":"summary","documents":1,
"findings":{"error":1},"codes":{"case-self-index":1},"denied":1,"allowed":0,"fixed":0,"skipped":0,"unread":0}.

--format sarif prints one SARIF 2.1.0 log, --format github one workflow command a finding, which GitHub shows at its line."#;

/// Check documents: what is wrong, for whom, where, and what to do about it.
///
/// Any document of the family is checked: filled-in forms, blank forms, restores, form lists, manifests and the others; its root
/// says which it is. Of a folder, every file called `.xml` in it and in the folders below is checked, and every file without an
/// extension that begins like XML; hidden files and folders are passed over.
///
/// Each finding is shown under its line, with those who mind it and what to do. `openrosa explain CODE` says more.
///
/// Exit status: 0 when there is nothing of the severity `error` or whatever --deny says, 1 when there is, 2 when something
/// could not be checked, after all else was.
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
    /// The blank form that the documents are filled-in copies of
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// A restore with the cases that exist
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
    /// put right is printed, and everything else goes to standard error
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
    /// Tells of one document, at most so many of its findings.
    fn document(&mut self, checked: &Checked<'_>, judge: &Judge, most: usize) -> String;

    /// Tells of all of them.
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
    let Gathered { documents, skipped, mut failures } = gather::documents(&args.paths);
    let is_printed = args.fix && documents.iter().any(|path| path.as_os_str() == "-");
    if is_printed && documents.len() > 1 {
        return Err(Failure::new("only one document can be put right on standard output")
            .remedy("--fix with `-` alone"));
    }
    let context = Context::read(args)?;
    let out: Box<dyn Write> =
        if is_printed { Box::new(anstream::stderr()) } else { Box::new(anstream::stdout()) };
    let mut run = Run { args, judge, context, out, teller: args.format.teller(), tally: Tally::new(skipped) };
    for path in &documents {
        match run.document(path) {
            Ok(()) => {}
            Err(Stop::Document(failure)) => failures.push(failure),
            Err(Stop::Output(error)) => return stopped(&error, &run.tally),
        }
    }
    run.tally.unread = failures.len();
    match run.end() {
        Err(error) => stopped(&error, &run.tally),
        Ok(()) => ended(failures, &run.tally),
    }
}

/// Whoever reads our output may stop early, as `head` does; that is no failure.
fn stopped(error: &io::Error, tally: &Tally) -> Result<Exit, Failure> {
    match error.kind() {
        ErrorKind::BrokenPipe => Ok(tally.exit()),
        _ => Err(Failure::new(format!("cannot write the output: {error}"))),
    }
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
    judge: Judge,
    context: Context,
    out: Box<dyn Write>,
    teller: Box<dyn Teller>,
    tally: Tally,
}

impl Run<'_> {
    fn document(&mut self, path: &Path) -> Result<(), Stop> {
        // What is put right is written anew, so it is in memory anyhow.
        if !self.args.fix {
            let name = path.display().to_string();
            let options = self.context.options(None);
            if let Some(checked) = examine_streaming(&name, path, &options, &self.judge)? {
                return self.tell(&checked);
            }
        }
        self.document_in_memory(path)
    }

    fn tell(&mut self, checked: &Checked<'_>) -> Result<(), Stop> {
        self.tally.count(checked, &self.judge);
        let told = self.teller.document(checked, &self.judge, self.most());
        self.print(&told)
    }

    fn document_in_memory(&mut self, path: &Path) -> Result<(), Stop> {
        let mut input = Input::open(path)?;
        let files = self.context.files_of(path);
        if self.args.fix {
            self.mend(path, &mut input, files.as_ref())?;
        }
        let mut checked = examine(&input, &self.context.options(files.as_ref()), &self.judge);
        if !self.context.knows_files() {
            // What happens to lie beside a form need not go with it.
            checked.findings.retain(|finding| finding.code() != "form-file-unnamed");
        }
        self.tell(&checked)
    }

    /// What is checked afterwards is the document put right.
    fn mend(&mut self, path: &Path, input: &mut Input, files: Option<&BTreeSet<String>>) -> Result<(), Stop> {
        let mended = fix::mend(input, &self.context.options(files), &self.judge)?;
        let is_changed = mended.bytes.is_some();
        if let Some(bytes) = mended.bytes {
            input.bytes = bytes;
        }
        if is_changed || input.name == "-" {
            fix::put(path, &input.bytes)?;
        }
        self.tally.fixed += mended.made;
        self.tell_fix(&mended.diff)
    }

    /// A program that reads the findings has no use for it.
    fn tell_fix(&mut self, diff: &str) -> Result<(), Stop> {
        if self.args.format == Format::Text { self.print(diff) } else { Ok(()) }
    }

    fn most(&self) -> usize {
        let otherwise = if self.args.format == Format::Text { 50 } else { 0 };
        match self.args.max_findings.unwrap_or(otherwise) {
            0 => usize::MAX,
            most => most,
        }
    }

    fn print(&mut self, text: &str) -> Result<(), Stop> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    fn end(&mut self) -> io::Result<()> {
        let told = self.teller.end(&self.tally);
        self.out.write_all(told.as_bytes())?;
        self.out.flush()
    }
}
