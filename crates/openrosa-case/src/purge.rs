//! Which cases a device keeps and which it may drop, each with its reason.

mod owners;
mod rounds;
mod standing;
mod walk;

pub use owners::Owners;
pub use standing::{Kept, Removed, Standing};
pub(crate) use walk::Walk;

use crate::graph::{CaseGraph, Cycle, Node};

/// How far liveness spreads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Spread {
    /// Until nothing changes, as the rules have it.
    #[default]
    Whole,
    /// Twice up and down, as the reference device does: a bound its code calls a short-term fix.
    ///
    /// It shows where owned chains of extensions alternate: of L→B←C→D←E→F←G, all of them extensions and L owned, F and G
    /// go although they are live; E then lacks its host and goes at the next purge. (case-xml.md 5.2, trap T-28.)
    TwoRounds,
}

/// What a purge would do: nothing is removed here, that is up to who holds the cases.
///
/// A device purges before each sync. It keeps exactly the live cases of case-xml.md 5.1: what is owned and available, what
/// a live case indexes, what is open and extends a live case. Cases that index a missing one go before, with everything that
/// indexes them.
///
/// *Spec:* case-xml.md 5.2, ota-restore.md 3.8.
///
/// ```
/// use openrosa_case::{graph::{GraphBuilder, Relationship}, purge::{Kept, Owners, Purge, Spread, Standing}};
///
/// let mut cases = GraphBuilder::default();
/// let child = cases.case("child", "nurse", true);
/// cases.index(child, "parent", "mother", Relationship::Child);
/// cases.case("mother", "nurse", false);
/// cases.case("stranger", "somebody else", true);
/// let graph = cases.build();
///
/// let purge = Purge::of(&graph, &Owners::from_iter(["nurse"]), Spread::Whole)?;
/// assert_eq!(purge.removed().map(|case| graph.id(case)).collect::<Vec<_>>(), ["stranger"]);
/// let mother = graph.case("mother").unwrap();
/// assert!(matches!(purge.standing(mother), Some(Standing::Kept(Kept::ParentOf(_)))));
/// assert_eq!(purge.why(mother), "kept: live `child` indexes it as `parent`");
/// # Ok::<(), openrosa_case::graph::Cycle>(())
/// ```
#[derive(Clone, Debug)]
pub struct Purge<'g, 'a> {
    walk: Walk<'g, 'a>,
}

impl<'g, 'a> Purge<'g, 'a> {
    /// Works it out in time linear in cases and indices. Cases that index each other in a circle are an error, and nothing
    /// is to be purged then; a circle that falls with a missing target is none.
    pub fn of(graph: &'g CaseGraph<'a>, owners: &Owners, spread: Spread) -> Result<Self, Cycle> {
        let mut walk = Walk::new(graph, owners);
        walk.fall_with_missing_targets();
        if let Some(cycle) = graph.cycle_among(|node| walk.takes_part(node)) {
            return Err(cycle);
        }
        match spread {
            Spread::Whole => walk.live_by_the_rules(),
            Spread::TwoRounds => walk.live_in_two_rounds(),
        }
        Ok(Self { walk })
    }

    /// What was purged.
    #[must_use]
    pub const fn graph(&self) -> &'g CaseGraph<'a> {
        self.walk.graph
    }

    /// The cases that stay, in the order of the graph.
    pub fn kept(&self) -> impl Iterator<Item = Node> {
        self.graph().cases().filter(|node| self.walk.is_live(node.0))
    }

    /// The cases that go, in the order of the graph.
    pub fn removed(&self) -> impl Iterator<Item = Node> {
        self.graph().cases().filter(|node| !self.walk.is_live(node.0))
    }

    /// Whether a case of this id is there and stays. The ledgers of any other are without a case, and go (S-045).
    #[must_use]
    pub fn keeps(&self, id: &str) -> bool {
        self.graph().case(id).is_some_and(|node| self.walk.is_live(node.0))
    }

    /// Why a case stays or goes; `None` for what is not there.
    #[must_use]
    pub fn standing(&self, node: Node) -> Option<Standing> {
        self.walk.standing(node)
    }

    /// The same in words.
    #[must_use]
    pub fn why(&self, node: Node) -> String {
        standing::sentence(self.graph(), self.standing(node))
    }
}
