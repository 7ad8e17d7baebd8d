//! `openrosa submit`, as far as it goes without a server.

use std::fs;

use crate::openrosa_in;

const FAULTY: &str = r#"<data xmlns="http://example.org/visit">
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="" date_modified="2024-05-01T10:00:00Z"><close/></case>
</data>
"#;

#[test]
fn a_form_with_errors_is_not_sent_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("visit.xml"), FAULTY).unwrap();
    // Nobody listens there; a form that was tried would come back as one to try again.
    let submit = ["submit", "--check", "visit.xml", "--to", "http://127.0.0.1:9/submission"];
    let run = openrosa_in(folder.path(), &submit, b"");
    assert_eq!((run.status, run.err.as_str()), (1, ""), "{}", run.out);
    assert!(run.out.starts_with("faulty      visit.xml  "), "{}", run.out);
    let (first, rest) = run.out.split_once("\n\n").unwrap();
    assert!(first.ends_with("; it was not sent"), "{first}");
    assert!(rest.contains("visit.xml:2:59\n") && rest.contains("[case-id-blank]"), "{rest}");
    assert!(run.out.ends_with("1 form: 1 faulty\n"), "{}", run.out);

    let run = openrosa_in(folder.path(), &[&submit[..], &["--json"]].concat(), b"");
    let line: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&line["outcome"], run.status), (&"faulty".into(), 1));
    let findings = line["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["code"] == "case-id-blank" && finding["line"] == 2));
}
