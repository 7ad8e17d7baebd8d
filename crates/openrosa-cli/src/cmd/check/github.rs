//! Findings as workflow commands, which GitHub shows at their lines.

use std::fmt::Write;

use openrosa_xml::check::{Finding, Severity};

use super::{Document, Teller, judge::Judge, tally::Tally};
use crate::page::steers;

pub(super) struct Github;

impl Teller for Github {
    fn finding(&mut self, document: &Document<'_>, finding: &Finding, judge: &Judge) -> String {
        command(document.name, finding, judge)
    }

    fn end(&mut self, tally: &Tally) -> String {
        let findings: usize = tally.severities.values().sum();
        format!(
            "openrosa check: {} checked, {findings} found, {} denied\n",
            tally.documents.len(),
            tally.denied
        )
    }
}

/// As in `::error file=a.xml,line=3,col=5,endColumn=6,title=case-self-index::case …`.
fn command(file: &str, finding: &Finding, judge: &Judge) -> String {
    let (start, end) = (finding.place.start, finding.place.end);
    let level = level(finding, judge);
    let mut command = format!("::{level} file={},line={},endLine={}", property(file), start.line, end.line);
    // Columns are refused where the lines differ.
    if start.line == end.line {
        let last = end.column.saturating_sub(1).max(start.column);
        let _ = write!(command, ",col={},endColumn={last}", start.column);
    }
    let text = format!("{}: {}", finding.message(), finding.rule.remedy);
    let _ = writeln!(command, ",title={}::{}", property(finding.code()), data(&text));
    command
}

/// What makes the job fail is an error to it.
fn level(finding: &Finding, judge: &Judge) -> &'static str {
    match finding.severity {
        _ if judge.denies(finding) => "error",
        Severity::Error | Severity::Warning => "warning",
        _ => "notice",
    }
}

/// What would end the command, or steer whoever looks at the log, is written by its bytes.
fn data(text: &str) -> String {
    percent_encoded(text, |c| c == '%' || steers(c))
}

fn property(text: &str) -> String {
    percent_encoded(text, |c| matches!(c, '%' | ':' | ',') || steers(c))
}

fn percent_encoded(text: &str, is_meant: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_meant(c) {
            true => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}"))),
            false => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        assert_eq!(data("100 %\r\n::error::x"), "100 %25%0D%0A::error::x");
        assert_eq!(property("a,b:c%.xml"), "a%2Cb%3Ac%25.xml");
        assert_eq!(property("\u{1b}[2J\u{202e}é.xml"), "%1B[2J%E2%80%AEé.xml");
    }
}
