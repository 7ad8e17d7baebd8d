//! The walk through a filled-in form, with the blank form beside it.

use std::collections::{BTreeSet, HashMap};

use super::{
    choice_unknown, field_twice, field_unknown, file_missing, namespace_differs, place_off_earth,
    required_blank,
    value::{self, Fault},
    value_type,
};
use crate::{
    check::{
        draft::{Draft, Drafts},
        outline::{Node, Outline},
        place::Spot,
        subject::span,
    },
    ns,
    xform::{Bind, Control},
    xml::{Element, Name, chars::trim},
};

pub(super) struct Walk<'w> {
    pub(super) outline: &'w Outline<'w>,
    pub(super) files: Option<&'w BTreeSet<String>>,
    pub(super) found: &'w mut Drafts,
}

impl Walk<'_> {
    /// The name of the root is free, so that its path is that of the blank form's.
    pub(super) fn form(&mut self, root: &Element<'_>) {
        let Some(path) = self.outline.root().map(str::to_owned) else { return };
        let mut pending = vec![(root, path)];
        while let Some((element, path)) = pending.pop() {
            let Some(node) = self.outline.node(&path) else { continue };
            let children = self.children(element, &path, node);
            pending.extend(children.into_iter().rev());
            if node.element.elements().next().is_none() {
                self.answer(element, &path, node);
            }
        }
    }

    /// The children that the blank form has, with their paths.
    fn children<'e>(
        &mut self,
        element: &'e Element<'e>,
        path: &str,
        node: &Node<'_>,
    ) -> Vec<(&'e Element<'e>, String)> {
        let is_at_home = namespace(&element.name) == namespace(&node.element.name);
        let mut counts = HashMap::new();
        let mut known = Vec::new();
        for child in element.elements() {
            let path = format!("{path}/{}", child.name.local_name());
            let Some(node) = self.outline.node(&path) else {
                self.unknown(child, path);
                continue;
            };
            let count = counts.entry(child.name.local_name()).or_insert(0);
            *count += 1;
            if *count > node.count && !self.outline.is_repeat(&path) {
                let draft = Draft::at(Spot::name(span(child.mark))).value("path", path.as_str());
                self.found.push_for(&field_twice::RULE, draft);
            }
            if is_at_home {
                self.namespace(child, node, &path);
            }
            known.push((child, path));
        }
        self.required(element, path, &counts);
        known
    }

    /// Metadata may be added by anybody.
    fn unknown(&mut self, child: &Element<'_>, path: String) {
        let in_meta = path.split('/').any(|step| matches!(step, "meta" | "Meta"));
        if !in_meta {
            let draft = Draft::at(Spot::name(span(child.mark))).value("path", path);
            self.found.push_for(&field_unknown::RULE, draft);
        }
    }

    fn namespace(&mut self, child: &Element<'_>, node: &Node<'_>, path: &str) {
        let (ours, theirs) = (namespace(&child.name), namespace(&node.element.name));
        if ours != theirs {
            let told = |namespace: Option<&str>| match namespace {
                Some(namespace) => format!("`{namespace}`"),
                None => "no namespace".to_owned(),
            };
            let draft = Draft::at(Spot::name(span(child.mark))).value("path", path);
            let draft = draft.value("namespace", told(ours)).value("expected", told(theirs));
            self.found.push_for(&namespace_differs::RULE, draft);
        }
    }

    /// The required fields that are not among the children of this element.
    fn required(&mut self, element: &Element<'_>, path: &str, children: &HashMap<&str, usize>) {
        for child in self.outline.required_in(path).filter(|child| !children.contains_key(child)) {
            let draft = Draft::at(Spot::name(span(element.mark))).value("state", "not there");
            self.found.push_for(&required_blank::RULE, draft.value("path", format!("{path}/{child}")));
        }
    }

    fn answer(&mut self, element: &Element<'_>, path: &str, node: &Node<'_>) {
        let text = element.text();
        let (text, at) = (trim(&text), Spot::content(span(element.mark)));
        if text.is_empty() {
            if self.outline.is_required(path) {
                let draft = Draft::at(at).value("state", "empty").value("path", path);
                self.found.push_for(&required_blank::RULE, draft);
            }
            return;
        }
        let draft = Draft::at(at).value("path", path);
        if is_file(node) {
            self.file(draft, text);
        } else if let Some(fault) =
            node.bind.and_then(Bind::data_type).and_then(|kind| value::fault(kind, text))
        {
            self.fault(draft.value("value", text), fault);
        } else if let Some(value) = unknown_choice(node, text) {
            self.found.push_for(&choice_unknown::RULE, draft.value("value", value));
        }
    }

    fn fault(&mut self, draft: Draft, fault: Fault) {
        match fault {
            Fault::OffEarth => self.found.push_for(&place_off_earth::RULE, draft),
            Fault::No(kind) => self.found.push_for(&value_type::RULE, draft.value("type", kind)),
        }
    }

    fn file(&mut self, draft: Draft, name: &str) {
        if self.files.is_some_and(|files| !files.contains(name)) {
            self.found.push_for(&file_missing::RULE, draft.value("file", name));
        }
    }
}

fn is_file(node: &Node<'_>) -> bool {
    let is_binary = node.bind.and_then(Bind::data_type) == Some("binary");
    is_binary || node.control.is_some_and(Control::is_upload)
}

/// The choice that is none of those that the form lists.
fn unknown_choice(node: &Node<'_>, text: &str) -> Option<String> {
    let is_unknown = |choice: &&str| !node.choices.is_empty() && !node.choices.contains(choice);
    let unknown = match node.control?.name.local_name() {
        "select1" => Some(text).filter(is_unknown),
        "select" | "rank" => text.split_ascii_whitespace().find(is_unknown),
        _ => None,
    };
    unknown.map(str::to_owned)
}

/// A blank form declares XForms as its default namespace, which its instance then has without meaning it.
fn namespace<'n>(name: &'n Name<'_>) -> Option<&'n str> {
    name.namespace().filter(|namespace| *namespace != ns::XFORMS)
}
