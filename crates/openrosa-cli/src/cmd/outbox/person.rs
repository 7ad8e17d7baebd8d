//! `openrosa outbox retry` and `drop`: what a person decides.

use std::slice;

use chrono::Utc;
use openrosa_store::device::outbox::{Outbox, Whole};

use super::telling::{self, Again, Outlook};
use crate::{
    cmd::submit::visible,
    database::failure,
    exit::{Exit, Failure},
    page::{counted, grouped},
    terminal::say,
};

/// Have forms tried again, by the next `openrosa outbox send`.
///
/// For forms in quarantine or conflict, once what was wrong is put right. Forms that wait for their time are due at once. Attempts
/// are counted anew. Where the server is left alone for a while, that is told: `--now` of `openrosa outbox send` does not wait.
#[derive(clap::Args)]
pub(super) struct Retry {
    /// Their numbers in the outbox
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<i64>,
}

/// Give forms up that are not delivered: they are removed from this device, with their files.
///
/// Nobody has them any more then, unless one has arrived with an attempt that was not answered; where that may be, it is told. Forms
/// that waited for them are sent without them. Without --yes it is only told what would be lost.
#[derive(clap::Args)]
pub(super) struct Drop {
    /// Their numbers in the outbox
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<i64>,
    /// Do it
    #[arg(long)]
    yes: bool,
}

pub(super) async fn retry(args: &Retry, outbox: &Outbox, again: Again<'_>) -> Result<Exit, Failure> {
    for number in &args.numbers {
        outbox.retry(*number).await.map_err(failure)?;
        say(format_args!("{number:>4}  waiting"));
    }
    // Any other ends when a person sends.
    if let Some(pause) = outbox.paused().await.map_err(failure)?
        && pause.reason.is_servers_wish()
    {
        say(telling::pause(&pause, Utc::now(), again));
    }
    Ok(Exit::Clean)
}

/// What would be lost; fails as it would.
async fn to_be_lost(number: i64, outbox: &Outbox) -> Result<Whole, Failure> {
    let lost = outbox.show(number).await.map_err(failure)?;
    let lost = lost.ok_or_else(|| Failure::new(format!("there is no form {number} in the outbox")))?;
    match lost.form.state {
        state if state.is_final() => Err(Failure::new(format!("form {number} is {state} already"))),
        _ => Ok(lost),
    }
}

pub(super) async fn drop(args: &Drop, outbox: &Outbox, again: Again<'_>) -> Result<Exit, Failure> {
    for &number in &args.numbers {
        let lost = match args.yes {
            true => outbox.drop(number).await.map_err(failure)?,
            false => to_be_lost(number, outbox).await?,
        };
        let files = match lost.files.len() {
            0 => String::new(),
            files => format!(" and {}", counted(files, "file")),
        };
        let outlook = Outlook::of(outbox, slice::from_ref(&lost.form), again).await?;
        let arrival = telling::arrival(&lost.form, &outlook);
        let arrival = arrival.map_or(String::new(), |arrival| format!("; {arrival}"));
        let verb = if args.yes { "dropped" } else { "not dropped" };
        say(format_args!(
            "{number:>4}  {verb:11}  {}  {} bytes{files}, instanceID {}{arrival}",
            visible(&lost.form.file_name),
            grouped(lost.form.size),
            visible(&lost.form.instance_id)
        ));
    }
    match args.yes {
        true => Ok(Exit::Clean),
        false => Err(Failure::new("what is dropped is lost here").remedy("the same with --yes, to lose it")),
    }
}
