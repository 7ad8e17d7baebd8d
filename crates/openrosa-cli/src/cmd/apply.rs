//! `openrosa apply`: what documents do to the cases.

use std::{fmt::Write as _, path::PathBuf};

use openrosa_case::{ApplyError, change::Applied, error::Class};
use openrosa_xml::{Position, restore::RestoreError, xml::decode};
use serde_json::{Value as Json, json};

use crate::{
    changes,
    excerpt::{Excerpt, room, unreadable},
    exit::{self, Exit, Failure},
    input::{Input, at_most_one_dash},
    page::{ERROR, LABEL, Page, TITLE, counted, escaped, grouped, seen, typed_path},
    state::{Document, Kind, Refused, Side, State, StateArgs},
    terminal::{print, say},
};

/// How many cases of one document are shown to a person.
const CASES: usize = 20;

/// What `--format json` prints.
const FORMATS: &str = r#"With --format json each document is one JSON object on a line of its own:

  {"document":"visit.xml","kind":"form","applied":true,
   "changes":[{"change":"created","case_id":"c1","owner_id":"amy"},
   {"change":"updated","case_id":"c1","values":[{"name":"weight","before":null,"after":"12"}]}],
   "notes":[…],"logged":[]}
  {"document":"broken.xml","applied":false,"error":"…","line":3,"column":5,
   "exception":"InvalidStructureException"}

The kinds of change are created, updated, touched, closed, reopened, owner, index, attachment,
deleted, undeleted, ledger, fixture, user and form. All of them are printed, however many."#;

/// Apply documents to a state of cases, and show what each changes: forms, restores, search results.
///
/// The documents are applied one after another, each wholly or not at all. With --state DIR the cases are kept, so that
/// the next run goes on from there; look at them with `openrosa cases --state DIR`. Without it, or with a file, nothing is kept.
///
/// By --profile, it is what the device makes of the documents, or what CommCare HQ does. CommCare HQ gets no restores; one that
/// is given to it is taken for what the server holds.
///
/// Exit status: 0 when all were applied, 1 when one was refused, 2 when something could not be read or kept.
#[derive(clap::Args)]
#[command(after_long_help = FORMATS)]
pub(crate) struct Args {
    /// Filled-in forms, restores, search results, in the order in which they came; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    state: StateArgs,
    /// For a person, or as JSON lines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    at_most_one_dash(&args.files)?;
    let mut state = args.state.open(&mut |_, _| {})?;
    let (page, mut exit, mut unopened) = (Page::for_stdout(), Exit::Clean, None);
    for path in &args.files {
        let document = match Document::open(path, args.state.now()) {
            Ok(document) => document,
            Err(failure) => {
                if let Some(earlier) = unopened.replace(failure) {
                    exit::report(Err(earlier));
                }
                continue;
            }
        };
        let done = state.apply(&document);
        if done.is_ok() {
            state.keep(&document)?;
        } else {
            exit = Exit::Findings;
        }
        match args.format {
            Format::Text => print(&told(&document, &done, &state, page)),
            Format::Json => say(facts(&document, &done)),
        }
    }
    if args.format == Format::Text {
        print(&ending(&state));
    }
    unopened.map_or(Ok(exit), Err)
}

fn told(document: &Document, done: &Result<Applied, Refused>, state: &State, page: Page) -> String {
    match done {
        Ok(applied) => applied_text(document, applied, state, page),
        Err(refused) => refused_text(document, refused, state.side, page) + "\n",
    }
}

fn applied_text(document: &Document, applied: &Applied, state: &State, page: Page) -> String {
    let kind = decode(&document.bytes).map_or("", |source| Kind::of(&source).name());
    let mut out = format!("{TITLE}{}{TITLE:#} · {kind}\n", seen(&document.name));
    changes::write(&mut out, applied, &state.memory, page, CASES);
    if applied.changes.is_empty() {
        changes::nothing(&mut out, "it changes nothing");
    }
    changes::write_notes(&mut out, applied, state.side, page);
    out + "\n"
}

/// Why nothing of a document was applied, with the line where it says so.
pub(crate) fn refused_text(document: &Document, refused: &Refused, side: Side, page: Page) -> String {
    let source = decode(&document.bytes).unwrap_or_else(|_| String::from_utf8_lossy(&document.bytes));
    if let Refused::Unreadable(RestoreError::Read(error)) = refused {
        let input = Input { name: document.name.clone(), bytes: document.bytes.clone() };
        return unreadable(&input, &source, error, &page);
    }
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{TITLE}{}{TITLE:#} · {ERROR}refused{ERROR:#} by {}, nothing of it is applied",
        seen(&document.name),
        side.name()
    );
    page.wrapped(&mut out, "  ", "  ", &seen(&refused.to_string()));
    let Refused::Declined(error) = refused else { return out };
    if let Some(span) = error.mark.span() {
        let at = Position::of(&source, span.start);
        let number = at.line.to_string();
        let tag = tag(&source, span.start).min(span.end);
        if let Some(excerpt) = Excerpt::around(&source, span.start..tag, room(&page, number.len())) {
            excerpt.draw(&mut out, &number, number.len(), ERROR, '^', "");
        }
    }
    for (label, text) in consequences(error, side) {
        page.row(&mut out, 2, (label, 14), &text);
    }
    out
}

/// What follows for the form, and what the other side would do.
fn consequences(error: &ApplyError, side: Side) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(exception) = error.kind.exception() {
        rows.push(("exception", format!("{exception}, as {} calls it", side.name())));
    }
    let fate = match error.kind.class().filter(|_| side == Side::Hq) {
        Some(Class::Known) => Some(
            "CommCare HQ keeps the form as one with an error; a device is told so and does not send it again",
        ),
        Some(Class::Unexpected) => {
            Some("CommCare HQ keeps the form and answers 500, so that the device sends it again and again")
        }
        Some(Class::SubmissionError) => Some("CommCare HQ writes the form into its log of submission errors"),
        _ => None,
    };
    rows.extend(fate.map(|fate| ("so", fate.to_owned())));
    if let Some(rule) = error.kind.difference() {
        let (other, does) = match side {
            Side::Device => ("CommCare HQ", rule.hq()),
            Side::Hq => ("the device", rule.device()),
        };
        rows.push((
            "the two part",
            format!("{}: to {other} {does} (case-xml.md {})", rule.input(), rule.section()),
        ));
    }
    rows
}

/// Where the tag that begins at this place ends.
fn tag(source: &str, start: u64) -> u64 {
    let at = source.floor_char_boundary(usize::try_from(start).unwrap_or(usize::MAX));
    source[at..].find('>').map_or(u64::MAX, |end| start + end as u64 + 1)
}

fn facts(document: &Document, done: &Result<Applied, Refused>) -> Json {
    let source = decode(&document.bytes).unwrap_or_else(|_| String::from_utf8_lossy(&document.bytes));
    match done {
        Ok(applied) => {
            let mut facts = json!({
                "document": document.name, "kind": Kind::of(&source).name(), "applied": true,
            });
            if let (Json::Object(facts), Json::Object(more)) = (&mut facts, changes::json(applied)) {
                facts.extend(more);
            }
            facts
        }
        Err(refused) => {
            let place = match refused {
                Refused::Unreadable(RestoreError::Read(error)) => Some(error.position()),
                Refused::Declined(error) => error.mark.span().map(|span| Position::of(&source, span.start)),
                _ => None,
            };
            let exception =
                if let Refused::Declined(error) = refused { error.kind.exception() } else { None };
            json!({
                "document": document.name, "applied": false, "error": refused.to_string(),
                "line": place.map(|at| at.line), "column": place.map(|at| at.column), "exception": exception,
            })
        }
    }
}

fn ending(state: &State) -> String {
    let cases = counted(state.memory.cases().len(), "case");
    let open = state.memory.cases().filter(|case| case.is_open()).count();
    let of = format!("{cases}, {} open, by the rules of {}", grouped(open as u64), state.side.name());
    match state.folder() {
        Some(folder) => {
            let name = folder.display().to_string();
            let (shown, typed) = (escaped(&name), typed_path(folder));
            format!("{of}; kept in {shown}\n  {LABEL}openrosa cases --state {typed}{LABEL:#}\n")
        }
        None => format!("{of}; not kept (--state DIR keeps them)\n"),
    }
}
