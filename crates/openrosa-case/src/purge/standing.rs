//! Reasons.

use crate::graph::{CaseGraph, Link};

/// Whether a case stays, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a case stays or goes")]
pub enum Standing {
    /// It stays.
    Kept(Kept),
    /// It goes.
    Removed(Removed),
}

/// Why a case is live. Following the links leads to one that is so by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the rules of case-xml.md 5.1")]
pub enum Kept {
    /// It is owned, open and available: no extension, or the extension of an available case.
    Owned,
    /// A live case indexes it as a child.
    ParentOf(Link),
    /// A live case extends it.
    HostOf(Link),
    /// It is open and extends a live case.
    ExtensionOf(Link),
}

impl Kept {
    /// The same for a person who knows cases by their ids.
    #[must_use]
    pub fn in_words(self, graph: &CaseGraph<'_>) -> String {
        let source = |link| graph.id(graph.source(link));
        match self {
            Self::Owned => "owned, open and available".into(),
            Self::ParentOf(link) => format!("live `{}` indexes it as `{}`", source(link), graph.name(link)),
            Self::HostOf(link) => format!("live `{}` extends it as `{}`", source(link), graph.name(link)),
            Self::ExtensionOf(link) => {
                format!("open, and extends live `{}` as `{}`", graph.id(graph.target(link)), graph.name(link))
            }
        }
    }
}

/// Why a case goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Removed {
    /// It indexes a case that is not there.
    MissingTarget(Link),
    /// It indexes a case that goes because of a missing target.
    IndexesRemoved(Link),
    /// It is closed, and nothing live indexes it.
    Closed,
    /// It is open and somebody else's; nothing live indexes it, and it extends nothing live.
    Foreign,
    /// It is open and owned, but an extension of cases none of which is available, nor live.
    Unavailable,
}

/// A standing in words.
pub(super) fn sentence(graph: &CaseGraph<'_>, standing: Option<Standing>) -> String {
    match standing {
        None => "not there".into(),
        Some(Standing::Kept(kept)) => format!("kept: {}", kept.in_words(graph)),
        Some(Standing::Removed(removed)) => format!("removed: {}", why_removed(graph, removed)),
    }
}

fn why_removed(graph: &CaseGraph<'_>, removed: Removed) -> String {
    let target = |link| format!("its index `{}` names `{}`", graph.name(link), graph.id(graph.target(link)));
    match removed {
        Removed::MissingTarget(link) => format!("{}, which is not there", target(link)),
        Removed::IndexesRemoved(link) => format!("{}, which is removed for a missing target", target(link)),
        Removed::Closed => "closed, and nothing live indexes it".into(),
        Removed::Foreign => "somebody else's, and tied to nothing live".into(),
        Removed::Unavailable => "owned, but an extension of nothing available or live".into(),
    }
}
