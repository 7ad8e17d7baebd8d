//! Findings for a program, one JSON object a line.

use std::collections::BTreeMap;

use openrosa_xml::check::{Audience, Finding, Fix, Place, Related};
use serde_json::{Map, Value, json};

use super::{Document, Teller, judge::Judge, tally::Tally};

pub(super) struct Json;

impl Teller for Json {
    fn finding(&mut self, document: &Document<'_>, found: &Finding, judge: &Judge) -> String {
        format!("{}\n", finding(document.name, found, judge))
    }

    fn end(&mut self, tally: &Tally) -> String {
        let severities = tally.severities.iter().map(|(severity, count)| (severity.name(), *count));
        let codes = tally.codes.iter().map(|(code, count)| (*code, count.findings));
        let summary = json!({
            "event": "summary",
            "documents": tally.documents.len(),
            "findings": severities.collect::<BTreeMap<_, _>>(),
            "codes": codes.collect::<BTreeMap<_, _>>(),
            "denied": tally.denied,
            "allowed": tally.allowed,
            "fixed": tally.fixed,
            "skipped": tally.skipped.total(),
            "unread": tally.unread,
        });
        format!("{summary}\n")
    }
}

/// One finding; what there is none of is left out.
pub(crate) fn finding(file: &str, found: &Finding, judge: &Judge) -> Value {
    let rule = found.rule;
    let mut object = Map::new();
    object.insert("event".into(), json!("finding"));
    object.insert("file".into(), json!(file));
    add_place(&mut object, found.place);
    object.insert("code".into(), json!(rule.code));
    object.insert("severity".into(), json!(found.severity.name()));
    object.insert("verdicts".into(), verdicts(found));
    object.insert("denied".into(), json!(judge.denies(found)));
    object.insert("message".into(), json!(found.message().to_string()));
    object.insert("values".into(), found.values.iter().map(|(name, value)| (*name, json!(value))).collect());
    object.insert("related".into(), found.related.iter().map(related).collect());
    object.insert("remedy".into(), json!(rule.remedy));
    object.insert("statements".into(), json!(rule.statements));
    object.insert("sections".into(), json!(rule.sections));
    if let Some(found) = &found.fix {
        object.insert("fix".into(), fix(found));
    }
    Value::Object(object)
}

fn add_place(object: &mut Map<String, Value>, place: Place) {
    let (start, end) = (place.start, place.end);
    for (name, value) in [
        ("line", start.line),
        ("column", start.column),
        ("end_line", end.line),
        ("end_column", end.column),
        ("offset", start.offset),
        ("end_offset", end.offset),
    ] {
        object.insert(name.into(), json!(value));
    }
}

/// How bad it is for each of those who were asked about.
pub(super) fn verdicts(found: &Finding) -> Value {
    let verdict = |audience: Audience| Some((audience.name(), json!(found.rule.verdict(audience)?.name())));
    found.audiences.iter().filter_map(verdict).collect()
}

fn related(related: &Related) -> Value {
    let mut object = Map::new();
    add_place(&mut object, related.place);
    object.insert("label".into(), json!(related.label));
    Value::Object(object)
}

fn fix(fix: &Fix) -> Value {
    let edits = fix.edits.iter().map(|edit| {
        let (start, end) = (edit.place.start.offset, edit.place.end.offset);
        json!({ "offset": start, "end_offset": end, "text": edit.text })
    });
    json!({ "title": fix.title, "edits": edits.collect::<Vec<_>>() })
}
