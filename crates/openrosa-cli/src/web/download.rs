//! What people take with them: XML as it came, JSON, CSV.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header};
use openrosa_store::server::{CasesAsked, FormRow, Snapshot};
use openrosa_xml::xml::{Element, decode};
use serde::Deserialize;
use serde_json::json;

use super::Web;
use super::access::Look;
use super::arrivals::{Asked, called};
use super::failed::Failed;
use super::file::as_download;
use super::paced::paced;
use super::said::{Path, Query};
use super::seen::moment;
use crate::cmd::cases::json::facts;
use crate::defused::defused;
use crate::terminal::tell;

/// How many rows are read at once.
const STEP: u32 = 500;

#[derive(Deserialize)]
pub(super) struct OfCase {
    id: String,
}

#[derive(Deserialize)]
pub(super) struct OfType {
    /// Absent where it is empty, as cases may have it.
    #[serde(rename = "type", default)]
    case_type: String,
}

pub(super) async fn xml(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Path((_, seq)): Path<(i64, i64)>,
) -> Result<Response, Failed> {
    let form = web.database().submission(&look.domain, seq).await?;
    let xml = web.database().xml(&look.domain, &form).await?;
    Ok(file("text/xml", &format!("{}.xml", form.instance_id), Body::from(xml)))
}

pub(super) async fn form_json(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Path((_, seq)): Path<(i64, i64)>,
) -> Result<Response, Failed> {
    let form = web.database().submission(&look.domain, seq).await?;
    let xml = web.database().xml(&look.domain, &form).await?;
    let text = decode(&xml).map_err(|error| Failed::Cannot(error.to_string()))?;
    let root = Element::read(&text).map_err(|error| Failed::Cannot(error.to_string()))?;
    let json = json!({
        "received_on": form.received_at, "instance_id": form.instance_id, "form_id": form.form, "version": form.version,
        "state": form.state.as_str(), "reason": form.reason, "user": form.user,
        "form": openrosa_xml::json::write_form(&root),
    });
    Ok(file("application/json", &format!("{}.json", form.instance_id), Body::from(json.to_string())))
}

pub(super) async fn case_json(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(of): Query<OfCase>,
) -> Result<Response, Failed> {
    let row = web.database().case(&look.domain, &of.id.as_str().into()).await?.ok_or(Failed::NotThere)?;
    Ok(file("application/json", &format!("{}.json", of.id), Body::from(facts(&row.case).to_string())))
}

/// All of them, as the list shows them.
pub(super) async fn arrivals(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failed> {
    let head =
        record(&["received", "instance_id", "form", "version", "state", "reason", "user", "device_id"]);
    let begun = (None, asked.conditions(), true);
    let (of, domain) = (web.clone(), look.domain);
    let rows = stream::try_unfold(begun, move |(state, mut conditions, goes_on)| {
        let (web, domain) = (of.clone(), domain.clone());
        async move {
            if !goes_on {
                return Ok(None);
            }
            let mut state = one_state(&web, state).await?;
            let found = state.arrivals(&domain, &conditions, STEP).await?;
            conditions.before = found.next;
            let rows: Vec<u8> = found.rows.iter().flat_map(of_form).collect();
            Ok(Some((Bytes::from(rows), (Some(state), conditions, found.next.is_some()))))
        }
    });
    sheet(&web, "arrivals.csv", head, rows)
}

/// An edit that comes while a sheet is made is a new form: it would be there beside the one that it takes the place of, or neither.
async fn one_state(web: &Web, state: Option<Snapshot>) -> Result<Snapshot, openrosa_store::Error> {
    match state {
        Some(state) => Ok(state),
        None => web.database().snapshot().await,
    }
}

/// All cases of a type, open and closed; what else they have is JSON in one column.
pub(super) async fn cases(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(of): Query<OfType>,
) -> Result<Response, Failed> {
    let head =
        record(&["case_id", "case_type", "case_name", "owner_id", "status", "last_modified", "properties"]);
    let name = format!("{}.csv", if of.case_type.is_empty() { "cases" } else { &of.case_type });
    let asked = CasesAsked { case_type: Some(of.case_type), closed: true, ..CasesAsked::default() };
    let (from, domain) = (web.clone(), look.domain);
    let rows = stream::try_unfold((None, asked), move |(state, mut asked)| {
        let (web, domain) = (from.clone(), domain.clone());
        async move {
            let mut state = one_state(&web, state).await?;
            let found = state.cases(&domain, &asked, STEP).await?;
            let Some(last) = found.last() else { return Ok(None) };
            asked.after = Some(last.case.case_id.to_string());
            let rows: Vec<u8> = found.iter().flat_map(|row| of_case(&row.case)).collect();
            Ok(Some((Bytes::from(rows), (Some(state), asked))))
        }
    });
    sheet(&web, &name, head, rows)
}

fn of_form(form: &FormRow) -> Vec<u8> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    record(&[
        &moment(form.received_at),
        &form.instance_id,
        &form.form,
        &text(&form.version),
        called(form.state),
        &text(&form.reason),
        &text(&form.user),
        &text(&form.device_id),
    ])
}

fn of_case(case: &openrosa_case::Case) -> Vec<u8> {
    let properties = facts(case)["properties"].to_string();
    record(&[
        case.case_id.as_str(),
        &case.case_type,
        &case.name,
        case.owner_id.as_str(),
        if case.closed { "closed" } else { "open" },
        &moment(case.last_modified),
        &properties,
    ])
}

/// One line of a sheet.
fn record(cells: &[&str]) -> Vec<u8> {
    let mut line = csv::Writer::from_writer(Vec::new());
    // Into memory.
    let _ = line.write_record(cells.iter().map(|cell| defused((*cell).to_owned())));
    line.into_inner().unwrap_or_default()
}

fn sheet(
    web: &Web,
    name: &str,
    head: Vec<u8>,
    rows: impl futures_util::Stream<Item = Result<Bytes, openrosa_store::Error>> + Send + 'static,
) -> Result<Response, Failed> {
    use futures_util::StreamExt as _;
    let head = stream::once(async move { Ok(Bytes::from(head)) });
    let rows = paced(rows, Arc::clone(&web.sheets)).map_err(|error| {
        tell(format_args!("a sheet could not be made: {error}"));
        Failed::Inside
    })?;
    Ok(file("text/csv; charset=utf-8", name, Body::from_stream(head.chain(rows))))
}

fn file(kind: &'static str, name: &str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, as_download(name)),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        assert_eq!(record(&["=1+1", "-5.2", "+inf"]), b"'=1+1,-5.2,'+inf\n");
        assert_eq!(record(&["a,b", "\"c\""]), b"\"a,b\",\"\"\"c\"\"\"\n");
    }
}
