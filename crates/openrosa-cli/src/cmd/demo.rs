//! `openrosa demo`: the whole road in one command.

mod holdings;
mod outcome;
mod story;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use openrosa_http::Client;
use openrosa_http::client::{Error, Receipt};
use openrosa_http::server::{CheckPolicy, Policy};
use openrosa_http::transport::hyper::Hyper;
use openrosa_xml::check::Options;
use url::Url;

use crate::cmd::check::{examine, told};
use crate::cmd::serve::{Notice, Settings, Site, stop_signal};
use crate::exit::{Exit, Failure};
use crate::input::Input;
use crate::page::Page;
use crate::server_place::Place;
use crate::terminal::say;
use story::Story;
use wire::{Headers, Wire};

/// How many columns are taken beside a label.
const WIDTH: usize = 84;

/// See it work: a server starts, a household is registered with a patient and a photo, the patient is updated and
/// closed, one form is sent twice by mistake, one is wrong and refused; what went over the wire, what is kept and how the cases now stand is shown in plain words
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Keep what was received in this folder, which must be new or empty; otherwise it is gone in the end
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// In the end, leave the server up, with a page that shows all of this, until Ctrl-C
    #[arg(long)]
    open: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    match &args.keep {
        Some(folder) => {
            refuse_used(folder)?;
            runtime.block_on(demonstrate(folder, true, args.open))
        }
        None => {
            let cannot = |error| Failure::new(format!("no folder for what is received: {error}"));
            let folder = tempfile::tempdir().map_err(cannot)?;
            runtime.block_on(demonstrate(folder.path(), false, args.open))
        }
    }
}

fn database(folder: &Path) -> Place {
    Place::File(folder.join("server.db"))
}

fn make(folder: &Path) -> Result<(), Failure> {
    let cannot = |error| Failure::new(format!("cannot make `{}`: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(cannot)
}

/// The demonstration counts what is held, so it starts with nothing.
fn refuse_used(folder: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            let failure = Failure::new(format!("`{}` is not empty", folder.display()));
            Err(failure.remedy("--keep with a folder that does not exist yet"))
        }
        _ => Ok(()),
    }
}

async fn demonstrate(folder: &Path, kept: bool, open: bool) -> Result<Exit, Failure> {
    // Asked for before anything is there that should go away again.
    let stop = open.then(stop_signal).transpose()?;
    let notices = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&notices);
    let tell = move |notice| told.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    let listen = ([127, 0, 0, 1], 0).into();
    let policy = Policy { check: CheckPolicy::Reject, ..Policy::default() };
    let database = database(folder);
    make(folder)?;
    let files = database.files(None)?;
    let settings = Settings { policy, ..Settings::new(listen, database, files) };
    let site = Site::start(settings, tell).await?;
    say(format_args!("A server listens at {}\n", site.url()));

    let story =
        Story::tell().map_err(|error| Failure::new(format!("the demonstration is wrong: {error}")))?;
    let sent = send(&site, &story).await?;
    let held = holdings::print(site.database()).await?;
    let stands = outcome::print(site.database(), &story.cast).await?;

    let outcomes = outcomes(&notices);
    let expected: Vec<_> = story.chapters.iter().map(|chapter| chapter.expected).collect();
    let as_told = sent && stands && held == story.holdings() && outcomes == expected;
    say(format_args!("{}", ending(as_told, kept.then_some(folder), open)));
    if let Some(stop) = stop {
        say(format_args!("\nLook at all of this: {}/\n  Ctrl-C ends it", site.url()));
        stop.await;
    }
    site.stop().await;
    Ok(if as_told { Exit::Clean } else { Exit::Findings })
}

fn outcomes(notices: &Mutex<Vec<Notice>>) -> Vec<&'static str> {
    let notices = notices.lock().unwrap_or_else(PoisonError::into_inner);
    notices.iter().map(|notice| notice.outcome).collect()
}

/// Sends each chapter's form and shows what went over the wire; whether all were delivered that should be.
async fn send(site: &Site, story: &Story) -> Result<bool, Failure> {
    let transport = Hyper::new().map_err(|error| Failure::new(error.to_string()))?;
    let wire = Wire::new(transport);
    let client = Client::new(&wire).device_id("openrosa-demo");
    let url: Url =
        format!("{}/submission", site.url()).parse().map_err(|error| Failure::new(format!("{error}")))?;
    let mut as_expected = true;
    for (number, chapter) in (1..).zip(&story.chapters) {
        chapter.print(number);
        let headers = if number == 1 { Headers::Shown } else { Headers::Known };
        let outcome = client.submit(&url, &chapter.submission).await;
        wire.print(headers);
        let is_delivered = tell(&outcome);
        if !is_delivered {
            print_findings(chapter.submission.xml());
        }
        as_expected &= is_delivered == (chapter.expected != "refused");
        say("");
    }
    Ok(as_expected)
}

/// Shows what `openrosa check` says about a form.
fn print_findings(xml: &[u8]) {
    let input = Input { name: "visit.xml".to_owned(), bytes: xml.to_vec() };
    let checked = examine(&input, &Options::default());
    say("   check    openrosa check visit.xml");
    for line in told(&checked, Page::of_width(Some(WIDTH))).trim_end().lines() {
        say(format_args!("            {line}").to_string().trim_end());
    }
}

/// Shows what the answer means; whether it is a delivery.
fn tell(outcome: &Result<Receipt, Error>) -> bool {
    let (delivered, words) = match outcome {
        Ok(receipt) => (receipt.is_delivered(), receipt.message().unwrap_or_default().to_owned()),
        Err(error) => (false, error.to_string()),
    };
    let meaning = if delivered {
        "delivered: the phone may forget its copy"
    } else {
        "not delivered: the phone keeps its copy"
    };
    say_wrapped("   said     ", &format!("\"{words}\""));
    say(format_args!("   so       {meaning}"));
    delivered
}

/// Says something in as many lines as it takes, each as far to the right.
fn say_wrapped(first: &str, text: &str) {
    let mut out = String::new();
    Page::of_width(Some(first.len() + WIDTH)).wrapped(&mut out, first, &" ".repeat(first.len()), text);
    say(out.trim_end());
}

fn ending(as_told: bool, kept: Option<&Path>, open: bool) -> String {
    if !as_told {
        return "Something did not go as it should; that is a fault of this program. Please report what is above."
            .to_owned();
    }
    let looking = match kept {
        Some(folder) => {
            let option = database(folder).option();
            format!(
                "  openrosa serve{option}\n                                      the same server again\n  \
                 openrosa admin{option} form list\n                                      what was received\n"
            )
        }
        None => "  openrosa demo --keep DIR            the same, with a database to look into afterwards\n"
            .to_owned(),
    };
    let page = match open {
        true => "",
        false => {
            "  openrosa demo --open                the same, and a page in a browser that shows all of it\n"
        }
    };
    format!(
        "All of this really happened, over a socket and on disk. Try next:\n{page}{looking}  \
         openrosa serve                      a server that stays\n  \
         openrosa new --help                 a form of your own\n  \
         openrosa apply FORM --state DIR     what a form does to the cases"
    )
}
