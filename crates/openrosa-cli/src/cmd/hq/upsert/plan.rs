//! What is to be done, seen from what is there.

use std::collections::HashMap;

use commcare_hq::Client;
use commcare_hq::cases::{BulkFetch, CaseV2, CaseView as _, Found, GetExternal};
use openrosa_http::transport::hyper::Hyper;

use super::super::{UpsertArgs, failed};
use super::Through;
use super::columns::{NAME, OWNER, Own, own, there};
use super::rows::Row;
use crate::exit::Failure;
use crate::page::seen;
use crate::terminal::say;

/// Ids that are asked for at once.
const AT_ONCE: usize = 1000;

/// One case to be made or changed.
pub(super) enum Step {
    Make { external_id: String, name: String, owner: String, properties: Vec<(String, String)> },
    Change { case_id: String, cells: Vec<(String, String)> },
}

/// What is to be done, row by row.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Rows whose case is as it is to be.
    pub(super) same: usize,
}

impl Plan {
    /// Compares what is to be with what is there, and says what differs.
    pub(super) async fn of(args: &UpsertArgs, hq: &Client<Hyper>, rows: &[Row]) -> Result<Self, Failure> {
        let there = fetch(args, hq, rows).await?;
        let mut plan = Self::default();
        for row in rows {
            match there.get(row.external_id.as_str()) {
                None => plan.steps.push(make(args, row)?),
                Some(case) => plan.compare(args, row, case)?,
            }
        }
        Ok(plan)
    }

    fn compare(&mut self, args: &UpsertArgs, row: &Row, case: &CaseV2) -> Result<(), Failure> {
        let other = case.case_type().filter(|there| *there != args.case_type);
        if let Some(other) = other {
            let (id, other) = (seen(&row.external_id), seen(other));
            let failure = format!("`{id}` is there as a `{other}`: {}", seen(case.case_id()));
            return Err(Failure::new(failure).remedy("--case-type, or a sheet without that row"));
        }
        let differs = |(name, value): &&(String, String)| there(case, name) != Some(value);
        let cells: Vec<_> = row.cells.iter().filter(differs).collect();
        if cells.is_empty() {
            self.same += 1;
            return Ok(());
        }
        say(format_args!("~ {}{}", seen(&row.external_id), if case.is_closed() { " (closed)" } else { "" }));
        for (name, value) in &cells {
            let before = there(case, name).unwrap_or_default();
            say(format_args!("    {}: {} -> {}", seen(name), seen(before), seen(value)));
        }
        let cells = cells.into_iter().cloned().collect();
        self.steps.push(Step::Change { case_id: case.case_id().to_owned(), cells });
        Ok(())
    }
}

fn make(args: &UpsertArgs, row: &Row) -> Result<Step, Failure> {
    let missing = |what: &str| Failure::new(format!("`{}` is new and has no {what}", seen(&row.external_id)));
    let column = |own: &Own| format!("a column {}", own.name);
    let name = row.cell(NAME.name).ok_or_else(|| missing(NAME.name).remedy(column(&NAME)))?;
    let owner = row.cell(OWNER.name).or(args.owner_id.as_deref());
    let no_owner = || missing(OWNER.name).remedy(format!("--owner-id, or {}", column(&OWNER)));
    let owner = owner.ok_or_else(no_owner)?;
    say(format_args!("+ {}", seen(&row.external_id)));
    for (cell, value) in [(NAME.name, name), (OWNER.name, owner)] {
        say(format_args!("    {cell}: {}", seen(value)));
    }
    let properties: Vec<_> = row.cells.iter().filter(|(cell, _)| own(cell).is_none()).cloned().collect();
    for (cell, value) in &properties {
        say(format_args!("    {}: {}", seen(cell), seen(value)));
    }
    let (external_id, name, owner) = (row.external_id.clone(), name.to_owned(), owner.to_owned());
    Ok(Step::Make { external_id, name, owner, properties })
}

/// The cases that are there, by their external ids.
async fn fetch(
    args: &UpsertArgs,
    hq: &Client<Hyper>,
    rows: &[Row],
) -> Result<HashMap<String, CaseV2>, Failure> {
    let mut there = HashMap::new();
    for rows in rows.chunks(AT_ONCE) {
        let ids = rows.iter().map(|row| row.external_id.clone());
        let asked = BulkFetch::default().external(ids);
        for found in hq.call(&asked).await.map_err(|error| failed(&error))? {
            let Found::Case(case) = found else { continue };
            let id = case.external_id.clone().unwrap_or_default();
            if let Some(other) = there.insert(id.clone(), case) {
                return Err(doubled(&id, &other));
            }
        }
    }
    if args.through == Through::Form {
        for row in rows.iter().filter(|row| !there.contains_key(&row.external_id)).collect::<Vec<_>>() {
            there.extend(fresh(hq, row).await?);
        }
    }
    Ok(there)
}

/// A case that was made a moment ago is not in the index yet, and a form would make it again: the primary database is asked.
async fn fresh(hq: &Client<Hyper>, row: &Row) -> Result<Option<(String, CaseV2)>, Failure> {
    match hq.call(&GetExternal::new(&*row.external_id)).await {
        Ok(case) => Ok(Some((row.external_id.clone(), case))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

fn doubled(id: &str, one: &CaseV2) -> Failure {
    let failure = format!("two cases have the external id `{}`: {} is one", seen(id), seen(one.case_id()));
    Failure::new(failure).remedy("give one of them another external id, or a sheet without that row")
}
