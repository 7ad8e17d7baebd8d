//! One case, whole.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use openrosa_case::case::Case;

use super::{json::rare_fields, list::status};
use crate::{
    changes::{link, named},
    page::{Page, TITLE, seen},
};

const COLUMN: usize = 18;

/// Everything a case holds; why it is on the phone or not, where that is known; and what it has in stock.
pub(crate) fn text(
    case: &Case,
    why: Option<String>,
    stock: &[(String, String)],
    zone: FixedOffset,
    page: Page,
) -> String {
    let mut out = String::new();
    page.wrapped(
        &mut out,
        "",
        "  ",
        &format!("{TITLE}{}{TITLE:#} · {}", named(&case.case_id, Some(case)), status(case)),
    );
    let mut row = |label: &str, value: &str| page.row(&mut out, 2, (&seen(label), COLUMN), value);
    if let Some(why) = why {
        row("on the phone", &seen(&why));
    }
    row("owner_id", &seen(case.owner_id.as_str()));
    let external_id = case.external_id.as_ref().map(|text| ("external_id", text.as_str()));
    for (name, text) in external_id.into_iter().chain(rare_fields(case)) {
        row(name, &seen(text));
    }
    if let Some(opened) = case.date_opened {
        row("date_opened", &moment(opened, zone));
    }
    row("last_modified", &moment(case.last_modified, zone));
    let hq = &case.hq;
    for (name, user) in
        [("opened_by", &hq.opened_by), ("modified_by", &hq.modified_by), ("closed_by", &hq.closed_by)]
    {
        if let Some(user) = user {
            row(name, &seen(user.as_str()));
        }
    }
    for (name, value) in case.properties.iter() {
        row(name, &seen(&value.text()));
    }
    for (name, index) in case.indices.iter() {
        row(&format!("index {name}"), &link(index));
    }
    for (name, file) in case.attachments.iter() {
        row(&format!("file {name}"), &seen(&file.src));
    }
    for (what, quantity) in stock {
        row(what, quantity);
    }
    out.push('\n');
    out
}

pub(crate) fn moment(at: DateTime<Utc>, zone: FixedOffset) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
