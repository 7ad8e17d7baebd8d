//! Questions to a graph.

use super::{CaseGraph, EXTENSION, Link, Node};

impl CaseGraph<'_> {
    /// The cases that index this one as children.
    pub fn children(&self, node: Node) -> impl Iterator<Item = Node> {
        self.counting_to(node).filter(|link| !self.is_extension(link.0)).map(|link| self.source(link))
    }

    /// The cases that extend this one, and index it in no other way.
    pub fn extensions(&self, node: Node) -> impl Iterator<Item = Node> {
        self.counting_to(node).filter(|link| self.is_extension(link.0)).map(|link| self.source(link))
    }

    /// The cases that this one is a child of.
    pub fn parents(&self, node: Node) -> impl Iterator<Item = Node> {
        self.counting(node).filter(|link| !self.is_extension(link.0)).map(|link| self.target(link))
    }

    /// The cases that this one extends.
    pub fn hosts(&self, node: Node) -> impl Iterator<Item = Node> {
        self.counting(node).filter(|link| self.is_extension(link.0)).map(|link| self.target(link))
    }

    /// The indices of a case whose targets are not there.
    pub fn missing_targets(&self, node: Node) -> impl Iterator<Item = Link> {
        self.indices(node).filter(|&link| !self.is_stored(self.target(link)))
    }

    fn counting(&self, node: Node) -> impl Iterator<Item = Link> {
        self.indices(node).filter(|&link| !self.is_shadowed(link))
    }

    fn counting_to(&self, node: Node) -> impl Iterator<Item = Link> {
        self.indices_to(node).filter(|&link| !self.is_shadowed(link))
    }

    /// The open extensions of closed cases, their open extensions and so on: what CommCare HQ closes after them where a
    /// project wants so. A chain goes on through open cases only, and whatever is closed stays out.
    ///
    /// Goes by every extension index, also where a child index to the same target is the one that counts elsewhere: HQ asks
    /// its database for indices, one by one.
    ///
    /// *Spec:* case-xml.md 5.6.
    #[must_use]
    pub fn open_extension_chains(&self, closed: impl IntoIterator<Item = Node>) -> Vec<Node> {
        let mut found = Vec::new();
        let mut seen = vec![false; self.len()];
        let mut hosts: Vec<Node> = closed.into_iter().collect();
        while let Some(host) = hosts.pop() {
            let links = self.indices_to(host).filter(|link| self.kinds[link.0 as usize] & EXTENSION != 0);
            for extension in links.map(|link| self.source(link)).filter(|&node| self.is_open(node)) {
                if !std::mem::replace(&mut seen[extension.0 as usize], true) {
                    found.push(extension);
                    hosts.push(extension);
                }
            }
        }
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::{GraphBuilder, Relationship::*};
    use super::*;

    /// Cases in small letters are open, those in capitals closed.
    fn graph(links: &[(&'static str, super::super::Relationship, &'static str)]) -> CaseGraph<'static> {
        let mut cases = GraphBuilder::default();
        for &(source, relationship, target) in links {
            let [source, _] = [source, target].map(|id| cases.case(id, "", id.to_lowercase() == id));
            cases.index(source, "name", target, relationship);
        }
        cases.build()
    }

    fn ids(graph: &CaseGraph<'static>, nodes: impl IntoIterator<Item = Node>) -> Vec<&'static str> {
        nodes.into_iter().map(|node| graph.id(node)).collect()
    }

    /// C-090: child wins over extension when both point at one target, in either order.
    #[test]
    fn child_wins_over_extension_to_one_target() {
        for pair in [[Child, Extension], [Extension, Child]] {
            let graph = graph(&[("x", pair[0], "a"), ("x", pair[1], "a"), ("x", Extension, "b")]);
            let node = |id| graph.case(id).unwrap();
            assert_eq!(ids(&graph, graph.children(node("a"))), ["x"]);
            assert_eq!(ids(&graph, graph.extensions(node("a"))), [""; 0]);
            assert_eq!(ids(&graph, graph.parents(node("x"))), ["a"]);
            assert_eq!(ids(&graph, graph.hosts(node("x"))), ["b"]);
            let shadowed: Vec<_> = graph.links().filter(|&link| graph.is_shadowed(link)).collect();
            assert_eq!(
                shadowed.iter().map(|&link| graph.relationship(link)).collect::<Vec<_>>(),
                [Extension]
            );
        }
    }

    #[test]
    fn a_missing_target_is_known_by_the_index_that_names_it() {
        let mut cases = GraphBuilder::default();
        let source = cases.case("a", "", true);
        cases.index(source, "parent", "nowhere", Child);
        let graph = cases.build();
        let link = graph.missing_targets(source).next().unwrap();
        assert_eq!((graph.name(link), graph.id(graph.target(link))), ("parent", "nowhere"));
        assert_eq!((graph.case("nowhere"), graph.missing().count(), graph.cases().count()), (None, 1, 1));
        assert_eq!(graph.owner(graph.target(link)), None);
    }

    /// C-099: chains of extensions are closed through open cases only, all the way, without what is closed already.
    #[test]
    fn chains_of_open_extensions_end_at_closed_ones() {
        let chain =
            [("b", Extension, "A"), ("c", Extension, "b"), ("D", Extension, "A"), ("e", Extension, "D")];
        let graph = graph(&[&chain[..], &[("f", Child, "A"), ("g", Child, "b")]].concat());
        let closed = graph.case("A");
        assert_eq!(ids(&graph, graph.open_extension_chains(closed)), ["b", "c"]);
        assert_eq!(ids(&graph, graph.open_extension_chains(graph.case("D"))), ["e"]);
    }

    #[test]
    fn a_circle_of_extensions_is_walked_once() {
        let graph = graph(&[("b", Extension, "A"), ("c", Extension, "b"), ("b", Extension, "c")]);
        assert_eq!(ids(&graph, graph.open_extension_chains(graph.case("A"))), ["b", "c"]);
    }
}
