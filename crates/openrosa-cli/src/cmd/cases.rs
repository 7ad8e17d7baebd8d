//! `openrosa cases`: the cases as they now stand.

mod graph;
mod history;
pub(crate) mod json;
pub(crate) mod list;
pub(crate) mod one;
mod tree;

use std::{fs, path::PathBuf};

use chrono::FixedOffset;
use openrosa_case::{
    case::Case,
    graph::{CaseGraph, Cycle},
    live::Live,
    purge::{Owners, Purge, Spread},
    store::Memory,
};
use openrosa_xml::CaseId;

use crate::{
    cmd::apply::{Format, refused_text},
    exit::{Exit, Failure},
    page::Page,
    state::{Document, Side, State, StateArgs},
    terminal::{print, tell},
};
use history::History;

/// Show the cases as they now stand: a table; one case with its relatives and its history; or a drawing.
///
/// Of a state that `openrosa apply` keeps, of files given here, or of both, the files last; what files do is not kept.
///
/// Where it is known whose cases belong on a phone, each case says whether it stays there, and why: of those given by --owner,
/// else, in a state that follows the device, of the users and groups of its restores.
///
/// Exit status: 0, 1 when a file was refused, 2 when something could not be read or there is no such case.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Forms and restores to be applied first
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    state: StateArgs,
    /// Show one case: its values, its relatives as a tree, why it is on the phone or not
    #[arg(long, value_name = "ID")]
    case: Option<String>,
    /// With --case: what each document has done to it
    #[arg(long, requires = "case")]
    history: bool,
    /// Draw the cases and their links into this file, as SVG; with --case only that one and all it is tied to
    #[arg(long, value_name = "FILE")]
    graph: Option<PathBuf>,
    /// Whose cases belong on the phone: users, groups, locations; may be given several times
    #[arg(long, value_name = "ID")]
    owner: Vec<String>,
    /// For a person, or as JSON lines, one a case
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if args.files.is_empty() && !args.state.is_given() {
        let failure = Failure::new("there are no cases to show without a state or a file");
        return Err(failure.remedy("openrosa cases --state DIR, or openrosa cases restore.xml"));
    }
    let (page, zone) = (Page::for_stdout(), *args.state.now().offset());
    let mut history = History::of(args.case.as_deref().filter(|_| args.history));
    let mut state = args.state.look(&mut |document, applied| history.see(document, applied))?;
    let exit = apply_all(args, &mut state, &mut history, page)?;
    let owners = owners(&args.owner, state.side, &state.memory);
    let graph = graph::of(&state.memory);
    let standing = Standing::of(&graph, owners.as_ref(), state.side);
    if let Some(path) = &args.graph {
        graph::draw(path, args.case.as_deref(), &state.memory, owners.as_ref(), state.side)?;
    }
    let case = match &args.case {
        None => {
            match args.format {
                Format::Text => print(&list::text(&state, &standing, zone)),
                Format::Json => state.memory.cases().for_each(|case| json::print(case, &standing, None)),
            }
            return Ok(exit);
        }
        Some(id) => find(id, &state.memory)?,
    };
    match args.format {
        Format::Text => {
            print(&one::text(case, standing.why(&case.case_id), &stock(case, &state), zone, page));
            print(&tree::text(case, &graph, &state.memory));
            if args.history {
                print(&history.text(case, page));
            }
        }
        Format::Json => json::print(case, &standing, args.history.then_some(&history)),
    }
    Ok(exit)
}

/// All cases in a table, and what hangs below each that points at none.
pub(crate) fn overview(state: &State, zone: FixedOffset) -> String {
    let graph = graph::of(&state.memory);
    let mut out = list::text(state, &Standing::Unknown, zone);
    for case in state.memory.cases().filter(|case| case.indices.is_empty()) {
        out.push_str(&tree::below(case, &graph, &state.memory));
    }
    out
}

/// Applies the files, which are not kept.
fn apply_all(args: &Args, state: &mut State, history: &mut History, page: Page) -> Result<Exit, Failure> {
    let mut exit = Exit::Clean;
    for path in &args.files {
        let document = Document::open(path, args.state.now())?;
        match state.apply(&document) {
            Ok(applied) => history.see(&document, &applied),
            Err(refused) => {
                exit = Exit::Findings;
                tell(refused_text(&document, &refused, state.side, page));
            }
        }
    }
    Ok(exit)
}

fn find<'m>(id: &str, memory: &'m Memory) -> Result<&'m Case, Failure> {
    if let Some(case) = memory.get(id) {
        return Ok(case);
    }
    let begins: Vec<_> =
        memory.cases().filter(|case| case.case_id.as_str().starts_with(id)).take(2).collect();
    match begins[..] {
        [case] if !id.is_empty() => Ok(case),
        [_, _] if !id.is_empty() => Err(Failure::new(format!("several cases begin with `{id}`"))),
        _ => Err(Failure::new(format!("there is no case `{id}`"))
            .remedy("openrosa cases without --case lists them")),
    }
}

/// What a case has in stock: section and entry, and how much.
fn stock(case: &Case, state: &State) -> Vec<(String, String)> {
    let of_case = state.memory.ledgers().filter(|(key, _)| key.entity_id == case.case_id);
    of_case
        .map(|(key, quantity)| (format!("{} {}", key.section_id, key.entry_id), quantity.to_string()))
        .collect()
}

/// Whose cases belong on the phone, if that is known.
fn owners(given: &[String], side: Side, memory: &Memory) -> Option<Owners> {
    if !given.is_empty() {
        return Some(given.iter().map(String::as_str).collect());
    }
    if side == Side::Hq || memory.users().len() == 0 {
        return None;
    }
    let users = memory.users().map(|user| user.user_id.as_str().to_owned());
    let groups = memory.fixtures().filter(|(key, _)| key.id == "user-groups");
    let groups = groups.flat_map(|(_, fixture)| fixture.row_ids()).filter_map(Result::ok);
    Some(users.chain(groups.map(|id| id.to_string())).collect())
}

/// Which cases belong on the phone, and why.
pub(crate) enum Standing<'g, 'a> {
    /// It is not known whose cases they are.
    Unknown,
    /// What the device keeps.
    Device(Purge<'g, 'a>),
    /// What the server sends.
    Server(Live<'g, 'a>),
    /// Cases index each other in a circle, and the device purges nothing.
    Circle(Cycle),
}

impl<'g, 'a> Standing<'g, 'a> {
    fn of(graph: &'g CaseGraph<'a>, owners: Option<&Owners>, side: Side) -> Self {
        let Some(owners) = owners else { return Self::Unknown };
        match side {
            Side::Hq => Self::Server(Live::of(graph, owners)),
            Side::Device => match Purge::of(graph, owners, Spread::Whole) {
                Ok(purge) => Self::Device(purge),
                Err(cycle) => Self::Circle(cycle),
            },
        }
    }

    /// Whether a case belongs on the phone; `None` where that is not known.
    fn stays(&self, id: &CaseId) -> Option<bool> {
        match self {
            Self::Unknown | Self::Circle(_) => None,
            Self::Device(purge) => Some(purge.keeps(id.as_str())),
            Self::Server(live) => {
                Some(live.graph().case(id.as_str()).is_some_and(|node| live.contains(node)))
            }
        }
    }

    /// The same in words.
    fn why(&self, id: &CaseId) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Circle(cycle) => Some(format!("{cycle}; the device purges nothing")),
            Self::Device(purge) => purge.graph().case(id.as_str()).map(|node| purge.why(node)),
            Self::Server(live) => {
                let why = live.why(live.graph().case(id.as_str())?).map(|kept| kept.in_words(live.graph()));
                Some(why.map_or_else(|| "not sent".to_owned(), |why| format!("sent: {why}")))
            }
        }
    }
}

/// Writes a file that was asked for.
fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::new(format!("cannot write `{}`: {error}", path.display())))
}
