//! `openrosa convert`: one document in another shape.

use std::{
    fmt::Display,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use openrosa_xml::{
    Position,
    case::legacy::{LeftOut, upgrade},
    json,
    xml::{Element, Node, Writer, decode},
};
use serde_json::Value;

use crate::{
    exit::{Exit, Failure, complain},
    input::{Input, is_dash},
    page::{inert, seen},
    terminal::print_bytes,
};

/// Turn a form into the JSON that CommCare HQ shows of it, such JSON into a form, or Case XML 1.0 into 2.0.
///
/// XML becomes JSON as CommCare HQ's API has it under `form`: date-times in UTC, old metadata under its present names. JSON
/// becomes an indented XML document; what JSON does not tell, such as the order among children of different names, is
/// gone. `null` and an empty list stand for no element, and of several members of one name the last counts. A number is the
/// shortest text of its value, without an exponent: quotes keep the zeros at the end of a decimal. A decimal of more than fifteen
/// digits and a whole number of which not every digit is kept are refused without them. A JSON document with a member `form`, as
/// the API answers, is taken for that form. Of an element with text and elements in it, JSON has the text before the first one only.
/// Read or written, JSON has at most 127 objects and lists inside each other.
/// With `--to case-v2` the case blocks of version 1.0 become blocks of 2.0; the rest of the form stays as it is, to the byte.
///
/// A document that cannot be converted, or out of which something is left, which is then told, ends the command with status
/// 1; a file that cannot be read ends it with status 2.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The document; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The shape to make; without it, JSON of XML and XML of JSON
    #[arg(long, value_enum, value_name = "SHAPE")]
    to: Option<Shape>,
    /// In JSON, leave date-times and metadata as they are written; in XML they always are
    #[arg(long)]
    as_written: bool,
    /// Write to this file, which is not there yet, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shape {
    /// JSON as CommCare HQ shows it
    Json,
    /// An XML document
    Xml,
    /// An XML document whose case blocks are of version 2.0
    CaseV2,
}

/// How many objects and lists may be inside each other, so many as `serde_json` reads: what is written is read again.
const DEEPEST: usize = 127;

/// A document in its new shape.
struct Converted {
    text: String,
    /// What it had to leave out, each with its place.
    left_out: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let bytes = Input::open(&args.file)?.bytes;
    match converted(&bytes, args) {
        Ok(Converted { text, left_out }) => {
            write(args.output.as_deref(), &text)?;
            for what in &left_out {
                complain(&format!("left out of {}: {what}", title(&args.file)));
            }
            Ok(if left_out.is_empty() { Exit::Clean } else { Exit::Findings })
        }
        Err(reason) => {
            complain(&format!("cannot convert {}: {reason}", title(&args.file)));
            Ok(Exit::Findings)
        }
    }
}

/// The document in its new shape, or why there is none.
fn converted(bytes: &[u8], args: &Args) -> Result<Converted, String> {
    let text = decode(bytes).map_err(told)?;
    let is_json = text.trim_start_matches('\u{FEFF}').trim_start().starts_with(['{', '[']);
    let shape = args.to.unwrap_or(if is_json { Shape::Xml } else { Shape::Json });
    if shape == Shape::CaseV2 {
        return if is_json { upgraded(&xml_of(&form_of_json(&text)?)?) } else { upgraded(&text) };
    }
    let form = match is_json {
        true => form_of_json(&text)?,
        false => Element::read(&text).map_err(told)?,
    };
    if shape == Shape::Xml {
        return Ok(Converted { text: xml_of(&form)?, left_out: Vec::new() });
    }
    let mut left_out = Vec::new();
    behind_children(&text, &form, &mut left_out);
    Ok(Converted { text: json_of(&form, args.as_written)?, left_out })
}

/// CommCare HQ's JSON has of an element's text what stands before the first element in it (case-xml.md 8.1, rule 5).
fn behind_children(source: &str, element: &Element<'_>, left_out: &mut Vec<String>) {
    let (place, name) = (place(source, element), element.name.local_name());
    let mut is_behind = false;
    for node in element.children() {
        match node {
            Node::Element(child) => {
                is_behind = true;
                behind_children(source, child, left_out);
            }
            Node::Text(text) if is_behind && !text.trim().is_empty() => {
                let text = seen(text.trim());
                left_out
                    .push(format!("{place}the text `{text}` of `{name}`, which stands behind an element"));
            }
            Node::Text(_) => {}
        }
    }
}

/// Where an element begins, before what is said of it.
fn place(source: &str, element: &Element<'_>) -> String {
    let place = element.mark.span().map(|span| format!("{}: ", Position::of(source, span.start)));
    place.unwrap_or_default()
}

fn told(error: impl Display) -> String {
    error.to_string()
}

fn upgraded(text: &str) -> Result<Converted, String> {
    let upgraded = upgrade(text).map_err(told)?;
    let left_out = upgraded.left_out.iter().map(|left| placed(text, left)).collect();
    Ok(Converted { text: upgraded.text, left_out })
}

fn placed(text: &str, left: &LeftOut<'_>) -> String {
    format!("{}{left}", place(text, &left.element))
}

fn form_of_json(text: &str) -> Result<Element<'static>, String> {
    let text = text.trim_start_matches('\u{FEFF}');
    let document: Value = serde_json::from_str(text).map_err(|error| match error.to_string() {
        deep if deep.starts_with("recursion limit exceeded") => {
            format!("it has more than {DEEPEST} objects and lists inside each other: {deep}")
        }
        other => format!("it is not JSON: {other}"),
    })?;
    // The API has its own data around a form; a form has a `#type`, though it may have a question called `form`.
    let is_bare = document.get("#type").is_some();
    let form = document.get("form").filter(|form| form.is_object() && !is_bare).unwrap_or(&document);
    json::read_form(form).map_err(told)
}

fn json_of(form: &Element<'_>, as_written: bool) -> Result<String, String> {
    let shown = if as_written { Value::Object(json::convert(form)) } else { json::write_form(form) };
    if depth(&shown) > DEEPEST {
        return Err(format!("as JSON it would have more than {DEEPEST} objects and lists inside each other"));
    }
    let mut text = serde_json::to_string_pretty(&shown).map_err(told)?;
    text.push('\n');
    Ok(inert(&text).into_owned())
}

/// How many objects and lists are inside each other. No document is so deep that its JSON would not fit on the stack.
fn depth(json: &Value) -> usize {
    match json {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn xml_of(form: &Element<'_>) -> Result<String, String> {
    let mut out = Writer::document().indented();
    form.write_to(&mut out).map_err(told)?;
    Ok(out.finish())
}

fn title(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", path.display()) }
}

fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = path.filter(|path| !is_dash(path)) else {
        print_bytes(text.as_bytes());
        return Ok(());
    };
    let unwritten = |error: io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(format!("`{}` is there already", path.display()))
            .remedy("another name, or remove it first"),
        _ => Failure::new(format!("cannot write `{}`: {error}", path.display())),
    };
    // A pipe or a device is there to be written to; a file may be the document itself.
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return fs::write(path, text).map_err(unwritten);
    }
    let mut file = File::create_new(path).map_err(unwritten)?;
    file.write_all(text.as_bytes()).map_err(|error| {
        // Half of it would be in the way of the next try.
        let _ = fs::remove_file(path);
        unwritten(error)
    })
}
