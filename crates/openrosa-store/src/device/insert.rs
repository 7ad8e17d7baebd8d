//! Many rows by few statements: each is two switches between threads, which cost more than a row.

use std::{collections::HashSet, sync::Arc};

use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, sqlite::SqliteArguments};

use crate::error::Error;

/// Rows in one statement: with a dozen values each they stay far below the 32,766 that SQLite binds.
pub(super) const ROWS: usize = 128;
/// Statements for so few rows and less are not worth keeping.
const FEW: usize = 16;

/// What is so short says nothing, and comes with most rows.
const SHORT: usize = "{}".len();

/// Where rows go, and what becomes of those that are there.
pub(super) struct Insert {
    pub(super) into: &'static str,
    pub(super) otherwise: &'static str,
}

/// Rows with their values, which need nothing else when their turn comes.
pub(super) struct Rows {
    statement: String,
    values: SqliteArguments,
    is_kept: bool,
}

impl Rows {
    /// Inserts them.
    pub(super) async fn insert(self, tx: &mut SqliteConnection) -> Result<(), Error> {
        let query = sqlx::query_with(AssertSqlSafe(self.statement), self.values);
        query.persistent(self.is_kept).execute(tx).await?;
        Ok(())
    }
}

/// The values of a row, in the order of its columns.
pub(super) struct Row<'r>(&'r mut SqliteArguments);

impl Row<'_> {
    pub(super) fn push<'v>(&mut self, value: impl Encode<'v, Sqlite> + Type<Sqlite> + 'v) -> &mut Self {
        self.0.add(value).expect("texts and numbers are values of SQLite");
        self
    }
}

/// Texts as values of rows, those that come again only once.
///
/// Who makes them keeps them until they are written: SQLite's thread would wait for the memory of ours to give them back.
#[derive(Default)]
pub(super) struct Texts {
    again: HashSet<Arc<str>>,
    once: Vec<Arc<str>>,
    room: String,
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

    /// Where a text can be written, …
    pub(super) fn room(&mut self) -> String {
        std::mem::take(&mut self.room)
    }

    /// …and the text that was.
    pub(super) fn written(&mut self, mut room: String) -> Arc<str> {
        let text = if room.len() <= SHORT { self.again(&room) } else { self.once(&room) };
        room.clear();
        self.room = room;
        text
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
    insert: &Insert,
    rows: &[T],
    mut bind: impl for<'t> FnMut(&mut Row<'_>, &'t T),
) -> Vec<Rows> {
    rows_of(&mut [(insert, &mut bind)], rows)
}

/// The same for rows that go into several places, whose statements go together.
pub(super) fn rows_of<T>(places: &mut [(&Insert, Bind<'_, T>)], mut rows: &[T]) -> Vec<Rows> {
    let mut all = Vec::new();
    while let Some((these, rest)) =
        rows.split_at_checked(together(rows.len())).filter(|(these, _)| !these.is_empty())
    {
        let (mut statements, mut values) = (Vec::new(), SqliteArguments::default());
        for (insert, bind) in &mut *places {
            let before = values.len();
            for row in these {
                bind(&mut Row(&mut values), row);
            }
            statements.push(statement(insert, these.len(), (values.len() - before) / these.len()));
        }
        all.push(Rows { statement: statements.join("; "), values, is_kept: these.len() >= FEW });
        rows = rest;
    }
    all
}

/// What puts the values of a row into a statement.
pub(super) type Bind<'b, T> = &'b mut dyn for<'t> FnMut(&mut Row<'_>, &'t T);

fn statement(Insert { into, otherwise }: &Insert, rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("{into}VALUES {}{otherwise}", vec![row; rows].join(","))
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
    bind: impl for<'t> FnMut(&mut Row<'_>, &'t T),
) -> Result<(), Error> {
    for rows in rows(insert, values, bind) {
        rows.insert(&mut *tx).await?;
    }
    Ok(())
}
