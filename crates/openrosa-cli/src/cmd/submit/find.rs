//! Which forms lie where they were looked for, and which files belong to them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use openrosa_http::api::submission::Attachment;
use openrosa_xml::instance::OtherDocument;
use openrosa_xml::xml::element::Node;
use openrosa_xml::xml::{Element, decode};
use openrosa_xml::{EncryptedSubmission, Instance};

use crate::cmd::show::Source;
use crate::exit::Failure;
use crate::folder::{Folder, all_below, file_name, parent};
use crate::input::Input;

/// What the form is called in a folder that is all its own, as phones and Briefcase keep it.
pub(in crate::cmd) const SUBMISSION: &str = "submission.xml";

/// A form on disk, and the rule by which files go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cmd) struct Found {
    path: PathBuf,
    files: Files,
}

/// Which files go with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Files {
    /// These, whatever the form says.
    Exactly(Vec<PathBuf>),
    /// These: all that lies beside it.
    All(Vec<PathBuf>),
    /// Those beside it that it names, which may be XML themselves.
    Named,
    /// These, each under its path from the folder of the form.
    Below(Vec<PathBuf>),
}

/// A form read from disk, its bytes as they are there.
pub(in crate::cmd) struct Loaded {
    pub(in crate::cmd) xml: Vec<u8>,
    pub(in crate::cmd) attachments: Vec<Attachment>,
    /// Where each attachment lies.
    pub(in crate::cmd) paths: Vec<PathBuf>,
}

/// The forms at `paths`, in the order given; those of a folder by name.
pub(in crate::cmd) fn forms(paths: &[PathBuf], attach: &[PathBuf]) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(Failure::new(format!("there is no `{}`", path.display())));
        }
        let before = found.len();
        if path.is_dir() {
            walk(path, &mut found)?;
        } else {
            found.push(Found::at(path.clone(), &[]));
        }
        if found.len() == before {
            let reason = format!("no form in `{}`", path.display());
            return Err(Failure::new(reason).remedy("name a folder that holds `.xml` files, or the files"));
        }
    }
    match &mut *found {
        _ if attach.is_empty() => {}
        [one] => one.files = Files::Exactly(attach.to_vec()),
        several => {
            let reason = format!("--attach goes with one form, and there are {}", several.len());
            return Err(Failure::new(reason).remedy("send that form alone"));
        }
    }
    Ok(found)
}

/// A folder with one form is that form's, as phones keep them; one with several is a pile.
fn walk(folder: &Path, found: &mut Vec<Found>) -> Result<(), Failure> {
    let Folder { forms, mut others, folders, .. } = Folder::read(folder)?;
    let (files, mut forms) = files_and_forms(forms);
    match &mut *forms {
        [alone] => {
            others.extend(files);
            found.push(Found { path: std::mem::take(alone), files: Files::All(others) });
        }
        _ => found.extend(forms.into_iter().map(|path| Found { path, files: Files::Named })),
    }
    folders.iter().try_for_each(|folder| walk(folder, found))
}

/// Of what is called `.xml` in a folder, the files of a form there, which names them; and the forms. What is called
/// submission.xml is a form in any case, and what is named itself names nothing: of two that name each other none is lost.
pub(in crate::cmd) fn files_and_forms(documents: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    if documents.len() < 2 {
        return (Vec::new(), documents);
    }
    let there: BTreeSet<String> = documents.iter().map(|path| file_name(path)).collect();
    let naming = |path: &PathBuf| {
        let own = file_name(path);
        let is_meant = |name: &String| there.contains(name) && *name != own && name != SUBMISSION;
        let named: Vec<String> = names_in(path).into_iter().filter(is_meant).collect();
        (own, named)
    };
    let naming: Vec<_> = documents.iter().map(naming).collect();
    let named: BTreeSet<&String> = naming.iter().flat_map(|(_, named)| named).collect();
    let of_forms = naming.iter().filter(|(own, _)| !named.contains(own)).flat_map(|(_, named)| named);
    let files: BTreeSet<&String> = of_forms.collect();
    documents.into_iter().partition(|path| files.contains(&file_name(path)))
}

/// What may be the name of a file in a form; nothing of a restore, which may be of any size, and of all else that is no form.
fn names_in(path: &Path) -> BTreeSet<String> {
    let form = Source::open(path).ok().filter(|source| !source.is_answer());
    let Some(form) = form.and_then(|source| source.into_input().ok()) else { return BTreeSet::new() };
    let names =
        |form: &Element<'_>| if OtherDocument::of(&form.name).is_some() { None } else { Some(words(form)) };
    with_form(&form.bytes, names).ok().flatten().unwrap_or_default()
}

impl Found {
    /// The form at this place: with exactly these files or, where there are none, those beside it that it names.
    pub(in crate::cmd) fn at(path: PathBuf, attach: &[PathBuf]) -> Self {
        let files = if attach.is_empty() { Files::Named } else { Files::Exactly(attach.to_vec()) };
        Self { path, files }
    }

    /// The form of a folder that is all its own: everything else in it and below goes with it, whatever it is called.
    /// `None` where it is not there.
    pub(in crate::cmd) fn in_folder(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(SUBMISSION);
        if !path.is_file() {
            return Ok(None);
        }
        let mut files = all_below(folder)?;
        files.retain(|file| *file != path);
        Ok(Some(Self { path, files: Files::Below(files) }))
    }

    /// The path as it was found, for people.
    pub(in crate::cmd) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// What the form's own file is called.
    pub(in crate::cmd) fn file_name(&self) -> String {
        file_name(&self.path)
    }

    /// Reads the form and measures its files; fails with a sentence about what is wrong.
    pub(in crate::cmd) fn load(&self) -> Result<Loaded, String> {
        let xml = Input::open(&self.path).map_err(|failure| failure.to_string())?.bytes;
        let paths = self.files(&xml)?;
        let attach = |path: &PathBuf| {
            Attachment::file(self.name_of(path), path)
                .map_err(|error| format!("`{}`: {error}", path.display()))
        };
        let attachments = paths.iter().map(attach).collect::<Result<_, _>>()?;
        Ok(Loaded { xml, attachments, paths })
    }

    /// The form that this one is to take the place of, if it is an edit and can be read.
    pub(in crate::cmd) fn replaced(&self) -> Option<String> {
        let bytes = Input::open(&self.path).ok()?.bytes;
        let text = decode(&bytes).ok()?;
        let form = Instance::read(&text).ok()?;
        form.deprecated_id()?.into_trimmed()
    }

    /// Where the files lie that go with the form, which is these bytes.
    pub(in crate::cmd) fn files(&self, xml: &[u8]) -> Result<Vec<PathBuf>, String> {
        let paths = with_form(xml, |form| self.paths(form))??;
        told_apart(&paths)?;
        Ok(paths)
    }

    /// The files that go with it: of what is hidden those that it names, and of an encrypted one those that its manifest names,
    /// without which nobody could decrypt it, and nothing that lies about in the clear.
    fn paths(&self, form: &Element<'_>) -> Result<Vec<PathBuf>, String> {
        if let Some(other) = OtherDocument::of(&form.name) {
            return Err(format!("it is {other}, not a filled-in form"));
        }
        let beside = Folder::read(parent(&self.path)).map_err(|failure| failure.to_string())?;
        let words = words(form);
        let is_named = |path: &PathBuf| words.contains(&file_name(path));
        let hidden = beside.hidden.into_iter().filter(is_named);
        let mut paths = match &self.files {
            Files::Exactly(paths) => paths.clone(),
            Files::Named => {
                let is_its_own = |path: &PathBuf| is_named(path) && file_name(path) != self.file_name();
                beside.others.into_iter().chain(beside.forms).filter(is_its_own).chain(hidden).collect()
            }
            Files::All(paths) | Files::Below(paths) => paths.iter().cloned().chain(hidden).collect(),
        };
        let manifest = EncryptedSubmission::from(form.clone());
        if manifest.is_encrypted() {
            let files: BTreeSet<String> = manifest.files().map(|file| file.trim().to_owned()).collect();
            let is_its_own = |path: &PathBuf| files.contains(&file_name(path));
            match &self.files {
                Files::Exactly(_) => {
                    if let Some(other) = paths.iter().find(|path| !is_its_own(path)) {
                        return Err(format!("its manifest does not name `{}`", file_name(other)));
                    }
                }
                Files::Named | Files::All(_) | Files::Below(_) => {
                    paths.retain(is_its_own);
                    paths.extend(self.shown(&files, &paths));
                }
            }
            let is_missing = |file: &&String| !paths.iter().any(|path| file_name(path) == **file);
            if let Some(missing) = files.iter().find(is_missing) {
                return Err(format!("`{missing}`, which its manifest names, is missing"));
            }
        }
        Ok(paths)
    }

    /// What is not beside a manifest and is in `files` there, where `openrosa admin form show --out` puts it.
    fn shown(&self, files: &BTreeSet<String>, beside: &[PathBuf]) -> Vec<PathBuf> {
        let folder = parent(&self.path).join("files");
        let is_beside = |file: &String| beside.iter().any(|path| file_name(path) == *file);
        let all = files.iter().filter(|file| !is_beside(file)).map(|file| (file, folder.join(file)));
        all.filter(|(file, path)| file_name(path) == **file && path.is_file()).map(|(_, path)| path).collect()
    }

    /// What a file is called on the wire: as the form calls it.
    fn name_of(&self, path: &Path) -> String {
        let inside = match &self.files {
            Files::Below(_) => path.strip_prefix(parent(&self.path)).ok(),
            Files::Exactly(_) | Files::All(_) | Files::Named => None,
        };
        let Some(inside) = inside else { return file_name(path) };
        inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    }
}

/// Servers know a file by the last part of its name: of two with one such name they would keep one.
fn told_apart(paths: &[PathBuf]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    match paths.iter().find(|path| !names.insert(file_name(path))) {
        Some(path) => Err(format!("several of its files are called `{}`", file_name(path))),
        None => Ok(()),
    }
}

fn with_form<T>(xml: &[u8], look: impl FnOnce(&Element<'_>) -> T) -> Result<T, String> {
    let text = decode(xml).map_err(|error| error.to_string())?;
    let form = Element::read(&text).map_err(|error| error.to_string())?;
    Ok(look(&form))
}

/// Every text and every attribute of a form: ODK names a file in a text, a CommCare case attachment in `src`.
fn words(form: &Element<'_>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    gather(form, &mut words);
    words
}

fn gather(element: &Element<'_>, words: &mut BTreeSet<String>) {
    words.extend(element.attributes.iter().map(|attribute| attribute.value.trim().to_owned()));
    for node in element.children() {
        match node {
            Node::Element(child) => gather(child, words),
            Node::Text(text) => {
                words.insert(text.trim().to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder of these files.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        folder
    }

    /// The forms found and the files that go with them, as `form: file file`.
    fn shown(root: &Path, paths: &[&str], attach: &[&str]) -> Result<Vec<String>, Failure> {
        let inside = |names: &[&str]| names.iter().map(|name| root.join(name)).collect::<Vec<_>>();
        let found = forms(&inside(paths), &inside(attach))?;
        let line = |form: &Found| {
            let form_name = form.path.strip_prefix(root).unwrap().display().to_string();
            match form.load() {
                Ok(loaded) => {
                    let names: Vec<&str> = loaded.attachments.iter().map(Attachment::name).collect();
                    format!("{form_name}: {}", names.join(" "))
                }
                Err(reason) => format!("{form_name}! {reason}"),
            }
        };
        Ok(found.iter().map(line).collect())
    }

    #[test]
    fn the_folder_of_one_form_goes_whole() {
        let folder = folder(&[("f.xml", "<a/>"), ("photo.jpg", "-"), ("audit.csv", "-"), (".hidden", "-")]);
        assert_eq!(shown(folder.path(), &["."], &[]).unwrap(), ["f.xml: audit.csv photo.jpg"]);
    }

    #[test]
    fn in_a_pile_each_form_takes_what_it_names() {
        let folder = folder(&[
            ("a.xml", "<a><photo> 1.jpg\n</photo></a>"),
            ("b.xml", "<a><case><attachment><p src='2.jpg' from='local'/></attachment></case></a>"),
            ("b.facts.json", "-"),
            ("1.jpg", "-"),
            ("2.jpg", "-"),
        ]);
        assert_eq!(shown(folder.path(), &["."], &[]).unwrap(), ["a.xml: 1.jpg", "b.xml: 2.jpg"]);
        assert_eq!(shown(folder.path(), &["b.xml", "a.xml"], &[]).unwrap(), ["b.xml: 2.jpg", "a.xml: 1.jpg"]);
    }

    /// As `openrosa pull` and Briefcase leave it: an XML file of a form is no form.
    #[test]
    fn the_files_of_a_submission_go_with_it_whatever_they_are_called() {
        let folder = folder(&[
            ("1/submission.xml", "<a><f>track.xml</f><g>.hidden</g></a>"),
            ("1/track.xml", "<gpx/>"),
            ("1/.hidden", "-"),
            ("1/.DS_Store", "-"),
            ("2/submission.xml", "<a/>"),
            ("2/other.xml", "<a/>"),
        ]);
        assert_eq!(
            shown(folder.path(), &["."], &[]).unwrap(),
            ["1/submission.xml: track.xml .hidden", "2/other.xml: ", "2/submission.xml: "]
        );
    }

    /// As `openrosa new --out` and ODK Collect leave it: a track that is XML, beside a form that is called as its instance is.
    #[test]
    fn an_xml_file_that_a_form_names_is_its_file() {
        let folder = folder(&[
            ("1/i-1.xml", "<a><track>gpx.xml</track><own>i-1.xml</own></a>"),
            ("1/gpx.xml", "<gpx>part.xml</gpx>"),
            ("2/a.xml", "<a>b.xml</a>"),
            ("2/b.xml", "<b>a.xml</b>"),
            ("3/a.xml", "<a>t.xml</a>"),
            ("3/b.xml", "<b>t.xml</b>"),
            ("3/t.xml", "<gpx>b.xml</gpx>"),
            ("4/a.xml", "<a/>"),
            ("4/restore.xml", "<OpenRosaResponse>a.xml</OpenRosaResponse>"),
        ]);
        assert_eq!(
            shown(folder.path(), &["1", "2", "3", "4/a.xml"], &[]).unwrap(),
            [
                "1/i-1.xml: gpx.xml",
                "2/a.xml: b.xml",
                "2/b.xml: a.xml",
                "3/a.xml: t.xml",
                "3/b.xml: t.xml",
                "4/a.xml: ",
            ]
        );
        assert_eq!(shown(folder.path(), &["1/i-1.xml"], &[]).unwrap(), ["1/i-1.xml: gpx.xml"]);
        assert_eq!(shown(folder.path(), &["4"], &[]).unwrap().len(), 2, "a server's answer has no files");
    }

    /// the files of an encrypted form are those of its manifest; one that is missing would make all of it unreadable.
    #[test]
    fn an_encrypted_form_goes_with_the_files_of_its_manifest() {
        let manifest = "<data id='f' encrypted='yes' xmlns='http://opendatakit.org/submissions'>\
            <base64EncryptedKey>x</base64EncryptedKey><media><file>.note.txt.enc</file></media>\
            <encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>";
        let folder = folder(&[
            ("submission.xml", manifest),
            ("submission.xml.enc", "-"),
            (".note.txt.enc", "-"),
            ("note.txt", "in the clear"),
        ]);
        let shown = || shown(folder.path(), &["."], &[]).unwrap();
        assert_eq!(shown(), ["submission.xml: submission.xml.enc .note.txt.enc"]);
        // As `openrosa admin form show --out` leaves it.
        fs::create_dir(folder.path().join("files")).unwrap();
        let [beside, below] = [".note.txt.enc", "files/.note.txt.enc"].map(|name| folder.path().join(name));
        fs::rename(beside, &below).unwrap();
        assert_eq!(shown(), ["submission.xml: submission.xml.enc .note.txt.enc"]);
        fs::remove_file(below).unwrap();
        assert_eq!(shown(), ["submission.xml! `.note.txt.enc`, which its manifest names, is missing"]);
    }

    /// exactly the files given, which its manifest has to name.
    #[test]
    fn with_an_encrypted_form_goes_nothing_in_the_clear() {
        let manifest = "<data id='f' encrypted='yes' xmlns='http://opendatakit.org/submissions'>\
            <base64EncryptedKey>x</base64EncryptedKey>\
            <encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>";
        let folder =
            folder(&[("a.xml", manifest), ("submission.xml.enc", "-"), ("note.txt", "in the clear")]);
        let shown = |files: &[&str]| shown(folder.path(), &["a.xml"], files).unwrap();
        assert_eq!(shown(&["submission.xml.enc"]), ["a.xml: submission.xml.enc"]);
        assert_eq!(
            shown(&["submission.xml.enc", "note.txt"]),
            ["a.xml! its manifest does not name `note.txt`"]
        );
    }

    #[test]
    fn folders_below_are_looked_into() {
        let folder =
            folder(&[("2/f.XML", "<a/>"), ("2/p.jpg", "-"), ("1/f.xml", "<a/>"), (".git/f.xml", "<a/>")]);
        assert_eq!(shown(folder.path(), &["."], &[]).unwrap(), ["1/f.xml: ", "2/f.XML: p.jpg"]);
    }

    #[test]
    fn attach_says_exactly_what_goes() {
        let folder = folder(&[("a.xml", "<a>1.jpg</a>"), ("b.xml", "<a/>"), ("1.jpg", "-"), ("2.jpg", "-")]);
        assert_eq!(shown(folder.path(), &["a.xml"], &["2.jpg"]).unwrap(), ["a.xml: 2.jpg"]);
        assert!(shown(folder.path(), &["."], &["2.jpg"]).is_err());
        let missing = shown(folder.path(), &["a.xml"], &["3.jpg"]).unwrap();
        assert!(missing[0].starts_with("a.xml! `") && missing[0].contains("3.jpg"), "{missing:?}");
    }

    /// servers go by the last part of a name.
    #[test]
    fn files_that_a_server_would_take_for_one_are_not_sent() {
        let folder = folder(&[("submission.xml", "<a/>"), ("1.jpg", "-"), ("more/1.jpg", "-")]);
        let found = Found::in_folder(folder.path()).unwrap().expect("it is there");
        assert_eq!(found.load().err().as_deref(), Some("several of its files are called `1.jpg`"));
        assert_eq!(Found::in_folder(&folder.path().join("more")).unwrap(), None);
    }

    #[test]
    fn a_form_nobody_can_read_says_where() {
        let folder = folder(&[("a.xml", "<a>\n <b></a>")]);
        let shown = shown(folder.path(), &["a.xml"], &[]).unwrap();
        assert!(shown[0].contains("line 2"), "{shown:?}");
    }

    /// A restore lies beside the forms it was made of, and would take their cases back to where they were.
    #[test]
    fn what_is_no_filled_in_form_is_not_sent() {
        let folder = folder(&[
            ("restore.xml", "<OpenRosaResponse xmlns='http://openrosa.org/http/response'/>"),
            ("blank.xml", "<h:html xmlns:h='http://www.w3.org/1999/xhtml'/>"),
            ("list.xml", "<xforms xmlns='http://openrosa.org/xforms/xformsList'/>"),
            ("media.xml", "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'/>"),
            ("visit.xml", "<manifest id='packing'/>"),
        ]);
        assert_eq!(
            shown(folder.path(), &["."], &[]).unwrap(),
            [
                "blank.xml! it is a blank form, not a filled-in form",
                "list.xml! it is a form list, not a filled-in form",
                "media.xml! it is a manifest of a form's media, not a filled-in form",
                "restore.xml! it is an answer of a server, such as a restore, not a filled-in form",
                "visit.xml: ",
            ]
        );
    }

    #[test]
    fn a_folder_without_forms_is_a_mistake() {
        let folder = folder(&[("notes.txt", "-")]);
        assert!(shown(folder.path(), &["."], &[]).is_err());
        assert!(shown(folder.path(), &["missing.xml"], &[]).is_err());
    }
}
