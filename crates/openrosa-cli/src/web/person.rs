//! One user: groups, restores, cases, submissions.

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Response;
use openrosa_store::server::{ArrivalsAsked, CaseLine};
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::arrivals;
use super::cases;
use super::failed::Failed;
use super::frame::{Frame, page};
use super::people::Sync;
use super::portion::Portion;
use super::said::Query;
use super::seen::{Seen, moment, query};

/// How many of everything are shown.
const FEW: u32 = 20;

#[derive(Deserialize)]
pub(super) struct Of {
    name: String,
    /// Behind which case the list goes on.
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct View {
    frame: Frame,
    name: Seen,
    id: Seen,
    active: bool,
    is_staff: bool,
    joined: String,
    data: Vec<(Seen, Seen)>,
    groups: Vec<(Seen, Seen)>,
    syncs: Vec<Sync>,
    cases: Vec<cases::Row>,
    next_cases: Option<String>,
    rows: Vec<arrivals::Row>,
    of_user: String,
}

pub(super) async fn show(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(of): Query<Of>,
) -> Result<Response, Failed> {
    let (database, domain) = (web.database(), &look.domain);
    let user = database.user(domain, &of.name).await?;
    let asked = ArrivalsAsked { user: Some(user.username.clone()), ..ArrivalsAsked::default() };
    let sent = database.arrivals(domain, &asked, FEW).await?;
    let number = domain.number();
    let (owner, after) = (user.user_id.as_str(), of.after.as_deref());
    let ask = async |at_most| database.cases_of_owner(domain, owner, after, at_most).await;
    let owned = Portion::ask(FEW, ask).await?;
    let next = |last: &CaseLine| {
        format!("/look/{number}/person{}", query(&[("name", &of.name), ("after", &last.case_id)]))
    };
    let groups = database.groups_of(domain, &user.user_id).await?;
    Ok(page(&View {
        frame: Frame::new(&web, &look, "people", Seen::of(&user.username).to_string()),
        name: Seen::of(&user.username),
        id: Seen::of(user.user_id.as_str()),
        active: user.active,
        is_staff: user.is_staff,
        joined: moment(user.joined_at),
        data: user.data.iter().map(|(key, value)| (Seen::of(key), Seen::of(value))).collect(),
        groups: groups.iter().map(|group| (Seen::of(&group.name), Seen::of(&group.group_id))).collect(),
        syncs: database.syncs(domain, &user.user_id, FEW).await?.iter().map(Sync::of).collect(),
        cases: owned.rows.iter().map(|case| cases::Row::of(case, number)).collect(),
        next_cases: owned.last_before_more().map(next),
        rows: sent.rows.iter().map(|form| arrivals::Row::of(form, number)).collect(),
        of_user: format!("/look/{number}/arrivals{}", query(&[("user", &user.username)])),
    }))
}
