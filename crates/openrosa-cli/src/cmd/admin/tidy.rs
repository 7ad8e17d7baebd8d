//! `openrosa admin tidy`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use openrosa_store::server::{Keeping, Tidied};
use serde_json::json;

use super::{AS_SERVED, Office, failed};
use crate::exit::{Exit, Failure};
use crate::page::counted;

/// Whoever starts a server with an empty place makes it the database's own.
const NOBODYS: &str = "--files as `openrosa serve` has it; if that is the place, nothing in it is this database's: move away what lies \
                       there, and start the server anew, whose place it is then";

/// Of files that may be those of forms that came since.
const LEFT: &str = "that came after the last form here or in the day before it: they may be of forms that another copy of this \
                    database has received, and go when a form has come here a day after them";

/// A hundred years: what is longer ago is before any device.
const MOST_DAYS: i64 = 36_500;

/// Remove files that have lain for a day and belong to no form: what requests that broke off have left. Restores that nobody will
/// ask for again go, too.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Forget, too, what devices hold that have not asked for a restore for so many days; should one come, it starts over
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(..=MOST_DAYS))]
    forget_devices: Option<u32>,
    /// How long `openrosa serve` keeps restores that took long, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    keep_restores: u32,
}

pub(super) async fn run(args: &Args, office: &Office) -> Result<Exit, Failure> {
    if let Some(days) = args.forget_devices {
        let since = match days {
            0 => DateTime::<Utc>::MAX_UTC,
            days => Utc::now() - TimeDelta::days(days.into()),
        };
        let mut forgotten = 0;
        for domain in office.database.domains().await.map_err(|error| failed(&error))? {
            forgotten +=
                office.database.forget_devices(&domain, since).await.map_err(|error| failed(&error))?;
        }
        office.told(
            format_args!("{} forgotten", counted(forgotten, "restore")),
            json!({"restores_forgotten": forgotten}),
        );
    }
    if let Some(folder) = office.files.missing() {
        let failure = Failure::new(format!("there is no folder `{}`", folder.display()));
        return Err(failure.remedy(AS_SERVED));
    }
    // How many there may be is the server's business, which has looked after it with each that it has made.
    let age = Duration::from_secs(60 * u64::from(args.keep_restores));
    let keeping = Keeping { age, count: usize::MAX, bytes: u64::MAX, ..Keeping::default() };
    let tidied = office.database.clone().keeping(keeping).tidy().await;
    let Tidied { removed, left, .. } = tidied.map_err(|error| match error.is_about_files() {
        true if error.is_place_of_nobody() => failed(&error).remedy(NOBODYS),
        true => failed(&error).remedy(AS_SERVED),
        false => failed(&error),
    })?;
    let left_too = match left {
        0 => String::new(),
        left => format!("\n{} left {LEFT}", counted(left, "file")),
    };
    office.told(
        format_args!("{} removed that belonged to no form{left_too}", counted(removed, "file")),
        json!({"files_removed": removed, "files_left": left}),
    );
    Ok(Exit::Clean)
}
