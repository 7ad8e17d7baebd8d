//! `openrosa submit`: forms and their files go to a server, and every answer is shown.

mod faults;
pub(super) mod find;
mod outbox;
mod outcome;
pub(super) mod road;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use openrosa_http::api::submission::Request;
use openrosa_http::client::Client;
use openrosa_http::transport::Transport;
use url::Url;

use crate::database::DatabaseArgs;
use crate::exit::{Exit, Failure};
use crate::target::wait;
use crate::terminal::say;
use find::Found;
use outbox::Kept;
pub(super) use outcome::{IN_PART, unprocessed, visible};
use outcome::{Outcome, Sent};
use road::Road;

/// Send filled-in forms, with their files, to a server.
///
/// A PATH is one form (an XML file) or a folder. Of a folder, every `.xml` in it and in the folders below is
/// one form, in the order of their names; hidden files and folders are passed over. What else is XML, such as a restore, is told and
/// not sent; an XML file that a form beside it names is that form's file.
///
/// Which files go with a form: where a folder holds exactly one form, as a phone keeps them, all its other
/// files. Where it holds several, or the form itself was named, those beside it that the form names. With
/// --attach, exactly the files given. With an encrypted form those of its manifest, and no others, which may be in `files`
/// beside it, where `openrosa admin form show --out` puts them.
///
/// Each form is one line: what became of it, and the server's own words. Forms are sent one after the other.
/// When the server cannot be reached, wants a login, or asks to be left alone, the forms behind are not tried.
/// Sending again is safe: a server recognizes by its bytes a form that it has. That is why nothing is encrypted on the way,
/// which makes other bytes each time: where the blank form has a public key, `openrosa encrypt` comes first, and what it has
/// made is sent.
///
/// Where a database is given, in the settings as well, every form is kept in its outbox first and sent from there, so none is lost
/// whatever happens on the way; see `openrosa outbox`.
///
/// Exit status: 0 when every form was delivered, 1 when some were not, or the server kept some and says that it did not process
/// them, 2 when there was nothing to do it with.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Forms, or folders of forms
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    road: Road,
    #[command(flatten)]
    database: DatabaseArgs,
    /// A file to send with the form; may be given several times, with one form only
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Look for what is wrong with each form first, and do not send one with errors
    #[arg(long)]
    check: bool,
    /// Print one JSON object a line: form, outcome, status, message, nature, error, in_part, retry_after, findings; of forms in an
    /// outbox what `openrosa outbox send` prints, with the form's path, and last why sending has stopped for a while
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    args.road.check()?;
    let forms = find::forms(&args.paths, &args.attach)?;
    let (to, client) = args.road.open()?;
    let manner = Manner { check: args.check, json: args.json };
    wait(async {
        match args.database.path()? {
            Some(path) => {
                let kept = Kept { path: &path, args: &args.database, server: args.road.server() };
                outbox::send_all(kept, &client, manner, &to, &forms).await
            }
            None => send_all(&client, manner, &to, &forms).await,
        }
    })
}

/// How forms are sent.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Each is looked at first, and not sent with errors.
    pub(super) check: bool,
    /// For a program.
    pub(super) json: bool,
}

/// Sends the forms in order; one that shows the next would fare no better is the last that is tried.
pub(super) async fn send_all<T: Transport>(
    client: &Client<T>,
    manner: Manner,
    to: &Url,
    forms: &[Found],
) -> Result<Exit, Failure> {
    let bar = progress(forms.len(), manner.json);
    let mut tally = outcome::Tally::default();
    let mut stopped = false;
    for form in forms {
        bar.set_message(form.name());
        let sent = if stopped { Sent::not_tried(form) } else { send(client, manner, to, form).await };
        stopped |= sent.ends_the_run();
        bar.suspend(|| say(&if manner.json { sent.json() } else { sent.line() }));
        tally.count(&sent);
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !manner.json {
        say(tally.summary());
    }
    Ok(if tally.is_all_well() { Exit::Clean } else { Exit::Findings })
}

/// Tells a program that none of these was sent; a person is told why once.
pub(super) fn leave_all(manner: Manner, forms: &[Found]) {
    for form in forms.iter().filter(|_| manner.json) {
        say(Sent::not_tried(form).json());
    }
}

async fn send<T: Transport>(client: &Client<T>, manner: Manner, to: &Url, form: &Found) -> Sent {
    let outcome = match request(form, manner.check) {
        Ok(request) => Outcome::of(client.submit(to, &request).await),
        Err(outcome) => *outcome,
    };
    Sent::new(form, outcome)
}

/// The form as it goes out, or why it does not. What no reader can read, no server can store, and which files belong to it
/// cannot be known.
fn request(form: &Found, is_checked: bool) -> Result<Request, Box<Outcome>> {
    let unreadable = |reason| Box::new(Outcome::Unreadable { reason });
    let loaded = load(form, is_checked)?;
    let request = Request::new(loaded.xml).named(form.file_name());
    loaded.attachments.into_iter().try_fold(request, |request, attachment| {
        request.attach(attachment).map_err(|error| unreadable(error.to_string()))
    })
}

/// The form and its files, unless it is asked to have no errors and has some.
fn load(form: &Found, is_checked: bool) -> Result<find::Loaded, Box<Outcome>> {
    let loaded = form.load().map_err(|reason| Box::new(Outcome::Unreadable { reason }))?;
    if is_checked {
        faults::look(form, &loaded).map_err(|faults| Box::new(Outcome::Faulty(faults)))?;
    }
    Ok(loaded)
}

/// Drawn on a terminal only, and only beside words for people.
fn progress(forms: usize, json: bool) -> ProgressBar {
    let visible = !json && forms > 1 && io::stderr().is_terminal();
    let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}");
    let bar = ProgressBar::with_draw_target(Some(forms as u64), target);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
