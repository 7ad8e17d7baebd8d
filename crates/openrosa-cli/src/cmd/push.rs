//! `openrosa push`: a form and its submissions, into a server (Briefcase).

mod blank_form;

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use openrosa_http::client::submission_url;
use openrosa_xml::xml::decode;
use openrosa_xml::{Instance, Timestamp};

use crate::cmd::submit::find::{Found, SUBMISSION};
use crate::cmd::submit::{Manner, leave_all, send_all};
use crate::exit::{Exit, Failure, complain};
use crate::folder::file_name;
use crate::target::{Target, wait};
use blank_form::{BlankForm, Held};

/// Put a form and its submissions into a server, from a folder as `openrosa pull` leaves it.
///
/// The form goes first, unless the server has it; its files are those in form-media. Where the server says that it has the form, it
/// is asked for the list of its files. The submissions go one after the other, in the order in which the server before got them,
/// as far as they say, and by the names of their folders: to send them again does no harm. Each is the submission.xml of a folder
/// in submissions, and all else in that folder and below goes with it. Hidden files go where they are named. Where the server
/// does not take the form, no submission is sent.
///
/// Exit status: 0 when the server has all of it, 1 when not, 2 when there was nothing to do it with.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    target: Target,
    /// Only the submissions, where the server has the form already or takes none in this way
    #[arg(long)]
    submissions: bool,
    /// Print one JSON object for the form and for each submission
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    let form = if args.submissions { None } else { BlankForm::of(&args.folder)? };
    let (forms, strays) = submissions(&args.folder.join("submissions"))?;
    for stray in &strays {
        complain(&format!("{stray}; it was not sent"));
    }
    if form.is_none() && forms.is_empty() {
        let wanted = if args.submissions { "no submissions" } else { "neither form.xml nor submissions" };
        let failure = Failure::new(format!("`{}` holds {wanted}", args.folder.display()));
        return Err(failure.remedy("a folder that `openrosa pull` has made"));
    }
    let manner = Manner { check: false, json: args.json };
    wait(async {
        let held = match &form {
            Some(form) => form.upload(args, &server).await?,
            None => Held::Whole,
        };
        if held == Held::Not {
            leave_all(manner, &forms);
            return Ok(Exit::Findings);
        }
        let sent = match forms.is_empty() {
            true => Exit::Clean,
            false => send_all(&server.client, manner, &submission_url(&server.url), &forms).await?,
        };
        let is_all = held == Held::Whole && strays.is_empty();
        Ok(if is_all { sent } else { Exit::Findings })
    })
}

/// The submissions, each in a folder of its own, and what is wrong with what else lies among them.
fn submissions(folder: &Path) -> Result<(Vec<Found>, Vec<String>), Failure> {
    if !folder.is_dir() {
        return Ok((Vec::new(), Vec::new()));
    }
    let unreadable = |error| Failure::new(format!("cannot read `{}`: {error}", folder.display()));
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut paths: Vec<PathBuf> = entries.map_err(unreadable)?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    let (mut found, mut strays) = (Vec::new(), Vec::new());
    for path in paths {
        let form = if path.is_dir() { Found::in_folder(&path)? } else { None };
        match (form, file_name(&path).starts_with('.')) {
            (Some(_), true) => strays.push(format!("`{}` is hidden", path.display())),
            (Some(form), false) => found.push((received(&path), form)),
            (None, true) => {}
            (None, false) => {
                strays.push(format!("`{}` is no folder with a {SUBMISSION}", path.display()));
            }
        }
    }
    // Stable: where nothing is known, the names say.
    found.sort_by_key(|(received, _)| (received.is_none(), *received));
    Ok((found.into_iter().map(|(_, form)| form).collect(), strays))
}

/// When the server got it that it was pulled from (openrosa.md 6.2). What a form does to a case is on top of what those before it
/// did.
fn received(folder: &Path) -> Option<DateTime<Utc>> {
    let bytes = fs::read(folder.join(SUBMISSION)).ok()?;
    let text = decode(&bytes).ok()?;
    let form = Instance::read(&text).ok()?;
    let received = form.root().attribute("submissionDate")?;
    Timestamp::new(received).instant_to_hq().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forms about one case, each of which would undo what came after it.
    #[test]
    fn submissions_go_in_the_order_in_which_a_server_got_them() {
        let all = tempfile::tempdir().unwrap();
        for (name, date) in [
            ("a", "submissionDate='2026-01-02T00:00:00.000Z'"),
            ("b", ""),
            ("c", "submissionDate='2026-01-01T23:59:59.000-02:00'"),
            ("d", "submissionDate='2026-01-01T00:00:00.000Z'"),
            ("e", "submissionDate='yesterday'"),
        ] {
            let folder = all.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(SUBMISSION), format!("<f id='f' {date}/>")).unwrap();
        }
        let (found, strays) = submissions(all.path()).unwrap();
        let names: Vec<_> =
            found.iter().map(|form| form.name().rsplit('/').nth(1).unwrap().to_owned()).collect();
        assert_eq!(names, ["d", "a", "c", "b", "e"]);
        assert_eq!(strays, [""; 0]);
    }

    #[test]
    fn what_is_not_sent_is_told() {
        let all = tempfile::tempdir().unwrap();
        for name in ["one", ".two", ".empty", "none"] {
            fs::create_dir(all.path().join(name)).unwrap();
        }
        for path in ["one/submission.xml", ".two/submission.xml", "loose.xml", ".DS_Store"] {
            fs::write(all.path().join(path), "<f/>").unwrap();
        }
        let (found, strays) = submissions(all.path()).unwrap();
        assert_eq!(found.len(), 1);
        let strays = strays.join("\n").replace(&all.path().display().to_string(), "");
        insta::assert_snapshot!(strays, @r"
        `/.two` is hidden
        `/loose.xml` is no folder with a submission.xml
        `/none` is no folder with a submission.xml
        ");
    }

    /// A link cannot lead in circles here: nothing is looked for below.
    #[cfg(unix)]
    #[test]
    fn a_folder_that_lies_elsewhere_is_sent() {
        let (all, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(elsewhere.path().join(SUBMISSION), "<f/>").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), all.path().join("one")).unwrap();
        assert_eq!(submissions(all.path()).unwrap().0.len(), 1);
    }
}
