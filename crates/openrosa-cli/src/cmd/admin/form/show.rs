//! `openrosa admin form show`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use futures_util::TryStreamExt as _;
use openrosa_store::server::{Domain, FileRow, FormRow};
use openrosa_xml::xml::decode;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::facts;
use crate::cmd::admin::{AS_SERVED, Office, failed};
use crate::cmd::forms::safe;
use crate::durable::sync_folder;
use crate::exit::{Exit, Failure};
use crate::page::{counted, seen};
use crate::staged::Staged;
use crate::terminal::{print_bytes, say};

pub(super) async fn run(
    form: &FormRow,
    domain: &Domain,
    out: Option<&Path>,
    office: &Office,
) -> Result<Exit, Failure> {
    let xml = office.database.xml(domain, form).await.map_err(|error| failed(&error))?;
    let Some(out) = out else {
        match office.json {
            true => say(with(form, "xml", decode(&xml).ok().into())),
            false => print_bytes(&xml),
        }
        return Ok(Exit::Clean);
    };
    let folder = Staged::at(out)?;
    write(&folder.path().join("form.xml"), &xml)?;
    let files = office.database.files_of(domain, form).await.map_err(|error| failed(&error))?;
    copy_all(form, &files, &folder.path().join("files"), office).await?;
    folder.keep()?;
    let names: Vec<_> = files.iter().map(|file| safe(&file.name)).collect();
    office.told(
        format_args!("form.xml and {} in {}", counted(files.len(), "file"), out.display()),
        with(form, "files", names.into()),
    );
    Ok(Exit::Clean)
}

/// What is known of the form, and this.
fn with(form: &FormRow, name: &str, value: Json) -> Json {
    let mut facts = facts(form);
    facts[name] = value;
    facts
}

/// In a folder of their own: one of them may be called `form.xml`.
async fn copy_all(form: &FormRow, files: &[FileRow], folder: &Path, office: &Office) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    let unmade = |error| Failure::new(format!("cannot make `{}`: {error}", folder.display()));
    std::fs::create_dir(folder).map_err(unmade)?;
    for file in files {
        copy(form, file, folder, office).await?;
    }
    sync_folder(folder).map_err(|error| Failure::new(error.to_string()))
}

/// Piece by piece: a file may be a film. What its sender called it is no name of a file before it is made safe. It has to be what
/// was acknowledged: a disk may have lost the end of it, or somebody may have copied it half.
async fn copy(form: &FormRow, file: &FileRow, folder: &Path, office: &Office) -> Result<(), Failure> {
    let path = folder.join(safe(&file.name));
    let unwritten = |error: io::Error| Failure::new(format!("cannot write `{}`: {error}", path.display()));
    let pieces = office.database.files().read(&file.object).await;
    let mut pieces = pieces.map_err(|error| match error.is_missing_file() {
        true => missing(form, file, office),
        false => failed(&error),
    })?;
    let mut copy = File::create_new(&path).map_err(unwritten)?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    while let Some(piece) = pieces.try_next().await.map_err(|error| failed(&error))? {
        hash.update(&piece);
        size += piece.len() as u64;
        copy.write_all(&piece).map_err(unwritten)?;
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    match size == file.size && hash == file.sha256 {
        true => copy.sync_all().map_err(unwritten),
        false => Err(spoilt(form, file, size)),
    }
}

/// Whoever has the file still can have it put right.
fn spoilt(form: &FormRow, file: &FileRow, size: u64) -> Failure {
    let (name, id) = (seen(&file.name), seen(&form.instance_id));
    // A server that is sent the form again looks at the length of what it has, not at all of it: a form may have films.
    let (how, again) = match size == file.size {
        true => (
            "has other bytes than those that were received".to_owned(),
            "or take it away: it is mended when its device sends the form again",
        ),
        false => (
            format!("is {} long, and {} were received", counted(size, "byte"), counted(file.size, "byte")),
            "it is mended, too, when its device sends the form again",
        ),
    };
    let failure = format!(
        "the file `{name}` of form `{id}` {how}: it is called `{}` in the place of files",
        file.object
    );
    Failure::new(failure).remedy(format!("put that file back from a copy; {again}"))
}

/// A place may have been named that is another's, or none at all.
fn missing(form: &FormRow, file: &FileRow, office: &Office) -> Failure {
    let (name, id) = (seen(&file.name), seen(&form.instance_id));
    let failure =
        format!("the file `{name}` of form `{id}` is not in the place of files, which is `{}`", office.files);
    Failure::new(failure).remedy(AS_SERVED)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written =
        File::create_new(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| Failure::new(format!("cannot write `{}`: {error}", path.display())))
}
