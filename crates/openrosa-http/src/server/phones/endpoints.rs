//! The endpoints of heartbeats and keys (ota-restore.md 1.10, 2.12).

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::response::Response;

use super::Phones;
use crate::api::{heartbeat, key_records};
use crate::server::desk::{Call, Desk, GET_ONLY, Routes};
use crate::server::place::PHONE_PLACES;
use crate::server::{Front, Rejection};

impl Front {
    /// Where devices of CommCare say how they are, and get the keys that lock them.
    ///
    /// *Spec*: ota-restore.md 1.10, 2.12.
    pub fn phones(&self, host: impl Phones) -> Router {
        Routes::below(&PHONE_PLACES)
            .endpoint(GET_ONLY, "heartbeat/{build_id}", heartbeat)
            .endpoint(GET_ONLY, "keys", keys)
            .at(Desk::commcare(self, host))
    }
}

async fn heartbeat<H: Phones>(desk: Arc<Desk<H>>, call: Call) -> Result<Response, Rejection> {
    let told = heartbeat::Request::read(&call.head);
    let build_id = call.place.parameter("build_id").unwrap_or_default();
    let wanted = desk.host.heartbeat(&told, build_id, &call.caller).await?.ok_or(Rejection::NotFound)?;
    Ok(wanted.write(SystemTime::now()).map(Body::from))
}

async fn keys<H: Phones>(desk: Arc<Desk<H>>, call: Call) -> Result<Response, Rejection> {
    let asked = key_records::Request::read(&call.head);
    let records = desk.host.keys(&asked, &call.caller).await?;
    let answer = key_records::write(&records, SystemTime::now()).map_err(Rejection::internal)?;
    Ok(answer.map(Body::from))
}
