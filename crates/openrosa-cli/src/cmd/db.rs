//! `openrosa db`: the database of a device itself.

use clap::Subcommand;
use indicatif::HumanBytes;
use openrosa_store::device::{Checked, Database, Fault};

use crate::{
    database::{DatabaseArgs, failure},
    exit::{Exit, Failure},
    page::{counted, grouped, seen},
    target::wait,
    terminal::say,
};

/// Look a device's database through, give room back to the disk, or let it go to another server.
///
/// Exit status: 0, 1 when something is not as it should be, 2 when it could not be done.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read everything: the file and its tables, cases, who points at whom, users, lookup data, forms that wait
    Check,
    /// Give the room that is not needed any more back to the disk
    Compact,
    /// Let it belong to another server or user: to the one that it is used with next
    ///
    /// The first that forms are sent to, or that is synced with, is the home of a database, and nothing of it goes to another. That
    /// is for servers that have moved, and for users with a new name: forms that are still to be sent go there as well.
    Move,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    wait(async {
        let database = args.database.open().await?;
        let done = match args.command {
            Command::Check => check(args, &database).await,
            Command::Compact => compact(&database).await,
            Command::Move => leave_home(&database).await,
        };
        database.close().await;
        done
    })
}

async fn check(args: &Args, database: &Database) -> Result<Exit, Failure> {
    let checked = database.check().await.map_err(failure)?;
    for fault in &checked.faults {
        say(seen(&fault.to_string()));
    }
    say(summary(&checked));
    if checked.faults.is_empty() {
        let synced = database.sync_state().await.map_err(failure)?;
        let token = synced.and_then(|synced| synced.token).filter(|token| !token.is_empty());
        say(match token {
            Some(token) => format!("in step with its server as of token {}", seen(&token)),
            None => format!("not in step with a server yet: {}", args.database.command("sync")),
        });
        return Ok(Exit::Clean);
    }
    say(remedy(args, &checked.faults));
    Ok(Exit::Findings)
}

fn remedy(args: &Args, faults: &[Fault]) -> String {
    // Files that lie elsewhere say nothing against the database.
    let mut inner = faults.iter().filter(|fault| !matches!(fault, Fault::File { .. })).peekable();
    if inner.peek().is_none() {
        return format!(
            "put the files back as they were, or give their forms up with {}, and add them again",
            args.database.command("outbox drop NUMBER")
        );
    }
    match inner.all(Fault::is_mended_by_restore) {
        true => format!(
            "keep a copy of the file, then let what the server has take the place of that: {}",
            args.database.command("sync --anew")
        ),
        false => format!(
            "keep a copy of the file before anything else; {} shows the forms that are still in it",
            args.database.command("outbox list")
        ),
    }
}

/// As in `3 cases, 1 form that the server does not have; state hash ccsh:409c…`.
fn summary(checked: &Checked) -> String {
    let forms = match checked.forms {
        0 => String::new(),
        1 => ", 1 form that the server does not have".to_owned(),
        forms => format!(", {} forms that the server does not have", grouped(forms)),
    };
    let cases = counted(checked.cases, "case");
    format!("{cases}{forms}; state hash ccsh:{}", checked.hash)
}

async fn leave_home(database: &Database) -> Result<Exit, Failure> {
    let home = database.home().await.map_err(failure)?;
    database.leave_home().await.map_err(failure)?;
    say(match home {
        Some(home) => {
            format!("it was at home at {}, and will be where it is used next", seen(&home.to_string()))
        }
        None => "it has no home yet, and will be where it is used next".to_owned(),
    });
    Ok(Exit::Clean)
}

async fn compact(database: &Database) -> Result<Exit, Failure> {
    let freed = database.compact().await.map_err(failure)?;
    say(format_args!("{} given back", HumanBytes(freed)));
    Ok(Exit::Clean)
}
