//! `openrosa admin backup`.

use std::path::PathBuf;

use indicatif::HumanBytes;

use super::{Office, failed};
use crate::exit::{Exit, Failure};
use crate::server_place::Place;
use crate::terminal::say;

/// Copy the database as it is now, while the server runs. The files of forms are copied after it: they never change.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to; a file that is not there yet
    file: PathBuf,
}

pub(super) async fn run(args: &Args, office: &Office) -> Result<Exit, Failure> {
    if matches!(office.place, Place::Postgres(_)) {
        let failure = Failure::new("PostgreSQL is backed up by its own tools");
        return Err(
            failure.remedy("pg_dump --format=custom DATABASE, and then a copy of the folder of files")
        );
    }
    let to = args.file.display();
    if args.file.exists() {
        return Err(Failure::new(format!("`{to}` is there already")).remedy("a name that is not there yet"));
    }
    office.database.backup(&args.file).await.map_err(|error| failed(&error))?;
    let size = std::fs::metadata(&args.file).map_or(0, |found| found.len());
    say(format_args!("copied to {to} ({})", HumanBytes(size)));
    say(format_args!("  now copy {} as well: the files of forms are in there", office.files));
    Ok(Exit::Clean)
}
