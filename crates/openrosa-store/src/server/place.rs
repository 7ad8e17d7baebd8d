//! Whose a place of files is: there lies the identity of its database, so that no other one takes it for its own.

use super::Database;
use crate::error::{Error, Kind};

impl Database {
    /// Looks whether the place of files is this database's, and says so there where nobody has yet: in an empty place, and where
    /// the newest files are.
    pub(super) async fn settle(&self) -> Result<(), Error> {
        let (mine, newest) = (self.identity().await?, self.newest().await?);
        let mut lost = 0;
        for object in &newest {
            lost += usize::from(self.files.lacks(object).await);
        }
        match self.files.owner().await.map_err(Kind::Place)? {
            Some(owner) if owner == mine => self.files.close(),
            Some(_) => return Err(Kind::PlaceOfAnother.into()),
            None if lost < newest.len() || self.files.is_empty().await.map_err(Kind::Place)? => {
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

    /// Some of the files that came last.
    async fn newest(&self) -> Result<Vec<String>, Error> {
        const NEWEST: &str = "SELECT object FROM domains JOIN files ON domain = number \
                              WHERE form = (SELECT max(form) FROM files WHERE domain = number) \
                              ORDER BY form DESC LIMIT 5";
        Ok(sqlx::query_scalar(NEWEST).fetch_all(&self.readers).await?)
    }
}

#[cfg(test)]
mod tests;
