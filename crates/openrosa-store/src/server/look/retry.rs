//! Another try for a form that was set apart.

use openrosa_http::server::{Caller, Policy, Submission};

use super::super::{
    Database, Domain, FormRow,
    batch::{Arriving, Task},
};
use crate::error::{Error, Kind};
use openrosa_http::server::Rejection;

impl Database {
    /// Lets a form take effect that is in quarantine, or that the rules declined, as if it came now. `Some` says why it still does
    /// not count.
    pub async fn retry(&self, domain: &Domain, form: &FormRow) -> Result<Option<String>, Error> {
        let xml = self.xml(domain, form).await?;
        let mut caller = Caller::default();
        caller.user.clone_from(&form.user);
        caller.device_id.clone_from(&form.device_id);
        caller.app_id.clone_from(&form.app_id);
        caller.sync_token = self.sync_token(domain, form).await?;
        caller.domain = Some(domain.name.clone()).filter(|name| !name.is_empty());
        let submission = Submission::read(xml, caller, &Policy::default()).map_err(unreadable)?;
        let arriving = Arriving { domain: domain.number, submission, objects: Vec::new(), at: self.now() };
        let done = self.lanes.take(Task::Retry(Box::new(arriving))).await;
        done.map(|done| done.declined).map_err(unreadable)
    }

    async fn sync_token(&self, domain: &Domain, form: &FormRow) -> Result<Option<String>, Error> {
        let query = sqlx::query_scalar("SELECT sync_token FROM forms WHERE domain = $1 AND seq = $2");
        Ok(query.bind(domain.number).bind(form.seq).fetch_one(&self.readers).await?)
    }
}

/// What was kept was read before, so that only the database can fail.
fn unreadable(rejection: Rejection) -> Error {
    match rejection {
        Rejection::Internal(error) => match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(_) => Kind::Stopped.into(),
        },
        _ => Kind::Stopped.into(),
    }
}
