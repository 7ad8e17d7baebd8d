//! What is closed behind a form: the extensions of what it has closed, by a form of the server's own.

use openrosa_case::hq::ExtensionChain;
use openrosa_http::server::{Caller, Policy, Submission};
use openrosa_xml::{CaseId, InstanceId};
use sqlx::AnyConnection;

use super::{Arriving, Workplace, fresh};
use crate::error::{Error, Kind};

impl Workplace {
    /// The form that closes them, where the domain wants that and there is something to close. It goes in like any other, in the
    /// same transaction: where CommCare HQ sends it after its predecessor is stored, a server that dies between leaves them open.
    ///
    /// *Spec*: case-xml.md 5.6.
    pub(super) async fn closing(
        &mut self,
        tx: &mut AnyConnection,
        after: &Arriving,
        cases: Vec<CaseId>,
    ) -> Result<Option<Arriving>, Error> {
        if !self.desk.closes_extensions || cases.is_empty() {
            return Ok(None);
        }
        let chain = ExtensionChain::behind(cases);
        self.desk.follow(tx, &chain).await?;
        let follows = InstanceId::from(after.submission.instance_id.to_string());
        let Some(form) = self.desk.closing(&chain, &follows, fresh(), after.at.fixed_offset()) else {
            return Ok(None);
        };
        let unwritten = |error: &dyn std::fmt::Display| Kind::Damaged(error.to_string());
        let xml = form.write().map_err(|error| unwritten(&error))?;
        let submission =
            Submission::read(xml.into(), sender(&after.submission, &follows), &Policy::default());
        let submission = submission.map_err(|error| unwritten(&error))?;
        Ok(Some(Arriving::alone(after.domain, submission, after.at)))
    }
}

/// Nobody of the users; and the device that it follows has the same token.
fn sender(after: &Submission, follows: &InstanceId) -> Caller {
    let mut caller = Caller::default();
    caller.domain.clone_from(&after.sender.domain);
    caller.device_id = Some(format!("SubmissionPost-{follows}-close_extensions"));
    caller.sync_token.clone_from(&after.sender.sync_token);
    caller
}
