//! `openrosa decrypt`: an encrypted submission as it was before.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use openrosa_http::encryption::{DecryptError, PrivateKey, Signature};
use openrosa_xml::xml::decode;
use openrosa_xml::{EncryptedSubmission, ReadError};

use crate::exit::{Exit, Failure, complain};
use crate::folder::{Folder, file_name, parent};
use crate::input::{Input, is_dash};
use crate::staged::Staged;
use crate::terminal::say_path;

/// Decrypt a submission with the private key of its form
///
/// The files are looked for beside the manifest, and in `files` there, where `openrosa admin form show --out` puts them. The
/// folder that is made holds the form, `submission.xml`, and its files under their own names. It is there whole, with the
/// signature compared, or not at all, and on Unix only you can look into it.
///
/// The signature shows damage and loss. It does not show who sent the form: whoever has the blank form can make one.
///
/// A submission that cannot be decrypted (another key, a missing or damaged file, a signature that does not match) ends the
/// command with status 1 and leaves nothing; one without a signature is decrypted, and ends it with status 1 too. A file
/// that cannot be read or written, or a key that is none, ends it with status 2.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The manifest, which was sent in the place of the form, or the folder that holds it
    #[arg(value_name = "MANIFEST|DIR")]
    from: PathBuf,
    /// The private key: PEM or DER, PKCS#8 or PKCS#1, without a passphrase; `-` is standard input
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What was made of a submission.
struct Decrypted {
    form: PathBuf,
    signature: Signature,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if is_dash(&args.from) {
        let failure = Failure::new("a manifest from standard input has no files beside it");
        return Err(failure.remedy("the manifest where it lies, or its folder"));
    }
    let manifest = manifest(&args.from)?;
    match decrypt(args, &manifest) {
        Ok(Decrypted { form, signature }) => {
            say_path(&form);
            Ok(told(&manifest, signature))
        }
        Err(Refused::Failure(failure)) => Err(failure),
        Err(Refused::Subject(reason)) => {
            complain(&format!("cannot decrypt `{}`: {reason}", manifest.display()));
            Ok(Exit::Findings)
        }
    }
}

fn told(manifest: &Path, signature: Signature) -> Exit {
    match signature {
        Signature::Matches => Exit::Clean,
        Signature::Absent => {
            let name = manifest.display();
            complain(&format!(
                "`{name}` has no signature, so whether the files are as they were is not known"
            ));
            Exit::Findings
        }
    }
}

/// The manifest meant: that of a folder is its one `.xml` file, or among several `submission.xml`.
fn manifest(from: &Path) -> Result<PathBuf, Failure> {
    if !from.is_dir() {
        return Ok(from.to_owned());
    }
    let forms = Folder::read(from)?.forms;
    let named = forms.iter().find(|path| file_name(path) == "submission.xml");
    match (&*forms, named) {
        ([one], _) | (_, Some(one)) => Ok(one.clone()),
        _ => {
            let reason = format!("`{}` does not hold one `.xml` file, but {}", from.display(), forms.len());
            Err(Failure::new(reason).remedy("name the manifest itself"))
        }
    }
}

fn decrypt(args: &Args, path: &Path) -> Result<Decrypted, Refused> {
    let key = key(&args.key)?;
    let bytes = Input::open(path)?.bytes;
    let text = decode(&bytes)?;
    let sealed = key.open(&EncryptedSubmission::read(&text)?)?;
    let staged = Staged::at(&args.out)?;
    // A submission that was opened has a form, and it is the last file.
    let form = sealed.files().last().map(|file| args.out.join(&file.plain)).unwrap_or_default();
    let signature = sealed.decrypt(
        |file| open(parent(path), &file.sealed),
        |file| File::create_new(staged.path().join(&file.plain)).map(Durable),
    )?;
    staged.keep()?;
    Ok(Decrypted { form, signature })
}

/// A file of the submission: beside the manifest, or in `files` there, where `openrosa admin form show --out` puts them.
fn open(folder: &Path, name: &str) -> io::Result<File> {
    match File::open(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            File::open(folder.join("files").join(name)).map_err(|_| error)
        }
        opened => opened,
    }
}

fn key(path: &Path) -> Result<PrivateKey, Failure> {
    let key = PrivateKey::from_bytes(&Input::open_small(path)?.bytes);
    key.map_err(|error| Failure::new(format!("cannot use `{}`: {error}", path.display())))
}

/// A file that has reached the disk once it is flushed, which decrypting does at its end.
struct Durable(File);

impl Write for Durable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// Why nothing was decrypted.
enum Refused {
    /// Something is wrong with the submission, or it is for another key.
    Subject(String),
    Failure(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self::Subject(error.to_string())
    }
}

impl From<DecryptError> for Refused {
    fn from(error: DecryptError) -> Self {
        if error.is_final() {
            Self::Subject(error.to_string())
        } else {
            Self::Failure(Failure::new(error.to_string()))
        }
    }
}
