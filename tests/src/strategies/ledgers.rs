//! Ledgers, users and blocks of Case XML 1.0, as they should be and odder than anybody has written them.

use openrosa_xml::{
    Timestamp,
    ledger::{Balance, Entry, Ledger, Sheet, Transfer},
    ns,
    registration::Registration,
    xml::{Element, Name, Node},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{attributes, pool, property, text};

/// A ledger block by the builder, in either layout.
pub fn ledger() -> impl Strategy<Value = Ledger<'static>> {
    let values = vec((text(), any::<i32>()), 0..3);
    let entry = (text(), any::<i32>(), option::of(values)).prop_map(|(id, quantity, values)| match values {
        None => Entry::new(id, quantity),
        Some(values) => Entry::in_sections(id, values),
    });
    let sheet = (text(), option::of(text()), option::of(text()), vec(entry, 0..4)).prop_map(
        |(date, section, kind, entries)| {
            let sheet = Sheet::new(Timestamp::new(date));
            let sheet = section.into_iter().fold(sheet, Sheet::in_section);
            let sheet = kind.into_iter().fold(sheet, Sheet::of_kind);
            entries.into_iter().fold(sheet, Sheet::with_entry)
        },
    );
    (sheet, text(), text(), 0..4).prop_map(|(sheet, one, other, which)| match which {
        0 => Ledger::Balance(Balance::new(one, sheet)),
        1 => Ledger::Transfer(Transfer::from(one, sheet)),
        2 => Ledger::Transfer(Transfer::to(one, sheet)),
        _ => Ledger::Transfer(Transfer::between(one, other, sheet)),
    })
}

/// An element of the ledger namespace with attributes and children missing, doubled and unknown.
pub fn ledger_element() -> impl Strategy<Value = Element<'static>> {
    let blocks = select(vec!["balance", "transfer", "Transfer", "count"]);
    let own = pool(vec!["entity-id", "src", "dest", "date", "section-id", "type", "x"]);
    let value = child(vec!["value", "value", "other"], pool(vec!["section-id", "quantity", "x"]), Just(None));
    let inside = option::of(value.prop_map(Node::Element));
    let entry = child(vec!["entry", "entry", "note"], pool(vec!["id", "quantity", "x"]), inside);
    (blocks, own, vec(entry, 0..4)).prop_map(|(local, attributes, entries)| {
        let mut block = Element::new(Name::in_namespace(ns::LEDGER, local));
        block.attributes = attributes;
        entries.into_iter().fold(block, Element::with_child)
    })
}

fn child(
    locals: Vec<&'static str>,
    own: impl Strategy<Value = Vec<openrosa_xml::xml::Attribute<'static>>>,
    inside: impl Strategy<Value = Option<Node<'static>>>,
) -> impl Strategy<Value = Element<'static>> {
    let namespaces = select(vec![Some(ns::LEDGER), Some(ns::LEDGER), None, Some("urn:form")]);
    (select(locals), namespaces, own, attributes(), inside).prop_map(
        |(local, namespace, own, extra, inside)| {
            let name = namespace.map_or_else(|| Name::local(local), |uri| Name::in_namespace(uri, local));
            let mut element = Element::new(name);
            element.attributes = own;
            element.attributes.extend(extra.into_iter().filter(|extra| extra.name.namespace().is_some()));
            inside.into_iter().for_each(|node| element.push(node));
            element
        },
    )
}

/// A user by the builder.
pub fn registration() -> impl Strategy<Value = Registration<'static>> {
    let texts = (text(), text(), text(), text());
    (texts, vec((text(), text()), 0..4)).prop_map(|((name, password, id, date), data)| {
        Registration::new(name, password, id, date).with_data(data)
    })
}

/// An element called `case` as odd as senders of Case XML 1.0 made them.
pub fn legacy_case_element() -> impl Strategy<Value = Element<'static>> {
    let namespace = select(vec![None, Some("urn:form")]);
    let head = select(vec!["case_id", "date_modified", "user_id", "note"]);
    let head = (head, text()).prop_map(|(local, text)| (local, Vec::new(), vec![Node::Text(text.into())]));
    let actions = select(vec!["create", "update", "close", "referral", "index"]);
    let known = vec!["case_type_id", "case_name", "external_id", "user_id", "owner_id"];
    let known =
        (select(known), text()).prop_map(|(local, text)| (local, Vec::new(), Node::Text(text.into())));
    let action = (actions, vec(prop_oneof![3 => known, 1 => property()], 0..4));
    (namespace, vec(head, 0..5), vec(action, 0..5)).prop_map(|(namespace, heads, actions)| {
        let element = |local| {
            Element::new(namespace.map_or_else(|| Name::local(local), |uri| Name::in_namespace(uri, local)))
        };
        let filled = |local, attributes, nodes: Vec<Node<'static>>| {
            let mut filled = element(local);
            filled.attributes = attributes;
            nodes.into_iter().for_each(|node| filled.push(node));
            filled
        };
        let mut case = element("case");
        for (local, attributes, nodes) in heads {
            case.push(Node::Element(filled(local, attributes, nodes)));
        }
        for (local, properties) in actions {
            let children = properties
                .into_iter()
                .map(|(local, attributes, inside)| Node::Element(filled(local, attributes, vec![inside])));
            case.push(Node::Element(filled(local, Vec::new(), children.collect())));
        }
        case
    })
}
