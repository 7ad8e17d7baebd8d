//! `openrosa sync`: a device's database and its server come to the same state.

use std::time::Duration;

use chrono::{DateTime, Utc};
use openrosa_http::client::{receiver_url, restore_url, submission_url};
use openrosa_http::peer::COMMCARE_HQ;
use openrosa_store::device::outbox::{Counts, Report};
use openrosa_store::device::{Database, Step, Synced, Syncing, Way};
use url::Url;

use crate::cmd::outbox::{
    send::begin_anew,
    telling::{self, Again},
};
use crate::cmd::restore::{failed_at, how_much, progress};
use crate::database::{DatabaseArgs, failure};
use crate::exit::{Exit, Failure};
use crate::page::{counted, seen, typed_option};
use crate::target::{Opened, Target, wait};
use crate::terminal::say;

/// Bring a device's database and its server to the same state: send the outbox, then fetch and apply what is new.
///
/// Forms go first. While some are left, nothing is fetched, since the server would not know of them yet; --force fetches all the
/// same. Cases that do not belong on the device any more are dropped. What is new is asked for by the token of the last restore
/// and a hash of the cases; where the server finds them astray, everything is fetched anew and takes the place of what is there.
/// A restore is applied whole or not at all, and whatever ends this command, at whatever moment, the next run does the rest.
///
/// A backup of the database is a copy of its file, and of the one ending in -wal where that is there, made while nothing is at work with
/// it. Where one is put back, what ends in -wal and -shm at its place goes first, or two states are mixed. It differs from the server then,
/// and neither can tell: --anew fetches everything, once.
///
/// The database is made where there is none.
///
/// Exit status: 0, 1 when forms are left, need a person or could not be made use of by the server, 2 when it could not be done.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    target: Target,
    // Not a doc comment, which would want the address to be a link.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "server",
        help = "Where forms go, if not to `submission` (CommCare HQ: `receiver`) below --url"
    )]
    forms_to: Option<Url>,
    /// The user, who must still have this id
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// Fetch although forms are left, or the server wants to be left alone
    #[arg(long)]
    force: bool,
    /// Fetch everything, in the place of what is there, and not only what is new: after a backup of the database was put back
    #[arg(long)]
    anew: bool,
    /// How many seconds to wait for a restore that is still being made
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    patience: u64,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    wait(async {
        let database = args.database.make().await?;
        let done = sync(args, &server, &database).await;
        database.close().await;
        done
    })
}

async fn sync(args: &Args, server: &Opened, database: &Database) -> Result<Exit, Failure> {
    begin_anew(&database.outbox()).await?;
    let is_first = database.sync_state().await.map_err(failure)?.is_none();
    let (bar, mut gone) = (progress(), (0, 0));
    let told = |step| match step {
        Step::Sent { delivered, unprocessed } => gone = (delivered, unprocessed),
        step => bar.set_message(words(step)),
    };
    let again = Again::new(&args.database, args.target.server());
    let done = database.sync(&server.client, &args.way(server), told).await;
    bar.finish_and_clear();
    if done.is_err() {
        tell_sent(gone.0, gone.1, again);
    }
    match done {
        Ok(Syncing::Done(synced)) => Ok(tell(&synced, is_first, again)),
        Ok(Syncing::Unsent { sent, counts }) => Ok(tell_unsent(&sent, &counts, again)),
        Ok(Syncing::Busy { sent, until }) => Ok(tell_busy(&sent, until, again)),
        Ok(Syncing::Elsewhere) => {
            let counts = database.outbox().counts().await.map_err(failure)?;
            say("another program is at it");
            Ok(left(&Report::default(), &counts, again))
        }
        Err(error) => Err(match error.http() {
            Some(error) if error.is_gone_astray() => {
                let remedy = match args.anew {
                    false => {
                        "--anew, which asks for everything whoever it is for; else whoever looks after the server"
                    }
                    true if args.user_id.is_some() => "the same without --user-id",
                    true => "whoever looks after the server",
                };
                failed_at(error, server.peer).remedy(remedy)
            }
            Some(error) => failed_at(error, server.peer),
            None => args.failure_of(&error),
        }),
    }
}

impl Args {
    fn way(&self, server: &Opened) -> Way {
        let (forms, restore) = match *server.peer == COMMCARE_HQ {
            true => (receiver_url(&server.url), restore_url(&server.url)),
            false => (submission_url(&server.url), server.url.clone()),
        };
        let mut way = Way::new(self.forms_to.clone().unwrap_or(forms), restore);
        way.user_id = self.user_id.clone();
        way.patience = Duration::from_secs(self.patience);
        way.forced = self.force;
        way.anew = self.anew;
        way
    }

    fn failure_of(&self, error: &openrosa_store::Error) -> Failure {
        match error.declined().is_some() || error.unreadable().is_some() {
            true => {
                let failure = Failure::new(seen(&error.to_string()));
                let server = self.target.server().map(|name| typed_option("--server", name));
                let server = server.unwrap_or_else(|| "--url URL".to_owned());
                failure.remedy(format!("openrosa restore {server} --out FILE, then openrosa check FILE"))
            }
            false => self.database.failure(error),
        }
    }
}

fn words(step: Step) -> String {
    match step {
        Step::Sending => "sending forms".to_owned(),
        Step::Preparing(progress) => {
            format!("the server makes it: {} of {} cases", progress.done, progress.total)
        }
        Step::Receiving(received) => how_much(&received),
        Step::Applying => "applying".to_owned(),
        _ => String::new(),
    }
}

fn tell_sent(delivered: u64, unprocessed: u64, again: Again<'_>) {
    if delivered > 0 {
        say(format_args!("{} sent", counted(delivered, "form")));
    }
    if unprocessed > 0 {
        let forms = counted(unprocessed, "form");
        say(format_args!("{forms} that the server kept and did not process: {}", again.outbox("list")));
    }
}

fn tell(Synced { sent, counts, purged, restored, .. }: &Synced, is_first: bool, again: Again<'_>) -> Exit {
    tell_sent(sent.delivered, sent.unprocessed, again);
    let changes = [
        (restored.created, "new case"),
        (restored.updated, "changed case"),
        (restored.closed, "closed case"),
        (restored.ledgers, "quantity in stock"),
        (restored.fixtures, "lookup table"),
    ];
    let changes: Vec<_> = changes
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| counted(*number, what))
        .collect();
    if restored.started_over && !is_first {
        say("everything was fetched anew, in the place of what was there");
    }
    say(if changes.is_empty() { "nothing new".to_owned() } else { changes.join(", ") });
    if !purged.cases.is_empty() {
        let verb = if purged.cases.len() == 1 { "belongs" } else { "belong" };
        say(format_args!("{} dropped that no longer {verb} here", counted(purged.cases.len(), "case")));
    }
    if let Some(pause) = &sent.paused {
        say(telling::pause(pause, Utc::now(), again));
    }
    if restored.token.as_deref().unwrap_or_default().is_empty() {
        say("there is no token to go on from, so the next sync fetches everything again");
    }
    left(sent, counts, again)
}

/// Forms that are left, and what to do about them.
fn left(sent: &Report, counts: &Counts, again: Again<'_>) -> Exit {
    let stopped = counts.quarantined + counts.conflict;
    if stopped > 0 {
        say(format_args!("{} for a person to look at: {}", counted(stopped, "form"), again.outbox("list")));
    }
    if counts.waiting > 0 {
        let forms = counted(counts.waiting, "form");
        say(format_args!("{forms} still to be sent: {}", again.outbox("list")));
    }
    if stopped + counts.waiting + sent.unprocessed > 0 { Exit::Findings } else { Exit::Clean }
}

fn tell_unsent(sent: &Report, counts: &Counts, again: Again<'_>) -> Exit {
    tell_sent(sent.delivered, sent.unprocessed, again);
    if let Some(pause) = &sent.paused {
        say(telling::pause(pause, Utc::now(), again));
    }
    say("nothing was fetched, since the server does not have all forms yet");
    left(sent, counts, again)
}

fn tell_busy(sent: &Report, until: DateTime<Utc>, again: Again<'_>) -> Exit {
    tell_sent(sent.delivered, sent.unprocessed, again);
    let span = telling::span_until(until, Utc::now());
    say(format_args!("the server is too busy and is left alone for {span} more; --force asks at once"));
    Exit::Findings
}
