//! What crosses the files of this module, and what they share in tests.

mod openssl;
mod refusals;
mod round;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{self, Cursor, ErrorKind};
use std::path::Path;

use openrosa_xml::EncryptedSubmission;
use rsa::rand_core::{TryCryptoRng, TryRng};

use super::key::SubmissionKey;
use super::*;
use crate::api::submission::{Attachment, Request};

/// The vector of openrosa.md 7.4: its instance, and its key of the bytes 0, 1, … 31.
pub(super) const INSTANCE: &str = "uuid:00000000-0000-4000-8000-000000000000";

pub(super) fn counted_key() -> SubmissionKey {
    SubmissionKey::random(&mut Counting(0)).unwrap()
}

/// Bytes from hex digits.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// No randomness at all: 0, 1, 2, …
struct Counting(u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut four = [0; 4];
        self.try_fill_bytes(&mut four).map(|()| u32::from_le_bytes(four))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut eight = [0; 8];
        self.try_fill_bytes(&mut eight).map(|()| u64::from_le_bytes(eight))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

const PKCS8: &str = include_str!("tests/private-pkcs8.pem");
const PKCS1: &str = include_str!("tests/private-pkcs1.pem");
const OTHER: &str = include_str!("tests/other-private.pem");
const PUBLIC: &str = include_str!("tests/public.base64");

fn private() -> PrivateKey {
    PrivateKey::from_pem(PKCS8).unwrap()
}

fn public() -> PublicKey {
    PublicKey::from_base64(PUBLIC).unwrap()
}

/// A form of this id and version, with this instanceID.
fn form(root: &str, instance_id: &str) -> String {
    format!("<data {root}><photo>a.jpg</photo><meta><instanceID>{instance_id}</instanceID></meta></data>")
}

/// A form with a file in memory and one on disk, which is made in `folder`.
fn submission(folder: &Path) -> Request {
    std::fs::write(folder.join("on-disk"), vec![b'x'; 100_000]).unwrap();
    Request::new(form("id='f1' version='2'", INSTANCE))
        .attach(Attachment::bytes("a.jpg", "abc"))
        .and_then(|request| request.attach(Attachment::file("b.bin", folder.join("on-disk")).unwrap()))
        .unwrap()
}

/// What was sent, by name.
type Files = BTreeMap<String, Vec<u8>>;

fn files_of(request: &Request) -> Files {
    use crate::api::submission::attachment::Source;

    let content = |file: &Attachment| match file.source() {
        Source::Bytes(bytes) => bytes.to_vec(),
        Source::File { path, .. } => std::fs::read(path).unwrap(),
        Source::Stream { .. } => panic!("nothing encrypted is a stream"),
    };
    request.attachments().iter().map(|file| (file.name().to_owned(), content(file))).collect()
}

/// Decrypts from memory into memory.
fn decrypted(manifest: &str, files: &Files, key: &PrivateKey) -> Result<(Files, Signature), DecryptError> {
    let manifest = EncryptedSubmission::read(manifest).unwrap();
    let sealed = key.open(&manifest)?;
    let names: Vec<String> = sealed.files().iter().map(|file| file.plain.clone()).collect();
    let folder = tempfile::tempdir().unwrap();
    let signature = sealed.decrypt(
        |file| files.get(&file.sealed).map(Cursor::new).ok_or(io::Error::from(ErrorKind::NotFound)),
        |file| std::fs::File::create_new(folder.path().join(&file.plain)),
    )?;
    let content = |name: String| (name.clone(), std::fs::read(folder.path().join(name)).unwrap());
    Ok((names.into_iter().map(content).collect(), signature))
}
