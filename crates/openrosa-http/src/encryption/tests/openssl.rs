//! The `openssl` command on the other side: an implementation that is not ours.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const OAEP: [&str; 6] =
    ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"];

/// Whether the command is there; loud where it is not.
fn is_there() -> bool {
    if Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    // Not by `eprintln!`, which is shown for failing tests only.
    let _ =
        io::stderr().write_all(b"SKIPPED, no `openssl` command: encryption against another implementation\n");
    false
}

/// What the command makes of this input.
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    let piped = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn md5(bytes: &[u8]) -> Vec<u8> {
    openssl(&["dgst", "-md5", "-binary"], bytes)
}

/// The vectors of three files, by hand: the first byte goes up, then the second, then the third.
fn vectors(key: &[u8]) -> [String; 3] {
    let seed = md5(&[INSTANCE.as_bytes(), key].concat());
    [1, 2, 3].map(|up| {
        let plus_one = |(at, byte): (usize, &u8)| byte.wrapping_add(u8::from(at < up));
        hex(&seed.iter().enumerate().map(plus_one).collect::<Vec<u8>>())
    })
}

fn cipher(direction: &str, key: &[u8], vector: &str, input: &[u8]) -> Vec<u8> {
    openssl(&["enc", "-aes-256-cfb", direction, "-K", &hex(key), "-iv", vector], input)
}

fn padded(plain: &[u8]) -> Vec<u8> {
    let missing = 16 - plain.len() % 16;
    [plain, &vec![missing as u8; missing]].concat()
}

fn between<'a>(text: &'a str, element: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("<{element}>")).unwrap();
    rest.split_once('<').unwrap().0
}

/// The text that is signed, by hand.
fn signed(key: &str, files: [(&str, &[u8]); 3]) -> String {
    let mut text = format!("f1\n2\n{key}\n{INSTANCE}\n");
    for (name, plain) in files {
        text += &format!("{name}::{}\n", hex(&md5(plain)));
    }
    text
}

/// `openssl` decrypts what we encrypted, with the derived vectors, and finds the signature right.
#[test]
fn openssl_decrypts_what_we_encrypted() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("private.pem");
    std::fs::write(&pem, PKCS8).unwrap();
    let unwrap = |text: &str| {
        let inkey = ["pkeyutl", "-decrypt", "-inkey", pem.to_str().unwrap()];
        openssl(&[&inkey[..], &OAEP].concat(), &STANDARD.decode(text).unwrap())
    };
    let plain = submission(folder.path());
    let sealed = public().encrypt(&plain, folder.path()).unwrap();
    let manifest = std::str::from_utf8(sealed.xml()).unwrap();

    let wrapped = between(manifest, "base64EncryptedKey");
    let key = unwrap(wrapped);
    assert_eq!(key.len(), 32);
    let (before, after) = (files_of(&plain), files_of(&sealed));
    let files = [("a.jpg", &*before["a.jpg"]), ("b.bin", &before["b.bin"]), ("submission.xml", plain.xml())];
    for ((name, expected), vector) in files.into_iter().zip(vectors(&key)) {
        assert_eq!(cipher("-d", &key, &vector, &after[&format!("{name}.enc")]), padded(expected), "{name}");
    }
    let signature = unwrap(between(manifest, "base64EncryptedElementSignature"));
    assert_eq!(signature, md5(signed(wrapped, files).as_bytes()));
}

/// we decrypt what `openssl` encrypted.
#[test]
fn we_decrypt_what_openssl_encrypted() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let der = folder.path().join("public.der");
    std::fs::write(&der, STANDARD.decode(PUBLIC).unwrap()).unwrap();
    let wrap = |secret: &[u8]| {
        let inkey = ["pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", der.to_str().unwrap()];
        STANDARD.encode(openssl(&[&inkey[..], &OAEP].concat(), secret))
    };
    let xml = form("id='f1' version='2'", INSTANCE);
    let long = vec![b'y'; 70_000];
    let files = [("a.jpg", &b"abc"[..]), ("b.bin", &long), ("submission.xml", xml.as_bytes())];
    let key = openssl(&["rand", "32"], b"");
    let sealed = files
        .into_iter()
        .zip(vectors(&key))
        .map(|((name, plain), vector)| (format!("{name}.enc"), cipher("-e", &key, &vector, &padded(plain))));
    let wrapped = wrap(&key);
    let signature = wrap(&md5(signed(&wrapped, files).as_bytes()));
    let manifest = format!(
        "<data xmlns='http://opendatakit.org/submissions' id='f1' version='2' encrypted='yes'>\
         <base64EncryptedKey>{wrapped}</base64EncryptedKey><meta><instanceID>{INSTANCE}</instanceID></meta>\
         <media><file>a.jpg.enc</file><file>b.bin.enc</file></media>\
         <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>\
         <base64EncryptedElementSignature>{signature}</base64EncryptedElementSignature></data>"
    );
    let (opened, verdict) = decrypted(&manifest, &sealed.collect(), &private()).unwrap();
    assert_eq!(verdict, Signature::Matches);
    for (name, plain) in files {
        assert_eq!(opened[name], plain, "{name}");
    }
}
