//! The bytes of a form and its files, from where they are kept to the wire.

use std::{
    io,
    path::{Path, PathBuf},
};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use openrosa_http::api::submission::Attachment;
use sqlx::{Row as _, SqliteConnection};

use super::{
    File,
    freeze::{Measure, Source},
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
pub(super) async fn files(db: &mut SqliteConnection, form: i64) -> Result<Vec<File>, Error> {
    let files = sqlx::query("SELECT * FROM outbox_files WHERE form = ? ORDER BY position").bind(form);
    files.fetch_all(db).await?.iter().map(File::of).collect()
}

/// Removes the bytes of a form and of its files.
pub(super) async fn remove(db: &mut SqliteConnection, form: i64) -> Result<(), Error> {
    sqlx::query("DELETE FROM outbox_chunks WHERE form = ?").bind(form).execute(db).await?;
    Ok(())
}

/// What is wrong with a file; `None` where it is as it was.
pub(super) async fn fault(
    database: &Database,
    form: i64,
    position: i64,
    file: &File,
) -> Result<Option<String>, Error> {
    match &file.path {
        Some(path) => Ok(changed(path, file).await),
        None => {
            let held =
                "SELECT coalesce(sum(length(bytes)), 0) FROM outbox_chunks WHERE form = ? AND position = ?";
            let held =
                sqlx::query_scalar(held).bind(form).bind(position).fetch_one(&database.readers).await?;
            let is_whole = i64::unsigned_abs(held) == file.size;
            Ok((!is_whole).then(|| format!("the bytes of `{}` are not all there any more", file.name)))
        }
    }
}

async fn changed(path: &str, file: &File) -> Option<String> {
    let measured = async { Source::open(Path::new(path)).await?.measure().await };
    match measured.await {
        Err(error) => Some(error.to_string()),
        Ok(measured) if measured.sha256 == file.sha256 => None,
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
                let chunk = "SELECT bytes FROM outbox_chunks WHERE form = ? AND position = ? AND part = ?";
                let chunk = sqlx::query_scalar(chunk).bind(*form).bind(*position).bind(*part);
                let chunk: Option<Vec<u8>> = chunk.fetch_optional(&database.readers).await?;
                *part += 1;
                Ok(chunk.unwrap_or_default().into())
            }
            Self::Ahead(_) => Ok(Bytes::new()),
        }
    }
}
