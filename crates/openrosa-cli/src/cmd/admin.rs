//! `openrosa admin`: what is in the database of a server, and who may come.

mod backup;
mod case;
mod devices;
mod domain;
mod export;
mod form;
mod stock;
mod tidy;
mod user;

use std::fmt::Display;
use std::path::Path;

use clap::Subcommand;
use openrosa_store::Error;
use openrosa_store::server::{Database, Domain};
use serde_json::Value as Json;

use crate::exit::{Exit, Failure};
use crate::folder::parent;
use crate::page::seen;
use crate::server_place::{self, Admin, FilesPlace, Place};
use crate::target::wait;
use crate::terminal::say;

/// What helps where files are not in the place of files.
const AS_SERVED: &str = "--files as `openrosa serve` has it";

/// What `--json` prints.
const JSON: &str = r#"With --json each line is one object, of what is listed, shown or done:

  user …           the user as `user list` has it, as it is afterwards
  form archive …   {"instance_id":"f1","state":"archived","changes":4}
  form show        the form as `form list` has it, and its `xml`; with --out its `files`
  case rebuild     {"case_id":"c1","changes":4}
  domain add       {"domain":"demo","new":true}
  domain set       {"domain":"demo","close_extensions":true}
  tidy             {"restores_forgotten":0}, if asked to, and {"files_removed":3,"files_left":0}
  export           {"file":"forms.csv","forms":7,"columns":12}
  backup           {"file":"copy.db","bytes":8192}"#;

/// Look after the database of `openrosa serve`: users, domains, devices, forms, cases, exports and copies.
///
/// All of it may be done while the server runs.
///
/// Exit status: 0, 1 where a user was not in the group that is left, 2 when it could not be done, as where there is no such user,
/// form or case.
#[derive(clap::Args)]
#[command(after_long_help = JSON)]
pub(crate) struct Args {
    /// The database of the server: a file, or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, global = true, value_name = "PLACE", default_value = server_place::DEFAULT)]
    database: Place,
    /// Where the files of forms are: a folder, by default beside the database, in PLACE-files; or s3://BUCKET/PREFIX
    #[arg(long, global = true, value_name = "PLACE")]
    files: Option<FilesPlace>,
    /// One JSON object a line, for what is listed, shown or done
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Users: who they are, what they sign in with, their groups
    #[command(subcommand)]
    User(user::Command),
    /// Domains: CommCare's projects, each with forms, cases and users of its own
    #[command(subcommand)]
    Domain(domain::Command),
    /// Forms that were received
    #[command(subcommand)]
    Form(form::Command),
    /// The cases that forms have made
    #[command(subcommand)]
    Case(case::Command),
    /// Stock: how much of which product is at a case
    #[command(subcommand)]
    Stock(stock::Command),
    Devices(devices::Args),
    Export(export::Args),
    Backup(backup::Args),
    Tidy(tidy::Args),
}

/// The database that is worked with.
struct Office {
    database: Database,
    place: Place,
    files: FilesPlace,
    json: bool,
}

/// In which domain something is done.
#[derive(clap::Args)]
struct InDomain {
    /// The domain; without it, what came to addresses without one
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    wait(async {
        let office = open(args).await?;
        let done = match &args.command {
            Command::User(command) => user::run(command, &office).await,
            Command::Domain(command) => domain::run(command, &office).await,
            Command::Form(command) => form::run(command, &office).await,
            Command::Case(command) => case::run(command, &office).await,
            Command::Stock(command) => stock::run(command, &office).await,
            Command::Devices(args) => devices::run(args, &office).await,
            Command::Export(args) => export::run(args, &office).await,
            Command::Backup(args) => backup::run(args, &office).await,
            Command::Tidy(args) => tidy::run(args, &office).await,
        };
        office.database.close().await;
        done
    })
}

async fn open(args: &Args) -> Result<Office, Failure> {
    let place = args.database.clone();
    if matches!(args.command, Command::Backup(_)) {
        backup::is_ours(&place)?;
    }
    let files = place.files(args.files.as_ref())?;
    if place.is_missing() {
        let failure = Failure::new(format!("there is no database `{}`", place.name()));
        return Err(failure.remedy(format!("openrosa serve{}, which makes it", place.options(&files))));
    }
    let database = place.open(&files).await?;
    Ok(Office { database, place, files, json: args.json })
}

impl Office {
    async fn domain(&self, asked: &InDomain) -> Result<Domain, Failure> {
        let found = self.database.domain(asked.domain.as_deref()).await;
        found.map_err(|error| match error.is_unknown_domain() {
            true => failed(&error).remedy(self.command("domain list")),
            false => failed(&error),
        })
    }

    /// Tells what was done, as it was asked for.
    fn told(&self, words: impl Display, facts: Json) {
        match self.json {
            true => say(facts),
            false => say(words),
        }
    }

    /// A command of this kind, as it would be typed.
    fn command(&self, words: &str) -> String {
        Admin::at(&self.place, &self.files).command(words)
    }

    /// The same about what is in a domain.
    fn command_in(&self, domain: &Domain, words: &str) -> String {
        Admin::at(&self.place, &self.files).command_in(domain, words)
    }

    /// What is said where more is there than is listed.
    fn and_more(&self, domain: &Domain, what: &str) -> String {
        let export = self.command_in(domain, &format!("export {what} --to FILE"));
        format!(", and there are more: --limit NUMBER, or {export}")
    }
}

fn failed(error: &Error) -> Failure {
    server_place::failure(error)
}

/// Refuses to write where no folder is. What is made beside it first would be named otherwise, of which nobody knows.
fn has_folder(path: &Path) -> Result<(), Failure> {
    let folder = parent(path);
    match folder.is_dir() {
        true => Ok(()),
        false => {
            let failure =
                Failure::new(format!("cannot write `{}`: there is no folder for it", path.display()));
            Err(failure.remedy(format!("make `{}` first", folder.display())))
        }
    }
}

/// ` of domain x`, or nothing.
fn of_domain(domain: &Domain) -> String {
    match domain.name.as_str() {
        "" => String::new(),
        name => format!(" of domain {}", seen(name)),
    }
}
