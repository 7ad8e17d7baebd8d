//! Which nodes depend on which, by calculation and relevance, and whether in a circle.

use std::collections::{HashMap, HashSet};

use crate::{
    check::{
        place::Spot,
        subject::{Blank, span},
        xpath::Expression,
    },
    position::Mark,
    xform::Bind,
};

/// A node that depends on another.
pub(super) struct Dependency<'b> {
    /// The node that is looked at.
    pub(super) from: String,
    /// The node that depends on it.
    pub(super) to: String,
    /// The bind and its attribute that say so; none where a node is left out together with the group around it.
    pub(super) bind: Option<(&'b Bind<'b>, &'static str)>,
}

impl Dependency<'_> {
    pub(super) fn mark(&self) -> Mark {
        self.bind.map_or(Mark::none(), |(bind, _)| bind.mark)
    }

    pub(super) fn spot(&self) -> Spot {
        let attribute = self.bind.map_or("", |(_, attribute)| attribute);
        Spot::attribute_value(span(self.mark()), attribute)
    }

    /// What tells its spot from others.
    pub(super) fn spot_key(&self) -> Option<(u64, &'static str)> {
        self.bind.map(|(bind, attribute)| (span(bind.mark).start, attribute))
    }
}

/// The circles, each as the dependencies that make it up, in their order. A node is told in one circle at most: when that is
/// mended, another may show.
pub(super) fn circles<'b>(blank: &Blank<'b>) -> Vec<Vec<Dependency<'b>>> {
    let mut graph = Graph::of(dependencies(blank));
    let mut circles = Vec::new();
    graph.trim();
    while let Some(circle) = graph.take_circle() {
        circles.push(circle);
        graph.trim();
    }
    circles
}

/// A node depends on those that its calculation and its condition name; what is inside a group that has a condition depends on
/// the group. What the form does not have depends on nothing.
fn dependencies<'b>(blank: &Blank<'b>) -> Vec<Dependency<'b>> {
    let mut dependencies = Vec::new();
    let mut named = HashSet::new();
    for (bind, path) in &blank.outline.binds {
        let Some(path) = path.as_ref().filter(|path| blank.outline.has(path)) else { continue };
        named.insert(path.clone());
        for (attribute, text) in [("calculate", bind.calculate()), ("relevant", bind.relevant())] {
            let Some(expression) = text.and_then(|text| Expression::read(text, path)) else { continue };
            let paths = expression.paths.into_iter().filter(|path| blank.outline.has(path));
            for from in paths {
                named.insert(from.clone());
                dependencies.push(Dependency { from, to: path.clone(), bind: Some((*bind, attribute)) });
            }
        }
    }
    let mut named: Vec<_> = named.into_iter().collect();
    named.sort();
    for path in named {
        let groups = path.match_indices('/').skip(1).map(|(end, _)| path[..end].to_owned());
        let groups = groups.filter(|group| blank.outline.has_condition(group));
        dependencies.extend(groups.map(|from| Dependency { from, to: path.clone(), bind: None }));
    }
    dependencies
}

/// Dependencies by numbers of nodes.
struct Graph<'b> {
    dependencies: Vec<Option<Dependency<'b>>>,
    /// The ends of each dependency.
    ends: Vec<(usize, usize)>,
    nodes: Vec<Node>,
    /// Those that may be loose: in no circle, and between none.
    pending: Vec<usize>,
    /// All nodes before this one are gone.
    gone: usize,
}

#[derive(Default)]
struct Node {
    /// The dependencies that begin here, and those that end here.
    out: Vec<usize>,
    into: Vec<usize>,
    /// How many of these are left.
    out_left: usize,
    into_left: usize,
    is_gone: bool,
}

impl<'b> Graph<'b> {
    fn of(dependencies: Vec<Dependency<'b>>) -> Self {
        let mut numbers = HashMap::new();
        let mut nodes: Vec<Node> = Vec::new();
        let mut ends = Vec::with_capacity(dependencies.len());
        for (index, dependency) in dependencies.iter().enumerate() {
            let mut number = |path: &str| {
                *numbers.entry(path.to_owned()).or_insert_with(|| {
                    nodes.push(Node::default());
                    nodes.len() - 1
                })
            };
            let (from, to) = (number(&dependency.from), number(&dependency.to));
            nodes[from].out.push(index);
            nodes[to].into.push(index);
            ends.push((from, to));
        }
        for node in &mut nodes {
            (node.out_left, node.into_left) = (node.out.len(), node.into.len());
        }
        let pending = (0..nodes.len()).collect();
        Self { dependencies: dependencies.into_iter().map(Some).collect(), ends, nodes, pending, gone: 0 }
    }

    /// Takes away every node that is in no circle and between none: each goes once, so that this costs what the graph is.
    fn trim(&mut self) {
        while let Some(at) = self.pending.pop() {
            let node = &self.nodes[at];
            if !node.is_gone && (node.out_left == 0 || node.into_left == 0) {
                self.remove(at);
            }
        }
    }

    /// Takes a node away; those beside it may be loose then.
    fn remove(&mut self, at: usize) {
        self.nodes[at].is_gone = true;
        for index in std::mem::take(&mut self.nodes[at].into) {
            let from = self.ends[index].0;
            self.nodes[from].out_left = self.nodes[from].out_left.saturating_sub(1);
            self.pending.push(from);
        }
        for index in std::mem::take(&mut self.nodes[at].out) {
            let to = self.ends[index].1;
            self.nodes[to].into_left = self.nodes[to].into_left.saturating_sub(1);
            self.pending.push(to);
        }
    }

    /// Goes on from any node that is left until one comes again, and takes that circle away.
    fn take_circle(&mut self) -> Option<Vec<Dependency<'b>>> {
        self.gone += self.nodes[self.gone..].iter().position(|node| !node.is_gone)?;
        let mut at = self.gone;
        let (mut way, mut came) = (Vec::new(), HashMap::new());
        while !came.contains_key(&at) {
            came.insert(at, way.len());
            let is_left = |&&index: &&usize| !self.nodes[self.ends[index].1].is_gone;
            let next = *self.nodes[at].out.iter().find(is_left)?;
            way.push(next);
            at = self.ends[next].1;
        }
        let circle = way.split_off(came[&at]);
        let starts: Vec<_> = circle.iter().map(|&index| self.ends[index].0).collect();
        let taken = circle.iter().filter_map(|&index| self.dependencies[index].take()).collect();
        for start in starts {
            self.remove(start);
        }
        Some(taken)
    }
}
