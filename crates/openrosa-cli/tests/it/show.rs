//! `openrosa show`: what is inside a file.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{corpus, openrosa, openrosa_in, openrosa_reading};

const VISIT: &str = r#"<?xml version="1.0"?>
<data xmlns="http://example.org/visit" version="3" name="Home visit">
  <weight>12</weight>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="P-1" date_modified="2026-03-01T10:00:00.000+03:00" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
    <update><village>Kibaha </village><note/><kin id="7">mother</kin></update>
    <index><household case_type="household">H-1</household><old case_type="household"/></index>
    <attachment><photo src="amina.png" from="local"/><scan/></attachment>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="H-1"><close/><close/></case>
  <meta xmlns="http://openrosa.org/jr/xforms"><userID>u1</userID><instanceID>i-1</instanceID></meta>
</data>
"#;

#[test]
fn a_form_with_two_cases_is_shown_for_a_person() {
    let run = openrosa_reading(&["show", "-"], VISIT.as_bytes());
    insta::assert_snapshot!(run.out, @r#"
    standard input · 813 bytes · form instance
      root      data, namespace http://example.org/visit
      form      http://example.org/visit, version 3
      name      Home visit
      instance  i-1

    Metadata · http://openrosa.org/jr/xforms
      userID     u1
      instanceID i-1

    2 case blocks

    Case P-1
      where      line 4, /data[1]/case[1]
      modified   2026-03-01T10:00:00.000+03:00
      by         u1
      create     case_type = patient
                 case_name = Amina
                 owner_id = u1
      update     village = "Kibaha "
                 note = ""
                 kin = mother @id=7
      index      household → household H-1 (child by default)
                 old → removed
      attachment photo ← amina.png (local)
                 scan → removed

    Case H-1
      where      line 10, /data[1]/case[2]
      close      the case is closed
      close      the case is closed

    Worth knowing
      - line 6: `kin` is more than text, on which readers disagree
      - line 10: the block has no `date_modified`
      - line 10: the block has no `user_id`
    "#);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}

#[test]
fn a_server_response_is_shown_with_its_message() {
    let answer = b"<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message nature='submit_success'>  Saved. </message></OpenRosaResponse>";
    insta::assert_snapshot!(openrosa_reading(&["show", "-"], answer).out, @r"
    standard input · 131 bytes · server response
      root      OpenRosaResponse, namespace http://openrosa.org/http/response
      message   Saved. (nature submit_success)
      items     1
    ");
}

#[test]
fn a_form_list_is_shown_with_what_can_be_used_and_what_cannot() {
    let list = b"<xforms xmlns='http://openrosa.org/xforms/xformsList'><xform><formID>visit</formID><name>Home visit</name>\
        <version>7</version><hash>md5:900150983cd24fb0d6963f7d28e17f72</hash><downloadUrl>https://example.org/visit</downloadUrl>\
        </xform><xform><name>Lost</name></xform><xforms-group><groupID>g</groupID><name>Round two</name>\
        <listUrl>https://example.org/two</listUrl></xforms-group></xforms>";
    insta::assert_snapshot!(openrosa_reading(&["show", "-"], list).out, @"
    standard input · 389 bytes · form list
      root      xforms, namespace http://openrosa.org/xforms/xformsList
      holds     2 forms, 1 group

    Form visit
      name       Home visit
      version    7
      hash       md5:900150983cd24fb0d6963f7d28e17f72
      at         https://example.org/visit

    Entry of no use
      because    `xform` of `Lost` lacks `formID`, `downloadUrl`

    Group g
      name       Round two
      list at    https://example.org/two
    ");
}

#[test]
fn the_neighbors_of_a_list_are_told_apart() {
    let shown = |document: &str| openrosa_reading(&["show", "-"], document.as_bytes()).out;
    let documents = [
        "<forms><form url='https://example.org/a'>A</form></forms>",
        "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'><mediaFile type='entityList'><filename>p.csv</filename>\
         <downloadUrl>https://example.org/p</downloadUrl><integrityUrl>https://example.org/i</integrityUrl></mediaFile>\
         <mediaFile><filename>../a</filename><downloadUrl>u</downloadUrl></mediaFile></manifest>",
        "<idChunk xmlns='http://getodk.org/submissions'><idList><id>uuid:1</id></idList></idChunk>",
        "<submission xmlns='http://opendatakit.org/submissions'><data><v id='f' instanceID='uuid:1' isComplete='true'/></data>\
         <mediaFile><filename>a.jpg</filename><downloadUrl>https://example.org/a</downloadUrl></mediaFile></submission>",
        "<data><entities><entity id='a'><deleted>true</deleted></entity><entity id='b'/></entities></data>",
        "<data id='f' encrypted='yes' xmlns='http://opendatakit.org/submissions'><base64EncryptedKey>KEY</base64EncryptedKey>\
         <meta><instanceID>uuid:1</instanceID></meta><media><file>a.enc</file></media>\
         <encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>",
        "<data id='f' encrypted='yes'><meta><instanceID>uuid:1</instanceID></meta></data>",
    ];
    insta::assert_snapshot!(documents.map(shown).join("\n"), @"
    standard input · 57 bytes · form list
      root      forms
      holds     1 form

    Form A
      at         https://example.org/a

    standard input · 312 bytes · media manifest
      root      manifest, namespace http://openrosa.org/xforms/xformsManifest
      holds     2 files

    File p.csv
      type       entityList
      hash       none that is known
      at         https://example.org/p
      deletions  https://example.org/i

    Entry of no use
      because    `../a` has a part `..`

    standard input · 89 bytes · page of submission ids (Briefcase)
      root      idChunk, namespace http://getodk.org/submissions
      holds     1 submission

    Submissions
      id         uuid:1
      go on with nothing: this page is the last

    standard input · 227 bytes · downloaded submission (Briefcase)
      root      submission, namespace http://opendatakit.org/submissions
      holds     an instance and 1 file

    Submission
      form       f
      instance   uuid:1
      complete   true

    File a.jpg
      hash       none that is known
      at         https://example.org/a

    standard input · 97 bytes · entity integrity answer
      root      data
      holds     the fate of 2 ids

    Entities
      deleted    a
      unknown    b

    standard input · 255 bytes · encrypted form instance
      root      data, namespace http://opendatakit.org/submissions
      form      f
      instance  uuid:1
      holds     the names of 2 encrypted files

    Metadata · http://opendatakit.org/submissions
      instanceID uuid:1

    Encrypted files
      media file a.enc
      form       submission.xml.enc
      key        3 characters
      signature  none

    standard input · 80 bytes · form instance
      root      data
      form      f
      instance  uuid:1

    Metadata · in no namespace
      instanceID uuid:1
    ");
}

#[test]
fn a_broken_document_is_shown_up_to_the_culprit() {
    let run = openrosa_reading(&["show", "-"], b"<data>\n  <name>Tom & Ann</name>\n</data>\n");
    insta::assert_snapshot!(run.out, @r"
    standard input · 40 bytes · not readable
      line 2, column 13, inside data/name: `&` begins no reference; write `&amp;`

      2 |   <name>Tom & Ann</name>
        |             ^
    ");
    assert_eq!((run.status, run.err.as_str()), (1, ""));
}

#[test]
fn a_broken_document_is_one_line_for_a_machine() {
    let run = openrosa_reading(&["show", "--format", "json", "-"], b"<data>\n  <a></b>\n</data>\n");
    insta::assert_snapshot!(run.out, @r#"{"file":"-","bytes":25,"sha256":"7a7743daabd9e680eeb2238729e064cb90442fbec71cc72f110f11a82f2187c1","bom":false,"wellformed":false,"error":"line 2, column 6, inside data/a: `</b>` closes `<a>`","position":{"line":2,"column":6,"offset":12},"inside":["data","a"]}"#);
    assert_eq!(run.status, 1);
}

#[test]
fn a_document_type_is_refused_without_calling_the_document_malformed() {
    let run = openrosa_reading(&["show", "--format", "json", "-"], b"<!DOCTYPE a><a/>");
    let facts: Value = serde_json::from_str(&run.out).expect("one JSON document");
    assert_eq!((&facts["wellformed"], run.status), (&Value::Null, 1));
}

#[test]
fn a_missing_file_does_not_keep_the_others_from_being_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let (there, missing) = (folder.path().join("there.xml"), folder.path().join("missing.xml"));
    fs::write(&there, "<a/>").expect("a file");
    let path = |path: &Path| path.display().to_string();
    let run = openrosa(&["show", &path(&missing), &path(folder.path()), &path(&there)]);
    let named = path(folder.path());
    assert!(run.out.contains("form instance"), "{}", run.out);
    insta::assert_snapshot!(run.err.replace(&named, "FOLDER"), @r"
    openrosa: cannot read `FOLDER/missing.xml`: No such file or directory (os error 2)
      try: check the spelling; paths are relative to the current folder
    openrosa: `FOLDER` is a folder
      try: name the files in it, as in FOLDER/*.xml
    ");
    assert_eq!(run.status, 2);
}

#[test]
fn what_is_no_xml_at_all_is_said_to_be_so() {
    for input in [&b""[..], b" \n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"{\"json\": true}", b"\xFF\xFE\0"] {
        let run = openrosa_reading(&["show", "-"], input);
        assert_eq!(run.status, 1, "{input:?}");
        assert!(run.out.contains("not readable"), "{}", run.out);
        assert!(!run.out.contains(|c: char| c.is_control() && c != '\n'), "{:?}", run.out);
    }
}

#[test]
fn an_output_that_nobody_reads_to_its_end_is_no_failure() {
    let binary = env!("CARGO_BIN_EXE_openrosa");
    let cases = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='C'/>".repeat(20_000);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("many.xml");
    fs::write(&file, format!("<data>{cases}</data>")).expect("a file");
    let mut child = std::process::Command::new(binary)
        .arg("show")
        .arg(&file)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("the command ends").code(), Some(0));
}

/// The members of the facts that `show` states; the others belong to kinds of document that it does not take apart yet.
const STATED: [&str; 17] = [
    "bytes",
    "sha256",
    "bom",
    "declaration",
    "doctype",
    "elements",
    "root",
    "meta",
    "meta_trimmed",
    "meta_info",
    "meta_paths",
    "cases",
    "ledgers",
    "case_elements_that_are_no_case",
    "formlist",
    "manifest",
    "encrypted",
];

#[test]
fn the_facts_of_every_corpus_file_are_stated_as_they_are() {
    let Some(corpus) = corpus("facts stated by `openrosa show`") else { return };
    let kinds = [
        "submission",
        "submission-legacy",
        "registration",
        "ledger",
        "restore",
        "openrosa-response",
        "form-list",
        "manifest",
        "xform",
        "encrypted",
        "malformed",
    ];
    let differences: Vec<_> = kinds.iter().flat_map(|kind| compared(&corpus.join(kind))).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Shows every file of a folder in one run, and says where what is stated differs from the facts.
fn compared(folder: &Path) -> Vec<String> {
    let mut files = files_with_facts(folder);
    files.sort();
    assert!(!files.is_empty(), "{} holds no facts", folder.display());
    let arguments: Vec<_> =
        ["show", "--format", "json"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let out = openrosa(&arguments).out;
    assert_eq!(out.lines().count(), files.len(), "one line a file");
    files.iter().zip(out.lines()).flat_map(|(file, line)| differences(file, line)).collect()
}

fn files_with_facts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the corpus has the folder");
    let names = entries.map(|entry| entry.expect("an entry").path().display().to_string());
    names.filter_map(|name| name.strip_suffix(".facts.json").map(str::to_owned)).collect()
}

fn differences(file: &str, line: &str) -> Vec<String> {
    let facts = fs::read(format!("{file}.facts.json")).expect("facts lie beside the file");
    let facts: Value = serde_json::from_slice(&facts).expect("facts are JSON");
    let stated: Value = serde_json::from_str(line).expect("a line is JSON");
    if stated.get("restore").is_some() {
        return restore_differences(file, &facts, &stated);
    }
    let members: &[&str] = match (&facts["wellformed"], &facts["doctype"]) {
        // We stop at a document type declaration, and before we could say whether the rest is well-formed.
        (_, Value::Bool(true)) => &["bytes", "sha256", "bom"],
        (Value::Bool(false), _) if stated["wellformed"].is_null() => &["bytes", "sha256", "bom"],
        (Value::Bool(false), _) => &["bytes", "sha256", "bom", "wellformed"],
        _ => &STATED,
    };
    let differ = members.iter().filter(|member| facts[**member] != stated[**member]);
    differ
        .map(|member| format!("{file}: {member}: {} is stated as {}", facts[*member], stated[*member]))
        .collect()
}

/// An answer is read as a stream, so that less is stated of it, under the names of the facts.
fn restore_differences(file: &str, facts: &Value, stated: &Value) -> Vec<String> {
    if facts["wellformed"] == false {
        return if stated["wellformed"] == false { Vec::new() } else { vec![format!("{file} is no XML")] };
    }
    let (of_facts, of_stated) = (&facts["restore"], &stated["restore"]);
    let users = |restore: &Value| ["user_id", "username", "restore_id"].map(|name| restore[name].clone());
    let messages = |restore: &Value| -> Vec<(Value, Value)> {
        let messages = restore["messages"].as_array().expect("there is a list");
        messages.iter().map(|message| (message["nature"].clone(), message["text"].clone())).collect()
    };
    let fixtures = |restore: &Value| -> Vec<(Value, Value)> {
        let fixtures = restore["fixtures"].as_array().expect("there is a list");
        fixtures.iter().map(|fixture| (fixture["id"].clone(), fixture["user_id"].clone())).collect()
    };
    let pairs = [
        ("bytes", facts["bytes"].clone(), stated["bytes"].clone()),
        ("root", facts["root"].clone(), stated["root"].clone()),
        ("items", of_facts["items"].clone(), of_stated["items"].clone()),
        ("case_count", of_facts["case_count"].clone(), of_stated["case_count"].clone()),
        ("user and token", users(of_facts).to_vec().into(), users(of_stated).to_vec().into()),
        ("schemas", of_facts["schemas"].as_array().map_or(0, Vec::len).into(), of_stated["schemas"].clone()),
    ];
    let differ = pairs.into_iter().filter(|(_, fact, stated)| fact != stated);
    let mut differences: Vec<_> =
        differ.map(|(name, fact, stated)| format!("{file}: {name}: {fact} is stated as {stated}")).collect();
    if (messages(of_facts), fixtures(of_facts)) != (messages(of_stated), fixtures(of_stated)) {
        differences.push(format!("{file}: other messages or fixtures"));
    }
    differences
}

/// Text was escaped; to JSON most of these characters are like any other.
#[test]
fn json_steers_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let form = "<data xmlns='http://example.org/visit'><note>a\u{9b}31m\u{7f}\u{202e}b</note></data>";
    fs::write(folder.path().join("\u{9b}31m.xml"), form).unwrap();
    for command in ["show", "check", "apply"] {
        let run = openrosa_in(folder.path(), &[command, "\u{9b}31m.xml", "--format", "json"], b"");
        let steers = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!run.out.contains(steers), "{command}: {}", run.out);
        let first = run.out.lines().next().expect("a line");
        let first: serde_json::Value = serde_json::from_str(first).expect("JSON");
        let named = ["file", "document"].iter().find_map(|name| first[name].as_str());
        assert_eq!(named, Some("\u{9b}31m.xml"), "{command}: {first}");
    }
}
