//! What all documents came to.

use std::{collections::BTreeMap, time::Duration};

use openrosa_xml::check::{Finding, Severity};

use super::{gather::Skipped, judge::Judge};
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
    /// Documents and folders that could not be read.
    pub(super) unread: usize,
    /// Findings that were counted and not told.
    pub(super) hidden: usize,
    /// What was found so far in the document at hand.
    pub(super) at_hand: Found,
}

/// What was found in one document.
#[derive(Default)]
pub(super) struct Found {
    pub(super) findings: usize,
    severities: BTreeMap<Severity, usize>,
    codes: BTreeMap<&'static str, (Severity, usize)>,
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

    /// Counts a finding of the document at hand.
    pub(super) fn finding(&mut self, finding: &Finding, judge: &Judge) {
        let found = &mut self.at_hand;
        found.findings += 1;
        *found.severities.entry(finding.severity).or_default() += 1;
        let (worst, count) = found.codes.entry(finding.code()).or_insert((finding.severity, 0));
        *worst = finding.severity.max(*worst);
        *count += 1;
        self.denied += usize::from(judge.denies(finding));
        self.fixable += usize::from(finding.fix.is_some());
    }

    /// Adds the document at hand to the others.
    pub(super) fn document_end(&mut self, title: &str, hidden: usize, took: Duration) {
        let Found { severities, codes, .. } = std::mem::take(&mut self.at_hand);
        for (severity, count) in &severities {
            *self.severities.entry(*severity).or_default() += count;
        }
        for (code, (worst, findings)) in codes {
            let count = self.codes.entry(code).or_insert(Count { worst, findings: 0, documents: 0 });
            count.worst = count.worst.max(worst);
            count.findings += findings;
            count.documents += 1;
        }
        self.hidden += hidden;
        self.documents.push(Standing { title: title.to_owned(), severities, took });
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
