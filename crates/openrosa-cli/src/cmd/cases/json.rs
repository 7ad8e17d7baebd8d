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
    for (name, text) in [("category", &case.category), ("state", &case.state)] {
        if let Some(text) = text {
            facts[name] = Json::from(text.as_str());
        }
    }
    if let Some(history) = history {
        facts["history"] = history.json(case);
    }
    say(facts);
}

/// What a case is on either side.
pub(crate) fn facts(case: &Case) -> Json {
    let properties: Map<_, _> =
        case.properties.iter().map(|(name, value)| (name.to_owned(), value.text().into())).collect();
    let indices: Map<_, _> =
        case.indices.iter().map(|(name, index)| (name.to_owned(), changes::index_json(index))).collect();
    let files: Map<_, _> =
        case.attachments.iter().map(|(name, file)| (name.to_owned(), Json::from(file.src.clone()))).collect();
    json!({
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
    })
}
