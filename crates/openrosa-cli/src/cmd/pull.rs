//! `openrosa pull`: the submissions of a form, out of a server (Briefcase).

mod held;
mod label;
mod line;
mod one;

use std::cell::RefCell;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use openrosa_http::api::form_list;
use openrosa_http::api::submission_list::{Request, Walk};
use openrosa_http::client::{Error, form_list_url};
use openrosa_xml::XForm;
use openrosa_xml::briefcase::SubmissionKey;
use openrosa_xml::xml::decode;

use crate::cmd::forms::{Fetching, Shelf, alone};
use crate::exit::{Exit, Failure, complain};
use crate::page::{counted, seen};
use crate::servers::name_of;
use crate::target::{Opened, Target, wait};
use crate::terminal::say;
use crate::unfetched::Unfetched;
use held::Held;
use label::Label;
use line::Line;
use one::{Became, Got, One};

/// Ids on a page; ODK Briefcase asks for as many (openrosa.md 6.1).
const PAGE: u32 = 100;

/// Fetch the submissions of a form, with the form itself and all files, from a server that speaks Briefcase's protocol.
///
/// In the folder lie form.xml, form-media, and for each submission a folder of its own with submission.xml and its files, as
/// `openrosa push` takes them. A submission is there once its submission.xml is; an interrupted pull goes on where it ended, and a
/// later one fetches what has come since: submissions, and files of those that are there and named again. A folder is for one form
/// of one server, which pull.json tells.
///
/// When the server cannot be reached, wants a login, or asks to be left alone, the submissions behind are not tried.
///
/// A file that cannot be had, as by a wrong hash or from another server that refuses it, does not keep its submission away. It is
/// told, and asked for by each pull until it comes, as is a submission that the server lists and does not have (404, 410), unless
/// --give-up-gone gives it up. A file whose name cannot be one here, or is that of another one of its submission, is told once.
///
/// Servers do not keep the namespaces of a form, those of the metadata excepted, so that what is fetched is not byte for byte
/// what was sent.
///
/// Exit status: 0, 1 when some submissions or files could not be fetched, 2 when there is no such form, nowhere to put them, a list
/// without an end, or nobody who answers.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// The id of the form
    #[arg(long, value_name = "ID")]
    form: String,
    /// The folder to put them into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Also submissions of which the server lacks files
    #[arg(long)]
    include_incomplete: bool,
    /// Submissions and files that the server lists and does not have (404, 410) are told once and given up: no later pull into this
    /// folder asks for them, unless the server lists the submission again
    #[arg(long)]
    give_up_gone: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    let folder = args.out.join("submissions");
    fs::create_dir_all(&folder)
        .map_err(|error| Failure::new(format!("cannot make `{}`: {error}", folder.display())))?;
    let _lock = alone(&args.out)?;
    let label = Label::new(name_of(&server.url), &args.form, args.include_incomplete);
    let label = label.for_folder(&args.out)?;
    wait(pull(args, &server, label))
}

async fn pull(args: &Args, server: &Opened, label: Label) -> Result<Exit, Failure> {
    let (key, lacking) = blank_form(args, server, &label).await?;
    let mut pull = Pull {
        args,
        line: Line::new(server, first_page(args, label.cursor.clone())),
        key,
        label,
        held: RefCell::default(),
        bar: progress(),
        new: 0,
        more: 0,
        has_faults: false,
        lacks_gone: false,
    };
    lacking.iter().for_each(|error| pull.fault(error));
    let done = pull.all().await;
    pull.tell();
    done?;
    if pull.lacks_gone {
        complain(
            "what the server lists and does not have is asked for each time; --give-up-gone gives it up",
        );
    }
    Ok(if pull.has_faults { Exit::Findings } else { Exit::Clean })
}

/// A pull under way.
struct Pull<'p> {
    args: &'p Args,
    line: Line<'p>,
    /// Of the form, without an instance.
    key: SubmissionKey<'static>,
    label: Label,
    held: RefCell<Held>,
    bar: ProgressBar,
    new: usize,
    /// Of those that were here, how many have changed or got files.
    more: usize,
    has_faults: bool,
    /// The server does not have what it lists, and the next pull asks for it again.
    lacks_gone: bool,
}

impl Pull<'_> {
    /// All that the server lists, as long as it answers.
    async fn all(&mut self) -> Result<(), Failure> {
        for id in self.label.missed.clone() {
            self.bar.inc(1);
            self.one(&id).await?;
        }
        let mut kept = self.label.cursor.clone();
        let mut walk = Walk::new(first_page(self.args, kept.clone()));
        while let Some(asked) = walk.request() {
            let page = self.line.server.client.submission_list(&self.line.urls.submission_list, asked).await;
            let page = match page {
                Err(error) if kept.is_some() && asked.cursor == kept && is_bad(&error) => {
                    kept = None;
                    self.begin_anew(&error);
                    walk = Walk::new(first_page(self.args, None));
                    continue;
                }
                page => page.map_err(|error| Unfetched::from(error).into_failure())?,
            };
            for id in page.ids() {
                self.bar.inc(1);
                self.one(&id).await?;
            }
            let arrived = walk.arrived(&page);
            if let Some(next) = walk.request() {
                self.label.cursor.clone_from(&next.cursor);
            }
            self.label.keep(&self.args.out)?;
            arrived.map_err(|circle| Unfetched::fault(circle).into_failure())?;
        }
        Ok(())
    }

    /// The list from its beginning: a cursor is the server's, and need not be for ever. What is here is not written again where it
    /// is the same.
    fn begin_anew(&mut self, error: &Error) {
        self.label.cursor = None;
        let words = format!("the list begins anew, as the server takes its cursor no more: {error}");
        self.bar.suspend(|| complain(&words));
    }

    /// Fails when there is no point in asking for the next.
    async fn one(&mut self, id: &str) -> Result<(), Failure> {
        let mut key = self.key.clone();
        key.instance_id = id.to_owned().into();
        let place = one::place(&self.args.out.join("submissions"), id);
        let about = |error: Unfetched| error.about(seen(id));
        let became = One { line: &self.line, held: &self.held, key, place }.fetch().await;
        match became.map_err(|error| about(error).into_failure())? {
            Became::Here(got, lacking) => {
                self.count(&got);
                self.kept(id, &lacking.into_iter().map(about).collect::<Vec<_>>());
            }
            Became::Missed(error) => {
                let error = about(error);
                self.fault(&error);
                // Also what the server does not have: it listed it, and may have it the next time.
                self.comes_again(id, !self.is_given_up(&error));
            }
        }
        Ok(())
    }

    /// Whether no later pull asks for it.
    fn is_given_up(&self, error: &Unfetched) -> bool {
        error.is_for_good() || self.args.give_up_gone && error.is_gone()
    }

    /// Tells of it, and of what stays as it is once only. It is told before the label says so, as the pull may end at any time.
    fn fault(&mut self, error: &Unfetched) {
        let (words, is_given_up) = (error.to_string(), self.is_given_up(error));
        if !is_given_up || !self.label.told.contains(&words) {
            self.has_faults = true;
            self.bar.suspend(|| complain(&words));
        }
        if is_given_up {
            self.label.told.insert(words);
        } else if error.is_gone() {
            self.lacks_gone = true;
        }
    }

    /// It is here, but for these of its files.
    fn kept(&mut self, id: &str, lacking: &[Unfetched]) {
        self.comes_again(id, lacking.iter().any(|error| !self.is_given_up(error)));
        for error in lacking {
            self.fault(error);
        }
    }

    /// Whether the next pull asks for it first.
    fn comes_again(&mut self, id: &str, it_does: bool) {
        if it_does {
            self.label.missed.insert(id.to_owned());
        } else {
            self.label.missed.remove(id);
        }
    }

    fn count(&mut self, got: &Got) {
        match got {
            Got::New => self.new += 1,
            Got::More => self.more += 1,
            Got::Nothing => {}
        }
    }

    fn tell(&self) {
        self.bar.finish_and_clear();
        let more = match self.more {
            0 => String::new(),
            more => format!(", {} brought up to date", counted(more, "submission")),
        };
        let place = self.args.out.display();
        say(format_args!("{} fetched into {place}{more}", counted(self.new, "submission")));
    }
}

fn first_page(args: &Args, cursor: Option<String>) -> Request {
    let mut first = Request::new(&*args.form);
    (first.cursor, first.entries) = (cursor, Some(PAGE));
    first.include_incomplete = args.include_incomplete;
    first
}

/// Whether the request is of no use as it is, whenever it is made.
fn is_bad(error: &Error) -> bool {
    error.is_gone() || error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 409 | 422))
}

/// Fetches the form and what goes with it, and says how its submissions are asked for, the key without an instance, and which files
/// of the form can never be had.
async fn blank_form(
    args: &Args,
    server: &Opened,
    label: &Label,
) -> Result<(SubmissionKey<'static>, Vec<Unfetched>), Failure> {
    let asked = form_list::Request { form_id: Some(args.form.clone()), ..form_list::Request::default() };
    let list = server.client.form_list(&form_list_url(&server.url), &asked).await;
    let list = list.map_err(|error| Unfetched::from(error).into_failure())?;
    let form = list.forms().filter_map(Result::ok).find(|form| form.form_id == args.form.as_str());
    let form =
        form.ok_or_else(|| Failure::new(format!("the server lists no form `{}`", args.form)))?.into_owned();
    // Not before it is known that there is such a form: its name may be a slip.
    label.keep(&args.out)?;
    let shelf = Shelf { form: args.out.join("form.xml"), media: args.out.join("form-media") };
    let path = shelf.form.clone();
    let cannot = |error: &dyn std::fmt::Display| Failure::new(format!("form `{}`: {error}", args.form));
    let about = |error: Unfetched| error.about(format_args!("form `{}`", args.form));
    let fetched = Fetching { server, form: &form, shelf }.fetch().await;
    let failed = |error: Unfetched| match error.ends_the_run(&server.url) || error.is_broken_off() {
        true => about(error).into_failure(),
        // Another server may want a login, too, for which there is none here.
        false => Failure::new(about(error).to_string()),
    };
    let fetched = fetched.map_err(failed)?;
    let bytes = fs::read(&path).map_err(|error| cannot(&error))?;
    let text = decode(&bytes).map_err(|error| cannot(&error))?;
    let read = XForm::read(&text).map_err(|error| cannot(&error))?;
    let root = read.primary().ok_or_else(|| cannot(&"it has no instance"))?;
    // An encrypted submission is called so whatever the form calls it.
    let is_encrypted = read.submission().is_some_and(|submission| submission.public_key().is_some());
    let top = if is_encrypted { "data" } else { root.name.local_name() }.to_owned();
    let key = SubmissionKey::new(args.form.clone(), top, "");
    let key = match read.form_key().version {
        Some(version) => key.with_version(version.into_owned()),
        None => key,
    };
    Ok((key, fetched.lacking.into_iter().map(about).collect()))
}

/// Drawn on a terminal only. Nobody knows how many submissions there are.
fn progress() -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{spinner} {pos} submissions");
    let bar = ProgressBar::with_draw_target(None, target);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
