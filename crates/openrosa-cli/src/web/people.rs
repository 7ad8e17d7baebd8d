//! Users: who they are, and what their devices were sent last.

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Response;
use openrosa_store::server::{Person, Synced};
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::failed::Failed;
use super::frame::{Frame, page};
use super::portion::Portion;
use super::said::Query;
use super::seen::{Seen, grouped, moment, query, size};

const PAGE: u32 = 50;

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
}

struct Row {
    address: String,
    name: Seen,
    active: bool,
    is_staff: bool,
    last: Option<Sync>,
}

/// A restore, as it is shown.
pub(super) struct Sync {
    pub(super) at: String,
    pub(super) token: Seen,
    pub(super) cases: String,
    pub(super) size: String,
    pub(super) is_first: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    frame: Frame,
    rows: Vec<Row>,
    is_first: bool,
    next: Option<String>,
    /// How there come to be some.
    command: String,
}

pub(super) async fn show(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failed> {
    let domain = look.domain.number();
    let (database, after) = (web.database(), asked.after.as_deref());
    let ask = async |at_most| database.people(&look.domain, after, at_most).await;
    let people = Portion::ask(PAGE, ask).await?;
    let next = |last: &Person| format!("/look/{domain}/people{}", query(&[("after", &last.user.username)]));
    Ok(page(&People {
        frame: Frame::new(&web, &look, "people", "People"),
        rows: people.rows.iter().map(|person| row(person, domain)).collect(),
        is_first: asked.after.is_none(),
        next: people.last_before_more().map(next),
        command: web.command_in(&look.domain, "user add NAME --staff"),
    }))
}

fn row(person: &Person, domain: i64) -> Row {
    let user = &person.user;
    Row {
        address: format!("/look/{domain}/person{}", query(&[("name", &user.username)])),
        name: Seen::of(&user.username),
        active: user.active,
        is_staff: user.is_staff,
        last: person.last.as_ref().map(Sync::of),
    }
}

impl Sync {
    pub(super) fn of(synced: &Synced) -> Self {
        Self {
            at: moment(synced.at),
            token: Seen::of(&synced.token),
            cases: synced.cases.map(grouped).unwrap_or_default(),
            size: synced.bytes.map(size).unwrap_or_default(),
            is_first: synced.previous.is_none(),
        }
    }
}
