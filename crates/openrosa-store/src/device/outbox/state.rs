//! Where a form stands.

use std::{fmt, str::FromStr};

/// Where a form stands on its way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an app has to have a word for each")]
pub enum State {
    /// It goes when it is due, no form ahead of it holds it back, and the outbox is not paused.
    Waiting,
    /// It is not sent, and a person has to look at it: the server will not have it as it is, or one of its files is not any more
    /// what it was.
    Quarantined,
    /// It is not sent, and a person has to look at it: the server has another form of this `instanceID`, perhaps from an earlier
    /// attempt.
    Conflict,
    /// The server has it. It is never sent again, and its bytes are not here any more.
    Delivered,
    /// A person gave it up. Its bytes are not here any more.
    Dropped,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Quarantined, Self::Conflict, Self::Delivered, Self::Dropped];

    /// The word for it, as in `quarantined`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Quarantined => "quarantined",
            Self::Conflict => "conflict",
            Self::Delivered => "delivered",
            Self::Dropped => "dropped",
        }
    }

    /// Whether nothing more becomes of it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Dropped)
    }

    /// Whether nothing becomes of it unless a person does something.
    #[must_use]
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Quarantined | Self::Conflict)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that is none for a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a form is waiting, quarantined, conflict, delivered or dropped")]
#[non_exhaustive]
pub struct NoState;

impl FromStr for State {
    type Err = NoState;

    fn from_str(word: &str) -> Result<Self, NoState> {
        Self::ALL.into_iter().find(|state| state.word() == word).ok_or(NoState)
    }
}
