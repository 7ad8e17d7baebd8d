//! `openrosa diff-profiles`: where the device and CommCare HQ end up different.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use openrosa_case::{
    Difference,
    diverge::{Both, Divergence, Parted, Sent},
    hq::Project,
};
use openrosa_xml::{
    Instance, ReadError,
    instance::OtherDocument,
    restore::{RestoreItem, RestoreReader},
    xml::decode,
};
use serde_json::{Value as Json, json};

use crate::{
    changes::named,
    cmd::apply::Format,
    exit::{self, Exit, Failure},
    input::at_most_one_dash,
    page::{LABEL, Page, TITLE, counted, seen, typed_path},
    state::{Document, Kind, Moment, reason_for_none},
    terminal::{print, say},
};

/// What `--format json` prints.
const FORMATS: &str = r#"With --format json each difference is one JSON object on a line of its own:

  {"what":"value","case_id":"c1","name":"owner_id","device":"","hq":"amy",
   "rule":"OwnerRefilled","section":"case-xml.md 4.2","statement":"C-072"}

`what` is form, case, value, index, attachment or ledger; a side that has nothing there is null."#;

/// Apply the same forms by the rules of the device and by those of CommCare HQ, and show where the two end up different, and
/// which rule makes it so.
///
/// Forms are applied in the order given. A restore among them is what both begin with, so it comes first.
///
/// The device cuts fractions of a second to milliseconds and often loses the last one, so that every other form would part the
/// two in dates that nothing compares. Such dates are counted, and shown with --format json; they do not change the status.
///
/// Exit status: 0 when both end up the same but for such dates, 1 when not or when a document is none that can be read, 2 when
/// a file could not be opened.
#[derive(clap::Args)]
#[command(after_long_help = FORMATS)]
pub(crate) struct Args {
    /// Forms, in the order in which they are filled in; first, perhaps, a restore
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    moment: Moment,
    /// For a person, or as JSON lines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    at_most_one_dash(&args.files)?;
    let at = args.moment.get();
    let mut both = Both::new(Project::new("openrosa"));
    let mut forms = Vec::new();
    for path in &args.files {
        let document = Document::open(path, at)?;
        if let Err(failure) = take(path, &document, &mut both, &mut forms)? {
            // It was read, and something is wrong with it.
            exit::report(Err(failure));
            return Ok(Exit::Findings);
        }
    }
    let parted = both.parted();
    match args.format {
        Format::Text => print(&text(&both, &parted, &forms, Page::for_stdout())),
        Format::Json => parted.iter().for_each(|parted| say(facts(parted, &forms))),
    }
    Ok(if parted.iter().all(is_slight) { Exit::Clean } else { Exit::Findings })
}

/// Whether it is a difference that makes none.
fn is_slight(divergence: &Divergence) -> bool {
    divergence.rule == Some(Difference::SecondFraction)
}

/// Does to both sides what is in a document, or says what is wrong with it.
fn take(
    path: &Path,
    document: &Document,
    both: &mut Both,
    forms: &mut Vec<String>,
) -> Result<Result<(), Failure>, Failure> {
    let name = &document.name;
    let unreadable = |error: ReadError| {
        let failure = Failure::new(format!("cannot read `{name}`: {error}"));
        Ok(Err(failure.remedy(format!("openrosa check {}", typed_path(path)))))
    };
    let source = match decode(&document.bytes) {
        Ok(source) => source,
        Err(error) => return unreadable(error),
    };
    match Kind::of(&source) {
        Kind::Restore if forms.is_empty() => Ok(begin(both, document)),
        Kind::Restore => {
            let failure = Failure::new(format!("the restore `{name}` comes after a form"));
            Err(failure.remedy("the restore first: it is what both sides begin with"))
        }
        Kind::SearchResults => {
            Err(Failure::new(format!("`{name}` holds search results, which only a device takes")))
        }
        Kind::Form => match Instance::read(&source) {
            Ok(form) => {
                if let Some(other) = OtherDocument::of(&form.root().name) {
                    return Ok(Err(Failure::new(format!("`{name}` is {other}, not a filled-in form"))));
                }
                both.take(&Sent::new(&form, &source, document.at));
                forms.push(name.clone());
                Ok(Ok(()))
            }
            Err(error) => unreadable(error),
        },
    }
}

fn begin(both: &mut Both, document: &Document) -> Result<(), Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::new(format!("cannot begin with `{}`: {error}", document.name))
    };
    let items: Result<Vec<_>, _> = RestoreReader::new(document.bytes.as_slice()).collect();
    let items: Vec<RestoreItem<'_>> =
        items.map_err(|error| cannot(&error))?.into_iter().map(|item| item.value).collect();
    if let Some(reason) = items.iter().find_map(reason_for_none) {
        return Err(cannot(&format!("the server gave no restore: {reason}")));
    }
    both.begin_with(&items, document.at).map_err(|error| cannot(&error))
}

fn text(both: &Both, parted: &[Divergence], forms: &[String], page: Page) -> String {
    let mut out = String::new();
    let mut last = String::new();
    let (slight, parted): (Vec<_>, Vec<_>) = parted.iter().partition(|parted| is_slight(parted));
    for divergence in &parted {
        let (title, label) = heading(both, &divergence.what, forms);
        if title != last {
            let _ = writeln!(out, "{TITLE}{title}{TITLE:#}");
            last = title;
        }
        write(&mut out, divergence, &label, page);
    }
    let count = counted(forms.len(), "form");
    let end = match parted.len() {
        0 => "end up the same".to_owned(),
        number => format!("part in {}", counted(number, "place")),
    };
    let but = match slight.len() {
        0 => String::new(),
        number => format!(", but for the fraction of a second in {}", counted(number, "date")),
    };
    let _ = writeln!(out, "{count}: the device and CommCare HQ {end}{but}");
    out
}

/// The line above, and what of it parts.
fn heading(both: &Both, what: &Parted, forms: &[String]) -> (String, String) {
    let case = |id| {
        format!("case {}", named(id, both.hq().get(id.as_str()).or_else(|| both.device().get(id.as_str()))))
    };
    match what {
        Parted::Form(at) => (seen(form(forms, *at)).into_owned(), "the form".to_owned()),
        Parted::Case(id) => (case(id), "the case".to_owned()),
        Parted::Value(id, name) => (case(id), seen(name).into_owned()),
        Parted::Index(id, name) => (case(id), format!("index {}", seen(name))),
        Parted::Attachment(id, name) => (case(id), format!("file {}", seen(name))),
        Parted::Ledger(key) => {
            (case(&key.entity_id), format!("{} {}", seen(&key.section_id), seen(&key.entry_id)))
        }
        other => (format!("{other:?}"), String::new()),
    }
}

fn form(forms: &[String], at: usize) -> &str {
    forms.get(at).map_or("", String::as_str)
}

fn write(out: &mut String, divergence: &Divergence, label: &str, page: Page) {
    let side = |text: &Option<String>| match (&divergence.what, text) {
        (Parted::Form(_), None) => "taken".to_owned(),
        (Parted::Form(_), Some(error)) => format!("refused: {}", seen(error)),
        (Parted::Case(_), None) => "not there".to_owned(),
        (Parted::Case(_), Some(_)) => "there".to_owned(),
        (_, None) => "none".to_owned(),
        (_, Some(text)) => seen(text).into_owned(),
    };
    let _ = writeln!(out, "  {label}");
    page.row(out, 4, ("device", 8), &side(&divergence.device));
    page.row(out, 4, ("hq", 8), &side(&divergence.hq));
    let why = match divergence.rule {
        Some(rule) => {
            let statement = rule.statement().map_or(String::new(), |statement| format!(", {statement}"));
            format!("{} (case-xml.md {}{statement})", rule.input(), rule.section())
        }
        None => "no single rule can be named".to_owned(),
    };
    page.row(out, 4, ("because", 8), &format!("{LABEL}{why}{LABEL:#}"));
}

fn facts(divergence: &Divergence, forms: &[String]) -> Json {
    let mut facts = match &divergence.what {
        Parted::Form(at) => json!({ "what": "form", "form": form(forms, *at) }),
        Parted::Case(id) => json!({ "what": "case", "case_id": id.as_str() }),
        Parted::Value(id, name) => json!({ "what": "value", "case_id": id.as_str(), "name": name }),
        Parted::Index(id, name) => json!({ "what": "index", "case_id": id.as_str(), "name": name }),
        Parted::Attachment(id, name) => json!({ "what": "attachment", "case_id": id.as_str(), "name": name }),
        Parted::Ledger(key) => json!({
            "what": "ledger", "case_id": key.entity_id.as_str(), "section_id": key.section_id, "name": key.entry_id,
        }),
        other => json!({ "what": format!("{other:?}") }),
    };
    facts["device"] = divergence.device.clone().into();
    facts["hq"] = divergence.hq.clone().into();
    facts["rule"] = divergence.rule.map(|rule| format!("{rule:?}")).into();
    facts["section"] = divergence.rule.map(|rule| format!("case-xml.md {}", rule.section())).into();
    facts["statement"] = divergence.rule.and_then(|rule| rule.statement()).into();
    facts
}
