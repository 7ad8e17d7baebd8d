//! `openrosa hq upsert`.

use super::{Asked, case, hq, openrosa_hq, page};

const MISSING: &str = r#"{"external_id": "N", "error": "not found"}"#;
const ARGUMENTS: [&str; 8] =
    ["upsert", "s.csv", "--case-type", "client", "--id", "number", "--owner-id", "u1"];

fn sheet(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("s.csv"), text).expect("written");
    folder
}

#[test]
fn an_upsert_shows_what_it_would_do_and_does_it_when_it_is_told() {
    let (address, seen) = hq(|asked| match asked.line.contains("bulk-fetch") {
        true => {
            (200, page(&[case("c1", "Ada", 1), r#"{"external_id": "N", "error": "not found"}"#.to_owned()]))
        }
        false => (200, r#"{"form_id": "f1", "cases": [{"case_id": "c1"}, {"case_id": "c9"}]}"#.to_owned()),
    });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("s.csv"), "number,case_name,age,note\nXc1,Ada,42,\nN,Eve,7,x\n")
        .expect("written");
    let arguments = ["upsert", "s.csv", "--case-type", "client", "--id", "number", "--owner-id", "u1"];
    let shown = openrosa_hq(folder.path(), &address, &arguments);
    assert_eq!(
        shown.out,
        "~ Xc1\n    age: 4,1 -> 42\n+ N\n    case_name: Eve\n    owner_id: u1\n    age: 7\n    note: x\n2 cases to make or change, 0 as they are to be; nothing was sent, --send does\n",
        "{}",
        shown.err
    );
    assert_eq!(seen.lock().expect("no panic").len(), 1);
    let sent = openrosa_hq(folder.path(), &address, &[&arguments[..], &["--send"]].concat());
    assert!(sent.out.ends_with("batch 1: 2 cases, form f1\n"), "{} {}", sent.out, sent.err);
    let seen = seen.lock().expect("no panic");
    let (line, body) = seen[2].split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).expect("a body");
    assert_eq!(line, "/a/riverside/api/v0.6/case/");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let expected = r#"[{"create": false, "case_id": "c1", "properties": {"age": "42"}},
        {"create": null, "case_type": "client", "case_name": "Eve", "owner_id": "u1", "external_id": "N", "properties": {"age": "7", "note": "x"}}]"#;
    assert_eq!(body, serde_json::from_str::<serde_json::Value>(expected).expect("JSON"));
}

/// What a server answers to one who sends forms; its receiver says this.
fn receiving(asked: &Asked, received: (u16, &str)) -> (u16, String) {
    let is = |part: &str| asked.line.contains(part);
    match () {
        () if is("bulk-fetch") => (200, page(&[case("c1", "Ada", 1), MISSING.to_owned()])),
        () if is("/ext/N/") => (404, r#"{"error": "Case not found"}"#.to_owned()),
        () if is("/identity/") => (200, r#"{"id": "w7", "username": "ada@example.org"}"#.to_owned()),
        () => {
            let (status, nature) = received;
            let envelope = openrosa_xml::Envelope::new("words").with_nature(nature).write();
            (status, envelope.expect("XML"))
        }
    }
}

#[test]
fn an_upsert_may_go_as_a_form() {
    let (address, seen) = hq(|asked| receiving(asked, (201, "submit_success")));
    let folder = sheet("number,case_name,age\nXc1,Ada,42\nN,Eve,7\n");
    let through = [&ARGUMENTS[..], &["--through", "form"]].concat();
    let shown = openrosa_hq(folder.path(), &address, &through);
    assert!(shown.out.ends_with("nothing was sent, --send does\n"), "{} {}", shown.out, shown.err);
    assert!(!seen.lock().expect("no panic").iter().any(|asked| asked.contains("/receiver/")));

    let sent = openrosa_hq(folder.path(), &address, &[&through[..], &["--send"]].concat());
    assert_eq!(sent.status, 0, "{} {}", sent.out, sent.err);
    let seen = seen.lock().expect("no panic");
    let asked = seen.last().expect("a request");
    assert!(asked.starts_with("POST /a/riverside/receiver/api/ "), "{asked}");
    let form = &asked[asked.find("<?xml").or_else(|| asked.find("<data")).expect("a form")..];
    let form = &form[..form.rfind("</data>").expect("its end") + "</data>".len()];
    let form = openrosa_xml::Instance::read(form).expect("a form");
    let cases = form.cases();
    let told: Vec<_> = cases.iter().map(|case| told(&case.block)).collect();
    assert_eq!(told[0], "c1 w7 update age=42");
    assert!(
        told[1].ends_with(" w7 create case_type=client case_name=Eve owner_id=u1 update external_id=N age=7"),
        "{told:?}"
    );
    let id = form.instance_id().expect("an id").trimmed().to_owned();
    assert!(sent.out.ends_with(&format!("batch 1: 2 cases, form {id}\n")), "{}", sent.out);
}

/// A block: its case, its user, its actions with what they set.
fn told(case: &openrosa_xml::CaseBlock<'_>) -> String {
    let text = case.write().expect("XML");
    let element = openrosa_xml::xml::Element::read(&text).expect("an element");
    let ids = ["case_id", "user_id"].map(|name| element.attribute(name).unwrap_or_default());
    let mut told = ids.join(" ");
    for action in element.elements() {
        told.push_str(&format!(" {}", action.name.local_name()));
        for set in action.elements() {
            told.push_str(&format!(" {}={}", set.name.local_name(), set.text()));
        }
    }
    told
}

#[test]
fn a_form_that_is_not_taken_is_told() {
    for (received, status, words) in [
        ((201, "submit_error"), 1, "batch 1, 2 cases: words"),
        ((422, "processing_failure"), 1, "batch 1, 2 cases: "),
        ((500, "submit_error"), 2, "try: the same again later"),
        ((401, "submit_error"), 2, "try: an account that may send forms"),
    ] {
        let (address, _) = hq(move |asked| receiving(asked, received));
        let folder = sheet("number,case_name,age\nXc1,Ada,42\nN,Eve,7\n");
        let sent = openrosa_hq(
            folder.path(),
            &address,
            &[&ARGUMENTS[..], &["--through", "form", "--send"]].concat(),
        );
        assert_eq!(sent.status, status, "{received:?}: {} {}", sent.out, sent.err);
        assert!(sent.err.contains(words), "{received:?}: {}", sent.err);
    }
}

/// The index does not have it yet, and the primary database does: a form must not make it again.
#[test]
fn what_was_made_a_moment_ago_is_not_made_again() {
    let (address, _) = hq(|asked| match asked.line.contains("/ext/N/") {
        true => (200, case("c9", "Eve", 1).replace("Xc9", "N")),
        false => receiving(asked, (201, "submit_success")),
    });
    let folder = sheet("number,case_name\nXc1,Ada\nN,Eve\n");
    let shown = openrosa_hq(folder.path(), &address, &[&ARGUMENTS[..], &["--through", "form"]].concat());
    assert!(shown.out.starts_with("0 cases to make or change, 2 as they are to be"), "{}", shown.out);
}

#[test]
fn what_a_sheet_cannot_mean_is_said() {
    let of = |sheet_text: &str, found: &[String]| {
        let found = page(found);
        let (address, _) = hq(move |_| (200, found.clone()));
        openrosa_hq(sheet(sheet_text).path(), &address, &ARGUMENTS)
    };
    let household = case("c1", "Ada", 1).replace(r#""case_id""#, r#""case_type": "household", "case_id""#);
    for (sheet, found, why) in [
        ("number,age\nXc1,42\n", vec![household], "`Xc1` is there as a `household`: c1"),
        ("number,age\nN,42\n", vec![MISSING.to_owned()], "`N` is new and has no case_name"),
        (
            "number,age\nXc1,42\n",
            vec![case("c1", "Ada", 1), case("c2", "Ada", 1).replace("Xc2", "Xc1")],
            "two cases have the external id `Xc1`",
        ),
        ("number,2nd\nXc1,42\n", vec![case("c1", "Ada", 1)], "`2nd`: it is no name of XML"),
    ] {
        let said = of(sheet, &found);
        assert_eq!(said.status, 2, "{sheet}: {}", said.out);
        assert!(said.err.contains(why), "{sheet}: {}", said.err);
    }
}
