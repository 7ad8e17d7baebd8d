//! Forms or cases out of the database, a page at a time.

use std::collections::HashMap;

use chrono::{Offset as _, Utc};
use openrosa_case::Case;
use openrosa_store::server::{CaseRow, CasesAsked, Domain, FormRow, FormsAsked, Snapshot};
use openrosa_xml::json::write_form;
use openrosa_xml::xml::{Element, decode};
use serde_json::{Value as Json, json};

use crate::cmd::admin::{failed, form, stock};
use crate::cmd::cases::{json::facts, one::moment};
use crate::exit::Failure;

/// How many come at once.
const PAGE: u32 = 500;

/// What is still to come, all of it of one state: what is received meanwhile would be there twice, or what it takes the place of.
pub(super) struct Pages<'d> {
    state: Snapshot,
    domain: &'d Domain,
    asked: Asked,
}

enum Asked {
    Forms(FormsAsked),
    Cases(CasesAsked),
}

impl<'d> Pages<'d> {
    pub(super) fn of_forms(state: Snapshot, domain: &'d Domain, asked: FormsAsked) -> Self {
        Self { state, domain, asked: Asked::Forms(asked) }
    }

    pub(super) fn of_cases(state: Snapshot, domain: &'d Domain, asked: CasesAsked) -> Self {
        Self { state, domain, asked: Asked::Cases(asked) }
    }

    /// The next page; `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Json>>, Failure> {
        let page = match &mut self.asked {
            Asked::Forms(asked) => {
                let rows = self.state.forms(self.domain, asked, PAGE).await;
                let rows = rows.map_err(|error| failed(&error))?;
                asked.after = rows.last().map(|row| row.seq).or(asked.after);
                let mut page = Vec::with_capacity(rows.len());
                for row in &rows {
                    page.push(whole(row, self.domain, &mut self.state).await?);
                }
                page
            }
            Asked::Cases(asked) => {
                let rows = self.state.cases(self.domain, asked, PAGE).await;
                let rows = rows.map_err(|error| failed(&error))?;
                asked.after = rows.last().map(|row| row.case.case_id.to_string()).or(asked.after.take());
                with_stock(&rows, self.domain, &mut self.state).await?
            }
        };
        Ok((!page.is_empty()).then_some(page))
    }
}

/// Cases, and what is in stock at them.
async fn with_stock(rows: &[CaseRow], domain: &Domain, state: &mut Snapshot) -> Result<Vec<Json>, Failure> {
    let stock = state.stock(domain, rows.iter().map(|row| &row.case.case_id)).await;
    let stock = stock.map_err(|error| failed(&error))?;
    let mut of: HashMap<&str, Vec<_>> = HashMap::new();
    for entry in &stock {
        of.entry(entry.0.entity_id.as_str()).or_default().push(entry);
    }
    let whole = |row: &CaseRow| {
        let mut facts = whole_case(&row.case);
        facts["stock"] = stock::json(of.remove(row.case.case_id.as_str()).unwrap_or_default());
        facts
    };
    Ok(rows.iter().map(whole).collect())
}

/// A case with what only a server knows of it.
fn whole_case(case: &Case) -> Json {
    let (mut facts, hq) = (facts(case), &case.hq);
    for (name, user) in
        [("opened_by", &hq.opened_by), ("modified_by", &hq.modified_by), ("closed_by", &hq.closed_by)]
    {
        facts[name] = user.as_ref().map(|user| user.as_str()).into();
    }
    facts["closed_on"] = hq.closed_on.map(|at| moment(at, Utc.fix())).into();
    facts
}

/// A form with its files and its content, as CommCare HQ writes that in JSON.
async fn whole(row: &FormRow, domain: &Domain, state: &mut Snapshot) -> Result<Json, Failure> {
    let xml = state.xml(domain, row).await.map_err(|error| failed(&error))?;
    let files = state.files_of(domain, row).await.map_err(|error| failed(&error))?;
    let file = |file: &openrosa_store::server::FileRow| json!({ "name": file.name, "size": file.size, "sha256": file.sha256, "content_type": file.content_type });
    let mut facts = form::facts(row);
    facts["files"] = files.iter().map(file).collect();
    facts["form"] = content(&xml)?;
    Ok(facts)
}

/// What was received could be read, so this can.
fn content(xml: &[u8]) -> Result<Json, Failure> {
    let unread = |error: &dyn std::fmt::Display| Failure::new(format!("a form cannot be read: {error}"));
    let source = decode(xml).map_err(|error| unread(&error))?;
    Ok(write_form(&Element::read(&source).map_err(|error| unread(&error))?))
}
