//! What has arrived, the newest first.

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use openrosa_store::server::{ArrivalsAsked, FormRow, State as FormState};
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::failed::Failed;
use super::frame::{Frame, page};
use super::said::Query;
use super::seen::{Seen, moment, query};

/// How many are on a page.
pub(super) const PAGE: u32 = 50;

/// What somebody wants to see; empty where it does not matter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) form: String,
    pub(super) user: String,
    pub(super) state: String,
    pub(super) before: Option<i64>,
}

/// One line of the list.
pub(super) struct Row {
    pub(super) address: String,
    pub(super) at: String,
    pub(super) form: Seen,
    pub(super) version: Seen,
    pub(super) instance: Seen,
    pub(super) user: Seen,
    pub(super) class: &'static str,
    pub(super) state: &'static str,
    pub(super) reason: Seen,
}

#[derive(Template)]
#[template(path = "arrival_row.html")]
pub(super) struct RowView<'a> {
    pub(super) row: &'a Row,
}

#[derive(Template)]
#[template(path = "arrivals.html")]
struct Arrivals {
    frame: Frame,
    rows: Vec<Row>,
    form: Seen,
    user: Seen,
    states: Vec<(&'static str, &'static str, bool)>,
    is_filtered: bool,
    is_first: bool,
    next: Option<String>,
    live: String,
    csv: String,
}

/// The states, as the filter names them.
const STATES: [(&str, &str); 7] = [
    ("", "any"),
    ("normal", "received"),
    ("error", "error"),
    ("quarantined", "quarantined"),
    ("archived", "archived"),
    ("deprecated", "replaced"),
    ("refused", "refused"),
];

pub(super) async fn show(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failed> {
    let domain = look.domain.number();
    if asked.state == "refused" {
        return Ok(Redirect::to(&format!("/look/{domain}/refused")).into_response());
    }
    let found = web.database().arrivals(&look.domain, &asked.conditions(), PAGE).await?;
    let address = |place: &str, before: Option<i64>| format!("/look/{domain}/{place}{}", asked.query(before));
    Ok(page(&Arrivals {
        frame: Frame::new(&web, &look, "arrivals", "Arrivals"),
        rows: found.rows.iter().map(|form| Row::of(form, domain)).collect(),
        form: Seen::of(&asked.form),
        user: Seen::of(&asked.user),
        states: STATES.iter().map(|(value, text)| (*value, *text, *value == asked.state)).collect(),
        is_filtered: ![&asked.form, &asked.user, &asked.state].iter().all(|text| text.is_empty()),
        is_first: asked.before.is_none(),
        next: found.next.map(|before| address("arrivals", Some(before))),
        live: address("live", None),
        csv: address("arrivals.csv", None),
    }))
}

impl Asked {
    pub(super) fn conditions(&self) -> ArrivalsAsked {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        ArrivalsAsked {
            form: some(&self.form),
            user: some(&self.user),
            state: state(&self.state),
            before: self.before,
        }
    }

    fn query(&self, before: Option<i64>) -> String {
        let before = before.map(|before| before.to_string()).unwrap_or_default();
        query(&[("form", &self.form), ("user", &self.user), ("state", &self.state), ("before", &before)])
    }
}

fn state(word: &str) -> Option<FormState> {
    use FormState::{Archived, Deprecated, Error, Normal, Quarantined};
    [Normal, Archived, Deprecated, Error, Quarantined].into_iter().find(|state| state.as_str() == word)
}

/// What people call a state.
pub(super) const fn called(state: FormState) -> &'static str {
    match state {
        FormState::Normal => "received",
        FormState::Deprecated => "replaced",
        other => other.as_str(),
    }
}

impl Row {
    pub(super) fn of(form: &FormRow, domain: i64) -> Self {
        let is_edit = form.state == FormState::Normal && form.replaces.is_some();
        Self {
            address: format!("/look/{domain}/submissions/{}", form.seq),
            at: moment(form.received_at),
            form: Seen::of(&form.form),
            version: Seen::maybe(form.version.as_deref()),
            instance: Seen::of(&form.instance_id),
            user: Seen::maybe(form.user.as_deref()),
            class: form.state.as_str(),
            state: if is_edit { "edit" } else { called(form.state) },
            reason: Seen::maybe(form.reason.as_deref()),
        }
    }
}
