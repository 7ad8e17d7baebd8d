//! `openrosa hq`: what CommCare HQ's APIs have, read, exported, changed.

mod account;
mod download;
mod export;
mod list;
mod upsert;

use std::path::PathBuf;

use commcare_hq::Error;

use crate::exit::{Exit, Failure};
use crate::page::seen;
use crate::unfetched::{again_after, trust};
use account::Account;

/// Work with the APIs of CommCare HQ: list, get, export, change, download.
///
/// Exit status: 0, 1 when something is wrong with what was worked on, 2 when the work could not be done.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    List(ListArgs),
    Get(GetArgs),
    Export(ExportArgs),
    Upsert(UpsertArgs),
    Download(DownloadArgs),
}

/// List what a project has, one JSON object a line.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    /// What to list
    #[arg(value_enum)]
    what: list::Of,
    #[command(flatten)]
    account: Account,
}

/// Get one thing as JSON: a form, a case, a worker, an application, and so on.
#[derive(clap::Args)]
pub(crate) struct GetArgs {
    /// What to get
    #[arg(value_enum)]
    what: list::One,
    /// Its id
    id: String,
    #[command(flatten)]
    account: Account,
}

/// Export all forms or cases into a file or a database, and the next time what has changed since.
///
/// What --to ends in says what it becomes: `.csv` a sheet with the columns that --column names; `.db`, `.sqlite` and `.sqlite3` a
/// database of SQLite with a table `forms` or `cases`, each form and case in it once, as it is now; anything else a file with one
/// JSON object a line. Numbers have the digits that they have there.
///
/// An export that broke off goes on behind its last whole page, whatever stopped it, and one that came to its end adds what is new
/// or was changed: the same command again does both. How far it is stands in the database, or beside the file in another that ends
/// in `.checkpoint`. In a file what was changed is there again: the later line counts.
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// What to export
    #[arg(value_enum)]
    what: export::Of,
    /// The file or the database; what is no regular file, such as a pipe, is refused
    #[arg(long, visible_alias = "out", value_name = "FILE")]
    to: PathBuf,
    /// Only cases of this type
    #[arg(long, value_name = "TYPE")]
    case_type: Option<String>,
    /// Only forms of this namespace
    #[arg(long, value_name = "URI")]
    xmlns: Option<String>,
    /// A column of a sheet or a database: the way to a value, such as `case_name`, `properties.age` or `form.visit.date`
    #[arg(long = "column", value_name = "PATH")]
    columns: Vec<String>,
    /// How many on a page
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=5000))]
    page: u32,
    #[command(flatten)]
    account: Account,
}

/// Make and change cases out of a sheet (CSV). Without --send nothing is sent, and what would change is shown.
///
/// Each row is a case, found by its external id. The columns case_name and owner_id are what they are called; all others but the
/// one of the external id are properties. A blank cell leaves what is there as it is. The same again changes nothing more.
///
/// Exit status: 0, 1 when a batch was refused, 2 when the sheet cannot be read or the server not be asked.
#[derive(clap::Args)]
pub(crate) struct UpsertArgs {
    /// The sheet, whose first row has the names of the columns
    sheet: PathBuf,
    /// The type of cases that are made
    #[arg(long, value_name = "TYPE")]
    case_type: String,
    /// The column of the external ids
    #[arg(long, value_name = "COLUMN", default_value = "external_id")]
    id: String,
    /// The owner of cases that are made, where the sheet has none
    #[arg(long, value_name = "ID")]
    owner_id: Option<String>,
    /// By which way
    #[arg(long, value_enum, default_value_t = upsert::Through::Api)]
    through: upsert::Through,
    /// Send it
    #[arg(long)]
    send: bool,
    #[command(flatten)]
    account: Account,
}

/// Download the files of a form, an application as phones install it, or an export that is made every day.
///
/// Exit status: 0, 1 when a file of a form was not to be had, 2 when nothing was.
#[derive(clap::Args)]
pub(crate) struct DownloadArgs {
    /// What to download
    #[arg(value_enum)]
    what: download::Of,
    /// The id of the form, the application or the export
    id: String,
    /// The folder for the files of a form, or the file for anything else
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    #[command(flatten)]
    account: Account,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::List(args) => list::run(args),
        What::Get(args) => list::get(args),
        What::Export(args) => export::run(args),
        What::Upsert(args) => upsert::run(args),
        What::Download(args) => download::run(args),
    }
}

/// Why a call came to nothing, and what to do about it.
fn failed(error: &Error) -> Failure {
    let failure = Failure::new(seen(&error.to_string()));
    if error.is_code_wanted() {
        return failure.remedy("an API key, which needs no code: openrosa login --with api-key");
    }
    if error.is_plain_http() {
        return failure.remedy("an address that begins with https, or --allow-http");
    }
    if error.is_bad_credentials() || error.is_login_page() {
        let login = "openrosa login NAME URL --kind commcare-hq --user NAME --with api-key";
        return failure.remedy(format!("another name or key; to have them remembered: {login}"));
    }
    if error.is_entitlement() {
        return failure.remedy("another name or key; if they are right, whoever looks after the project");
    }
    if error.is_page() || error.is_astray() {
        return failure.remedy("the login of this network, if it wants one; if not, look at the address");
    }
    if error.is_not_found() {
        return failure.remedy("look at the id, and at the name of the project in the address");
    }
    if error.is_forbidden() {
        return failure
            .remedy("a role with `Access APIs` and the right to see or edit this, for whoever has the key");
    }
    if let Some(why) = error.untrusted() {
        return failure.remedy(trust(why));
    }
    if error.may_have_landed() {
        return failure.remedy("look at what is there before doing it again");
    }
    if error.is_transport() || error.is_rate_limited() || error.retry_after().is_some() {
        return failure.remedy(again_after(error.retry_after()));
    }
    failure
}
