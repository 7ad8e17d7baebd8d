//! All cases, a line each.

use std::fmt::Write;

use chrono::FixedOffset;
use openrosa_case::case::Case;

use super::Standing;
use crate::{
    page::{NOTE, counted, grouped, seen},
    state::State,
    table::{self, Side},
};

/// The table, and a line that sums it up.
pub(super) fn text(state: &State, standing: &Standing<'_, '_>, zone: FixedOffset) -> String {
    let mut out = String::new();
    let known = !matches!(standing, Standing::Unknown | Standing::Circle(_));
    let mut headings = vec!["case", "type", "name", "owner", "status", "modified"];
    headings.extend(known.then_some("on the phone"));
    let headings: Vec<_> = headings.into_iter().map(|heading| (heading, Side::Left)).collect();
    let rows: Vec<_> = state.memory.cases().map(|case| cells(case, standing, zone)).collect();
    if !rows.is_empty() {
        table::write(&mut out, &headings, &rows);
    }
    if let Standing::Circle(cycle) = standing {
        let _ = writeln!(out, "{NOTE}{cycle}; the device purges nothing{NOTE:#}");
    }
    let open = state.memory.cases().filter(|case| case.is_open()).count();
    let ledgers = match state.memory.ledgers().len() {
        0 => String::new(),
        1 => ", 1 quantity in stock".to_owned(),
        count => format!(", {} quantities in stock", grouped(count as u64)),
    };
    let since = match state.is_of_database() {
        true => "in the database".to_owned(),
        false => format!("after {}", counted(state.documents(), "document")),
    };
    let _ = writeln!(
        out,
        "{}, {} open{ledgers}, {since} by the rules of {}",
        counted(rows.len(), "case"),
        grouped(open as u64),
        state.side.name()
    );
    out
}

fn cells(case: &Case, standing: &Standing<'_, '_>, zone: FixedOffset) -> Vec<String> {
    let mut cells = vec![
        seen(case.case_id.as_str()).into_owned(),
        seen(&case.case_type).into_owned(),
        seen(&case.name).into_owned(),
        seen(case.owner_id.as_str()).into_owned(),
        status(case).to_owned(),
        case.last_modified.with_timezone(&zone).date_naive().to_string(),
    ];
    cells.extend(standing.stays(&case.case_id).map(|stays| if stays { "yes" } else { "no" }.to_owned()));
    cells
}

/// Open, closed or deleted.
pub(crate) fn status(case: &Case) -> &'static str {
    match (case.hq.deleted, case.closed) {
        (Some(_), _) => "deleted",
        (None, true) => "closed",
        (None, false) => "open",
    }
}
