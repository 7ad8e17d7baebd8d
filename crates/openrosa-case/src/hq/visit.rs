//! In which order CommCare HQ meets the elements of a form.

use std::collections::{BTreeSet, HashMap};

use openrosa_xml::xml::{Event, Reader};

/// The way down to an element: at each level where the first sibling of its name stands, and where it stands itself.
pub(super) type Way = Vec<[u32; 2]>;

/// Where the elements that begin at these offsets come in the JSON of the form, which gathers repeated elements where the
/// first of them stands: A, B, A is visited as A, A, B.
///
/// *Spec:* case-xml.md 1.12.
pub(super) fn ways(source: &str, wanted: &BTreeSet<u64>) -> HashMap<u64, Way> {
    let (mut found, mut way) = (HashMap::new(), Way::new());
    let mut open = vec![Siblings::default()];
    let mut reader = Reader::new(source);
    // What cannot be read was refused before.
    while let Ok(Some(event)) = reader.next() {
        match event {
            Event::Start(start) => {
                way.extend(open.last_mut().map(|siblings| siblings.place(start.name.local_name())));
                open.push(Siblings::default());
                if wanted.contains(&start.offset) {
                    found.insert(start.offset, way.clone());
                }
            }
            Event::End => {
                open.pop();
                way.pop();
            }
            Event::Text(_) => {}
        }
    }
    found
}

/// The children of an element so far.
#[derive(Default)]
struct Siblings {
    count: u32,
    first: HashMap<String, u32>,
}

impl Siblings {
    fn place(&mut self, name: &str) -> [u32; 2] {
        let own = self.count;
        self.count += 1;
        match self.first.get(name) {
            Some(first) => [*first, own],
            None => {
                self.first.insert(name.to_owned(), own);
                [own, own]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_comes_where_the_first_of_it_stands() {
        let source = "<r><a><x/></a><b><x/></b><a><x/><y/><x/></a></r>";
        let wanted: BTreeSet<u64> = source.match_indices("<x").map(|(at, _)| at as u64).collect();
        let ways = ways(source, &wanted);
        let mut visited: Vec<_> = wanted.into_iter().collect();
        visited.sort_by_key(|at| &ways[at]);
        assert_eq!(visited, [6, 28, 36, 17]);
    }
}
