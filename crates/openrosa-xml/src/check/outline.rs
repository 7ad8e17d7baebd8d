//! The nodes of a blank form by their paths, and what the form says of each.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    xform::{Bind, Control, XForm, path::absolute},
    xml::Element,
};

/// What a form says of its nodes. A path is absolute and without prefixes, such as `/data/child/name`.
pub(super) struct Outline<'o> {
    nodes: HashMap<String, Node<'o>>,
    root: Option<String>,
    repeats: HashSet<String>,
    /// Whatever must be answered without any condition: paths of the elements around, and the names in each.
    required: HashMap<String, BTreeSet<String>>,
    /// Each bind with the path that it means, where that can be told.
    pub(super) binds: Vec<(&'o Bind<'o>, Option<String>)>,
    /// Each control with the path that it means, where that can be told.
    pub(super) controls: Vec<(&'o Control<'o>, Option<String>)>,
}

/// A node of the primary instance.
pub(super) struct Node<'o> {
    pub(super) element: &'o Element<'o>,
    /// How many there are of this path: a form may be made with several.
    pub(super) count: usize,
    pub(super) bind: Option<&'o Bind<'o>>,
    pub(super) control: Option<&'o Control<'o>>,
    /// Every choice of the control, where the form itself lists all of them.
    pub(super) choices: HashSet<&'o str>,
}

impl<'o> Outline<'o> {
    pub(super) fn of(form: &'o XForm<'o>) -> Self {
        let mut outline = Self {
            nodes: form.primary().map(nodes).unwrap_or_default(),
            root: form.primary().map(|root| format!("/{}", root.name.local_name())),
            repeats: HashSet::new(),
            required: HashMap::new(),
            binds: Vec::new(),
            controls: form.controls.iter().zip(form.control_paths()).collect(),
        };
        outline.take_binds(form);
        outline.take_controls();
        outline.take_required();
        outline
    }

    /// A relative path of a bind starts at the root, as JavaRosa has it.
    fn take_binds(&mut self, form: &'o XForm<'o>) {
        let root = self.root.clone().unwrap_or_default();
        for bind in form.model().into_iter().flat_map(|model| &model.binds) {
            let path = bind.nodeset().and_then(|nodeset| absolute(&root, nodeset));
            if let Some(node) = path.as_ref().and_then(|path| self.nodes.get_mut(path)) {
                node.bind.get_or_insert(bind);
            }
            self.binds.push((bind, path));
        }
    }

    fn take_controls(&mut self) {
        for (control, path) in &self.controls {
            let Some(path) = path else { continue };
            match control.name.local_name() {
                "group" => {}
                "repeat" => drop(self.repeats.insert(path.clone())),
                _ => {
                    if let Some(node) = self.nodes.get_mut(path) {
                        node.take_control(control);
                    }
                }
            }
        }
    }

    fn take_required(&mut self) {
        for (bind, path) in &self.binds {
            let is_required = bind.required().is_some_and(|condition| condition.trim_ascii() == "true()");
            let Some(path) = path.as_ref().filter(|path| is_required && self.is_certain(path)) else {
                continue;
            };
            if let Some((parent, name)) = path.rsplit_once('/') {
                self.required.entry(parent.to_owned()).or_default().insert(name.to_owned());
            }
        }
    }

    /// Whether the node is there whenever the one around it is.
    fn is_certain(&self, path: &str) -> bool {
        self.nodes.contains_key(path) && !self.may_be_left_out(path) && !self.is_repeat(path)
    }

    /// The path of the root of the primary instance.
    pub(super) fn root(&self) -> Option<&str> {
        self.root.as_deref()
    }

    /// The names of the fields in this element that must be answered without any condition.
    pub(super) fn required_in(&self, path: &str) -> impl Iterator<Item = &str> {
        self.required.get(path).into_iter().flatten().map(String::as_str)
    }

    pub(super) fn is_required(&self, path: &str) -> bool {
        let parts = path.rsplit_once('/');
        parts
            .is_some_and(|(parent, name)| self.required.get(parent).is_some_and(|names| names.contains(name)))
    }

    pub(super) fn node(&self, path: &str) -> Option<&Node<'o>> {
        self.nodes.get(path)
    }

    /// Whether the form has the node, or the attribute, at the end of a path.
    pub(super) fn has(&self, path: &str) -> bool {
        match path.rsplit_once("/@") {
            Some((element, attribute)) => self.nodes.get(element).is_some_and(|node| {
                node.element.attributes.iter().any(|given| given.name.local_name() == attribute)
            }),
            None => self.nodes.contains_key(path),
        }
    }

    pub(super) fn is_repeat(&self, path: &str) -> bool {
        self.repeats.contains(path)
    }

    /// Whether the node itself has a condition.
    pub(super) fn has_condition(&self, path: &str) -> bool {
        self.nodes.get(path).and_then(|node| node.bind).is_some_and(|bind| bind.relevant().is_some())
    }

    /// Whether a condition decides if the node is there: its own, or that of a group around it.
    pub(super) fn may_be_left_out(&self, path: &str) -> bool {
        let ends = path.match_indices('/').skip(1).map(|(end, _)| end).chain([path.len()]);
        ends.into_iter().any(|end| self.has_condition(&path[..end]))
    }
}

impl<'o> Node<'o> {
    fn take_control(&mut self, control: &'o Control<'o>) {
        if self.control.is_none() && !control.has_item_set {
            self.choices = control.items.iter().map(AsRef::as_ref).collect();
        }
        self.control.get_or_insert(control);
    }
}

fn nodes<'o>(root: &'o Element<'o>) -> HashMap<String, Node<'o>> {
    let mut nodes = HashMap::new();
    let mut pending = vec![(root, format!("/{}", root.name.local_name()))];
    while let Some((element, path)) = pending.pop() {
        let inside = element.elements().map(|child| (child, format!("{path}/{}", child.name.local_name())));
        pending.extend(inside.collect::<Vec<_>>().into_iter().rev());
        let node = nodes.entry(path).or_insert_with(|| Node {
            element,
            count: 0,
            bind: None,
            control: None,
            choices: HashSet::new(),
        });
        node.count += 1;
    }
    nodes
}
