//! `openrosa outbox list`: each form in a line.

use chrono::Utc;
use openrosa_store::device::outbox::{Form, Outbox, State};
use serde_json::Value;

use super::telling::{self, Again, Outlook};
use crate::{
    cmd::apply::Format,
    database::failure,
    exit::{Exit, Failure},
    terminal::say,
};

/// How many forms are in memory at a time.
const PAGE: u32 = 500;

/// Show the forms: where each stands, why it waits, what the server said.
///
/// Without --state, those that are not done with: delivered and dropped ones are counted only, unless --all or the server keeps one
/// and could not make use of it, which is no reason for an exit status of 1.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only those in this state: waiting, quarantined, conflict, delivered, dropped
    #[arg(long, value_name = "STATE", conflicts_with = "all")]
    state: Option<State>,
    /// Those as well that are delivered or dropped
    #[arg(long)]
    all: bool,
    /// For a person, or as JSON lines, one a form and one for a pause
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(args: &Args, outbox: &Outbox, again: Again<'_>) -> Result<Exit, Failure> {
    let mut last = 0;
    loop {
        let forms = outbox.list(args.state, last, PAGE).await.map_err(failure)?;
        let Some(form) = forms.last() else { break };
        last = form.number;
        let outlook = Outlook::of(outbox, &forms, again).await?;
        for form in forms.iter().filter(|form| args.all || args.state.is_some() || is_open(form)) {
            match args.format {
                Format::Text => say(telling::line(form, &form.file_name, &outlook)),
                Format::Json => say(Value::from(telling::json(form, &outlook))),
            }
        }
    }
    rest(outbox, args.format, again).await?;
    super::exit(outbox).await
}

/// Whether there is something that a person should know.
fn is_open(form: &Form) -> bool {
    !form.state.is_final() || form.is_unprocessed()
}

/// How many forms stand where, which a program can count, and why nothing is sent.
pub(super) async fn rest(outbox: &Outbox, format: Format, again: Again<'_>) -> Result<(), Failure> {
    let pause = outbox.paused().await.map_err(failure)?;
    match format {
        Format::Text => {
            say(telling::summary(&outbox.counts().await.map_err(failure)?));
            pause.iter().for_each(|pause| say(telling::pause(pause, Utc::now(), again)));
        }
        Format::Json => pause.iter().for_each(|pause| say(telling::pause_json(pause, again))),
    }
    Ok(())
}
