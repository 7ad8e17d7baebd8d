//! Forms as JSON: what we make of real forms is what CommCare HQ made of them, and nothing is lost on the way back that
//! the JSON tells.

use std::path::Path;

use openrosa_tests::{corpus, strategies};
use openrosa_xml::{
    Instance,
    json::{self, CaseV1},
    xml::{self, Element},
};
use proptest::prelude::*;
use serde_json::Value;

/// A form of the corpus, and the document in which CommCare HQ shows it.
const PAIRS: [(&str, &str); 6] = [
    ("hq-cloudant-template.xml", "hq-cloudant-template-tz.json"),
    ("hq-decimalmeta.xml", "hq-decimalmeta.json"),
    ("hq-duplicate.xml", "hq-duplicate.json"),
    ("hq-meta.xml", "hq-meta.json"),
    ("hq-cloudant-template.xml", "hq-cloudant-template.json"),
    ("hq-tz_visit_form.xml", "hq-form.json"),
];

/// The pairs from before CommCare HQ minded offsets.
const WITHOUT_OFFSETS: [&str; 2] = ["hq-cloudant-template.json", "hq-form.json"];

fn text(corpus: &Path, name: &str) -> String {
    openrosa_tests::text_of(&corpus.join(name))
}

fn json_of(corpus: &Path, name: &str) -> Value {
    let text = text(corpus, &format!("json/{name}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// C-110: real forms become the JSON that CommCare HQ made of them.
/// C-112: `@xmlns` is where CommCare HQ wrote it.
/// C-113: blank texts and line feeds in answers are as CommCare HQ kept them.
/// C-114: their date-times are rewritten as CommCare HQ rewrote them.
/// C-115: `#type` is there, and every value is a string.
/// C-116: the metadata of a form in capitals is brought up to date.
#[test]
fn real_forms_equal_the_json_of_commcare_hq() {
    let Some(corpus) = corpus::folder("comparing forms with the JSON of CommCare HQ") else { return };
    for (form, shown) in PAIRS {
        let mut form = text(&corpus, &format!("submission/{form}"));
        if WITHOUT_OFFSETS.contains(&shown) {
            form = form.replace("+03", "");
        }
        let written = json::write_form(&Element::read(&form).expect("it is well-formed"));
        assert_eq!(written, json_of(&corpus, shown)["form"], "{shown}");
    }
}

/// What is left of a JSON value when numbers are texts and `null`s are nothing.
fn as_texts(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let present = members.iter().filter(|(_, value)| !value.is_null());
            present.map(|(key, value)| (key.clone(), as_texts(value))).collect()
        }
        Value::Array(values) => values.iter().map(as_texts).collect(),
        Value::Number(number) => number.to_string().into(),
        other => other.clone(),
    }
}

/// C-110: the JSON of real forms leads to documents that give the same JSON.
#[test]
fn the_json_of_real_forms_leads_back_to_it() {
    let Some(corpus) = corpus::folder("making documents of the JSON of CommCare HQ") else { return };
    let wrapped = PAIRS.map(|(_, shown)| shown).into_iter().chain([
        "hq-registration.json",
        "motech-api_domain_sampleForm.json",
        "motech-api_domain_registrationForm.json",
    ]);
    let bare = json_of(&corpus, "hq-top_level_refless_group.submission.json");
    for form in wrapped.map(|name| json_of(&corpus, name)["form"].clone()).chain([bare]) {
        let element = json::read_form(&form).unwrap_or_else(|error| panic!("{error}: {form}"));
        assert_eq!(Value::Object(json::convert(&element)), as_texts(&form));
        let written = element.write().unwrap();
        let instance = Instance::read(&written).unwrap();
        assert_eq!(instance.root().name.local_name(), form["#type"]);
        let case_id = &form["case"]["@case_id"];
        assert_eq!(
            instance.cases().first().and_then(|found| found.block.case_id.as_deref()),
            case_id.as_str()
        );
    }
}

/// C-110: every real submission becomes JSON and comes back as a document with the same JSON and the same cases.
/// C-111: repeats come back as often as they were there.
#[test]
fn every_real_submission_survives_json() {
    let Some(corpus) = corpus::folder("making JSON of real forms and forms of it") else { return };
    for sample in corpus::samples(&corpus, "submission") {
        let text = xml::decode(&sample.bytes).expect("it reads");
        let form = json::convert(&Element::read(&text).expect("it reads"));
        let element =
            json::read_form(&form.clone().into()).unwrap_or_else(|e| panic!("{}: {e}", sample.name));
        assert_eq!(json::convert(&element), form, "{}", sample.name);
    }
}

/// C-117: real cases of the API read as version 1 and are written with what they hold.
#[test]
fn real_cases_of_the_api_read_and_write() {
    let Some(corpus) = corpus::folder("reading cases of the API") else { return };
    let mut cases =
        json_of(&corpus, "motech-api_domain_cases.json")["objects"].as_array().expect("a list").clone();
    cases.push(json_of(&corpus, "motech-api_service_single-case-response.json"));
    assert!(cases.len() > 2);
    for shown in cases {
        let case: CaseV1 =
            serde_json::from_value(shown.clone()).unwrap_or_else(|error| panic!("{error}: {shown}"));
        let written = serde_json::to_value(&case).unwrap();
        for (member, value) in shown.as_object().expect("a case is an object") {
            assert_eq!(&written[member], value, "`{member}` of {}", case.case_id);
        }
        assert_eq!(serde_json::from_value::<CaseV1>(written).unwrap(), case);
    }
}

proptest! {
    #![proptest_config(strategies::config())]

    /// C-110: whatever a document holds, its JSON leads to a document with the same JSON.
    #[test]
    fn json_of_any_document_leads_back_to_it(element in strategies::element()) {
        let form = json::convert(&element);
        let back = json::read_form(&form.clone().into()).unwrap();
        prop_assert_eq!(&json::convert(&back), &form);
        let written = back.write().unwrap();
        prop_assert_eq!(&json::convert(&Element::read(&written).unwrap()), &form, "{}", written);
    }

    /// C-114: the rewritten form is rewritten no further.
    #[test]
    fn what_is_shown_once_is_shown_the_same_again(element in strategies::element()) {
        let shown = json::write_form(&element);
        let back = json::read_form(&shown).unwrap();
        prop_assert_eq!(json::write_form(&back), shown);
    }
}
