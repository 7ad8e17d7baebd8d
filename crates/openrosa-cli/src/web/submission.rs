//! One submission: what it says, what is wrong with it, what it did, how it came.

pub(super) mod lines;

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use openrosa_store::server::{Exchange, FileRow, FormRow, State as FormState};
use openrosa_xml::Instance;
use openrosa_xml::xml::decode;
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::arrivals::Row;
use super::failed::Failed;
use super::file::Picture;
use super::findings::findings;
use super::frame::{Frame, page};
use super::said::{Path, Query};
use super::seen::{Seen, duration, moment, query, size};
use lines::{Line, lines, verdict};

/// Of how many files it is looked whether they are pictures.
const PICTURES: usize = 24;

/// A submission by what it calls itself, or by what histories call it.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Called {
    form: String,
    instance: String,
    log: String,
}

struct CaseBlock {
    address: String,
    id: Seen,
    actions: Seen,
}

struct File {
    address: String,
    name: Seen,
    size: String,
    is_picture: bool,
}

struct Came {
    at: String,
    outcome: &'static str,
    status: u16,
    took: String,
    size: String,
    headers: Vec<(Seen, Seen)>,
}

#[derive(Template)]
#[template(path = "submission.html")]
struct Submission {
    frame: Frame,
    row: Row,
    address: String,
    device: Seen,
    app: Seen,
    state: FormState,
    explanation: &'static str,
    verdict: String,
    size: String,
    lines: Vec<Line>,
    cases: Vec<CaseBlock>,
    files: Vec<File>,
    exchanges: Vec<Came>,
    before: Vec<Row>,
    after: Vec<Row>,
    of_form: String,
    of_user: String,
}

impl Submission {
    fn can_archive(&self) -> bool {
        self.state == FormState::Normal
    }

    fn can_restore(&self) -> bool {
        self.state == FormState::Archived
    }

    fn can_retry(&self) -> bool {
        self.state.is_set_apart()
    }
}

pub(super) async fn find(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(called): Query<Called>,
) -> Result<Response, Failed> {
    let form = match called.log.as_str() {
        "" => web.database().submission_called(&look.domain, &called.form, &called.instance).await?,
        log => web.database().submission_logged(&look.domain, log).await?,
    };
    Ok(Redirect::to(&format!("/look/{}/submissions/{}", look.domain.number(), form.seq)).into_response())
}

pub(super) async fn show(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Path((_, seq)): Path<(i64, i64)>,
) -> Result<Response, Failed> {
    let (database, domain) = (web.database(), &look.domain);
    let form = database.submission(domain, seq).await?;
    let xml = database.xml(domain, &form).await?;
    let text = decode(&xml).unwrap_or_else(|_| String::from_utf8_lossy(&xml));
    let found = findings(&text).await?;
    let lineage = database.lineage(domain, &form).await?;
    let number = domain.number();
    let rows = |forms: &[FormRow]| forms.iter().map(|form| Row::of(form, number)).collect();
    let row = Row::of(&form, number);
    Ok(page(&Submission {
        frame: Frame::new(&web, &look, "arrivals", "Submission"),
        address: row.address.clone(),
        device: Seen::maybe(form.device_id.as_deref()),
        app: Seen::maybe(form.app_id.as_deref()),
        state: form.state,
        explanation: explanation(form.state),
        verdict: verdict(found.len()),
        size: size(xml.len() as u64),
        lines: lines(&text, &found),
        cases: cases(&text, number),
        files: files(&web, &row.address, &database.files_of(domain, &form).await?).await,
        exchanges: database.exchanges(domain, &form).await?.iter().map(came).collect(),
        before: rows(&lineage.before),
        after: rows(&lineage.after),
        of_form: format!("/look/{number}/arrivals{}", query(&[("form", &form.form)])),
        of_user: format!(
            "/look/{number}/arrivals{}",
            query(&[("user", form.user.as_deref().unwrap_or_default())])
        ),
        row,
    }))
}

/// What a state means, and what to do about it.
pub(super) const fn explanation(state: FormState) -> &'static str {
    match state {
        FormState::Normal => "It was kept, and the cases are what it makes of them.",
        FormState::Archived => {
            "Somebody set it aside: the cases are what they are without it. It can be taken back."
        }
        FormState::Deprecated => "An edit took its place. It is kept, and does not count.",
        FormState::Error => {
            "It is kept, and does not count: the rules of cases do not allow what it says. Put right what the reason names, such as a \
             case that has not come yet, and try it again; or leave it: the device has done its part."
        }
        FormState::Quarantined => {
            "It is kept, and does not count until somebody has looked at it. The findings are under its lines below. If it may count \
             all the same, try it again; if not, leave it here and have the app put right."
        }
    }
}

fn cases(text: &str, domain: i64) -> Vec<CaseBlock> {
    let Ok(instance) = Instance::read(text) else { return Vec::new() };
    let block = |found: &openrosa_xml::instance::FoundCase<'_>| {
        let id = found.block.case_id.as_deref().unwrap_or_default();
        let actions = found.block.actions.iter().map(|action| action.name().local_name().to_owned());
        CaseBlock {
            address: format!("/look/{domain}/case{}", query(&[("id", id)])),
            id: Seen::of(id),
            actions: Seen::of(actions.collect::<Vec<_>>().join(", ")),
        }
    };
    instance.cases().iter().map(block).collect()
}

async fn files(web: &Web, address: &str, rows: &[FileRow]) -> Vec<File> {
    let mut files = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let is_picture = at < PICTURES && Picture::of(web, row).await.is_some();
        files.push(File {
            address: format!("{address}/file{}", query(&[("name", &row.name)])),
            name: Seen::of(&row.name),
            size: size(row.size),
            is_picture,
        });
    }
    files
}

fn came((outcome, exchange): &(String, Exchange)) -> Came {
    Came {
        at: moment(exchange.at),
        outcome: match outcome.as_str() {
            "duplicate" => "nothing new",
            "more_files" => "more files",
            "edit" => "an edit",
            _ => "new",
        },
        status: exchange.status,
        took: duration(exchange.micros),
        size: size(exchange.bytes),
        headers: exchange.headers.iter().map(|(name, value)| (Seen::of(name), Seen::of(value))).collect(),
    }
}
