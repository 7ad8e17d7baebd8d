//! Putting a form and its files where nothing is lost, as it is and in one transaction.

use std::{
    io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use chrono::{DateTime, FixedOffset};
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, SqliteConnection, SqliteTransaction};
use tokio::{fs, io::AsyncReadExt as _};

use super::{
    CHUNK, Event, content,
    new::{About, From, Kin, NewFile, NewForm},
};
use crate::{
    device::DeviceKind,
    error::{Error, Kind},
};

/// A form that is in the outbox now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "which one, and whether it is news")]
pub struct Added {
    /// Its number.
    pub number: i64,
    /// Whether it was not there before.
    pub is_new: bool,
}

impl Added {
    /// What is told of it.
    pub(in crate::device) fn event(self) -> Option<Event> {
        self.is_new.then_some(Event::Added { number: self.number })
    }
}

/// Keeps a form and its files as they are now. One that is there already, with the same bytes and files, is that form; one of the
/// same `instanceID` that is another is an error.
pub(in crate::device) async fn freeze(
    tx: &mut SqliteTransaction<'_>,
    form: &NewForm,
    now: DateTime<FixedOffset>,
) -> Result<Added, Error> {
    if let Some(number) = same_instance(tx, form).await? {
        return match is_same(tx, number, form).await? {
            true => Ok(Added { number, is_new: false }),
            false => {
                Err(DeviceKind::InstanceTaken { instance_id: form.about.instance_id.clone(), number }.into())
            }
        };
    }
    let number = insert(tx, form, now).await?;
    keep(tx, number, 0, &mut Source::Bytes(form.xml.clone())).await?;
    for (position, file) in (1..).zip(&form.files) {
        add_file(tx, number, position, file).await?;
    }
    for ((kin, name), changes) in &form.about.touches {
        let touch = "INSERT INTO outbox_touches (kind, name, form, changes) VALUES (?, ?, ?, ?)";
        let touch = sqlx::query(touch).bind(kin.word()).bind(name).bind(number).bind(changes);
        touch.execute(&mut **tx).await?;
    }
    Ok(Added { number, is_new: true })
}

/// Whether a form that is here is known by what it says itself, and comes after all forms that it has to.
pub(in crate::device) async fn is_about_the_same(
    db: &mut SqliteConnection,
    number: i64,
) -> Result<bool, Error> {
    let Some(xml) = content::xml(db, number).await? else { return Ok(false) };
    let Ok(about) = About::read(&xml) else { return Ok(false) };
    let known = sqlx::query_scalar("SELECT instance_id FROM outbox WHERE number = ?").bind(number);
    let known: String = known.fetch_one(&mut *db).await?;
    let touches =
        sqlx::query_as("SELECT kind, name, changes FROM outbox_touches WHERE form = ?").bind(number);
    let touches: Vec<(String, String, bool)> = touches.fetch_all(db).await?;
    let is_kept = |((kin, name), changes): (&(Kin, String), &bool)| {
        touches.iter().any(|(kind, of, does)| kind == kin.word() && of == name && does == changes)
    };
    Ok(known == about.instance_id && about.touches.iter().all(is_kept))
}

async fn same_instance(tx: &mut SqliteTransaction<'_>, form: &NewForm) -> Result<Option<i64>, Error> {
    let same = "SELECT number FROM outbox WHERE instance_id = ? AND state <> 'dropped'";
    Ok(sqlx::query_scalar(same).bind(&form.about.instance_id).fetch_optional(&mut **tx).await?)
}

/// Whether the form that is there has these bytes and these files.
async fn is_same(tx: &mut SqliteTransaction<'_>, number: i64, form: &NewForm) -> Result<bool, Error> {
    let held: Vec<u8> = sqlx::query_scalar("SELECT sha256 FROM outbox WHERE number = ?")
        .bind(number)
        .fetch_one(&mut **tx)
        .await?;
    let files = sqlx::query("SELECT name, sha256 FROM outbox_files WHERE form = ? ORDER BY position")
        .bind(number)
        .fetch_all(&mut **tx)
        .await?;
    if held != Sha256::digest(&form.xml).as_slice() || files.len() != form.files.len() {
        return Ok(false);
    }
    for (held, file) in files.iter().zip(&form.files) {
        let is_same = held.try_get::<String, _>("name")? == file.name
            && held.try_get::<Vec<u8>, _>("sha256")? == file.source().await?.measure().await?.sha256;
        if !is_same {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn insert(
    tx: &mut SqliteTransaction<'_>,
    form: &NewForm,
    now: DateTime<FixedOffset>,
) -> Result<i64, Error> {
    let insert =
        "INSERT INTO outbox (instance_id, form_id, file_name, size, sha256, files, added_at, state, due_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?)";
    let insert = sqlx::query(insert)
        .bind(&form.about.instance_id)
        .bind(form.about.form_id.as_deref())
        .bind(&form.file_name)
        .bind(form.xml.len() as i64)
        .bind(Sha256::digest(&form.xml).to_vec())
        .bind(form.files.len() as i64)
        .bind(now.timestamp_micros())
        .bind(now.timestamp_micros());
    Ok(insert.execute(&mut **tx).await?.last_insert_rowid())
}

async fn add_file(
    tx: &mut SqliteTransaction<'_>,
    form: i64,
    position: i64,
    file: &NewFile,
) -> Result<(), Error> {
    let mut source = file.source().await?;
    let (measured, path) = match &file.from {
        From::Referenced(path) => (source.measure().await?, path.to_str()),
        From::Bytes(_) | From::Copied(_) => (keep(tx, form, position, &mut source).await?, None),
    };
    let insert =
        "INSERT INTO outbox_files (form, position, name, size, sha256, path) VALUES (?, ?, ?, ?, ?, ?)";
    let insert = sqlx::query(insert).bind(form).bind(position).bind(&file.name).bind(measured.size);
    insert.bind(measured.sha256).bind(path).execute(&mut **tx).await?;
    Ok(())
}

/// Puts bytes into rows, and says how many they were and what their hash is.
async fn keep(
    tx: &mut SqliteTransaction<'_>,
    form: i64,
    position: i64,
    source: &mut Source,
) -> Result<Measured, Error> {
    let mut measure = Measure::default();
    for part in 0_i64.. {
        let chunk = source.chunk().await?;
        if chunk.is_empty() {
            break;
        }
        measure.take(&chunk);
        let insert = "INSERT INTO outbox_chunks (form, position, part, bytes) VALUES (?, ?, ?, ?)";
        let insert = sqlx::query(insert).bind(form).bind(position).bind(part).bind(&*chunk);
        insert.execute(&mut **tx).await?;
    }
    Ok(measure.finish())
}

/// How many bytes there are, and their hash.
#[derive(Default)]
pub(super) struct Measure {
    size: i64,
    hash: Sha256,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) size: i64,
    pub(super) sha256: Vec<u8>,
}

impl Measure {
    pub(super) fn take(&mut self, chunk: &[u8]) {
        self.size = self.size.saturating_add_unsigned(chunk.len() as u64);
        self.hash.update(chunk);
    }

    pub(super) fn finish(self) -> Measured {
        Measured { size: self.size, sha256: self.hash.finalize().to_vec() }
    }
}

/// Bytes that are taken a chunk at a time.
pub(super) enum Source {
    Bytes(Bytes),
    File(fs::File, PathBuf),
}

impl Source {
    pub(super) async fn open(path: &Path) -> Result<Self, Error> {
        let opened = open(path).await;
        opened.map(|file| Self::File(file, path.to_owned())).map_err(|error| unread(path, error))
    }

    /// The next bytes, `CHUNK` of them unless they are the last; none at the end.
    pub(super) async fn chunk(&mut self) -> Result<Bytes, Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.split_to(bytes.len().min(CHUNK))),
            Self::File(file, path) => {
                let mut chunk = Vec::with_capacity(CHUNK);
                let read = file.take(CHUNK as u64).read_to_end(&mut chunk).await;
                read.map_err(|error| unread(path, error))?;
                Ok(chunk.into())
            }
        }
    }

    pub(super) async fn measure(&mut self) -> Result<Measured, Error> {
        let mut measure = Measure::default();
        loop {
            let chunk = self.chunk().await?;
            if chunk.is_empty() {
                return Ok(measure.finish());
            }
            measure.take(&chunk);
        }
    }
}

impl NewFile {
    async fn source(&self) -> Result<Source, Error> {
        match &self.from {
            From::Bytes(bytes) => Ok(Source::Bytes(bytes.clone())),
            From::Copied(path) | From::Referenced(path) => Source::open(path).await,
        }
    }
}

/// Opens a regular file, and nothing else: whoever opens a pipe waits until somebody writes, and reads as long as somebody does.
async fn open(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    options.custom_flags(libc::O_NONBLOCK);
    let file = options.read(true).open(path).await?;
    match file.metadata().await?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "no regular file")),
    }
}

fn unread(path: &Path, error: io::Error) -> Error {
    Kind::File { path: path.to_owned(), error }.into()
}
