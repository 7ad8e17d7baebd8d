//! Good blocks, damaged in one place at a time: each damage is found where it was done, or is known to be none.

use openrosa_xml::{
    build::{Author, NewCase, NewForm, NewMeta},
    xml::{Element, Name},
};

use super::*;
use crate::damages::{Damage::*, Harmless, Path, Trial, at, no_names};

/// Damages that leave a block which means something else and is as good as before: nobody can find them, or nobody minds.
/// Places are paths from the block on; `*` stands for names that are the sender's, `@` goes before an attribute.
#[rustfmt::skip]
const HARMLESS: &Harmless = &[
    (&[Dropped], &["case", "case/create", "case/update", "case/index", "case/attachment", "case/close"],
        "the form or block says less, and what is left is whole"),
    (&[Dropped], &["case/update/*", "case/update/date_opened", "case/index/*", "case/attachment/*"],
        "what is not named stays as it was (1.5, 1.8)"),
    (&[Emptied], &["case/create/case_name", "case/update/case_name"],
        "a case may have an empty name (1.4)"),
    (&[Emptied], &["case/update/*"],
        "an empty leaf sets the empty text (1.5)"),
    (&[Emptied, Blanked], &["case/index/*"],
        "an index without a target is a removal (1.8)"),
    (&[Misspelt, Capitalized], &["case/update/*", "case/update/case_name", "case/update/date_opened"],
        "any name makes a property (1.5)"),
    (&[TextNonsense], &["case/update/*", "case/update/case_name"],
        "any text makes a value (1.5)"),
    (&[TextAdded], &["case/update/*", "case/index/*"],
        "what was empty has a value now, and a removal is a link"),
    (&[ElementAdded], &["case/update"],
        "one property more"),
    (&[Misspelt, Capitalized], &["case/index/*", "case/attachment/*"],
        "the names of links and files are the sender's (1.8, 1.9)"),
    (&[TextNonsense], &["case/create/case_type", "case/create/case_name", "case/create/owner_id"],
        "types, names and ids are the sender's; no reader looks whether an owner exists (1.15)"),
    (&[TextNonsense], &["case/index/*"],
        "which cases exist is known to the caller alone; see `known`"),
    (&[Swapped], &["case/create/case_type", "case/create/case_name", "case/update/*", "case/update/date_opened", "case/index/*", "case/attachment/*"],
        "the order inside an action means nothing"),
    (&[AttributeDropped, AttributeEmptied], &["case@user_id"],
        "the user of the form stands in (1.2), and `create` names an owner"),
    (&[AttributeEnlarged, AttributeNonsense], &["case@user_id"],
        "ids are the sender's, and the digest knows no limit for this one"),
    (&[AttributeNonsense], &["case@case_id"],
        "ids are the sender's"),
    (&[AttributeDropped], &["case/index/*@relationship"],
        "a link that says nothing is one to a parent (1.8, C-044)"),
    (&[AttributeNonsense], &["case/index/*@case_type"],
        "types are the sender's; a type that the target has not is told where the target is known"),
    (&[AttributeEnlarged], &["case/index/*@case_type"],
        "a removal is nowhere stored, and has no column to fit"),
    (&[AttributePadded, AttributeEnlarged, AttributeNonsense], &["case/attachment/*@src"],
        "which files there are is known to the caller alone; see `known`"),
    (&[AttributeAdded], &["case/attachment/*"],
        "neither reader looks at more than `src` and `from` (1.9)"),
];

fn samples() -> Vec<(&'static str, Element<'static>)> {
    let folder = openrosa_tests::repository_root().join("spec-samples");
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).expect("the sample is there");
        Element::read(&text).expect("the sample reads").into_owned()
    };
    let built =
        |form: NewForm| Element::read(&form.write().expect("it builds")).expect("it reads").into_owned();
    vec![
        ("case/all-five-actions.xml", in_a_form(read("case/all-five-actions.xml"))),
        ("submission/commcare-visit.xml", read("submission/commcare-visit.xml")),
        ("a built form that opens cases", built(built_form())),
    ]
}

/// A block on its own stands in a form here, so that there is always something around it.
fn in_a_form(block: Element<'static>) -> Element<'static> {
    Element::new(Name::in_namespace("http://example.org/visit", "data")).with_child(block)
}

fn built_form() -> NewForm {
    let at = chrono::DateTime::parse_from_rfc3339("2024-05-01T12:00:00.000+02:00").expect("a moment");
    let author = Author::new("u1", at);
    let household = NewCase::create("h1", "household", "Household 1", "o1", &author).property("rooms", "3");
    let patient = NewCase::create("p1", "patient", "Amina", "o1", &author)
        .external_id("A-1")
        .date_opened(at.date_naive())
        .property("village", "Kibaha")
        .child_of("parent", "household", "h1")
        .attach("photo", "a.jpg")
        .close();
    let extension = NewCase::update("e1", &author).rename("Visit").extension_of("host", "patient", "p1");
    let meta = NewMeta::commcare("uuid:1", &author, "device-1", at);
    NewForm::new("http://example.org/visit", meta)
        .answer("weight", "12")
        .case(household)
        .case(patient)
        .case(extension)
}

/// Where a damage was done, in words that the table knows.
fn place(block: &[&Element<'static>]) -> String {
    let names: Vec<_> = block.iter().map(|element| element.name.local_name()).collect();
    match &names[..] {
        [case, action @ ("update" | "index" | "attachment"), name] => {
            let is_field =
                *action == "update" && ["case_type", "case_name", "owner_id", "date_opened"].contains(name);
            format!("{case}/{action}/{}", if is_field { name } else { "*" })
        }
        names => names.join("/"),
    }
}

/// Every element from a block on, with the path to it and its place.
fn places(root: &Element<'static>) -> Vec<(Path, String)> {
    let mut found = Vec::new();
    let mut rest: Vec<(Path, Vec<&Element<'static>>)> = vec![(Vec::new(), Vec::new())];
    while let Some((path, around)) = rest.pop() {
        let element = at(root, &path).expect("the path was just made");
        let mut block = around.clone();
        if !block.is_empty() || element.name.local_name() == "case" {
            block.push(element);
            if !path.is_empty() {
                found.push((path.clone(), place(&block)));
            }
        }
        for index in 0..element.elements().count() {
            rest.push(([path.clone(), vec![index]].concat(), block.clone()));
        }
    }
    found
}

#[test]
fn each_damage_is_found_where_it_was_done_or_is_known_to_be_harmless() {
    let commcare = |source: &str| {
        findings(source, &Options { audiences: Some(check::Audiences::COMMCARE), ..Options::default() })
    };
    let tried =
        Trial { check: &commcare, places: &places, harmless: HARMLESS, names: &no_names }.run(samples());
    assert!(tried > 700, "{tried} damages are fewer than there should be");
}
