//! `openrosa serve`: a receiver on this machine that keeps what it acknowledges.

mod config;
mod log;
mod notice;
mod service;
mod site;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use openrosa_http::auth::Credentials;
use openrosa_http::server::{Authentication, BasicOver, CheckPolicy, Limits, Policy, UnknownPredecessor};

use crate::exit::{Exit, Failure};
use crate::server_place::{FilesPlace, Place};
use crate::terminal::say;
pub(crate) use notice::Notice;
pub(crate) use service::{Service, Settings};

/// Receive forms, with their files, and keep them: in a folder; or, with --database, as a server from which devices get their
/// blank forms, restores and cases, too.
///
/// Devices post to `/submission` (ODK, KoBoToolbox) or `/a/PROJECT/receiver/` (CommCare). A form is acknowledged once
/// it and its files are safely on disk: killing this program at any time loses nothing it has acknowledged. In a
/// folder, `records/` says what was received, `xml/` holds the forms and `files/` their attachments.
///
/// A form sent twice is kept once, and the answer says so. Another form under an instance ID that is taken is refused
/// with 409, as is a file of the same name with other content.
///
/// With --database, forms make cases, by the rules of CommCare HQ. Submissions, restores, search, claims and Briefcase are
/// where devices of CommCare (below `/a/DOMAIN/`) and ODK (below `/`) look for them. Users, domains and what was received are the
/// business of `openrosa admin`; as long as there are no users, anybody may send and nobody may read. `/health` and `/ready`
/// answer whoever looks after it.
///
/// Each form is one line: when it came, what became of it, what it is, and who sent it. It ends with Ctrl-C, after
/// the forms on their way.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where to keep what is received
    #[arg(long, value_name = "FOLDER", default_value = "openrosa-data")]
    data: PathBuf,
    /// The database of a server: a file, which is made if it is not there, or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["data", "user"])]
    database: Option<Place>,
    /// With --database: where the files of forms are: a folder, by default beside it, in PLACE-files; or s3://BUCKET/PREFIX, by
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL
    #[arg(long, value_name = "PLACE", requires = "database")]
    files: Option<FilesPlace>,
    /// With --database: the folder of blank forms, with what belongs to NAME.xml in NAME-media
    #[arg(long, value_name = "FOLDER", requires = "database")]
    forms: Option<PathBuf>,
    /// With --database: nobody comes but through a proxy, and passwords are taken on requests that it says came by https
    #[arg(long, requires = "database")]
    behind_proxy: bool,
    /// With --database: speak https, with this certificate and those that lead to the authority that devices trust, as PEM. It is
    /// read again at SIGHUP
    #[arg(long, value_name = "FILE", requires_all = ["database", "key"], conflicts_with = "behind_proxy")]
    certificate: Option<PathBuf>,
    /// The key of the certificate, as PEM without a password
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// With --database: the address by which devices know this server, such as `https://forms.example.org`
    #[arg(long, value_name = "ADDRESS", requires = "database")]
    known_as: Option<http::Uri>,
    /// With --database: where /metrics is told to Prometheus, out of the reach of devices
    #[arg(long, value_name = "ADDRESS", requires = "database")]
    metrics: Option<SocketAddr>,
    /// With --database: what is told on standard error of what goes on inside: error, warn (the default), info, debug or trace; or
    /// for parts, as in `warn,openrosa_store=debug`. RUST_LOG says the same
    #[arg(long, value_name = "LEVEL", requires = "database")]
    log: Option<String>,
    /// Take all this from a TOML file, under the names of the flags; a flag here wins
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Who may send; the password comes from --password-env or --password-stdin
    #[arg(long, value_name = "NAME", requires = "password")]
    user: Option<String>,
    /// The environment variable that holds the password
    #[arg(long, value_name = "VARIABLE", group = "password", requires = "user")]
    password_env: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long, group = "password", requires = "user")]
    password_stdin: bool,
    /// Take Basic besides Digest, as CommCare devices need it; the password then travels in the clear
    #[arg(long, requires = "user")]
    basic: bool,
    /// Take Basic on requests that the proxy in front says came by https
    #[arg(long, requires = "user", conflicts_with = "basic")]
    basic_behind_proxy: bool,
    /// Take no Digest
    #[arg(long, requires = "user")]
    no_digest: bool,
    /// The largest request to take, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body)]
    max_body: u64,
    /// Keep an edit whose original was never received, rather than answer 404
    #[arg(long)]
    keep_unknown_edits: bool,
    /// Look for what is wrong with each form, as `openrosa check` does. `record` keeps the findings in its record; `quarantine`
    /// acknowledges a form with errors (202) and keeps its record in `quarantine/`, so that somebody looks at it: the device has
    /// deleted its copy; `reject` refuses it (422), so that the device keeps it, CommCare's in quarantine
    #[arg(long, value_name = "WHAT", value_enum)]
    check: Option<Check>,
    /// Print one JSON object a line: first where it listens, then one for each form
    #[arg(long)]
    json: bool,
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
    let settings = settings(args)?;
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    match &args.database {
        Some(place) => runtime.block_on(site::serve(args, place, settings.policy)),
        None => runtime.block_on(serve_folder(args, settings)),
    }
}

async fn serve_folder(args: &Args, settings: Settings) -> Result<Exit, Failure> {
    let json = args.json;
    let show = move |notice: Notice| say(&if json { notice.json() } else { notice.line() });
    // Asked for before the first form can come: from then on Ctrl-C ends nothing halfway.
    let stop = stop_signal()?;
    let service = Service::start(settings, show).await?;
    say(&if json { service.greeting_json() } else { greeting(args, &service) });
    stop.await;
    if !json {
        say("finishing what is on its way");
    }
    service.stop().await;
    Ok(Exit::Clean)
}

fn settings(args: &Args) -> Result<Settings, Failure> {
    let unknown_predecessor = match args.keep_unknown_edits {
        true => UnknownPredecessor::KeepAsNew,
        false => UnknownPredecessor::Refuse,
    };
    let limits = Limits { body: args.max_body, ..Limits::default() };
    let check = args.check.map(CheckPolicy::from).unwrap_or_default();
    let policy = Policy { unknown_predecessor, check, limits, ..Policy::default() };
    Ok(Settings { policy, authentication: authentication(args)?, ..Settings::new(args.listen, &args.data) })
}

fn authentication(args: &Args) -> Result<Authentication, Failure> {
    let Some(user) = &args.user else { return Ok(Authentication::anonymous()) };
    if args.no_digest && !args.basic && !args.basic_behind_proxy {
        let failure = Failure::new("without Digest and without Basic nobody could sign in");
        return Err(failure.remedy("--basic or --basic-behind-proxy with --no-digest"));
    }
    let accounts = Authentication::accounts("openrosa", [Credentials::new(user, password(args)?)]);
    let mut authentication = accounts.map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    if args.basic {
        authentication = authentication.with_basic(BasicOver::Any);
    }
    if args.basic_behind_proxy {
        authentication = authentication.with_basic(BasicOver::TrustedProxy);
    }
    Ok(if args.no_digest { authentication.without_digest() } else { authentication })
}

fn password(args: &Args) -> Result<String, Failure> {
    if let Some(variable) = &args.password_env {
        let missing =
            || Failure::new(format!("the environment has no `{variable}` to take the password from"));
        return std::env::var(variable).map_err(|_| missing());
    }
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::new(format!("cannot read the password: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn greeting(args: &Args, service: &Service) -> String {
    let asked = match &args.user {
        Some(user) => format!("only `{user}` may send"),
        None => "anybody may send".into(),
    };
    let url = service.url();
    format!(
        "receiving forms at {url}\n  {} held in {}; {asked}\n  try: openrosa submit FORM.xml --to {url}\n  Ctrl-C ends it",
        notice::counted(service.held(), "form"),
        args.data.display(),
    )
}

/// Ready when the person or the system wants it to end.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
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
