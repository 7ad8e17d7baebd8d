//! How old a nonce is, and which of its counts were used.

use std::time::{Duration, SystemTime};

/// How long a nonce is good for, as in ODK Aggregate.
pub(super) const LIFETIME: Duration = Duration::from_secs(1800);

/// What is signed in a nonce.
#[derive(Clone, Copy, Debug)]
pub(super) struct Minted {
    /// Every nonce has its own.
    pub(super) number: u64,
    /// In seconds since 1970.
    pub(super) at: u64,
}

impl Minted {
    /// One from the future is expired too: the clock was set back, and nobody knows how old it is.
    pub(super) fn has_expired(self, now: SystemTime) -> bool {
        seconds(now).checked_sub(self.at).is_none_or(|age| age > LIFETIME.as_secs())
    }
}

/// Since 1970; a clock before that is at its start.
pub(super) fn seconds(now: SystemTime) -> u64 {
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Which counts of one nonce were seen: the highest, and which of the 63 below it, as requests overtake each other.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) minted: Minted,
    highest: u32,
    seen: u64,
}

impl Use {
    pub(super) fn of(minted: Minted) -> Self {
        Self { minted, highest: 0, seen: 0 }
    }

    /// Whether this count is new. An answer without a count is the only one its nonce is good for.
    pub(super) fn count(&mut self, nc: Option<(&[u8], u32)>) -> bool {
        let Some((_, nc)) = nc else {
            let first = self.highest == 0;
            (self.highest, self.seen) = (u32::MAX, u64::MAX);
            return first;
        };
        if nc > self.highest {
            self.seen = self.seen.checked_shl(nc - self.highest).unwrap_or(0) | 1;
            self.highest = nc;
            return true;
        }
        let bit = 1_u64.checked_shl(self.highest - nc).unwrap_or(0);
        let new = nc > 0 && bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}
