//! Records as rows, and back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use openrosa_case::{
    Case,
    case::{Deletion, Did, File, Index, Named, Relationship, Transaction, Value},
    form::{Form, FormState},
    ledger::{LedgerKey, Quantity},
};
use openrosa_xml::{CaseId, InstanceId, OwnerId, Text, UserId, xml::decode};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, any::AnyRow};

use crate::error::{Error, Kind};

/// All of a case that has no column.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_at: Option<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<String, String>,
    /// Target, case type, relationship.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    indices: BTreeMap<String, (String, String, String)>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attachments: BTreeMap<String, (String, Option<String>)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_modified_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Deleted>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<Entry>,
}

/// Why a case is deleted.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Deleted {
    /// No form of it is left.
    NoForms,
    /// At this moment.
    At(i64),
}

/// One entry of a case's history.
#[derive(Deserialize, Serialize)]
struct Entry {
    form: Option<String>,
    server: i64,
    client: i64,
    user: Option<String>,
    token: Option<String>,
    /// Block, create, close, index, attachment, ledger, revoked: the letters of what is so.
    did: String,
}

pub(super) fn read_case(row: &AnyRow, domain: &str) -> Result<Case, Error> {
    let id: String = row.try_get("case_id")?;
    let mut case = Case::new(id.into(), moment(row.try_get("modified_at")?)?);
    case.case_type = Text::from(row.try_get::<String, _>("case_type")?);
    case.name = Text::from(row.try_get::<String, _>("name")?);
    case.owner_id = OwnerId::from(row.try_get::<String, _>("owner_id")?);
    case.closed = row.try_get::<i64, _>("closed")? != 0;
    case.hq.domain = domain.to_owned();
    fill(&mut case, json(&row.try_get::<String, _>("body")?)?)?;
    Ok(case)
}

fn fill(case: &mut Case, body: Body) -> Result<(), Error> {
    case.external_id = body.external_id.map(Text::from);
    case.category = body.category.map(Text::from);
    case.state = body.state.map(Text::from);
    case.date_opened = optional(body.opened_at)?;
    case.properties = named(body.properties, Value::from);
    case.indices = named(body.indices, |(target, case_type, relationship)| {
        Index::new(target, case_type, Relationship::named(&relationship))
    });
    case.attachments = named(body.attachments, |(src, from)| File::new(src, from));
    let hq = &mut *case.hq;
    hq.opened_by = body.opened_by.map(UserId::from);
    hq.modified_by = body.modified_by.map(UserId::from);
    hq.closed_by = body.closed_by.map(UserId::from);
    hq.closed_on = optional(body.closed_at)?;
    hq.server_modified_on = optional(body.server_modified_at)?;
    hq.location_id = body.location_id.map(Text::from);
    hq.deleted = match body.deleted {
        None => None,
        Some(Deleted::NoForms) => Some(Deletion::NoForms),
        Some(Deleted::At(at)) => Some(Deletion::Explicit(moment(at)?)),
    };
    hq.transactions = body.history.into_iter().map(transaction).collect::<Result<_, _>>()?;
    Ok(())
}

fn named<J, V>(held: BTreeMap<String, J>, value: impl Fn(J) -> V) -> Named<V> {
    let mut all = Named::new();
    all.change(held.into_iter().map(|(name, held)| (Text::from(name), Some(value(held)))).collect());
    all
}

fn transaction(entry: Entry) -> Result<Transaction, Error> {
    let mut transaction = Transaction::new(moment(entry.server)?, moment(entry.client)?);
    transaction.form_id = entry.form.map(InstanceId::from);
    transaction.user_id = entry.user.map(UserId::from);
    transaction.sync_token = entry.token;
    let did = |letter| entry.did.contains(letter);
    let mut all = Did::default();
    (all.block, all.create, all.close) = (did('b'), did('c'), did('x'));
    (all.index, all.attachment, all.ledger) = (did('i'), did('a'), did('l'));
    transaction.did = all;
    transaction.revoked = did('r');
    Ok(transaction)
}

fn entry(transaction: &Transaction) -> Entry {
    let did = &transaction.did;
    let letters = [
        (did.block, 'b'),
        (did.create, 'c'),
        (did.close, 'x'),
        (did.index, 'i'),
        (did.attachment, 'a'),
        (did.ledger, 'l'),
        (transaction.revoked, 'r'),
    ];
    Entry {
        form: transaction.form_id.as_ref().map(ToString::to_string),
        server: transaction.server_date.timestamp_micros(),
        client: transaction.client_date.timestamp_micros(),
        user: transaction.user_id.as_ref().map(ToString::to_string),
        token: transaction.sync_token.clone(),
        did: letters.into_iter().filter(|(is, _)| *is).map(|(_, letter)| letter).collect(),
    }
}

/// What of a case has no column, as JSON.
pub(super) fn case_body(case: &Case) -> String {
    let hq = &*case.hq;
    let text = |text: &Option<Text<'static>>| text.as_ref().map(|text| text.to_string());
    let user = |user: &Option<UserId>| user.as_ref().map(ToString::to_string);
    let micros = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros());
    let body = Body {
        external_id: text(&case.external_id),
        category: text(&case.category),
        state: text(&case.state),
        opened_at: micros(case.date_opened),
        properties: case
            .properties
            .iter()
            .map(|(name, value)| (name.to_owned(), value.text().into_owned()))
            .collect(),
        indices: case.indices.iter().map(|(name, index)| (name.to_owned(), link(index))).collect(),
        attachments: case
            .attachments
            .iter()
            .map(|(name, file)| (name.to_owned(), (file.src.clone(), file.from.clone())))
            .collect(),
        opened_by: user(&hq.opened_by),
        modified_by: user(&hq.modified_by),
        closed_by: user(&hq.closed_by),
        closed_at: micros(hq.closed_on),
        server_modified_at: micros(hq.server_modified_on),
        location_id: text(&hq.location_id),
        deleted: hq.deleted.map(|deleted| match deleted {
            Deletion::Explicit(at) => Deleted::At(at.timestamp_micros()),
            _ => Deleted::NoForms,
        }),
        history: hq.transactions.iter().map(entry).collect(),
    };
    serde_json::to_string(&body).expect("texts and numbers are JSON")
}

fn link(index: &Index) -> (String, String, String) {
    (index.target.to_string(), index.case_type.to_string(), index.relationship.as_str().to_owned())
}

/// A quantity.
pub(super) fn read_ledger(row: &AnyRow) -> Result<(LedgerKey, Quantity), Error> {
    let key = LedgerKey {
        entity_id: CaseId::from(row.try_get::<String, _>("entity_id")?),
        section_id: row.try_get("section_id")?,
        entry_id: row.try_get("entry_id")?,
    };
    Ok((key, Quantity::of_hundred_thousandths(row.try_get("quantity")?)))
}

/// A form, as the rules see it.
pub(super) fn read_form(row: &AnyRow, domain: &str) -> Result<Form, Error> {
    let xml: Vec<u8> = row.try_get("xml")?;
    let source = decode(&xml).map_err(|error| damaged(&error))?.into_owned();
    let log_id: String = row.try_get("log_id")?;
    let mut form = Form::new(log_id, domain, source, moment(row.try_get("counts_at")?)?);
    let place = row.try_get::<Option<i64>, _>("place")?.map_or_else(|| row.try_get("seq"), Ok)?;
    form.place = Some(place.unsigned_abs());
    form.state = form_state(&row.try_get::<String, _>("state")?);
    form.edited_on = optional(row.try_get("edited_at")?)?;
    form.sync_token = row.try_get("sync_token")?;
    Ok(form)
}

/// Of what is set apart the rules know only that it does not count.
fn form_state(state: &str) -> FormState {
    match state {
        "normal" => FormState::Normal,
        "archived" => FormState::Archived,
        "deprecated" => FormState::Deprecated,
        _ => FormState::Error,
    }
}

pub(super) fn json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| damaged(&error))
}

pub(super) fn damaged(what: &dyn std::fmt::Display) -> Error {
    Kind::Damaged(what.to_string()).into()
}

pub(super) fn moment(micros: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| damaged(&"a moment that no calendar has"))
}

fn optional(micros: Option<i64>) -> Result<Option<DateTime<Utc>>, Error> {
    micros.map(moment).transpose()
}
