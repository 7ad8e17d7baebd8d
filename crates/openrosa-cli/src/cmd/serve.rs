//! `openrosa serve`: a server on this machine that keeps what it acknowledges.

mod behind;
mod config;
mod keeping;
mod lines;
mod log;
mod notice;
mod site;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use openrosa_http::server::{CheckPolicy, Limits, Pace, Policy, UnknownPredecessor};

use crate::blank_forms::{FormsFolder, Unread};
use crate::exit::{Exit, Failure};
use crate::server_place::{self, FilesPlace, Place};
use behind::Behind;
use lines::Lines;
pub(crate) use notice::{Notice, word};
use site::Pair;
pub(crate) use site::{Settings, Site};

/// Serve forms and cases: devices send forms with their files, which are kept and make cases, by the rules of CommCare HQ;
/// and they fetch their blank forms, restores and cases.
///
/// Devices post to `/submission` (ODK, KoBoToolbox) or `/a/DOMAIN/receiver/` (CommCare). A form is acknowledged once it, its
/// files and what it does to cases are safely on disk: killing this program at any time loses nothing it has acknowledged.
/// Restores, search, claims and, for staff, Briefcase are where devices of CommCare (below `/a/DOMAIN/`) and ODK (below `/`) look
/// for them.
///
/// A form sent twice is kept once, and the answer says so. Another form under an instance ID that is taken is refused
/// with 409, as is a file of the same name with other content.
///
/// Users, domains and what was received are the business of `openrosa admin`. As long as there are no users, anybody may send
/// and no device may fetch what was sent. `/health` and `/ready` answer whoever looks after it.
///
/// `/` is a page for people: what arrived, why it was refused, what the cases look like. Users who are staff sign in there; as
/// long as there are no users, whoever comes from this machine may look.
///
/// Each form is one line: when it came, what became of it, what it is, and who sent it. It ends with Ctrl-C, after
/// the forms on their way.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where everything is kept: a file, which is made if it is not there, or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "PLACE", default_value = server_place::DEFAULT)]
    database: Place,
    /// Where the files of forms are: a folder, by default beside the database, in PLACE-files; or s3://BUCKET/PREFIX, by
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL
    #[arg(long, value_name = "PLACE")]
    files: Option<FilesPlace>,
    /// The folder of blank forms, with what belongs to NAME.xml in NAME-media
    #[arg(long, value_name = "FOLDER")]
    forms: Option<PathBuf>,
    /// Nobody comes but through a proxy, and passwords are taken on requests that it says came by https
    #[arg(long)]
    behind_proxy: bool,
    /// Speak https, with this certificate and those that lead to the authority that devices trust, as PEM. It is
    /// read again at SIGHUP
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "behind_proxy")]
    certificate: Option<PathBuf>,
    /// The key of the certificate, as PEM without a password
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// The address by which devices know this server, such as `https://forms.example.org`
    #[arg(long, value_name = "ADDRESS", value_parser = known_as)]
    known_as: Option<http::Uri>,
    /// Where /metrics is told to Prometheus, out of the reach of devices
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// What is told on standard error of what goes on inside: error, warn (the default), info, debug or trace; for
    /// parts as well, as in `info,openrosa_store=debug`. RUST_LOG says the same
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// Take all this from a TOML file, under the names of the flags; a flag here replaces that one
    /// alone
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The largest request to take, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body, value_parser = clap::value_parser!(u64).range(1..))]
    max_body: u64,
    /// The least that has to come of a form and its files, in bytes a second; who is late by a minute is answered with 408. With
    /// 0 whoever is never silent for a minute is heard out
    #[arg(long, value_name = "BYTES", default_value_t = Pace::default().rate.get())]
    min_rate: u32,
    #[command(flatten)]
    keeping: keeping::Flags,
    /// Keep an edit whose original was never received, rather than answer 404. Should that come
    /// after all, it is kept without effect
    #[arg(long)]
    keep_unknown_edits: bool,
    /// Look for what is wrong with each form, as `openrosa check` does. `record` tells the findings with its line; `quarantine`
    /// acknowledges a form with errors (202) and keeps it without effect, so that somebody looks at it: the device has
    /// deleted its copy; `reject` refuses it (422), so that the device keeps it, CommCare's in quarantine
    #[arg(long, value_name = "WHAT", value_enum)]
    check: Option<Check>,
    /// Print one JSON object a line: first where it listens, then one for each form, and for each file among the blank forms that
    /// is not handed out
    #[arg(long)]
    json: bool,
}

/// Lists put what they name behind it.
fn known_as(text: &str) -> Result<http::Uri, String> {
    let address: http::Uri = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let is_of_the_web = matches!(address.scheme_str(), Some("http" | "https"));
    match is_of_the_web && address.host().is_some_and(|host| !host.is_empty()) && !text.contains(['?', '#']) {
        true => Ok(address),
        false => Err("it is http:// or https://, a host and perhaps a path, without a query".to_owned()),
    }
}

/// What becomes of a form in which there are errors.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Check {
    Record,
    Quarantine,
    Reject,
}

impl From<Check> for CheckPolicy {
    fn from(check: Check) -> Self {
        match check {
            Check::Record => Self::Record,
            Check::Quarantine => Self::Quarantine,
            Check::Reject => Self::Reject,
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.config {
        Some(path) => serve(&config::read(path)?),
        None => serve(args),
    }
}

fn serve(args: &Args) -> Result<Exit, Failure> {
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    runtime.block_on(until_stopped(args))
}

async fn until_stopped(args: &Args) -> Result<Exit, Failure> {
    let (lines, log) = (Lines::out(args.json), Lines::err(args.json));
    log::begin(args.log.as_deref(), args.json, log.clone())?;
    let stopped = told_until_stopped(args, &lines).await;
    lines.flush();
    log.flush();
    stopped
}

async fn told_until_stopped(args: &Args, lines: &Lines) -> Result<Exit, Failure> {
    // Asked for before the first form can come: from then on Ctrl-C ends nothing halfway.
    let stop = stop_signal()?;
    let (json, behind) = (args.json, Behind::of(lines.clone()));
    let shown = behind.clone();
    let show = move |notice: Notice| shown.say(if json { notice.json() } else { notice.line() });
    let site = Site::start(settings(args, &behind)?, show).await?;
    behind.begin(site.greeting(json));
    stop.await;
    if !json {
        lines.say("finishing what is on its way");
    }
    site.stop().await;
    Ok(Exit::Clean)
}

fn settings(args: &Args, lines: &Behind) -> Result<Settings, Failure> {
    let unknown_predecessor = match args.keep_unknown_edits {
        true => UnknownPredecessor::KeepAsNew,
        false => UnknownPredecessor::Refuse,
    };
    let pace = NonZeroU32::new(args.min_rate).map(|rate| Pace { rate, ..Pace::default() });
    let limits = Limits { body: args.max_body, pace, ..Limits::default() };
    let check = args.check.map(CheckPolicy::from).unwrap_or_default();
    let files = args.database.files(args.files.as_ref())?;
    Ok(Settings {
        policy: Policy { unknown_predecessor, check, limits, ..Policy::default() },
        forms: args.forms.as_ref().map(|folder| open_forms(folder, args.json, lines.clone())).transpose()?,
        behind_proxy: args.behind_proxy,
        certificate: args.certificate.clone().zip(args.key.clone()).map(Pair::from),
        known_as: args.known_as.clone(),
        metrics: args.metrics,
        keeping: args.keeping.keeping(),
        ..Settings::new(args.listen, args.database.clone(), files)
    })
}

fn open_forms(folder: &Path, json: bool, lines: Behind) -> Result<FormsFolder, Failure> {
    FormsFolder::open(folder, move |unread: &Unread| {
        // Whoever looks after the server reads its log.
        tracing::warn!("{}", unread.line());
        lines.say(if json { unread.json() } else { unread.line() });
    })
}

/// Ready when the person or the system wants it to end.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |error| Failure::new(format!("cannot listen for Ctrl-C: {error}"));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupted = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
        Ok(async move {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        let mut interrupted = tokio::signal::windows::ctrl_c().map_err(failed)?;
        Ok(async move {
            interrupted.recv().await;
        })
    }
}
