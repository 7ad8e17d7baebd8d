//! A form held against what is known of its readers, before it is stored.

use openrosa_xml::check::{self, Finding, Options, Severity};
use openrosa_xml::xml::decode;

use super::{CheckPolicy, Rejection, Submission};

impl Submission {
    /// Looks for what is wrong with the form and decides, by the policy, what becomes of it.
    pub(crate) fn check(&mut self, policy: CheckPolicy) -> Result<(), Rejection> {
        if policy == CheckPolicy::Off {
            return Ok(());
        }
        self.findings = self.found();
        match (policy, self.first_error()) {
            (CheckPolicy::Reject, Some(error)) => Err(Rejection::Unprocessable { reason: told(error) }),
            (CheckPolicy::Quarantine, Some(error)) => {
                self.quarantined = Some(told(error));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Which files go with a form is not known yet: large submissions come in several requests (openrosa.md 2.4).
    fn found(&self) -> Vec<Finding> {
        let Ok(source) = decode(&self.xml) else { return Vec::new() };
        check::document(&source, &Options::default()).into_findings()
    }

    fn first_error(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.severity == Severity::Error)
    }
}

/// For the person at the device and for whoever is asked by them: where, what, and what to look up.
fn told(finding: &Finding) -> String {
    format!("{}: {} ({})", finding.place.start, finding.message(), finding.code())
}
