//! A case as JSON.

use chrono::{Offset as _, Utc};
use openrosa_case::case::Case;
use serde_json::{Map, Value as Json, json};

use super::{Standing, history::History, list::status, one::moment};
use crate::{changes, terminal::say};

/// Prints a case on one line.
pub(super) fn print(case: &Case, standing: &Standing<'_, '_>, history: Option<&History>) {
    let mut facts = facts(case);
    facts["on_the_phone"] = standing.stays(&case.case_id).into();
    facts["why"] = standing.why(&case.case_id).into();
    if let Some(history) = history {
        facts["history"] = history.json(case);
    }
    say(facts);
}

/// The fields that few cases have, under the names by which an update gives them: the first two on the device, the last on
/// CommCare HQ (C-075, C-076).
pub(super) fn rare_fields(case: &Case) -> impl Iterator<Item = (&'static str, &str)> {
    let fields =
        [("category", &case.category), ("state", &case.state), ("location_id", &case.hq.location_id)];
    fields.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?.as_str())))
}

/// What a case is on either side.
pub(crate) fn facts(case: &Case) -> Json {
    let properties: Map<_, _> =
        case.properties.iter().map(|(name, value)| (name.to_owned(), value.text().into())).collect();
    let indices: Map<_, _> =
        case.indices.iter().map(|(name, index)| (name.to_owned(), changes::index_json(index))).collect();
    let files: Map<_, _> =
        case.attachments.iter().map(|(name, file)| (name.to_owned(), Json::from(file.src.clone()))).collect();
    let mut facts = json!({
        "case_id": case.case_id.as_str(),
        "case_type": case.case_type,
        "case_name": case.name,
        "owner_id": case.owner_id.as_str(),
        "external_id": case.external_id,
        "status": status(case),
        "date_opened": case.date_opened.map(|at| moment(at, Utc.fix())),
        "last_modified": moment(case.last_modified, Utc.fix()),
        "properties": properties,
        "indices": indices,
        "attachments": files,
    });
    for (name, text) in rare_fields(case) {
        facts[name] = text.into();
    }
    facts
}
