//! Where findings go as they are made: each is counted, told, and forgotten.

use std::{
    io::{self, Write},
    time::Duration,
};

use openrosa_xml::check::Finding;

use super::{Document, Judge, Teller, tally::Tally};
use crate::page::inert;

/// Counts findings and tells them, so that none need be kept.
pub(super) struct Desk {
    pub(super) judge: Judge,
    pub(super) out: Box<dyn Write>,
    pub(super) teller: Box<dyn Teller>,
    pub(super) tally: Tally,
    /// How many findings of one document are told.
    pub(super) most: usize,
}

impl Desk {
    /// Takes in the next finding of a document.
    pub(super) fn finding(&mut self, document: &Document<'_>, finding: &Finding) -> io::Result<()> {
        if self.judge.allows(finding) {
            self.tally.allowed += 1;
            return Ok(());
        }
        self.tally.finding(finding, &self.judge);
        if self.tally.at_hand.findings > self.most {
            return Ok(());
        }
        let told = self.teller.finding(document, finding, &self.judge);
        self.print(&told)
    }

    /// No more comes of this document.
    pub(super) fn document_end(&mut self, document: &Document<'_>, took: Duration) -> io::Result<()> {
        let hidden = self.tally.at_hand.findings.saturating_sub(self.most);
        self.tally.document_end(document.title(), hidden, took);
        let told = self.teller.document_end(document, hidden);
        self.print(&told)?;
        self.out.flush()
    }

    /// No more documents come.
    pub(super) fn end(&mut self) -> io::Result<()> {
        let told = self.teller.end(&self.tally);
        self.print(&told)?;
        self.out.flush()
    }

    pub(super) fn print(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(inert(text).as_bytes())
    }
}
