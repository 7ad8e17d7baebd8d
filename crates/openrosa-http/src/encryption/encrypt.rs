//! A submission on its way out: encrypted whole, or an error; never in part, never as it was.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use getrandom::SysRng;
use openrosa_xml::instance::InstanceIdText;
use openrosa_xml::xml::decode;
use openrosa_xml::{EncryptedSubmission, Instance, ReadError, WriteError, XForm};
use rsa::rand_core::TryCryptoRng;

use super::cipher::{self, Broken, Plain};
use super::key::{KeyError, PublicKey, SubmissionKey};
use super::signature::Signed;
use super::vectors::Vectors;
use super::{ENDING, FORM, is_plain};
use crate::api::submission::attachment::Source;
use crate::api::submission::{Attachment, NameTaken, Request};

/// Which form a submission is of and which submission it is: what an encrypted one tells openly.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// `@id` of the root, or its namespace.
    pub form_id: String,
    /// `@version` of the root; absent and empty differ.
    pub version: Option<String>,
    /// `meta/instanceID`, which the files are encrypted with.
    pub instance_id: String,
}

impl Identity {
    /// That of a filled-in form.
    ///
    /// # Errors
    /// The form is not XML, or has no id, or no instanceID: without one it cannot be encrypted. Nor can an edit be.
    pub fn of(xml: &[u8]) -> Result<Self, EncryptError> {
        let text = decode(xml)?;
        let instance = Instance::read(&text)?;
        if let Some(replaces) = instance.deprecated_id().and_then(InstanceIdText::into_trimmed) {
            return Err(EncryptError::Edit { replaces });
        }
        let form = instance.form_key();
        let instance_id = instance.instance_id().map(|id| id.trimmed().to_owned());
        Ok(Self {
            form_id: form.id.ok_or(EncryptError::NoFormId)?.into_owned(),
            version: form.version.map(Into::into),
            instance_id: instance_id.filter(|id| !id.is_empty()).ok_or(EncryptError::NoInstanceId)?,
        })
    }
}

/// The submission as its blank form wants it sent: as it is where that has no key, else encrypted, by
/// [`PublicKey::encrypt`].
///
/// # Errors
/// The form has a key, and the submission cannot be encrypted with it. It must not be sent as it is.
pub fn encrypt_if_asked(blank: &XForm<'_>, plain: Request, folder: &Path) -> Result<Request, EncryptError> {
    let Some(key) = PublicKey::of_form(blank)? else {
        return Ok(plain);
    };
    let identity = Identity::of(plain.xml())?;
    match blank.form_key().id {
        Some(id) if id != identity.form_id => {
            Err(EncryptError::OtherForm { blank: id.into_owned(), submission: identity.form_id })
        }
        _ => key.encrypt(&plain, folder),
    }
}

impl PublicKey {
    /// Encrypts a submission: the manifest takes the place of the form, and goes with every file of the old request, and the
    /// form, under their names and `.enc`.
    ///
    /// What was in memory stays there. What was a file is read now, a chunk at a time, and written beside others into
    /// `folder`, which must be there, be this submission's own, and stay until it is delivered. This takes as long as the
    /// files are large, so an asynchronous caller does it on a thread of its own. The files as they were remain: a caller
    /// that sends a folder whole must send this request, not the folder.
    ///
    /// The new request has the settings of [`Request::new`].
    ///
    /// # Errors
    /// Anything at all that goes wrong; what was written into `folder` is removed again. A form without an instanceID cannot
    /// be encrypted.
    pub fn encrypt(&self, plain: &Request, folder: &Path) -> Result<Request, EncryptError> {
        self.encrypt_with(plain, folder, &mut SysRng)
    }

    /// The same with randomness of the caller's choice, for the submission's key and for the padding of what is wrapped.
    ///
    /// # Errors
    /// As above.
    pub fn encrypt_with<R>(
        &self,
        plain: &Request,
        folder: &Path,
        rng: &mut R,
    ) -> Result<Request, EncryptError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let identity = Identity::of(plain.xml())?;
        let key = SubmissionKey::random(rng).map_err(|_| EncryptError::Random)?;
        let wrapped = self.wrap(key.as_bytes(), rng)?;
        let mut manifest = EncryptedSubmission::new(&identity.form_id, &wrapped, &identity.instance_id);
        if let Some(version) = &identity.version {
            manifest = manifest.with_version(version);
        }
        let mut sealing = Sealing::new(&identity, key, &wrapped, folder);
        for file in plain.attachments() {
            manifest = manifest.with_media_file(sealing.add(file)?);
        }
        let form = sealing.add(&Attachment::bytes(FORM, plain.xml().clone()))?;
        let signature = self.wrap(&sealing.signed.md5(), rng)?;
        sealing.finish(&manifest.with_form(form, signature))
    }
}

/// A submission halfway: the files that are encrypted already, and what the next one depends on.
struct Sealing<'a> {
    key: SubmissionKey,
    vectors: Vectors,
    signed: Signed,
    folder: &'a Path,
    sealed: Vec<Attachment>,
    written: Written,
}

impl<'a> Sealing<'a> {
    fn new(identity: &Identity, key: SubmissionKey, wrapped: &str, folder: &'a Path) -> Self {
        let Identity { form_id, version, instance_id } = identity;
        Self {
            vectors: Vectors::new(instance_id, &key),
            signed: Signed::new(form_id, version.as_deref(), wrapped, instance_id),
            key,
            folder,
            sealed: Vec::new(),
            written: Written(Vec::new()),
        }
    }

    /// Encrypts the next file; its new name.
    fn add(&mut self, file: &Attachment) -> Result<String, EncryptError> {
        let name = file.name();
        // Who reads the manifest takes blanks off the names in it.
        if !is_plain(name) || name.trim() != name {
            return Err(EncryptError::Name { name: name.to_owned() });
        }
        let sealed_name = format!("{name}{ENDING}");
        let (plain, sealed) = match file.source() {
            Source::Bytes(bytes) => self.bytes(&bytes, &sealed_name),
            Source::File { path, .. } => self.file(&path, &sealed_name),
            // What is read here is read while nothing else may go on.
            Source::Stream { .. } => Err(io::ErrorKind::Unsupported.into()),
        }
        .map_err(|source| EncryptError::File { name: name.to_owned(), source })?;
        if plain.len != file.size() {
            return Err(EncryptError::Changed { name: name.to_owned() });
        }
        self.signed.file(name, plain.md5);
        self.sealed.push(sealed);
        Ok(sealed_name)
    }

    fn bytes(&mut self, plain: &Bytes, sealed_name: &str) -> io::Result<(Plain, Attachment)> {
        let mut sealed = Vec::with_capacity(plain.len() + 16);
        let told = cipher::encrypt(&self.key, self.vectors.next(), &**plain, &mut sealed)?;
        Ok((told, Attachment::bytes(sealed_name, sealed)))
    }

    fn file(&mut self, plain: &Path, sealed_name: &str) -> io::Result<(Plain, Attachment)> {
        let plain = File::open(plain)?;
        let path = self.folder.join(sealed_name);
        // Never over a file that is there: it may be somebody's, or that of the same attachment given twice.
        let sealed = File::create_new(&path)?;
        self.written.0.push(path.clone());
        let told = cipher::encrypt(&self.key, self.vectors.next(), plain, BufWriter::new(&sealed))?;
        sealed.sync_all()?;
        Ok((told, Attachment::file(sealed_name, path)?))
    }

    fn finish(mut self, manifest: &EncryptedSubmission<'_>) -> Result<Request, EncryptError> {
        let request = self.sealed.into_iter().try_fold(Request::new(manifest.write()?), Request::attach)?;
        self.written.0.clear();
        Ok(request)
    }
}

/// Files that go away again unless all went well.
struct Written(Vec<PathBuf>);

impl Drop for Written {
    fn drop(&mut self) {
        for path in &self.0 {
            // They are encrypted, and their key is gone: should one stay, it tells nobody anything.
            let _ = fs::remove_file(path);
        }
    }
}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Read(error) | Broken::Write(error) => error,
            Broken::Damaged => io::ErrorKind::InvalidData.into(),
        }
    }
}

/// Why a submission was not encrypted. It is not to be sent as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The blank form has a key that nobody can use.
    #[error(transparent)]
    PublicKey(#[from] KeyError),
    /// The filled-in form is not XML.
    #[error("the form cannot be read: {0}")]
    Form(#[from] ReadError),
    /// Its root has neither an `id` nor a namespace.
    #[error("the form has no id")]
    NoFormId,
    /// It has no instanceID, or a blank one.
    #[error("the form has no `instanceID`, without which it cannot be encrypted")]
    NoInstanceId,
    /// It is an edit. What is encrypted has no place to say so (openrosa.md 7.3): a server would keep it beside what it replaces,
    /// and count both.
    #[error("the form is an edit of `{replaces}`, and an encrypted one cannot say what it replaces")]
    Edit {
        /// What it replaces.
        replaces: String,
    },
    /// The key is that of another form, whose private key is perhaps with somebody else.
    #[error("the submission is of form `{submission}`, the key is of form `{blank}`")]
    OtherForm {
        /// The form that has the key.
        blank: String,
        /// The form that was filled in.
        submission: String,
    },
    /// A file whose name is a path, begins or ends with a blank, or breaks a line of the signature.
    #[error("`{}` cannot name a file", name.escape_debug())]
    Name {
        /// The name.
        name: String,
    },
    /// Two files of one name.
    #[error(transparent)]
    NameTaken(#[from] NameTaken),
    /// A file was not read, or not written.
    #[error("cannot encrypt `{name}`: {source}")]
    File {
        /// Which one.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A file is not as long as it was when it was attached.
    #[error("`{name}` has changed since it was attached")]
    Changed {
        /// Which one.
        name: String,
    },
    /// No randomness was to be had.
    #[error("there were no random bytes")]
    Random,
    /// The key is too small to hold anything, or otherwise of no use.
    #[error("the public key cannot encrypt")]
    Unusable,
    /// The form's id, or its version, holds what XML cannot.
    #[error("the manifest cannot be written: {0}")]
    Manifest(#[from] WriteError),
}

impl From<rsa::Error> for EncryptError {
    fn from(error: rsa::Error) -> Self {
        if error == rsa::Error::Rng { Self::Random } else { Self::Unusable }
    }
}
