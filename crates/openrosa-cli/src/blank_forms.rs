//! Blank forms that somebody has dropped into a folder, for devices to fetch.
//!
//! Every `*.xml` that is an XForm is listed, with the files in the folder `NAME-media` beside `NAME.xml`. The folder is looked at
//! when devices ask, and read again where something in it has changed. Of several versions of a form the file that was written
//! last is in force. A form that is being written over is handed out as it was before, until it can be read again.

mod found;
mod host;
mod keep;
mod media;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::json;

use crate::exit::Failure;
use crate::folder::Folder;
use crate::page::escaped;
pub(crate) use found::Found;

/// The folder. Clones share what is known of it.
#[derive(Clone)]
pub(crate) struct FormsFolder(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    tell: Box<dyn Fn(&Unread) + Send + Sync>,
    known: Mutex<Known>,
}

/// What was there, when it looked so.
#[derive(Default)]
struct Known {
    looks: Vec<(PathBuf, Look)>,
    found: Arc<Vec<Found>>,
    told: BTreeSet<Unread>,
}

/// By this a file is seen to have changed.
type Look = (u64, Option<SystemTime>);

/// A file that is not handed out, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unread {
    path: PathBuf,
    reason: String,
}

impl FormsFolder {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0.folder
    }

    /// Opens a folder, or makes it; what is in it that is no form is told to `tell`, once.
    pub(crate) fn open(
        folder: &Path,
        tell: impl Fn(&Unread) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let unmade = |error| Failure::new(format!("cannot make `{}`: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(unmade)?;
        let (folder, tell) = (folder.to_owned(), Box::new(tell));
        Ok(Self(Arc::new(Inner { folder, tell, known: Mutex::default() })))
    }

    /// The forms that are there now, those in force behind their older versions.
    pub(crate) fn look(&self) -> Result<Arc<Vec<Found>>, Failure> {
        let looks = self.looks()?;
        // What is known is whole after every change.
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.looks != looks {
            let (found, unread) = found::all(&self.0.folder, &known.found)?;
            for unread in unread.iter().filter(|unread| !known.told.contains(*unread)) {
                (self.0.tell)(unread);
            }
            // What was mended and is broken again the same way is worth another word.
            *known = Known { looks, found: Arc::new(found), told: unread.into_iter().collect() };
        }
        Ok(Arc::clone(&known.found))
    }

    /// How everything in the folder looks from outside.
    fn looks(&self) -> Result<Vec<(PathBuf, Look)>, Failure> {
        let inside = Folder::read(&self.0.folder)?;
        let mut paths = inside.forms;
        for folder in inside.folders.into_iter().filter(|folder| media::is_media(folder)) {
            let (files, folders) = media::inside(&folder)?;
            paths.extend(files.into_iter().chain(folders));
        }
        Ok(paths.into_iter().map(|path| (path.clone(), look(&path))).collect())
    }
}

fn look(path: &Path) -> Look {
    fs::metadata(path).map_or((0, None), |found| (found.len(), found.modified().ok()))
}

impl Unread {
    fn new(path: &Path, reason: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }

    /// For a person.
    pub(crate) fn line(&self) -> String {
        escaped(&format!("not handed out: {}: {}", self.path.display(), self.reason)).into_owned()
    }

    /// One JSON object.
    pub(crate) fn json(&self) -> String {
        json!({ "event": "form_not_handed_out", "file": self.path, "reason": self.reason }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(id: &str, version: &str) -> String {
        format!(
            "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:title>T {id}</h:title>\
             <model><instance><data id='{id}' version='{version}'/></instance></model></h:head></h:html>"
        )
    }

    fn folder() -> (tempfile::TempDir, FormsFolder, Arc<Mutex<Vec<String>>>) {
        let folder = tempfile::tempdir().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        let forms = FormsFolder::open(folder.path(), move |unread| {
            let name = unread.path.file_name().unwrap().to_string_lossy().into_owned();
            sink.lock().unwrap().push(format!("{name}: {}", unread.reason));
        });
        (folder, forms.unwrap(), told)
    }

    fn ids(forms: &FormsFolder) -> Vec<(String, Option<String>, bool)> {
        let found = forms.look().unwrap();
        found.iter().map(|f| (f.listed.id.clone(), f.listed.version.clone(), f.listed.has_files)).collect()
    }

    #[test]
    fn what_is_dropped_in_is_listed_and_what_is_no_form_is_told_once() {
        let (folder, forms, told) = folder();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert!(ids(&forms).is_empty());
        write("visit.xml", &form("visit", "1"));
        write("broken.xml", "<h:html>");
        write("instance.xml", "<data id='x'/>");
        write("notes.txt", "");
        for _ in 0..2 {
            assert_eq!(ids(&forms), [("visit".to_owned(), Some("1".to_owned()), false)]);
        }
        assert_eq!(told.lock().unwrap()[1], "instance.xml: it is no blank form: it has no model");
        assert_eq!(told.lock().unwrap().len(), 2);

        fs::create_dir(folder.path().join("visit-media")).unwrap();
        write("visit-media/badge.png", "PNG");
        write("visit-media/.hidden", "");
        assert_eq!(ids(&forms), [("visit".to_owned(), Some("1".to_owned()), true)]);
        assert_eq!(forms.look().unwrap()[0].files.len(), 1);
        fs::remove_file(folder.path().join("visit.xml")).unwrap();
        assert!(ids(&forms).is_empty());
    }

    /// a form is known by its id or by a namespace of its own; that of XForms, which it inherits, is every form's.
    #[test]
    fn forms_that_do_not_say_which_they_are_are_not_handed_out() {
        let (folder, forms, told) = folder();
        for name in ["a.xml", "b.xml"] {
            fs::write(folder.path().join(name), form("", "1").replace("id='' ", "")).unwrap();
        }
        assert!(ids(&forms).is_empty());
        let mut told = told.lock().unwrap().clone();
        told.sort();
        assert_eq!(told, ["a.xml", "b.xml"].map(|name| format!("{name}: its primary instance has no `id`")));
    }

    #[test]
    fn the_version_that_was_written_last_is_in_force() {
        let (folder, forms, told) = folder();
        let write = |name: &str, text: &str, age: u64| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            let then = SystemTime::now() - std::time::Duration::from_secs(age);
            fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
        };
        write("a.xml", &form("visit", "2"), 5);
        write("b.xml", &form("visit", "1"), 50);
        write("c.xml", &form("visit", "2"), 1);
        let versions: Vec<_> = ids(&forms).into_iter().map(|(_, version, _)| version.unwrap()).collect();
        assert_eq!(versions, ["1", "2"]);
        assert_eq!(
            *told.lock().unwrap(),
            ["a.xml: `c.xml` is version `2` of form `visit` as well, and newer"]
        );
    }

    #[test]
    fn a_form_that_is_being_written_over_is_handed_out_as_it_was() {
        let (folder, forms, told) = folder();
        let write = |text: &str| fs::write(folder.path().join("visit.xml"), text).unwrap();
        write(&form("visit", "1"));
        let before = forms.look().unwrap();
        write(&form("visit", "2")[..90]);
        let meanwhile = forms.look().unwrap();
        assert_eq!((&meanwhile[0].listed, &meanwhile[0].source), (&before[0].listed, &before[0].source));
        fs::create_dir(folder.path().join("visit-media")).unwrap();
        let mut files = Vec::new();
        for text in ["old", "new"] {
            fs::write(folder.path().join("visit-media/a.csv"), text).unwrap();
            let found = forms.look().unwrap();
            assert!(found[0].listed.has_files);
            files.push(found[0].files[0].0.hash);
        }
        assert_ne!(files[0], files[1], "a device would refuse the file by its old hash");
        assert!(told.lock().unwrap()[0].ends_with("; devices get what it was before"), "{told:?}");
        write(&form("visit", "23"));
        assert_eq!(ids(&forms)[0].1.as_deref(), Some("23"));
        fs::remove_file(folder.path().join("visit.xml")).unwrap();
        assert!(ids(&forms).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_to_its_end_and_folders_are_told() {
        let (folder, forms, told) = folder();
        fs::write(folder.path().join("visit.xml"), form("visit", "1")).unwrap();
        fs::create_dir_all(folder.path().join("visit-media/more")).unwrap();
        for pipe in ["visit-media/pipe", "pipe.xml"] {
            let made = std::process::Command::new("mkfifo").arg(folder.path().join(pipe)).status();
            assert!(made.unwrap().success());
        }
        assert_eq!(ids(&forms), [("visit".to_owned(), Some("1".to_owned()), false)]);
        let mut told = told.lock().unwrap().clone();
        told.sort();
        assert_eq!(
            told,
            [
                "more: it is a folder, and devices know none",
                "pipe.xml: it is no file that could be read to its end",
                "pipe: it is no file that could be read to its end",
            ]
        );
    }
}
