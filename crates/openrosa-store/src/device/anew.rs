//! All cases of a restore that starts over: what lands anywhere in an index is put in order once, at the end.

use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::error::Error;

/// The indices that are to be made again: their names and definitions.
pub(super) struct Anew(Vec<(String, String)>);

impl Anew {
    /// Takes away the indices, and what is there.
    ///
    /// A row that goes into an index lands anywhere in it; all of them sorted take a third of the time.
    pub(super) async fn begin(tx: &mut SqliteConnection) -> Result<Self, Error> {
        // Types are few, and links come in the order of their sources: both keep their order at hardly any cost, which SQLite pays
        // while the next cases are read.
        const INDICES: &str = "SELECT name, sql FROM sqlite_schema \
                               WHERE type = 'index' AND tbl_name IN ('cases', 'links') AND sql IS NOT NULL \
                                 AND name NOT IN ('cases_by_type', 'links_by_source')";
        let indices: Vec<(String, String)> = sqlx::query_as(INDICES).fetch_all(&mut *tx).await?;
        for (name, _) in &indices {
            sqlx::query(AssertSqlSafe(format!("DROP INDEX {name}"))).execute(&mut *tx).await?;
        }
        // Now no row has to be taken out of one.
        for table in ["DELETE FROM links", "DELETE FROM contents", "DELETE FROM cases", "DELETE FROM ledgers"]
        {
            sqlx::query(table).execute(&mut *tx).await?;
        }
        Ok(Self(indices))
    }

    /// From now on cases are found by their ids. Mostly nobody asks before the end: what comes once is new.
    pub(super) async fn find(&mut self, tx: &mut SqliteConnection) -> Result<(), Error> {
        for (_, sql) in self.0.extract_if(.., |(name, _)| name == "cases_by_id") {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        Ok(())
    }

    /// Makes the indices.
    pub(super) async fn end(self, tx: &mut SqliteConnection) -> Result<(), Error> {
        for (_, sql) in self.0 {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        Ok(())
    }
}
