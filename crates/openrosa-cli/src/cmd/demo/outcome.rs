//! The cases as they stand in the end.

use chrono::{DateTime, FixedOffset, Local};
use openrosa_case::Case;
use openrosa_store::Error;
use openrosa_store::server::{Database, FormsAsked};
use openrosa_xml::CaseId;

use super::story::Cast;
use crate::{
    cmd::cases,
    exit::Failure,
    server_place::failure,
    state::{Document, Side, State},
    terminal::say,
};

/// Shows the cases that come of the forms; whether those of the server are as the story has them.
pub(super) async fn print(database: &Database, cast: &Cast) -> Result<bool, Failure> {
    let state = state(database).await?;
    say("The cases as they now stand");
    for line in cases::overview(&state, *Local::now().offset()).lines() {
        say(format_args!("   {line}").to_string().trim_end());
    }
    say("");
    let household = held(database, &cast.household).await?;
    let patient = held(database, &cast.patient).await?;
    let temperature = patient.as_ref().and_then(|patient| patient.properties.get("temperature"));
    let is_told = |case: &Option<Case>, id: &CaseId| {
        let told = state.memory.get(id.as_str()).map(|case| &case.properties);
        case.as_ref().map(|case| &case.properties) == told
    };
    Ok(is_told(&household, &cast.household)
        && is_told(&patient, &cast.patient)
        && household.as_ref().is_some_and(Case::is_open)
        && patient.as_ref().is_some_and(|case| case.closed)
        && temperature.is_some_and(|value| value.text() == "39.5"))
}

/// What was received, applied in the order in which it came.
async fn state(database: &Database) -> Result<State, Failure> {
    let failed = |error: Error| failure(&error);
    let domain = database.domain(None).await.map_err(failed)?;
    let mut state = State::new(Side::Hq);
    for form in database.forms(&domain, &FormsAsked::default(), 100).await.map_err(failed)? {
        let bytes = database.xml(&domain, &form).await.map_err(failed)?.to_vec();
        let at: DateTime<FixedOffset> = form.received_at.with_timezone(&Local).fixed_offset();
        let document = Document { name: form.instance_id, bytes, at };
        state.apply(&document).map_err(|refused| Failure::new(refused.to_string()))?;
    }
    Ok(state)
}

async fn held(database: &Database, id: &CaseId) -> Result<Option<Case>, Failure> {
    let failed = |error: Error| failure(&error);
    let domain = database.domain(None).await.map_err(failed)?;
    Ok(database.case(&domain, id).await.map_err(failed)?.map(|row| row.case))
}
