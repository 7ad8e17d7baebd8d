//! From cases in any order to compact lists.

use super::{
    CaseGraph, EXTENDS, EXTENSION, Names, Node, OPEN, Relationship, SHADOWED, STORED, Source, number,
};

/// Takes cases and indices in any order.
#[derive(Clone, Debug, Default)]
pub struct GraphBuilder<'a> {
    ids: Names<'a>,
    owners: Names<'a>,
    names: Names<'a>,
    flags: Vec<u8>,
    owner_of: Vec<u32>,
    links: Vec<Draft>,
}

/// An index before it has its place.
#[derive(Clone, Copy, Debug)]
struct Draft {
    source: u32,
    target: u32,
    name: u32,
    kind: u8,
}

impl<'a> GraphBuilder<'a> {
    /// With room for so many.
    #[must_use]
    pub fn with_capacity(cases: usize, indices: usize) -> Self {
        Self {
            ids: Names::with_capacity(cases),
            flags: Vec::with_capacity(cases),
            owner_of: Vec::with_capacity(cases),
            links: Vec::with_capacity(indices),
            ..Self::default()
        }
    }

    /// Adds a case. Of two with one id, the later one's owner and state hold.
    pub fn case(&mut self, id: &'a str, owner: &'a str, open: bool) -> Node {
        let node = self.node(id);
        let owner = self.owners.number(owner);
        self.flags[node as usize] = if open { STORED | OPEN } else { STORED };
        self.owner_of[node as usize] = owner;
        Node(node)
    }

    /// Adds an index of a case that this builder gave. The target may come later, or never.
    ///
    /// All indices given are taken to hold at once: a name that is set anew replaces the old index before, not here.
    pub fn index(&mut self, source: Node, name: &'a str, target: &'a str, relationship: Relationship) {
        let (target, name) = (self.node(target), self.names.number(name));
        let kind = if relationship == Relationship::Extension { EXTENSION } else { 0 };
        self.links.push(Draft { source: source.0, target, name, kind });
    }

    fn node(&mut self, id: &'a str) -> u32 {
        let node = self.ids.number(id);
        self.flags.resize(self.ids.len(), 0);
        self.owner_of.resize(self.ids.len(), 0);
        node
    }

    /// The graph of all that was added.
    #[must_use]
    pub fn build(self) -> CaseGraph<'a> {
        let Self { ids, owners, names, mut flags, owner_of, links } = self;
        let (starts, mut links) = grouped(links, flags.len(), |link| link.source);
        for ends in starts.windows(2) {
            settle(&mut links[ends[0] as usize..ends[1] as usize], &mut flags);
        }
        let order: Vec<u32> = (0..number(links.len())).collect();
        let (incoming_starts, incoming) = grouped(order, flags.len(), |&link| links[link as usize].target);
        let source = |&link: &u32| {
            let Draft { source, kind, .. } = links[link as usize];
            Source::new(source, kind == EXTENSION)
        };
        CaseGraph {
            incoming_sources: incoming.iter().map(source).collect(),
            targets: links.iter().map(|link| link.target).collect(),
            sources: links.iter().map(|link| link.source).collect(),
            name_of: links.iter().map(|link| link.name).collect(),
            kinds: links.iter().map(|link| link.kind).collect(),
            ids,
            owners,
            names,
            flags,
            owner_of,
            starts,
            incoming_starts,
            incoming,
        }
    }
}

/// Orders the indices of one case by target, and finds those that count: the first to each target, a child if any is.
fn settle(links: &mut [Draft], flags: &mut [u8]) {
    links.sort_by_key(|link| (link.target, link.kind));
    let mut before = None;
    for link in links {
        if before.replace(link.target) == Some(link.target) {
            link.kind |= SHADOWED;
        } else if link.kind == EXTENSION && flags[link.target as usize] & STORED != 0 {
            flags[link.source as usize] |= EXTENDS;
        }
    }
}

/// Groups items by a number below `groups`, keeping their order: where each group starts, one more for the end, and them.
fn grouped<T: Copy>(items: Vec<T>, groups: usize, group: impl Fn(&T) -> u32) -> (Vec<u32>, Vec<T>) {
    let mut starts = vec![0; groups + 1];
    for item in &items {
        starts[group(item) as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    if items.is_sorted_by_key(&group) {
        return (starts, items);
    }
    let mut next = starts.clone();
    let mut placed = items.clone();
    for item in items {
        let place = &mut next[group(&item) as usize];
        placed[*place as usize] = item;
        *place += 1;
    }
    (starts, placed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_group_keep_their_order() {
        let (starts, items) = grouped(vec![(2, 'a'), (0, 'b'), (2, 'c')], 4, |item| item.0);
        assert_eq!(starts, [0, 1, 1, 3, 3]);
        assert_eq!(items, [(0, 'b'), (2, 'a'), (2, 'c')]);
    }

    #[test]
    fn of_two_cases_with_one_id_the_later_one_holds() {
        let mut cases = GraphBuilder::with_capacity(1, 0);
        let first = cases.case("a", "x", false);
        assert_eq!(cases.case("a", "y", true), first);
        let graph = cases.build();
        assert_eq!((graph.len(), graph.owner(first), graph.is_open(first)), (1, Some("y"), true));
    }
}
