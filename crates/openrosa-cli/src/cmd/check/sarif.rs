//! Findings as one SARIF 2.1.0 log, as code scanners and editors read it.

use std::path::{Component, Path};

use openrosa_xml::check::{Finding, Fix, Place, Rule, Severity};
use serde_json::{Value, json};
use url::Url;

use super::{Document, Teller, json::verdicts, judge::Judge, tally::Tally};

/// A log is one JSON object. Its results are printed as they come, and what is known of the whole after them: the order of an
/// object's members means nothing.
#[derive(Default)]
pub(super) struct Sarif {
    /// Those with findings, in the order of their first.
    rules: Vec<&'static Rule>,
    has_begun: bool,
}

impl Teller for Sarif {
    fn finding(&mut self, document: &Document<'_>, finding: &Finding, judge: &Judge) -> String {
        let rule = self.index_of(finding.rule);
        let before = self.before_result();
        format!("{before}{}", result(document.name, finding, rule, judge))
    }

    fn end(&mut self, tally: &Tally) -> String {
        let rules: Vec<_> = self.rules.iter().map(|rule| described(rule)).collect();
        let driver = json!({
            "name": "openrosa",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        });
        let invocations = json!([{ "executionSuccessful": tally.unread == 0 }]);
        let before = if self.has_begun { "" } else { BEGINNING };
        format!("{before}\n],\n\"invocations\":{invocations},\n\"tool\":{{\"driver\":{driver}}}}}]}}\n")
    }
}

/// Up to where the results stand.
const BEGINNING: &str = "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\n\
    \"runs\":[{\"columnKind\":\"unicodeCodePoints\",\n\"results\":[";

impl Sarif {
    fn before_result(&mut self) -> String {
        if std::mem::replace(&mut self.has_begun, true) { ",\n".to_owned() } else { format!("{BEGINNING}\n") }
    }

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

fn result(file: &str, finding: &Finding, rule: usize, judge: &Judge) -> Value {
    let related = finding.related.iter().zip(1..).map(|(related, id)| {
        let location = location(file, related.place);
        json!({ "id": id, "message": { "text": related.label }, "physicalLocation": location })
    });
    let fixes = finding.fix.iter().map(|found| fix(file, found));
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
    json!({ "artifactLocation": artifact(file), "region": region(place) })
}

fn artifact(file: &str) -> Value {
    json!({ "uri": uri(file) })
}

fn region(place: Place) -> Value {
    let (start, end) = (place.start, place.end);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn fix(file: &str, fix: &Fix) -> Value {
    let replacements = fix.edits.iter().map(|edit| {
        let deleted = region(edit.place);
        json!({ "deletedRegion": deleted, "insertedContent": { "text": edit.text } })
    });
    let replacements: Vec<_> = replacements.collect();
    json!({
        "description": { "text": fix.title },
        "artifactChanges": [{ "artifactLocation": artifact(file), "replacements": replacements }],
    })
}

/// A path as a URI: relative to where the command ran, or of a file.
fn uri(file: &str) -> String {
    let path = Path::new(file);
    if path.is_absolute() {
        return Url::from_file_path(path).map_or_else(|()| file.to_owned(), Into::into);
    }
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let parts = parts.map(|part| encoded(&part.as_os_str().to_string_lossy()));
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
        assert_eq!(uri("./a/./b.xml"), "a/b.xml");
        #[cfg(unix)]
        assert_eq!(uri("/tmp/a b.xml"), "file:///tmp/a%20b.xml");
    }
}
