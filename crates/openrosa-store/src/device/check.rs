//! Whether all is as it should be.

use std::{collections::BTreeSet, fmt};

use openrosa_case::hash::StateHash;
use sqlx::{
    Row as _, SqliteConnection,
    sqlite::{SqlitePoolOptions, SqliteRow},
};

use super::{
    Database,
    open::MIGRATIONS,
    outbox::{File, content, freeze},
    purge,
    record::{self, whole_cases},
    unreadable,
};
use crate::error::{Error, Kind};

/// What was found when a database was looked through.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Checked {
    /// Cases that are here.
    pub cases: u64,
    /// Forms that the server does not have.
    pub forms: u64,
    /// The hash of the cases.
    pub hash: StateHash,
    /// What is not as it should be.
    pub faults: Vec<Fault>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// SQLite finds the file damaged; these are its words.
    Damaged(String),
    /// A row belongs to one that is not there.
    Orphan {
        /// The table of the row.
        table: String,
        /// The table of the missing one.
        of: String,
    },
    /// A case cannot be read.
    Unreadable {
        /// Its id.
        case_id: String,
        /// Why.
        why: String,
    },
    /// A user cannot be read.
    User {
        /// Its id.
        user_id: String,
        /// Why.
        why: String,
    },
    /// Lookup data cannot be read.
    Fixture {
        /// Its id.
        id: String,
        /// Whose it is; empty where it is everybody's.
        user_id: String,
        /// Why.
        why: String,
    },
    /// A table, or what else belongs to the database, is not there, or is another. What cannot be found without it was not looked
    /// for.
    Schema {
        /// Its name.
        name: String,
    },
    /// Who points at whom is not what the case says.
    Links {
        /// The case with the links.
        case_id: String,
    },
    /// Cases point at each other in a circle, so that nothing can be purged.
    Cycle(String),
    /// The bytes of a form, or of one of its copied files, are not there, or not what they were when it was added.
    Bytes {
        /// Its number in the outbox.
        form: i64,
    },
    /// What a form in the outbox is known by, or which forms it comes after, is not what it says itself.
    About {
        /// Its number in the outbox.
        form: i64,
    },
    /// A file that goes with a form, and was not copied, is not what it was.
    File {
        /// The number of the form in the outbox.
        form: i64,
        /// What is wrong with the file.
        why: String,
    },
    /// Stock of a case that is not here.
    Stock {
        /// The case.
        case_id: String,
    },
}

impl Fault {
    /// Whether it is in what a full restore takes the place of: cases with their links and stock, users, lookup data.
    #[must_use]
    pub const fn is_mended_by_restore(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::Links { .. } | Self::Cycle(_) | Self::Stock { .. } => true,
            Self::User { .. } | Self::Fixture { .. } => true,
            Self::Damaged(_) | Self::Orphan { .. } | Self::Schema { .. } => false,
            Self::Bytes { .. } | Self::About { .. } | Self::File { .. } => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(words) => write!(f, "the file is damaged: {words}"),
            Self::Orphan { table, of } => write!(f, "a row of `{table}` belongs to none of `{of}`"),
            Self::Unreadable { case_id, why } => write!(f, "case `{case_id}` cannot be read: {why}"),
            Self::User { user_id, why } => {
                write!(f, "user `{user_id}` cannot be read: {why}")
            }
            Self::Fixture { id, why, .. } => {
                write!(f, "lookup data `{id}` cannot be read: {why}")
            }
            Self::Schema { name } => write!(f, "`{name}` is missing in the database, or was altered"),
            Self::Links { case_id } => {
                write!(f, "what case `{case_id}` points at is not what it is found by")
            }
            Self::Cycle(words) => f.write_str(words),
            Self::Bytes { form } => {
                write!(
                    f,
                    "form {form} in the outbox, or a copied file of it, is not what it was when it was added"
                )
            }
            Self::About { form } => {
                write!(f, "what form {form} in the outbox is about is not what it is known by")
            }
            Self::File { form, why } => write!(f, "a file of form {form} in the outbox: {why}"),
            Self::Stock { case_id } => {
                write!(f, "stock is kept of case `{case_id}`, which is not here; the next purge drops it")
            }
        }
    }
}

impl Database {
    /// Looks through everything: the file by SQLite's own check, each case, who points at whom, each form that waits,
    /// and its files also where they were not copied.
    pub async fn check(&self) -> Result<Checked, Error> {
        let mut checked = Checked::default();
        match self.look_through(&mut checked).await {
            Err(error) if error.is_damaged() => checked.faults.push(Fault::Damaged(error.to_string())),
            looked => looked?,
        }
        Ok(checked)
    }

    async fn look_through(&self, checked: &mut Checked) -> Result<(), Error> {
        let mut tx = self.read().await?;
        checked.faults = by_sqlite(&mut tx).await?;
        if checked.faults.iter().any(|fault| matches!(fault, Fault::Damaged(_))) {
            return Ok(());
        }
        let schema = schema(&mut tx).await?;
        if !schema.is_empty() {
            checked.faults.extend(schema);
            return Ok(());
        }
        each_case(&mut tx, checked).await?;
        if !checked.faults.iter().any(|fault| matches!(fault, Fault::Unreadable { .. })) {
            let held = purge::held(&mut tx).await?;
            let cycle = purge::graph(&held).cycle();
            checked.faults.extend(cycle.map(|cycle| Fault::Cycle(cycle.to_string())));
        }
        checked.faults.extend(unreadable::find(&mut tx).await?);
        stock(&mut tx, checked).await?;
        outbox(&mut tx, checked).await?;
        let referenced = referenced(&mut tx).await?;
        // Files may be large, and nothing can be tidied in the database as long as somebody reads in it.
        drop(tx);
        for (form, file) in referenced {
            checked.faults.extend(of_file(form, &file).await);
        }
        Ok(())
    }

    /// Gives back to the disk the room that is not needed any more, and says how many bytes that was. Nothing else can be
    /// written meanwhile, and for a while it takes as much room again.
    pub async fn compact(&self) -> Result<u64, Error> {
        let before = size(self).await?;
        sqlx::query("VACUUM").execute(&self.writer).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await?;
        Ok(before.saturating_sub(size(self).await?))
    }
}

async fn size(database: &Database) -> Result<u64, Error> {
    let bytes = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes: i64 = sqlx::query_scalar(bytes).fetch_one(&database.writer).await?;
    Ok(bytes.unsigned_abs())
}

async fn by_sqlite(tx: &mut SqliteConnection) -> Result<Vec<Fault>, Error> {
    let words: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *tx).await?;
    let mut faults: Vec<_> = words.into_iter().filter(|words| words != "ok").map(Fault::Damaged).collect();
    for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(tx).await? {
        faults.push(Fault::Orphan { table: row.try_get("table")?, of: row.try_get("parent")? });
    }
    Ok(faults)
}

/// What differs from a database that was just made.
async fn schema(tx: &mut SqliteConnection) -> Result<Vec<Fault>, Error> {
    const SCHEMA: &str = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let new = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    MIGRATIONS.run(&new).await.map_err(|error| Kind::Database(error.into()))?;
    let made: Vec<(String, String)> = sqlx::query_as(SCHEMA).fetch_all(&new).await?;
    new.close().await;
    let found: Vec<(String, String)> = sqlx::query_as(SCHEMA).fetch_all(tx).await?;
    let missing = made.into_iter().filter(|part| !found.contains(part));
    Ok(missing.map(|(name, _)| Fault::Schema { name }).collect())
}

async fn each_case(tx: &mut SqliteConnection, checked: &mut Checked) -> Result<(), Error> {
    const PAGE: &str = whole_cases!("WHERE number > ? ORDER BY number LIMIT 500");
    let mut after = i64::MIN;
    loop {
        let rows = sqlx::query(PAGE).bind(after).fetch_all(&mut *tx).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("number")?;
        for row in &rows {
            checked.cases += 1;
            checked.hash.add(row.try_get("case_id")?);
            checked.faults.extend(of_case(tx, row).await?);
        }
    }
}

async fn of_case(tx: &mut SqliteConnection, row: &SqliteRow) -> Result<Option<Fault>, Error> {
    let case_id: String = row.try_get("case_id")?;
    let (number, case) = match record::read_case(row) {
        Ok(read) => read,
        Err(error) => return Ok(Some(Fault::Unreadable { case_id, why: error.to_string() })),
    };
    let said: BTreeSet<&str> = case.indices.values().map(|index| index.target.as_str()).collect();
    let query = sqlx::query_scalar("SELECT target FROM links WHERE source = ?").bind(number);
    let found: Vec<String> = query.fetch_all(tx).await?;
    let is_found = found.iter().map(String::as_str).collect::<BTreeSet<_>>() == said;
    Ok((!is_found).then_some(Fault::Links { case_id }))
}

async fn stock(tx: &mut SqliteConnection, checked: &mut Checked) -> Result<(), Error> {
    let query = "SELECT DISTINCT entity_id FROM ledgers WHERE entity_id NOT IN (SELECT case_id FROM cases)";
    let cases: Vec<String> = sqlx::query_scalar(query).fetch_all(tx).await?;
    checked.faults.extend(cases.into_iter().map(|case_id| Fault::Stock { case_id }));
    Ok(())
}

async fn outbox(tx: &mut SqliteConnection, checked: &mut Checked) -> Result<(), Error> {
    let query =
        "SELECT number FROM outbox WHERE state IN ('waiting', 'quarantined', 'conflict') ORDER BY number";
    let forms: Vec<i64> = sqlx::query_scalar(query).fetch_all(&mut *tx).await?;
    for form in forms {
        checked.forms += 1;
        if !content::is_as_added(tx, form).await? {
            checked.faults.push(Fault::Bytes { form });
        } else if !freeze::is_about_the_same(tx, form).await? {
            checked.faults.push(Fault::About { form });
        }
    }
    Ok(())
}

/// The files that were not copied, of forms that the server does not have.
async fn referenced(tx: &mut SqliteConnection) -> Result<Vec<(i64, File)>, Error> {
    let query = "SELECT DISTINCT form FROM outbox_files JOIN outbox ON number = form
                 WHERE path IS NOT NULL AND state IN ('waiting', 'quarantined', 'conflict') ORDER BY form";
    let mut referenced = Vec::new();
    for form in sqlx::query_scalar(query).fetch_all(&mut *tx).await? {
        let files = content::files(tx, form).await?;
        referenced.extend(files.into_iter().filter(|file| file.path.is_some()).map(|file| (form, file)));
    }
    Ok(referenced)
}

async fn of_file(form: i64, file: &File) -> Option<Fault> {
    let why = content::changed(file.path.as_deref()?, file).await?;
    Some(Fault::File { form, why })
}
