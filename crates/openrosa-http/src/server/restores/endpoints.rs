//! The endpoint of restores (ota-restore.md 1).

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::response::Response;

use super::{RestoreCall, Restored, Restores};
use crate::api::restore::{self, Pending, Request};
use crate::server::desk::{Call, Desk, GET_ONLY, Routes};
use crate::server::place::PHONE_PLACES;
use crate::server::{Content, Front, Rejection, answer, content};

impl Front {
    /// Where devices of CommCare get all that is theirs.
    ///
    /// *Spec*: ota-restore.md 1.
    pub fn restores(&self, host: impl Restores) -> Router {
        Routes::below(&PHONE_PLACES)
            // A HEAD would have a restore made, and a record of it, for nothing.
            .endpoint(GET_ONLY, "restore", restore)
            .endpoint(GET_ONLY, "restore/{app_id}", restore)
            .at(Desk::commcare(self, host))
    }
}

async fn restore<H: Restores>(desk: Arc<Desk<H>>, call: Call) -> Result<Response, Rejection> {
    let asked = Request::read(&call.head);
    let spoken = asked.spoken(&call.head.headers);
    let asked = RestoreCall::new(asked, spoken)?;
    match desk.host.restore(&asked, &call.caller).await? {
        Restored::Ready(content) => Ok(ready(content)),
        Restored::Pending(pending) if asked.may_wait => wait(&pending),
        Restored::Pending(Pending { after, .. }) => Err(Rejection::Busy { after, cause: None }),
        Restored::GoneAstray(message) => {
            Ok(answer::said(restore::gone_astray(answer::writable(message.into())), None))
        }
    }
}

fn ready(content: Content) -> Response {
    restore::write_head(content.length, SystemTime::now()).map(|()| content::body(content.pieces))
}

fn wait(pending: &Pending) -> Result<Response, Rejection> {
    let written = pending.write("the restore is being made", SystemTime::now());
    written.map(|answer| answer.map(Body::from)).map_err(Rejection::internal)
}
