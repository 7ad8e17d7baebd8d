//! The bytes of a form and its files, from where they are kept to the wire.

use std::{
    io,
    path::{Path, PathBuf},
};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use openrosa_http::api::submission::Attachment;
use sqlx::{Row as _, SqliteConnection, SqliteExecutor};

use super::{
    File,
    freeze::{Measure, Measured, Source},
};
use crate::{
    device::Database,
    error::{Error, Kind},
};

/// The bytes of a form, as long as they are here.
pub(in crate::device) async fn xml(db: &mut SqliteConnection, form: i64) -> Result<Option<Bytes>, Error> {
    let chunks = "SELECT bytes FROM outbox_chunks WHERE form = ? AND position = 0 ORDER BY part";
    let chunks = sqlx::query(chunks).bind(form).fetch_all(db).await?;
    let mut xml = BytesMut::new();
    for chunk in &chunks {
        xml.extend_from_slice(chunk.try_get("bytes")?);
    }
    Ok((!chunks.is_empty()).then(|| xml.freeze()))
}

/// The files of a form, in the order in which they go.
pub(in crate::device) async fn files(db: &mut SqliteConnection, form: i64) -> Result<Vec<File>, Error> {
    let files = sqlx::query("SELECT * FROM outbox_files WHERE form = ? ORDER BY position").bind(form);
    files.fetch_all(db).await?.iter().map(File::of).collect()
}

/// Removes the bytes of a form and of its files.
pub(super) async fn remove(db: &mut SqliteConnection, form: i64) -> Result<(), Error> {
    sqlx::query("DELETE FROM outbox_chunks WHERE form = ?").bind(form).execute(db).await?;
    Ok(())
}

/// Whether the bytes of a form and of its copied files are what they were when it was added.
pub(in crate::device) async fn is_as_added(db: &mut SqliteConnection, form: i64) -> Result<bool, Error> {
    let added = sqlx::query_scalar("SELECT sha256 FROM outbox WHERE number = ?").bind(form);
    let added: Vec<u8> = added.fetch_one(&mut *db).await?;
    if measure(db, form, 0).await?.sha256 != added {
        return Ok(false);
    }
    let files = files(db, form).await?;
    if lost(db, form, &files).await?.is_some() {
        return Ok(false);
    }
    for (position, file) in (1..).zip(&files) {
        if file.path.is_none() && fault(db, form, position, file).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is wrong where not every file of a form has its row.
pub(super) async fn lost(
    db: &mut SqliteConnection,
    form: i64,
    files: &[File],
) -> Result<Option<String>, Error> {
    let added = sqlx::query_scalar("SELECT files FROM outbox WHERE number = ?").bind(form);
    let added: i64 = added.fetch_one(db).await?;
    let is_any_lost = added.unsigned_abs() != files.len() as u64;
    Ok(is_any_lost.then(|| format!("of its {added} files only {} are known any more", files.len())))
}

/// What is wrong with a file; `None` where it is as it was.
pub(super) async fn fault(
    db: &mut SqliteConnection,
    form: i64,
    position: i64,
    file: &File,
) -> Result<Option<String>, Error> {
    if let Some(path) = &file.path {
        return Ok(changed(path, file).await);
    }
    let measured = measure(db, form, position).await?;
    Ok(match measured.sha256 == file.sha256 {
        true => None,
        false if i64::unsigned_abs(measured.size) == file.size => {
            Some(format!("the bytes of `{}` are not what they were when the form was added", file.name))
        }
        false => Some(format!("the bytes of `{}` are not all there any more", file.name)),
    })
}

/// How many bytes are in the rows of a form, which has the position 0, or of a file, and their hash.
async fn measure(db: &mut SqliteConnection, form: i64, position: i64) -> Result<Measured, Error> {
    let mut measure = Measure::default();
    for part in 0.. {
        let chunk = row(&mut *db, form, position, part).await?;
        if chunk.is_empty() {
            break;
        }
        measure.take(&chunk);
    }
    Ok(measure.finish())
}

/// The bytes in one row; none behind the last.
async fn row(db: impl SqliteExecutor<'_>, form: i64, position: i64, part: i64) -> Result<Vec<u8>, Error> {
    let chunk = "SELECT bytes FROM outbox_chunks WHERE form = ? AND position = ? AND part = ?";
    let chunk = sqlx::query_scalar(chunk).bind(form).bind(position).bind(part);
    Ok(chunk.fetch_optional(db).await?.unwrap_or_default())
}

/// What is wrong with a file that was not copied.
pub(in crate::device) async fn changed(path: &str, file: &File) -> Option<String> {
    let measured = async { Source::open(Path::new(path)).await?.measure().await };
    match measured.await {
        Err(error) => Some(error.to_string()),
        Ok(measured) if measured.sha256 == file.sha256 => None,
        Ok(measured) if measured.size.unsigned_abs() == file.size => {
            Some(format!("`{path}` is not what it was when the form was added: as many bytes, and others"))
        }
        Ok(measured) => Some(format!(
            "`{path}` is not what it was when the form was added: it had {} bytes then and has {} now",
            file.size, measured.size
        )),
    }
}

/// A file as it goes out: a chunk at a time, and held against its hash before the last of the request goes.
pub(super) fn attachment(database: &Database, form: i64, position: i64, file: &File) -> Attachment {
    let (database, kept) = (database.clone(), file.clone());
    Attachment::stream(&file.name, file.size, move || {
        let place = match &kept.path {
            Some(path) => Place::Ahead(path.into()),
            None => Place::Rows { database: database.clone(), form, position, part: 0 },
        };
        let reading = Reading { place, measure: Measure::default(), sha256: kept.sha256 };
        stream::try_unfold(Some(reading), |reading| async {
            let Some(reading) = reading else { return Ok(None) };
            reading.next().await.map_err(io::Error::other)
        })
    })
}

/// A file that is being read.
struct Reading {
    place: Place,
    measure: Measure,
    sha256: [u8; 32],
}

enum Place {
    Rows { database: Database, form: i64, position: i64, part: i64 },
    Ahead(PathBuf),
    Open(Source),
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Option<Self>)>, Error> {
        let chunk = self.place.chunk().await?;
        if !chunk.is_empty() {
            self.measure.take(&chunk);
            return Ok(Some((chunk, Some(self))));
        }
        match self.measure.finish().sha256 == self.sha256 {
            true => Ok(None),
            false => Err(Kind::Damaged("a file is not what it was".to_owned()).into()),
        }
    }
}

impl Place {
    async fn chunk(&mut self) -> Result<Bytes, Error> {
        if let Self::Ahead(path) = self {
            *self = Self::Open(Source::open(path).await?);
        }
        match self {
            Self::Open(source) => source.chunk().await,
            Self::Rows { database, form, position, part } => {
                let chunk = row(&database.readers, *form, *position, *part).await?;
                *part += 1;
                Ok(chunk.into())
            }
            Self::Ahead(_) => Ok(Bytes::new()),
        }
    }
}
