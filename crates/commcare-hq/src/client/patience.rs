//! Which failures are worth another try, and when.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::HeaderMap;
use openrosa_http::headers::{RetryAfter, read_date};
use tokio::time::Instant;

use crate::endpoint::Effect;
use crate::error::{Error, Invalid};

/// How long a client goes on trying, and how it spaces its attempts.
///
/// A wait that the server asks for is kept to ([`RetryAfter`]); otherwise waits double. Either gets some more by chance, so that
/// many clients do not come back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "four spans of time, each for a person to set")]
pub struct Patience {
    /// After this, the last failure stands. Nothing is waited for beyond it.
    pub deadline: Duration,
    /// The shortest wait, whatever the server says.
    pub floor: Duration,
    /// The first wait after a connection failed or a gateway did.
    pub first: Duration,
    /// The first wait after 429 without a word on how long: most limits are by the minute.
    pub throttled: Duration,
}

impl Default for Patience {
    /// Ten minutes.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(600),
            floor: Duration::from_secs(1),
            first: Duration::from_secs(1),
            throttled: Duration::from_secs(20),
        }
    }
}

impl Patience {
    /// None at all: the first failure stands.
    pub const NONE: Self = Self {
        deadline: Duration::ZERO,
        floor: Duration::from_secs(1),
        first: Duration::from_secs(1),
        throttled: Duration::from_secs(1),
    };

    pub(crate) fn start(self) -> Trying {
        Trying { patience: self, since: Instant::now(), attempts: 0 }
    }

    /// The wait that these words of the server make, without what chance adds.
    fn least(self, told: Option<Duration>, throttled: bool, attempts: u32) -> Duration {
        let first = if throttled { self.throttled } else { self.first };
        let wait = told.unwrap_or_else(|| first.saturating_mul(1 << attempts.min(16)));
        wait.max(self.floor)
    }
}

/// Attempts at one request.
pub(crate) struct Trying {
    patience: Patience,
    since: Instant,
    attempts: u32,
}

impl Trying {
    /// How long to wait before the next attempt; `None` when this failure is the last word.
    pub(crate) fn next(&mut self, effect: Effect, error: &Error) -> Result<Option<Duration>, Error> {
        if !is_worth_it(effect, error) {
            return Ok(None);
        }
        let least = self.patience.least(error.retry_after(), error.is_rate_limited(), self.attempts);
        let wait = least.saturating_add(least.mul_f64(chance()? / 4.0));
        self.attempts += 1;
        let left = self.patience.deadline.saturating_sub(self.since.elapsed());
        Ok((wait <= left).then_some(wait))
    }
}

/// 429 is said before anything is done, so even a write may be sent again; as may what never got anywhere.
fn is_worth_it(effect: Effect, error: &Error) -> bool {
    match (effect, error.status()) {
        (_, Some(StatusCode::TOO_MANY_REQUESTS)) => true,
        (Effect::Read, Some(status)) => matches!(status.as_u16(), 502..=504),
        (Effect::Write, Some(_)) => false,
        (_, None) => error.is_transport() && !error.may_have_landed(),
    }
}

/// From 0 up to 1.
fn chance() -> Result<f64, Error> {
    let random = getrandom::u32().map_err(Invalid::Random)?;
    Ok(f64::from(random) / f64::from(u32::MAX))
}

/// How long the server is to be left alone. A date is by its own clock.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    RetryAfter::read(headers).map(|after| after.since(read_date(headers)).wait(now))
}

#[cfg(test)]
mod tests {
    use http::header::{DATE, RETRY_AFTER};

    use super::*;

    fn told(value: &str) -> Option<Duration> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_297_702_000);
        retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]), now)
    }

    /// H-014: `2.4` is a wait of at least 3 s, `0` one of the floor, and without the header waits double.
    #[test]
    fn waits_are_rounded_up_and_have_a_floor() {
        let patience = Patience::default();
        let seconds = |told, throttled, attempts| patience.least(told, throttled, attempts).as_secs();
        assert_eq!(seconds(told("2.4"), true, 0), 3);
        assert_eq!(seconds(told("0"), true, 5), 1);
        assert_eq!([0, 1, 2].map(|attempts| seconds(None, true, attempts)), [20, 40, 80]);
        assert_eq!([0, 1, 2].map(|attempts| seconds(None, false, attempts)), [1, 2, 4]);
        assert_eq!(seconds(None, true, u32::MAX), 20 << 16);
    }

    /// H-015: an HTTP date is understood.
    #[test]
    fn a_wait_may_be_a_date() {
        assert_eq!(told("Mon, 14 Feb 2011 16:48:15 GMT"), Some(Duration::from_secs(95)));
        // By the clock of the server, where it tells what that says.
        let dated = [(RETRY_AFTER, "Mon, 14 Feb 2011 16:48:15 GMT"), (DATE, "Mon, 14 Feb 2011 16:48:05 GMT")];
        let dated = dated.map(|(name, value)| (name, value.parse().unwrap()));
        assert_eq!(
            retry_after(&HeaderMap::from_iter(dated), SystemTime::UNIX_EPOCH),
            Some(Duration::from_secs(10))
        );
        for none in ["soon", "-1", "NaN"] {
            assert_eq!(told(none), None, "{none}");
        }
    }

    /// Whatever HQ asks for, it is asked again after a day (commcare-hq-api.md 6.3).
    #[test]
    fn a_wait_has_a_ceiling() {
        for longer in ["86401", "1e300", "Thu, 01 Jan 2065 00:00:00 GMT"] {
            assert_eq!(told(longer), Some(Duration::from_secs(86_400)), "{longer}");
        }
    }
}
