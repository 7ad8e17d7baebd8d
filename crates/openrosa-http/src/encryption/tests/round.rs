//! Out and back.

use openrosa_xml::XForm;

use super::*;

fn xml_of(request: &Request) -> &str {
    std::str::from_utf8(request.xml()).unwrap()
}

#[test]
fn what_is_encrypted_comes_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let plain = submission(folder.path());
    let sealed = public().encrypt(&plain, folder.path()).unwrap();
    let (files, signature) = decrypted(xml_of(&sealed), &files_of(&sealed), &private()).unwrap();
    assert_eq!(signature, Signature::Matches);
    let mut expected = files_of(&plain);
    expected.insert("submission.xml".to_owned(), plain.xml().to_vec());
    assert_eq!(files, expected);
}

#[test]
fn the_manifest_takes_the_place_of_the_form() {
    let folder = tempfile::tempdir().unwrap();
    let sealed = public().encrypt(&submission(folder.path()), folder.path()).unwrap();
    let manifest = EncryptedSubmission::read(xml_of(&sealed)).unwrap();
    assert!(manifest.is_encrypted());
    assert_eq!((manifest.form_id(), manifest.version()), (Some("f1"), Some("2")));
    assert_eq!(manifest.instance_id().as_deref(), Some(INSTANCE));
    let names = ["a.jpg.enc", "b.bin.enc", "submission.xml.enc"];
    assert_eq!(manifest.files().collect::<Vec<_>>(), names);
    assert_eq!(sealed.attachments().iter().map(Attachment::name).collect::<Vec<_>>(), names);
    assert_eq!(sealed.attachments()[1].size(), 100_016 / 16 * 16);
    assert!(folder.path().join("b.bin.enc").is_file(), "what was on disk stays on disk");
    assert!(!folder.path().join("a.jpg.enc").exists(), "what was in memory stays in memory");
}

/// R-043: with the key of the vector in 7.4, its attachment becomes the bytes of the vector.
#[test]
fn the_first_attachment_is_file_0() {
    let plain = Request::new(form("id='f1'", INSTANCE)).attach(Attachment::bytes("a.jpg", "abc")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sealed = public().encrypt_with(&plain, folder.path(), &mut Counting(0)).unwrap();
    assert_eq!(files_of(&sealed)["a.jpg.enc"], bytes("fe6157df53d701df9b0f0ca669dc70f2"));
}

#[test]
fn every_submission_has_a_key_of_its_own() {
    let plain = Request::new(form("id='f1'", INSTANCE));
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = [(); 2].map(|()| files_of(&public().encrypt(&plain, folder.path()).unwrap()));
    assert_ne!(one, other);
}

#[test]
fn a_key_is_read_in_whatever_form_it_is_kept() {
    let der = |pem: &str| {
        let lines = pem.lines().filter(|line| !line.starts_with('-'));
        super::super::key::unbase64(&lines.collect::<String>()).unwrap()
    };
    let with_remarks =
        format!("Bag Attributes\r\n    friendlyName: clinic\r\n{}", PKCS8.replace('\n', "\r\n"));
    let marked = format!("\u{feff}{PKCS8}");
    let both = format!("-----BEGIN PUBLIC KEY-----\n{PUBLIC}\n-----END PUBLIC KEY-----\n{PKCS1}");
    let texts = [PKCS8, PKCS1, &with_remarks, &marked, &both].map(str::as_bytes);
    for key in texts.into_iter().chain([&*der(PKCS8), &*der(PKCS1)]) {
        assert_eq!(PrivateKey::from_bytes(key).unwrap().to_public(), public());
    }
    let (wrapped, rest) = PUBLIC.split_at(64);
    assert_eq!(PublicKey::from_base64(&format!(" {wrapped}\n  {rest} ")).unwrap(), public());
}

fn blank(attribute: &str) -> String {
    format!(
        "<html><head><model><instance><data id='f1'/></instance><submission resource='https://h/ask'/>\
         <submission {attribute}/></model></head></html>"
    )
}

#[test]
fn a_form_without_a_key_is_sent_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let plain = submission(folder.path());
    for attribute in ["", "base64RsaPublicKey=''", "base64RsaPublicKey=' '"] {
        let source = blank(attribute);
        let blank = XForm::read(&source).unwrap();
        assert_eq!(encrypt_if_asked(&blank, plain.clone(), folder.path()).unwrap(), plain);
    }
    let source = blank(&format!("base64RsaPublicKey='{PUBLIC}'"));
    let blank = XForm::read(&source).unwrap();
    let sealed = encrypt_if_asked(&blank, plain, folder.path()).unwrap();
    assert!(EncryptedSubmission::read(xml_of(&sealed)).unwrap().is_encrypted());
}

#[test]
fn secrets_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let sealed = public().encrypt(&submission(folder.path()), folder.path()).unwrap();
    let manifest = EncryptedSubmission::read(xml_of(&sealed)).unwrap();
    assert_eq!(format!("{:?}", private()), "PrivateKey([redacted])");
    insta::assert_snapshot!(format!("{:?}", private().open(&manifest).unwrap()), @r#"Sealed { files: [SealedFile { sealed: "a.jpg.enc", plain: "a.jpg" }, SealedFile { sealed: "b.bin.enc", plain: "b.bin" }, SealedFile { sealed: "submission.xml.enc", plain: "submission.xml" }], .. }"#);
}
