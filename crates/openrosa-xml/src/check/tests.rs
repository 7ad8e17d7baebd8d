//! Every rule's examples are its tests, and pictures: a comment of carets stands under what is wrong.

use std::collections::BTreeSet;

use super::*;

/// A finding as a picture shows it: code, line, and the columns from and up to.
type Shown = (String, u64, u64, Option<u64>);

/// Takes the pictures out of a document: `<!--  ^^^ code -->` names the stretch above it, `<!-- <- code -->` the name of the
/// element that begins the line above it, for places in the first columns.
fn pictured(source: &str) -> BTreeSet<Shown> {
    let mut shown = BTreeSet::new();
    let (mut above, mut above_text) = (0, "");
    for (line, text) in source.lines().enumerate() {
        let picture = text.trim().strip_prefix("<!--").and_then(|inside| inside.strip_suffix("-->"));
        match picture {
            Some(inside) if inside.contains('^') || inside.trim_start().starts_with("<-") => {
                shown.insert(read_picture(text, inside.trim(), above, above_text));
            }
            _ => (above, above_text) = (line as u64 + 1, text),
        }
    }
    shown
}

fn read_picture(line: &str, inside: &str, above: u64, above_text: &str) -> Shown {
    let code = inside.trim_start_matches(['^', '<', '-', ' ']).to_owned();
    match line.find('^') {
        Some(start) => {
            let start = line[..start].chars().count() as u64 + 1;
            let length = line.chars().filter(|c| *c == '^').count() as u64;
            (code, above, start, Some(start + length))
        }
        None => (code, above, (above_text.len() - above_text.trim_start().len()) as u64 + 2, None),
    }
}

/// Checks an example, or a document that comes of it, as the example is meant to be checked.
fn checked(example: &Example, source: &str) -> Report {
    let (blank_form, files, known) = (example.blank_form(), example.files(), example.known());
    let against = blank_form.as_ref().map(|blank_form| XForm::read(blank_form).unwrap());
    let options = Options {
        against: against.as_ref(),
        files: files.as_ref(),
        known: known.as_ref(),
        ..Options::default()
    };
    document(source, &options)
}

fn found(example: &Example, source: &str) -> BTreeSet<Shown> {
    let report = checked(example, source);
    let shown = report.findings().iter().map(|finding| {
        let place = finding.place;
        let end = (place.end.line == place.start.line).then_some(place.end.column);
        (finding.code().to_owned(), place.start.line, place.start.column, end)
    });
    shown.collect()
}

/// Whether each pictured finding was found where it is pictured; where the end is not pictured it may be anywhere.
fn agree(pictured: &BTreeSet<Shown>, found: &BTreeSet<Shown>) -> bool {
    let alike =
        |a: &Shown, b: &Shown| (&a.0, a.1, a.2) == (&b.0, b.1, b.2) && a.3.is_none_or(|end| Some(end) == b.3);
    pictured.len() == found.len() && pictured.iter().zip(found).all(|(a, b)| alike(a, b))
}

/// What is wrong with the example of a rule; nothing is the usual.
fn mistake(rule: &Rule) -> Option<String> {
    let example = rule.triggers.document()?;
    let (pictured, found) = (pictured(&example), found(&rule.triggers, &example));
    let is_right = match pictured.is_empty() {
        // A document that cannot be read on, or has no room for a comment.
        true => !found.is_empty() && found.iter().all(|shown| shown.0 == rule.code),
        false => agree(&pictured, &found) && pictured.iter().any(|shown| shown.0 == rule.code),
    };
    (!is_right).then(|| format!("{rule:?}\npictured {pictured:?}\nfound {found:?}\n{example}"))
}

#[test]
fn every_rule_finds_what_its_example_pictures_and_nothing_else() {
    let mistakes: Vec<_> = rules().filter_map(mistake).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn no_rule_finds_anything_in_its_example_put_right() {
    let mistakes = rules().filter_map(|rule| {
        let example = rule.passes.document()?;
        let found = found(&rule.passes, &example);
        (!found.is_empty()).then(|| format!("{rule:?}: {found:?}\n{example}"))
    });
    let mistakes: Vec<_> = mistakes.collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn codes_are_kebab_case_and_given_once() {
    let mut codes = BTreeSet::new();
    for rule in rules() {
        assert!(
            rule.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{rule:?}"
        );
        assert!(codes.insert(rule.code), "{rule:?} is there twice");
    }
}

#[test]
fn messages_name_values_that_their_findings_have() {
    for rule in rules() {
        let Some(example) = rule.triggers.document() else { continue };
        for finding in checked(&rule.triggers, &example).findings() {
            let message = finding.message().to_string();
            assert!(!message.contains('?'), "{rule:?}: {message}");
            assert!(!message.ends_with('.'), "{rule:?}: {message}");
        }
    }
}

/// What is said of a rule is said once for all of its findings, so it has none of their values.
#[test]
fn only_messages_have_values() {
    for rule in rules() {
        for text in [rule.title, rule.remedy, rule.why] {
            assert_eq!(finding::next_value(text), None, "{rule:?}");
        }
    }
}

/// A fix is certain: the document that it gives has the finding no more, and no new one.
#[test]
fn fixes_put_right_what_they_are_for() {
    for rule in rules() {
        let Some(example) = rule.triggers.document() else { continue };
        let report = checked(&rule.triggers, &example);
        let fixes: Vec<_> = report.findings().iter().filter_map(|finding| finding.fix.as_ref()).collect();
        if fixes.is_empty() {
            continue;
        }
        let fixed = apply(&example, fixes.iter().copied());
        let left = checked(&rule.triggers, &fixed);
        let unfixable = report.findings().iter().filter(|finding| finding.fix.is_none()).count();
        assert_eq!(left.findings().len(), unfixable, "{rule:?}: {:?}\n{fixed}", left.findings());
    }
}

/// What the form does not have depends on nothing, whatever an expression makes of it.
#[test]
fn only_nodes_of_the_form_are_in_a_circle() {
    let codes = |example: Example| {
        let found = found(&example, &example.document().unwrap());
        found.into_iter().map(|(code, ..)| code).collect::<Vec<_>>()
    };
    let word = Example::Model(r#"<bind nodeset="/data/water" relevant="true"/>"#);
    assert_eq!(codes(word), ["blank-form-expression-word"]);
    let name = Example::Model(r#"<bind nodeset="/data/water" relevant="or /data/nom"/>"#);
    assert_eq!(codes(name), ["blank-form-expression-node-unknown"]);
    let quotes = Example::Model(r#"<bind nodeset="/data/water" relevant="/data/age = ‘5’"/>"#);
    assert_eq!(codes(quotes), ["blank-form-expression-malformed"]);
    let nowhere = Example::Model(r#"<bind nodeset="/data/watre" calculate="/data/watre"/>"#);
    assert_eq!(codes(nowhere), ["blank-form-bind-node-unknown", "blank-form-expression-node-unknown"]);
}

/// What can be shown only where a line may be of any length: `LONG` stands for one character more than there is room for, and
/// the carets below it for as many.
const TOO_LONG: [(usize, Example); 7] = [
    (
        249,
        Example::Document(
            r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>LONG</formID>
    <!--    ^^^^ form-list-id-long -->
    <name>Household</name>
    <version>1</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>"#,
        ),
    ),
    (
        249,
        Example::Document(
            r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="LONG" version="7"><name/><meta><instanceID/></meta></data>
        <!--      ^^^^ blank-form-id-long -->
      </instance>
    </model>
  </h:head>
  <h:body/>
</h:html>"#,
        ),
    ),
    (
        249,
        Example::Document(
            r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="household" version="LONG"><name/><meta><instanceID/></meta></data>
        <!--                          ^^^^ blank-form-id-long -->
      </instance>
    </model>
  </h:head>
  <h:body/>
</h:html>"#,
        ),
    ),
    (
        255,
        Example::Form(
            r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="LONG" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!--                                                             ^^^^ case-id-long -->
    <update><weight>12</weight></update>
  </case>"#,
        ),
    ),
    (
        255,
        Example::Form(
            r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <LONG case_type="household">h1</LONG>
 <!--  ^^^^ case-index-long -->
    </index>
  </case>"#,
        ),
    ),
    (
        255,
        Example::Form(
            r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="LONG">h1</parent>
      <!--               ^^^^ case-index-long -->
    </index>
  </case>"#,
        ),
    ),
    (
        255,
        Example::Form(
            r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="household">LONG</parent>
      <!--                          ^^^^ case-index-long -->
    </index>
  </case>"#,
        ),
    ),
];

/// R-113: ids of forms have room for 249 characters, and for no more; of cases and what links carry, 255 (C-017).
#[test]
fn what_is_too_long_for_a_page_is_marked_where_it_stands() {
    for (room, example) in TOO_LONG {
        let of_length = |length: usize| {
            let document = example.document().unwrap();
            document.replace("LONG", &"é".repeat(length)).replace("^^^^", &"^".repeat(length))
        };
        let too_long = of_length(room + 1);
        let (pictured, found_there) = (pictured(&too_long), found(&example, &too_long));
        assert!(agree(&pictured, &found_there), "{example:?}\npictured {pictured:?}\nfound {found_there:?}");
        assert_eq!(found(&example, &of_length(room)), BTreeSet::new(), "{example:?}");
    }
}
