//! Circles.

use openrosa_xml::CaseId;

use super::{CaseGraph, GraphBuilder, Links, Node, number};

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

    /// A circle among some cases.
    pub(crate) fn cycle_among(&self, counts: impl Fn(u32) -> bool) -> Option<Cycle> {
        let mut states = vec![State::New; self.len()];
        let mut path = Vec::new();
        self.nodes().map(|node| node.0).filter(|&node| counts(node)).find_map(|node| {
            let closing = self.walk_down(node, &counts, &mut states, &mut path)?;
            Some(self.circle(&path, closing))
        })
    }

    /// Walks from a node to everything below it that is new; stops with the path to a node that is on the path already.
    fn walk_down(
        &self,
        from: u32,
        counts: impl Fn(u32) -> bool,
        states: &mut [State],
        path: &mut Vec<(u32, Links)>,
    ) -> Option<u32> {
        let mut next = Some(from).filter(|&node| states[node as usize] == State::New);
        loop {
            if let Some(node) = next {
                states[node as usize] = State::OnPath;
                path.push((node, self.outgoing(node)));
            }
            let (node, links) = path.last_mut()?;
            let Some(target) = links.next().map(|link| self.target_of(link)) else {
                states[*node as usize] = State::Done;
                path.pop();
                next = None;
                continue;
            };
            match states[target as usize] {
                State::OnPath => return Some(target),
                state => next = Some(target).filter(|&target| state == State::New && counts(target)),
            }
        }
    }

    /// Of each node, one that stands for it and for all that lead to it and back.
    fn knots(&self) -> Vec<Option<u32>> {
        let mut knots = vec![None; self.len()];
        for start in self.targets_before_sources().into_iter().rev() {
            let mut ahead = vec![start];
            while let Some(node) = ahead.pop() {
                if knots[node as usize].is_none() {
                    knots[node as usize] = Some(start);
                    ahead.extend(self.sources_to(node).iter().map(|source| source.node()));
                }
            }
        }
        knots
    }

    /// Of each index, whether it leads back to where a walk has come from that begins at the smallest id of each knot and takes
    /// targets in the order of their ids.
    fn closing(&self) -> Vec<bool> {
        let knots = self.knots();
        let mut closing = vec![false; self.targets.len()];
        let mut states = vec![State::New; self.len()];
        let mut path = Vec::new();
        for root in self.by_id((0..number(self.len())).collect(), |node| node) {
            let mut next = Some(root).filter(|&node| states[node as usize] == State::New);
            loop {
                if let Some(node) = next.take() {
                    states[node as usize] = State::OnPath;
                    path.push((node, self.links_within(&knots, node)));
                }
                let Some((node, links)) = path.last_mut() else { break };
                let Some(link) = links.next() else {
                    states[*node as usize] = State::Done;
                    path.pop();
                    continue;
                };
                let target = self.target_of(link);
                match states[target as usize] {
                    State::New => next = Some(target),
                    State::OnPath => closing[link as usize] = true,
                    State::Done => {}
                }
            }
        }
        closing
    }

    /// The indices of a node that stay in its knot.
    fn links_within(&self, knots: &[Option<u32>], node: u32) -> std::vec::IntoIter<u32> {
        let stays = |link: &u32| knots[self.target_of(*link) as usize] == knots[node as usize];
        self.by_id(self.outgoing(node).filter(stays).collect(), |link| self.target_of(link))
    }

    /// These in the order of the ids of their nodes.
    fn by_id(&self, mut these: Vec<u32>, node: impl Fn(u32) -> u32) -> std::vec::IntoIter<u32> {
        these.sort_by_key(|&one| self.id(Node(node(one))));
        these.into_iter()
    }

    /// Every node, behind those that it leads to unless these lead back to it.
    fn targets_before_sources(&self) -> Vec<u32> {
        let (mut seen, mut path) = (vec![false; self.len()], Vec::<(u32, Links)>::new());
        let mut order = Vec::with_capacity(self.len());
        for root in 0..number(self.len()) {
            let mut next = Some(root);
            loop {
                if let Some(node) = next.filter(|&node| !std::mem::replace(&mut seen[node as usize], true)) {
                    path.push((node, self.outgoing(node)));
                }
                let Some((node, links)) = path.last_mut() else { break };
                next = links.next().map(|link| self.target_of(link));
                if next.is_none() {
                    order.push(*node);
                    path.pop();
                }
            }
        }
        order
    }

    fn circle(&self, path: &[(u32, Links)], closing: u32) -> Cycle {
        let circle = path.iter().map(|(node, _)| *node).skip_while(|&node| node != closing);
        Cycle { cases: circle.map(|node| self.id(Node(node)).into()).collect() }
    }
}

impl<'a> CaseGraph<'a> {
    /// The same as a device can be told of it, which purges nothing where there is a circle. No more is left out than closes one
    /// on the way down from its smallest id, so that the same cases lose the same indices each time.
    ///
    /// *Spec:* ota-restore.md 5, rule 8.
    #[must_use]
    pub fn without_circles(self) -> Self {
        if self.cycle().is_none() {
            return self;
        }
        let closing = self.closing();
        let mut cases = GraphBuilder::with_capacity(self.len(), self.targets.len());
        for node in self.cases() {
            let source = cases.case(self.id(node), self.owner(node).unwrap_or_default(), self.is_open(node));
            for link in self.indices(node).filter(|link| !closing[link.0 as usize]) {
                cases.index(source, self.name(link), self.id(self.target(link)), self.relationship(link));
            }
        }
        cases.build()
    }
}

/// How far a walk has come with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    OnPath,
    Done,
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

    /// Each link as `a>b`, sorted.
    fn left(links: &[(&'static str, &'static str)]) -> Vec<String> {
        let graph = graph(links).without_circles();
        let shown = |link| format!("{}>{}", graph.id(graph.source(link)), graph.id(graph.target(link)));
        let mut left: Vec<_> = graph.links().map(shown).collect();
        left.sort();
        left
    }

    #[test]
    fn a_circle_is_opened_at_the_same_place_wherever_one_begins() {
        let ring = [("a", "b"), ("b", "c"), ("c", "a"), ("x", "a"), ("c", "y"), ("s", "s")];
        let open = ["a>b", "b>c", "c>y", "x>a"];
        assert_eq!(left(&ring), open);
        let mut turned = ring;
        for _ in &ring {
            turned.rotate_left(1);
            assert_eq!(left(&turned), open);
        }
        // Between two circles nothing is left out.
        let two = [("z", "y"), ("y", "z"), ("y", "b"), ("b", "a"), ("a", "b")];
        assert_eq!(left(&two), ["a>b", "y>b", "y>z"]);
        assert_eq!(left(&ring[..2]), ["a>b", "b>c"]);
    }

    #[test]
    fn of_a_circle_no_more_is_left_out_than_opens_it() {
        assert_eq!(left(&[("a", "c"), ("c", "b"), ("b", "a")]), ["a>c", "c>b"]);
        assert_eq!(left(&[("c", "b"), ("b", "a"), ("a", "b"), ("a", "c")]), ["a>b", "a>c", "c>b"]);
    }

    #[test]
    fn a_long_cycle_is_cut_short() {
        let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let ring: Vec<_> = (0..10).map(|at| (ids[at], ids[(at + 1) % 10])).collect();
        insta::assert_snapshot!(cycle(&ring), @"the indices of cases form a circle: `a` -> `b` -> `c` -> `d` -> `e` -> `f` -> `g` -> `h` -> 2 more -> `a`");
    }
}
