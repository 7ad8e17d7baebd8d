//! Targets before the cases that index them: cycles, and layers to draw by.

use openrosa_xml::CaseId;

use super::{CaseGraph, Node};

/// Cases that index each other in a circle, so that none of them can be purged by the rules.
///
/// The device takes it for corrupt data: at a sync it asks for everything anew (case-xml.md 5.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("the indices of cases form a circle: {}", shown(.cases))]
pub struct Cycle {
    /// The cases in the order in which each indexes the next; the last one indexes the first.
    pub cases: Vec<CaseId>,
}

/// As many names as a person reads.
fn shown(cases: &[CaseId]) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<_> = cases.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    if cases.len() > SHOWN {
        names.push(format!("{} more", cases.len() - SHOWN));
    }
    names.extend(cases.first().map(|id| format!("`{id}`")));
    names.join(" -> ")
}

impl CaseGraph<'_> {
    /// A circle of indices, if there is one; a case that indexes itself is one, too.
    #[must_use]
    pub fn cycle(&self) -> Option<Cycle> {
        self.cycle_among(|node| self.is_stored(Node(node)))
    }

    /// A circle among some cases, every index of which leads to another of them.
    pub(crate) fn cycle_among(&self, counts: impl Fn(u32) -> bool) -> Option<Cycle> {
        let mut open = self.open_targets(&counts);
        self.settle_targets_first(&mut open, &counts, |_| ());
        let on_the_way = |node: u32| counts(node) && open[node as usize] > 0;
        let start = self.nodes().find(|node| on_the_way(node.0))?;
        Some(self.circle_from(start.0, on_the_way))
    }

    /// How far above cases without targets each node stands: one more than the highest of its targets. What is on a circle,
    /// or above one, stands above everything else.
    #[must_use]
    pub fn layers(&self) -> Vec<u32> {
        let mut open = self.open_targets(|_| true);
        let mut layers = vec![0; self.len()];
        let mut highest = 0;
        self.settle_targets_first(
            &mut open,
            |_| true,
            |node| {
                let below = self.outgoing(node).map(|link| layers[self.target_of(link) as usize] + 1);
                layers[node as usize] = below.max().unwrap_or(0);
                highest = highest.max(layers[node as usize]);
            },
        );
        for (layer, _) in layers.iter_mut().zip(open).filter(|(_, open)| *open > 0) {
            *layer = highest + 1;
        }
        layers
    }

    /// How many indices to nodes that count each of them has.
    fn open_targets(&self, counts: impl Fn(u32) -> bool) -> Vec<u32> {
        let targets = |node| self.outgoing(node).filter(|&link| counts(self.target_of(link))).count();
        self.nodes().map(|Node(node)| if counts(node) { super::number(targets(node)) } else { 0 }).collect()
    }

    /// Visits nodes that count and whose targets were all visited, given how many of these each has. In the end `open` is above
    /// zero for what is on a circle or above one.
    fn settle_targets_first(
        &self,
        open: &mut [u32],
        counts: impl Fn(u32) -> bool,
        mut visit: impl FnMut(u32),
    ) {
        let is_ready = |&node: &u32| counts(node) && open[node as usize] == 0;
        let mut ready: Vec<u32> = self.nodes().map(|node| node.0).filter(is_ready).collect();
        while let Some(node) = ready.pop() {
            visit(node);
            for &link in self.incoming(node) {
                let left = &mut open[self.source_of(link) as usize];
                if *left > 0 {
                    *left -= 1;
                    if *left == 0 {
                        ready.push(self.source_of(link));
                    }
                }
            }
        }
    }

    /// Walks from target to target among nodes that each have one, until one comes again.
    fn circle_from(&self, start: u32, among: impl Fn(u32) -> bool) -> Cycle {
        let mut met = vec![false; self.len()];
        let mut path = Vec::new();
        let mut at = start;
        while !std::mem::replace(&mut met[at as usize], true) {
            path.push(at);
            let mut targets = self.outgoing(at).map(|link| self.target_of(link));
            at = targets.find(|&target| among(target)).unwrap_or(start);
        }
        let circle = path.into_iter().skip_while(|&node| node != at);
        Cycle { cases: circle.map(|node| self.id(Node(node)).into()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{GraphBuilder, Relationship};
    use super::*;

    fn graph(links: &[(&'static str, &'static str)]) -> CaseGraph<'static> {
        let mut cases = GraphBuilder::default();
        for &(source, target) in links {
            let source = cases.case(source, "", true);
            cases.case(target, "", true);
            cases.index(source, "parent", target, Relationship::Child);
        }
        cases.build()
    }

    fn cycle(links: &[(&'static str, &'static str)]) -> String {
        graph(links).cycle().map(|cycle| cycle.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_cycle_is_named_without_what_leads_to_it() {
        let tail = [("x", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "y")];
        insta::assert_snapshot!(cycle(&tail), @"the indices of cases form a circle: `a` -> `b` -> `c` -> `a`");
        insta::assert_snapshot!(cycle(&[("a", "a")]), @"the indices of cases form a circle: `a` -> `a`");
        assert_eq!(cycle(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]), "");
    }

    #[test]
    fn a_long_cycle_is_cut_short() {
        let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let ring: Vec<_> = (0..10).map(|at| (ids[at], ids[(at + 1) % 10])).collect();
        insta::assert_snapshot!(cycle(&ring), @"the indices of cases form a circle: `a` -> `b` -> `c` -> `d` -> `e` -> `f` -> `g` -> `h` -> 2 more -> `a`");
    }

    #[test]
    fn a_layer_is_above_those_of_its_targets() {
        let graph =
            graph(&[("child", "mother"), ("mother", "house"), ("child", "house"), ("p", "q"), ("q", "p")]);
        let layers = graph.layers();
        let of = |id| layers[graph.case(id).unwrap().0 as usize];
        assert_eq!(["house", "mother", "child", "p", "q"].map(of), [0, 1, 2, 3, 3]);
    }
}
