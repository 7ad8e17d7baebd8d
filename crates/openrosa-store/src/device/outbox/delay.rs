//! How long to wait before the next attempt.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

/// Twice as long each time, up to half an hour; to that comes as much again at most, by chance, so that devices which were
/// refused together do not come back together.
const DELAYS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(15))
    .with_factor(2.0)
    .with_max_delay(Duration::from_secs(30 * 60))
    .without_max_times()
    .with_jitter();
/// By then it has long been the longest.
const ENOUGH: u32 = 16;
/// No calendar need hold what a server may ask for.
const LONGEST: TimeDelta = TimeDelta::days(10_000);

/// The moment of the next attempt after so many, at least as late as the server wants it.
pub(in crate::device) fn next(
    now: DateTime<FixedOffset>,
    attempts: u32,
    wanted: Option<Duration>,
) -> DateTime<Utc> {
    let before = attempts.clamp(1, ENOUGH) - 1;
    let delay = DELAYS.build().nth(before as usize).unwrap_or_default();
    let delay = TimeDelta::from_std(delay.max(wanted.unwrap_or_default())).unwrap_or(LONGEST).min(LONGEST);
    let next = now.to_utc().checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC);
    // Kept in microseconds, where less than one would be an earlier moment.
    next.checked_add_signed(TimeDelta::microseconds(1)).unwrap_or(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(attempts: u32, wanted: Option<u64>) -> TimeDelta {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap().fixed_offset();
        next(now, attempts, wanted.map(Duration::from_secs)) - now.to_utc()
    }

    #[test]
    fn delays_double_and_are_spread() {
        for (attempts, least) in [(0, 15), (1, 15), (2, 30), (3, 60), (8, 1800), (9, 1800), (u32::MAX, 1800)]
        {
            let delays: Vec<_> = (0..50).map(|_| after(attempts, None)).collect();
            let range = TimeDelta::seconds(least)..=TimeDelta::seconds(2 * least + 1);
            assert!(delays.iter().all(|delay| range.contains(delay)), "{attempts}: {delays:?}");
            assert!(delays.iter().any(|delay| *delay != delays[0]), "{attempts}: all at once");
        }
    }

    /// `Retry-After` is honored on 429 and 503, and wherever else it is said.
    #[test]
    fn a_server_is_left_alone_as_long_as_it_wants() {
        assert!(after(1, Some(3600)) >= TimeDelta::hours(1));
        assert!(after(9, Some(1)) >= TimeDelta::minutes(30), "less than our own delay is no reason to hurry");
        assert!(after(1, Some(u64::MAX)) >= TimeDelta::days(10_000));
    }
}
