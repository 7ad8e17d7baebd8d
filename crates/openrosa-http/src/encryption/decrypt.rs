//! A submission that arrived encrypted: opened with the private key, decrypted a file at a time, held against its signature.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};

use openrosa_xml::EncryptedSubmission;
use zeroize::Zeroizing;

use super::cipher::{self, Broken};
use super::key::{PrivateKey, SubmissionKey, unbase64};
use super::signature::Signed;
use super::vectors::Vectors;
use super::{ENDING, is_plain};

/// An encrypted submission whose key has been found: which files it needs, and what they will be.
pub struct Sealed {
    key: SubmissionKey,
    vectors: Vectors,
    signed: Signed,
    signature: Option<Zeroizing<Vec<u8>>>,
    files: Vec<SealedFile>,
}

/// A file of an encrypted submission, by both its names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealedFile {
    /// As it was sent, in general with `.enc` at its end.
    pub sealed: String,
    /// As it was before. Neither name is a path.
    pub plain: String,
}

/// What the signature of a submission says of what was decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a signature that does not match is an error")]
pub enum Signature {
    /// Everything is there and as it was. It does not say from whom: anyone who has the blank form can sign.
    Matches,
    /// There is none, and nothing is known. Specifications call it optional; no known client leaves it out.
    Absent,
}

impl PrivateKey {
    /// Opens a submission. No file of it is looked at yet.
    ///
    /// # Errors
    /// The manifest lacks something or names a file by a path, or the key of the submission does not open with this one.
    pub fn open(&self, manifest: &EncryptedSubmission<'_>) -> Result<Sealed, DecryptError> {
        if !manifest.is_encrypted() {
            return Err(DecryptError::NotEncrypted);
        }
        let lacks = |name| DecryptError::Lacks { name };
        let form_id = manifest.form_id().ok_or(lacks("id"))?;
        let instance_id = manifest.instance_id().filter(|id| !id.trim().is_empty());
        let instance_id = instance_id.ok_or(lacks("instanceID"))?;
        manifest.form_file().ok_or(lacks("encryptedXmlFile"))?;
        let wrapped = manifest.encrypted_key().unwrap_or_default();
        let key = self.submission_key(&wrapped)?;
        Ok(Sealed {
            vectors: Vectors::new(&instance_id, &key),
            signed: Signed::new(form_id, manifest.version(), &wrapped, &instance_id),
            // One that does not open matches nothing.
            signature: manifest.signature().map(|wrapped| self.unwrap_text(&wrapped).unwrap_or_default()),
            files: files(manifest)?,
            key,
        })
    }

    fn submission_key(&self, wrapped: &str) -> Result<SubmissionKey, DecryptError> {
        let key = self.unwrap_text(wrapped).ok_or(DecryptError::WrongKey)?;
        SubmissionKey::from_slice(&key).ok_or(DecryptError::NotAes256 { bytes: key.len() })
    }

    fn unwrap_text(&self, wrapped: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.unwrap(&unbase64(wrapped)?)
    }
}

/// The files in the order in which they were encrypted, the form last.
fn files(manifest: &EncryptedSubmission<'_>) -> Result<Vec<SealedFile>, DecryptError> {
    let mut taken = BTreeSet::new();
    let mut file = |sealed: String| {
        let plain = sealed.strip_suffix(ENDING).unwrap_or(&sealed).to_owned();
        if !is_plain(&plain) || !taken.insert(plain.clone()) {
            return Err(DecryptError::Name { name: sealed });
        }
        Ok(SealedFile { sealed, plain })
    };
    manifest.files().map(|name| file(name.into_owned())).collect()
}

impl Sealed {
    /// Its files, the form last.
    pub fn files(&self) -> &[SealedFile] {
        &self.files
    }

    /// Decrypts every file: `find` gives what was sent under a name, `make` takes what it was. Each is called once a file,
    /// and no more than a chunk of a file is in memory.
    ///
    /// What `make` was given counts only if this ends well: until the signature has been compared, nobody knows that it is
    /// what was sent.
    ///
    /// # Errors
    /// A file is missing, cannot be read or written, or is damaged; or the signature is that of something else.
    pub fn decrypt<R: Read, W: Write>(
        mut self,
        mut find: impl FnMut(&SealedFile) -> io::Result<R>,
        mut make: impl FnMut(&SealedFile) -> io::Result<W>,
    ) -> Result<Signature, DecryptError> {
        for file in &self.files {
            let broken = |broken| DecryptError::of(file, broken);
            let vector = self.vectors.next();
            let sealed = find(file).map_err(Broken::Read).map_err(broken)?;
            let plain = make(file).map_err(Broken::Write).map_err(broken)?;
            let told = cipher::decrypt(&self.key, vector, sealed, plain).map_err(broken)?;
            self.signed.file(&file.plain, told.md5);
        }
        match &self.signature {
            None => Ok(Signature::Absent),
            Some(signature) if ***signature == self.signed.md5() => Ok(Signature::Matches),
            Some(_) => Err(DecryptError::Signature),
        }
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Why a submission was not decrypted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// A form that was sent as it is.
    #[error("this is not the manifest of an encrypted submission")]
    NotEncrypted,
    /// The manifest is not whole.
    #[error("the manifest has no `{name}`")]
    Lacks {
        /// What it lacks.
        name: &'static str,
    },
    /// A name that leads out of its folder, or that two files have.
    #[error("the manifest calls a file `{}`, which cannot be its name", name.escape_debug())]
    Name {
        /// The name.
        name: String,
    },
    /// The submission was encrypted for another key, or its own key is damaged: RSA does not tell which.
    #[error("the private key does not open this submission")]
    WrongKey,
    /// It was opened, and holds no key of AES-256.
    #[error("the submission's key has {bytes} bytes instead of 32")]
    NotAes256 {
        /// How many it has.
        bytes: usize,
    },
    /// A file that the manifest names did not come.
    #[error("`{name}` is missing")]
    Missing {
        /// Its name as sent.
        name: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{name}`: {source}")]
    Read {
        /// Its name as sent.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// What was decrypted cannot be written.
    #[error("cannot write `{name}`: {source}")]
    Write {
        /// The name it had.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A file does not end as encrypted files do.
    #[error("`{name}` is damaged")]
    Damaged {
        /// Its name as sent.
        name: String,
    },
    /// Something was altered, left out or put in another's place.
    #[error("the signature does not match what was sent")]
    Signature,
}

impl DecryptError {
    fn of(file: &SealedFile, broken: Broken) -> Self {
        let name = file.sealed.clone();
        match broken {
            Broken::Read(error) if error.kind() == ErrorKind::NotFound => Self::Missing { name },
            Broken::Read(source) => Self::Read { name, source },
            Broken::Write(source) => Self::Write { name: file.plain.clone(), source },
            Broken::Damaged => Self::Damaged { name },
        }
    }

    /// Whether what was sent is at fault, rather than the disk: trying again would not help.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Read { .. } | Self::Write { .. })
    }
}
