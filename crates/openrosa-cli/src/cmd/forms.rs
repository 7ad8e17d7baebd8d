//! `openrosa forms`: the blank forms of a server.

mod list;
mod pull;
mod shelf;

pub(crate) use pull::{Fetching, Names, alone, its_file};
pub(crate) use shelf::{Shelf, otherwise_safe, safe, without_case};

use std::path::PathBuf;

use crate::exit::{Exit, Failure};
use crate::target::Target;

/// List the blank forms of a server, or fetch them with their files.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    List(ListArgs),
    Pull(PullArgs),
}

/// List the forms that a server has for this device, with those of its groups.
///
/// Exit status: 0, 1 when entries of the list are of no use or lists of groups could not be fetched, 2 when there is no list.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    target: Target,
    /// Print one JSON object a form; tokens in addresses are left out
    #[arg(long)]
    json: bool,
}

/// Fetch forms and the files that go with them into a folder, and the next time only what has changed.
///
/// Each form lies there as FORM.xml, its files in FORM-media, as ODK Collect keeps them. What is there is replaced only by
/// something whole whose hash is the one that was listed. Of several versions of one form the one that is listed first is taken,
/// as is of several files of one name. A form whose id differs by case only from that of an earlier one has a longer name.
///
/// Exit status: 0, 1 when something could not be fetched, 2 when there is no list or nowhere to put the forms.
#[derive(clap::Args)]
pub(crate) struct PullArgs {
    #[command(flatten)]
    target: Target,
    /// Only the form of this id; may be given several times
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// The folder to put them into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::List(args) => list::run(args),
        What::Pull(args) => pull::run(args),
    }
}
