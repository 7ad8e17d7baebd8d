//! `openrosa encrypt` and `openrosa decrypt`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::{Run, openrosa_in};

/// Keys of no form but that of these tests.
const PRIVATE: &str = include_str!("encryption/private-pkcs8.pem");
const OTHER: &str = include_str!("encryption/other-private.pem");
const PUBLIC: &str = include_str!("encryption/public.base64");

const FORM: &str = "<data id=\"visit\" version=\"2\"><photo>1.jpg</photo><meta><instanceID>uuid:1</instanceID></meta></data>\n";

fn blank(id: &str, key: &str) -> String {
    format!(
        "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'><h:head><model>\
         <instance><data id='{id}' version='2'><photo/><meta><instanceID/></meta></data></instance>\
         <submission base64RsaPublicKey='{key}'/></model></h:head><h:body/></h:html>"
    )
}

/// A folder with a form, its photo, its blank form and its keys.
fn desk() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let write = |name: &str, content: &str| {
        fs::write(folder.path().join(name), content).expect("a file can be written")
    };
    write("visit.xml", FORM);
    write("1.jpg", "a picture");
    write("blank.xml", &blank("visit", PUBLIC));
    write("private.pem", PRIVATE);
    write("other.pem", OTHER);
    folder
}

fn encrypt(desk: &Path, form: &str, with: &str) -> Run {
    openrosa_in(desk, &["encrypt", form, "--with", with, "--attach", "1.jpg", "--out", "sealed"], b"")
}

fn decrypt(desk: &Path, from: &str, key: &str) -> Run {
    openrosa_in(desk, &["decrypt", from, "--key", key, "--out", "opened"], b"")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder can be listed");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry can be read").file_name()).collect();
    names.sort();
    names.iter().map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn a_form_goes_out_and_comes_back() {
    let desk = desk();
    let desk = desk.path();
    let run = encrypt(desk, "visit.xml", "blank.xml");
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (0, "sealed/submission.xml\n", ""));
    assert_eq!(names(&desk.join("sealed")), ["1.jpg.enc", "submission.xml", "submission.xml.enc"]);
    let manifest = fs::read_to_string(desk.join("sealed/submission.xml")).unwrap();
    assert!(manifest.contains("encrypted=\"yes\"") && !manifest.contains("photo"), "{manifest}");

    let run = decrypt(desk, "sealed", "private.pem");
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (0, "opened/submission.xml\n", ""));
    assert_eq!(names(&desk.join("opened")), ["1.jpg", "submission.xml"]);
    assert_eq!(fs::read_to_string(desk.join("opened/submission.xml")).unwrap(), FORM);
    assert_eq!(fs::read(desk.join("opened/1.jpg")).unwrap(), b"a picture");

    #[cfg(unix)]
    for folder in ["sealed", "opened"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(desk.join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}: nobody else looks into it");
    }

    let again = decrypt(desk, "sealed/submission.xml", "private.pem");
    assert_eq!(again.status, 2, "what was decrypted is not written over");
    insta::assert_snapshot!(again.err, @r"
    openrosa: `opened` is there already
      try: name a folder that does not exist yet
    ");
    fs::remove_dir_all(desk.join("opened")).unwrap();
    fs::create_dir(desk.join("opened")).unwrap();
    assert_eq!(decrypt(desk, "sealed/submission.xml", "private.pem").status, 0, "an empty folder is as good");
}

/// What the form names would not leave the phone otherwise, and nobody would hear of it.
#[test]
fn the_files_that_it_names_go_with_it() {
    let desk = desk();
    let desk = desk.path();
    let run = openrosa_in(desk, &["encrypt", "visit.xml", "--with", "blank.xml", "--out", "sealed"], b"");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert_eq!(names(&desk.join("sealed")), ["1.jpg.enc", "submission.xml", "submission.xml.enc"]);
}

/// Its files would be left behind: the manifest that names them would be what is encrypted.
#[test]
fn what_is_encrypted_already_is_not_encrypted_again() {
    let desk = desk();
    let desk = desk.path();
    assert_eq!(encrypt(desk, "visit.xml", "blank.xml").status, 0);
    let again = ["encrypt", "sealed/submission.xml", "--with", "blank.xml", "--out", "twice"];
    let run = openrosa_in(desk, &again, b"");
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    insta::assert_snapshot!(run.err, @"openrosa: cannot encrypt `sealed/submission.xml`: it is encrypted already: submit it as it is");
    assert!(!desk.join("twice").exists());
}

/// R-045: a form with a public key but without an instanceID is an error of the command too.
/// R-044: what cannot be encrypted leaves no folder from which it might be sent.
#[test]
fn what_cannot_be_encrypted_is_told_and_leaves_nothing() {
    let desk = desk();
    let desk = desk.path();
    fs::write(desk.join("nameless.xml"), "<data id='visit'/>").unwrap();
    fs::write(desk.join("edit.xml"), FORM.replace("</meta>", "<deprecatedID>uuid:0</deprecatedID></meta>"))
        .unwrap();
    fs::write(desk.join("keyless.xml"), blank("visit", "")).unwrap();
    fs::write(desk.join("other.xml"), blank("census", PUBLIC)).unwrap();
    fs::write(desk.join("spoiled.xml"), blank("visit", "QUJD")).unwrap();
    let before = names(desk);
    let told = |form: &str, with: &str, status: i32| {
        let run = encrypt(desk, form, with);
        assert_eq!((run.status, run.out.as_str()), (status, ""), "{}", run.err);
        assert_eq!(names(desk), before);
        run.err
    };
    insta::assert_snapshot!(told("nameless.xml", "blank.xml", 1), @"openrosa: cannot encrypt `nameless.xml`: the form has no `instanceID`, without which it cannot be encrypted");
    insta::assert_snapshot!(told("edit.xml", "blank.xml", 1), @"openrosa: cannot encrypt `edit.xml`: the form is an edit of `uuid:0`, and an encrypted one cannot say what it replaces; it can be put right where the first was received");
    insta::assert_snapshot!(told("visit.xml", "keyless.xml", 1), @"openrosa: cannot encrypt `visit.xml`: `keyless.xml` has no public key, its forms are sent as they are");
    insta::assert_snapshot!(told("visit.xml", "other.xml", 1), @"openrosa: cannot encrypt `visit.xml`: the submission is of form `visit`, the key is of form `census`");
    insta::assert_snapshot!(told("visit.xml", "spoiled.xml", 1), @"openrosa: cannot encrypt `visit.xml`: the public key is not an RSA key in a SubjectPublicKeyInfo");
    assert!(told("nowhere.xml", "blank.xml", 2).starts_with("openrosa: cannot read `nowhere.xml`: "));
}

#[test]
fn what_cannot_be_decrypted_is_told_and_leaves_nothing() {
    let desk = desk();
    let desk = desk.path();
    assert_eq!(encrypt(desk, "visit.xml", "blank.xml").status, 0);
    let before = names(desk);
    let told = |key: &str, status: i32| {
        let run = decrypt(desk, "sealed", key);
        assert_eq!((run.status, run.out.as_str()), (status, ""), "{}", run.err);
        assert_eq!(names(desk), before);
        run.err
    };
    insta::assert_snapshot!(told("other.pem", 1), @"openrosa: cannot decrypt `sealed/submission.xml`: the private key does not open this submission");
    insta::assert_snapshot!(told("blank.xml", 2), @"openrosa: cannot use `blank.xml`: this is not an RSA private key in PKCS#8 or PKCS#1");

    let manifest = fs::read_to_string(desk.join("sealed/submission.xml")).unwrap();
    fs::write(desk.join("sealed/submission.xml"), manifest.replace("version=\"2\"", "version=\"3\""))
        .unwrap();
    insta::assert_snapshot!(told("private.pem", 1), @"openrosa: cannot decrypt `sealed/submission.xml`: the signature does not match what was sent");
    fs::write(desk.join("sealed/submission.xml.enc"), "short").unwrap();
    insta::assert_snapshot!(told("private.pem", 1), @"openrosa: cannot decrypt `sealed/submission.xml`: `submission.xml.enc` is damaged");
    fs::remove_file(desk.join("sealed/1.jpg.enc")).unwrap();
    insta::assert_snapshot!(told("private.pem", 1), @"openrosa: cannot decrypt `sealed/submission.xml`: `1.jpg.enc` is missing");
    fs::write(desk.join("sealed/submission.xml"), manifest.replace("1.jpg.enc", "../../1.jpg.enc")).unwrap();
    insta::assert_snapshot!(told("private.pem", 1), @"openrosa: cannot decrypt `sealed/submission.xml`: the manifest calls a file `../../1.jpg.enc`, which cannot be its name");
    fs::write(desk.join("sealed/submission.xml"), FORM).unwrap();
    insta::assert_snapshot!(told("private.pem", 1), @"openrosa: cannot decrypt `sealed/submission.xml`: this is not the manifest of an encrypted submission");
    fs::write(desk.join("sealed/another.xml"), FORM).unwrap();
    fs::rename(desk.join("sealed/submission.xml"), desk.join("sealed/one.xml")).unwrap();
    insta::assert_snapshot!(told("private.pem", 2), @r"
    openrosa: `sealed` does not hold one `.xml` file, but 2
      try: name the manifest itself
    ");
}

#[test]
fn the_folder_that_one_is_in_cannot_be_made() {
    let desk = desk();
    let here = desk.path().join("here");
    fs::create_dir(&here).unwrap();
    let run = openrosa_in(&here, &["encrypt", "../visit.xml", "--with", "../blank.xml", "--out", "."], b"");
    insta::assert_snapshot!(run.err, @r"
    openrosa: `.` is there already
      try: name a folder that does not exist yet
    ");
    assert_eq!(names(&here), [""; 0]);
}

/// What was decrypted before somebody stopped the command is plain text of a patient.
#[cfg(unix)]
#[test]
fn who_stops_it_finds_nothing_decrypted() {
    use std::process::{Command, Stdio};

    let desk = desk();
    let desk = desk.path();
    assert_eq!(encrypt(desk, "visit.xml", "blank.xml").status, 0);
    // The form comes last. Who opens a pipe into which nobody writes waits there.
    fs::remove_file(desk.join("sealed/submission.xml.enc")).unwrap();
    assert!(Command::new("mkfifo").arg(desk.join("sealed/submission.xml.enc")).status().unwrap().success());
    let before = names(desk);
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
        command.current_dir(desk).stdout(Stdio::null()).stderr(Stdio::null());
        command.args(["decrypt", "sealed", "--key", "private.pem", "--out", "opened"]);
        let mut child = command.spawn().unwrap();
        let is_decrypted = || {
            let made = names(desk).into_iter().find(|name| !before.contains(name));
            made.is_some_and(|made| names(&desk.join(made)) == ["1.jpg"])
        };
        while !is_decrypted() {
            assert!(child.try_wait().unwrap().is_none(), "it waits for the form");
            std::thread::yield_now();
        }
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
        assert_eq!(names(desk), before);
    }
}

#[test]
fn without_a_signature_nobody_knows() {
    let desk = desk();
    let desk = desk.path();
    assert_eq!(encrypt(desk, "visit.xml", "blank.xml").status, 0);
    let path = desk.join("sealed/submission.xml");
    let manifest = fs::read_to_string(&path).unwrap();
    fs::write(&path, manifest.replace("base64EncryptedElementSignature", "unsigned")).unwrap();
    let run = decrypt(desk, "sealed", "private.pem");
    assert_eq!((run.status, run.out.as_str()), (1, "opened/submission.xml\n"));
    insta::assert_snapshot!(run.err, @"openrosa: `sealed/submission.xml` has no signature, so whether the files are as they were is not known");
    assert_eq!(fs::read_to_string(desk.join("opened/submission.xml")).unwrap(), FORM);
}

/// The form comes before the key: whoever mistyped it has a right blank form, perhaps.
#[test]
fn a_form_that_is_not_there_is_what_is_told() {
    let desk = desk();
    fs::write(desk.path().join("keyless.xml"), blank("visit", "")).expect("a file can be written");
    let run = encrypt(desk.path(), "missing.xml", "keyless.xml");
    assert!(run.status == 2 && run.err.contains("`missing.xml`"), "{}", run.err);
}

/// As `openrosa admin form show --out` leaves a submission.
#[test]
fn files_may_lie_in_a_folder_beside_the_manifest() {
    let desk = desk();
    let sealed = desk.path().join("sealed");
    assert_eq!(encrypt(desk.path(), "visit.xml", "blank.xml").status, 0);
    fs::create_dir(sealed.join("files")).expect("a folder");
    for name in ["1.jpg.enc", "submission.xml.enc"] {
        fs::rename(sealed.join(name), sealed.join("files").join(name)).expect("a file");
    }
    fs::rename(sealed.join("submission.xml"), sealed.join("form.xml")).expect("a file");
    let run = decrypt(desk.path(), "sealed", "private.pem");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(desk.path().join("opened/submission.xml")).expect("a form"), FORM);
}

/// The manifest names the files that there are: once the form is sealed, nobody sees that its photo stayed behind.
#[test]
fn an_answer_whose_file_is_not_there_is_not_encrypted_away() {
    let desk = desk();
    let desk = desk.path();
    let bind = "</instance><bind nodeset='/data/photo' type='binary'/>";
    fs::write(desk.join("blank.xml"), blank("visit", PUBLIC).replace("</instance>", bind)).unwrap();
    fs::rename(desk.join("1.jpg"), desk.join("1.JPG")).unwrap();
    let words = ["encrypt", "visit.xml", "--with", "blank.xml", "--out", "sealed"];
    let run = openrosa_in(desk, &words, b"");
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    insta::assert_snapshot!(run.err, @r"
    openrosa: cannot encrypt `visit.xml`: the file `1.jpg` of `/data/photo` does not go with the form
      try: the file under exactly this name, beside the form or by --attach; or take the answer back
    ");
    assert!(!desk.join("sealed").exists());
    let piped = ["encrypt", "-", "--with", "blank.xml", "--out", "sealed"];
    assert_eq!(
        openrosa_in(desk, &piped, FORM.as_bytes()).status,
        1,
        "nothing lies beside what comes through a pipe"
    );
    fs::rename(desk.join("1.JPG"), desk.join("1.jpg")).unwrap();
    assert_eq!(openrosa_in(desk, &words, b"").status, 0);
}

/// case-xml.md 1.9: a file of a case may be at the server; and the picture with which a question begins is the blank form's.
#[test]
fn what_is_no_file_of_the_form_is_not_missed() {
    let desk = desk();
    let desk = desk.path();
    let bind = "</instance><bind nodeset='/data/photo' type='binary'/>";
    fs::write(desk.join("blank.xml"), blank("visit", PUBLIC).replace("</instance>", bind)).unwrap();
    let attached = |file: &str| {
        let case = format!(
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c' date_modified='2026-05-01T10:00:00Z'
               user_id='u'><attachment><photo {file}/></attachment></case><meta>"
        );
        FORM.replace("1.jpg", "jr://images/default.png").replace("<meta>", &case)
    };
    for (file, status) in [
        ("src='http://example.org/a.jpg' from='remote'", 0),
        ("src='a.jpg' from='remote'", 0),
        ("src='a.jpg' from='local'", 1),
        ("src='a.jpg'", 1),
    ] {
        fs::write(desk.join("visit.xml"), attached(file)).unwrap();
        let run = openrosa_in(desk, &["encrypt", "visit.xml", "--with", "blank.xml", "--out", "sealed"], b"");
        assert_eq!(run.status, status, "{file}: {}", run.err);
        let _ = fs::remove_dir_all(desk.join("sealed"));
    }
}
