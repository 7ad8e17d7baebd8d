//! What was asked in each window, kept in grains, so that memory does not grow with the count.

use std::collections::VecDeque;
use std::time::Duration;

use super::Rates;

/// A window is kept in so many parts: recovery is gradual, as it is on the server.
const GRAINS: u32 = 20;

/// The five windows.
#[derive(Debug)]
pub(super) struct Book {
    windows: [Window; 5],
}

#[derive(Debug)]
struct Window {
    length: Duration,
    most: u64,
    grains: VecDeque<Grain>,
}

#[derive(Debug)]
struct Grain {
    begin: Duration,
    count: u64,
}

impl Book {
    pub(super) fn new(rates: Rates) -> Self {
        const HOUR: u64 = 3600;
        let window = |seconds, most| Window::new(Duration::from_secs(seconds), most);
        Self {
            windows: [
                window(1, rates.second),
                window(60, rates.minute),
                window(HOUR, rates.hour),
                window(24 * HOUR, rates.day),
                window(7 * 24 * HOUR, rates.week),
            ],
        }
    }

    /// Counts a request at `now`, or says how long it has to wait. All windows count it, or none.
    pub(super) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let wait = self.windows.iter_mut().map(|window| window.wait(now)).max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait);
        }
        for window in &mut self.windows {
            window.count(now);
        }
        Ok(())
    }
}

impl Window {
    /// A fraction of a request is none, but one request there must be.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is meant"
    )]
    fn new(length: Duration, most: f64) -> Self {
        Self { length, most: most.floor().max(1.0) as u64, grains: VecDeque::new() }
    }

    fn grain(&self) -> Duration {
        self.length / GRAINS
    }

    /// When what was counted in a grain is counted no more: its last request is a window old.
    fn end(&self, grain: &Grain) -> Duration {
        grain.begin + self.grain() + self.length
    }

    fn wait(&mut self, now: Duration) -> Duration {
        while self.grains.front().is_some_and(|oldest| self.end(oldest) <= now) {
            self.grains.pop_front();
        }
        let mut counted: u64 = self.grains.iter().map(|grain| grain.count).sum();
        for grain in &self.grains {
            if counted < self.most {
                break;
            }
            counted -= grain.count;
            if counted < self.most {
                return self.end(grain).saturating_sub(now);
            }
        }
        Duration::ZERO
    }

    fn count(&mut self, now: Duration) {
        if self.most == u64::MAX {
            return;
        }
        let grain = self.grain();
        match self.grains.back_mut().filter(|newest| now < newest.begin + grain) {
            Some(newest) => newest.count += 1,
            None => self.grains.push_back(Grain { begin: now, count: 1 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// When the requests of somebody who never waits longer than he must are made.
    fn moments(rates: Rates, requests: usize, idle: &[u64]) -> Vec<Duration> {
        let mut book = Book::new(rates);
        let mut now = Duration::ZERO;
        let mut made = Vec::new();
        for at in 0..requests {
            now += Duration::from_millis(idle.get(at % idle.len().max(1)).copied().unwrap_or(0));
            while let Err(wait) = book.take(now) {
                assert!(!wait.is_zero());
                now += wait;
            }
            made.push(now);
        }
        made
    }

    fn most_within(moments: &[Duration], length: Duration) -> usize {
        let within =
            |from: &Duration| moments.iter().filter(|at| *at >= from && **at < *from + length).count();
        moments.iter().map(within).max().unwrap_or_default()
    }

    proptest! {
        /// H-017: seconds, minutes, hours, days and weeks are windows: no span of such a length holds more.
        #[test]
        fn no_span_holds_more_than_its_window(
            limits in prop::array::uniform5(1_u32..20),
            idle in prop::collection::vec(0_u64..100_000_000, 1..5),
        ) {
            let [second, minute, hour, day, week] = limits.map(f64::from);
            let made = moments(Rates { second, minute, hour, day, week }, 120, &idle);
            for (length, most) in [1, 60, 3600, 86_400, 604_800].into_iter().zip(limits) {
                prop_assert!(most_within(&made, Duration::from_secs(length)) <= most as usize);
            }
        }
    }

    #[test]
    fn a_full_window_is_used_to_nearly_its_whole() {
        let made = moments(Rates { minute: 100.0, ..Rates::UNLIMITED }, 1000, &[0]);
        let took = made.last().unwrap().as_secs();
        assert!((540..=600).contains(&took), "{took}");
    }
}
