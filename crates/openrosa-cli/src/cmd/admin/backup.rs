//! `openrosa admin backup`.

use std::path::PathBuf;

use indicatif::HumanBytes;
use serde_json::json;
use tempfile::TempPath;

use super::{Office, failed, has_folder};
use crate::durable::sync_folder;
use crate::exit::{Exit, Failure};
use crate::fleeting::Fleeting;
use crate::folder::parent;
use crate::server_place::Place;

/// Copy the database as it is now, while the server runs. The files of forms are copied after it: they never change.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to; a file that is not there yet
    file: PathBuf,
}

/// Whether a database is one that this copies: that is known before it is opened.
pub(super) fn is_ours(place: &Place) -> Result<(), Failure> {
    match place {
        Place::File(_) => Ok(()),
        Place::Postgres(_) => {
            let failure = Failure::new("PostgreSQL is backed up by its own tools");
            Err(failure.remedy("pg_dump --format=custom DATABASE, and then a copy of the folder of files"))
        }
    }
}

pub(super) async fn run(args: &Args, office: &Office) -> Result<Exit, Failure> {
    let to = args.file.display();
    if args.file.exists() {
        return Err(Failure::new(format!("`{to}` is there already")).remedy("a name that is not there yet"));
    }
    has_folder(&args.file)?;
    let unwritten = |error: std::io::Error| Failure::new(format!("cannot write `{to}`: {error}"));
    let making = Fleeting::within(parent(&args.file)).map_err(unwritten)?;
    let copy = making.path().join("copy.db");
    office.database.backup(&copy).await.map_err(|error| failed(&error))?;
    let copy = TempPath::try_from_path(copy).map_err(unwritten)?;
    copy.persist_noclobber(&args.file).map_err(|error| unwritten(error.error))?;
    sync_folder(parent(&args.file)).map_err(|error| Failure::new(error.to_string()))?;
    let size = std::fs::metadata(&args.file).map_or(0, |found| found.len());
    office.told(
        format_args!(
            "copied to {to} ({})\n  now copy {} as well: the files of forms are in there",
            HumanBytes(size),
            office.files
        ),
        json!({"file": to.to_string(), "bytes": size}),
    );
    Ok(Exit::Clean)
}
