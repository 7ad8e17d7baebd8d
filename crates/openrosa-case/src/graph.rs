//! Who indexes whom: a picture of many cases that forgets everything but owners, open and closed, and indices.

mod builder;
mod cycle;
mod names;
mod order;
mod queries;

pub use builder::GraphBuilder;
pub use cycle::Cycle;
pub(crate) use names::number;

use names::Names;

/// A case of one graph, by its number there; or the target of an index that no case of the graph has for its id.
///
/// Numbers count from 0 in the order in which ids were first mentioned to the [`GraphBuilder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub(crate) u32);

/// An index of one graph, by its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub(crate) u32);

/// What a case is to the target of its index.
///
/// *Wire:* `@relationship` of a child of `index`. *Spec:* case-xml.md 1.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "no third relationship exists in either reference")]
pub enum Relationship {
    /// It keeps its target in scope.
    Child,
    /// It leaves scope with its target.
    Extension,
}

impl Relationship {
    /// The one of this name: whatever is not `extension` behaves as a child, on the device too.
    #[must_use]
    pub fn named(name: &str) -> Self {
        if name == "extension" { Self::Extension } else { Self::Child }
    }
}

/// Cases, their owners, whether they are open, and their indices.
///
/// Ids, owners and names of indices are borrowed; beyond them a case takes some sixty bytes (most of it so that it is found by
/// its id) and an index 21. Several indices of one case to one target count as one: a child if any of them is, else an
/// extension. The others are [shadowed](Self::is_shadowed).
///
/// *Spec:* case-xml.md 5.1.
///
/// ```
/// use openrosa_case::graph::{GraphBuilder, Relationship};
///
/// let mut cases = GraphBuilder::default();
/// let child = cases.case("child", "nurse", true);
/// cases.index(child, "parent", "mother", Relationship::Child);
/// cases.case("mother", "nurse", false);
/// let graph = cases.build();
///
/// let mother = graph.case("mother").unwrap();
/// assert_eq!(graph.children(mother).collect::<Vec<_>>(), [child]);
/// assert!(!graph.is_open(mother));
/// ```
#[derive(Clone, Debug)]
pub struct CaseGraph<'a> {
    ids: Names<'a>,
    owners: Names<'a>,
    names: Names<'a>,
    flags: Vec<u8>,
    owner_of: Vec<u32>,
    /// Where the indices of each case begin in what follows, and after the last one where they end.
    starts: Vec<u32>,
    targets: Vec<u32>,
    sources: Vec<u32>,
    name_of: Vec<u32>,
    kinds: Vec<u8>,
    /// Where the indices to each case begin in `incoming`.
    incoming_starts: Vec<u32>,
    incoming: Vec<u32>,
    /// The sources of these, so that walks do not have to look them up; marked where the index makes an extension.
    incoming_sources: Vec<Source>,
}

/// A case by the index that it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source(u32);

impl Source {
    const EXTENSION: u32 = 1 << 31;

    const fn new(node: u32, is_extension: bool) -> Self {
        Self(if is_extension { node | Self::EXTENSION } else { node })
    }

    pub(crate) const fn node(self) -> u32 {
        self.0 & !Self::EXTENSION
    }

    /// Whether it is one, after the indices to one target were merged.
    pub(crate) const fn is_extension(self) -> bool {
        self.0 & Self::EXTENSION != 0
    }
}

/// A case of this id is there; otherwise it is only the target of an index.
pub(crate) const STORED: u8 = 1;
pub(crate) const OPEN: u8 = 2;
/// Has an index, not shadowed, by which it extends a case that is there.
pub(crate) const EXTENDS: u8 = 4;

const EXTENSION: u8 = 1;
/// Another index of the same case has the same target and is the one that counts.
const SHADOWED: u8 = 2;

/// The numbers of links, in the order of their sources.
type Links = std::ops::Range<u32>;

impl<'a> CaseGraph<'a> {
    /// The number of nodes: cases, and missing targets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flags.len()
    }

    /// Whether there is no case and no index.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty()
    }

    /// The case of this id, if it is there.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<Node> {
        self.ids.get(id).map(Node).filter(|&node| self.is_stored(node))
    }

    /// All cases, in the order in which their ids were first mentioned.
    pub fn cases(&self) -> impl DoubleEndedIterator<Item = Node> {
        self.nodes().filter(|&node| self.is_stored(node))
    }

    /// What is indexed and not there, in the order in which it was first mentioned.
    pub fn missing(&self) -> impl DoubleEndedIterator<Item = Node> {
        self.nodes().filter(|&node| !self.is_stored(node))
    }

    fn nodes(&self) -> impl DoubleEndedIterator<Item = Node> + use<> {
        (0..number(self.flags.len())).map(Node)
    }

    /// The id.
    #[must_use]
    pub fn id(&self, node: Node) -> &'a str {
        self.ids.text(node.0)
    }

    /// Whether a case of this id is there.
    #[must_use]
    pub fn is_stored(&self, node: Node) -> bool {
        self.has(node.0, STORED)
    }

    /// Whether the case is there and open.
    #[must_use]
    pub fn is_open(&self, node: Node) -> bool {
        self.has(node.0, OPEN)
    }

    /// The owner; `None` for a missing target.
    #[must_use]
    pub fn owner(&self, node: Node) -> Option<&'a str> {
        self.is_stored(node).then(|| self.owners.text(self.owner_of[node.0 as usize]))
    }

    /// Whether the case extends one that is there, by an index that counts.
    #[must_use]
    pub fn extends(&self, node: Node) -> bool {
        self.has(node.0, EXTENDS)
    }

    /// Each owner once, in the order in which they were first mentioned.
    pub fn owners(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.owners.iter()
    }

    /// All indices, grouped by the case that has them.
    pub fn links(&self) -> impl DoubleEndedIterator<Item = Link> + use<> {
        (0..number(self.targets.len())).map(Link)
    }

    /// The case that has the index.
    #[must_use]
    pub fn source(&self, link: Link) -> Node {
        Node(self.sources[link.0 as usize])
    }

    /// What the index points to.
    #[must_use]
    pub fn target(&self, link: Link) -> Node {
        Node(self.targets[link.0 as usize])
    }

    /// The name of the index, such as `parent`.
    #[must_use]
    pub fn name(&self, link: Link) -> &'a str {
        self.names.text(self.name_of[link.0 as usize])
    }

    /// The relationship as it was given.
    #[must_use]
    pub fn relationship(&self, link: Link) -> Relationship {
        match self.kinds[link.0 as usize] & EXTENSION {
            0 => Relationship::Child,
            _ => Relationship::Extension,
        }
    }

    /// Whether another index of the same case to the same target counts instead.
    #[must_use]
    pub fn is_shadowed(&self, link: Link) -> bool {
        self.kinds[link.0 as usize] & SHADOWED != 0
    }

    /// The indices that a case has, by target.
    pub fn indices(&self, node: Node) -> impl DoubleEndedIterator<Item = Link> + use<> {
        self.outgoing(node.0).map(Link)
    }

    /// The indices that point to a case.
    pub fn indices_to(&self, node: Node) -> impl DoubleEndedIterator<Item = Link> {
        self.incoming(node.0).iter().copied().map(Link)
    }

    pub(crate) fn outgoing(&self, node: u32) -> Links {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    pub(crate) fn incoming(&self, node: u32) -> &[u32] {
        &self.incoming[self.incoming_places(node)]
    }

    /// The cases that index this one, as often as they do.
    pub(crate) fn sources_to(&self, node: u32) -> &[Source] {
        &self.incoming_sources[self.incoming_places(node)]
    }

    /// The targets of a case, as often as it indexes them.
    pub(crate) fn targets_of(&self, node: u32) -> &[u32] {
        let Links { start, end } = self.outgoing(node);
        &self.targets[start as usize..end as usize]
    }

    fn incoming_places(&self, node: u32) -> std::ops::Range<usize> {
        let starts = &self.incoming_starts[node as usize..][..2];
        starts[0] as usize..starts[1] as usize
    }

    /// What is known of each node by itself.
    pub(crate) fn flags(&self) -> &[u8] {
        &self.flags
    }

    /// The index of one case to another, the one that counts before others.
    pub(crate) fn links_between(&self, source: u32, target: u32) -> impl Iterator<Item = Link> {
        self.outgoing(source).filter(move |&link| self.target_of(link) == target).map(Link)
    }

    pub(crate) fn source_of(&self, link: u32) -> u32 {
        self.sources[link as usize]
    }

    pub(crate) fn target_of(&self, link: u32) -> u32 {
        self.targets[link as usize]
    }

    /// Whether the index makes an extension of its source, after those to one target were merged.
    pub(crate) fn is_extension(&self, link: u32) -> bool {
        self.kinds[link as usize] == EXTENSION
    }

    fn has(&self, node: u32, flag: u8) -> bool {
        self.flags[node as usize] & flag != 0
    }

    pub(crate) fn owner_number(&self, node: u32) -> u32 {
        self.owner_of[node as usize]
    }
}
