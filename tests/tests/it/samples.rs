//! The samples of `spec-samples/`: each document reads as the text beside it says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use openrosa_tests::reading;
use openrosa_xml::{
    CaseDb, EncryptedSubmission, Envelope, FormList, Instance, Integrity, KeyRecords, Manifest, ReadError,
    XForm, json, registration::Registration, xml,
};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec-samples")
}

/// What is read from a sample; the folder says what kind of document it is.
fn reading(path: &Path) -> Result<String, ReadError> {
    let bytes = fs::read(path).expect("a sample that was listed can be read");
    let text = xml::decode(&bytes)?;
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    match folder {
        "xml" => xml::Element::read(&text).map(|element| reading::outline(&element)),
        "submission" | "case" | "ledger" | "legacy" => {
            Instance::read(&text).map(|instance| reading::instance(&instance))
        }
        "registration" => Registration::read(&text).map(|user| reading::registration(&user)),
        "form-list" => FormList::read(&text).map(|list| reading::form_list(&list)),
        "manifest" => Manifest::read(&text).map(|manifest| reading::manifest(&manifest)),
        "integrity" => Integrity::read(&text).map(|integrity| reading::integrity(&integrity)),
        "key-records" => KeyRecords::read(&text).map(|records| reading::key_records(&records)),
        "briefcase" => xml::Element::read(&text).map(reading::briefcase),
        "encrypted" => EncryptedSubmission::read(&text).map(|sent| reading::encrypted(&sent)),
        "restore" => reading::restore(&text),
        "response" => Envelope::read(&text).map(|envelope| reading::envelope(&envelope)),
        "xform" => XForm::read(&text).map(|form| reading::blank_form(&form)),
        "casedb" => CaseDb::read(&text).map(|list| reading::case_db(&list)),
        "json" => xml::Element::read(&text).map(|form| format!("{:#}\n", json::write_form(&form))),
        // Habits of servers come as whatever document they show in.
        _ => {
            let envelope = Envelope::read(&text)?;
            if envelope.is_openrosa() {
                return Ok(reading::envelope(&envelope));
            }
            Instance::read(&text).map(|instance| reading::instance(&instance))
        }
    }
}

fn sample_files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(samples().join(folder))
        .expect("every folder of samples is there")
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "spec-samples/{folder} holds no sample");
    files
}

fn each_reads_as_stated(folder: &str) {
    let mut wrong = Vec::new();
    for path in sample_files(folder) {
        let expected =
            fs::read_to_string(path.with_extension("expect")).expect("a sample has its reading beside it");
        let found = reading(&path).unwrap_or_else(|error| format!("refused: {error}\n"));
        if found != expected {
            wrong.push(format!("{}\n--- stated\n{expected}--- read\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// document types and entities are refused.
/// characters that XML does not allow are refused.
#[test]
fn xml_samples_read_as_stated() {
    each_reads_as_stated("xml");
}

/// any prefix works.
/// C-025: any prefix and the default declaration work for case blocks.
/// C-026: blocks are found at any depth, in repeats.
/// C-028: a block under a device log is told apart.
#[test]
fn submission_samples_read_as_stated() {
    each_reads_as_stated("submission");
}

#[test]
fn case_samples_read_as_stated() {
    each_reads_as_stated("case");
}

/// C-051: ledgers are found by their namespace, wherever they stand.
#[test]
fn ledger_samples_read_as_stated() {
    each_reads_as_stated("ledger");
}

/// S-012: texts of a user are as written.
#[test]
fn registration_samples_read_as_stated() {
    each_reads_as_stated("registration");
}

/// C-048: id, date and type of a block of Case XML 1.0 are elements.
/// C-050: versions may be mixed, and each block has its own.
/// C-118: what such a block becomes, and what is left out of it.
#[test]
fn legacy_samples_read_as_stated() {
    each_reads_as_stated("legacy");
}

#[test]
fn restore_samples_read_as_stated() {
    each_reads_as_stated("restore");
}

/// unknown natures and payloads never cause failure, on either side of the message.
#[test]
fn response_samples_read_as_stated() {
    each_reads_as_stated("response");
}

/// a blank form is known by the root of its primary instance.
#[test]
fn blank_form_samples_read_as_stated() {
    each_reads_as_stated("xform");
}

/// C-107: what a device demands of a case and does not find is named.
#[test]
fn case_database_samples_read_as_stated() {
    each_reads_as_stated("casedb");
}

/// C-110: the worked example of case-xml.md 8.2.
/// C-112: `@xmlns` is named where the namespace changes.
/// C-116: old metadata gets its present names, and the first of two blocks stays.
#[test]
fn json_samples_read_as_stated() {
    each_reads_as_stated("json");
}

/// unknown elements are passed over.
/// a bad entry is told, and the others are there.
/// an old list yields names and URLs.
#[test]
fn form_list_samples_read_as_stated() {
    each_reads_as_stated("form-list");
}

/// a hash that is none is unknown.
/// names that lead out of the folder are refused.
/// a list of entities may lack its `integrityUrl`.
#[test]
fn manifest_samples_read_as_stated() {
    each_reads_as_stated("manifest");
}

/// only `true` and `false` are accepted.
#[test]
fn integrity_samples_read_as_stated() {
    each_reads_as_stated("integrity");
}

#[test]
fn key_record_samples_read_as_stated() {
    each_reads_as_stated("key-records");
}

/// an empty page is the last, whatever its cursor.
/// both spellings of a file's name are read.
#[test]
fn briefcase_samples_read_as_stated() {
    each_reads_as_stated("briefcase");
}

/// either namespace and any order is read.
#[test]
fn encrypted_samples_read_as_stated() {
    each_reads_as_stated("encrypted");
}

#[test]
fn habits_of_the_field_read_as_stated() {
    each_reads_as_stated("field");
}

/// The page of the samples has a line for each, and no line without a sample.
#[test]
fn every_sample_has_its_clause() {
    let page = fs::read_to_string(samples().join("README.md")).expect("the samples have a page");
    let listed: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(n, _)| n.to_owned())
        .collect();
    let mut present: Vec<String> = Vec::new();
    for folder in [
        "briefcase",
        "case",
        "casedb",
        "encrypted",
        "field",
        "form-list",
        "integrity",
        "json",
        "key-records",
        "ledger",
        "legacy",
        "manifest",
        "registration",
        "response",
        "restore",
        "submission",
        "xform",
        "xml",
    ] {
        let name =
            |path: PathBuf| format!("{folder}/{}", path.file_stem().unwrap_or_default().to_string_lossy());
        present.extend(sample_files(folder).into_iter().map(name));
    }
    assert_eq!(listed, present);
}
