//! One submission, into a folder of its own.

use std::fs;
use std::path::PathBuf;

use openrosa_http::client::BriefcaseUrls;
use openrosa_xml::briefcase::SubmissionKey;
use openrosa_xml::manifest::MediaFile;

use crate::cmd::forms::hash_of;
use crate::cmd::submit::find::SUBMISSION;
use crate::durable;
use crate::target::Opened;
use crate::unfetched::Unfetched;

pub(super) struct One<'p> {
    pub(super) server: &'p Opened,
    pub(super) urls: &'p BriefcaseUrls,
    pub(super) key: SubmissionKey<'p>,
    pub(super) place: PathBuf,
}

/// What came.
pub(super) enum Got {
    /// All of it.
    New,
    /// What was here has changed or got files: they may come to a server in several POSTs.
    More,
    Nothing,
}

impl One<'_> {
    /// Fetches it with those of its files that are not here, the form last; and what is wrong with files that cannot be had, which
    /// do not keep the form away.
    pub(super) async fn fetch(&self) -> Result<(Got, Vec<Unfetched>), Unfetched> {
        let path = self.place.join(SUBMISSION);
        let held = match path.exists() {
            true => Some(fs::read(&path).map_err(Unfetched::fault)?),
            false => None,
        };
        let got = self.server.client.download_submission(&self.urls.download_submission, &self.key).await?;
        fs::create_dir_all(&self.place).map_err(Unfetched::fault)?;
        let (mut has_more, mut lacking) = (false, Vec::new());
        for file in got.files() {
            let fetched = match &file {
                Ok(file) => self.file(file).await.map_err(|error| error.about(its_file(file))),
                Err(error) => Err(Unfetched::for_good(error)),
            };
            match fetched {
                Ok(is_new) => has_more |= is_new,
                Err(error) if error.ends_the_run() || error.is_broken_off() => return Err(error),
                Err(error) => lacking.push(error),
            }
        }
        let instance = got.instance().ok_or_else(|| Unfetched::fault("the server sent no instance"))?;
        let xml = instance.write().map_err(Unfetched::fault)?;
        if held.as_deref() != Some(xml.as_bytes()) {
            let spare = self.place.join(format!(".{SUBMISSION}.part"));
            durable::write(&spare, xml.as_bytes(), &path).map_err(Unfetched::fault)?;
            has_more = true;
        }
        let got = match held {
            None => Got::New,
            Some(_) if has_more => Got::More,
            Some(_) => Got::Nothing,
        };
        Ok((got, lacking))
    }

    /// Whether it had to be fetched. What lies there is whole; without a hash nothing more can be known of it.
    async fn file(&self, file: &MediaFile<'_>) -> Result<bool, Unfetched> {
        if takes_the_place_of_the_form(file) {
            return Err(Unfetched::for_good("it would take the place of the form"));
        }
        if is_called_unfinished(file) {
            return Err(Unfetched::for_good("it is called as files are while they come"));
        }
        let path = file.path.parts().fold(self.place.clone(), |path, part| path.join(part));
        let held = hash_of(&path).map_err(Unfetched::fault)?;
        if held.is_some() && (file.hash.is_none() || held == file.hash) {
            return Ok(false);
        }
        self.server.client.media(file, &self.place).await?;
        Ok(true)
    }
}

fn its_file(file: &MediaFile<'_>) -> String {
    format!("its file `{}`", file.path.as_str())
}

/// As is what lies beside the place of a file until all of it is there, which would be written over it.
fn is_called_unfinished(file: &MediaFile<'_>) -> bool {
    let name = file.path.parts().last().unwrap_or_default().to_ascii_lowercase();
    name.starts_with('.') && name.trim_end_matches(['.', ' ']).ends_with(".part")
}

/// Also on a system to which `Submission.xml ` is the same name.
fn takes_the_place_of_the_form(file: &MediaFile<'_>) -> bool {
    let first = file.path.parts().next().unwrap_or_default();
    first.trim_end_matches(['.', ' ']).eq_ignore_ascii_case(SUBMISSION)
}
