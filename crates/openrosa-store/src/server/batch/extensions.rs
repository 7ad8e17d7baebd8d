//! What is closed behind a form: the extensions of what it has closed, by a form of the server's own.

use openrosa_case::hq::ExtensionChain;
use openrosa_http::server::{Caller, Policy, Submission};
use openrosa_xml::{CaseId, InstanceId, build::NewForm};
use sqlx::AnyConnection;

use super::{Arriving, Workplace, fresh};
use crate::error::Error;

impl Workplace {
    /// The form that closes them, where the domain wants that and there is something to close. It goes in like any other, in the
    /// same transaction: where CommCare HQ sends it after its predecessor is stored, a server that dies between leaves them open.
    /// What cannot be closed so stays open, and is no fault of the form before.
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
        for case_id in self.desk.unnamable(&chain) {
            tracing::warn!(%case_id, "an extension stays open, as no form may be written with an id like its");
        }
        let Some(form) = self.desk.closing(&chain, &follows, fresh(), after.at.fixed_offset()) else {
            return Ok(None);
        };
        Ok(written(&form, sender(&after.submission, &follows))
            .map(|submission| Arriving::alone(after.domain, submission, after.at)))
    }
}

fn written(form: &NewForm, sender: Caller) -> Option<Submission> {
    let xml = match form.write() {
        Ok(xml) => xml,
        Err(error) => {
            tracing::warn!(%error, "extensions stay open, as the form that closes them cannot be written");
            return None;
        }
    };
    match Submission::read(xml.into(), sender, &Policy::default()) {
        Ok(submission) => Some(submission),
        Err(refusal) => {
            tracing::warn!(?refusal, "extensions stay open, as the form that closes them cannot be read");
            None
        }
    }
}

/// Nobody of the users. CommCare HQ sends the token of the form before along; but its device closes none of the extensions, and has
/// to be told (S-095).
fn sender(after: &Submission, follows: &InstanceId) -> Caller {
    let mut caller = Caller::default();
    caller.domain.clone_from(&after.sender.domain);
    caller.device_id = Some(format!("SubmissionPost-{follows}-close_extensions"));
    caller
}
