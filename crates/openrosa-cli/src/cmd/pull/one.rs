//! One submission, into a folder of its own.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use openrosa_xml::briefcase::{DownloadedSubmission, SubmissionKey};
use openrosa_xml::manifest::MediaFile;

use super::held::{Held, Ids, bare};
use super::line::Line;
use crate::cmd::forms::{Names, its_file, otherwise_safe, safe, without_case};
use crate::cmd::submit::find::SUBMISSION;
use crate::durable;
use crate::folder::{hash_of, parent};
use crate::page::seen;
use crate::unfetched::Unfetched;

pub(super) struct One<'p> {
    pub(super) line: &'p Line<'p>,
    pub(super) held: &'p RefCell<Held>,
    pub(super) key: SubmissionKey<'p>,
    pub(super) place: PathBuf,
}

/// What became of it.
pub(super) enum Became {
    /// It is here, but for these of its files, which do not keep it away.
    Here(Got, Vec<Unfetched>),
    /// It was not to be had.
    Missed(Unfetched),
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
    /// Fetches it with those of its files that are not here, the form last. Fails where there is no point in asking for the next.
    pub(super) async fn fetch(&self) -> Result<Became, Unfetched> {
        match self.instance().await {
            Ok((got, xml)) => {
                self.line.holds();
                let (has_files, lacking) = self.files(&got).await?;
                let kept = self.keep(&xml, has_files);
                Ok(kept.map_or_else(Became::Missed, |got| Became::Here(got, lacking)))
            }
            Err(error) => self.line.goes_on(error).await.map(Became::Missed),
        }
    }

    /// What the server has of it, and its form as it is kept.
    async fn instance(&self) -> Result<(DownloadedSubmission<'static>, String), Unfetched> {
        let server = self.line.server;
        let got = server.client.download_submission(&self.line.urls.download_submission, &self.key).await?;
        let instance = got.instance().ok_or_else(|| Unfetched::fault("the server sent no instance"))?;
        let xml = instance.write().map_err(Unfetched::fault)?;
        let is_held = |id: &str| self.held.borrow_mut().is_elsewhere(id, &self.place);
        if let Some(other) = named_otherwise(Ids::of(&xml), &self.key.instance_id, is_held) {
            return Err(Unfetched::fault(format_args!(
                "the server sent another submission, {}",
                seen(&other)
            )));
        }
        fs::create_dir_all(&self.place).map_err(Unfetched::fault)?;
        Ok((got, xml))
    }

    /// Whether any of its files is new, and what is wrong with those that cannot be had.
    async fn files(&self, got: &DownloadedSubmission<'_>) -> Result<(bool, Vec<Unfetched>), Unfetched> {
        let (mut is_any_new, mut lacking, mut names) = (false, Vec::new(), Names::within(&self.place));
        for file in got.files() {
            let file = match file {
                Ok(file) => file,
                Err(error) => {
                    lacking.push(Unfetched::for_good(error));
                    continue;
                }
            };
            let fetched = match names.take(&file) {
                Ok(true) => self.file(&file).await,
                other => other,
            };
            match fetched {
                Ok(true) => {
                    self.line.holds();
                    is_any_new = true;
                }
                Ok(false) => {}
                Err(error) => lacking.push(self.line.goes_on(error.about(its_file(&file))).await?),
            }
        }
        Ok((is_any_new, lacking))
    }

    fn keep(&self, xml: &str, has_files: bool) -> Result<Got, Unfetched> {
        let path = self.place.join(SUBMISSION);
        let held = match path.exists() {
            true => Some(fs::read(&path).map_err(Unfetched::fault)?),
            false => None,
        };
        let is_other = held.as_deref() != Some(xml.as_bytes());
        if is_other {
            let spare = self.place.join(format!(".{SUBMISSION}.part"));
            durable::write(&spare, xml.as_bytes(), &path).map_err(Unfetched::fault)?;
            // Its folder is new, too; a cursor that is kept says that all of it is here.
            durable::sync_folder(parent(&self.place)).map_err(Unfetched::fault)?;
        }
        self.held.borrow_mut().keep(xml, &self.place);
        Ok(match held {
            None => Got::New,
            Some(_) if is_other || has_files => Got::More,
            Some(_) => Got::Nothing,
        })
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
        self.line.server.client.media(file, &self.place).await?;
        Ok(true)
    }
}

/// The id of the submission that came, where it is not the one that was asked for. The server's own word is the attribute of the
/// root (openrosa.md 6.2): KoBoToolbox has an id of its own for a form whose metadata has none that it takes. What names no id is
/// nobody else's.
///
/// An edit has an id of its own, too, and may be listed under that of its first version, which the edit of an edit does not name:
/// it is taken for that one, as long as no other submission here has its id.
fn named_otherwise(ids: Ids, asked: &str, mut is_held: impl FnMut(&str) -> bool) -> Option<String> {
    let is_asked = ids.own.iter().chain(&ids.before).any(|id| bare(id) == bare(asked));
    if is_asked || ids.before.is_some() && !ids.own.iter().any(|id| is_held(id)) {
        return None;
    }
    ids.own.into_iter().next()
}

/// The folder of a submission among all of them. One that holds another submission is left to that: on a system that knows no case,
/// ids that differ by case only would share one, and the later would take the place of the earlier.
pub(super) fn place(all: &Path, id: &str) -> PathBuf {
    let usual = all.join(safe(id));
    match fs::read_to_string(usual.join(SUBMISSION)) {
        Ok(xml) if is_of_another(&Ids::of(&xml), id) => all.join(otherwise_safe(id)),
        _ => usual,
    }
}

/// Whether a submission is one of an id that differs from this by case only. Of any other id it may be an edit, which has an id of
/// its own and the place of its first version.
fn is_of_another(held: &Ids, id: &str) -> bool {
    let held: Vec<_> = held.own.iter().chain(&held.before).map(|held| bare(held)).collect();
    let id = bare(id);
    !held.contains(&id) && held.iter().any(|held| without_case(held) == without_case(&id))
}

/// As is what lies beside the place of a file until all of it is there, which would be written over it.
fn is_called_unfinished(file: &MediaFile<'_>) -> bool {
    let name = file.path.parts().last().unwrap_or_default().to_ascii_lowercase();
    name.starts_with('.') && name.trim_end_matches(['.', ' ']).ends_with(".part")
}

/// Also on a system to which `Submission.xml ` is the same name.
fn takes_the_place_of_the_form(file: &MediaFile<'_>) -> bool {
    let first = file.path.parts().next().unwrap_or_default();
    without_case(first.trim_end_matches(['.', ' '])) == SUBMISSION
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What lies here is what a system that knows no case shows at the place of `uuid:a`.
    #[test]
    fn a_folder_of_a_submission_whose_id_differs_by_case_is_left_to_it() {
        let all = tempfile::tempdir().unwrap();
        let usual = all.path().join("uuid%3Aa");
        assert_eq!(place(all.path(), "uuid:a"), usual, "nothing is there yet");
        fs::create_dir(&usual).unwrap();
        let place_beside = |meta: &str| {
            fs::write(usual.join(SUBMISSION), format!("<f><meta>{meta}</meta></f>")).unwrap();
            place(all.path(), "uuid:a")
        };
        for its in [
            "",
            "<instanceID>uuid:a</instanceID>",
            "<instanceID>a</instanceID>",
            "<instanceID>uuid:b</instanceID><deprecatedID>uuid:a</deprecatedID>",
            "<instanceID>uuid:c</instanceID><deprecatedID>uuid:b</deprecatedID>",
            "<instanceID>uuid:a</instanceID><deprecatedID>uuid:A</deprecatedID>",
        ] {
            assert_eq!(place_beside(its), usual, "{its}");
        }
        for other in [
            "<instanceID>uuid:A</instanceID>",
            "<instanceID>uuid:b</instanceID><deprecatedID>uuid:A</deprecatedID>",
        ] {
            let beside = place_beside(other);
            let name = beside.file_name().unwrap().to_str().unwrap();
            assert!(name.starts_with("uuid%3Aa~"), "{other}: {name}");
        }
    }

    #[test]
    fn a_submission_is_known_by_one_of_its_ids() {
        let other = |root: &str, meta: &str| {
            let xml = format!("<f {root}><meta>{meta}</meta></f>");
            named_otherwise(Ids::of(&xml), "uuid:a", |id| id == "uuid:held")
        };
        let id = |id: &str| format!("<instanceID>{id}</instanceID>");
        for (root, meta) in [
            ("", ""),
            ("", &*id("uuid:a")),
            ("", &*id(" a ")),
            ("instanceID='uuid:a'", &*id("one")),
            ("instanceID='uuid:b'", &*id("uuid:a")),
            ("instanceID='uuid:b'", &*(id("uuid:b") + "<deprecatedID>uuid:z</deprecatedID>")),
            ("instanceID='uuid:held'", &*(id("uuid:b") + "<deprecatedID>uuid:a</deprecatedID>")),
        ] {
            assert_eq!(other(root, meta), None, "{root} {meta}");
        }
        assert_eq!(other("", &id("uuid:b")).as_deref(), Some("uuid:b"));
        assert_eq!(other("", &(id("uuid:b") + "<deprecatedID/>")).as_deref(), Some("uuid:b"));
        let edit = id("uuid:held") + "<deprecatedID>uuid:z</deprecatedID>";
        assert_eq!(other("", &edit).as_deref(), Some("uuid:held"));
        assert_eq!(other("instanceID='uuid:c'", &id("uuid:b")).as_deref(), Some("uuid:c"));
    }
}
