//! Targets before the cases that index them: layers to draw by.

use super::CaseGraph;

impl CaseGraph<'_> {
    /// How far above cases without targets each node stands: one more than the highest of its targets. What is on a circle,
    /// or above one, stands above everything else.
    #[must_use]
    pub fn layers(&self) -> Vec<u32> {
        let mut open = self.open_targets();
        let mut layers = vec![0; self.len()];
        let mut highest = 0;
        self.settle_targets_first(&mut open, |node| {
            let below = self.outgoing(node).map(|link| layers[self.target_of(link) as usize] + 1);
            layers[node as usize] = below.max().unwrap_or(0);
            highest = highest.max(layers[node as usize]);
        });
        for (layer, _) in layers.iter_mut().zip(open).filter(|(_, open)| *open > 0) {
            *layer = highest + 1;
        }
        layers
    }

    /// How many indices each node has.
    fn open_targets(&self) -> Vec<u32> {
        self.nodes().map(|node| super::number(self.targets_of(node.0).len())).collect()
    }

    /// Visits nodes whose targets were all visited, given how many of these each has. In the end `open` is above zero for
    /// what is on a circle or above one.
    fn settle_targets_first(&self, open: &mut [u32], mut visit: impl FnMut(u32)) {
        let is_ready = |&node: &u32| open[node as usize] == 0;
        let mut ready: Vec<u32> = self.nodes().map(|node| node.0).filter(is_ready).collect();
        while let Some(node) = ready.pop() {
            visit(node);
            for source in self.sources_to(node) {
                let left = &mut open[source.node() as usize];
                *left -= 1;
                if *left == 0 {
                    ready.push(source.node());
                }
            }
        }
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

    #[test]
    fn a_layer_is_above_those_of_its_targets() {
        let graph =
            graph(&[("child", "mother"), ("mother", "house"), ("child", "house"), ("p", "q"), ("q", "p")]);
        let layers = graph.layers();
        let of = |id| layers[graph.case(id).unwrap().0 as usize];
        assert_eq!(["house", "mother", "child", "p", "q"].map(of), [0, 1, 2, 3, 3]);
    }
}
