//! `openrosa admin tidy`.

use chrono::{TimeDelta, Utc};

use super::{Office, failed};
use crate::exit::{Exit, Failure};
use crate::page::counted;
use crate::terminal::say;

/// Remove files that have lain for a day and belong to no form: what requests that broke off have left.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Forget, too, what devices hold that have not asked for a restore for so many days; should one come, it starts over
    #[arg(long, value_name = "DAYS")]
    forget_devices: Option<u32>,
}

pub(super) async fn run(args: &Args, office: &Office) -> Result<Exit, Failure> {
    let removed = office.database.tidy().await.map_err(|error| failed(&error))?;
    say(format_args!("{} removed that belonged to no form", counted(removed, "file")));
    if let Some(days) = args.forget_devices {
        let since = Utc::now() - TimeDelta::days(days.into());
        let mut forgotten = 0;
        for domain in office.database.domains().await.map_err(|error| failed(&error))? {
            forgotten +=
                office.database.forget_devices(&domain, since).await.map_err(|error| failed(&error))?;
        }
        say(format_args!("{} forgotten", counted(forgotten, "restore")));
    }
    Ok(Exit::Clean)
}
