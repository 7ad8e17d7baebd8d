//! What is not encrypted, and what is not decrypted: each with its reason, and nothing left behind.

use std::fs;

use openrosa_xml::XForm;
use rsa::rand_core::TryRng;

use super::*;

/// A source of randomness that gives so many bytes and then fails.
struct RunsDry(usize);

impl TryRng for RunsDry {
    type Error = io::Error;

    fn try_next_u32(&mut self) -> io::Result<u32> {
        let mut four = [0; 4];
        self.try_fill_bytes(&mut four).map(|()| u32::from_le_bytes(four))
    }

    fn try_next_u64(&mut self) -> io::Result<u64> {
        let mut eight = [0; 8];
        self.try_fill_bytes(&mut eight).map(|()| u64::from_le_bytes(eight))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(ErrorKind::Other)?;
        bytes.fill(7);
        Ok(())
    }
}

impl TryCryptoRng for RunsDry {}

fn names_in(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    fs::read_dir(folder).unwrap().map(name).collect()
}

fn refused(plain: &Request) -> String {
    let folder = tempfile::tempdir().unwrap();
    let error = public().encrypt(plain, folder.path()).unwrap_err();
    assert!(names_in(folder.path()).is_empty());
    error.to_string()
}

/// R-045: a form with a public key but without an instanceID, or with a blank one, is an error.
#[test]
fn a_form_without_an_instance_id_is_an_error() {
    for xml in ["<data id='f1'/>", "<data id='f1'><meta/></data>", &form("id='f1'", " ")] {
        let error = public().encrypt(&Request::new(xml.to_owned()), Path::new("nowhere")).unwrap_err();
        assert!(matches!(error, EncryptError::NoInstanceId), "{xml}: {error}");
    }
    insta::assert_snapshot!(refused(&Request::new("<data id='f1'/>")), @"the form has no `instanceID`, without which it cannot be encrypted");
}

/// R-023: an edit names what it replaces, for which an encrypted submission has no place (openrosa.md 7.3): both would count.
#[test]
fn an_edit_is_not_encrypted() {
    let edit = form("id='f1'", "uuid:2").replace("</meta>", "<deprecatedID> uuid:1\n</deprecatedID></meta>");
    assert!(edit.contains("deprecatedID"), "{edit}");
    insta::assert_snapshot!(refused(&Request::new(edit)), @"the form is an edit of `uuid:1`, and an encrypted one cannot say what it replaces");
    let first = form("id='f1'", "uuid:2").replace("</meta>", "<deprecatedID/></meta>");
    let folder = tempfile::tempdir().unwrap();
    assert!(public().encrypt(&Request::new(first), folder.path()).is_ok(), "it replaces nothing");
}

/// R-044: a form whose key cannot be used, or is that of another form, is an error and not sent as it is.
#[test]
fn a_key_that_cannot_be_used_is_no_leave_to_send_in_the_clear() {
    let asked = |id: &str, key: &str| {
        let blank = format!(
            "<html><head><model><instance><data id='{id}'/></instance><submission base64RsaPublicKey='{key}'/>\
             </model></head></html>"
        );
        let plain = Request::new(form("id='f1'", INSTANCE));
        let outcome = encrypt_if_asked(&XForm::read(&blank).unwrap(), plain, Path::new("nowhere"));
        outcome.unwrap_err().to_string()
    };
    insta::assert_snapshot!(asked("f1", "-"), @"the public key is not base64");
    insta::assert_snapshot!(asked("f1", "QUJD"), @"the public key is not an RSA key in a SubjectPublicKeyInfo");
    insta::assert_snapshot!(asked("f2", PUBLIC), @"the submission is of form `f1`, the key is of form `f2`");
}

/// R-044: whatever fails on the way, there is an error, no request, and no file left.
#[test]
fn a_failure_halfway_leaves_nothing() {
    let sources = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let plain = submission(sources.path());
    // Two wrappings with 32 bytes of padding each come after the key itself.
    for enough_for in [0, 32, 64] {
        let error = public().encrypt_with(&plain, folder.path(), &mut RunsDry(enough_for)).unwrap_err();
        assert!(matches!(error, EncryptError::Random), "{error}");
        assert!(names_in(folder.path()).is_empty());
    }
    assert!(public().encrypt_with(&plain, folder.path(), &mut RunsDry(96)).is_ok());

    let gone =
        plain.clone().attach(Attachment::file("c.bin", sources.path().join("on-disk")).unwrap()).unwrap();
    fs::write(sources.path().join("on-disk"), "shorter").unwrap();
    assert_eq!(refused(&gone), "`b.bin` has changed since it was attached");
    fs::remove_file(sources.path().join("on-disk")).unwrap();
    assert!(refused(&gone).starts_with("cannot encrypt `b.bin`: "));
    assert!(public().encrypt(&plain, Path::new("nowhere")).is_err());
}

/// R-044: nor is what was there already written over.
#[test]
fn a_file_that_is_there_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let plain = submission(folder.path());
    fs::write(folder.path().join("b.bin.enc"), "somebody's").unwrap();
    assert!(public().encrypt(&plain, folder.path()).is_err());
    assert_eq!(fs::read(folder.path().join("b.bin.enc")).unwrap(), b"somebody's");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let named =
        |name: &str| Request::new(form("id='f1'", INSTANCE)).attach(Attachment::bytes(name, "")).unwrap();
    for name in ["", "..", "a/b", r"a\b", "C:b", "a\nb::c", " a", "a "] {
        let shown = name.escape_debug();
        assert_eq!(refused(&named(name)), format!("`{shown}` cannot name a file"));
    }
    assert_eq!(refused(&named("submission.xml")), "the name `submission.xml.enc` is taken already");
}

#[test]
fn what_is_no_private_key_says_why() {
    let told = |text: &str| PrivateKey::from_bytes(text.as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(told("QUJD"), @"this is not an RSA private key in PKCS#8 or PKCS#1");
    assert_eq!(told("-----BEGIN PUBLIC KEY-----\nQUJD\n-----END PUBLIC KEY-----\n"), told("QUJD"));
    assert_eq!(told(&PKCS8[..800]), told("QUJD"));
    insta::assert_snapshot!(told("-----BEGIN ENCRYPTED PRIVATE KEY-----\nQUJD\n"), @"the private key is locked with a passphrase");
    assert_eq!(
        told("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
        "the private key is locked with a passphrase"
    );
}

/// A submission as it was sent.
fn sent() -> (String, Files) {
    let folder = tempfile::tempdir().unwrap();
    let sealed = public().encrypt(&submission(folder.path()), folder.path()).unwrap();
    (String::from_utf8(sealed.xml().to_vec()).unwrap(), files_of(&sealed))
}

fn told(manifest: &str, files: &Files) -> String {
    decrypted(manifest, files, &private()).unwrap_err().to_string()
}

#[test]
fn another_key_does_not_open_it() {
    let (manifest, files) = sent();
    let other = PrivateKey::from_pem(OTHER).unwrap();
    let error = decrypted(&manifest, &files, &other).unwrap_err();
    assert!(matches!(error, DecryptError::WrongKey) && error.is_final());
    insta::assert_snapshot!(error, @"the private key does not open this submission");
}

#[test]
fn damage_and_loss_are_told_by_file() {
    let (manifest, files) = sent();
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut files = files.clone();
        change(files.get_mut(name).unwrap());
        told(&manifest, &files)
    };
    let mut fewer = files.clone();
    fewer.remove("b.bin.enc");
    insta::assert_snapshot!(told(&manifest, &fewer), @"`b.bin.enc` is missing");
    insta::assert_snapshot!(changed("b.bin.enc", &|bytes| bytes.truncate(70_000)), @"`b.bin.enc` is damaged");
    assert_eq!(changed("b.bin.enc", &Vec::clear), "`b.bin.enc` is damaged");
    assert_eq!(changed("b.bin.enc", &|bytes| *bytes.last_mut().unwrap() ^= 0x80), "`b.bin.enc` is damaged");
    insta::assert_snapshot!(changed("b.bin.enc", &|bytes| bytes[5] ^= 1), @"the signature does not match what was sent");
}

#[test]
fn the_signature_covers_what_the_manifest_says() {
    let (manifest, files) = sent();
    let mismatch = "the signature does not match what was sent";
    assert_eq!(told(&manifest.replace("version=\"2\"", "version=\"3\""), &files), mismatch);
    assert_eq!(told(&manifest.replace(" version=\"2\"", ""), &files), mismatch);
    assert_eq!(told(&manifest.replace("id=\"f1\"", "id=\"f2\""), &files), mismatch);

    let signature = |text: &str| {
        let (before, rest) = manifest.split_once("<base64EncryptedElementSignature>").unwrap();
        let (_, after) = rest.split_once("</base64EncryptedElementSignature>").unwrap();
        format!("{before}{text}{after}")
    };
    assert_eq!(
        told(&signature("<base64EncryptedElementSignature>QUJD</base64EncryptedElementSignature>"), &files),
        mismatch
    );
    assert_eq!(decrypted(&signature(""), &files, &private()).unwrap().1, Signature::Absent);
}

#[test]
fn a_manifest_that_lacks_something_is_refused() {
    let (manifest, files) = sent();
    insta::assert_snapshot!(told("<data/>", &files), @"this is not the manifest of an encrypted submission");
    insta::assert_snapshot!(told(&manifest.replace(INSTANCE, ""), &files), @"the manifest has no `instanceID`");
    insta::assert_snapshot!(told(&manifest.replace("encryptedXmlFile", "x"), &files), @"the manifest has no `encryptedXmlFile`");
    insta::assert_snapshot!(told(&manifest.replace(" id=\"f1\"", ""), &files), @"the manifest has no `id`");
    let short = public().wrap(b"no key", &mut Counting(0)).unwrap();
    let (before, rest) = manifest.split_once("<base64EncryptedKey>").unwrap();
    let (_, after) = rest.split_once('<').unwrap();
    insta::assert_snapshot!(told(&format!("{before}<base64EncryptedKey>{short}<{after}"), &files), @"the submission's key has 6 bytes instead of 32");
}

#[test]
fn names_of_a_manifest_are_never_paths() {
    let (manifest, files) = sent();
    for name in ["../a.enc", "/etc/a.enc", r"..\a.enc", "C:a.enc", "..enc", ".enc", "...enc", "b.bin.enc"] {
        let evil = manifest.replace("a.jpg.enc", name);
        let expected =
            format!("the manifest calls a file `{}`, which cannot be its name", name.escape_debug());
        assert_eq!(told(&evil, &files), expected);
    }
}
