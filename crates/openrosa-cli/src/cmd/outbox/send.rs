//! `openrosa outbox send`: what is due goes.

use std::slice;

use chrono::Utc;
use openrosa_http::{client::Client, transport::Transport};
use openrosa_store::device::outbox::{Event, Outbox, Report, Sending};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use url::Url;

use super::{
    list::rest,
    telling::{self, Again, Outlook},
};
use crate::{
    cmd::{apply::Format, submit::road::Road},
    database::{DatabaseArgs, failure},
    exit::{Exit, Failure},
    terminal::say,
};

/// Send what is due, until nothing is, or no form would fare better than the last.
///
/// A line is printed for each form that was sent. One command sends at a time; another that is started meanwhile says so and
/// leaves the work to the first.
///
/// To start this lifts a pause that began for want of a network or of credentials. Where the server wants to be left alone for a
/// while, or a form waits for its next attempt, --now does not wait.
///
/// Exit status: 0, 1 when something needs a person, forms wait for the end of a pause, or the server could not make use of a form
/// that it keeps, 2 when it could not be done.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    road: Road,
    /// Send what waits for its time as well
    #[arg(long)]
    now: bool,
    /// For a person, or as JSON lines, one for each form that was sent, and one for a pause or where somebody else sends
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(args: &Args, outbox: &Outbox, database: &DatabaseArgs) -> Result<Exit, Failure> {
    let again = Again::new(database, args.road.server());
    let (to, client) = args.road.open()?;
    if args.now {
        outbox.hurry().await.map_err(failure)?;
    } else {
        begin_anew(outbox).await?;
    }
    let telling = Telling { format: args.format, again };
    let sending = send(outbox, &client, &to, telling).await?;
    let sending = sending.map_err(|error| database.failure(&error))?;
    tell_end(&sending, args.format);
    rest(outbox, args.format, again).await?;
    match sending {
        Sending::Done(report) if report.unprocessed > 0 => Ok(Exit::Findings),
        _ if is_held_up(outbox).await? => Ok(Exit::Findings),
        _ => super::exit(outbox).await,
    }
}

/// Whether forms wait for the end of a pause.
async fn is_held_up(outbox: &Outbox) -> Result<bool, Failure> {
    let counts = outbox.counts().await.map_err(failure)?;
    Ok(counts.waiting > 0 && outbox.paused().await.map_err(failure)?.is_some())
}

/// A person who sends knows that the network is back, or the credentials are right, or wants to see that they are not.
pub(in crate::cmd) async fn begin_anew(outbox: &Outbox) -> Result<(), Failure> {
    match outbox.paused().await.map_err(failure)? {
        Some(pause) if !pause.reason.is_servers_wish() => outbox.resume().await.map_err(failure),
        _ => Ok(()),
    }
}

/// How a form is told of.
#[derive(Clone, Copy)]
struct Telling<'a> {
    format: Format,
    again: Again<'a>,
}

/// Sends, and tells of each form once something came of it.
async fn send<T: Transport>(
    outbox: &Outbox,
    client: &Client<T>,
    to: &Url,
    telling: Telling<'_>,
) -> Result<Result<Sending, openrosa_store::Error>, Failure> {
    let mut events = outbox.events();
    let mut sending = std::pin::pin!(outbox.send(client, to));
    let sent = loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => tell(outbox, &event, telling).await?,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break sending.await,
            },
            sent = &mut sending => break sent,
        }
    };
    while let Ok(event) = events.try_recv() {
        tell(outbox, &event, telling).await?;
    }
    Ok(sent)
}

async fn tell(outbox: &Outbox, event: &Event, Telling { format, again }: Telling<'_>) -> Result<(), Failure> {
    let number = match event {
        Event::Delivered { number }
        | Event::Waiting { number, .. }
        | Event::Quarantined { number }
        | Event::Conflict { number } => *number,
        _ => return Ok(()),
    };
    let Some(whole) = outbox.show(number).await.map_err(failure)? else { return Ok(()) };
    let outlook = Outlook::of(outbox, slice::from_ref(&whole.form), again).await?;
    match format {
        Format::Text => say(telling::line(&whole.form, &whole.form.file_name, &outlook)),
        Format::Json => say(Value::from(telling::json(&whole.form, &outlook))),
    }
    Ok(())
}

fn tell_end(sending: &Sending, format: Format) {
    match (sending, format) {
        (Sending::Done(report), Format::Text) => tell_rest(report),
        (Sending::Done(_), Format::Json) => {}
        (Sending::Elsewhere, Format::Text) => say("somebody else is sending, and sends what is due"),
        (Sending::Elsewhere, Format::Json) => say(telling::elsewhere_json()),
    }
}

fn tell_rest(report: &Report) {
    match (report.attempts, report.next_due) {
        (0, None) if report.paused.is_none() => say("nothing is due"),
        (_, Some(due)) if report.paused.is_none() => {
            say(format_args!("the next is due in {}", telling::span_until(due, Utc::now())));
        }
        _ => {}
    }
}
