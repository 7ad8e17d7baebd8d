//! Many rows by few statements: each is two switches between threads, which cost more than a row.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, query_builder::Separated};

use crate::error::Error;

/// Rows in one statement: with fourteen values each they stay far below the 32,766 that SQLite binds.
const ROWS: usize = 256;

/// Where rows go, and what becomes of those that are there.
pub(super) struct Insert {
    pub(super) into: &'static str,
    pub(super) otherwise: &'static str,
}

/// Inserts all rows. Statements for the usual number of rows are kept prepared, the last one is not.
pub(super) async fn insert<T>(
    tx: &mut SqliteConnection,
    Insert { into, otherwise }: &Insert,
    rows: &[T],
    bind: impl for<'t> Fn(&mut Separated<'_, Sqlite, &'static str>, &'t T),
) -> Result<(), Error> {
    for rows in rows.chunks(ROWS) {
        let mut query = QueryBuilder::<Sqlite>::new(*into);
        query.push_values(rows, |mut row, values| bind(&mut row, values));
        query.push(otherwise);
        query.build().persistent(rows.len() == ROWS).execute(&mut *tx).await?;
    }
    Ok(())
}
