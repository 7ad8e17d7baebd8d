//! The cases as they stand in the end, by the rules of a server.

use std::fs;

use chrono::Local;

use super::story::Cast;
use crate::{
    cmd::{cases, serve::Service},
    exit::Failure,
    state::{Document, Side, State},
    terminal::say,
};

/// Applies what was received in the order in which it came, and shows the cases; whether they are as the story has them.
pub(super) fn print(service: &Service, cast: &Cast) -> Result<bool, Failure> {
    let mut state = State::new(Side::Hq);
    for record in service.backend().records() {
        let path = service.backend().xml_path(&record);
        let bytes = fs::read(&path)
            .map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))?;
        let document =
            Document { name: record.instance_id.to_string(), bytes, at: Local::now().fixed_offset() };
        state.apply(&document).map_err(|refused| Failure::new(refused.to_string()))?;
    }
    say("The cases as they now stand");
    for line in cases::overview(&state, *Local::now().offset()).lines() {
        say(format_args!("   {line}").to_string().trim_end());
    }
    say("");
    let [household, patient] = [&cast.household, &cast.patient].map(|id| state.memory.get(id.as_str()));
    let temperature = patient.and_then(|patient| patient.properties.get("temperature"));
    Ok(household.is_some_and(|case| case.is_open())
        && patient.is_some_and(|case| case.closed)
        && temperature.is_some_and(|value| value.text() == "39.5"))
}
