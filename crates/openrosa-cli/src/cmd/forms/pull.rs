//! Forms and their files, into a folder.

use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};
use std::fs::{self, File};
use std::path::Path;

use openrosa_xml::FileHash;
use openrosa_xml::form_list::ListedForm;
use openrosa_xml::manifest::MediaFile;
use same_file::is_same_file;
use url::Url;

use super::PullArgs;
use super::list::all;
use super::shelf::{Shelf, safe, without_case};
use crate::durable;
use crate::exit::{Exit, Failure, complain};
use crate::folder::hash_of;
use crate::page::seen;
use crate::target::{Opened, wait};
use crate::terminal::say;
use crate::unfetched::Unfetched;

pub(super) fn run(args: &PullArgs) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    fs::create_dir_all(&args.out)
        .map_err(|error| Failure::new(format!("cannot make `{}`: {error}", args.out.display())))?;
    let _lock = alone(&args.out)?;
    wait(pull(args, &server))
}

/// Two at once would write the same files.
pub(crate) fn alone(folder: &Path) -> Result<File, Failure> {
    let lock = durable::lock(&folder.join(".lock")).map_err(|error| Failure::new(error.to_string()))?;
    lock.ok_or_else(|| Failure::new(format!("another process is pulling into `{}`", folder.display())))
}

async fn pull(args: &PullArgs, server: &Opened) -> Result<Exit, Failure> {
    let listed = all(server).await?;
    let wanted = |form: &&ListedForm<'_>| args.id.is_empty() || args.id.iter().any(|id| *id == form.form_id);
    let mut faults = listed.faults;
    for id in args.id.iter().filter(|id| !listed.forms.iter().any(|form| form.form_id == id.as_str())) {
        faults.push(format!("the server lists no form `{id}`"));
    }
    let places = Places::of(&listed.forms);
    let mut taken = HashSet::new();
    for form in listed.forms.iter().filter(wanted) {
        if !taken.insert(&form.form_id) {
            let version = form.version.as_deref().unwrap_or("none");
            say(format_args!("{:10}  {}  version {}", "passed by", seen(&form.form_id), seen(version)));
            continue;
        }
        let fetched = Fetching { server, form, shelf: places.shelf(&args.out, form) }.fetch().await;
        let (word, more) = match &fetched {
            Ok(Fetched { changed: 0, .. }) => ("up to date", String::new()),
            Ok(Fetched { changed: 1, .. }) => ("fetched", String::new()),
            Ok(Fetched { changed, .. }) => ("fetched", format!("  {changed} files")),
            Err(_) => ("failed", String::new()),
        };
        say(format_args!("{word:10}  {}{more}", seen(&form.form_id)));
        let about = |error: Unfetched| error.about(format_args!("form `{}`", form.form_id));
        match fetched {
            Ok(fetched) => faults.extend(fetched.lacking.into_iter().map(|error| about(error).to_string())),
            Err(error) if error.ends_the_run(&server.url) => {
                faults.iter().for_each(|fault| complain(fault));
                return Err(about(error).into_failure());
            }
            Err(error) => faults.push(about(error).to_string()),
        }
    }
    faults.iter().for_each(|fault| complain(fault));
    Ok(if faults.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Where the forms of a list go: ids that differ by case only are one name to some systems, and the first listed has it.
struct Places<'l>(HashMap<String, &'l str>);

impl<'l> Places<'l> {
    fn of(forms: &'l [ListedForm<'_>]) -> Self {
        let mut first = HashMap::new();
        for form in forms {
            first.entry(without_case(&safe(&form.form_id))).or_insert(&*form.form_id);
        }
        Self(first)
    }

    fn shelf(&self, folder: &Path, form: &ListedForm<'_>) -> Shelf {
        match self.0.get(&without_case(&safe(&form.form_id))) {
            Some(first) if *first != form.form_id => Shelf::beside(folder, form),
            _ => Shelf::of(folder, form),
        }
    }
}

/// A form on its way here.
pub(crate) struct Fetching<'p> {
    pub(crate) server: &'p Opened,
    pub(crate) form: &'p ListedForm<'static>,
    pub(crate) shelf: Shelf,
}

pub(crate) struct Fetched {
    /// How many files are new or other ones than before.
    changed: usize,
    /// What is wrong with files that can never be had, which do not keep the form away.
    pub(crate) lacking: Vec<Unfetched>,
}

/// The files of one list by their names. A name is the first's: a second would be written over it, at each run anew. So it would
/// on the systems to which names are one that differ by case, or by how their letters are composed.
pub(crate) struct Names<'p> {
    folder: &'p Path,
    /// Each with what it is.
    taken: HashMap<String, (Option<FileHash>, String)>,
    /// The first of all names that are one to some systems.
    first: HashMap<String, String>,
}

impl<'p> Names<'p> {
    /// Those of files that go into this folder.
    pub(crate) fn within(folder: &'p Path) -> Self {
        Self { folder, taken: HashMap::new(), first: HashMap::new() }
    }

    /// Whether this is to be fetched, and not the same once more; an error where it is another file of a name that is taken.
    pub(crate) fn take(&mut self, file: &MediaFile<'_>) -> Result<bool, Unfetched> {
        let name = file.path.as_str();
        let is = (file.hash, file.download_url.to_string());
        if let Some(taken) = self.taken.get(name) {
            return match is_one(taken, &is) {
                true => Ok(false),
                false => Err(Unfetched::for_good("it is listed twice, and the first of that name is kept")),
            };
        }
        match self.first.entry(without_case(name)) {
            Entry::Vacant(free) => {
                free.insert(name.to_owned());
            }
            Entry::Occupied(first) => {
                let first = first.get();
                // Once the first is there, the system tells whether it has the other name as well.
                let one_place = is_same_file(self.folder.join(first), self.folder.join(name));
                if one_place.unwrap_or(false) && !is_one(&self.taken[first], &is) {
                    return Err(Unfetched::for_good(format_args!(
                        "it is one file with `{first}` on this system, and that one is kept"
                    )));
                }
            }
        }
        self.taken.insert(name.to_owned(), is);
        Ok(true)
    }
}

/// Whether two files are the same, as far as their list tells.
fn is_one(one: &(Option<FileHash>, String), other: &(Option<FileHash>, String)) -> bool {
    one.0 == other.0 && (one.0.is_some() || one.1 == other.1)
}

impl Fetching<'_> {
    /// The files first, so that a form that is there has what goes with it.
    pub(crate) async fn fetch(&self) -> Result<Fetched, Unfetched> {
        let (mut changed, mut lacking, mut names) = (0, Vec::new(), Names::within(&self.shelf.media));
        if let Some(manifest) = &self.form.manifest_url {
            let url: Url = manifest.parse().map_err(|error| Unfetched::fault(error).about("its manifest"))?;
            for file in self.server.client.manifest(&url).await?.files() {
                let file = file.map_err(Unfetched::fault)?;
                match names.take(&file) {
                    Ok(true) => changed += usize::from(self.file(&file).await?),
                    Ok(false) => {}
                    Err(error) => lacking.push(error.about(its_file(&file))),
                }
            }
        }
        changed += usize::from(self.blank_form().await?);
        Ok(Fetched { changed, lacking })
    }

    async fn file(&self, file: &MediaFile<'_>) -> Result<bool, Unfetched> {
        let about = |error: Unfetched| error.about(its_file(file));
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

pub(crate) fn its_file(file: &MediaFile<'_>) -> String {
    format!("its file `{}`", file.path.as_str())
}

#[cfg(test)]
mod tests {
    use openrosa_xml::manifest::RelativePath;

    use super::*;

    fn file(name: &str, hash: Option<u8>) -> MediaFile<'static> {
        let path = RelativePath::new(name.to_owned()).unwrap();
        let md5 = FileHash::from_md5([hash.unwrap_or_default(); 16]);
        let mut file = MediaFile::new(path, md5, format!("https://odk.example/{name}"));
        file.hash = hash.and(file.hash);
        file
    }

    #[test]
    fn a_name_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut names = Names::within(folder.path());
        let mut take = |name: &str, hash| names.take(&file(name, hash)).map_err(|error| error.to_string());
        let twice = Err("it is listed twice, and the first of that name is kept".to_owned());
        assert_eq!(take("Photo.jpg", Some(1)), Ok(true));
        assert_eq!(take("Photo.jpg", Some(2)), twice);
        assert_eq!(take("Photo.jpg", None), twice);
        assert_eq!(take("Photo.jpg", Some(1)), Ok(false));
        assert_eq!(take("a.jpg", Some(3)), Ok(true));
        assert_eq!(take("a.jpg", Some(4)), twice);
    }

    /// Written one over the other, one of two files would be lost on the systems to which their names are one, as by this link.
    #[cfg(unix)]
    #[test]
    fn a_name_is_taken_that_is_another_to_the_system_too() {
        let folder = tempfile::tempdir().unwrap();
        for (first, other) in [("Photo.jpg", "photo.JPG"), ("\u{e4}.jpg", "a\u{308}.jpg")] {
            let [at, also_at] = [first, other].map(|name| folder.path().join(name));
            std::fs::write(&at, "").unwrap();
            let take = |names: &mut Names<'_>, name, hash| {
                names.take(&file(name, Some(hash))).map_err(|error| error.to_string())
            };
            let mut names = Names::within(folder.path());
            assert_eq!(take(&mut names, first, 1), Ok(true));
            assert_eq!(take(&mut names, other, 2), Ok(true), "here it is a file of its own");

            std::os::unix::fs::symlink(&at, &also_at).unwrap();
            let mut names = Names::within(folder.path());
            assert_eq!(take(&mut names, first, 1), Ok(true));
            let taken = format!("it is one file with `{first}` on this system, and that one is kept");
            assert_eq!(take(&mut names, other, 2), Err(taken));
            assert_eq!(take(&mut names, other, 1), Ok(true), "the same is no loss");
        }
    }

    #[test]
    fn forms_whose_ids_differ_by_case_have_places_of_their_own() {
        let form = |id: &str| {
            ListedForm::new(id.to_owned(), "a form", FileHash::from_md5([0; 16]), "https://odk.example/f")
        };
        let forms = [form("Visit"), form("visit"), form("Visit"), form("other")];
        let places = Places::of(&forms);
        let name = |form| places.shelf(Path::new(""), form).form.display().to_string();
        assert_eq!(
            [name(&forms[0]), name(&forms[2]), name(&forms[3])],
            ["Visit.xml", "Visit.xml", "other.xml"]
        );
        assert!(name(&forms[1]).starts_with("visit~"), "{}", name(&forms[1]));
    }
}
