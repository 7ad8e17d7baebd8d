//! Findings as workflow commands, which GitHub shows at their lines.

use std::fmt::Write;

use openrosa_xml::check::{Finding, Severity};

use super::{Document, Teller, judge::Judge, tally::Tally};

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

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        assert_eq!(data("100 %\r\n::error::x"), "100 %25%0D%0A::error::x");
        assert_eq!(property("a,b:c%.xml"), "a%2Cb%3Ac%25.xml");
    }
}
