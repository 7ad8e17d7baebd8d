//! Records as rows, and back.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use openrosa_case::{
    Case,
    case::{File, Index, Named, Relationship, Value},
    ledger::{LedgerKey, Quantity},
    user::User,
};
use openrosa_xml::{
    OwnerId, Text,
    fixture::Fixture,
    restore::{RestoreItem, RestoreReader},
    xml::Writer,
};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::insert::Texts;
use crate::error::{Error, Kind};

/// A case with the number of its row.
pub(super) fn read_case(row: &SqliteRow) -> Result<(i64, Case), Error> {
    let id: String = row.try_get("case_id")?;
    let mut case = Case::new(id.into(), moment(row.try_get("last_modified")?)?);
    case.case_type = text(row, "case_type")?;
    case.name = text(row, "name")?;
    case.owner_id = OwnerId::from(row.try_get::<&str, _>("owner_id")?);
    case.closed = row.try_get("closed")?;
    case.date_opened = row.try_get::<Option<i64>, _>("date_opened")?.map(moment).transpose()?;
    case.external_id = optional_text(row, "external_id")?;
    case.category = optional_text(row, "category")?;
    case.state = optional_text(row, "state")?;
    case.properties = named(row, "properties", |text: String| Value::from(text))?;
    case.indices = indices(row)?;
    case.attachments = named(row, "attachments", |(src, from): (String, _)| File::new(src, from))?;
    Ok((row.try_get("number")?, case))
}

/// The links of a case alone.
pub(super) fn indices(row: &SqliteRow) -> Result<Named<Index>, Error> {
    named(row, "indices", |(target, case_type, relationship): (String, String, String)| {
        Index::new(target, case_type, Relationship::named(&relationship))
    })
}

fn text(row: &SqliteRow, column: &str) -> Result<Text<'static>, Error> {
    Ok(Text::from(row.try_get::<String, _>(column)?))
}

fn optional_text(row: &SqliteRow, column: &str) -> Result<Option<Text<'static>>, Error> {
    Ok(row.try_get::<Option<String>, _>(column)?.map(Text::from))
}

/// What a column of JSON holds under names.
fn named<J, V>(row: &SqliteRow, column: &str, value: impl Fn(J) -> V) -> Result<Named<V>, Error>
where
    J: for<'de> serde::Deserialize<'de>,
{
    let held: BTreeMap<String, J> = json(row.try_get(column)?)?;
    let mut all = Named::new();
    all.change(held.into_iter().map(|(name, held)| (Text::from(name), Some(value(held)))).collect());
    Ok(all)
}

pub(super) fn json<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| damaged(&error))
}

fn damaged(what: &dyn std::fmt::Display) -> Error {
    Kind::Damaged(what.to_string()).into()
}

pub(super) fn moment(micros: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| damaged(&"a moment that no calendar has"))
}

/// The columns of JSON: properties, links, files.
pub(super) fn json_columns(case: &Case, texts: &mut Texts) -> [Arc<str>; 3] {
    let properties = case.properties.iter().map(|(name, value)| (name, value.text()));
    let indices = case.indices.iter().map(|(name, index)| (name, link(index)));
    let files = case.attachments.iter().map(|(name, file)| (name, (&file.src, &file.from)));
    [write_map(properties, texts), write_map(indices, texts), write_map(files, texts)]
}

fn write_map<'n, V: serde::Serialize>(
    entries: impl Iterator<Item = (&'n str, V)>,
    texts: &mut Texts,
) -> Arc<str> {
    const NOTHING: &str = "{}";
    let mut out = Vec::new();
    let written = serde::Serializer::collect_map(&mut serde_json::Serializer::new(&mut out), entries);
    written.expect("texts under names are JSON");
    match std::str::from_utf8(&out).expect("JSON is text") {
        NOTHING => texts.again(NOTHING),
        out => texts.once(out),
    }
}

fn link(index: &Index) -> (&str, &str, &str) {
    (index.target.as_str(), &index.case_type, index.relationship.as_str())
}

/// A quantity.
pub(super) fn read_ledger(row: &SqliteRow) -> Result<(LedgerKey, Quantity), Error> {
    let key = LedgerKey {
        entity_id: row.try_get::<&str, _>("entity_id")?.into(),
        section_id: row.try_get("section_id")?,
        entry_id: row.try_get("entry_id")?,
    };
    Ok((key, Quantity::of_hundred_thousandths(row.try_get("quantity")?)))
}

/// A user.
pub(super) fn read_user(row: &SqliteRow) -> Result<User, Error> {
    let (id, username): (String, String) = (row.try_get("user_id")?, row.try_get("username")?);
    let mut user = User::new(id, username, row.try_get::<String, _>("password")?);
    user.properties = json(row.try_get("properties")?)?;
    Ok(user)
}

/// A fixture, from its source.
pub(super) fn read_fixture(source: &str) -> Result<Arc<Fixture<'static>>, Error> {
    let source = format!("<r>{source}</r>");
    for item in RestoreReader::new(source.as_bytes()) {
        if let RestoreItem::Fixture(fixture) = item.map_err(|error| damaged(&error))?.value {
            return Ok(Arc::new(fixture));
        }
    }
    Err(damaged(&"a fixture that is none"))
}

/// The element of a fixture as text.
pub(super) fn write_fixture(fixture: &Fixture<'_>) -> Result<String, Error> {
    let mut out = Writer::new();
    fixture.write_to(&mut out).map_err(|error| damaged(&error))?;
    Ok(out.finish())
}
