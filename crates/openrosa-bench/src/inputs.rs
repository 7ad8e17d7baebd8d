//! What is read: documents that look like the field's and are the same at every run.

mod household;
mod random;
mod restore;
mod submission;

pub use household::{Household, owners};
use random::Random;
pub use restore::{Restore, Shape};
pub use submission::submissions;

use clap::ValueEnum;
use serde::Serialize;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "enough to see whether everything works, and enough to measure")]
pub enum Scale {
    /// A few megabytes, for seconds.
    Small,
    /// What the targets are stated for.
    Full,
}

impl Scale {
    /// The restore that is read.
    #[must_use]
    pub const fn restore(self) -> Shape {
        match self {
            Self::Small => Shape { cases: 3_000, ledgers: 150, fixtures: 1, fixture_bytes: 720_000 },
            Self::Full => Shape { cases: 100_000, ledgers: 5_000, fixtures: 24, fixture_bytes: 990_000 },
        }
    }

    /// A restore about nine times as large, to be streamed only. Its fixtures are no larger, only more.
    #[must_use]
    pub const fn large_restore(self) -> Shape {
        let Shape { cases, ledgers, fixtures, fixture_bytes } = self.restore();
        let times = 17;
        Shape { cases: cases * times / 2, ledgers, fixtures: fixtures * times / 2, fixture_bytes }
    }

    /// How many submissions and cases are looked at, a page at a time.
    #[must_use]
    pub const fn looked_at(self) -> (u64, u64) {
        match self {
            Self::Small => (10_000, 300_000),
            Self::Full => (100_000, 1_000_000),
        }
    }

    /// How many submissions are read.
    #[must_use]
    pub const fn submissions(self) -> usize {
        match self {
            Self::Small => 1_000,
            Self::Full => 200_000,
        }
    }

    /// How many cases are purged.
    #[must_use]
    pub const fn purged(self) -> usize {
        match self {
            Self::Small => 50_000,
            Self::Full => 1_000_000,
        }
    }

    /// How often each contender runs.
    #[must_use]
    pub const fn runs(self) -> usize {
        match self {
            Self::Small => 5,
            Self::Full => 7,
        }
    }
}
