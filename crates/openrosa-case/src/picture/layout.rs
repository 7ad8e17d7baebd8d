//! Where the boxes stand.

use crate::graph::{CaseGraph, Node, number};

pub(super) const WIDTH: u32 = 190;
pub(super) const HEIGHT: u32 = 44;
const ACROSS: u32 = WIDTH + 24;
const DOWN: u32 = HEIGHT + 56;
/// So many boxes stand side by side before the next row begins.
const COLUMNS: usize = 8;
const MARGIN: u32 = 16;

/// Column and row of each node: those without targets first, in their middle those that share a target.
pub(super) struct Layout {
    places: Vec<[u32; 2]>,
    rows: u32,
}

impl Layout {
    pub(super) fn of(graph: &CaseGraph<'_>) -> Self {
        let mut layout = Self { places: vec![[0, 0]; graph.len()], rows: 0 };
        for mut layer in layers(graph) {
            layer.sort_by_cached_key(|&node| (layout.middle_of_targets(graph, node), node));
            for row in layer.chunks(COLUMNS) {
                for (column, node) in row.iter().enumerate() {
                    layout.places[node.0 as usize] = [number(column), layout.rows];
                }
                layout.rows += 1;
            }
        }
        layout
    }

    /// In hundredths of a column.
    fn middle_of_targets(&self, graph: &CaseGraph<'_>, node: Node) -> u32 {
        let columns: Vec<u32> =
            graph.indices(node).map(|link| self.places[graph.target(link).0 as usize][0]).collect();
        columns.iter().sum::<u32>() * 100 / number(columns.len().max(1))
    }

    /// The upper left corner of a box, in a drawing that begins so far down.
    pub(super) fn corner(&self, node: Node, top: u32) -> [u32; 2] {
        let [column, row] = self.places[node.0 as usize];
        // Every second row stands between the boxes above and below, so that lines past it do not run behind boxes.
        let indent = row % 2 * (ACROSS / 2);
        [MARGIN + indent + column * ACROSS, top + MARGIN + row * DOWN]
    }

    /// Width and height of the whole.
    pub(super) fn size(&self, top: u32) -> [u32; 2] {
        let columns = self.places.iter().map(|place| place[0] + 1).max().unwrap_or(0);
        [(2 * MARGIN + ACROSS / 2 + columns * ACROSS).max(520), top + 2 * MARGIN + self.rows * DOWN]
    }
}

fn layers(graph: &CaseGraph<'_>) -> Vec<Vec<Node>> {
    let mut layers = Vec::new();
    for (node, layer) in (0..).zip(graph.layers()) {
        layers.resize(layers.len().max(layer as usize + 1), Vec::new());
        layers[layer as usize].push(Node(node));
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{GraphBuilder, Relationship};

    #[test]
    fn no_two_boxes_stand_in_one_place_and_targets_stand_above() {
        let ids: Vec<String> = (0..40).map(|at| at.to_string()).collect();
        let mut cases = GraphBuilder::default();
        for (at, id) in ids.iter().enumerate() {
            let case = cases.case(id, "", true);
            if at >= 20 {
                cases.index(case, "parent", &ids[at - 20], Relationship::Child);
            }
        }
        let graph = cases.build();
        let layout = Layout::of(&graph);
        let mut corners: Vec<_> = graph.cases().map(|node| layout.corner(node, 0)).collect();
        for link in graph.links() {
            let [source, target] =
                [graph.source(link), graph.target(link)].map(|node| layout.corner(node, 0));
            assert!(source[1] > target[1]);
        }
        corners.sort_unstable();
        corners.dedup();
        assert_eq!(corners.len(), 40);
        let [width, height] = layout.size(0);
        assert!(corners.iter().all(|[x, y]| x + WIDTH < width && y + HEIGHT < height));
    }
}
