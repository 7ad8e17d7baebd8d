//! Generators of protocol values for property tests: small pools of names, so that clashes of prefixes, namespaces and
//! local names happen often; texts out of every character that XML allows.

pub mod history;
pub mod ledgers;
pub mod lists;
pub mod restore_parts;
pub mod restores;

use std::collections::HashSet;

use chrono::{DateTime, FixedOffset};
use openrosa_xml::build::{Author, NewCase, NewForm, NewMeta};
use openrosa_xml::ns;
use openrosa_xml::xml::{Attribute, Element, Name, Node};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// How property tests run: a failure is to become a test of its own, so seeds are not kept in files.
pub fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Any text that XML 1.0 can hold, with the characters that need care more often than others.
pub fn text() -> impl Strategy<Value = String> {
    let care = select(vec!['<', '>', '&', '"', '\'', ' ', '\t', '\n', '\r', ']', '\u{85}', '\u{feff}', '😀']);
    let plain =
        prop::char::ranges(std::borrow::Cow::Borrowed(&[' '..='~', '\u{a1}'..='\u{d7ff}', '😀'..='😏']));
    vec(prop_oneof![care, plain], 0..12).prop_map(|characters| characters.into_iter().collect())
}

/// An expanded name with a prefix that may not fit where it is written.
pub fn name() -> impl Strategy<Value = Name<'static>> {
    let namespaces = vec![None, Some("urn:a"), Some("urn:b"), Some(ns::CASE)];
    let prefixes = vec![None, None, Some("a"), Some("b"), Some("ns1")];
    let locals = vec!["case", "update", "a", "b", "имя", "x-1", "_"];
    (select(namespaces), select(prefixes), select(locals)).prop_map(|(namespace, prefix, local)| {
        let name = namespace.map_or_else(|| Name::local(local), |uri| Name::in_namespace(uri, local));
        match prefix {
            Some(prefix) => name.with_prefix(prefix),
            None => name,
        }
    })
}

fn attributes() -> impl Strategy<Value = Vec<Attribute<'static>>> {
    let attribute = (name(), text()).prop_map(|(name, value)| Attribute { name, value: value.into() });
    vec(attribute, 0..4).prop_map(|mut attributes| {
        let mut seen = HashSet::new();
        let key = |name: &Name<'_>| (name.namespace().map(str::to_owned), name.local_name().to_owned());
        attributes.retain(|attribute| seen.insert(key(&attribute.name)));
        attributes
    })
}

/// An element of any shape, a few levels deep.
pub fn element() -> impl Strategy<Value = Element<'static>> {
    let leaf = (name(), attributes(), text()).prop_map(|(name, attributes, text)| {
        let mut element = Element::new(name).with_text(text);
        element.attributes = attributes;
        element
    });
    leaf.prop_recursive(4, 24, 4, |inner| {
        let node =
            prop_oneof![text().prop_map(|text| Node::Text(text.into())), inner.prop_map(Node::Element)];
        (name(), attributes(), vec(node, 0..4)).prop_map(|(name, attributes, nodes)| {
            let mut element = Element::new(name);
            element.attributes = attributes;
            nodes.into_iter().for_each(|node| element.push(node));
            element
        })
    })
}

/// An element called `case` as odd as senders make them: actions doubled, misspelt, empty or out of order, properties
/// with attributes or elements in them, attributes missing or unknown, layout between. Text stands beside elements
/// only as layout.
pub fn case_element() -> impl Strategy<Value = Element<'static>> {
    let namespaces = vec![Some(ns::CASE), Some(ns::CASE), Some(ns::CASE), None, Some("urn:a")];
    let actions =
        vec!["create", "update", "update", "close", "index", "attachment", "Create", "referral", "case"];
    let own = pool(vec!["case_id", "date_modified", "user_id", "version"]);
    let shape = (select(namespaces), select(vec![None, Some("n0")]), own, attributes());
    let contents = vec((select(actions), vec(property(), 0..4), any::<bool>()), 0..5);
    (shape, contents).prop_map(|((namespace, prefix, mut own, extra), contents)| {
        let name = |local| {
            let name = namespace.map_or_else(|| Name::local(local), |uri| Name::in_namespace(uri, local));
            prefix.map_or_else(|| name.clone(), |prefix| name.clone().with_prefix(prefix))
        };
        let mut case = Element::new(name("case"));
        own.extend(extra.into_iter().filter(|attribute| attribute.name.namespace().is_some()));
        case.attributes = own;
        for (action, properties, layout) in contents {
            let mut element = Element::new(name(action));
            for (local, attributes, inside) in properties {
                let mut property = Element::new(name(local));
                property.attributes = attributes;
                property.push(inside);
                element = if layout { element.with_text("\n  ") } else { element };
                element.push(Node::Element(property));
            }
            case.push(Node::Element(element));
        }
        case
    })
}

type Property = (&'static str, Vec<Attribute<'static>>, Node<'static>);

fn property() -> impl Strategy<Value = Property> {
    let locals = vec!["case_type", "case_name", "owner_id", "village", "parent", "Parent", "photo"];
    let known = prop_oneof![
        3 => Just(Vec::new()),
        1 => pool(vec!["case_type", "relationship", "src", "from", "name", "other"]),
    ];
    let inside = prop_oneof![
        4 => text().prop_map(|text| Node::Text(text.into())),
        1 => element().prop_map(Node::Element),
    ];
    (select(locals), known, inside)
}

/// Some of these attributes, each at most once, with any value.
fn pool(locals: Vec<&'static str>) -> impl Strategy<Value = Vec<Attribute<'static>>> {
    let some = prop::sample::subsequence(locals.clone(), 0..=locals.len());
    (some, vec(text(), locals.len())).prop_map(|(locals, values)| {
        let named = locals.into_iter().zip(values);
        named.map(|(local, value)| Attribute { name: Name::local(local), value: value.into() }).collect()
    })
}

/// Text without white space around it, which one reader trims and the other keeps.
fn trimmed_text() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.trim_matches(|c| c <= ' ').to_owned())
}

/// A case block by the builder, using everything the builder offers that any two calls may combine.
pub fn new_case() -> impl Strategy<Value = NewCase> {
    let id = "[a-zA-Z0-9][a-zA-Z0-9:-]{0,35}";
    let properties = pool(vec!["village", "phone_number", "имя", "x-1", "_"]);
    let links = prop::sample::subsequence(vec!["parent", "host", "mother"], 0..=3);
    let who = (id, id, "[a-z]{1,8}", "[!-~]{1,20}", any::<bool>());
    (who, properties, links, any::<[bool; 3]>(), 0_i64..4_000_000_000, -12_i32..=14).prop_map(
        |((case_id, user, case_type, name, create), properties, links, flags, seconds, hours)| {
            let [extension, attach, close] = flags;
            let author = Author::new(user.as_str(), moment(seconds, hours));
            let mut case = match create {
                true => NewCase::create(case_id.as_str(), case_type.as_str(), name, user.as_str(), &author),
                false => NewCase::update(case_id.as_str(), &author).rename(name),
            };
            for property in properties {
                let value = property.value.trim_matches(|c| c <= ' ').to_owned();
                case = case.property(property.name.local_name(), value);
            }
            for (index, link) in links.into_iter().enumerate() {
                let target = format!("target-{index}");
                case = match (extension, index) {
                    (_, 2) => case.unlink(link, case_type.as_str()),
                    (true, _) => case.extension_of(link, case_type.as_str(), target),
                    (false, _) => case.child_of(link, case_type.as_str(), target),
                };
            }
            case = if attach { case.attach("photo", "a photo.jpg") } else { case };
            if close { case.close() } else { case }
        },
    )
}

fn moment(seconds: i64, hours: i32) -> DateTime<FixedOffset> {
    let zone = FixedOffset::east_opt(hours * 3600).expect("an offset within a day");
    DateTime::from_timestamp(seconds, 0).expect("a moment before the year 2100").with_timezone(&zone)
}

/// A whole submission by the builder, with answers and up to three case blocks.
pub fn new_form() -> impl Strategy<Value = (NewForm, Vec<NewCase>)> {
    let answers = vec((select(vec!["a", "b", "case_name", "имя"]), text()), 0..4);
    let version = prop::option::of(trimmed_text());
    ("[a-z]{4,12}", answers, version, vec(new_case(), 0..3)).prop_map(|(id, answers, version, mut cases)| {
        // A form takes one block a case, and ids may be drawn twice.
        let mut ids = std::collections::BTreeSet::new();
        cases.retain(|case| ids.insert(case.case_id().clone()));
        let author = Author::new("user-1", moment(1_700_000_000, 2));
        let meta = NewMeta::commcare(format!("uuid:{id}"), &author, "device-1", moment(1_700_000_000, 2));
        let mut form = NewForm::new(format!("urn:form:{id}"), meta);
        form = version.into_iter().fold(form, NewForm::version);
        form = answers.into_iter().fold(form, |form, (name, text)| form.answer(name, text));
        (cases.iter().cloned().fold(form, NewForm::case), cases)
    })
}
