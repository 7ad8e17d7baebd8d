//! `openrosa new`, and the road from there through `show`.

use std::fs;

use super::{Run, openrosa};

const FIXED: [&str; 4] = ["--at", "2026-05-01T12:00:00+02:00", "--instance", "i-1"];

fn new(arguments: &[&str]) -> Run {
    openrosa(
        &[&["new", "--form", "http://example.org/visit", "--user", "u-1"], &FIXED[..], arguments].concat(),
    )
}

#[test]
fn a_case_from_flags() {
    let run =
        new(&["--case", "c-1", "--property", "weight=12", "--child-of", "parent:household:h:1", "--close"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <data xmlns="http://example.org/visit" id="http://example.org/visit">
      <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c-1" date_modified="2026-05-01T12:00:00.000+02:00" user_id="u-1">
        <update>
          <weight>12</weight>
        </update>
        <index>
          <parent case_type="household">h:1</parent>
        </index>
        <close/>
      </case>
      <orx:meta xmlns:orx="http://openrosa.org/jr/xforms">
        <orx:deviceID>openrosa-cli</orx:deviceID>
        <orx:timeStart>2026-05-01T12:00:00.000+02:00</orx:timeStart>
        <orx:timeEnd>2026-05-01T12:00:00.000+02:00</orx:timeEnd>
        <orx:userID>u-1</orx:userID>
        <orx:instanceID>i-1</orx:instanceID>
      </orx:meta>
    </data>
    "#);
}

#[test]
fn what_some_reader_would_not_take_is_refused_with_the_reason() {
    for (arguments, reason) in [
        (
            &["--case", "c-1", "--property", "owner_id=x"][..],
            "`owner_id` is a reserved name and cannot be a property\n  try: --owner, or `assign` of a case in a description (--from)",
        ),
        (
            &["--case", "c-1", "--property", "external_id=x"],
            "`external_id` is a reserved name and cannot be a property\n  try: --external-id, or `external_id` of a case in",
        ),
        (
            &["--case", "c-1", "--property", "opened_on=x"],
            "`opened_on` is a reserved name and cannot be a property\n  try: `date_opened` of a case in a description",
        ),
        (&["--case", "c-1", "--property", "a=1", "--property", "a=2"], "`--property a=…` is given twice"),
        (&["--property", "a=1"], "a case that is not created needs its id"),
        (&["--owner", "u-2"], "a case that is not created needs its id"),
        (&["--external-id", "x"], "a case that is not created needs its id"),
        (&["--child-of", "parent:household:h"], "a case that is not created needs its id"),
        (&["--extension-of", "host:household:h"], "a case that is not created needs its id"),
        (
            &["--case", "c-1", "--child-of", "parent:c-2"],
            "`--child-of parent:c-2` is not of the form INDEX:TYPE:CASE",
        ),
        (&["--case", "c-1", "--attach", "photo=/nowhere/a.jpg"], "there is no file `/nowhere/a.jpg`"),
        (&["--answer", "case=1"], "an answer cannot be called `case`"),
    ] {
        let run = new(arguments);
        assert_eq!(run.status, 2, "{arguments:?}");
        assert!(run.err.contains(reason), "{arguments:?}: {}", run.err);
        assert_eq!(run.out, "");
    }
}

/// What is to be done is told in the words of what was given: of flags or of a description.
#[test]
fn a_case_without_an_id_is_told_what_it_lacks() {
    let run = new(&["--property", "a=1"]);
    insta::assert_snapshot!(run.err, @"
    openrosa: a case that is not created needs its id
      try: --case ID for one that exists, or --case-type and --case-name for a new one
    ");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visit.toml");
    fs::write(&path, "form = \"f\"\nuser = \"u\"\n[[case]]\nproperties = { a = \"1\" }\n").unwrap();
    let run = openrosa(&["new", "--from", path.to_str().unwrap()]);
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"
    openrosa: a case that is not created needs its id
      try: an `id` for one that exists, or a `create` for a new one
    ");
}

#[test]
fn a_description_becomes_a_folder_with_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("a.jpg"), b"picture").unwrap();
    let description = r#"
        form = "http://example.org/registration"
        user = "u-1"
        instance = "i/1"
        metadata = "openrosa"
        answers = { rooms = 4, "piped" = true, area = 12.5 }
        [[case]]
        id = "h"
        create = { type = "household", name = "Homestead", owner = "u-1" }
        attach = { photo = "a.jpg" }
        [[case]]
        create = { type = "patient", name = "Juma", owner = "u-1" }
        links = [{ name = "parent", type = "household", to = "h" }, { name = "old", type = "clinic" }]
    "#;
    fs::write(path("visit.toml"), description).unwrap();
    let run = openrosa(&["new", "--from", &path("visit.toml"), "--out", &path("out")]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert_eq!(run.out.trim_end(), path("out/i_1/i_1.xml"));
    assert_eq!(fs::read(path("out/i_1/a.jpg")).unwrap(), b"picture");
    let form = fs::read_to_string(path("out/i_1/i_1.xml")).unwrap();
    let instance = openrosa_xml::Instance::read(&form).unwrap();
    assert_eq!(instance.instance_id().unwrap().trimmed(), "i/1");
    assert_eq!(instance.cases().len(), 2);
    let links = &instance.cases()[1].block.index().unwrap().entries;
    assert_eq!((links[0].target.text().as_ref(), links[1].target.text().as_ref()), ("h", ""));
    assert!(
        form.contains("<area>12.5</area>")
            && form.contains("<piped>true</piped>")
            && form.contains("<rooms>4</rooms>")
    );

    let again = openrosa(&["new", "--from", &path("visit.toml"), "--out", &path("out")]);
    assert_eq!(again.status, 2, "a form that may have been sent is not written over");
    let printed = openrosa(&["new", "--from", &path("visit.toml")]);
    assert_eq!(printed.status, 2);
    assert!(printed.err.contains("--out DIR"), "{}", printed.err);
}

#[test]
fn a_moment_is_told_how_it_is_written() {
    for at in ["2026", "yesterday"] {
        let run = openrosa(&["new", "--form", "f", "--user", "u", "--at", at]);
        assert_eq!(run.status, 2);
        assert!(run.err.contains("a moment is written as in 2026-05-01T12:00:00+02:00"), "{}", run.err);
    }
}

#[test]
fn a_folder_is_no_description() {
    let folder = tempfile::tempdir().unwrap();
    let run = openrosa(&["new", "--from", folder.path().to_str().unwrap()]);
    assert_eq!(run.status, 2);
    assert!(run.err.ends_with("  try: name the one file in it that is meant\n"), "{}", run.err);
}

#[test]
fn a_misspelt_member_of_a_description_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visit.json");
    fs::write(&path, r#"{"form": "f", "user": "u", "case": [{"id": "c", "propertys": {}}]}"#).unwrap();
    let run = openrosa(&["new", "--from", path.to_str().unwrap()]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("unknown field `propertys`"), "{}", run.err);
}

/// A mark of direction is ordinary in a name in Arabic or Urdu: a form that is sent on has to have it.
#[test]
fn what_is_printed_says_what_was_given() {
    let value = "a\u{200f}b\u{202e}c\u{85}d";
    let run = new(&["--case", "c-1", "--property", &format!("k={value}")]);
    assert!(run.out.contains(&format!("<k>{value}</k>")), "{}", run.out);
}

/// `null` and lists have no text that everybody would expect; a date of TOML has.
#[test]
fn a_value_of_a_description_has_an_obvious_text() {
    let folder = tempfile::tempdir().unwrap();
    let new = |name: &str, description: &str| {
        fs::write(folder.path().join(name), description).unwrap();
        openrosa(&["new", "--from", folder.path().join(name).to_str().unwrap()])
    };
    let dates = new(
        "dates.toml",
        "form = 'f'\nuser = 'u'\nat = 2026-05-01T12:00:00+02:00\nanswers = { day = 2026-04-30, hour = 07:30:00 }\n\
         [[case]]\nid = 'c'\ndate_opened = 2026-04-29\n",
    );
    assert_eq!((dates.status, dates.err.as_str()), (0, ""));
    for text in
        ["<day>2026-04-30</day>", "<hour>07:30:00</hour>", "2026-05-01T12:00:00.000+02:00", "2026-04-29"]
    {
        assert!(dates.out.contains(text), "{text}: {}", dates.out);
    }
    let json = r#"{"form": "f", "user": "u", "at": null, "answers": {"a": 18446744073709551615, "b": 1.5}}"#;
    let numbers = new("numbers.json", json);
    assert!(numbers.out.contains("<a>18446744073709551615</a>") && numbers.out.contains("<b>1.5</b>"));
    for (name, description) in [
        ("null.json", r#"{"form": "f", "user": "u", "answers": {"village": null}}"#),
        ("list.toml", "form = 'f'\nuser = 'u'\nanswers = { village = [1] }\n"),
        ("map.json", r#"{"form": "f", "user": "u", "case": [{"id": "c", "properties": {"village": {}}}]}"#),
    ] {
        let run = new(name, description);
        assert_eq!(run.status, 2);
        let wanted = "expected a text in quotes, a number, true or false as the value of `village`";
        assert!(run.err.contains(wanted), "{name}: {}", run.err);
    }
    // An id of so many digits would become another one.
    let long = new("long.json", r#"{"form": "f", "user": "u", "answers": {"id": 98765432109876543210}}"#);
    assert_eq!(long.status, 2);
    assert!(long.err.contains("not every digit of `id` is kept: write it in quotes"), "{}", long.err);
    let long = new("decimal.toml", "form = 'f'\nuser = 'u'\nanswers = { id = 12345678901.12345678 }\n");
    assert_eq!(long.status, 2);
    assert!(long.err.contains("not every digit of `id` is kept: write it in quotes"), "{}", long.err);
    for twice in [
        r#"{"form": "f", "user": "u", "answers": {"x": 1, "x": 2}}"#,
        r#"{"form": "f", "user": "u", "case": [{"id": "c", "properties": {"x": 1, "x": 2}}]}"#,
        r#"{"form": "f", "user": "u", "case": [{"id": "c", "attach": {"x": "a.jpg", "x": "b.jpg"}}]}"#,
    ] {
        let run = new("twice.json", twice);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{twice}");
        assert!(run.err.contains("`x` is there twice"), "{}", run.err);
    }
    let zoneless = new("zoneless.toml", "form = 'f'\nuser = 'u'\nat = 2026-05-01T12:00:00\n");
    assert!(zoneless.err.contains("a moment is written as in 2026-05-01T12:00:00+02:00"), "{}", zoneless.err);
}
