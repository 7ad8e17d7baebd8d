//! Which documents there are to check.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use crate::{
    cmd::submit::find::files_and_forms,
    exit::Failure,
    folder::{Folder, file_name},
    input::is_dash,
};

/// What was found where one looked.
#[derive(Default)]
pub(super) struct Gathered {
    /// In the order given; those of a folder by name, before those of the folders in it.
    pub(super) documents: Vec<PathBuf>,
    pub(super) skipped: Skipped,
    /// Folders that cannot be read.
    pub(super) failures: Vec<Failure>,
}

/// How many files do not look like XML, by their extensions.
#[derive(Debug, Default)]
pub(super) struct Skipped(BTreeMap<String, usize>);

/// A path that is no folder is a document, whether it is there or not: opening it will tell.
pub(super) fn documents(paths: &[PathBuf]) -> Gathered {
    let mut gathered = Gathered::default();
    for path in paths {
        if path.is_dir() && !is_dash(path) {
            gathered.folder(path);
        } else {
            gathered.documents.push(path.clone());
        }
    }
    gathered
}

impl Gathered {
    /// One without any document is another than was meant.
    fn folder(&mut self, root: &Path) {
        let before = (self.documents.len(), self.failures.len());
        self.walk(root);
        if before == (self.documents.len(), self.failures.len()) {
            let failure = Failure::new(format!("no document in `{}`", root.display()));
            self.failures.push(failure.remedy("name a folder that holds `.xml` files, or the files"));
        }
    }

    fn walk(&mut self, root: &Path) {
        let mut waiting = vec![root.to_owned()];
        while let Some(path) = waiting.pop() {
            match Folder::read(&path) {
                Ok(folder) => {
                    self.files(&folder);
                    waiting.extend(folder.folders.into_iter().rev());
                }
                Err(failure) => self.failures.push(failure),
            }
        }
    }

    fn files(&mut self, folder: &Folder) {
        let (alike, others): (Vec<_>, Vec<_>) = folder.others.iter().partition(|path| looks_like_xml(path));
        let (pipes, forms): (Vec<_>, Vec<_>) = folder.forms.iter().partition(|path| is_no_file(path));
        let (_, forms) = files_and_forms(forms.into_iter().cloned().collect());
        let start = self.documents.len();
        self.documents.extend(forms.into_iter().chain(alike.into_iter().cloned()));
        self.documents[start..].sort();
        others.into_iter().chain(pipes).for_each(|path| self.skipped.count(path));
    }
}

/// A file without an extension that begins with a tag. Pictures and pages are XML as well, and no business of ours.
fn looks_like_xml(path: &Path) -> bool {
    path.extension().is_none() && !is_no_file(path) && begins_with_a_tag(path).unwrap_or(false)
}

/// A pipe or a device: who opens one that nobody asked for may wait for ever.
fn is_no_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

fn begins_with_a_tag(path: &Path) -> std::io::Result<bool> {
    let mut beginning = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut beginning)?;
    let mark = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF);
    Ok(beginning.iter().find(|byte| !mark(byte)) == Some(&b'<'))
}

impl Skipped {
    fn count(&mut self, path: &Path) {
        let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy()));
        *self.0.entry(extension.unwrap_or_else(|| file_name(path))).or_default() += 1;
    }

    pub(super) fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// As in `9 .json, 3 .jpg`: the most frequent first.
    pub(super) fn list(&self) -> String {
        const SHOWN: usize = 6;
        let mut counts: Vec<_> = self.0.iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut listed: Vec<_> =
            counts.iter().take(SHOWN).map(|(what, count)| format!("{count} {what}")).collect();
        let others: usize = counts.iter().skip(SHOWN).map(|(_, count)| **count).sum();
        if others > 0 {
            listed.push(format!("{others} others"));
        }
        listed.join(", ")
    }
}
