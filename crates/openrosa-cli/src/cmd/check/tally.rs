//! What all documents came to.

use std::{collections::BTreeMap, time::Duration};

use openrosa_xml::check::{Finding, Severity};

use super::{Checked, gather::Skipped, judge::Judge};
use crate::exit::Exit;

/// Counts over all documents.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) severities: BTreeMap<Severity, usize>,
    pub(super) codes: BTreeMap<&'static str, Count>,
    /// Every document, in the order of checking.
    pub(super) documents: Vec<Standing>,
    /// Findings that make the command end with status 1.
    pub(super) denied: usize,
    /// Findings that are not shown.
    pub(super) allowed: usize,
    /// Findings whose remedy is certain.
    pub(super) fixable: usize,
    /// Findings that were put right.
    pub(super) fixed: usize,
    pub(super) skipped: Skipped,
    /// Documents and folders that could not be opened.
    pub(super) unread: usize,
}

/// What one rule found.
pub(super) struct Count {
    pub(super) worst: Severity,
    pub(super) findings: usize,
    pub(super) documents: usize,
}

/// How one document fared.
pub(super) struct Standing {
    pub(super) title: String,
    pub(super) severities: BTreeMap<Severity, usize>,
    pub(super) took: Duration,
}

impl Tally {
    pub(super) fn new(skipped: Skipped) -> Self {
        Self { skipped, ..Self::default() }
    }

    pub(super) fn count(&mut self, checked: &Checked<'_>, judge: &Judge) {
        let severities = severities(&checked.findings);
        for (severity, count) in &severities {
            *self.severities.entry(*severity).or_default() += count;
        }
        for (code, (worst, findings)) in codes(&checked.findings) {
            let count = self.codes.entry(code).or_insert(Count { worst, findings: 0, documents: 0 });
            count.worst = count.worst.max(worst);
            count.findings += findings;
            count.documents += 1;
        }
        self.denied += checked.findings.iter().filter(|finding| judge.denies(finding)).count();
        self.fixable += checked.findings.iter().filter(|finding| finding.fix.is_some()).count();
        self.allowed += checked.allowed;
        let standing = Standing { title: checked.title.to_owned(), severities, took: checked.took };
        self.documents.push(standing);
    }

    pub(super) fn exit(&self) -> Exit {
        if self.denied > 0 { Exit::Findings } else { Exit::Clean }
    }

    /// The documents with findings, those with the worst and then the most first.
    pub(super) fn worst(&self) -> Vec<&Standing> {
        let mut worst: Vec<_> =
            self.documents.iter().filter(|standing| !standing.severities.is_empty()).collect();
        worst.sort_by_key(|standing| std::cmp::Reverse(standing.weight()));
        worst
    }

    /// The documents that took longer than anybody notices, the slowest first.
    pub(super) fn slowest(&self) -> Vec<&Standing> {
        const NOTICED: Duration = Duration::from_millis(200);
        let mut slowest: Vec<_> = self.documents.iter().filter(|standing| standing.took > NOTICED).collect();
        slowest.sort_by_key(|standing| std::cmp::Reverse(standing.took));
        slowest
    }
}

impl Standing {
    fn weight(&self) -> [usize; 4] {
        let count = |severity| self.severities.get(&severity).copied().unwrap_or_default();
        [Severity::Error, Severity::Warning, Severity::Portability, Severity::Note].map(count)
    }
}

fn severities(findings: &[Finding]) -> BTreeMap<Severity, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    counts
}

fn codes(findings: &[Finding]) -> BTreeMap<&'static str, (Severity, usize)> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        let (worst, count) = counts.entry(finding.code()).or_insert((finding.severity, 0));
        *worst = finding.severity.max(*worst);
        *count += 1;
    }
    counts
}
