//! Whose a place of files is: there lies the identity of its database, so that no other one takes it for its own.

use std::time::Duration;

use tokio::time::timeout;

use super::Database;
use crate::{error::Error, server::ServerKind};

/// How long the place of files may take to say whose it is.
const PATIENCE: Duration = Duration::from_secs(30);

impl Database {
    /// Makes the place of files this database's own, as whoever serves does first: where files of this database are, and, as long as
    /// no form has any, where nothing else lies. It is an error where the place is another database's, where none of the files is that
    /// came last with forms and nothing says that it is the place all the same, or where it does not answer. A database that was put
    /// back without its files is pointed out in the log.
    pub async fn settle_files(&self) -> Result<(), Error> {
        timeout(PATIENCE, self.settle(true)).await.map_err(|_| ServerKind::PlaceSilent)?
    }

    /// The same for who only looks after them: a place where nothing of this database's lies is none of its own, though it is free.
    pub(super) async fn recognize_files(&self) -> Result<(), Error> {
        timeout(PATIENCE, self.settle(false)).await.map_err(|_| ServerKind::PlaceSilent)?
    }

    async fn settle(&self, is_served: bool) -> Result<(), Error> {
        let (mine, (lost, of)) = (self.identity().await?, self.lost_of_newest().await?);
        match self.files.owner().await.map_err(ServerKind::Place)? {
            Some(owner) if owner == mine => {}
            Some(_) => return Err(ServerKind::PlaceOfAnother.into()),
            None if lost < of || self.has_kept().await? => self.claim_place(&mine).await?,
            // Another process may serve with the place where they are, and what comes would lie half here and half there.
            None if is_served && of > 0 => {
                return Err(ServerKind::PlaceWithoutFiles { database: mine }.into());
            }
            None if is_served && self.files.is_free().await.map_err(ServerKind::Place)? => {
                self.claim_place(&mine).await?;
            }
            None => {
                tracing::warn!("other things lie in the place of files, where tidy will remove nothing");
                return Ok(());
            }
        }
        if lost > 0 {
            tracing::warn!(lost, of, "files that came last with forms are not in the place of files");
        }
        self.files.close();
        Ok(())
    }

    /// Another database's server may have begun at the same time.
    async fn claim_place(&self, mine: &str) -> Result<(), Error> {
        match self.files.claim(mine).await.map_err(ServerKind::Place)? {
            Some(owner) if owner == mine => Ok(()),
            _ => Err(ServerKind::PlaceOfAnother.into()),
        }
    }

    /// Whether a restore lies there that is kept.
    async fn has_kept(&self) -> Result<bool, Error> {
        let kept = "SELECT object FROM restores WHERE object IS NOT NULL LIMIT 5";
        let kept: Vec<String> = sqlx::query_scalar(kept).fetch_all(&self.readers).await?;
        for object in &kept {
            if self.files.has(object).await.map_err(ServerKind::Place)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A place of which nobody knows whose it is has files in it that are anybody's.
    pub(super) async fn has_own_place(&self) -> Result<bool, Error> {
        let owner = self.files.owner().await.map_err(ServerKind::Place)?;
        Ok(owner == Some(self.identity().await?))
    }

    async fn identity(&self) -> Result<String, Error> {
        Ok(sqlx::query_scalar("SELECT id FROM identity").fetch_one(&self.readers).await?)
    }

    /// How many are not there of some of the files that came last, and of how many.
    async fn lost_of_newest(&self) -> Result<(usize, usize), Error> {
        const NEWEST: &str = "SELECT object FROM domains JOIN files ON domain = number \
                              WHERE form = (SELECT max(form) FROM files WHERE domain = number) \
                              ORDER BY form DESC LIMIT 5";
        let newest: Vec<String> = sqlx::query_scalar(NEWEST).fetch_all(&self.readers).await?;
        let mut lost = 0;
        for object in &newest {
            lost += usize::from(!self.files.has(object).await.map_err(ServerKind::Place)?);
        }
        Ok((lost, newest.len()))
    }
}

#[cfg(test)]
mod tests;
