//! `-` is standard input wherever one document is meant, and nothing else.

use std::{fs, path::Path};

use crate::{Run, openrosa_in};

const RESTORE: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'/>";

/// A folder in which a folder is called so, too.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("-")).expect("a folder");
    let visit = "<data id='f'><meta><instanceID>uuid:1</instanceID></meta></data>";
    fs::write(folder.path().join("visit.xml"), visit).expect("a file");
    folder
}

fn run(folder: &Path, words: &str, input: &str) -> Run {
    openrosa_in(folder, &words.split(' ').collect::<Vec<_>>(), input.as_bytes())
}

#[test]
fn it_is_read_whatever_lies_there() {
    let folder = folder();
    let checked = run(folder.path(), "check -", "<data");
    assert!(checked.out.contains("standard input:1:"), "{}{}", checked.out, checked.err);
    let held = run(folder.path(), "check visit.xml --cases -", RESTORE);
    assert_eq!((held.status, held.err.as_str()), (0, ""), "{}", held.out);
    let other = run(folder.path(), "check visit.xml --cases -", "<data/>");
    assert!(other.status == 2 && other.err.contains("`standard input` is no restore"), "{}", other.err);
    for description in [r#"{"form": "f", "user": "u"}"#, "form = 'f'\nuser = 'u'\n"] {
        let made = run(folder.path(), "new --from -", description);
        assert!(made.status == 0 && made.out.contains("xmlns=\"f\""), "{}{}", made.out, made.err);
    }
    let converted = run(folder.path(), "convert - --to xml --output -", "<data/>");
    assert!(converted.status == 0 && converted.out.contains("<data/>"), "{}", converted.err);
}

#[test]
fn it_is_read_once() {
    let folder = folder();
    for words in [
        "show - -",
        "check - --against -",
        "check visit.xml --against - --cases -",
        "apply - -",
        "diff-profiles - -",
        "encrypt - --with - --out sealed",
    ] {
        let run = run(folder.path(), words, RESTORE);
        assert!(run.status == 2 && run.err.contains("only one document"), "{words}: {}", run.err);
    }
}

#[test]
fn it_is_refused_where_it_means_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for (words, why) in [
        ("apply - --state -", "a state is a folder or a file"),
        ("cases --state -", "a state is a folder or a file"),
        ("decrypt - --key key.pem --out opened", "has no files beside it"),
    ] {
        let run = run(folder.path(), words, RESTORE);
        assert!(run.status == 2 && run.err.contains(why), "{words}: {}", run.err);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
