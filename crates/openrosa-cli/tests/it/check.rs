//! `openrosa check` and `openrosa explain`.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Run, corpus, openrosa, openrosa_in};

/// Two cases: one is its own parent, one has no id.
const BROKEN: &str = r#"<?xml version="1.0"?>
<data xmlns="http://example.org/visit">
	<case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
		<index><parent case_type="patient">c1</parent></index>
	</case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="" date_modified="2024-05-01T10:00:00Z" user_id="u1"><close/></case>
  <meta xmlns="http://openrosa.org/jr/xforms"><deviceID>d</deviceID><timeStart>2024-05-01T09:00:00Z</timeStart><timeEnd>2024-05-01T10:00:00Z</timeEnd><username>amina</username><userID>u1</userID><instanceID>6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID></meta>
</data>
"#;

/// Only what is known of the two cases, whatever other rules there are.
const NOT_WELL_FORMED: &str = "<data>\n  <name>Tom & Ada</name>\n</data>\n";

/// Nothing is wrong with it.
const FINE: &str = r#"<data xmlns="http://example.org/visit" version="3" uiVersion="1" name="Visit">
  <weight>12</weight>
  <meta xmlns="http://openrosa.org/jr/xforms">
    <deviceID>phone-1</deviceID>
    <timeStart>2024-05-01T09:50:00.000Z</timeStart>
    <timeEnd>2024-05-01T10:00:00.000Z</timeEnd>
    <username>amina</username>
    <userID>u1</userID>
    <instanceID>6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
  </meta>
</data>
"#;

/// A folder of these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be made");
        fs::write(path, content).expect("a file can be written");
    }
    folder
}

/// Checks in a folder, where paths are short.
fn check(folder: &Path, arguments: &[&str]) -> Run {
    openrosa_in(folder, &[&["check"], arguments].concat(), b"")
}

/// The JSON lines of a run.
fn lines(run: &Run) -> Vec<Value> {
    run.out.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

/// The codes of all findings.
fn codes(run: &Run) -> Vec<String> {
    let found = lines(run).into_iter().filter(|line| line["event"] == "finding");
    found.map(|line| line["code"].as_str().expect("a code is a text").to_owned()).collect()
}

#[test]
fn a_finding_is_shown_under_its_line_with_its_remedy() {
    let folder = folder(&[("visit.xml", BROKEN.as_bytes())]);
    let run = check(folder.path(), &["visit.xml", "--profile", "device", "--profile", "hq"]);
    assert_eq!((run.status, run.err.as_str()), (1, ""));
    let first =
        run.out.split_inclusive("\n\n").find(|finding| finding.contains("[case-self-index]")).unwrap();
    insta::assert_snapshot!(first, @"
    visit.xml:4:38
      3 |  <case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"c1\" date_modified=\"20…
        |                                                          ------------ the case
      4 |   <index><parent case_type=\"patient\">c1</parent></index>
        |                                      ^^
      error       case `c1` names itself in index `parent` [case-self-index]
      for         device error, hq portability
      remedy      point the index at the other case, or leave it out
      see         C-013, C-055, case-xml.md 1.8, case-xml.md 4.8; openrosa explain case-self-index
    ");
}

/// The example of the help is what the command prints; a line of it ends where a space or the space between members is.
#[test]
fn the_help_shows_a_finding_that_there_is() {
    let block = "<case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"c1\"\n    user_id=\"u1\" \
                 date_modified=\"2024-05-01T10:00:00.077 05:30\"><update><weight>12</weight></update></case>";
    let form = FINE.replace("<weight>12</weight>", block);
    let folder = folder(&[("visit.xml", form.as_bytes())]);
    let run = check(folder.path(), &["visit.xml", "--format", "json"]);
    assert_eq!(run.status, 1);
    let help = openrosa(&["check", "--help"]).out;
    let joined = |lines: &str| lines.split_whitespace().collect::<Vec<_>>().join(" ");
    let objects = help.split("\n\n").map(joined).filter(|paragraph| paragraph.starts_with("{\"event\""));
    let shown: Vec<Value> =
        objects.map(|object| serde_json::from_str(&object).expect("it is JSON")).collect();
    assert_eq!(shown, lines(&run), "{}", run.out);
}

#[test]
fn what_cannot_be_read_is_one_finding() {
    let run = openrosa_in(Path::new("."), &["check", "-"], NOT_WELL_FORMED.as_bytes());
    assert_eq!(run.status, 1);
    let (finding, summary) = run.out.split_once("\n\n").unwrap();
    let above: Vec<_> = finding.lines().take(3).collect();
    insta::assert_snapshot!(above.join("\n"), @r"
    standard input:2:13
      2 |   <name>Tom & Ada</name>
        |             ^
    ");
    assert!(finding.contains("[xml-malformed]"), "{finding}");
    assert_eq!(summary, "1 document: 1 error\n");
}

#[test]
fn bytes_that_are_no_text_have_a_place() {
    let folder = folder(&[("a.xml", b"<data>\n  <name>Andr\xE9</name>\n</data>")]);
    let run = check(folder.path(), &["a.xml"]);
    assert_eq!(run.status, 1);
    assert!(run.out.starts_with("a.xml:2:13\n"), "{}", run.out);
    assert!(run.out.contains("[xml-encoding]"), "{}", run.out);
}

#[test]
fn a_clean_document_is_said_to_be_clean() {
    let folder = folder(&[("visit.xml", FINE.as_bytes())]);
    let run = check(folder.path(), &["visit.xml"]);
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (0, "1 document: nothing found\n", ""));
}

#[test]
fn a_folder_is_gone_through_and_summed_up() {
    let folder = folder(&[
        ("b.xml", BROKEN.as_bytes()),
        ("a/a.XML", BROKEN.as_bytes()),
        ("a/submission", FINE.as_bytes()),
        ("a/photo.jpg", b"\xFF\xD8"),
        ("a/notes", b"no markup"),
        ("a/page.html", b"<html/>"),
        (".hidden/x.xml", b"<"),
    ]);
    let run = check(folder.path(), &["."]);
    let told =
        |name: &str| run.out.find(&format!("{name}:")).unwrap_or_else(|| panic!("{name}: {}", run.out));
    assert!(told("./b.xml") < told("./a/a.XML"), "{}", run.out);
    let (_, summary) = run.out.split_once("3 documents: ").unwrap();
    assert!(
        summary.contains("  case-self-index  a case that names itself in an index, in 2 documents\n"),
        "{summary}"
    );
    assert!(summary.contains("  worst    ./b.xml  "), "{summary}");
    assert!(
        summary.contains("  skipped  3 files that do not look like XML: 1 .html, 1 .jpg, 1 notes\n"),
        "{summary}"
    );
    assert!(!run.out.contains("hidden"));
    assert_eq!(run.status, 1);
}

/// As `openrosa new --attach` leaves it.
#[test]
fn the_xml_file_of_a_form_is_no_document() {
    let form = FINE.replace("<weight>12</weight>", "<track>gpx.xml</track>");
    let folder = folder(&[("visit.xml", form.as_bytes()), ("gpx.xml", b"<gpx/>")]);
    let run = check(folder.path(), &["."]);
    assert_eq!((run.status, run.out.as_str()), (0, "1 document: nothing found\n"), "{}", run.err);
    assert!(check(folder.path(), &["gpx.xml"]).out.contains("form-id-missing"), "who names it means it");
}

#[test]
fn a_folder_without_documents_is_a_mistake() {
    let folder = folder(&[("notes/a.txt", b"no markup"), ("fine.xml", FINE.as_bytes())]);
    let run = check(folder.path(), &["notes", "fine.xml"]);
    assert_eq!(run.status, 2);
    assert!(run.out.contains("1 document: "), "{}", run.out);
    insta::assert_snapshot!(run.err, @"
    openrosa: no document in `notes`
      try: name a folder that holds `.xml` files, or the files
    ");
}

#[test]
fn what_cannot_be_opened_is_told_after_all_else_was_checked() {
    let folder = folder(&[("visit.xml", BROKEN.as_bytes())]);
    let run = check(folder.path(), &["gone.xml", "visit.xml", "also-gone.xml"]);
    assert_eq!(run.status, 2);
    assert!(
        run.out.contains("1 document: ") && run.out.contains("  unread   2 could not be read"),
        "{}",
        run.out
    );
    assert!(run.err.contains("`gone.xml`") && run.err.contains("`also-gone.xml`"), "{}", run.err);
}

#[test]
fn a_job_says_which_findings_it_minds() {
    let folder = folder(&[("visit.xml", BROKEN.as_bytes()), ("fine.xml", FINE.as_bytes())]);
    let status = |arguments: &[&str]| check(folder.path(), arguments).status;
    let hq = ["visit.xml", "--profile", "hq", "--allow", "case-id-blank"];
    assert_eq!(status(&["visit.xml"]), 1);
    // What is left may be found by other rules, but for CommCare HQ the link to itself is a matter of portability.
    assert_eq!(status(&[&hq[..], &["--deny", "case-self-index"]].concat()), 1);
    assert_eq!(status(&[&hq[..], &["--deny", "portability"]].concat()), 1);
    assert_eq!(status(&["fine.xml", "--deny", "notes"]), 0);
    let run = check(folder.path(), &["visit.xml", "--allow", "case-id-blank"]);
    assert!(
        !run.out.contains("[case-id-blank]") && run.out.contains("  allowed  1 finding not shown\n"),
        "{}",
        run.out
    );
}

#[test]
fn a_misspelt_code_is_told_with_the_one_that_was_meant() {
    for (option, word, meant) in [
        ("--allow", "case-self-idx", "case-self-index"),
        ("--deny", "case-id-blnk", "case-id-blank"),
        ("--deny", "warning5", "warnings"),
        ("--deny", "case-self", "case-self-index"),
        ("--deny", "err", "errors"),
    ] {
        let run = openrosa(&["check", "-", option, word]);
        assert_eq!(run.status, 2);
        assert!(
            run.err.contains(&format!("`{word}`")) && run.err.contains(&format!("`{meant}`")),
            "{}",
            run.err
        );
    }
}

#[test]
fn a_program_reads_lines_of_json() {
    let folder = folder(&[("visit.xml", BROKEN.as_bytes())]);
    let run = check(folder.path(), &["visit.xml", "--format", "json", "--profile", "device"]);
    let lines = lines(&run);
    let finding = lines.iter().find(|line| line["code"] == "case-self-index").unwrap();
    insta::assert_snapshot!(finding, @r#"{"event":"finding","file":"visit.xml","line":4,"column":38,"end_line":4,"end_column":40,"offset":220,"end_offset":222,"code":"case-self-index","severity":"error","verdicts":{"device":"error"},"denied":true,"message":"case `c1` names itself in index `parent`","values":{"case_id":"c1","index":"parent"},"related":[{"line":3,"column":58,"end_line":3,"end_column":70,"offset":119,"end_offset":131,"label":"the case"}],"remedy":"point the index at the other case, or leave it out","statements":["C-013","C-055"],"sections":["case-xml.md 1.8","case-xml.md 4.8"]}"#);
    assert_eq!(&BROKEN[220..222], "c1");
    let summary = lines.last().unwrap();
    assert_eq!((&summary["event"], &summary["documents"]), (&"summary".into(), &1.into()));
    assert_eq!(summary["codes"]["case-self-index"], 1);
}

/// The parts that the SARIF 2.1.0 schema requires, and those that code scanners read.
#[test]
fn a_scanner_reads_a_sarif_log() {
    let folder = folder(&[("a b/visit.xml", BROKEN.as_bytes())]);
    let run = check(folder.path(), &["a b/visit.xml", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(run["tool"]["driver"]["name"], "openrosa");
    let ids: BTreeSet<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "no rule is there twice");
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].is_string());
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
    }
    let result = results.iter().find(|result| result["ruleId"] == "case-self-index").unwrap();
    insta::assert_snapshot!(result["locations"][0]["physicalLocation"], @r#"{"artifactLocation":{"uri":"a%20b/visit.xml"},"region":{"startLine":4,"startColumn":38,"endLine":4,"endColumn":40}}"#);
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "the case");
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 3);
}

#[test]
fn github_shows_findings_at_their_lines() {
    let folder = folder(&[("a,b.xml", BROKEN.as_bytes())]);
    let run = check(folder.path(), &["a,b.xml", "--format", "github"]);
    let line = run.out.lines().find(|line| line.contains("title=case-self-index")).unwrap();
    insta::assert_snapshot!(line, @"::error file=a%2Cb.xml,line=4,endLine=4,col=38,endColumn=39,title=case-self-index::case `c1` names itself in index `parent`: point the index at the other case, or leave it out");
}

#[test]
fn a_flood_is_cut_and_counted() {
    let block = r#"<case xmlns="http://commcarehq.org/case/transaction/v2" case_id="" date_modified="2024-05-01T10:00:00Z" user_id="u1"><close/></case>"#;
    let form = FINE.replace("<weight>", &format!("{}<weight>", block.repeat(60)));
    let folder = folder(&[("visit.xml", form.as_bytes())]);
    let shown = |arguments: &[&str]| {
        let run = check(folder.path(), &[&["visit.xml"], arguments].concat());
        (run.out.matches("\nvisit.xml:").count() + usize::from(run.out.starts_with("visit.xml:")), run.out)
    };
    let (few, out) = shown(&["--max-findings", "2"]);
    assert!(few == 3 && out.contains(" more findings, counted below and not shown"), "{out}");
    assert_eq!(out.matches("  remedy ").count(), 1, "what a code means is told once");
    assert!(shown(&["--max-findings", "0"]).0 >= 60);
    assert_eq!(
        codes(&check(folder.path(), &["visit.xml", "--format", "json"])).len(),
        shown(&["--max-findings", "0"]).0
    );
}

#[test]
fn cases_and_forms_to_hold_against_are_read_first() {
    let restore = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
        <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-01T10:00:00Z'>\
        <create><case_type>patient</case_type></create></case></OpenRosaResponse>";
    let folder =
        folder(&[("visit.xml", FINE.as_bytes()), ("restore.xml", restore.as_bytes()), ("cut.xml", b"<a>")]);
    let run = |option, file| check(folder.path(), &["visit.xml", option, file]);
    assert_eq!(run("--cases", "restore.xml").status, 0);
    let wide = format!("\u{FEFF}<?xml version='1.0' encoding='UTF-16'?>{restore}");
    let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.path().join("wide.xml"), wide).expect("a file");
    let wide = run("--cases", "wide.xml");
    assert_eq!(wide.status, 0, "{}{}", wide.out, wide.err);
    for (option, file) in
        [("--cases", "cut.xml"), ("--against", "cut.xml"), ("--files", "gone"), ("--against", "gone")]
    {
        let run = run(option, file);
        assert!(run.status == 2 && run.err.contains(file), "{option} {file}: {}", run.err);
    }
}

/// The text of a restore in another encoding is checked like any other, and no device reads it.
#[test]
fn a_restore_in_another_encoding_is_told_by_its_name() {
    let restore = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
                   <Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync></OpenRosaResponse>";
    let wide: Vec<u8> = restore.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let folder = folder(&[("wide.xml", &wide), ("restore.xml", restore.as_bytes())]);
    let told = |file| check(folder.path(), &[file, "--profile", "device"]).out;
    assert!(
        told("wide.xml").contains("the restore is in UTF-16LE [restore-encoding]"),
        "{}",
        told("wide.xml")
    );
    assert!(!told("restore.xml").contains("restore-encoding"));
}

/// Else every case and every question would be unknown, or none, and the document be blamed.
#[test]
fn what_is_held_against_is_what_it_should_be() {
    let receipt = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'/>";
    let manifest = "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'/>";
    let folder = folder(&[
        ("visit.xml", FINE.as_bytes()),
        ("restore.xml", receipt.as_bytes()),
        ("manifest.xml", manifest.as_bytes()),
    ]);
    let run = |option, file| check(folder.path(), &["visit.xml", option, file]);
    for file in ["visit.xml", "manifest.xml"] {
        let run = run("--cases", file);
        assert!(run.status == 2 && run.err.contains(&format!("`{file}` is no restore")), "{}", run.err);
    }
    for file in ["visit.xml", "restore.xml", "manifest.xml"] {
        let run = run("--against", file);
        assert!(run.status == 2 && run.err.contains(&format!("`{file}` is no blank form")), "{}", run.err);
    }
    assert_eq!(run("--cases", "restore.xml").status, 0);
}

#[test]
fn whoever_stops_reading_is_no_failure() {
    let folder = folder(&[("visit.xml", BROKEN.as_bytes())]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
    let mut child = command
        .args(["check", "visit.xml", "visit.xml", "visit.xml"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), &b""[..]));
}

#[test]
fn a_code_is_explained_and_all_are_listed() {
    let run = openrosa(&["explain", "case-self-index"]);
    assert_eq!(run.status, 0);
    for part in [
        "case-self-index: a case that names itself in an index\n",
        "for     spec error, device error, hq portability\n",
        "<!--                        ^^ case-self-index -->",
        "\nC-013   ",
        "docs/protocol/case-xml.md#",
    ] {
        assert!(run.out.contains(part), "`{part}` is missing from\n{}", run.out);
    }
    let list = openrosa(&["explain"]);
    for rule in openrosa_xml::check::rules() {
        assert!(list.out.contains(&format!("  {} ", rule.code)), "{}", rule.code);
        assert_eq!(openrosa(&["explain", rule.code]).status, 0);
    }
    let unknown = openrosa(&["explain", "case-self-indexes"]);
    assert_eq!((unknown.status, unknown.out.as_str()), (2, ""));
    assert!(unknown.err.contains("`case-self-index`"), "{}", unknown.err);
}

/// The documents of those rules that know what to do, with what that makes of them.
fn fixable() -> Vec<(String, String)> {
    let documents = openrosa_xml::check::rules().filter_map(|rule| rule.triggers.document());
    let fixed = documents.map(|document| (put_right(&document), document));
    let found: Vec<_> =
        fixed.filter(|(fixed, document)| fixed != document).map(|(fixed, d)| (d, fixed)).collect();
    assert!(!found.is_empty(), "some rules have a fix");
    found
}

/// All that is certain, by the library alone.
fn put_right(document: &str) -> String {
    let report = openrosa_xml::check::document(document, &openrosa_xml::check::Options::default());
    let fixes: Vec<_> = report.into_findings().into_iter().filter_map(|finding| finding.fix).collect();
    match openrosa_xml::check::apply(document, &fixes) {
        fixed if fixed == document => fixed,
        fixed => put_right(&fixed),
    }
}

/// A document in the bytes that people have it in.
fn as_bytes(text: &str) -> [Vec<u8>; 4] {
    let crlf = text.replace('\n', "\r\n");
    let wide = format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    [text.as_bytes().to_vec(), crlf.as_bytes().to_vec(), format!("\u{FEFF}{crlf}").into_bytes(), wide]
}

#[test]
fn what_is_certain_is_put_right_and_no_other_byte_changes() {
    for (document, fixed) in fixable() {
        for (before, after) in as_bytes(&document).iter().zip(as_bytes(&fixed)) {
            let folder = folder(&[("a.xml", before)]);
            let run = check(folder.path(), &["a.xml", "--fix"]);
            assert!(run.out.starts_with("--- a.xml\n+++ a.xml, put right\n@@ "), "{}", run.out);
            assert!(run.out.contains("  fixed    "), "{}", run.out);
            assert_eq!(fs::read(folder.path().join("a.xml")).unwrap(), after, "{document}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");

            let again = check(folder.path(), &["a.xml", "--fix"]);
            assert!(!again.out.contains("+++"), "{}", again.out);
            assert_eq!(fs::read(folder.path().join("a.xml")).unwrap(), after);

            let printed = openrosa_in(folder.path(), &["check", "-", "--fix"], before);
            assert_eq!(printed.out.as_bytes(), String::from_utf8_lossy(&after).as_bytes());
            assert!(printed.err.contains("+++ standard input, put right"), "{}", printed.err);
        }
    }
}

/// What is made beside a document goes with the command, and of one that was killed with the next.
#[cfg(unix)]
#[test]
fn nothing_stays_beside_a_document_that_is_put_right() {
    let (document, fixed) = fixable().remove(0);
    let folder = folder(&[("a.xml", document.as_bytes())]);
    fs::create_dir(folder.path().join(".openrosa-making-killed")).unwrap();
    check(folder.path(), &["a.xml", "--fix"]);
    assert_eq!(fs::read_to_string(folder.path().join("a.xml")).unwrap(), fixed);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_document_with_nothing_certain_about_it_is_left_alone() {
    let folder = folder(&[("a.xml", FINE.as_bytes()), ("b.xml", NOT_WELL_FORMED.as_bytes())]);
    let modified = |name: &str| fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    let before = (modified("a.xml"), modified("b.xml"));
    let run = check(folder.path(), &["a.xml", "b.xml", "--fix"]);
    assert!(run.status == 1 && !run.out.contains("+++"), "{}", run.out);
    assert_eq!((modified("a.xml"), modified("b.xml")), before);
    let printed = openrosa_in(folder.path(), &["check", "-", "--fix"], FINE.as_bytes());
    assert_eq!((printed.out.as_str(), printed.err.as_str()), (FINE, "1 document: nothing found\n"));
    let two = openrosa_in(folder.path(), &["check", "-", "a.xml", "--fix"], b"");
    assert_eq!((two.status, two.out.as_str()), (2, ""));
}

#[test]
fn the_corpus_is_checked_without_a_failure() {
    let Some(corpus) = corpus("that real files are checked") else { return };
    let run = openrosa(&["check", corpus.to_str().unwrap(), "--format", "json"]);
    assert!(run.status < 2, "{}", run.err);
    let lines = lines(&run);
    assert!(lines.last().unwrap()["documents"].as_u64().unwrap() > 100, "{}", lines.last().unwrap());
}

/// It is not read into memory, so the line of a finding is looked up on the disk.
#[test]
fn a_large_restore_has_its_findings_under_their_lines_too() {
    let filler = format!(
        "<fixture id=\"f\"><rows>{}</rows></fixture>\n",
        format!("<row>{}</row>", "é".repeat(60)).repeat(130_000)
    );
    let restore = format!(
        "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\">\n{filler}\
         <case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"c1\" date_modified=\"2024-05-01T10:00:00Z\" user_id=\"u1\">\n\
         <index><parent case_type=\"patient\">c1</parent></index>\n</case>\n</OpenRosaResponse>\n"
    );
    assert!(restore.len() > 16 << 20);
    let folder = folder(&[("restore.xml", restore.as_bytes())]);
    let run = check(folder.path(), &["restore.xml"]);
    assert_eq!(run.status, 1);
    let finding = run.out.split("\n\n").find(|finding| finding.contains("[case-self-index]")).unwrap();
    assert!(finding.contains("restore.xml:4:36\n"), "{finding}");
    assert!(finding.contains("<index><parent case_type=\"patient\">c1</parent></index>"), "{finding}");
}

/// A restore of so many blocks, in each of which a hundred things are wrong.
fn wrong_everywhere(blocks: usize) -> String {
    let links: String = (0..98).map(|link| format!("<p{link}>{}</p{link}>\n", "x".repeat(20))).collect();
    let block = format!(
        "<case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"\" date_modified=\"\" user_id=\"u1\">\
         <index>{links}</index></case>\n"
    );
    format!(
        "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\">\n{}</OpenRosaResponse>\n",
        block.repeat(blocks)
    )
}

/// How much memory the check of a file takes at its highest, in KiB, and what is printed last. The pages of the program itself do not
/// count: a debug build has tens of MiB of them.
#[cfg(target_os = "linux")]
fn peak_of_check(folder: &Path, arguments: &[&str]) -> (u64, String) {
    let out = fs::File::create(folder.join("out")).expect("a file can be made and read");
    let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
    command.current_dir(folder).args([&["check", "restore.xml"], arguments].concat()).stdout(out);
    let mut child = command.spawn().expect("the command starts");
    let (status, mut peak) = (format!("/proc/{}/status", child.id()), 0);
    while child.try_wait().expect("it is our child").is_none() {
        // A process that has ended is not told of.
        let now = fs::read_to_string(&status).unwrap_or_default();
        let told = |name: &str| -> Option<u64> {
            let line = now.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().trim_end_matches(" kB").parse().expect("a number"))
        };
        let own = told("VmHWM:").zip(told("RssFile:")).map(|(all, files)| all.saturating_sub(files));
        peak = peak.max(own.unwrap_or_default());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let printed = fs::read_to_string(folder.join("out")).expect("a file can be made and read");
    (peak, printed.lines().rev().take(10).collect::<Vec<_>>().join("\n"))
}

/// The findings are told and forgotten: 300,000 of them take no more memory than a few.
#[cfg(target_os = "linux")]
#[test]
fn a_restore_that_is_wrong_everywhere_takes_little_memory() {
    const MOST: u64 = 12 << 10;
    let folder = folder(&[("restore.xml", wrong_everywhere(3000).as_bytes())]);
    let (peak, last) = peak_of_check(folder.path(), &[]);
    assert!(last.contains("\n  294000  error        case-index-untyped  "), "{last}");
    assert!(last.contains("299,952 more findings, counted below"), "{last}");
    assert!((1..MOST).contains(&peak), "{peak} KiB");

    fs::write(folder.path().join("restore.xml"), wrong_everywhere(400)).unwrap();
    for format in ["json", "sarif", "github"] {
        let (peak, last) = peak_of_check(folder.path(), &["--format", format]);
        assert!(last.contains("case-index-untyped"), "{last}");
        assert!((1..MOST).contains(&peak), "{format}: {peak} KiB");
    }
}

#[test]
fn what_is_too_large_to_be_put_right_is_said_to_be() {
    let folder = folder(&[("a.xml", b"")]);
    let size = |mib: u64| {
        let file = fs::OpenOptions::new().write(true).open(folder.path().join("a.xml")).unwrap();
        file.set_len(mib << 20).unwrap();
    };
    size(65);
    let run = check(folder.path(), &["a.xml", "--fix"]);
    assert_eq!(run.status, 2);
    assert!(
        run.err.contains("`a.xml` is larger than 64 MiB") && run.err.contains("leave out --fix"),
        "{}",
        run.err
    );
    size(257);
    let run = check(folder.path(), &["a.xml"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("`a.xml` is larger than 256 MiB"), "{}", run.err);
}

/// It comes once, and its lines are looked up again.
#[test]
fn a_large_restore_may_come_through_a_pipe() {
    let restore = wrong_everywhere(900);
    assert!(restore.len() > 1 << 20);
    let folder = folder(&[("restore.xml", restore.as_bytes())]);
    let of_file = check(folder.path(), &["restore.xml"]);
    let piped = openrosa_in(folder.path(), &["check", "-"], restore.as_bytes());
    assert_eq!((piped.status, piped.err.as_str()), (1, ""));
    assert_eq!(piped.out.replace("standard input", "restore.xml"), of_file.out);
}

#[test]
fn a_file_that_is_not_there_is_not_said_to_be_fine() {
    let run = openrosa(&["check", "gone.xml"]);
    assert_eq!(run.status, 2);
    assert!(run.out.starts_with("0 documents: nothing was checked\n"), "{}", run.out);
}

/// Opening one would be to wait for whoever writes into it.
#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_passed_over() {
    let folder = folder(&[("a.xml", FINE.as_bytes())]);
    for name in ["pipe", "pipe.xml"] {
        assert!(Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap().success());
    }
    let run = check(folder.path(), &["."]);
    assert_eq!(run.status, 0);
    assert!(
        run.out.contains("  skipped  2 files that do not look like XML: 1 .xml, 1 pipe\n"),
        "{}",
        run.out
    );
}

/// The form is what the files go with.
#[test]
fn a_form_that_lies_among_the_files_is_none_of_them() {
    let folder = folder(&[("in/visit.xml", FINE.as_bytes()), ("in/stray.jpg", b"-")]);
    let run = check(folder.path(), &["in/visit.xml", "--files", "in", "--format", "json"]);
    let strays: Vec<_> =
        lines(&run).iter().filter_map(|line| line["values"]["file"].as_str().map(str::to_owned)).collect();
    assert_eq!(strays, ["stray.jpg"], "{}", run.out);
}

/// ota-restore.md 2.2: the device passes over what a restore declares, and reads UTF-8.
#[test]
fn a_restore_in_utf8_is_one_whatever_it_declares() {
    let restore = |name: &str| {
        format!(
            "<?xml version='1.0' encoding='ISO-8859-1'?>\n\
             <OpenRosaResponse><Sync xmlns='http://commcarehq.org/sync'/><wrong>{name}</wrong></OpenRosaResponse>"
        )
    };
    let latin: Vec<u8> = restore("Jos\u{e9}").chars().map(|c| u8::try_from(c).unwrap()).collect();
    let folder = folder(&[("utf8.xml", restore("José").as_bytes()), ("latin.xml", &latin)]);
    let told = |file| check(folder.path(), &[file]).out;
    assert!(!told("utf8.xml").contains("restore-encoding"), "{}", told("utf8.xml"));
    assert!(told("utf8.xml").contains("José"), "{}", told("utf8.xml"));
    assert!(
        told("latin.xml").contains("the restore is in ISO-8859-1 [restore-encoding]"),
        "{}",
        told("latin.xml")
    );
}

/// ota-restore.md 2.2: as it is read, so it is put right, and its other bytes stay as they are.
#[test]
fn a_restore_in_utf8_is_put_right_whatever_it_declares() {
    for encoding in ["UTF-16", "klingon", "ISO-8859-1"] {
        let restore = |id: &str| {
            format!(
                "<?xml version='1.0' encoding='{encoding}'?>\n\
                 <OpenRosaResponse xmlns='http://openrosa.org/http/response'>\n\
                 <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c' user_id='u' \
                 date_modified='2026-05-01T10:00:00Z'><update><village>Bouaké</village></update>\n\
                 <index><parent case_type='t'>{id}</parent></index></case></OpenRosaResponse>"
            )
        };
        let folder = folder(&[("a.xml", restore("p\n").as_bytes())]);
        let run = check(folder.path(), &["a.xml", "--fix"]);
        assert!(run.out.contains("  fixed    "), "{}", run.out);
        assert_eq!(fs::read_to_string(folder.path().join("a.xml")).unwrap(), restore("p"));
    }
}

/// Whoever cannot have it put right is told what is wrong all the same.
#[test]
fn what_cannot_be_put_right_is_checked_as_it_is() {
    let plain =
        |(document, _): &(String, String)| document.is_ascii() && document.trim_start().starts_with("<data");
    let (document, _) = fixable().into_iter().find(plain).unwrap();
    // Shift_JIS has two ways to write this sign, and no writer takes the second.
    let declared = format!("<?xml version='1.0' encoding='Shift_JIS'?>{}<!--", document.trim());
    let document = [declared.as_bytes(), b"\xEE\xF9-->"].concat();
    let folder = folder(&[("a.xml", &document)]);
    let found = codes(&check(folder.path(), &["a.xml", "--format", "json"]));
    let run = check(folder.path(), &["a.xml", "--format", "json", "--fix"]);
    assert_eq!((run.status, codes(&run)), (2, found), "{}", run.err);
    let summary = lines(&run).pop().unwrap();
    assert_eq!(
        (&summary["documents"], &summary["unread"], &summary["fixed"]),
        (&1.into(), &0.into(), &0.into())
    );
    assert!(run.err.contains("`a.xml` cannot be written back byte for byte"), "{}", run.err);
    assert_eq!(fs::read(folder.path().join("a.xml")).unwrap(), document);
}
