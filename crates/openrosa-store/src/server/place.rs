//! Whose a place of files is: there lies the identity of its database, so that no other one takes it for its own.

use super::Database;
use crate::error::{Error, Kind};

impl Database {
    /// Looks whether the place of files is this database's, and says so there where nobody has yet: in an empty place, and where
    /// the newest files are. A database that is put back without its files is pointed out.
    pub(super) async fn settle(&self) -> Result<(), Error> {
        let (mine, (lost, of)) = (self.identity().await?, self.lost_of_newest().await?);
        if lost > 0 {
            tracing::warn!(lost, of, "files that came last with forms are not in the place of files");
        }
        match self.files.owner().await.map_err(Kind::Place)? {
            Some(owner) if owner == mine => self.files.close(),
            Some(_) => return Err(Kind::PlaceOfAnother.into()),
            None if lost < of || self.files.is_empty().await.map_err(Kind::Place)? => {
                self.files.claim(&mine).await.map_err(Kind::Place)?;
                self.files.close();
            }
            None => {}
        }
        Ok(())
    }

    /// A place of which nobody knows whose it is has files in it that are anybody's.
    pub(super) async fn has_own_place(&self) -> Result<bool, Error> {
        let owner = self.files.owner().await.map_err(Kind::Place)?;
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
            lost += usize::from(self.files.lacks(object).await);
        }
        Ok((lost, newest.len()))
    }
}

#[cfg(test)]
mod tests;
