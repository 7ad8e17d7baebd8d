//! One request on its way into the folder.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use openrosa_http::server::{Rejection, Stored, Submission, Upload};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::Folder;
use crate::durable::DiskError;

/// Files written to `staging/`, removed again unless they were moved out of it.
pub(crate) struct FolderUpload {
    staging: Staging,
    current: Option<File>,
}

struct Staging {
    folder: Arc<Folder>,
    number: u64,
    files: Vec<PathBuf>,
    spare: PathBuf,
}

impl FolderUpload {
    pub(super) fn new(folder: Arc<Folder>, number: u64) -> Self {
        let spare = folder.root.join("staging").join(format!("{number}-spare"));
        Self { staging: Staging { folder, number, files: Vec::new(), spare }, current: None }
    }

    fn failed(&self, error: io::Error) -> Rejection {
        let path = self.staging.files.last().unwrap_or(&self.staging.spare);
        Rejection::internal(DiskError::new(path, error))
    }

    /// What tokio still buffers reaches the system here; the disk it reaches when the submission is stored.
    async fn close(&mut self) -> Result<(), Rejection> {
        match self.current.take() {
            Some(mut file) => file.flush().await.map_err(|error| self.failed(error)),
            None => Ok(()),
        }
    }
}

impl Upload for FolderUpload {
    async fn open(&mut self) -> Result<(), Rejection> {
        self.close().await?;
        let path = self.staging.next_path();
        let file = File::create_new(&path).await;
        self.staging.files.push(path);
        self.current = Some(file.map_err(|error| self.failed(error))?);
        Ok(())
    }

    async fn write(&mut self, chunk: Bytes) -> Result<(), Rejection> {
        let Some(file) = &mut self.current else { return Ok(()) };
        file.write_all(&chunk).await.map_err(|error| self.failed(error))
    }

    /// Runs to its end even when the sender has gone: a submission is stored whole or not at all.
    async fn commit(mut self, submission: Submission) -> Result<Stored, Rejection> {
        self.close().await?;
        let staging = self.staging;
        let storing = move || staging.folder.take(&submission, &staging.files, &staging.spare);
        tokio::task::spawn_blocking(storing).await.map_err(Rejection::internal)?.map(Stored::from)
    }
}

impl Staging {
    fn next_path(&self) -> PathBuf {
        self.folder.root.join("staging").join(format!("{}-{}", self.number, self.files.len()))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        for path in self.files.iter().chain([&self.spare]) {
            // Most were moved into place; what cannot be removed now is removed at the next start.
            let _ = std::fs::remove_file(path);
        }
    }
}
