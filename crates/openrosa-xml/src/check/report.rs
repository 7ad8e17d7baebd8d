//! All that was found in one document.

use std::collections::BTreeMap;

use super::{audience::Audience, finding::Finding, rule::Severity};

/// The findings of one document, in the order of their places.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn of(mut findings: Vec<Finding>) -> Self {
        findings.sort_by(|a, b| (a.place, a.code()).cmp(&(b.place, b.code())));
        Self { findings }
    }

    /// Each finding.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The same, to be kept.
    #[must_use]
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// The worst severity; nothing when there is no finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The first finding that makes this audience refuse the document. One is enough: a form or restore is taken whole or
    /// not at all, so that what is right in it is lost with the rest (C-061).
    ///
    /// ```
    /// use openrosa_xml::check::{self, Audience, Options};
    /// let form = "<data xmlns='http://example.org/visit'>
    ///   <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' user_id='u1'><close/></case>
    /// </data>";
    /// let report = check::document(form, &Options::default());
    /// assert_eq!(report.refused_by(Audience::Device).unwrap().code(), "case-date-missing");
    /// assert!(report.refused_by(Audience::Hq).is_none());
    /// ```
    #[must_use]
    pub fn refused_by(&self, audience: Audience) -> Option<&Finding> {
        let refuses = |finding: &&Finding| finding.verdict(audience) == Some(Severity::Error);
        self.findings.iter().find(refuses)
    }

    /// How many findings there are by code.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.code()).or_default() += 1;
        }
        counts
    }
}
