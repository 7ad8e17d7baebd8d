//! Items of restores, odder than anybody has written them.

use openrosa_xml::{
    ns,
    xml::{Attribute, Element, Name},
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{ledgers, pool, text};

/// An item other than a case: its children are missing, doubled, nested, out of order and unknown.
pub fn item_element() -> impl Strategy<Value = Element<'static>> {
    prop_oneof![sync(), registration(), schema(), fixture(), ledgers::ledger_element()]
}

fn sync() -> impl Strategy<Value = Element<'static>> {
    let namespaces = vec![Some(ns::SYNC), Some(ns::SYNC), None];
    (select(namespaces), vec(leaf(vec!["restore_id", "Restore_ID", "progress", "x"]), 0..3)).prop_map(
        |(namespace, children)| {
            let name = namespace.map_or_else(|| Name::local("Sync"), |uri| Name::in_namespace(uri, "Sync"));
            with_children(Element::new(name), children)
        },
    )
}

/// A registration, mostly with what it must begin with.
fn registration() -> impl Strategy<Value = Element<'static>> {
    let required = prop::sample::subsequence(vec!["username", "password", "uuid", "date"], 0..=4);
    let whole = Just(vec!["username", "password", "uuid", "date"]);
    let begin = prop_oneof![3 => whole, 1 => required];
    let others = vec!["token", "registering_phone_id", "username", "email", "User_Data", "user_data"];
    (begin, any::<bool>(), vec(leaf(others), 0..3), vec(leaf(vec!["data", "data", "Data", "x"]), 0..3))
        .prop_map(|(begin, is_named, others, data)| {
            let text = if is_named { "a" } else { "" };
            let begin = begin.into_iter().map(|local| Element::new(Name::local(local)).with_text(text));
            let mut user = with_children(Element::new(Name::local("Registration")), begin.collect());
            user = with_children(user, others);
            user.with_child(with_children(Element::new(Name::local("user_data")), data))
        })
}

fn schema() -> impl Strategy<Value = Element<'static>> {
    let indices = vec(leaf(vec!["index", "x"]), 0..3);
    (id(), select(vec!["indices", "Indices"]), indices).prop_map(|(id, local, indices)| {
        let all = with_children(Element::new(Name::local(local)), indices);
        with_attributes(Element::new(Name::local("schema")), id).with_child(all)
    })
}

fn fixture() -> impl Strategy<Value = Element<'static>> {
    let roots = vec(leaf(vec!["rows", "case"]), 0..3);
    (id(), pool(vec!["user_id", "indexed"]), roots).prop_map(|(mut attributes, others, roots)| {
        attributes.extend(others);
        with_children(with_attributes(Element::new(Name::local("fixture")), attributes), roots)
    })
}

/// One of few ids, so that a schema meets its fixture, or none.
fn id() -> impl Strategy<Value = Vec<Attribute<'static>>> {
    let attribute = |id: &'static str| Attribute { name: Name::local("id"), value: id.into() };
    vec(select(vec!["a", "b:c", "b.c"]).prop_map(attribute), 0..=1)
}

/// An element of one of these names with a text or an element inside.
fn leaf(locals: Vec<&'static str>) -> impl Strategy<Value = Element<'static>> {
    let inside = prop_oneof![
        3 => text().prop_map(|text| Element::new(Name::local("t")).with_text(text)),
        1 => Just(Element::new(Name::local("t")).with_child(Element::new(Name::local("b")))),
    ];
    (select(locals), pool(vec!["key", "id"]), inside).prop_map(|(local, attributes, mut inside)| {
        inside.name = Name::local(local);
        with_attributes(inside, attributes)
    })
}

fn with_children(element: Element<'static>, children: Vec<Element<'static>>) -> Element<'static> {
    children.into_iter().fold(element, Element::with_child)
}

fn with_attributes(mut element: Element<'static>, attributes: Vec<Attribute<'static>>) -> Element<'static> {
    element.attributes = attributes;
    element
}
