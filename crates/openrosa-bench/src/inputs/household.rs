//! Cases that index each other, for a purge.

use std::{
    fmt::{self, Write as _},
    io,
    ops::Range,
};

use openrosa_case::{
    graph::{CaseGraph, GraphBuilder, Relationship},
    purge::Owners,
};

use super::Random;

/// A case with its indices to cases that came before it.
#[derive(Clone, Debug)]
pub struct Household {
    id: String,
    owner: &'static str,
    open: bool,
    indices: Vec<(&'static str, usize, Relationship)>,
}

const MINE: &str = "nurse";

/// Whose cases stay.
#[must_use]
pub fn owners() -> Owners {
    Owners::from_iter([MINE])
}

impl Household {
    /// So many of them, with one and a half indices on average, to cases that lie anywhere.
    #[must_use]
    pub fn all(count: usize) -> Vec<Self> {
        let mut random = Random::new(11);
        (0..count).map(|before| Self::new(&mut random, 0..before)).collect()
    }

    /// So many of them, in households of eight that lie together and know only each other.
    #[must_use]
    pub fn together(count: usize) -> Vec<Self> {
        let mut random = Random::new(11);
        (0..count).map(|before| Self::new(&mut random, before - before % 8..before)).collect()
    }

    fn new(random: &mut Random, targets: Range<usize>) -> Self {
        // None to three: half of all cases have two, or one and three.
        let count = if targets.is_empty() { 0 } else { random.below(4) };
        let indices = (0..count).map(|at| {
            let (name, kind) = match random.one_in(4) {
                true => ("host", Relationship::Extension),
                false => (["parent", "mother", "household"][at as usize], Relationship::Child),
            };
            (name, targets.start + random.below(targets.len() as u64) as usize, kind)
        });
        let indices = indices.collect();
        Self { id: random.id(), owner: random.pick(&[MINE, "clinic", "-"]), open: !random.one_in(4), indices }
    }

    /// The id of the case.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The block by which a restore brings it.
    fn write(&self, all: &[Self], piece: &mut String) -> fmt::Result {
        let (id, owner) = (&self.id, self.owner);
        write!(
            piece,
            "<case case_id=\"{id}\" date_modified=\"2024-05-01T10:00:00.000000Z\" user_id=\"nurse\" \
             xmlns=\"http://commcarehq.org/case/transaction/v2\"><create><case_type>patient</case_type>\
             <case_name>Amina</case_name><owner_id>{owner}</owner_id></create><update><village>Kibaha</village>\
             <phone_number>+255755501234</phone_number></update>"
        )?;
        if !self.open {
            piece.push_str("<close/>");
        }
        piece.push_str("<index>");
        // Under names of their own: a case has one link of a name.
        for (place, (name, target, kind)) in self.indices.iter().enumerate() {
            let relationship = if *kind == Relationship::Extension { "extension" } else { "child" };
            let target = &all[*target].id;
            write!(
                piece,
                "<{name}_{place} case_type=\"household\" relationship=\"{relationship}\">{target}</{name}_{place}>"
            )?;
        }
        piece.push_str("</index></case>");
        Ok(())
    }

    /// A restore of them, made as it is read.
    #[must_use]
    pub fn restore(cases: &[Self]) -> impl io::Read {
        Blocks { cases, next: 0, piece: "<OpenRosaResponse>".to_owned(), read: 0 }
    }

    /// Their graph.
    #[must_use]
    pub fn graph(cases: &[Self]) -> CaseGraph<'_> {
        let mut graph = GraphBuilder::with_capacity(cases.len(), cases.len() * 3 / 2);
        for case in cases {
            let source = graph.case(&case.id, case.owner, case.open);
            for &(name, target, kind) in &case.indices {
                graph.index(source, name, &cases[target].id, kind);
            }
        }
        graph.build()
    }
}

/// The bytes of a restore of these cases.
struct Blocks<'h> {
    cases: &'h [Household],
    next: usize,
    /// What was made and not yet read.
    piece: String,
    read: usize,
}

impl Blocks<'_> {
    fn make(&mut self) {
        self.piece.clear();
        self.read = 0;
        match self.cases.get(self.next) {
            Some(case) => case.write(self.cases, &mut self.piece).expect("a string takes any text"),
            None if self.next == self.cases.len() => self.piece.push_str("</OpenRosaResponse>"),
            None => {}
        }
        self.next += 1;
    }
}

impl io::Read for Blocks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() && self.next <= self.cases.len() + 1 {
            let read = (&self.piece.as_bytes()[self.read..]).read(&mut buffer[filled..])?;
            self.read += read;
            filled += read;
            if self.read == self.piece.len() {
                self.make();
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_cases_have_some_fifteen_hundred_indices_and_no_circle() {
        let cases = Household::all(1_000);
        let graph = Household::graph(&cases);
        assert!((1_400..1_600).contains(&graph.links().count()));
        assert_eq!((graph.cases().count(), graph.missing().count()), (1_000, 0));
        assert_eq!(graph.cycle(), None);
    }

    #[test]
    fn those_that_lie_together_know_nobody_else() {
        let cases = Household::together(1_000);
        let targets = |case: &Household| case.indices.iter().map(|index| index.1).collect::<Vec<_>>();
        assert!((0..1_000).all(|at| targets(&cases[at]).iter().all(|target| target / 8 == at / 8)));
        let indices: usize = cases.iter().map(|case| targets(case).len()).sum();
        assert!((1_200..1_400).contains(&indices), "{indices}");
    }

    #[test]
    fn their_restore_brings_them_with_their_indices() {
        use openrosa_case::store::Memory;
        let cases = Household::all(1_000);
        let mut state = Memory::new();
        crate::suites::restore::apply_all(&mut state, Household::restore(&cases));
        assert_eq!(state.cases().len(), 1_000);
        let indices: usize = state.cases().map(|case| case.indices.len()).sum();
        assert_eq!(indices, Household::graph(&cases).links().count());
        assert_eq!(
            state.cases().filter(|case| case.closed).count(),
            cases.iter().filter(|case| !case.open).count()
        );
    }
}
