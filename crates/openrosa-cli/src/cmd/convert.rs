//! `openrosa convert`: one document in another shape.

use std::{
    fs,
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use openrosa_xml::{
    json,
    xml::{Element, Writer, decode},
};
use serde_json::Value;

use crate::exit::{Exit, Failure};

/// Turn a form into the JSON that CommCare HQ shows of it, or such JSON into a form.
///
/// XML becomes JSON as CommCare HQ's API has it under `form`: date-times in UTC, old metadata under its present names. JSON
/// becomes an indented XML document; what JSON does not tell, such as the order among children of different names, is
/// gone. A JSON document with a member `form`, as the API answers, is taken for that form.
///
/// A document that cannot be converted ends the command with status 1, a file that cannot be read with status 2.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The document; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The shape to make; without it, JSON of XML and XML of JSON
    #[arg(long, value_enum, value_name = "SHAPE")]
    to: Option<Shape>,
    /// Leave date-times and metadata as they are written
    #[arg(long)]
    as_written: bool,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shape {
    /// JSON as CommCare HQ shows it
    Json,
    /// An XML document
    Xml,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let bytes = read(&args.file)?;
    match converted(&bytes, args) {
        Ok(text) => write(args.output.as_deref(), &text).map(|()| Exit::Clean),
        Err(reason) => {
            eprintln!("openrosa: cannot convert {}: {reason}", title(&args.file));
            Ok(Exit::Findings)
        }
    }
}

/// The document in its new shape, or why there is none.
fn converted(bytes: &[u8], args: &Args) -> Result<String, String> {
    let text = decode(bytes).map_err(|error| error.to_string())?;
    let is_json = text.trim_start_matches('\u{FEFF}').trim_start().starts_with('{');
    let shape = args.to.unwrap_or(if is_json { Shape::Xml } else { Shape::Json });
    let form = match is_json {
        true => form_of_json(&text)?,
        false => Element::read(&text).map_err(|error| error.to_string())?,
    };
    match shape {
        Shape::Json => json_of(&form, args.as_written),
        Shape::Xml => xml_of(&form),
    }
}

fn form_of_json(text: &str) -> Result<Element<'static>, String> {
    let text = text.trim_start_matches('\u{FEFF}');
    let document: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    // The API has its own data around a form; a form has a `#type`, though it may have a question called `form`.
    let is_bare = document.get("#type").is_some();
    let form = document.get("form").filter(|form| form.is_object() && !is_bare).unwrap_or(&document);
    json::read_form(form).map_err(|error| error.to_string())
}

fn json_of(form: &Element<'_>, as_written: bool) -> Result<String, String> {
    let shown = if as_written { Value::Object(json::convert(form)) } else { json::write_form(form) };
    let mut text = serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text)
}

fn xml_of(form: &Element<'_>) -> Result<String, String> {
    let mut out = Writer::document().indented();
    form.write_to(&mut out).map_err(|error| error.to_string())?;
    Ok(out.finish())
}

fn title(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", path.display()) }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match path.to_str() {
        Some("-") => io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
        _ => fs::read(path),
    };
    read.map_err(|error| Failure::new(format!("cannot read {}: {error}", title(path))))
}

fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = path else {
        return match io::stdout().lock().write_all(text.as_bytes()) {
            // Whoever reads our output may stop early, as `head` does; that is no failure.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::new(format!("cannot write the output: {error}")))
            }
            _ => Ok(()),
        };
    };
    fs::write(path, text).map_err(|error| Failure::new(format!("cannot write `{}`: {error}", path.display())))
}
