//! Many rows by few statements: each is two switches between threads, which cost more than a row.

use std::{collections::HashSet, sync::Arc};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, query_builder::Separated};

use crate::error::Error;

/// Rows in one statement: with fourteen values each they stay far below the 32,766 that SQLite binds.
pub(super) const ROWS: usize = 256;
/// Statements for so few rows and less are not worth keeping.
const FEW: usize = 16;

/// Where rows go, and what becomes of those that are there.
pub(super) struct Insert {
    pub(super) into: &'static str,
    pub(super) otherwise: &'static str,
}

/// Rows with their values, which need nothing else when their turn comes.
pub(super) struct Rows {
    query: QueryBuilder<Sqlite>,
    is_kept: bool,
}

impl Rows {
    /// Inserts them.
    pub(super) async fn insert(mut self, tx: &mut SqliteConnection) -> Result<(), Error> {
        self.query.build().persistent(self.is_kept).execute(tx).await?;
        Ok(())
    }
}

/// Texts as values of rows, those that come again only once.
///
/// Who makes them keeps them until they are written: SQLite's thread would wait for the memory of ours to give them back.
#[derive(Default)]
pub(super) struct Texts {
    again: HashSet<Arc<str>>,
    once: Vec<Arc<str>>,
}

impl Texts {
    /// A text that comes with many rows.
    pub(super) fn again(&mut self, text: &str) -> Arc<str> {
        self.again.get(text).cloned().unwrap_or_else(|| {
            let text: Arc<str> = text.into();
            self.again.insert(Arc::clone(&text));
            text
        })
    }

    /// A text that comes with one row.
    pub(super) fn once(&mut self, text: &str) -> Arc<str> {
        let text: Arc<str> = text.into();
        self.once.push(Arc::clone(&text));
        text
    }
}

/// All rows, in statements for a power of two of them: there are few of those, so they are kept prepared.
pub(super) fn rows<T>(
    Insert { into, otherwise }: &Insert,
    mut rows: &[T],
    mut bind: impl for<'t> FnMut(&mut Separated<'_, Sqlite, &'static str>, &'t T),
) -> Vec<Rows> {
    let mut all = Vec::new();
    while let Some((these, rest)) =
        rows.split_at_checked(together(rows.len())).filter(|(these, _)| !these.is_empty())
    {
        let mut query = QueryBuilder::<Sqlite>::new(*into);
        query.push_values(these, |mut row, values| bind(&mut row, values));
        query.push(otherwise);
        all.push(Rows { query, is_kept: these.len() >= FEW });
        rows = rest;
    }
    all
}

/// How many of so many rows go into the next statement.
fn together(rows: usize) -> usize {
    if rows < FEW { rows } else { (1 << rows.ilog2()).min(ROWS) }
}

/// Inserts all rows.
pub(super) async fn insert<T>(
    tx: &mut SqliteConnection,
    insert: &Insert,
    values: &[T],
    bind: impl for<'t> FnMut(&mut Separated<'_, Sqlite, &'static str>, &'t T),
) -> Result<(), Error> {
    for rows in rows(insert, values, bind) {
        rows.insert(&mut *tx).await?;
    }
    Ok(())
}
