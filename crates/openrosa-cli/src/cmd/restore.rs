//! `openrosa restore`: what a user's phone should hold, out of CommCare HQ.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use openrosa_http::api::restore::{Progress, Request};
use openrosa_http::client::restore::{Received, Saved};
use openrosa_http::client::{Error, restore_url};
use openrosa_http::peer::{COMMCARE_HQ, Peer};

use crate::cmd::show;
use crate::durable;
use crate::exit::{Exit, Failure};
use crate::fleeting::Fleeting;
use crate::folder::parent;
use crate::page::{counted, seen, span};
use crate::target::{Opened, Target, wait};
use crate::terminal::say;
use crate::unfetched::remedy;

/// Fetch the restore of a user: all the cases, stock and lookup tables that belong on the phone.
///
/// It is saved as it comes, or summed up as `openrosa show` does. While the server is still making it, it is asked for again, for
/// as long as --patience says. A restore that breaks off leaves nothing behind and is fetched anew: the protocol cannot go on
/// with one.
///
/// With --since it is what is new since an earlier restore. Where the server finds the device gone astray, the whole restore is
/// fetched instead, once, and that is said.
///
/// Exit status: 0, or 2 when there is no restore.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Save it here; without it, it is summed up
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The token of the restore before
    #[arg(long, value_name = "TOKEN")]
    since: Option<String>,
    /// The hash of the cases that are held, ccsh: and 32 digits
    #[arg(long, value_name = "HASH", requires = "since")]
    state: Option<String>,
    /// As another user sees it, such as name@domain.commcarehq.org
    #[arg(long = "as", value_name = "USER")]
    login_as: Option<String>,
    /// Without lookup tables
    #[arg(long)]
    skip_fixtures: bool,
    /// How many seconds to wait for a restore that is still being made
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    patience: u64,
}

/// Of any other kind the address is taken as it is.
const KIND: &str =
    "--kind commcare-hq, here or with `openrosa login`, for a restore in phone/restore/ below the address";

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    let unwritten = |error| Failure::new(format!("cannot write {error}"));
    let out = args.out.as_deref().map(durable::place).transpose().map_err(unwritten)?;
    let place = out.as_deref().map_or_else(std::env::temp_dir, |out| parent(out).to_owned());
    let making = fs::create_dir_all(&place).and_then(|()| Fleeting::within(&place));
    let making = making
        .map_err(|error| Failure::new(format!("no place for a restore in `{}`: {error}", place.display())))?;
    let path = making.path().join("restore.xml");
    let saved = wait(fetch(args, &server, &path))?;
    let Some(out) = &out else {
        say(told(&saved, None));
        return show::summed_up(&path, "what the server sent");
    };
    durable::put(&path, out).map_err(unwritten)?;
    say(told(&saved, args.out.as_deref()));
    Ok(Exit::Clean)
}

async fn fetch(args: &Args, server: &Opened, path: &Path) -> Result<Saved, Failure> {
    let bar = progress();
    let making = |progress: Progress| {
        bar.set_message(format!("the server makes it: {} of {} cases", progress.done, progress.total));
    };
    let url = if *server.peer == COMMCARE_HQ { restore_url(&server.url) } else { server.url.clone() };
    let patience = Duration::from_secs(args.patience);
    let restore = server.client.restore_or_start_over(&url, &args.asked(), patience, making).await;
    let saved = match restore {
        Ok(restore) => restore.save(path, |received| bar.set_message(how_much(&received))).await,
        Err(error) => Err(error),
    };
    bar.finish_and_clear();
    saved.map_err(|error| failed_at(&error, server.peer))
}

/// Why there is no restore of a server of this kind.
pub(super) fn failed_at(error: &Error, peer: &Peer) -> Failure {
    match *peer == COMMCARE_HQ {
        false if error.is_captive_portal() || error.is_not_found() => failed(error).remedy(KIND),
        _ => failed(error),
    }
}

impl Args {
    fn asked(&self) -> Request {
        let mut asked = Request::new();
        asked.items = true;
        (asked.since, asked.state) = (self.since.clone(), self.state.clone());
        asked.login_as = self.login_as.clone();
        asked.skip_fixtures = self.skip_fixtures;
        asked
    }
}

fn failed(error: &Error) -> Failure {
    if let Some(after) = error.retry_after().filter(|_| error.is_still_pending()) {
        let span = span(after);
        let reason = format!("the server is still making the restore and wants to be asked again in {span}");
        let failure = Failure::new(reason + ", which is more than is left of --patience");
        return failure.remedy(format!("a larger --patience, or the same again in {span}"));
    }
    let failure = Failure::new(seen(&error.to_string()));
    if error.is_gone_astray() {
        // What is new since then was refused before, if it was asked for.
        return failure.remedy("whoever looks after the server, as the whole of it is refused, too");
    }
    match remedy(error, "") {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}

pub(super) fn how_much(received: &Received) -> String {
    let of =
        |announced: Option<u64>| announced.map_or_else(String::new, |announced| format!(" of {announced}"));
    let of_bytes =
        received.bytes_announced.map_or_else(String::new, |bytes| format!(" of {}", HumanBytes(bytes)));
    format!(
        "{}{} items, {}{of_bytes}",
        received.items,
        of(received.items_announced),
        HumanBytes(received.bytes)
    )
}

fn told(saved: &Saved, path: Option<&Path>) -> String {
    let items = counted(saved.received.items, "item");
    let place = path.map_or_else(String::new, |path| format!(" saved in {}", path.display()));
    let mut told = format!("{items}, {}{place}", HumanBytes(saved.received.bytes));
    if let Some(token) = saved.token.as_deref().filter(|token| !token.is_empty()) {
        told += &format!("\n  what is new since then: --since {}", seen(token));
    }
    if saved.starts_over {
        told += "\n  the server found the device astray: this is the whole restore, to take the place of what is held";
    }
    told
}

/// Drawn on a terminal only.
pub(super) fn progress() -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{spinner} {wide_msg}");
    let bar = ProgressBar::with_draw_target(None, target);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
