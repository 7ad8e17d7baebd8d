//! `openrosa push`: a form and its submissions, into a server (Briefcase).

use std::path::{Path, PathBuf};

use openrosa_http::api::form_upload::Request;
use openrosa_http::api::submission::Attachment;
use openrosa_http::client::{BriefcaseUrls, Error, Verdict, submission_url};
use serde_json::json;

use crate::cmd::submit::find::{Found, SUBMISSION};
use crate::cmd::submit::{Manner, send_all};
use crate::exit::{Exit, Failure, complain, report};
use crate::folder::{Folder, all_below, file_name};
use crate::input::Input;
use crate::page::{seen, typed_path};
use crate::target::{Opened, Target, wait};
use crate::terminal::say;
use crate::unfetched::Unfetched;

/// What the form is called in the folder.
const FORM: &str = "form.xml";

/// Put a form and its submissions into a server, from a folder as `openrosa pull` leaves it.
///
/// The form goes first, unless the server has it; its files are those in form-media. The submissions go one after the other, as
/// with `openrosa submit`: to send them again does no harm. Each is the submission.xml of a folder in submissions, and all else in
/// that folder and below goes with it, hidden files excepted that it does not name. Where the server refuses the form, none is sent.
///
/// Exit status: 0 when the server has all of it, 1 when not, 2 when there was nothing to do it with.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    target: Target,
    /// Print one JSON object for the form and for each submission
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    let form = blank_form(&args.folder)?;
    let (forms, strays) = submissions(&args.folder.join("submissions"))?;
    for stray in &strays {
        complain(&format!("`{}` is no folder with a {SUBMISSION}; it was not sent", stray.display()));
    }
    if form.is_none() && forms.is_empty() {
        let failure =
            Failure::new(format!("`{}` holds neither form.xml nor submissions", args.folder.display()));
        return Err(failure.remedy("a folder that `openrosa pull` has made"));
    }
    wait(async {
        if let Some(form) = &form
            && let Err(failure) = upload(args, form, &server).await?
        {
            report(Err(failure));
            return Ok(Exit::Findings);
        }
        let manner = Manner { check: false, json: args.json };
        let sent = match forms.is_empty() {
            true => Exit::Clean,
            false => send_all(&server.client, manner, &submission_url(&server.url), &forms).await?,
        };
        Ok(if strays.is_empty() { sent } else { Exit::Findings })
    })
}

/// The submissions, each in a folder of its own, and what else lies among them.
fn submissions(folder: &Path) -> Result<(Vec<Found>, Vec<PathBuf>), Failure> {
    if !folder.is_dir() {
        return Ok((Vec::new(), Vec::new()));
    }
    let Folder { forms, others, folders, .. } = Folder::read(folder)?;
    let (mut found, mut strays) = (Vec::new(), [forms, others].concat());
    for folder in folders {
        match Found::in_folder(&folder)? {
            Some(form) => found.push(form),
            None => strays.push(folder),
        }
    }
    Ok((found, strays))
}

/// The form and its files, if the folder has one.
fn blank_form(folder: &Path) -> Result<Option<Request>, Failure> {
    let path = folder.join(FORM);
    if !path.exists() {
        return Ok(None);
    }
    let mut form = Request::new(Input::open(&path)?.bytes, FORM);
    let media = folder.join("form-media");
    if media.is_dir() {
        for path in all_below(&media)? {
            // Without folders, as the protocol has it (openrosa.md 6.3).
            let file = Attachment::file(file_name(&path), &path);
            let file =
                file.map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))?;
            form = form.with_file(file).map_err(|error| {
                Failure::new(format!("`{}` cannot go with the form: {error}", path.display()))
            })?;
        }
    }
    Ok(Some(form))
}

/// Whether the server has the form; a failure where nobody said anything about it.
async fn upload(args: &Args, form: &Request, server: &Opened) -> Result<Result<(), Failure>, Failure> {
    let urls = BriefcaseUrls::below(&server.url);
    match server.client.upload_form(&urls.form_upload, form).await {
        Ok(receipt) if receipt.is_delivered() => {
            told(args, "delivered", receipt.message().unwrap_or("taken"));
            Ok(Ok(()))
        }
        Ok(receipt) => {
            let words = receipt.message().unwrap_or_default();
            told_if_json(args, "unknown", ("message", words));
            Ok(Err(Failure::new(format!("the server does not say that it has the form: {words}"))))
        }
        Err(error) if error.is_conflict() => {
            told(args, "delivered", "the server has it already");
            Ok(Ok(()))
        }
        Err(error) if error.verdict() == Verdict::Refused => {
            told_if_json(args, "refused", ("error", &error.to_string()));
            Ok(Err(refused(args, &error)))
        }
        Err(error) => Err(Unfetched::from(error).about("the form").into_failure_at_once()),
    }
}

fn told(args: &Args, outcome: &str, words: &str) {
    told_if_json(args, outcome, ("message", words));
    if !args.json {
        say(format_args!("form        {}", seen(words)));
    }
}

fn told_if_json(args: &Args, outcome: &str, (name, words): (&str, &str)) {
    if args.json {
        let form = args.folder.join(FORM);
        say(json!({"form": form.display().to_string(), "outcome": outcome, name: words}));
    }
}

/// Only Aggregate and KoboToolbox take forms so (openrosa.md 6.3).
fn refused(args: &Args, error: &Error) -> Failure {
    let failure = Failure::new(format!("the form: {error}"));
    match error.is_not_found() {
        true => {
            let submissions = args.folder.join("submissions");
            failure.remedy(format!(
                "where the server has the form already: openrosa submit {}",
                typed_path(&submissions)
            ))
        }
        false => failure,
    }
}
