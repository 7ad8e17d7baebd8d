//! Records as rows, and back.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use openrosa_case::{
    Case,
    case::{File, Index, Named, Relationship, Value},
    ledger::{LedgerKey, Quantity},
    user::User,
};
use openrosa_xml::{OwnerId, Text, fixture::Fixture, xml::Element};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::insert::Texts;
use crate::error::{Error, Kind};

/// What selects whole cases: what they are found by, and what they say.
macro_rules! whole_cases {
    ($($conditions:literal)?) => {
        concat!("SELECT * FROM cases LEFT JOIN contents USING (number)", $(" ", $conditions)?)
    };
}
pub(super) use whole_cases;

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

/// The columns of JSON.
pub(super) struct Json {
    pub(super) properties: Arc<str>,
    pub(super) indices: Arc<str>,
    pub(super) attachments: Arc<str>,
}

impl Json {
    /// Of a case.
    pub(super) fn of(case: &Case, texts: &mut Texts) -> Self {
        Self {
            properties: write_map(case.properties.iter(), texts, |out, value| write_text(out, &value.text())),
            indices: write_map(case.indices.iter(), texts, |out, index| {
                let link = [index.target.as_str(), &index.case_type, index.relationship.as_str()];
                write_texts(out, &link.map(Some));
            }),
            attachments: write_map(case.attachments.iter(), texts, |out, file| {
                write_texts(out, &[Some(&file.src), file.from.as_deref()]);
            }),
        }
    }
}

/// An object of JSON, whose values `write` writes.
fn write_map<'n, V>(
    entries: impl Iterator<Item = (&'n str, V)>,
    texts: &mut Texts,
    write: impl Fn(&mut String, V),
) -> Arc<str> {
    let mut out = texts.room();
    for (name, value) in entries {
        out.push(if out.is_empty() { '{' } else { ',' });
        write_text(&mut out, name);
        out.push(':');
        write(&mut out, value);
    }
    out.push_str(if out.is_empty() { "{}" } else { "}" });
    texts.written(out)
}

/// An array of JSON.
fn write_texts(out: &mut String, values: &[Option<&str>]) {
    for (n, value) in values.iter().enumerate() {
        out.push(if n == 0 { '[' } else { ',' });
        match value {
            Some(text) => write_text(out, text),
            None => out.push_str("null"),
        }
    }
    out.push(']');
}

/// A text of JSON. Hardly any holds what is escaped there.
fn write_text(out: &mut String, text: &str) {
    if text.bytes().any(|byte| IS_ESCAPED[usize::from(byte)]) {
        out.push_str(&serde_json::json!(text).to_string());
        return;
    }
    out.reserve(text.len() + 2);
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// The bytes that do not stand for themselves in a text of JSON.
const IS_ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte < 0x20 || byte == b'"' as usize || byte == b'\\' as usize;
        byte += 1;
    }
    table
};

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
    let fixture = Fixture::read(source).map_err(|error| damaged(&error))?;
    match fixture.name.local_name().eq_ignore_ascii_case("fixture") {
        true => Ok(Arc::new(fixture.into_owned())),
        false => Err(damaged(&"a fixture that is none")),
    }
}

/// A row of a fixture, from its source.
pub(super) fn read_row(source: &str) -> Result<Element<'_>, Error> {
    Element::read(source).map_err(|error| damaged(&error))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// JSON is what others read as what was meant.
        #[test]
        fn what_is_written_is_read(all in prop::collection::btree_map(any::<String>(), prop::option::of(any::<String>()), 0..4)) {
            let entries = all.iter().map(|(name, value)| (name.as_str(), value.as_deref()));
            let map = write_map(entries, &mut Texts::default(), |out, value| write_texts(out, &[value, Some("a")]));
            let read: BTreeMap<String, [Option<String>; 2]> = json(&map).unwrap();
            let meant = all.into_iter().map(|(name, value)| (name, [value, Some("a".to_owned())]));
            prop_assert_eq!(read, meant.collect());
        }
    }
}
