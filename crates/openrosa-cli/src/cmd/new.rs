//! `openrosa new`: a submission with a case, from flags or from a description.

mod description;
mod flags;
mod folder;
mod form;

use std::path::PathBuf;

use crate::exit::{Exit, Failure};
use crate::terminal::{print_bytes, say_path};
use description::Description;

/// What `--from` reads.
const DESCRIPTION: &str = r#"A description is TOML, or JSON of the same shape. Everything but `form`, `user` and what is in
`create` may be left out; a case without `create` needs its `id`. The value of an answer or a
property is a text in quotes, a number, true or false, or a date of TOML. Quotes keep all that
is written. Without them a decimal loses the zeros at its end (1.10 becomes 1.1), one of more
than fifteen digits is refused, as is a whole number that is too long; in a date-time of TOML a
space or `t` becomes `T` and a `z` becomes `Z`, while its offset stays:

  form = "http://example.org/registration"
  version = "3"
  user = "user-1"
  at = "2026-05-01T12:00:00+02:00"
  answers = { village = "Kibaha", rooms = 4 }

  [[case]]
  id = "household-1"
  create = { type = "household", name = "Homestead 17", owner = "user-1" }
  properties = { village = "Kibaha" }
  attach = { photo = "homestead.jpg" }

  [[case]]
  create = { type = "patient", name = "Juma", owner = "user-1" }
  links = [{ name = "parent", type = "household", to = "household-1" }]

  [[case]]
  id = "patient-2"
  rename = "Asha"
  close = true"#;

/// Build a submission with a case, from flags or from a description in a file
///
/// With --case-type the case is created, otherwise one that exists is updated. Ids and times that are not given are fresh.
/// What is built is accepted by CommCare HQ, ODK Central, KoBoToolbox and Aggregate alike; what would not be is refused
/// here, with the reason.
#[derive(clap::Args)]
#[command(after_long_help = DESCRIPTION)]
pub(crate) struct Args {
    /// Read a description (.toml or .json) instead of flags; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "flags")]
    from: Option<PathBuf>,
    /// Write a folder with the form and its files here, ready for `openrosa submit`; otherwise the form is printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    flags: flags::Flags,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let description = match &args.from {
        Some(path) => Description::read(path)?,
        None => args.flags.describe()?,
    };
    let built = form::build(&description)?;
    match &args.out {
        Some(out) => say_path(&folder::write(out, &built)?),
        None if built.files.is_empty() => print_bytes(format!("{}\n", built.xml.trim_end()).as_bytes()),
        None => {
            let failure = Failure::new("files are attached, which cannot be printed");
            return Err(failure.remedy("--out DIR, for a folder with the form and its files"));
        }
    }
    Ok(Exit::Clean)
}
