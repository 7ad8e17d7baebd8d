//! The corpus: real files by others, each with facts that were extracted independently of us, and recorded exchanges.
//! It lies in a folder beside the repository and is read in place; where it is absent, tests say what they skipped.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Where the corpus is: `OPENROSA_CORPUS` when set, else `../shared/corpus` beside the repository root.
/// `None`, after a loud line naming what goes unchecked, when there is no such folder.
pub fn folder(what_is_skipped: &str) -> Option<PathBuf> {
    let beside = || crate::repository_root().join("../shared/corpus");
    let folder = std::env::var_os("OPENROSA_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    // Not by `eprintln!`, which is shown for failing tests only.
    let note = format!("SKIPPED, no corpus at {}: {what_is_skipped}\n", folder.display());
    std::io::stderr().write_all(note.as_bytes()).expect("standard error takes a line");
    None
}

/// One file of the corpus and what is known about it.
#[derive(Debug)]
pub struct Sample {
    /// Folder and file, such as `submission/central-simple-one.xml`.
    pub name: String,
    /// The bytes as they lie there.
    pub bytes: Vec<u8>,
    /// The facts beside it; the corpus' README explains each member.
    pub facts: Value,
}

impl Sample {
    /// Whether a namespace-aware XML 1.0 parser takes the bytes.
    pub fn is_well_formed(&self) -> bool {
        self.facts["wellformed"].as_bool().unwrap_or_else(|| panic!("{}: no `wellformed` fact", self.name))
    }

    /// Whether the document has a DTD, which we refuse by design.
    pub fn has_doctype(&self) -> bool {
        self.facts["doctype"] == Value::Bool(true)
    }
}

/// The kinds, folders of the corpus, in which every document is well-formed.
pub const SOUND_KINDS: [&str; 10] = [
    "submission",
    "submission-legacy",
    "registration",
    "ledger",
    "restore",
    "openrosa-response",
    "form-list",
    "manifest",
    "xform",
    "encrypted",
];

/// Every sample of one kind (a folder of the corpus) in the order of names. An empty kind is a broken corpus.
pub fn samples(corpus: &Path, kind: &str) -> Vec<Sample> {
    let mut names: Vec<_> = file_names(&corpus.join(kind));
    names.retain(|name| name.ends_with(FACTS));
    names.sort();
    assert!(!names.is_empty(), "the corpus has no facts in `{kind}`");
    names.iter().map(|name| sample(corpus, kind, name)).collect()
}

const FACTS: &str = ".facts.json";

fn sample(corpus: &Path, kind: &str, facts_name: &str) -> Sample {
    let name = format!("{kind}/{}", facts_name.trim_end_matches(FACTS));
    let facts = read(&corpus.join(kind).join(facts_name));
    let facts = serde_json::from_slice(&facts).unwrap_or_else(|error| panic!("facts of {name}: {error}"));
    Sample { bytes: read(&corpus.join(&name)), name, facts }
}

/// The names of all files right in `folder`.
pub(crate) fn file_names(folder: &Path) -> Vec<String> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|e| panic!("cannot list {}: {e}", folder.display()));
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("a listed entry can be read").file_name().to_string_lossy().into_owned()
    };
    entries.map(name).collect()
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}
