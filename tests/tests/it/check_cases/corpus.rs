//! What the corpus says of blocks: files that their origin takes have no error for it, and those that it refuses have one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use openrosa_tests::corpus::{self, Sample, samples};
use openrosa_xml::check::{Audience, Severity};

use super::*;

/// A file, the code of its error, its line and column: what the note in `INDEX.tsv` names.
type Row = (&'static str, &'static str, u64, u64);

/// Forms, lists and restores have tables of their own.
const REFUSED: [Row; 4] = [
    // "legacy case with an empty case_id element"
    ("casexml-empty_id.xml", "legacy-id-blank", 12, 4),
    // "case_id attribute is empty"
    ("core-case_create_broken_no_caseid.xml", "case-id-blank", 13, 8),
    // "create without case_name"
    ("core-no_name.xml", "case-create-name-missing", 16, 4),
    // "case_id must not be empty"
    ("hq-empty_case_id.xml", "case-id-blank", 5, 19),
];

#[test]
fn what_its_origin_refuses_for_a_block_has_an_error_where_the_note_says() {
    let Some(corpus) = corpus::folder("malformed blocks") else { return };
    let samples = samples(&corpus, "malformed");
    for (name, code, line, column) in REFUSED {
        let sample = samples.iter().find(|sample| sample.name == format!("malformed/{name}"));
        let found = of_blocks(sample.unwrap_or_else(|| panic!("{name} is not there")), &Options::default());
        let is_told = found.iter().any(|finding| {
            let start = finding.place.start;
            let is_there = (finding.code(), start.line, start.column) == (code, line, column);
            is_there && finding.severity == Severity::Error
        });
        let told: Vec<_> =
            found.iter().map(|f| (f.code(), f.place.start.line, f.place.start.column)).collect();
        assert!(is_told, "{name}: {code} at {line}:{column} expected, found {told:?}");
    }
}

/// The origins by who takes their files. MOTECH, the load tests and the form player of old send to CommCare HQ.
const HQ: [&str; 6] = ["hq-", "casexml-", "endpoint-", "perf-", "motech-", "touchforms-"];
const DEVICE: [&str; 4] = ["core-", "android-", "formplayer-", "ios-"];

fn audience(sample: &Sample) -> Audience {
    let (_, file) = sample.name.split_once('/').expect("a folder and a file");
    match () {
        () if HQ.iter().any(|origin| file.starts_with(origin)) => Audience::Hq,
        () if DEVICE.iter().any(|origin| file.starts_with(origin)) => Audience::Device,
        () => Audience::Odk,
    }
}

#[test]
fn what_its_origin_takes_has_no_error_for_its_origin() {
    let Some(corpus) = corpus::folder("blocks that are fine") else { return };
    for sample in samples(&corpus, "submission") {
        let options = Options { audiences: Some(audience(&sample).into()), ..Options::default() };
        let errors = of_blocks(&sample, &options);
        let errors: Vec<_> =
            errors.iter().filter(|finding| finding.severity == Severity::Error).map(told).collect();
        assert_eq!(errors, [""; 0], "{}", sample.name);
    }
}

fn told(finding: &Finding) -> String {
    format!("{} at {}: {}", finding.code(), finding.place.start, finding.message())
}

/// Reviewed by hand, by what the notes and the files say. Each is there.
///
/// - `blocks-group-named-case`: a decoy of CommCare HQ's tests, which it takes.
/// - `case-action-empty`: one form that closes three cases, each with an empty `update` in front.
/// - `case-create-hq-only`, `case-create-name-missing`, `case-create-type-missing` and their like: forms of CommCare HQ's tests
///   that no device made, and none would take.
/// - `case-date-offset-missing`: the same, of 2010 and 2011.
/// - `case-date-opened-time`: one is what CommCare HQ's own writer of blocks wrote, on which a device stumbles (case-xml.md 11).
/// - `case-empty` and `blocks-several`: `hq-pnc_form_v10326.xml`, which an app made, has a second, empty block for its case.
/// - `case-field-again`: `hq-gm_form_v10326.xml`, which an app made, names the owner in `create` and in `update`.
#[test]
fn how_often_each_thing_is_found_in_real_forms_is_known() {
    let Some(corpus) = corpus::folder("counts of findings in blocks") else { return };
    let mut counts = BTreeMap::new();
    for sample in samples(&corpus, "submission") {
        for finding in of_blocks(&sample, &Options::default()) {
            *counts.entry(finding.code()).or_insert(0) += 1;
        }
    }
    let lines = counts.into_iter().fold(String::new(), |mut lines, (code, count)| {
        let _ = writeln!(lines, "{code} {count}");
        lines
    });
    insta::assert_snapshot!(lines, @r"
    blocks-group-named-case 3
    blocks-several 1
    case-action-empty 3
    case-attachment-local 3
    case-create-child 1
    case-create-hq-only 2
    case-create-name-missing 2
    case-create-owner-missing 8
    case-create-type-id 1
    case-create-type-missing 1
    case-date-offset-missing 14
    case-date-opened-time 2
    case-empty 2
    case-field-again 1
    case-property-date-time 2
    case-property-space 1
    ");
}

/// What is found about blocks.
fn of_blocks(sample: &Sample, options: &Options<'_>) -> Vec<Finding> {
    let Ok(text) = std::str::from_utf8(&sample.bytes) else { return Vec::new() };
    let mut findings = check::document(text, options).into_findings();
    findings.retain(|finding| {
        ["case-", "blocks-", "legacy-"].iter().any(|folder| finding.code().starts_with(folder))
    });
    findings
}
