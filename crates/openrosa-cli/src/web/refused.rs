//! What was refused, why, and what to do about it.

use std::borrow::Cow;

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Response;
use openrosa_store::server::{ArrivalsAsked, Domain, Refusal, State as FormState};
use openrosa_xml::xml::decode;
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::arrivals::Row;
use super::exchange::may_be_cut;
use super::failed::Failed;
use super::findings::findings;
use super::frame::{Frame, page};
use super::portion::Portion;
use super::said::{Path, Query};
use super::seen::{Seen, duration, legible, moment, size};
use super::submission::lines::{Line, lines, verdict};

const PAGE: u32 = 50;
/// How many that are kept and do not count are shown beside the refused ones.
const APART: u32 = 20;

#[derive(Deserialize)]
pub(super) struct Asked {
    before: Option<i64>,
}

struct Refused {
    address: String,
    at: String,
    status: u16,
    reason: Seen,
    advice: Cow<'static, str>,
    form: Seen,
    instance: Seen,
    user: Seen,
}

#[derive(Template)]
#[template(path = "refused.html")]
struct List {
    frame: Frame,
    refused: Vec<Refused>,
    quarantined: Vec<Row>,
    errors: Vec<Row>,
    is_first: bool,
    next: Option<String>,
    address: String,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct One {
    frame: Frame,
    refused: Refused,
    device: Seen,
    took: String,
    size: String,
    headers: Vec<(Seen, Seen)>,
    said: Option<Said>,
}

/// What a refused form says, as far as it is kept and is text.
struct Said {
    lines: Vec<Line>,
    /// What there is to be said of it.
    verdict: String,
}

const BEGINNING: &str = "Its beginning, unchecked: it is long.";
const NUMBERS: &str = "Bytes that are no text are shown by their numbers.";

pub(super) async fn list(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failed> {
    let domain = look.domain.number();
    let database = web.database();
    let ask = async |at_most| database.refusals(&look.domain, asked.before, at_most).await;
    let refusals = Portion::ask(PAGE, ask).await?;
    let next = |last: &Refusal| format!("/look/{domain}/refused?before={}", last.number());
    let is_first = asked.before.is_none();
    Ok(page(&List {
        frame: Frame::new(&web, &look, "refused", "Refused and set apart"),
        refused: refusals.rows.iter().map(|refusal| Refused::of(refusal, &web, &look.domain)).collect(),
        quarantined: apart(&web, &look, FormState::Quarantined, is_first).await?,
        errors: apart(&web, &look, FormState::Error, is_first).await?,
        is_first,
        next: refusals.last_before_more().map(next),
        address: format!("/look/{domain}"),
    }))
}

async fn apart(web: &Web, look: &Look, state: FormState, is_first: bool) -> Result<Vec<Row>, Failed> {
    if !is_first {
        return Ok(Vec::new());
    }
    let asked = ArrivalsAsked { state: Some(state), ..ArrivalsAsked::default() };
    let found = web.database().arrivals(&look.domain, &asked, APART).await?;
    Ok(found.rows.iter().map(|form| Row::of(form, look.domain.number())).collect())
}

pub(super) async fn show(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Path((_, number)): Path<(i64, i64)>,
) -> Result<Response, Failed> {
    let refusal = web.database().refusal(&look.domain, number).await?;
    let said = match refusal.xml.as_deref() {
        Some(xml) => Some(Said::of(xml).await?),
        None => None,
    };
    Ok(page(&One {
        frame: Frame::new(&web, &look, "refused", "Refused submission"),
        refused: Refused::of(&refusal, &web, &look.domain),
        device: Seen::maybe(refusal.device_id.as_deref()),
        took: duration(refusal.exchange.micros),
        size: size(refusal.exchange.bytes),
        headers: refusal
            .exchange
            .headers
            .iter()
            .map(|(name, value)| (Seen::of(name), Seen::of(value)))
            .collect(),
        said,
    }))
}

impl Said {
    /// Of the bytes that came. They were refused, and may be anything.
    async fn of(xml: &[u8]) -> Result<Self, Failed> {
        let is_cut = may_be_cut(xml);
        match decode(xml) {
            Ok(text) if !is_cut => {
                let found = findings(&text).await?;
                Ok(Self { lines: lines(&text, &found), verdict: verdict(found.len()) })
            }
            Ok(text) => Ok(Self { lines: lines(&text, &[]), verdict: BEGINNING.to_owned() }),
            Err(_) => {
                let verdict =
                    if is_cut { BEGINNING } else { "It is no text throughout, so it was not checked." };
                Ok(Self { lines: lines(&legible(xml), &[]), verdict: format!("{verdict} {NUMBERS}") })
            }
        }
    }
}

impl Refused {
    fn of(refusal: &Refusal, web: &Web, domain: &Domain) -> Self {
        Self {
            address: format!("/look/{}/refused/{}", domain.number(), refusal.number()),
            at: moment(refusal.exchange.at),
            status: refusal.exchange.status,
            reason: Seen::of(&refusal.reason),
            advice: advice(refusal.exchange.status, |words| web.command_in(domain, words)),
            form: Seen::maybe(refusal.form.as_deref()),
            instance: Seen::maybe(refusal.instance_id.as_deref()),
            user: Seen::maybe(refusal.user.as_deref()),
        }
    }
}

/// What to do, by the status that the device was answered with.
fn advice(status: u16, command: impl Fn(&str) -> String) -> Cow<'static, str> {
    let text = match status {
        400 | 415 => {
            "The request or the form in it is broken. Look at the app that made it, and at what is between it and this server; the device has its copy still."
        }
        401 => {
            let command = command("user password NAME");
            return format!("Have the name and the password on the device put right, or give the user another password: {command}").into();
        }
        403 => "The sender may not send here. Behind a proxy, passwords are taken over https only.",
        404 => {
            "The device is set to an address, a project or a form that this server does not have; or it edits what was never received. Put the address on the device right, or send the original first."
        }
        406 => {
            let command = command("user activate NAME");
            return format!("The user may not work any more. If that is wrong: {command}").into();
        }
        408 => "The network was too slow or broke off. The device will try again.",
        409 => {
            "Another form, file or edit was received under the same name before. Compare both: as a rule the device sent an old copy again, and may delete it."
        }
        413 => "It is too large. Raise --max-body, or have the app take smaller photos.",
        422 => {
            "The form breaks a rule that this server was told to hold forms to. Look at the findings, put the form right in the app, and have it sent again; the device has it in quarantine."
        }
        500..=599 => {
            "The server could not keep it then. The device will try again; see the server's log if it happens again."
        }
        _ => "The device has its copy still.",
    };
    text.into()
}
