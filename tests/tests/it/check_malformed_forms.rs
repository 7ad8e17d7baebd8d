//! What the corpus says of forms, blank forms and lists: each file that its origin refuses has an error where the note about it
//! says, and those that its origin takes have none. Cases and restores are elsewhere.

use std::{collections::BTreeMap, fmt::Write};

use openrosa_tests::corpus::{self, Sample, samples};
use openrosa_xml::check::{self, Audience, Finding, Options, Severity};

/// A file, the code of its error, and the line and column of what the note in `INDEX.tsv` names.
type Row = (&'static str, &'static str, u64, u64);

/// ODK Central takes the files with an unbound prefix, and commcare-core the one with a bare `<`: neither has a strict parser.
/// We refuse them.
#[rustfmt::skip]
const FILES: [Row; 43] = [
    ("central-blank-form-id.xml", "form-id-blank", 1, 7),
    ("central-encrypted-no-instanceid.xml", "encrypted-instance-id-missing", 1, 2),
    ("central-no-form-id.xml", "form-id-missing", 1, 2),
    ("central-unbound-prefix-e2e.xml", "xml-prefix-undeclared", 2, 4),
    ("central-unbound-prefix-preamble.xml", "xml-prefix-undeclared", 1, 45),
    ("central-unbound-prefix-simpleEntity-one.xml", "xml-prefix-undeclared", 7, 18),
    ("central-unbound-prefix-simpleEntity-two.xml", "xml-prefix-undeclared", 7, 18),
    ("central-unbound-prefix-updateEntity-one.xml", "xml-prefix-undeclared", 4, 12),
    ("central-unbound-prefix-updateEntity-three.xml", "xml-prefix-undeclared", 4, 12),
    ("collect-integrity-invalid-deleted.xml", "integrity-deleted", 5, 22),
    ("collect-integrity-no-data.xml", "integrity-root", 2, 2),
    ("collect-invalid-form.xml", "blank-form-cycle", 26, 47),
    ("core-group_cyclic_reference.xml", "blank-form-cycle", 15, 66),
    ("core-invalid_read_ref.xml", "blank-form-submission-node-unknown", 10, 86),
    ("core-invalid_target.xml", "blank-form-submission-node-unknown", 10, 69),
    ("core-missing_event.xml", "blank-form-event-missing", 15, 5),
    ("core-missing_submission.xml", "blank-form-send-submission-unknown", 15, 5),
    ("core-missing_target.xml", "blank-form-submission-target-missing", 10, 5),
    ("core-no_resource.xml", "blank-form-submission-resource-missing", 10, 5),
    ("core-test_constraints.xml", "xml-malformed", 18, 64),
    ("core-xpath_args_parse_error.xml", "blank-form-function-arguments", 12, 51),
    ("formplayer-bad_ref.xml", "blank-form-control-node-unknown", 32, 23),
    ("hq-case_index_no_type.xml", "xml-empty", 1, 1),
    ("hq-missing_xmlns.xml", "form-id-missing", 2, 2),
    ("hq-new-invalid_form_xml.xml", "xml-malformed", 4, 1),
    ("hq-not_xml.txt", "xml-malformed", 1, 1),
    ("javarosa-body-before-model.xml", "blank-form-body-before-model", 3, 6),
    ("javarosa-invalid-events.xml", "blank-form-event-unknown", 16, 30),
    ("javarosa-setgeopoint-action-bad-namespace.xml", "blank-form-action-namespace", 13, 14),
    ("roxmltree-attrs_err_001.xml", "xml-malformed", 1, 11),
    ("roxmltree-dtd-entity_001.xml", "xml-doctype", 1, 1),
    ("roxmltree-elems_err_001.xml", "xml-malformed", 3, 1),
    ("roxmltree-elems_err_002.xml", "xml-malformed", 3, 1),
    ("roxmltree-entity_err_001.xml", "xml-malformed", 1, 7),
    ("roxmltree-entity_err_003.xml", "xml-doctype", 1, 1),
    ("roxmltree-entity_err_007.xml", "xml-malformed", 1, 7),
    ("roxmltree-ns_err_001.xml", "xml-malformed", 1, 6),
    ("roxmltree-ns_err_008.xml", "xml-malformed", 1, 6),
    ("roxmltree-tree_err_001.xml", "xml-empty", 3, 1),
    ("roxmltree-tree_err_002.xml", "xml-cut", 3, 1),
    ("roxmltree-tree_err_003.xml", "xml-malformed", 2, 17),
    ("vellum-name-template.xml", "xml-malformed", 4, 3),
    ("webforms-simple-dag-cycle.xml", "blank-form-cycle", 15, 59),
];

#[test]
fn what_its_origin_refuses_has_an_error_where_the_note_says() {
    let Some(corpus) = corpus::folder("malformed forms") else { return };
    let samples = samples(&corpus, "malformed");
    for (name, code, line, column) in FILES {
        let sample = samples.iter().find(|sample| sample.name == format!("malformed/{name}"));
        let findings = findings(sample.unwrap_or_else(|| panic!("{name} is not there")), &Options::default());
        let is_told = findings.iter().any(|finding| {
            let start = finding.place.start;
            finding.code() == code
                && finding.severity == Severity::Error
                && (start.line, start.column) == (line, column)
        });
        assert!(is_told, "{name}: {code} at {line}:{column} expected, found {findings:?}");
    }
}

/// Files that are forms to nobody: a test of a parser, a template, a form that its origin refuses too.
const NO_FORMS: [&str; 6] = [
    "form-list/onadata-formList2.xml",
    "submission/motech-sample_form_xml.xml",
    "submission/roxmltree-xml-text_006.xml",
    "submission/roxmltree-xml-text_010.xml",
    "xform/core-real_form2_with_cycle_errors.xml",
    "xform/vellum-form_with_no_instance_block.xml",
];

const ODK: [&str; 7] = ["briefcase-", "central-", "collect-", "digidem-", "enketo-", "kobocat-", "onadata-"];

#[test]
fn what_its_origin_takes_has_no_error_for_its_origin() {
    let Some(corpus) = corpus::folder("forms, blank forms and lists that are fine") else { return };
    for kind in KINDS {
        for sample in samples(&corpus, kind).iter().filter(|sample| !NO_FORMS.contains(&sample.name.as_str()))
        {
            let is_odk =
                kind != "submission" || ODK.iter().any(|origin| sample.name.contains(&format!("/{origin}")));
            let audience = if is_odk { Audience::Odk } else { Audience::Hq };
            let options = Options { audiences: Some(audience.into()), ..Options::default() };
            let errors =
                findings(sample, &options).into_iter().filter(|finding| finding.severity == Severity::Error);
            assert_eq!(errors.map(|finding| finding.code()).collect::<Vec<_>>(), [""; 0], "{}", sample.name);
        }
    }
}

const KINDS: [&str; 6] = ["xform", "form-list", "manifest", "encrypted", "openrosa-response", "submission"];

/// Looked through finding by finding. Each is there; many an error is the standard's alone, and its origin takes the file.
///
/// - `blank-form-instance-id-missing`: forms of tests, and forms right out of CommCare's form builder, to which CommCare HQ adds
///   the metadata when it makes an app of them.
/// - `blank-form-attribute-namespace`: a `jr:constraint`, which nobody looks at. `blank-form-element-unknown`: an `ouput` in a text.
/// - `blank-form-expression-node-unknown`: a calculation that was left behind, with a bind, when its node went.
/// - `blank-form-body-missing`, `blank-form-title-missing`: a form of ODK Central's tests that is nothing but a model.
/// - `blank-form-text-untranslated`: texts that their authors have not translated.
/// - `blank-form-bind-node-unknown`: binds that were left behind when their nodes went.
/// - `form-list-version-missing`: all of digidem's lists. `form-list-hash-form`: a template.
/// - `encrypted-not-base64`: the words `fake-key` and `fake-signature` of a test.
/// - `registration-child-order`: the sample of the standard, whose `Registration` stands for another server's.
/// - `blocks-group-named-case`: CommCare HQ's own decoy, a group of questions. It takes the form, the device would not.
/// - `form-instance-id-blank`: forms that are still being filled in.
/// - `form-instance-id-scheme`: forms of ODK Central's tests, called `one` and `two`.
/// - `form-meta-missing`: forms of KoBoToolbox from before it asked for metadata, and of tests that do without.
/// - `form-meta-prefix`: forms as Briefcase pulled them, with `n0:meta`, which KoBoToolbox does not see.
/// - `form-id-missing`: texts that are no forms, and a tiny form of a test.
/// - `form-user-id-scheme`: forms for CommCare HQ in which nothing but their origin says so.
#[test]
fn how_often_each_thing_is_found_is_known() {
    let Some(corpus) = corpus::folder("counts of findings") else { return };
    let mut told = String::new();
    for kind in KINDS {
        let mut counts = BTreeMap::new();
        for finding in samples(&corpus, kind).iter().flat_map(|sample| findings(sample, &Options::default()))
        {
            *counts.entry(finding.code()).or_insert(0) += 1;
        }
        for (code, count) in counts {
            writeln!(told, "{kind} {code} {count}").unwrap();
        }
    }
    insta::assert_snapshot!(told, @r"
    xform blank-form-attribute-namespace 1
    xform blank-form-bind-node-unknown 3
    xform blank-form-bind-twice 1
    xform blank-form-body-missing 1
    xform blank-form-cycle 1
    xform blank-form-element-unknown 1
    xform blank-form-expression-node-unknown 1
    xform blank-form-instance-id-missing 24
    xform blank-form-model-missing 1
    xform blank-form-models-several 1
    xform blank-form-text-untranslated 4
    xform blank-form-title-missing 1
    xform blank-form-version-missing 18
    form-list form-list-hash-form 1
    form-list form-list-version-missing 10
    manifest manifest-file-folder 1
    encrypted encrypted-media-shared 2
    encrypted encrypted-meta-twice 1
    encrypted encrypted-not-base64 2
    openrosa-response registration-child-order 1
    submission blocks-group-named-case 3
    submission blocks-several 1
    submission form-commcare-fields-missing 4
    submission form-entity-namespace 6
    submission form-id-missing 3
    submission form-instance-id-blank 3
    submission form-instance-id-missing 3
    submission form-instance-id-outside-meta 2
    submission form-instance-id-scheme 11
    submission form-meta-missing 32
    submission form-meta-prefix 7
    submission form-time-offset-missing 8
    submission form-user-id-scheme 6
    ");
}

/// What is found in a file, but for cases and stock, which have tests of their own.
fn findings(sample: &Sample, options: &Options<'_>) -> Vec<Finding> {
    let Ok(text) = std::str::from_utf8(&sample.bytes) else { return Vec::new() };
    let mut findings = check::document(text, options).into_findings();
    let others = ["case-", "ledger-", "legacy-", "restore-", "envelope-"];
    findings.retain(|finding| !others.iter().any(|folder| finding.code().starts_with(folder)));
    findings
}
