//! Findings while they are being made: places not yet looked up.

use std::borrow::Cow;

use super::{
    audience::{Audience, Audiences},
    finding::{Finding, Related},
    fix::{Edit, Fix},
    place::{Spot, Text},
    rule::{Rule, Severity},
};
use crate::position::Span;

/// Collects what the rules find in one piece of a document.
#[derive(Debug)]
pub(super) struct Drafts {
    audiences: Audiences,
    rule: Option<&'static Rule>,
    drafts: Vec<(&'static Rule, Draft)>,
}

/// A finding whose places are told by elements.
#[derive(Debug)]
pub(super) struct Draft {
    spot: Spot,
    values: Vec<(&'static str, Cow<'static, str>)>,
    related: Vec<(Spot, &'static str)>,
    fix: Option<(&'static str, Vec<(Spot, String)>)>,
    /// Those whom it can concern, whatever the rule says.
    readers: Audiences,
}

impl Draft {
    /// Something is wrong here.
    pub(super) const fn at(spot: Spot) -> Self {
        Self { spot, values: Vec::new(), related: Vec::new(), fix: None, readers: Audiences::ALL }
    }

    /// Nobody else reads what it is about.
    pub(super) const fn for_readers(mut self, readers: Audiences) -> Self {
        self.readers = readers;
        self
    }

    /// A value that the rule's message speaks of.
    pub(super) fn value(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, Cow::Owned(value.into())));
        self
    }

    /// Another place that has to do with it.
    pub(super) fn related(mut self, spot: Spot, label: &'static str) -> Self {
        self.related.push((spot, label));
        self
    }

    /// What would put it right: each spot, and the XML that takes its place. Adding a spot to a fix makes it one fix.
    pub(super) fn fix(mut self, title: &'static str, spot: Spot, xml: impl Into<String>) -> Self {
        self.fix.get_or_insert((title, Vec::new())).1.push((spot, xml.into()));
        self
    }
}

impl Drafts {
    pub(super) const fn new(audiences: Audiences) -> Self {
        Self { audiences, rule: None, drafts: Vec::new() }
    }

    /// A collection for the same audiences, for another piece.
    pub(super) const fn another(&self) -> Self {
        Self::new(self.audiences)
    }

    /// Whether anybody who was asked about minds what the rule finds.
    pub(super) fn wants(&self, rule: &Rule) -> bool {
        rule.severity(self.audiences).is_some()
    }

    /// What is pushed from here on is found by this rule.
    pub(super) const fn begin(&mut self, rule: &'static Rule) {
        self.rule = Some(rule);
    }

    /// Adds a finding of the rule that is running.
    pub(super) fn push(&mut self, draft: Draft) {
        if let Some(rule) = self.rule {
            self.push_for(rule, draft);
        }
    }

    /// Adds a finding of a rule that does not run by itself.
    pub(super) fn push_for(&mut self, rule: &'static Rule, draft: Draft) {
        if self.wants(rule) {
            self.drafts.push((rule, draft));
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    pub(super) const fn len(&self) -> usize {
        self.drafts.len()
    }

    /// Leaves each finding from here on to those whom it concerns, as how bad it is for one and its place decide.
    pub(super) fn narrow(&mut self, from: usize, concerns: impl Fn(Audience, Severity, Span) -> bool) {
        for (rule, draft) in &mut self.drafts[from..] {
            let minds = |audience: &Audience| {
                let severity = rule.verdict(*audience);
                severity.is_none_or(|severity| concerns(*audience, severity, draft.spot.element))
            };
            draft.readers = draft.readers.iter().filter(minds).collect();
        }
    }

    /// The findings, their places looked up in the text that the rules saw.
    pub(super) fn settle(&mut self, text: &Text<'_>) -> Vec<Finding> {
        let audiences = self.audiences;
        self.drafts.sort_by_key(|(_, draft)| draft.spot.element.start);
        self.drafts.drain(..).filter_map(|(rule, draft)| settled(rule, draft, audiences, text)).collect()
    }
}

fn settled(rule: &'static Rule, draft: Draft, audiences: Audiences, text: &Text<'_>) -> Option<Finding> {
    let place = |spot: &Spot| text.place_of(spot);
    let audiences = audiences.and(draft.readers);
    Some(Finding {
        rule,
        severity: rule.severity(audiences)?,
        audiences,
        place: place(&draft.spot),
        values: draft.values,
        related: draft.related.iter().map(|(spot, label)| Related { place: place(spot), label }).collect(),
        fix: draft.fix.map(|(title, edits)| Fix {
            title,
            edits: edits.into_iter().map(|(spot, xml)| Edit { place: place(&spot), text: xml }).collect(),
        }),
    })
}
