//! `openrosa encrypt`: a submission as a form with a public key wants it sent.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use openrosa_http::api::submission::{Attachment, Request};
use openrosa_http::encryption::{EncryptError, PublicKey, encrypt_if_asked};
use openrosa_xml::case::Action;
use openrosa_xml::check::{self, Audiences, Finding, Options};
use openrosa_xml::xml::decode;
use openrosa_xml::{EncryptedSubmission, Instance, XForm};

use crate::cmd::submit::find::Found;
use crate::exit::{self, Exit, Failure, complain};
use crate::folder::file_name;
use crate::input::{Input, at_most_one_dash, is_dash};
use crate::staged::Staged;
use crate::terminal::say_path;

/// What the manifest is called, which is sent in the place of the form.
const MANIFEST: &str = "submission.xml";

/// The findings of `openrosa check` about a file that does not go with its form.
const MISSING: [&str; 2] = ["against-file-missing", "blocks-attachment-missing"];

/// Encrypt a filled-in form and its files with the public key of its blank form
///
/// The folder that is made holds `submission.xml`, which says what is what, and each file under its name and `.enc`, ready
/// for `openrosa submit`. It is there whole or not at all, and on Unix only you can look into it. The form and the files
/// remain where and as they are.
///
/// Which files go with the form: as with `openrosa submit`, those beside it that it names; with --attach, and with a form from
/// standard input, exactly the files given.
///
/// A form that cannot be encrypted (no key in the blank form, no instanceID, an edit, another form, encrypted already, an answer
/// whose file does not go with it) ends the command with status 1; a file that cannot be read or written ends it with status 2.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The filled-in form; `-` is standard input
    #[arg(value_name = "FORM")]
    form: PathBuf,
    /// The blank form, which has the key; `-` is standard input here as well
    #[arg(long, value_name = "BLANK")]
    with: PathBuf,
    /// A file that goes with the form; may be given more than once
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Why there is no encrypted form.
enum Refused {
    /// Something is wrong with a form.
    Subject(String),
    /// Answers name files that do not go with it.
    Incomplete(String),
    Failure(Failure),
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match encrypt(args) {
        Ok(()) => {
            say_path(&args.out.join(MANIFEST));
            Ok(Exit::Clean)
        }
        Err(Refused::Failure(failure)) => Err(failure),
        Err(Refused::Subject(reason)) => {
            complain(&cannot_encrypt(args, &reason));
            Ok(Exit::Findings)
        }
        Err(Refused::Incomplete(reason)) => {
            let failure = Failure::new(cannot_encrypt(args, &reason));
            exit::report(Err(failure.remedy(
                "the file under exactly this name, beside the form or by --attach; or take the answer back",
            )));
            Ok(Exit::Findings)
        }
    }
}

fn cannot_encrypt(args: &Args, reason: &str) -> String {
    format!("cannot encrypt `{}`: {reason}", args.form.display())
}

fn encrypt(args: &Args) -> Result<(), Refused> {
    at_most_one_dash([&args.form, &args.with])?;
    let form = Input::open(&args.form)?.bytes;
    if is_encrypted(&form) {
        return Err(Refused::Subject("it is encrypted already: submit it as it is".to_owned()));
    }
    let plain = plain(args, form)?;
    let blank = Input::open(&args.with)?.bytes;
    let unread = |error| Refused::Subject(format!("`{}`: {error}", args.with.display()));
    let blank = decode(&blank).map_err(unread)?;
    let blank = XForm::read(&blank).map_err(unread)?;
    if PublicKey::of_form(&blank).is_ok_and(|key| key.is_none()) {
        let reason = format!("`{}` has no public key, its forms are sent as they are", args.with.display());
        return Err(Refused::Subject(reason));
    }
    is_complete(&plain, &blank)?;
    let staged = Staged::at(&args.out)?;
    let sealed = encrypt_if_asked(&blank, plain, staged.path())?;
    write(staged.path(), MANIFEST, sealed.xml())?;
    for file in sealed.attachments() {
        if let Some(bytes) = file.in_memory() {
            write(staged.path(), file.name(), bytes)?;
        }
    }
    Ok(staged.keep()?)
}

/// Encrypted once more it would be one file among files that nobody names.
fn is_encrypted(form: &[u8]) -> bool {
    decode(form).is_ok_and(|form| EncryptedSubmission::read(&form).is_ok_and(|form| form.is_encrypted()))
}

/// Refuses a form with an answer whose file does not go with it: the manifest names the files that do, and once it is sealed nobody
/// sees that one is missing.
fn is_complete(plain: &Request, blank: &XForm<'_>) -> Result<(), Refused> {
    let Ok(form) = decode(plain.xml()) else { return Ok(()) };
    let files = plain.attachments().iter().map(|file| file.name().to_owned()).collect();
    let options = Options {
        audiences: Some(Audiences::ALL),
        against: Some(blank),
        files: Some(&files),
        ..Options::default()
    };
    let mut missing = check::document(&form, &options).into_findings();
    let lie_elsewhere = lie_elsewhere(&form);
    missing.retain(|finding| MISSING.contains(&finding.code()) && !is_elsewhere(finding, &lie_elsewhere));
    let reasons: Vec<_> = missing.iter().map(|finding| finding.message().to_string()).collect();
    if reasons.is_empty() { Ok(()) } else { Err(Refused::Incomplete(reasons.join("\n"))) }
}

/// Whether no file of the form is meant, but an address, as that of a picture of the blank form, or what a case has at the server.
fn is_elsewhere(finding: &Finding, lie_elsewhere: &BTreeSet<String>) -> bool {
    let is_address = |name: &str| name.contains("://");
    finding.value("file").is_some_and(is_address)
        || finding.value("src").is_some_and(|src| is_address(src) || lie_elsewhere.contains(src))
}

/// What the blocks attach of which they say that it is no file of the form (case-xml.md 1.9).
fn lie_elsewhere(form: &str) -> BTreeSet<String> {
    let Ok(form) = Instance::read(form) else { return BTreeSet::new() };
    let actions = form.cases().iter().chain(form.device_cases()).flat_map(|case| &case.block.actions);
    let files = actions.flat_map(|action| match action {
        Action::Attachment(files) => files.entries.as_slice(),
        _ => &[],
    });
    let others = files.filter(|file| file.from.as_deref().is_some_and(|from| from != "local"));
    others.filter_map(|file| file.src.as_deref().map(str::to_owned)).collect()
}

fn plain(args: &Args, form: Vec<u8>) -> Result<Request, Refused> {
    let files = match is_dash(&args.form) {
        true => args.attach.clone(),
        false => Found::at(args.form.clone(), &args.attach).files(&form).map_err(Refused::Subject)?,
    };
    let mut plain = Request::new(form);
    for path in &files {
        let file = Attachment::file(file_name(path), path).map_err(|error| cannot("read", path, &error))?;
        plain = plain.attach(file).map_err(|taken| Failure::new(taken.to_string()))?;
    }
    Ok(plain)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = folder.join(name);
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| cannot("write", &path, &error))
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot {what} `{}`: {error}", path.display()))
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<EncryptError> for Refused {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::Edit { .. } => {
                Self::Subject(format!("{error}; it can be put right where the first was received"))
            }
            EncryptError::File { .. } | EncryptError::Changed { .. } | EncryptError::Random => {
                Self::Failure(Failure::new(error.to_string()))
            }
            _ => Self::Subject(error.to_string()),
        }
    }
}
