//! Steps 4 to 6 of case-xml.md 5.2 as the reference device takes them.

use super::walk::{AVAILABLE, LIVE, OWNED, RELEVANT, Walk, nodes};
impl Walk<'_, '_> {
    pub(super) fn live_in_two_rounds(&mut self) {
        self.spread_relevance();
        self.spread_availability(|walk, node| walk.is_free(node) && walk.has(node, RELEVANT));
        self.begin_with_owned(OWNED | RELEVANT | AVAILABLE);
        for _ in 0..2 {
            self.everywhere(LIVE, Self::enliven_targets);
            self.everywhere(LIVE, Self::enliven_extensions);
        }
    }

    /// Step 4: from what is owned and open to all targets, and from all of these to their extensions, open or not.
    fn spread_relevance(&mut self) {
        for node in nodes(self.graph) {
            if self.has(node, OWNED) && self.is_open(node) {
                self.mark(node, RELEVANT);
            }
        }
        self.everywhere(RELEVANT, Self::targets_are_relevant);
        self.everywhere(RELEVANT, Self::extensions_are_relevant);
    }

    fn targets_are_relevant(&mut self, node: u32, reached: &mut Vec<u32>) {
        let graph = self.graph;
        let targets = graph.targets_of(node).iter().copied();
        reached.extend(targets.filter(|&target| self.mark(target, RELEVANT)));
    }

    fn extensions_are_relevant(&mut self, node: u32, reached: &mut Vec<u32>) {
        let graph = self.graph;
        let extensions = graph.sources_to(node).iter().filter(|source| source.is_extension());
        let is_new = |node: &u32| self.takes_part(*node) && self.mark(*node, RELEVANT);
        reached.extend(extensions.map(|source| source.node()).filter(is_new));
    }

    /// One step from everything that has a mark, and from everything that gets it by the way.
    fn everywhere(&mut self, mark: u8, mut step: impl FnMut(&mut Self, u32, &mut Vec<u32>)) {
        let mut reached: Vec<u32> =
            nodes(self.graph).filter(|&node| self.has(node, mark) && self.takes_part(node)).collect();
        while let Some(node) = reached.pop() {
            step(self, node, &mut reached);
        }
    }
}
