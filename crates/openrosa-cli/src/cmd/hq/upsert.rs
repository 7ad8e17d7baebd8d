//! Cases out of a sheet.

use std::collections::HashMap;
use std::path::Path;

use commcare_hq::Client;
use commcare_hq::cases::{BulkFetch, CaseV2, CaseView as _, Change, Found, WriteMany};
use openrosa_http::transport::reqwest::Reqwest;

use super::{UpsertArgs, failed};
use crate::exit::{Exit, Failure};
use crate::page::{counted, seen};
use crate::target::wait;
use crate::terminal::say;

/// Ids that are asked for at once.
const AT_ONCE: usize = 1000;

/// A row: a case that is to be so.
#[derive(Clone)]
struct Row {
    external_id: String,
    /// Names and values that are not blank.
    cells: Vec<(String, String)>,
}

pub(crate) fn run(args: &UpsertArgs) -> Result<Exit, Failure> {
    let rows = read(&args.sheet, &args.id)?;
    let hq = args.account.open()?;
    wait(async {
        let there = fetch(&hq, &rows).await?;
        let mut changes = Vec::new();
        let mut same = 0;
        for row in &rows {
            match there.get(row.external_id.as_str()) {
                None => {
                    say(format_args!("+ {}", seen(&row.external_id)));
                    changes.push(new(args, row)?);
                }
                Some(case) => match differences(row, case) {
                    differences if differences.is_empty() => same += 1,
                    differences => {
                        say(format_args!("~ {}", seen(&row.external_id)));
                        changes.push(changed(case, differences));
                    }
                },
            }
        }
        let what = format!("{} to make or change, {same} as they are to be", counted(changes.len(), "case"));
        if !args.send {
            say(format_args!("{what}; nothing was sent, --send does"));
            return Ok(Exit::Clean);
        }
        say(what);
        send(&hq, changes).await
    })
}

fn read(path: &Path, id: &str) -> Result<Vec<Row>, Failure> {
    let unread =
        |error: &dyn std::fmt::Display| Failure::new(format!("cannot read `{}`: {error}", path.display()));
    let mut reader = csv::Reader::from_path(path).map_err(|error| unread(&error))?;
    let headings = reader.headers().map_err(|error| unread(&error))?.clone();
    let headings: Vec<_> =
        headings.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    let at = headings.iter().position(|name| name == id);
    let at = at.ok_or_else(|| unread(&format!("it has no column `{id}`")))?;
    let mut rows = Vec::new();
    let mut known = HashMap::new();
    for (number, record) in (2..).zip(reader.records()) {
        let record = record.map_err(|error| unread(&error))?;
        let external_id = record.get(at).unwrap_or_default().to_owned();
        if external_id.is_empty() {
            return Err(unread(&format!("row {number} has no `{id}`")));
        }
        if let Some(before) = known.insert(external_id.clone(), number) {
            return Err(unread(&format!("rows {before} and {number} have the same `{id}`")));
        }
        let cells = headings.iter().zip(record.iter()).filter(|(name, cell)| *name != id && !cell.is_empty());
        let cells = cells.map(|(name, cell)| (name.clone(), cell.to_owned())).collect();
        rows.push(Row { external_id, cells });
    }
    Ok(rows)
}

/// The cases that are there, by their external ids.
async fn fetch(hq: &Client<Reqwest>, rows: &[Row]) -> Result<HashMap<String, CaseV2>, Failure> {
    let mut there = HashMap::new();
    for rows in rows.chunks(AT_ONCE) {
        let ids = rows.iter().map(|row| row.external_id.clone());
        let asked = BulkFetch::default().external(ids);
        for found in hq.call(&asked).await.map_err(|error| failed(&error))? {
            if let Found::Case(case) = found {
                there.insert(case.external_id.clone().unwrap_or_default(), case);
            }
        }
    }
    Ok(there)
}

fn new(args: &UpsertArgs, row: &Row) -> Result<Change, Failure> {
    let cell = |name: &str| row.cells.iter().find(|(cell, _)| cell == name).map(|(_, value)| value.clone());
    let missing = |what: &str| Failure::new(format!("`{}` is new and has no {what}", seen(&row.external_id)));
    let name = cell("case_name").ok_or_else(|| missing("case_name"))?;
    let owner = cell("owner_id").or_else(|| args.owner_id.clone());
    let owner = owner.ok_or_else(|| missing("owner_id").remedy("--owner-id"))?;
    let change = Change::create(&*args.case_type, name, owner).external_id(&*row.external_id);
    Ok(properties(change, row.cells.clone()))
}

/// What a row has and a case has not.
fn differences(row: &Row, case: &CaseV2) -> Vec<(String, String)> {
    let differs = |(name, value): &&(String, String)| {
        let is = match name.as_str() {
            "case_name" => case.case_name(),
            "owner_id" => case.owner_id(),
            name => case.properties().get(name).and_then(|value| value.as_str()),
        };
        is != Some(value.as_str())
    };
    row.cells.iter().filter(differs).cloned().collect()
}

fn changed(case: &CaseV2, differences: Vec<(String, String)>) -> Change {
    for (name, value) in &differences {
        let is = case.properties().get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let is = match name.as_str() {
            "case_name" => case.case_name().unwrap_or_default(),
            "owner_id" => case.owner_id().unwrap_or_default(),
            _ => is,
        };
        say(format_args!("    {}: {} -> {}", seen(name), seen(is), seen(value)));
    }
    let mut change = Change::update(case.case_id());
    for (name, value) in &differences {
        change = match name.as_str() {
            "case_name" => change.case_name(value),
            "owner_id" => change.owner_id(value),
            _ => change,
        };
    }
    properties(change, differences)
}

fn properties(mut change: Change, cells: Vec<(String, String)>) -> Change {
    for (name, value) in cells {
        if !matches!(name.as_str(), "case_name" | "owner_id") {
            change = change.property(name, value);
        }
    }
    change
}

/// A batch is done or it is not; those after one that was refused are sent all the same.
async fn send(hq: &Client<Reqwest>, changes: Vec<Change>) -> Result<Exit, Failure> {
    let mut exit = Exit::Clean;
    for (number, batch) in (1..).zip(WriteMany::split(changes)) {
        let count = counted(batch.0.len(), "case");
        match hq.call(&batch).await {
            Ok(written) => {
                say(format_args!("batch {number}: {count}, form {}", written.form_id.unwrap_or_default()))
            }
            Err(error) if error.refusal().is_some() && !error.may_have_landed() => {
                anstream::eprintln!("openrosa: batch {number}, {count}: {}", seen(&error.to_string()));
                exit = Exit::Findings;
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Ok(exit)
}
