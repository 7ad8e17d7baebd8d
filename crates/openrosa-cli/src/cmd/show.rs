//! `openrosa show`: what is inside a file.

mod block;
mod document;
mod facts;
mod kind;
mod listing;
mod notes;
mod restore;
mod source;
mod survey;

mod text;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use openrosa_xml::{ReadError, xml::decode};

use crate::{
    excerpt,
    exit::{self, Exit, Failure},
    input::{Input, at_most_one_dash},
    page::Page,
    terminal::or_reader_is_gone,
};
use document::Document;
use restore::{Asked, Ended};
pub(super) use source::Source;
pub(crate) use source::begins_answer;

/// Show what is inside a file: the form, its metadata, and every case block with what it does.
///
/// Any well-formed XML document is shown, whatever is wrong with it as a submission. A document that is not well-formed is
/// shown as far as the place where reading stopped, and the command ends with status 1; a file that cannot be opened
/// ends it with status 2, after the other files were shown, and so does a case or a fixture that is not there.
///
/// A restore is read as it comes, however large, and summarised: cases by type, fixtures, token, user, and what the device
/// would refuse. --cases, --case and --fixture look into it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// For a person, or one JSON document a file, each on one line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// List the cases of a restore, a line each
    #[arg(long, group = "part")]
    cases: bool,
    /// Show every block of one case of a restore
    #[arg(long, group = "part", value_name = "ID")]
    case: Option<String>,
    /// Show one fixture of a restore: its rows as a table, or its XML
    #[arg(long, group = "part", value_name = "ID")]
    fixture: Option<String>,
}

impl Args {
    fn asked(&self) -> Asked<'_> {
        match (&self.case, &self.fixture) {
            (Some(id), _) => Asked::Case(id),
            (None, Some(id)) => Asked::Fixture(id),
            (None, None) if self.cases => Asked::Cases,
            (None, None) => Asked::Summary,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    at_most_one_dash(&args.files)?;
    let mut out = anstream::stdout().lock();
    let asked = args.asked();
    let mut show = Show::new(args.format);
    let mut unopened = None;
    for path in &args.files {
        let shown = Source::open(path).and_then(|source| show.source(source, &asked, &mut out));
        match shown {
            Ok(written) => written.or_else(|error| or_reader_is_gone(&error))?,
            Err(failure) => {
                if let Some(earlier) = unopened.replace(failure) {
                    exit::report(Err(earlier));
                }
            }
        }
    }
    unopened.map_or(Ok(show.exit), Err)
}

/// Sums up the restore in a file whose own name is of use to nobody.
pub(crate) fn summed_up(path: &std::path::Path, name: &str) -> Result<Exit, Failure> {
    let mut show = Show::new(Format::Text);
    let mut source = Source::open(path)?;
    source.name = name.to_owned();
    let written = show.source(source, &Asked::Summary, &mut anstream::stdout().lock())?;
    written.or_else(|error| or_reader_is_gone(&error))?;
    Ok(show.exit)
}

/// Whoever asks for a part of a restore has one, whatever its root is called.
fn is_restore(source: &Source, asked: &Asked<'_>) -> bool {
    source.is_answer() || !matches!(asked, Asked::Summary)
}

struct Show {
    format: Format,
    page: Page,
    exit: Exit,
    shown: usize,
}

impl Show {
    fn new(format: Format) -> Self {
        Self { format, page: Page::for_stdout(), exit: Exit::Clean, shown: 0 }
    }

    fn source(
        &mut self,
        source: Source,
        asked: &Asked<'_>,
        out: &mut impl Write,
    ) -> Result<io::Result<()>, Failure> {
        match source.is_wide() {
            true => self.wide(&source.into_input()?, asked, out),
            false if is_restore(&source, asked) => self.restore(source, asked, out),
            false => Ok(self.input(&source.into_input()?, out)),
        }
    }

    /// A restore is read as UTF-8 (ota-restore.md 2.2). One in UTF-16 was saved so by an editor or a shell, and fits into memory.
    fn wide(
        &mut self,
        input: &Input,
        asked: &Asked<'_>,
        out: &mut impl Write,
    ) -> Result<io::Result<()>, Failure> {
        match Source::in_utf8(input) {
            Some(source) if is_restore(&source, asked) => self.restore(source, asked, out),
            _ => Ok(self.input(input, out)),
        }
    }

    fn restore(
        &mut self,
        source: Source,
        asked: &Asked<'_>,
        out: &mut impl Write,
    ) -> Result<io::Result<()>, Failure> {
        if let Err(error) = self.separate(out) {
            return Ok(Err(error));
        }
        let (name, was) = (source.name.clone(), source.was.clone());
        let kind = if source.is_answer() { "restore" } else { "form" };
        let show = restore::Show { name: &name, kind, was, format: self.format, page: self.page };
        let shown = restore::show(source, asked, &show, out)?;
        Ok(shown.map(|ended| {
            if matches!(ended, Ended::Wrong) {
                self.exit = Exit::Findings;
            }
        }))
    }

    /// An empty line between two files.
    fn separate(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.shown += 1;
        if self.format == Format::Text && self.shown > 1 { writeln!(out) } else { Ok(()) }
    }

    fn input(&mut self, input: &Input, out: &mut impl Write) -> io::Result<()> {
        let decoded = decode(&input.bytes);
        let document = match &decoded {
            Ok(source) => Document::read(source),
            Err(error) => Err(error.clone()),
        };
        let text = match &document {
            Ok(document) => self.document(input, document),
            Err(error) => {
                self.exit = Exit::Findings;
                let source = decoded.unwrap_or_else(|_| String::from_utf8_lossy(&input.bytes));
                self.unreadable(input, &source, error)
            }
        };
        self.separate(out)?;
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn document(&self, input: &Input, document: &Document<'_>) -> String {
        match self.format {
            Format::Text => text::document(input, document, &self.page),
            Format::Json => facts::line(&facts::Readable::of(input, document)),
        }
    }

    fn unreadable(&self, input: &Input, source: &str, error: &ReadError) -> String {
        match self.format {
            Format::Text => excerpt::unreadable(input, source, error, &self.page),
            Format::Json => facts::line(&facts::Unreadable::of(input, error)),
        }
    }
}
