//! The form itself, with its files.

use std::path::{Path, PathBuf};

use openrosa_http::api::form_list;
use openrosa_http::api::form_upload::Request;
use openrosa_http::api::submission::Attachment;
use openrosa_http::client::{BriefcaseUrls, Error, Verdict, form_list_url};
use openrosa_xml::XForm;
use openrosa_xml::xml::decode;
use serde_json::{Value, json};
use url::Url;

use super::Args;
use crate::cmd::submit::IN_PART;
use crate::exit::{Failure, report};
use crate::folder::{Folder, all_below, file_name, hash_of};
use crate::input::Input;
use crate::page::seen;
use crate::target::Opened;
use crate::terminal::say;
use crate::unfetched::Unfetched;

/// What the form is called in the folder.
const FORM: &str = "form.xml";

/// What a server has of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Whole,
    /// It lacks files, or whether it does is not known.
    InPart,
    Not,
}

/// A form and its files.
pub(super) struct BlankForm {
    bytes: Vec<u8>,
    files: Vec<PathBuf>,
    request: Request,
}

impl BlankForm {
    /// That of a folder, if it has one.
    pub(super) fn of(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(FORM);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = Input::open(&path)?.bytes;
        let files = files(&folder.join("form-media"), &bytes)?;
        let mut request = Request::new(bytes.clone(), FORM);
        for path in &files {
            // Without folders, as the protocol has it (openrosa.md 6.3).
            let file = Attachment::file(file_name(path), path);
            let file =
                file.map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))?;
            request = request.with_file(file).map_err(|error| {
                Failure::new(format!("`{}` cannot go with the form: {error}", path.display()))
            })?;
        }
        Ok(Some(Self { bytes, files, request }))
    }

    /// Hands it over, and says what the server has of it then.
    pub(super) async fn upload(&self, args: &Args, server: &Opened) -> Result<Held, Failure> {
        let urls = BriefcaseUrls::below(&server.url);
        Ok(match server.client.upload_form(&urls.form_upload, &self.request).await {
            Ok(receipt) if receipt.is_delivered() => {
                told(args, receipt.message().unwrap_or("taken"));
                Held::Whole
            }
            Ok(receipt) => {
                let words = receipt.message().unwrap_or_default();
                told_if_json(args, "unknown", &[("message", json!(words))]);
                let reason = format!("the server does not say that it has the form: {words}");
                not_held(Failure::new(reason))
            }
            Err(error) if error.is_conflict() => self.held_already(args, server).await,
            Err(error) if error.is_in_part() => {
                self.lacks(args, &format!("{IN_PART}: {error}"), Some("the same again later"))
            }
            Err(error) => {
                let outcome = match error.verdict() {
                    Verdict::Delivered => "delivered",
                    Verdict::TryAgain { .. } => "try_again",
                    Verdict::Refused => "refused",
                    Verdict::Unknown => "unknown",
                };
                told_if_json(args, outcome, &[("error", json!(error.to_string()))]);
                not_held(refused(error))
            }
        })
    }

    /// What the server has of a form that it says to have. A form that goes in several POSTs is in each of them, so that this may
    /// be said of one that was broken off before, and of all but the first that are sent now (openrosa.md 6.3).
    async fn held_already(&self, args: &Args, server: &Opened) -> Held {
        if self.files.is_empty() {
            told(args, "the server has it already");
            return Held::Whole;
        }
        match self.lacking(server).await {
            Ok(lacking) if lacking.is_empty() => {
                told(args, "the server has it already");
                Held::Whole
            }
            Ok(lacking) => {
                let names = lacking.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                let words = format!("the server has the form already, and not as here: {names}");
                self.lacks(args, &words, Some("to remove the form from the server, and the same again"))
            }
            Err(error) => {
                let words = format!(
                    "the server has the form already; whether it has all files of it cannot be seen: {error}"
                );
                self.lacks(args, &words, None)
            }
        }
    }

    fn lacks(&self, args: &Args, words: &str, remedy: Option<&str>) -> Held {
        told_if_json(args, "delivered", &[("error", json!(words)), ("in_part", json!(true))]);
        let failure = Failure::new(words);
        let failure = match remedy {
            Some(remedy) => failure.remedy(remedy),
            None => failure,
        };
        report(Err(failure));
        Held::InPart
    }

    /// The files that the server does not list with the form, or lists with another hash.
    async fn lacking(&self, server: &Opened) -> Result<Vec<String>, Unfetched> {
        let text = decode(&self.bytes).map_err(Unfetched::fault)?;
        let form = XForm::read(&text).map_err(Unfetched::fault)?;
        let id = form.form_key().id.ok_or_else(|| Unfetched::fault("the form has no id"))?;
        let asked = form_list::Request { form_id: Some(id.to_string()), ..form_list::Request::default() };
        let list = server.client.form_list(&form_list_url(&server.url), &asked).await?;
        let listed = list.forms().filter_map(Result::ok).find(|form| form.form_id == id);
        let listed = listed.ok_or_else(|| Unfetched::fault("it does not list the form"))?;
        let manifest = match &listed.manifest_url {
            Some(url) => {
                let url: Url = url.parse().map_err(Unfetched::fault)?;
                server.client.manifest(&url).await?
            }
            None => return Ok(self.files.iter().map(|path| file_name(path)).collect()),
        };
        let listed: Vec<_> = manifest.files().collect::<Result<_, _>>().map_err(Unfetched::fault)?;
        let mut lacking = Vec::new();
        for path in &self.files {
            let (name, hash) = (file_name(path), hash_of(path).map_err(Unfetched::fault)?);
            if !listed.iter().any(|file| file.path.as_str() == name && file.hash == hash) {
                lacking.push(name);
            }
        }
        Ok(lacking)
    }
}

/// What is in the folder of its files, and of what is hidden there that which it names.
fn files(media: &Path, form: &[u8]) -> Result<Vec<PathBuf>, Failure> {
    if !media.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = all_below(media)?;
    let text = decode(form).unwrap_or_default();
    files.extend(Folder::read(media)?.hidden.into_iter().filter(|path| text.contains(&file_name(path))));
    Ok(files)
}

fn not_held(failure: Failure) -> Held {
    report(Err(failure));
    Held::Not
}

fn told(args: &Args, words: &str) {
    told_if_json(args, "delivered", &[("message", json!(words))]);
    if !args.json {
        say(format_args!("form        {}", seen(words)));
    }
}

fn told_if_json(args: &Args, outcome: &str, more: &[(&str, Value)]) {
    if args.json {
        let mut line = json!({"form": args.folder.join(FORM).display().to_string(), "outcome": outcome});
        for (name, value) in more {
            line[*name] = value.clone();
        }
        say(line);
    }
}

/// Only Aggregate and KoboToolbox take forms so (openrosa.md 6.3).
fn refused(error: Error) -> Failure {
    match error.is_not_found() {
        true => Failure::new(format!("the form: {error}"))
            .remedy("where the server has the form already: the same with --submissions"),
        false => Unfetched::from(error).about("the form").into_failure_at_once(),
    }
}
