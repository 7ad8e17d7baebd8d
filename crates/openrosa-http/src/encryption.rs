//! Encrypted submissions: a form that has a public key is sent so that only the holder of the private key can read it.
//!
//! ```no_run
//! use std::path::Path;
//! use openrosa_http::api::submission::{Attachment, Request};
//! use openrosa_http::encryption;
//! use openrosa_xml::XForm;
//!
//! # fn send() -> Result<(), Box<dyn std::error::Error>> {
//! let blank = std::fs::read_to_string("visit-blank.xml")?;
//! let plain = Request::new(std::fs::read("visit.xml")?).attach(Attachment::file("1.jpg", "photos/1.jpg")?)?;
//! // As it is where the form has no key, else encrypted, else an error; files are encrypted into that folder.
//! let request = encryption::encrypt_if_asked(&XForm::read(&blank)?, plain, Path::new("outbox/visit"))?;
//! # Ok(()) }
//! ```
//!
//! And back, on the desk of whoever holds the private key:
//!
//! ```no_run
//! use std::fs::{self, File};
//! use openrosa_http::encryption::{PrivateKey, Signature};
//! use openrosa_xml::EncryptedSubmission;
//!
//! # fn open() -> Result<(), Box<dyn std::error::Error>> {
//! let manifest = fs::read_to_string("sent/submission.xml")?;
//! let key = PrivateKey::from_bytes(&fs::read("private.pem")?)?;
//! let sealed = key.open(&EncryptedSubmission::read(&manifest)?)?;
//! let signature = sealed.decrypt(
//!     |file| File::open(format!("sent/{}", file.sealed)),
//!     |file| File::create_new(format!("opened/{}", file.plain)),
//! )?;
//! assert_eq!(signature, Signature::Matches);
//! # Ok(()) }
//! ```
//!
//! What it does not do: nothing here shows who sent a submission. The signature is made with the public key, so whoever
//! has the blank form can make one; it reveals damage and loss, no more. What is decrypted is not authenticated before it
//! is written, so decrypting belongs on a desk or on a server that tells a stranger nothing about how it went.
//!
//! *Spec*: openrosa.md 7.

mod cipher;
mod decrypt;
mod encrypt;
mod key;
mod signature;
mod vectors;

pub use decrypt::{DecryptError, Sealed, SealedFile, Signature};
pub use encrypt::{EncryptError, Identity, encrypt_if_asked};
pub use key::{KeyError, PrivateKey, PublicKey};
/// Where randomness comes from when it is not the operating system.
pub use rsa::rand_core::TryCryptoRng;

/// What the form itself is called among the files.
const FORM: &str = "submission.xml";
/// What an encrypted file is called behind its own name.
const ENDING: &str = ".enc";

/// Whether a name from the wire is that of a file in whatever folder we put it: no path, no drive, no line of its own in
/// the text that is signed.
fn is_plain(name: &str) -> bool {
    let leads_elsewhere = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
    !matches!(name, "" | "." | "..") && !name.contains(leads_elsewhere)
}

#[cfg(test)]
mod tests;
