//! No file, whatever is in it, takes all memory.

use std::{fs::File, path::Path};

use crate::{Run, openrosa_in};

/// A file of so many MiB, all of them nothing.
fn hollow(folder: &Path, name: &str, mib: u64) {
    File::create(folder.join(name)).and_then(|file| file.set_len(mib << 20)).expect("a file can be made");
}

fn run(folder: &Path, words: &str) -> Run {
    openrosa_in(folder, &words.split(' ').collect::<Vec<_>>(), b"")
}

#[test]
fn a_document_has_256_mib_at_most() {
    let folder = tempfile::tempdir().expect("a folder");
    hollow(folder.path(), "huge.xml", 257);
    let too_large = "`huge.xml` is larger than 256 MiB";
    for words in ["show huge.xml", "convert huge.xml"] {
        let run = run(folder.path(), words);
        assert!(run.status == 2 && run.err.contains(too_large), "{words}: {}", run.err);
    }
    let run = run(folder.path(), "submit huge.xml --to http://127.0.0.1:9/submission");
    assert!(run.status == 1 && run.out.contains(too_large), "{}", run.out);
}

#[test]
fn what_a_person_writes_has_1_mib_at_most() {
    let folder = tempfile::tempdir().expect("a folder");
    hollow(folder.path(), "huge", 2);
    for words in ["decrypt visit.xml --key huge --out opened", "new --from huge", "serve --config huge"] {
        let run = run(folder.path(), words);
        assert!(run.status == 2 && run.err.contains("`huge` is larger than 1 MiB"), "{words}: {}", run.err);
    }
}
