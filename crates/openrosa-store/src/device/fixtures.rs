//! Lookup data: whole, and row by row.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use futures_util::TryStreamExt as _;
use openrosa_case::store::FixtureKey;
use openrosa_xml::{
    fixture::{Fixture, Schema},
    xml::Element,
};
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::{
    Database,
    insert::{Insert, insert},
    record,
};
use crate::error::{Error, Kind};

/// Rows that are written together.
const ROWS: usize = 512;
/// How much of a text is one value, in bytes. SQLite holds a value several times while it is written, and what comes as a fixture
/// may be a large part of all the memory there is.
const PIECE: usize = 64 << 10;

/// What a row must have: a column, `name` of a child or `@name` of an attribute, and its text.
///
/// The text of a column is that of the first child of its name; a row without one has the empty text.
pub type Equals<'a> = (&'a str, &'a str);

impl Database {
    /// A fixture, whole.
    ///
    /// *Spec:* ota-restore.md 2.7.
    pub async fn fixture(&self, key: &FixtureKey) -> Result<Option<Arc<Fixture<'static>>>, Error> {
        read(&mut *self.read().await?, key).await
    }

    /// What `jr://fixture/ID` means to a user: the one fixture of this id, whosever it is; of several, the user's own.
    pub async fn fixture_of(&self, id: &str, user_id: &str) -> Result<Option<FixtureKey>, Error> {
        let query = "SELECT user_id FROM fixtures WHERE id = ?1 AND (user_id = ?2 \
                     OR (SELECT count(*) FROM fixtures WHERE id = ?1) = 1)";
        let mut tx = self.read().await?;
        let found: Option<String> =
            sqlx::query_scalar(query).bind(id).bind(user_id).fetch_optional(&mut *tx).await?;
        Ok(found.map(|user_id| FixtureKey { id: id.to_owned(), user_id }))
    }

    /// Every fixture there is, in order.
    pub async fn fixtures(&self) -> Result<Vec<FixtureKey>, Error> {
        keys(&mut *self.read().await?).await
    }

    /// Rows of an indexed fixture in the order of the document: those with these values, after the given position, at most
    /// so many. Nothing of a fixture that is not indexed.
    ///
    /// Columns that the fixture's schema names are looked up, others are compared row by row; the rows are the same.
    ///
    /// ```
    /// # use openrosa_http::client::restore::Restore;
    /// # use openrosa_store::device::Database;
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let phone = Database::open(folder.path().join("amina.db")).await?;
    /// let restore = "<OpenRosaResponse>
    ///     <schema id='item-list:fruit'><indices><index>color</index></indices></schema>
    ///     <fixture id='item-list:fruit' user_id='u1' indexed='true'><fruit_list>
    ///       <fruit><name>fig</name><color>violet</color></fruit>
    ///       <fruit><name>banana</name><color>yellow</color></fruit>
    ///     </fruit_list></fixture>
    ///   </OpenRosaResponse>";
    /// phone.apply_restore(Restore::of(restore)).await?;
    ///
    /// let fruit = phone.fixture_of("item-list:fruit", "u1").await?.unwrap();
    /// let rows = phone.fixture_rows(&fruit, &[("color", "yellow")], None, 10).await?;
    /// let names: Vec<_> = rows.iter().map(|(_, row)| row.child("name").unwrap().text()).collect();
    /// assert_eq!(names, ["banana"]);
    /// # Ok(()) }
    /// ```
    pub async fn fixture_rows(
        &self,
        key: &FixtureKey,
        equal: &[Equals<'_>],
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, Element<'static>)>, Error> {
        let mut tx = self.read().await?;
        let Some((number, indexed)) = indexed(&mut tx, key).await? else { return Ok(Vec::new()) };
        let (known, compared): (Vec<Equals<'_>>, Vec<Equals<'_>>) =
            equal.iter().partition(|(name, _)| indexed.iter().any(|column| column == name));
        let mut rows = Vec::new();
        let mut after = after.unwrap_or(-1);
        while rows.len() < limit {
            let page = page(&mut tx, number, &known, after).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (position, source) in page {
                let row = record::read_row(&source)?;
                if rows.len() < limit && compared.iter().all(|(name, value)| column(&row, name) == *value) {
                    rows.push((position, row.into_owned()));
                }
            }
        }
        Ok(rows)
    }
}

/// The number of an indexed fixture, and its columns that can be looked up.
async fn indexed(tx: &mut SqliteConnection, key: &FixtureKey) -> Result<Option<(i64, Vec<String>)>, Error> {
    let query = "SELECT number, indexed FROM fixtures WHERE id = ? AND user_id = ? AND indexed IS NOT NULL";
    let Some(row) = sqlx::query(query).bind(&key.id).bind(&key.user_id).fetch_optional(tx).await? else {
        return Ok(None);
    };
    Ok(Some((row.try_get("number")?, record::json(row.try_get("indexed")?)?)))
}

/// The next rows that have what can be looked up.
async fn page(
    tx: &mut SqliteConnection,
    fixture: i64,
    known: &[Equals<'_>],
    after: i64,
) -> Result<Vec<(i64, String)>, Error> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT position, source FROM fixture_rows WHERE fixture = ");
    query.push_bind(fixture).push(" AND position > ").push_bind(after);
    for (name, value) in known {
        query.push(" AND position IN (SELECT position FROM fixture_keys WHERE fixture = ").push_bind(fixture);
        query.push(" AND name = ").push_bind(*name).push(" AND value = ").push_bind(*value).push(")");
    }
    query.push(" ORDER BY position LIMIT 256");
    Ok(query.build_query_as().fetch_all(tx).await?)
}

/// The text of a column of a row, without the white space that a device trims off: no more of it than up to the blank.
fn column(row: &Element<'_>, name: &str) -> String {
    match name.strip_prefix('@') {
        Some(attribute) => row.attribute(attribute).unwrap_or_default().to_owned(),
        None => row.child(name).map(|child| trimmed(&child.text()).to_owned()).unwrap_or_default(),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// Of every fixture there is, in order.
pub(super) async fn keys(tx: &mut SqliteConnection) -> Result<Vec<FixtureKey>, Error> {
    let query = sqlx::query_as("SELECT id, user_id FROM fixtures ORDER BY id, user_id");
    let keys: Vec<(String, String)> = query.fetch_all(tx).await?;
    Ok(keys.into_iter().map(|(id, user_id)| FixtureKey { id, user_id }).collect())
}

pub(super) async fn read(
    tx: &mut SqliteConnection,
    key: &FixtureKey,
) -> Result<Option<Arc<Fixture<'static>>>, Error> {
    let query = sqlx::query_scalar("SELECT number FROM fixtures WHERE id = ? AND user_id = ?");
    let number: Option<i64> = query.bind(&key.id).bind(&key.user_id).fetch_optional(&mut *tx).await?;
    match number {
        Some(number) => Ok(Some(record::read_fixture(&source(tx, number).await?)?)),
        None => Ok(None),
    }
}

/// The text of a fixture, put together.
pub(super) async fn source(tx: &mut SqliteConnection, number: i64) -> Result<String, Error> {
    let first = sqlx::query_scalar("SELECT source FROM fixtures WHERE number = ?").bind(number);
    let mut source: String = first.fetch_one(&mut *tx).await?;
    let rest = "SELECT position, source FROM fixture_rest WHERE fixture = ? ORDER BY position";
    let mut rest = sqlx::query_as::<_, (i64, String)>(rest).bind(number).fetch(tx);
    // Without one of them, the others may still read like a fixture.
    let mut next = 1;
    while let Some((position, piece)) = rest.try_next().await? {
        if position != next {
            return Err(Kind::Damaged(format!("its piece {next} is missing")).into());
        }
        source.push_str(&piece);
        next += 1;
    }
    Ok(source)
}

/// Puts a fixture in the place of the one before, its rows with it; or takes it away.
pub(super) async fn write(
    tx: &mut SqliteConnection,
    key: &FixtureKey,
    fixture: Option<Arc<Fixture<'static>>>,
    schema: Option<&[String]>,
) -> Result<(), Error> {
    let query = sqlx::query("DELETE FROM fixtures WHERE id = ? AND user_id = ?");
    query.bind(&key.id).bind(&key.user_id).execute(&mut *tx).await?;
    let Some(fixture) = fixture else { return Ok(()) };
    let columns = fixture.is_indexed().then(|| columns(schema.unwrap_or_default()));
    let indexed = columns.as_ref().map(|columns| serde_json::json!(columns).to_string());
    let number = write_source(tx, key, &fixture, indexed).await?;
    match columns {
        Some(columns) => write_rows(tx, number, &fixture, &columns).await,
        None => Ok(()),
    }
}

/// Writes a fixture but for its rows, and gives its number.
async fn write_source(
    tx: &mut SqliteConnection,
    key: &FixtureKey,
    fixture: &Fixture<'_>,
    indexed: Option<String>,
) -> Result<i64, Error> {
    let parts = fixture.parts().map_err(unwritable)?;
    let mut pieces = pieces(&parts);
    let query = "INSERT INTO fixtures (id, user_id, source, indexed) VALUES (?, ?, ?, ?) RETURNING number";
    let query = sqlx::query_scalar(query).bind(&key.id).bind(&key.user_id);
    let query = query.bind(pieces.next().unwrap_or_default()).bind(indexed);
    let number = query.fetch_one(&mut *tx).await?;
    for (position, piece) in (1_i64..).zip(pieces) {
        let query = sqlx::query("INSERT INTO fixture_rest (fixture, position, source) VALUES (?, ?, ?)");
        query.bind(number).bind(position).bind(piece).execute(&mut *tx).await?;
    }
    Ok(number)
}

/// A text that is there in parts, cut where a character ends.
fn pieces(parts: &[Cow<'_, str>]) -> impl Iterator<Item = String> {
    let mut parts = parts.iter().map(|part| &**part).filter(|part| !part.is_empty()).peekable();
    std::iter::from_fn(move || {
        let mut piece = String::new();
        while let Some(part) = parts.peek_mut() {
            let (now, later) = part.split_at(part.floor_char_boundary(PIECE - piece.len()));
            piece.push_str(now);
            if !later.is_empty() {
                *part = later;
                break;
            }
            parts.next();
        }
        (!piece.is_empty()).then_some(piece)
    })
}

/// What can be looked up: each part of a composite by itself.
fn columns(schema: &[String]) -> BTreeSet<&str> {
    schema.iter().flat_map(|index| Schema::columns(index)).collect()
}

async fn write_rows(
    tx: &mut SqliteConnection,
    fixture: i64,
    rows: &Fixture<'_>,
    columns: &BTreeSet<&str>,
) -> Result<(), Error> {
    let mut batch = Vec::with_capacity(ROWS);
    for (position, row) in (0_i64..).zip(rows.rows()) {
        batch.push((position, row?));
        if batch.len() == ROWS {
            write_batch(tx, fixture, &batch, columns).await?;
            batch.clear();
        }
    }
    write_batch(tx, fixture, &batch, columns).await
}

async fn write_batch(
    tx: &mut SqliteConnection,
    fixture: i64,
    rows: &[(i64, Element<'_>)],
    columns: &BTreeSet<&str>,
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let sources = rows.iter().map(|(position, row)| Ok((position, row.write()?)));
    let sources: Vec<_> = sources.collect::<Result<_, openrosa_xml::WriteError>>().map_err(unwritable)?;
    insert(tx, &INTO_ROWS, &sources, |values, (position, source)| {
        values.push(fixture).push(**position).push(source);
    })
    .await?;
    let of_column = |name| rows.iter().map(move |(position, row)| (name, column(row, name), *position));
    let keys: Vec<_> = columns.iter().flat_map(|name| of_column(*name)).collect();
    insert(tx, &INTO_KEYS, &keys, |values, (name, value, position)| {
        values.push(fixture).push(*name).push(value).push(position);
    })
    .await
}

const INTO_ROWS: Insert =
    Insert { into: "INSERT INTO fixture_rows (fixture, position, source) ", otherwise: "" };
const INTO_KEYS: Insert =
    Insert { into: "INSERT INTO fixture_keys (fixture, name, value, position) ", otherwise: "" };

fn unwritable(error: openrosa_xml::WriteError) -> Error {
    Kind::Damaged(error.to_string()).into()
}
