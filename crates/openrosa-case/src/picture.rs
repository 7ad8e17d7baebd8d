//! A drawing of cases and their indices, for people.

mod layout;
mod shapes;

use std::collections::BTreeMap;

use openrosa_xml::{
    WriteError,
    xml::{Element, Name},
};

use crate::{
    graph::{CaseGraph, Link, Node, Relationship},
    purge::{Purge, Standing},
};
use layout::Layout;
use shapes::{COLORS, STYLE, group, leaf, path, rectangle, shortened, text};

/// Cases as boxes below those they index, in the color of their owner; for graphs that a person can look at.
///
/// The drawing stands by itself: no script, no font, no other file, and any id in it is text. Hovering over a box shows the
/// whole of its id and, with a purge, why it stays or goes.
///
/// ```
/// use openrosa_case::{graph::{GraphBuilder, Relationship}, picture::Picture};
///
/// let mut cases = GraphBuilder::default();
/// let child = cases.case("<child>", "nurse", true);
/// cases.index(child, "parent", "mother", Relationship::Child);
/// let svg = Picture::of(&cases.build()).svg()?;
/// assert!(svg.starts_with("<svg ") && svg.contains("&lt;child"));
/// # Ok::<(), openrosa_xml::WriteError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Picture<'g, 'a> {
    graph: &'g CaseGraph<'a>,
    purge: Option<&'g Purge<'g, 'a>>,
    captions: Option<&'g BTreeMap<&'a str, String>>,
}

impl<'g, 'a> Picture<'g, 'a> {
    /// Of cases and their indices.
    #[must_use]
    pub const fn of(graph: &'g CaseGraph<'a>) -> Self {
        Self { graph, purge: None, captions: None }
    }

    /// The same, with what a purge would remove crossed out.
    #[must_use]
    pub const fn of_purge(purge: &'g Purge<'g, 'a>) -> Self {
        Self { graph: purge.graph(), purge: Some(purge), captions: None }
    }

    /// Writes on the boxes of these cases, by id, what people know them by. Their ids show while hovering over them.
    #[must_use]
    pub const fn with_captions(self, captions: &'g BTreeMap<&'a str, String>) -> Self {
        Self { captions: Some(captions), ..self }
    }

    /// The drawing as an SVG document. Fails where an id has a character that XML cannot hold.
    pub fn svg(&self) -> Result<String, WriteError> {
        let layout = Layout::of(self.graph);
        let (legend, top) = self.legend();
        let [width, height] = layout.size(top).map(|length| length.to_string());
        let links = self.graph.links().map(|link| self.link(link, &layout, top));
        let boxes =
            (0..crate::graph::number(self.graph.len())).map(|node| self.node(Node(node), &layout, top));
        let drawing = Element::new(Name::in_namespace("http://www.w3.org/2000/svg", "svg"))
            .with_attribute("width", width.clone())
            .with_attribute("height", height.clone())
            .with_attribute("viewBox", format!("0 0 {width} {height}"))
            .with_attribute("role", "img")
            .with_child(leaf("title", "Cases and their indices"))
            .with_child(leaf("style", STYLE))
            .with_child(shapes::arrow());
        let parts = legend.into_iter().chain(links).chain(boxes);
        parts.fold(drawing, Element::with_child).write()
    }

    fn node(&self, node: Node, layout: &Layout, top: u32) -> Element<'a> {
        let [x, y] = layout.corner(node, top);
        let (id, stored) = (self.graph.id(node), self.graph.is_stored(node));
        let caption = self.captions.and_then(|captions| captions.get(id)).map_or(id, String::as_str);
        let owner = self.graph.owner(node).map_or("not there", owner_word);
        let fill = if stored { self.color(node) } else { "none" };
        let class = match (stored, self.graph.is_open(node)) {
            (false, _) => "missing",
            (true, true) => "open",
            (true, false) => "closed",
        };
        let state = if class == "closed" { format!("{owner}, closed") } else { owner.to_owned() };
        group(class)
            .with_child(leaf("title", self.said_of(node, &state)))
            .with_child(rectangle(x, y, layout::WIDTH, layout::HEIGHT, fill))
            .with_child(text(
                x + 8,
                y + 19,
                if self.goes(node) { "id goes" } else { "id" },
                shortened(caption),
            ))
            .with_child(text(x + 8, y + 35, "owner", shortened(&state)))
    }

    fn said_of(&self, node: Node, state: &str) -> String {
        let why = self.purge.filter(|_| self.graph.is_stored(node)).map(|purge| purge.why(node));
        [Some(self.graph.id(node).to_owned()), Some(state.to_owned()), why]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn goes(&self, node: Node) -> bool {
        let standing = self.purge.and_then(|purge| purge.standing(node));
        matches!(standing, Some(Standing::Removed(_)))
    }

    fn color(&self, node: Node) -> &'static str {
        COLORS[self.graph.owner_number(node.0) as usize % COLORS.len()]
    }

    fn link(&self, link: Link, layout: &Layout, top: u32) -> Element<'a> {
        let class = match (self.graph.is_shadowed(link), self.graph.relationship(link)) {
            (true, _) => "shadowed",
            (false, Relationship::Child) => "child",
            (false, Relationship::Extension) => "extension",
        };
        let [from, to] =
            [self.graph.source(link), self.graph.target(link)].map(|node| layout.corner(node, top));
        let (curve, [x, y]) = shapes::curve(from, to);
        // It runs where the one that counts does.
        let y = if class == "shadowed" { y + 12 } else { y };
        group(class).with_child(path(curve)).with_child(text(x, y, "name", shortened(self.graph.name(link))))
    }

    /// What colors and lines mean, and where the drawing begins below.
    fn legend(&self) -> (Vec<Element<'a>>, u32) {
        let owners = self.graph.owners().zip(COLORS);
        let owners = owners.map(|(owner, color)| ("open", color, shortened(owner_word(owner))));
        let more = self.graph.owners().len().saturating_sub(COLORS.len());
        let more = (more > 0).then(|| ("open", "none", format!("and {more} more, in the same colors")));
        let states =
            [("closed", "none", "closed".to_owned()), ("missing", "none", "indexed, not there".to_owned())];
        let swatches = owners.chain(more).chain(states).enumerate();
        let mut legend: Vec<_> =
            swatches.map(|(row, (class, color, word))| swatch(row, class, color, word)).collect();
        let lines = [
            ("child", "child of"),
            ("extension", "extension of"),
            ("shadowed", "does not count beside another"),
        ];
        let lines = lines.into_iter().enumerate().map(|(row, (class, word))| line(row, class, word));
        let rows = legend.len().max(4);
        legend.extend(lines);
        if self.purge.is_some() {
            legend.push(text(260, 3 * ROW + 24, "id goes", "goes at the next purge"));
        }
        (legend, rows as u32 * ROW + 24)
    }
}

/// The height of a row of the legend.
const ROW: u32 = 20;

/// What an owner is called; a case may have the empty one.
const fn owner_word(owner: &str) -> &str {
    if owner.is_empty() { "nobody" } else { owner }
}

fn swatch<'e>(row: usize, class: &'static str, color: &'static str, word: String) -> Element<'e> {
    let y = row as u32 * ROW + 12;
    group(class).with_child(rectangle(16, y, 24, 14, color)).with_child(text(48, y + 12, "id", word))
}

fn line<'e>(row: usize, class: &'static str, word: &'static str) -> Element<'e> {
    let y = row as u32 * ROW + 19;
    let from_to = path(format!("M260 {y} H300"));
    group(class).with_child(from_to).with_child(text(310, y + 5, "id", word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        graph::GraphBuilder,
        purge::{Owners, Spread},
    };

    fn family() -> CaseGraph<'static> {
        let mut cases = GraphBuilder::default();
        let child = cases.case("child", "nurse", true);
        cases.index(child, "parent", "mother", Relationship::Child);
        cases.index(child, "ward", "<&\"gone\">", Relationship::Child);
        cases.case("mother", "clinic", false);
        let visit = cases.case("visit", "nurse", true);
        cases.index(visit, "host", "mother", Relationship::Extension);
        cases.build()
    }

    fn count(root: &Element<'_>, class: &str) -> usize {
        root.elements().filter(|element| element.attribute("class") == Some(class)).count()
    }

    #[test]
    fn boxes_and_lines_tell_states_and_relationships_apart() {
        let svg = Picture::of(&family()).svg().unwrap();
        let root = Element::read(&svg).unwrap();
        // One more of each in the legend; `open` has both owners there.
        let counts =
            ["open", "closed", "missing", "child", "extension", "shadowed"].map(|class| count(&root, class));
        assert_eq!(counts, [2 + 2, 1 + 1, 1 + 1, 2 + 1, 1 + 1, 1]);
        let fills: Vec<_> =
            root.elements().filter_map(|part| part.child("rect")?.attribute("fill")).collect();
        assert_eq!(fills[..2], COLORS[..2], "the legend has the colors of the owners");
        assert!(fills.contains(&"none"));
    }

    #[test]
    fn ids_are_text_and_nothing_is_fetched() {
        let svg = Picture::of(&family()).svg().unwrap();
        assert!(svg.contains("&lt;&amp;\"gone\"") && !svg.contains("<&"));
        let namespace = "http://www.w3.org/2000/svg";
        assert!(["href", "@import", "script", "image"].iter().all(|word| !svg.contains(word)));
        assert_eq!(svg.matches("url(").count(), svg.matches("url(#arrow)").count());
        assert_eq!(svg.matches("://").count(), svg.matches(namespace).count());
    }

    #[test]
    fn what_a_purge_removes_is_crossed_out_and_says_why() {
        let graph = family();
        let purge = Purge::of(&graph, &Owners::from_iter(["nurse"]), Spread::Whole).unwrap();
        let svg = Picture::of_purge(&purge).svg().unwrap();
        assert!(svg.contains("removed: its index `ward` names"));
        // Nobody stays: the child misses its ward, and the visit extends a closed case. One more in the legend.
        assert_eq!(svg.matches("class=\"id goes\"").count(), 3 + 1);
    }

    #[test]
    fn an_empty_graph_is_a_legend() {
        let svg = Picture::of(&GraphBuilder::default().build()).svg().unwrap();
        assert!(Element::read(&svg).is_ok());
    }
}
