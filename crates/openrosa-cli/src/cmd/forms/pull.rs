//! Forms and their files, into a folder.

use std::collections::HashSet;
use std::fs;

use openrosa_xml::form_list::ListedForm;
use openrosa_xml::manifest::MediaFile;
use url::Url;

use super::PullArgs;
use super::list::all;
use super::shelf::{Shelf, hash_of};
use crate::durable;
use crate::exit::{Exit, Failure, complain};
use crate::page::seen;
use crate::target::{Opened, wait};
use crate::terminal::say;
use crate::unfetched::Unfetched;

pub(super) fn run(args: &PullArgs) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    fs::create_dir_all(&args.out)
        .map_err(|error| Failure::new(format!("cannot make `{}`: {error}", args.out.display())))?;
    wait(pull(args, &server))
}

async fn pull(args: &PullArgs, server: &Opened) -> Result<Exit, Failure> {
    let listed = all(server).await?;
    let wanted = |form: &&ListedForm<'_>| args.id.is_empty() || args.id.iter().any(|id| *id == form.form_id);
    let mut faults = listed.faults;
    for id in args.id.iter().filter(|id| !listed.forms.iter().any(|form| form.form_id == id.as_str())) {
        faults.push(format!("the server lists no form `{id}`"));
    }
    let mut taken = HashSet::new();
    for form in listed.forms.iter().filter(wanted) {
        if !taken.insert(&form.form_id) {
            let version = form.version.as_deref().unwrap_or("none");
            say(format_args!("{:10}  {}  version {}", "passed by", seen(&form.form_id), seen(version)));
            continue;
        }
        let fetched = Fetching { server, form, shelf: Shelf::of(&args.out, form) }.fetch().await;
        let (word, more) = match &fetched {
            Ok(Fetched { changed: 0 }) => ("up to date", String::new()),
            Ok(Fetched { changed: 1 }) => ("fetched", String::new()),
            Ok(Fetched { changed }) => ("fetched", format!("  {changed} files")),
            Err(_) => ("failed", String::new()),
        };
        say(format_args!("{word:10}  {}{more}", seen(&form.form_id)));
        if let Err(error) = fetched.map_err(|error| error.about(format_args!("form `{}`", form.form_id))) {
            if error.ends_the_run() {
                faults.iter().for_each(|fault| complain(fault));
                return Err(error.into_failure());
            }
            faults.push(error.to_string());
        }
    }
    faults.iter().for_each(|fault| complain(fault));
    Ok(if faults.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// A form on its way here.
pub(crate) struct Fetching<'p> {
    pub(crate) server: &'p Opened,
    pub(crate) form: &'p ListedForm<'static>,
    pub(crate) shelf: Shelf,
}

/// How many files are new or other ones than before.
pub(crate) struct Fetched {
    changed: usize,
}

impl Fetching<'_> {
    /// The files first, so that a form that is there has what goes with it.
    pub(crate) async fn fetch(&self) -> Result<Fetched, Unfetched> {
        let mut changed = 0;
        if let Some(manifest) = &self.form.manifest_url {
            let url: Url = manifest.parse().map_err(|error| Unfetched::fault(error).about("its manifest"))?;
            for file in self.server.client.manifest(&url).await?.files() {
                changed += usize::from(self.file(&file.map_err(Unfetched::fault)?).await?);
            }
        }
        changed += usize::from(self.blank_form().await?);
        Ok(Fetched { changed })
    }

    async fn file(&self, file: &MediaFile<'_>) -> Result<bool, Unfetched> {
        let about = |error: Unfetched| error.about(format_args!("its file `{}`", file.path.as_str()));
        let path = file.path.parts().fold(self.shelf.media.clone(), |path, part| path.join(part));
        let held = hash_of(&path).map_err(|error| about(Unfetched::fault(error)))?;
        if held.is_some() && held == file.hash {
            return Ok(false);
        }
        let fetched = self.server.client.media(file, &self.shelf.media).await;
        fetched.map(|_| true).map_err(|error| about(error.into()))
    }

    async fn blank_form(&self) -> Result<bool, Unfetched> {
        let held = hash_of(&self.shelf.form).map_err(Unfetched::fault)?;
        if held.is_some() && held == self.form.hash {
            return Ok(false);
        }
        let address = self.form.download_url.parse();
        let url: Url = address.map_err(|error| Unfetched::fault(error).about("its address"))?;
        let form = self.server.client.form(&url, self.form.hash).await?;
        let spare = self.shelf.form.with_extension("xml.part");
        durable::write(&spare, &form, &self.shelf.form).map_err(Unfetched::fault)?;
        Ok(true)
    }
}
