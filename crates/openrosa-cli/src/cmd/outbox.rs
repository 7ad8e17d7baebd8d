//! `openrosa outbox`: the forms that wait for their server.

pub(super) mod add;
mod list;
mod person;
pub(super) mod send;
mod show;
pub(super) mod telling;

use clap::Subcommand;
use openrosa_store::device::outbox::Outbox;

use crate::{
    database::{DatabaseArgs, failure},
    exit::{Exit, Failure},
    target::wait,
};
use telling::Again;

/// What `--format json` prints.
const FORMATS: &str = r#"With --format json each form is one JSON object on a line of its own; what is not known is left
out:

  {"number":2,"state":"quarantined","file_name":"visit.xml","instance_id":"uuid:…",
   "form_id":"…","attempts":1,"added_at":"2024-05-01T10:00:00Z","status":422,
   "nature":"processing_failure","message":"no such case","told_at":"2024-05-01T10:00:02Z"}

A form that waits has `due_at` and `why`, which is one of `ahead` (it waits for the form whose
number is `waits_for`), `stuck` (a person has to look at the form `stuck_behind` first),
`sending`, `paused`, `due` and `later`.
under_way says that an attempt has begun of which nobody knows yet what came of it; advice says
what a person can do. may_have_arrived says that the server may have a form that is not
delivered: no answer proves it; in_part that it has the form, without all of its files.
unprocessed says that the server keeps a form and could not make use of it. `show` adds files.

Where sending has stopped for a while, the last line that `list` and `send` print says why;
without until, a person has to do something first:

  {"paused":"offline","message":"…","until":"2024-05-01T10:01:00Z","advice":"…"}

The reasons are offline, blocked, busy, unauthorized and inactive. Where somebody else is
sending, `send` prints {"elsewhere":true}."#;

/// Keep forms until a server has them: look at them, add some, send them, try one again, give one up.
///
/// The outbox is in a database, a file on this device. A form is kept there as it is, with its files, before it is sent, until the
/// server's answer proves that it has it. Nothing is sent after that, and whatever ends this command, at whatever moment, it goes on
/// where it was.
///
/// Forms about the same case are sent in the order in which they were added: one that is stuck holds back those that build upon it,
/// and no others.
///
/// Exit status: 0, 1 when something needs a person, 2 when it could not be done.
#[derive(clap::Args)]
#[command(after_long_help = FORMATS)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(subcommand)]
    command: Command,
}

/// One variant a file under `outbox/`.
#[derive(Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Add(add::Args),
    Send(Box<send::Args>),
    Retry(person::Retry),
    Drop(person::Drop),
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    wait(async {
        let database = match &args.command {
            Command::Add(_) => args.database.make().await?,
            _ => args.database.open().await?,
        };
        let (outbox, again) = (database.outbox(), Again::new(&args.database, None));
        let done = match &args.command {
            Command::List(args) => list::run(args, &outbox, again).await,
            Command::Show(args) => show::run(args, &outbox, again).await,
            Command::Add(args) => add::run(args, &database).await,
            Command::Send(send) => send::run(send, &outbox, &args.database).await,
            Command::Retry(args) => person::retry(args, &outbox, again).await,
            Command::Drop(args) => person::drop(args, &outbox, again).await,
        };
        database.close().await;
        done
    })
}

/// 1 when something needs a person.
async fn exit(outbox: &Outbox) -> Result<Exit, Failure> {
    let counts = outbox.counts().await.map_err(failure)?;
    let is_stuck = outbox.paused().await.map_err(failure)?.is_some_and(|pause| pause.until.is_none());
    let is_clean = counts.quarantined + counts.conflict == 0 && !is_stuck;
    Ok(if is_clean { Exit::Clean } else { Exit::Findings })
}
