//! The key with which a page signs.

use super::super::Database;
use crate::error::Error;

impl Database {
    /// The key of this name: that of whoever came first, which may be the one that is given. All processes at one database sign
    /// with the same, and so do those that come after them.
    pub async fn page_key(&self, name: &str, fresh: &[u8]) -> Result<Vec<u8>, Error> {
        let mut tx = self.write().await?;
        const MAKE: &str =
            "INSERT INTO page_keys (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        sqlx::query(MAKE).bind(name.to_owned()).bind(fresh.to_vec()).execute(&mut *tx).await?;
        let find = sqlx::query_scalar("SELECT value FROM page_keys WHERE name = $1").bind(name.to_owned());
        let key = find.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(key)
    }
}
