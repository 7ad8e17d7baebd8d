//! A form held against what is known of its readers, before it is stored.

use openrosa_xml::check::{self, Finding, Options, Severity};
use openrosa_xml::xml::decode;
use tokio::task::spawn_blocking;

use super::{CheckPolicy, Rejection, Submission};

impl Submission {
    /// Looks for what is wrong with the form and decides, by the policy, what becomes of it. A form of megabytes is looked at for
    /// as long as hundreds of others take, so that is done beside the threads that answer those.
    pub(crate) async fn check(&mut self, policy: CheckPolicy) -> Result<(), Rejection> {
        if policy == CheckPolicy::Off {
            return Ok(());
        }
        let xml = self.xml.clone();
        self.findings = spawn_blocking(move || found(&xml)).await.map_err(Rejection::internal)?;
        match (policy, self.first_error()) {
            (CheckPolicy::Reject, Some(error)) => self.refused = Some(told(error)),
            (CheckPolicy::Quarantine, Some(error)) => self.quarantined = Some(told(error)),
            _ => {}
        }
        Ok(())
    }

    fn first_error(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.severity == Severity::Error)
    }
}

/// Which files go with a form is not known yet: large submissions come in several requests (openrosa.md 2.4).
fn found(xml: &[u8]) -> Vec<Finding> {
    let Ok(source) = decode(xml) else { return Vec::new() };
    check::document(&source, &Options::default()).into_findings()
}

/// For the person at the device and for whoever is asked by them: where, what, and what to look up.
fn told(finding: &Finding) -> String {
    format!("{}: {} ({})", finding.place.start, finding.message(), finding.code())
}
