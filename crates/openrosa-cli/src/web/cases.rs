//! Cases: the types that there are, and the cases of one by name.

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use openrosa_store::server::{CaseCount, CaseLine, CasesLooked};
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::failed::Failed;
use super::frame::{Frame, page};
use super::portion::Portion;
use super::said::Query;
use super::seen::{Seen, grouped, moment, query};

const PAGE: u32 = 50;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct OfTypes {
    after: Option<String>,
    /// A case that somebody knows the id of.
    id: String,
}

#[derive(Clone, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct OfCases {
    #[serde(rename = "type")]
    case_type: String,
    name: String,
    closed: Option<String>,
    after_name: Option<String>,
    after_id: Option<String>,
}

struct Type {
    address: String,
    closed_address: String,
    case_type: Seen,
    open: String,
    closed: String,
}

/// A case in a list.
pub(super) struct Row {
    pub(super) address: String,
    pub(super) name: Seen,
    pub(super) id: Seen,
    pub(super) case_type: Seen,
    pub(super) owner: Seen,
    pub(super) is_closed: bool,
    pub(super) modified: String,
}

#[derive(Template)]
#[template(path = "case_types.html")]
struct Types {
    frame: Frame,
    types: Vec<Type>,
    next: Option<String>,
    sought: Option<Seen>,
}

#[derive(Template)]
#[template(path = "case_list.html")]
struct List {
    frame: Frame,
    case_type: Seen,
    name: Seen,
    is_closed: bool,
    other: String,
    csv: String,
    rows: Vec<Row>,
    next: Option<String>,
}

pub(super) async fn types(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(asked): Query<OfTypes>,
) -> Result<Response, Failed> {
    let domain = look.domain.number();
    let id = asked.id.trim();
    if !id.is_empty() && web.database().case(&look.domain, &id.into()).await?.is_some() {
        return Ok(Redirect::to(&format!("/look/{domain}/case{}", query(&[("id", id)]))).into_response());
    }
    let (database, after) = (web.database(), asked.after.as_deref());
    let ask = async |at_most| database.case_types(&look.domain, after, at_most).await;
    let types = Portion::ask(PAGE, ask).await?;
    let next = |last: &CaseCount| format!("/look/{domain}/cases{}", query(&[("after", &last.case_type)]));
    let address = |case_type: &str, closed: &str| {
        format!("/look/{domain}/cases/list{}", query(&[("type", case_type), ("closed", closed)]))
    };
    let row = |count: &CaseCount| Type {
        address: address(&count.case_type, ""),
        closed_address: address(&count.case_type, "1"),
        case_type: Seen::of(&count.case_type),
        open: grouped(count.open),
        closed: grouped(count.closed),
    };
    Ok(page(&Types {
        frame: Frame::new(&web, &look, "cases", "Cases"),
        types: types.rows.iter().map(row).collect(),
        next: types.last_before_more().map(next),
        sought: Some(Seen::of(id)).filter(|id| !id.is_empty()),
    }))
}

pub(super) async fn list(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(asked): Query<OfCases>,
) -> Result<Response, Failed> {
    let domain = look.domain.number();
    let is_closed = asked.closed.as_deref().is_some_and(|closed| !closed.is_empty());
    let sought = CasesLooked {
        case_type: asked.case_type.clone(),
        closed: is_closed,
        name: asked.name.clone(),
        after: asked.after_name.clone().zip(asked.after_id.clone()),
    };
    let database = web.database();
    let ask = async |at_most| database.cases_of_type(&look.domain, &sought, at_most).await;
    let cases = Portion::ask(PAGE, ask).await?;
    let closed = |is: bool| if is { "1" } else { "" };
    let here = |is_closed: bool, after: Option<&CaseLine>| {
        // The index knows of a name its beginning.
        let name: String = after.map(|case| case.name.chars().take(60).collect()).unwrap_or_default();
        let mut address =
            query(&[("type", &asked.case_type), ("name", &asked.name), ("closed", closed(is_closed))]);
        if let Some(case) = after {
            let behind = query(&[("after_name", &name), ("after_id", &case.case_id)]);
            let behind = behind.replacen('?', if address.is_empty() { "?" } else { "&" }, 1);
            address.push_str(&behind);
            if name.is_empty() {
                address.push_str("&after_name=");
            }
        }
        format!("/look/{domain}/cases/list{address}")
    };
    let next = cases.last_before_more().map(|last| here(is_closed, Some(last)));
    let csv = format!("/look/{domain}/cases/csv{}", query(&[("type", &asked.case_type)]));
    let title = format!("Cases of type {}", Seen::of(&asked.case_type));
    Ok(page(&List {
        frame: Frame::new(&web, &look, "cases", title),
        case_type: Seen::of(&asked.case_type),
        name: Seen::of(&asked.name),
        is_closed,
        other: here(!is_closed, None),
        csv,
        rows: cases.rows.iter().map(|case| Row::of(case, domain)).collect(),
        next,
    }))
}

impl Row {
    pub(super) fn of(case: &CaseLine, domain: i64) -> Self {
        Self {
            address: format!("/look/{domain}/case{}", query(&[("id", &case.case_id)])),
            name: Seen::of(if case.name.is_empty() { "(no name)" } else { &case.name }),
            id: Seen::of(&case.case_id),
            case_type: Seen::of(&case.case_type),
            owner: Seen::of(&case.owner_id),
            is_closed: case.closed,
            modified: moment(case.modified_at),
        }
    }
}
