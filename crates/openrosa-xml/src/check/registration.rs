//! Rules about the users of a restore (ota-restore.md 2.6), one a file.

mod after_user_data;
mod child_order;
mod child_unknown;
mod data_key_missing;
mod data_name;
mod missing;
mod nested;
mod not_demo;
mod several;
mod text;
mod user_id_blank;
mod user_id_spaces;
mod username_blank;
mod username_spaces;

use super::rule::Rule;
use crate::{registration::Registration, xml::Element};

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] = &[
    &missing::RULE,
    &several::RULE,
    &child_order::RULE,
    &child_unknown::RULE,
    &after_user_data::RULE,
    &data_name::RULE,
    &data_key_missing::RULE,
    &nested::RULE,
    &text::RULE,
    &username_blank::RULE,
    &username_spaces::RULE,
    &user_id_spaces::RULE,
    &user_id_blank::RULE,
    &not_demo::RULE,
];

/// The children that the device reads first, in this order.
const REQUIRED: [&str; 4] = ["username", "password", "uuid", "date"];

fn is(element: &Element<'_>, name: &str) -> bool {
    element.name.local_name().eq_ignore_ascii_case(name)
}

/// Read by the device, and ignored.
fn is_ignored(element: &Element<'_>) -> bool {
    ["registering_phone_id", "token"].iter().any(|name| is(element, name))
}

/// The children up to `user_data`, with which the device stops; none past one that is out of order, which is told.
fn up_to_data<'r, 'a>(user: &'r Registration<'a>) -> Vec<&'r Element<'a>> {
    let in_order = user.element.elements().zip(REQUIRED).take_while(|(child, name)| is(child, name)).count();
    let all = user.element.elements().take_while(|child| !is(child, "user_data"));
    if in_order < REQUIRED.len() { all.take(in_order).collect() } else { all.collect() }
}

/// The children that need not be there, up to `user_data`.
fn options<'r, 'a>(user: &'r Registration<'a>) -> impl Iterator<Item = &'r Element<'a>> {
    up_to_data(user).into_iter().skip(REQUIRED.len())
}

/// The children of `user_data`.
fn data<'r, 'a>(user: &'r Registration<'a>) -> impl Iterator<Item = &'r Element<'a>> {
    let data = user.element.elements().find(|child| is(child, "user_data"));
    data.into_iter().flat_map(Element::elements)
}

/// The elements that hold text.
fn texts<'r, 'a>(user: &'r Registration<'a>) -> impl Iterator<Item = &'r Element<'a>> {
    let known = |element: &&Element<'_>| is_ignored(element) || REQUIRED.iter().any(|name| is(element, name));
    up_to_data(user).into_iter().filter(known).chain(data(user).filter(|datum| is(datum, "data")))
}
