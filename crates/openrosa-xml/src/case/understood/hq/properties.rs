//! The children of `create` and `update`, as CommCare HQ sorts them.

use std::collections::BTreeSet;

use crate::case::{
    KNOWN_TO_HQ as KNOWN,
    understood::{
        Content, Creation, Setting, Warning, WarningKind,
        part::{Child, Inside},
    },
};

/// What `update` drops (1.6); the rest of the restricted names is known.
const RESTRICTED: [&str; 2] = ["case_id", "date_modified"];

pub(super) fn creation<'b>(children: &[Child<'b>], warnings: &mut Vec<Warning<'b>>) -> Creation<'b> {
    let mut creation = Creation::default();
    for child in last_of_each(children, warnings) {
        match child.name() {
            "case_type" => creation.case_type = Some(content(child)),
            "case_name" => creation.case_name = Some(content(child)),
            "owner_id" => creation.owner_id = Some(content(child)),
            name if KNOWN.contains(&name) => creation.others.push(setting(child)),
            name => warnings.push(WarningKind::Dropped(name).at(child.mark())),
        }
    }
    creation
}

/// Known properties first, so that `name`, which is none, wins over `case_name` (1.6).
pub(super) fn settings<'b>(children: &[Child<'b>], warnings: &mut Vec<Warning<'b>>) -> Vec<Setting<'b>> {
    let mut settings = Vec::new();
    for child in last_of_each(children, warnings) {
        match RESTRICTED.contains(&child.name()) {
            true => warnings.push(WarningKind::Dropped(child.name()).at(child.mark())),
            false => settings.push(setting(child)),
        }
    }
    settings.sort_by_key(|setting| !KNOWN.contains(&setting.name));
    settings
}

/// The last child of each name, in document order (1.11).
fn last_of_each<'b>(children: &[Child<'b>], warnings: &mut Vec<Warning<'b>>) -> Vec<Child<'b>> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for child in children.iter().rev() {
        if seen.insert(child.name()) {
            kept.push(*child);
        } else if KNOWN.contains(&child.name()) {
            warnings.push(WarningKind::KnownTwice(child.name()).at(child.mark()));
        }
    }
    kept.reverse();
    kept
}

fn setting(child: Child<'_>) -> Setting<'_> {
    Setting { name: child.name(), content: content(child), mark: child.mark() }
}

/// 8.1: an element is a text when nothing but text is inside and no key stands beside it. One in no namespace gets no
/// `@xmlns`, whatever its parent is in.
fn content(child: Child<'_>) -> Content<'_> {
    match child.inside() {
        Inside::Whole(element)
            if element.name.namespace().is_some()
                || !element.attributes.is_empty()
                || element.elements().next().is_some() =>
        {
            Content::Object(element)
        }
        inside => Content::Text(inside.leading_text()),
    }
}
