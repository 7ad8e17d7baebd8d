//! All cases of a restore that starts over: what is kept in order at each row otherwise is put in order once, at the end.

use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::error::Error;

/// The indices that are to be made again: their names and definitions.
pub(super) struct Anew(Vec<(String, String)>);

impl Anew {
    /// Takes away what is there, and the indices.
    ///
    /// A row that goes into an index lands anywhere in it; all of them sorted take a third of the time.
    pub(super) async fn begin(tx: &mut SqliteConnection) -> Result<Self, Error> {
        for table in ["DELETE FROM links", "DELETE FROM cases", "DELETE FROM ledgers"] {
            sqlx::query(table).execute(&mut *tx).await?;
        }
        const INDICES: &str = "SELECT name, sql FROM sqlite_schema \
                               WHERE type = 'index' AND tbl_name IN ('cases', 'links') AND sql IS NOT NULL";
        let indices: Vec<(String, String)> = sqlx::query_as(INDICES).fetch_all(&mut *tx).await?;
        for (name, _) in &indices {
            sqlx::query(AssertSqlSafe(format!("DROP INDEX {name}"))).execute(&mut *tx).await?;
        }
        Ok(Self(indices))
    }

    /// From now on cases are found by their ids. Mostly nobody asks before the end: what comes once is new.
    pub(super) async fn find_by_id(&mut self, tx: &mut SqliteConnection) -> Result<(), Error> {
        let by_id = self.0.iter().position(|(name, _)| name == "cases_by_id");
        if let Some(by_id) = by_id {
            make(tx, self.0.remove(by_id)).await?;
        }
        Ok(())
    }

    /// Makes the indices, and who points at whom.
    pub(super) async fn end(self, tx: &mut SqliteConnection) -> Result<(), Error> {
        const LINKS: &str = "INSERT OR IGNORE INTO links (target, source) \
                             SELECT value ->> 0, number FROM cases, json_each(indices) ORDER BY 1, 2";
        sqlx::query(LINKS).execute(&mut *tx).await?;
        for index in self.0 {
            make(tx, index).await?;
        }
        Ok(())
    }
}

async fn make(tx: &mut SqliteConnection, (_, sql): (String, String)) -> Result<(), Error> {
    sqlx::query(AssertSqlSafe(sql)).execute(tx).await?;
    Ok(())
}
