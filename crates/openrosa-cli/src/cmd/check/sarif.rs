//! Findings as one SARIF 2.1.0 log, as code scanners and editors read it.

use std::{cell::Cell, path::Path};

use openrosa_xml::{
    Position, Span,
    check::{Finding, Fix, Place, Rule, Severity},
};
use serde_json::{Value, json};
use url::Url;

use super::{Checked, Teller, json::verdicts, judge::Judge, tally::Tally};

/// A log is one document, so it is printed in the end.
#[derive(Default)]
pub(super) struct Sarif {
    /// Those with findings, in the order of their first.
    rules: Vec<&'static Rule>,
    results: Vec<Value>,
}

impl Teller for Sarif {
    fn document(&mut self, checked: &Checked<'_>, judge: &Judge, most: usize) -> String {
        let lines = checked.text().map(|text| Lines { text, last: Cell::new(Position::START) });
        for finding in checked.findings.iter().take(most) {
            let rule = self.index_of(finding.rule);
            self.results.push(result(checked.name, finding, rule, lines.as_ref(), judge));
        }
        String::new()
    }

    fn end(&mut self, tally: &Tally) -> String {
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "openrosa",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": self.rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
                } },
                "columnKind": "unicodeCodePoints",
                "invocations": [{ "executionSuccessful": tally.unread == 0 }],
                "results": std::mem::take(&mut self.results),
            }],
        });
        format!("{log:#}\n")
    }
}

impl Sarif {
    fn index_of(&mut self, rule: &'static Rule) -> usize {
        self.rules.iter().position(|known| *known == rule).unwrap_or_else(|| {
            self.rules.push(rule);
            self.rules.len() - 1
        })
    }
}

fn described(rule: &Rule) -> Value {
    let references: Vec<_> = rule.statements.iter().chain(rule.sections).collect();
    let worst = rule.verdicts.iter().map(|(_, severity)| *severity).max();
    json!({
        "id": rule.code,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": format!("To put it right: {}.", rule.remedy) },
        "defaultConfiguration": { "level": worst.map_or("none", level) },
        "properties": { "tags": [rule.folder()], "references": references },
    })
}

fn result(file: &str, finding: &Finding, rule: usize, lines: Option<&Lines<'_>>, judge: &Judge) -> Value {
    let related = finding.related.iter().zip(1..).map(|(related, id)| {
        let location = location(file, related.place);
        json!({ "id": id, "message": { "text": related.label }, "physicalLocation": location })
    });
    // The lines of edits are counted in the text; of a restore that was not kept in memory, no fixes are told.
    let fixes = finding.fix.iter().zip(lines).map(|(found, lines)| fix(file, found, lines));
    json!({
        "ruleId": finding.code(),
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": finding.message().to_string() },
        "locations": [{ "physicalLocation": location(file, finding.place) }],
        "relatedLocations": related.collect::<Vec<_>>(),
        "fixes": fixes.collect::<Vec<_>>(),
        "properties": {
            "severity": finding.severity.name(),
            "verdicts": verdicts(finding),
            "denied": judge.denies(finding),
        },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

fn location(file: &str, place: Place) -> Value {
    json!({ "artifactLocation": artifact(file), "region": region(place.start, place.end) })
}

fn artifact(file: &str) -> Value {
    json!({ "uri": uri(file) })
}

fn region(start: Position, end: Position) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn fix(file: &str, fix: &Fix, lines: &Lines<'_>) -> Value {
    let replacements = fix.edits.iter().map(|edit| {
        let deleted = lines.region(edit.span);
        json!({ "deletedRegion": deleted, "insertedContent": { "text": edit.text } })
    });
    let replacements: Vec<_> = replacements.collect();
    json!({
        "description": { "text": fix.title },
        "artifactChanges": [{ "artifactLocation": artifact(file), "replacements": replacements }],
    })
}

/// The lines of a text, counted on from the last place that was asked for.
struct Lines<'t> {
    text: &'t str,
    last: Cell<Position>,
}

impl Lines<'_> {
    fn region(&self, span: Span) -> Value {
        region(self.position(span.start), self.position(span.end))
    }

    fn position(&self, offset: u64) -> Position {
        let last = self.last.get();
        let from = if last.offset <= offset { last } else { Position::START };
        let start = usize::try_from(from.offset).unwrap_or(usize::MAX);
        let rest = self.text.get(start..).unwrap_or_default();
        let mut at = Position::of(rest, offset - from.offset);
        at.column += if at.line == 1 { from.column - 1 } else { 0 };
        at.line += from.line - 1;
        at.offset += from.offset;
        self.last.set(at);
        at
    }
}

/// A path as a URI: relative to where the command ran, or of a file.
fn uri(file: &str) -> String {
    let path = Path::new(file);
    if path.is_absolute() {
        return Url::from_file_path(path).map_or_else(|()| file.to_owned(), Into::into);
    }
    let parts = path.components().map(|part| encoded(&part.as_os_str().to_string_lossy()));
    parts.collect::<Vec<_>>().join("/")
}

/// Every byte that means something in a URI is written out.
fn encoded(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    part.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris() {
        assert_eq!(uri("forms/visit 1#é.xml"), "forms/visit%201%23%C3%A9.xml");
        assert_eq!(uri("-"), "-");
        assert_eq!(uri("../a.xml"), "../a.xml");
        #[cfg(unix)]
        assert_eq!(uri("/tmp/a b.xml"), "file:///tmp/a%20b.xml");
    }

    #[test]
    fn lines_are_counted_on_and_from_the_start_again() {
        let text = "<a>\n <é/>\n</a>";
        let lines = Lines { text, last: Cell::new(Position::START) };
        for offset in [5, 6, 8, 12, 0, 15] {
            assert_eq!(lines.position(offset), Position::of(text, offset), "{offset}");
        }
    }
}
