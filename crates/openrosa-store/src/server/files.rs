//! The files of forms: in a folder, in S3, or in whatever object store a host brings.

mod s3;

use std::{
    fmt,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use md5::{Digest as _, Md5};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutPayload, buffered::BufWriter,
    local::LocalFileSystem, memory::InMemory, path::Path as Key,
};
use openrosa_xml::FileHash;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::{
    error::{Error, Kind},
    private,
};

/// Under this lies the identity of the database whose place this is. No file is called so.
const MARKER: &str = "database";
/// How much of a file is in memory while it comes in: what object stores take as a part at least.
const PART: usize = 5 * 1024 * 1024;
/// How long two that claim a place at once may be apart, where the store keeps neither from writing over the other's word.
const APART: Duration = Duration::from_secs(1);
/// The same in a folder, where parts may be of any size.
const CHUNK: usize = 64 * 1024;

/// Where the files of forms are kept.
///
/// Each has a random name, so no name from the wire is ever a path, and none is written twice.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    part: usize,
    folder: Option<PathBuf>,
}

impl Files {
    /// In a folder, which is made if it is not there, for no one but the user of this process. A file is on the disk, and its name in
    /// the folder, before its form is acknowledged.
    pub fn in_folder(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let at = |error| Kind::File { path: folder.to_owned(), error };
        private::create_folder(folder).map_err(at)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), part: CHUNK, folder: Some(folder.to_owned()) })
    }

    /// The same in a folder that is not made, for who looks after a server's database: where there is none, there are no files.
    pub fn found_in_folder(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        match folder.try_exists() {
            Ok(false) => {
                let none = Self::in_store(Arc::new(InMemory::new()));
                Ok(Self { folder: Some(folder.to_owned()), ..none })
            }
            _ => Self::in_folder(folder),
        }
    }

    /// In a bucket of an object store that speaks S3, below a prefix. Where it is and who comes is said by the environment:
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, and `AWS_ENDPOINT_URL` for others than Amazon's. Without a key it is
    /// an error, unless `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, `AWS_CONTAINER_CREDENTIALS_FULL_URI` or
    /// `AWS_METADATA_ENDPOINT` says whose role is taken. A prefix is as it is, parts between slashes of which none is empty; what cannot
    /// be one is an error ([`Error::is_no_prefix`]).
    pub fn in_s3(bucket: &str, prefix: &str) -> Result<Self, Error> {
        Ok(Self::in_store(s3::open(bucket, prefix)?))
    }

    /// In an object store of `object_store`. What it has taken must be durable.
    pub fn in_store(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, part: PART, folder: None }
    }

    /// The content of a file, in pieces.
    pub async fn read(&self, object: &str) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        self.read_from(object, 0).await
    }

    /// The same, from this byte on. Behind its end there is nothing.
    pub async fn read_from(
        &self,
        object: &str,
        from: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let range = (from > 0).then_some(GetRange::Offset(from));
        let got = self.store.get_opts(&Key::from(object), GetOptions::default().with_range(range)).await?;
        Ok(got.into_stream().map_err(Error::from).boxed())
    }

    /// Whether it is certain that it is not there.
    pub(super) async fn lacks(&self, object: &str) -> bool {
        matches!(self.has(object).await, Ok(false))
    }

    /// Which database has said that this is its place.
    pub(super) async fn owner(&self) -> Result<Option<String>, object_store::Error> {
        match self.store.get(&Key::from(MARKER)).await {
            // A person may have written it, whose editor ends a line.
            Ok(found) => Ok(Some(String::from_utf8_lossy(&found.bytes().await?).trim().to_owned())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says whose place this is, unless somebody else has said so meanwhile; whose it is now.
    pub(super) async fn claim(&self, identity: &str) -> Result<Option<String>, object_store::Error> {
        let (marker, word) = (Key::from(MARKER), PutPayload::from(identity.to_owned()));
        match self.store.put_opts(&marker, word.clone(), PutMode::Create.into()).await {
            Err(object_store::Error::AlreadyExists { .. }) => return self.owner().await,
            Ok(_) if self.folder.is_some() => return Ok(Some(identity.to_owned())),
            // There are stores that have not heard of the condition, and do as if it were not there.
            Ok(_) => {}
            // A disk that knows no links, or a store that says that it has not heard of it.
            Err(error) if self.folder.is_some() || s3::is_unheard_of(&error) => {
                self.store.put(&marker, word).await?;
            }
            Err(error) => return Err(error),
        }
        // There the last word counts.
        tokio::time::sleep(APART).await;
        self.owner().await
    }

    /// Keeps others out of a folder that is a database's own. One that belongs to another user is that user's affair.
    pub(super) fn close(&self) {
        if let Some(Err(error)) = self.folder.as_deref().map(private::close_folder) {
            tracing::debug!(%error, "the folder of files stays open to others");
        }
    }

    /// Whether it is there, which nobody knows where the place does not answer.
    pub(super) async fn has(&self, object: &str) -> Result<bool, object_store::Error> {
        self.size(object).await.map(|size| size.is_some())
    }

    /// How long it is, if it is there.
    async fn size(&self, object: &str) -> Result<Option<u64>, object_store::Error> {
        match self.store.head(&Key::from(object)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether it is certain that it is not there, or not as long as it was.
    pub(super) async fn has_lost(&self, object: &str, size: u64) -> bool {
        matches!(self.size(object).await, Ok(found) if found != Some(size))
    }

    /// Whether nothing lies there but what a system puts there by itself.
    pub(super) async fn is_free(&self) -> Result<bool, object_store::Error> {
        if self.folder.is_none() {
            // It may be a large bucket of others': the first object tells. What consoles make of "a new folder" is an empty object
            // that is called as the prefix is.
            let others = self.store.list(None).try_filter(|found| {
                std::future::ready(found.size > 0 || !found.location.as_ref().is_empty())
            });
            return Ok(pin!(others).try_next().await?.is_none());
        }
        let found = self.store.list_with_delimiter(None).await?;
        let files = found.objects.iter().map(|file| &file.location);
        let names = files.chain(&found.common_prefixes).filter_map(Key::filename);
        Ok(names.into_iter().all(|name| name == "lost+found" || name.starts_with('.')))
    }

    /// Fails where a folder cannot be looked into. Of those in it that does not matter.
    pub(super) async fn can_be_listed(&self) -> Result<(), Error> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let at = |error| Kind::File { path: folder.clone(), error };
        tokio::fs::read_dir(folder).await.map_err(at)?.next_entry().await.map_err(at)?;
        Ok(())
    }

    pub(super) fn begin(&self) -> Incoming {
        let object = Uuid::new_v4().simple().to_string();
        let writer = BufWriter::with_capacity(Arc::clone(&self.store), Key::from(object.as_str()), self.part);
        Incoming { object, writer, md5: Md5::new() }
    }

    /// Removes files that no form has got. That one is left is no harm: whoever tidies finds it.
    pub(super) async fn remove(&self, objects: impl IntoIterator<Item = String>) {
        for object in objects {
            if let Err(error) = self.remove_one(&object).await {
                tracing::debug!(%error, object, "a file of no form stays");
            }
        }
    }

    /// Whether it was there to be removed, as far as the store says.
    pub(super) async fn remove_one(&self, object: &str) -> Result<bool, Error> {
        match self.store.delete(&Key::from(object)).await {
            Ok(()) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The files that are older than this, and since when they are there. Whatever else lies there, and has another kind of name, is
    /// nobody's business.
    pub(super) fn older_than(
        &self,
        age: Duration,
        now: DateTime<Utc>,
    ) -> BoxStream<'static, Result<(String, DateTime<Utc>), Error>> {
        let before = now - age;
        let is_folder = self.folder.is_some();
        let found = self.store.list(None).filter(move |found| {
            // A folder in there that may not be looked into, as `lost+found`, is none of ours.
            std::future::ready(!is_folder || found.is_ok())
        });
        let old = found.map_err(Error::from).try_filter_map(move |file| async move {
            let object = file.location.to_string();
            let is_old = file.last_modified < before && is_object(&object);
            Ok(is_old.then_some((object, file.last_modified)))
        });
        old.boxed()
    }
}

/// Whether something may be called so by [`Files::begin`].
fn is_object(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Files({})", self.store)
    }
}

/// A file on its way in.
pub(super) struct Incoming {
    object: String,
    writer: BufWriter,
    md5: Md5,
}

/// A file that has come whole and is durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    /// Its name here.
    pub(super) object: String,
    pub(super) md5: String,
}

impl Incoming {
    pub(super) async fn write(&mut self, chunk: Bytes) -> Result<(), Error> {
        self.md5.update(&chunk);
        Ok(self.writer.put(chunk).await?)
    }

    /// Waits until all of it is durable.
    pub(super) async fn finish(mut self) -> Result<Stored, Error> {
        let done = self.writer.shutdown().await;
        done.map_err(|error| Kind::File { path: self.object.clone().into(), error })?;
        let md5 = FileHash::from_md5(self.md5.finalize().into()).to_string();
        Ok(Stored { object: self.object, md5 })
    }

    /// Forgets what has come.
    pub(super) async fn give_up(mut self) {
        if let Err(error) = self.writer.abort().await {
            tracing::debug!(%error, "a file that did not come whole stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two new databases whose servers begin at once have both found the place free.
    #[tokio::test]
    async fn of_two_that_claim_a_place_one_has_it() {
        let folder = tempfile::tempdir().unwrap();
        for files in [Files::in_folder(folder.path()).unwrap(), Files::in_store(Arc::new(InMemory::new()))] {
            assert_eq!(files.claim("a").await.unwrap().as_deref(), Some("a"));
            assert_eq!(files.claim("b").await.unwrap().as_deref(), Some("a"));
            assert_eq!(files.claim("a").await.unwrap().as_deref(), Some("a"));
        }
    }
}
