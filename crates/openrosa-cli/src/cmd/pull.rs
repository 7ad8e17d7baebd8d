//! `openrosa pull`: the submissions of a form, out of a server (Briefcase).

mod one;

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use openrosa_http::api::form_list;
use openrosa_http::api::submission_list::{Request, Walk};
use openrosa_http::client::{BriefcaseUrls, form_list_url};
use openrosa_xml::XForm;
use openrosa_xml::briefcase::SubmissionKey;
use openrosa_xml::xml::decode;

use crate::cmd::forms::{Fetching, Shelf, safe};
use crate::durable;
use crate::exit::{Exit, Failure, complain};
use crate::page::{counted, seen};
use crate::target::{Opened, Target, wait};
use crate::terminal::say;
use one::One;

/// Ids on a page; ODK Briefcase asks for as many (openrosa.md 6.1).
const PAGE: u32 = 100;

/// Fetch the submissions of a form, with the form itself and all files, from a server that speaks Briefcase's protocol.
///
/// In the folder lie form.xml, form-media, and for each submission a folder of its own with submission.xml and its files, as
/// `openrosa submit` and `openrosa push` take them. A submission is there once its submission.xml is; an interrupted pull goes on
/// where it ended, and a later one fetches what has come since.
///
/// Servers do not keep the namespaces of a form, those of the metadata excepted, so that what is fetched is not byte for byte
/// what was sent.
///
/// Exit status: 0, 1 when some submissions could not be fetched, 2 when there is no such form or nowhere to put them.
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
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    let folder = args.out.join("submissions");
    fs::create_dir_all(&folder)
        .map_err(|error| Failure::new(format!("cannot make `{}`: {error}", folder.display())))?;
    wait(pull(args, &server))
}

async fn pull(args: &Args, server: &Opened) -> Result<Exit, Failure> {
    let key = blank_form(args, server).await?;
    let mut first = Request::new(&*args.form);
    (first.cursor, first.entries) = (read_cursor(&args.out), Some(PAGE));
    first.include_incomplete = args.include_incomplete;
    let (urls, mut walk) = (BriefcaseUrls::below(&server.url), Walk::new(first));
    let bar = progress();
    let (mut fetched, mut faults) = (0, Vec::new());
    while let Some(asked) = walk.request() {
        let page = server.client.submission_list(&urls.submission_list, asked).await;
        let page =
            page.map_err(|error| Failure::new(error.to_string()).remedy("the same again: it goes on here"))?;
        for id in page.ids() {
            let mut key = key.clone();
            key.instance_id = id.clone();
            let place = args.out.join("submissions").join(safe(&id));
            bar.inc(1);
            match (One { server, urls: &urls, key, place }).fetch().await {
                Ok(is_new) => fetched += usize::from(is_new),
                Err(error) => faults.push(format!("{}: {error}", seen(&id))),
            }
        }
        walk.arrived(&page);
        // What failed is asked for again the next time, and so is all that follows it.
        if let Some(cursor) =
            walk.request().and_then(|next| next.cursor.as_deref()).filter(|_| faults.is_empty())
        {
            keep_cursor(&args.out, cursor)?;
        }
    }
    bar.finish_and_clear();
    for fault in &faults {
        complain(fault);
    }
    say(format_args!("{} fetched into {}", counted(fetched, "submission"), args.out.display()));
    Ok(if faults.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Fetches the form and what goes with it, and says how its submissions are asked for: the key without an instance.
async fn blank_form(args: &Args, server: &Opened) -> Result<SubmissionKey<'static>, Failure> {
    let asked = form_list::Request { form_id: Some(args.form.clone()), ..form_list::Request::default() };
    let list = server.client.form_list(&form_list_url(&server.url), &asked).await;
    let list = list.map_err(|error| Failure::new(error.to_string()))?;
    let form = list.forms().filter_map(Result::ok).find(|form| form.form_id == args.form.as_str());
    let form =
        form.ok_or_else(|| Failure::new(format!("the server lists no form `{}`", args.form)))?.into_owned();
    let shelf = Shelf { form: args.out.join("form.xml"), media: args.out.join("form-media") };
    let path = shelf.form.clone();
    let cannot = |error: &dyn std::fmt::Display| Failure::new(format!("form `{}`: {error}", args.form));
    Fetching { server, form: &form, shelf }.fetch().await.map_err(|error| cannot(&error))?;
    let bytes = fs::read(&path).map_err(|error| cannot(&error))?;
    let text = decode(&bytes).map_err(|error| cannot(&error))?;
    let read = XForm::read(&text).map_err(|error| cannot(&error))?;
    let root = read.primary().ok_or_else(|| cannot(&"it has no instance"))?;
    // An encrypted submission is called so whatever the form calls it.
    let is_encrypted = read.submission().is_some_and(|submission| submission.public_key().is_some());
    let top = if is_encrypted { "data" } else { root.name.local_name() }.to_owned();
    let key = SubmissionKey::new(args.form.clone(), top, "");
    Ok(match read.form_key().version {
        Some(version) => key.with_version(version.into_owned()),
        None => key,
    })
}

fn read_cursor(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join("cursor")).ok().filter(|cursor| !cursor.is_empty())
}

fn keep_cursor(folder: &Path, cursor: &str) -> Result<(), Failure> {
    let path = folder.join("cursor");
    durable::write(&folder.join(".cursor.part"), cursor.as_bytes(), &path)
        .map_err(|error| Failure::new(error.to_string()))
}

/// Drawn on a terminal only. Nobody knows how many submissions there are.
fn progress() -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{spinner} {pos} submissions");
    let bar = ProgressBar::with_draw_target(None, target);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
