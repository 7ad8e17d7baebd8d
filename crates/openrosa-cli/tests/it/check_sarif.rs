//! The SARIF log of `openrosa check`, held against what SARIF 2.1.0 asks for and its published schema says.

use std::{collections::BTreeSet, fs, path::Path};

use openrosa_xml::check::{self, Options};
use serde_json::Value;
use tempfile::TempDir;

use crate::openrosa_in;

/// The example of every rule that has one, and large restores, which are not in memory while they are checked.
fn documents() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let put = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("a file can be written");
    };
    let filler = "é\n".repeat(400_000);
    for rule in check::rules() {
        let Some(example) = rule.triggers.document() else { continue };
        put(&format!("{}: é 100%.xml", rule.code), &example);
        let shown = rule.triggers.shown().unwrap_or_default();
        let restore = |filler: &str| {
            let fixture = format!("<fixture id='f'><r>{filler}</r></fixture>");
            format!("<OpenRosaResponse>{fixture}{shown}</OpenRosaResponse>")
        };
        if rule.code.starts_with("case-") && has_fix(&restore("")) {
            put(&format!("large-{}.xml", rule.code), &restore(&filler));
        }
    }
    folder
}

fn has_fix(document: &str) -> bool {
    let report = check::document(document, &Options::default());
    report.findings().iter().any(|finding| finding.fix.is_some())
}

fn run(folder: &Path, format: &str, paths: &[&str]) -> String {
    openrosa_in(folder, &[&["check", "--format", format], paths].concat(), b"").out
}

fn log(folder: &Path, paths: &[&str]) -> Value {
    serde_json::from_str(&run(folder, "sarif", paths)).expect("the log is one JSON value")
}

fn array<'v>(value: &'v Value, name: &str) -> &'v Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("`{name}` is an array in {value}"))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("`{name}` in {value}"))
}

/// The members that an object of the schema may have, as far as we write them; any other is refused by it.
fn only(value: &Value, known: &[&str]) {
    let members = value.as_object().unwrap_or_else(|| panic!("{value} is an object"));
    let unknown: Vec<_> = members.keys().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?} in {value}");
}

#[test]
fn a_log_is_what_the_schema_says() {
    let folder = documents();
    let log = log(folder.path(), &["."]);
    only(&log, &["$schema", "version", "runs"]);
    assert_eq!((text(&log, "version"), array(&log, "runs").len()), ("2.1.0", 1));
    assert!(text(&log, "$schema").ends_with("sarif-2.1.0.json"));
    let run = &log["runs"][0];
    only(run, &["tool", "invocations", "results", "columnKind"]);
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"], serde_json::json!([{ "executionSuccessful": true }]));
    only(&run["tool"]["driver"], &["name", "version", "semanticVersion", "rules"]);
    let rules = array(&run["tool"]["driver"], "rules");
    rules.iter().for_each(a_rule_is_right);
    let ids: BTreeSet<_> = rules.iter().map(|rule| text(rule, "id")).collect();
    assert_eq!(ids.len(), rules.len(), "no rule is there twice");
    let results = array(run, "results");
    assert!(results.len() > 250, "{} results", results.len());
    results.iter().for_each(|result| a_result_is_right(result, rules));
    let used: BTreeSet<_> = results.iter().map(|result| text(result, "ruleId")).collect();
    assert_eq!(used, ids, "only rules with results are described");
}

fn a_rule_is_right(rule: &Value) {
    only(rule, &["id", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties"]);
    for described in ["shortDescription", "fullDescription", "help"] {
        only(&rule[described], &["text"]);
        text(&rule[described], "text");
    }
    a_level_is_right(&rule["defaultConfiguration"]);
    let tags: BTreeSet<_> = array(&rule["properties"], "tags").iter().map(Value::to_string).collect();
    assert_eq!(tags.len(), array(&rule["properties"], "tags").len());
}

fn a_level_is_right(value: &Value) {
    assert!(["none", "note", "warning", "error"].contains(&text(value, "level")), "{value}");
}

fn a_result_is_right(result: &Value, rules: &[Value]) {
    let members =
        ["ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations", "fixes", "properties"];
    only(result, &members);
    let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
    assert_eq!(index.and_then(|index| rules.get(index)).map(|rule| &rule["id"]), Some(&result["ruleId"]));
    a_level_is_right(result);
    text(&result["message"], "text");
    assert_eq!(array(result, "locations").len(), 1);
    only(&result["locations"][0], &["physicalLocation"]);
    a_location_is_right(&result["locations"][0]["physicalLocation"]);
    for (related, id) in array(result, "relatedLocations").iter().zip(1..) {
        only(related, &["id", "message", "physicalLocation"]);
        assert_eq!(related["id"], id);
        text(&related["message"], "text");
        a_location_is_right(&related["physicalLocation"]);
    }
    array(result, "fixes").iter().for_each(a_fix_is_right);
}

fn a_location_is_right(location: &Value) {
    only(location, &["artifactLocation", "region"]);
    a_uri_is_right(&location["artifactLocation"]);
    a_region_is_right(&location["region"]);
}

/// A reference by RFC 3986, without segments that say nothing; a colon in the first one would make it a scheme.
fn a_uri_is_right(artifact: &Value) {
    only(artifact, &["uri"]);
    let uri = text(artifact, "uri");
    assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
    assert!(!uri.starts_with("./") && !uri.contains("//"), "{uri}");
    for escape in uri.split('%').skip(1) {
        assert!(escape.len() >= 2 && escape.bytes().take(2).all(|b| b.is_ascii_hexdigit()), "{uri}");
    }
}

fn a_region_is_right(region: &Value) {
    only(region, &["startLine", "startColumn", "endLine", "endColumn"]);
    let [start, end] = ends(region);
    assert!(start.0 >= 1 && start.1 >= 1 && end.1 >= 1, "{region}");
    assert!(start <= end, "{region}");
}

/// Lines and columns.
fn ends(region: &Value) -> [(u64, u64); 2] {
    let number = |name: &str| region[name].as_u64().unwrap_or_else(|| panic!("`{name}` in {region}"));
    [(number("startLine"), number("startColumn")), (number("endLine"), number("endColumn"))]
}

fn a_fix_is_right(fix: &Value) {
    only(fix, &["description", "artifactChanges"]);
    text(&fix["description"], "text");
    let changes = array(fix, "artifactChanges");
    assert_eq!(changes.len(), 1);
    only(&changes[0], &["artifactLocation", "replacements"]);
    a_uri_is_right(&changes[0]["artifactLocation"]);
    let replacements = array(&changes[0], "replacements");
    assert!(!replacements.is_empty());
    for replacement in replacements {
        only(replacement, &["deletedRegion", "insertedContent"]);
        a_region_is_right(&replacement["deletedRegion"]);
        only(&replacement["insertedContent"], &["text"]);
        assert!(replacement["insertedContent"]["text"].is_string());
    }
    let apart = |two: &[Value]| ends(&two[0]["deletedRegion"])[1] <= ends(&two[1]["deletedRegion"])[0];
    assert!(replacements.windows(2).all(apart), "{fix}");
}

/// The same findings, their places once as lines and columns and once as bytes, fixes among them.
#[test]
fn places_are_those_that_json_tells() {
    let folder = documents();
    let (mut compared, mut large) = (0, 0);
    for entry in fs::read_dir(folder.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let source = fs::read_to_string(folder.path().join(&name)).unwrap();
        let lines: Vec<_> = source.split_inclusive('\n').collect();
        let log = log(folder.path(), &[&name]);
        let told = run(folder.path(), "json", &[&name]);
        let told = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        for (result, told) in array(&log["runs"][0], "results").iter().zip(told) {
            assert_eq!(result["ruleId"], told["code"]);
            let place = &result["locations"][0]["physicalLocation"]["region"];
            assert_eq!(offsets(&lines, place), told_offsets(&told), "{name}");
            let Some(edits) = told["fix"]["edits"].as_array() else { continue };
            let replacements = array(&result["fixes"][0]["artifactChanges"][0], "replacements");
            assert_eq!(replacements.len(), edits.len());
            for (replacement, edit) in replacements.iter().zip(edits) {
                let place = offsets(&lines, &replacement["deletedRegion"]);
                assert_eq!(place, told_offsets(edit), "{name}");
                assert_eq!(replacement["insertedContent"]["text"], edit["text"]);
                (compared, large) = (compared + 1, large + usize::from(source.len() > 1 << 20));
            }
        }
    }
    assert!(compared > 5 && large > 0, "{compared} edits, {large} of them in large restores");
}

fn told_offsets(told: &Value) -> [Value; 2] {
    [told["offset"].clone(), told["end_offset"].clone()]
}

/// What counts from 1, from 0.
fn index(number: u64) -> usize {
    usize::try_from(number - 1).expect("the document is in memory")
}

/// The bytes of a region. Columns count characters.
fn offsets(lines: &[&str], region: &Value) -> [usize; 2] {
    ends(region).map(|(line, column)| {
        let (line, column) = (index(line), index(column));
        let before: usize = lines[..line].iter().map(|line| line.len()).sum();
        let inside: usize =
            lines.get(line).map_or(0, |line| line.chars().take(column).map(char::len_utf8).sum());
        before + inside
    })
}

#[test]
fn a_log_without_results_is_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let fine = "<data id='f'><meta><instanceID>uuid:1</instanceID></meta></data>";
    std::fs::write(folder.path().join("fine.xml"), fine).unwrap();
    let empty = log(folder.path(), &["."]);
    assert_eq!(array(&empty["runs"][0], "results").len(), 0);
    assert_eq!(empty["runs"][0]["invocations"][0]["executionSuccessful"], true);
    let unread = log(folder.path(), &["gone.xml"]);
    assert_eq!(unread["runs"][0]["invocations"][0]["executionSuccessful"], false);
}
