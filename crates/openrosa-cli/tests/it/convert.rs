//! `openrosa convert`: forms to JSON and back, old case blocks to present ones.

use std::fs;

use crate::{openrosa, openrosa_reading};

const VISIT: &str = r#"<data xmlns="http://example.org/visit" version="3">
  <kid><n>A &amp; B</n></kid><kid><n/></kid>
  <Meta><uid>i-1</uid><TimeEnd>2024-05-01T12:00:00.000+02</TimeEnd></Meta>
</data>"#;

#[test]
fn a_form_becomes_the_json_of_commcare_hq() {
    let run = openrosa_reading(&["convert", "-"], VISIT.as_bytes());
    insta::assert_snapshot!(run.out, @r##"
    {
      "@version": "3",
      "@xmlns": "http://example.org/visit",
      "kid": [
        {
          "n": "A & B"
        },
        {
          "n": ""
        }
      ],
      "meta": {
        "instanceID": "i-1",
        "timeEnd": "2024-05-01T10:00:00.000000Z"
      },
      "#type": "data"
    }
    "##);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}

#[test]
fn json_becomes_a_form_and_the_same_json_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("visit.xml"), VISIT).unwrap();
    let run = |from: &str, to: &str| {
        let run = openrosa(&["convert", "--as-written", &path(from), "--output", &path(to)]);
        assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (0, "", ""));
    };
    run("visit.xml", "visit.json");
    run("visit.json", "again.xml");
    run("again.xml", "again.json");
    insta::assert_snapshot!(fs::read_to_string(path("again.xml")).unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <data xmlns="http://example.org/visit" version="3">
      <kid>
        <n>A &amp; B</n>
      </kid>
      <kid>
        <n/>
      </kid>
      <Meta>
        <uid>i-1</uid>
        <TimeEnd>2024-05-01T12:00:00.000+02</TimeEnd>
      </Meta>
    </data>
    "#);
    let json = |name| fs::read_to_string(path(name)).unwrap();
    assert_eq!(json("again.json"), json("visit.json"));
}

#[test]
fn the_answer_of_the_api_is_taken_for_its_form() {
    let answer =
        r##"{"id": "i", "form": {"#type": "data", "form": {"a": "1"}, "meta": {"geo_point": null}}}"##;
    let run = openrosa_reading(&["convert", "-"], answer.as_bytes());
    insta::assert_snapshot!(run.out, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <data>
      <form>
        <a>1</a>
      </form>
      <meta/>
    </data>
    "#);
    let run = openrosa_reading(&["convert", "--to", "json", "-"], answer.as_bytes());
    assert!(run.out.ends_with("\"meta\": \"\",\n  \"#type\": \"data\"\n}\n"), "{}", run.out);
}

/// C-118: blocks of Case XML 1.0 become blocks of 2.0, and a referral is told as left out.
#[test]
fn old_case_blocks_become_new_ones_and_what_is_lost_is_told() {
    let old = "<f><q>1</q>\n<case><case_id>C</case_id><update><a>1</a></update>\n<referral><type>t</type></referral></case></f>";
    let run = openrosa_reading(&["convert", "--to", "case-v2", "-"], old.as_bytes());
    insta::assert_snapshot!(run.out, @r#"
    <f><q>1</q>
    <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="C"><update><a>1</a></update></case></f>
    "#);
    insta::assert_snapshot!(run.err, @"openrosa: left out of standard input: line 3, column 1: `referral` is nothing that Case XML 2.0 knows");
    assert_eq!(run.status, 1);
    let plain = openrosa_reading(&["convert", "--to", "case-v2", "-"], b"<f> <q/></f>");
    assert_eq!((plain.status, plain.out.as_str(), plain.err.as_str()), (0, "<f> <q/></f>", ""));
    let json = openrosa_reading(
        &["convert", "--to", "case-v2", "-"],
        br##"{"#type": "f", "case": {"case_id": "C", "close": ""}}"##,
    );
    assert!(json.out.contains(r#"case_id="C"><close/></case>"#), "{}", json.out);
}

/// C-113: text behind an element is nothing to CommCare HQ, and whoever converts is told of it.
#[test]
fn text_that_json_does_not_have_is_told() {
    let form = "<f>\n<note>weight <b>12</b> kg,\n not <i/> yet</note>\n<q>1</q>\n</f>";
    let run = openrosa_reading(&["convert", "-"], form.as_bytes());
    assert!(run.out.contains(r##""#text": "weight ""##), "{}", run.out);
    insta::assert_snapshot!(run.err, @r"
    openrosa: left out of standard input: line 2, column 1: the text `kg,\n not` of `note`, which stands behind an element
    openrosa: left out of standard input: line 2, column 1: the text `yet` of `note`, which stands behind an element
    ");
    assert_eq!(run.status, 1);
}

#[test]
fn what_cannot_be_converted_is_told_with_its_place() {
    let told = |input: &str| {
        let run = openrosa_reading(&["convert", "-"], input.as_bytes());
        assert_eq!((run.status, run.out.as_str()), (1, ""));
        run.err
    };
    insta::assert_snapshot!(told("<a>\n<b></a>"), @"openrosa: cannot convert standard input: line 2, column 4, inside a/b: `</a>` closes `<b>`");
    insta::assert_snapshot!(told("{\"a\": }"), @"openrosa: cannot convert standard input: it is not JSON: expected value at line 1 column 7");
    insta::assert_snapshot!(told("{\"a\": \"1\"}"), @"openrosa: cannot convert standard input: a form is an object with a text `#type`");
    insta::assert_snapshot!(told("[]"), @"openrosa: cannot convert standard input: a form is an object with a text `#type`");
    insta::assert_snapshot!(told("{\"#type\": \"a\", \"id\": 98765432109876543210}"), @"openrosa: cannot convert standard input: `a/id` is a number of which not every digit is kept: write it in quotes");
    insta::assert_snapshot!(told("{\"#type\": \"a\", \"x\": 12345678901.12345678}"), @"openrosa: cannot convert standard input: `a/x` is a number of which not every digit is kept: write it in quotes");
    insta::assert_snapshot!(told("{\"#type\": \"a\", \"@xmlns\": [\"u\"]}"), @"openrosa: cannot convert standard input: `a/@xmlns` is no text");
    insta::assert_snapshot!(told("{\"#type\": \"a\", \"b\": {\"@xmlns\": \"http://www.w3.org/2000/xmlns/\"}}"), @"openrosa: cannot convert standard input: nothing can be in the namespace `http://www.w3.org/2000/xmlns/`");
    insta::assert_snapshot!(told(&format!("{{\"#type\": \"a\", \"x\": {}", "[".repeat(200))), @"openrosa: cannot convert standard input: it has more than 127 objects and lists inside each other: recursion limit exceeded at line 1 column 147");
    insta::assert_snapshot!(told("{\"#type\": \"a b\"}"), @"openrosa: cannot convert standard input: `a b` cannot be an XML name");
}

/// What becomes JSON becomes a form again, or no JSON at all; the root and every element with others in it is an object.
#[test]
fn json_is_no_deeper_than_it_is_read() {
    let nested = |depth: usize| format!("{}v{}", "<g>".repeat(depth), "</g>".repeat(depth));
    let deepest = openrosa_reading(&["convert", "-"], nested(128).as_bytes());
    assert_eq!((deepest.status, deepest.err.as_str()), (0, ""));
    let again = openrosa_reading(&["convert", "-"], deepest.out.as_bytes());
    assert_eq!((again.status, again.out.matches("<g>").count()), (0, 128), "{}", again.err);

    let deeper = openrosa_reading(&["convert", "-"], nested(129).as_bytes());
    assert_eq!((deeper.status, deeper.out.as_str()), (1, ""));
    insta::assert_snapshot!(deeper.err, @"openrosa: cannot convert standard input: as JSON it would have more than 127 objects and lists inside each other");
}

#[test]
fn a_file_that_is_not_there_ends_with_status_2() {
    let run = openrosa(&["convert", "nowhere.xml"]);
    assert_eq!(run.status, 2);
    assert!(run.err.starts_with("openrosa: cannot read `nowhere.xml`: "), "{}", run.err);
}

/// What is converted may be all that there is of a form.
#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visit.xml").to_str().unwrap().to_owned();
    fs::write(&path, VISIT).unwrap();
    let run = openrosa(&["convert", &path, "--output", &path]);
    assert_eq!(run.status, 2);
    let told = format!("openrosa: `{path}` is there already\n  try: another name, or remove it first\n");
    assert_eq!((run.err, fs::read_to_string(&path).unwrap()), (told, VISIT.to_owned()));
    #[cfg(target_os = "linux")]
    assert_eq!(openrosa(&["convert", &path, "--output", "/dev/null"]).status, 0);
}
