//! The endpoints of case search and claim (ota-restore.md 1.10).

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use openrosa_xml::xml::{Element, Name};

use super::Cases;
use crate::api::{case_search, claim};
use crate::server::desk::{Call, Desk, GET_OR_POST, POST, Routes};
use crate::server::place::PHONE_PLACES;
use crate::server::{Front, Rejection, answer, listing};

impl Front {
    /// Where cases are searched for and claimed.
    ///
    /// *Spec*: ota-restore.md 1.10.
    pub fn cases(&self, host: impl Cases) -> Router {
        Routes::below(&PHONE_PLACES)
            .endpoint(GET_OR_POST, "search", search)
            .endpoint(GET_OR_POST, "search/{app_id}", search)
            .endpoint(POST, "claim-case", claim)
            .at(Desk::commcare(self, host))
    }
}

async fn search<H: Cases>(desk: Arc<Desk<H>>, call: Call) -> Result<Response, Rejection> {
    let mut sought = case_search::Request::read(&call.head, &call.body);
    // The token of an address is none of the properties.
    sought.keys.retain(|(name, _)| name != "st");
    if sought.values("case_type").all(str::is_empty) {
        return Err(Rejection::BadRequest { reason: "`case_type` is missing".into() });
    }
    let found = desk.host.search(&sought, &call.caller).await?;
    let results = Element::new(Name::local("results")).with_attribute("id", "case");
    listing::document(vec![results], found, |out, case| case.write_to(out)).await
}

async fn claim<H: Cases>(desk: Arc<Desk<H>>, call: Call) -> Result<Response, Rejection> {
    let claimed = claim::Request::read(&call.head, &call.body);
    if claimed.case_ids.is_empty() {
        return Err(Rejection::BadRequest { reason: "`case_id` is missing".into() });
    }
    let came_to = desk.host.claim(&claimed, &call.caller).await?;
    Ok(answer::said(came_to.response(), None))
}
