//! How long a sender is waited for, who may be silent for a while, and slow for a while.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use super::{Limits, Pace};

/// That long, as far as clocks can tell: a setting may be [`Duration::MAX`], of which no clock can say when it is over.
pub(crate) fn tellable(time: Duration) -> Duration {
    const FAR_AWAY: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    time.min(FAR_AWAY)
}

/// The moment that long from now.
pub(crate) fn from_now(time: Duration) -> Instant {
    Instant::now() + tellable(time)
}

/// What is left of it for one sender. It wears out only while the sender is waited for: what the server takes for its own work
/// is not held against anybody.
pub(crate) struct Patience {
    idle: Duration,
    pace: Option<Pace>,
    /// How long the sender may fall short of its pace still.
    slack: Duration,
    /// Nothing had come yet, and it was looked again at once.
    looked_again: bool,
    since: Option<Instant>,
    clock: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub(crate) fn new(limits: &Limits) -> Self {
        let slack = limits.pace.map_or(Duration::MAX, |pace| pace.slack);
        let (idle, pace) = (limits.idle, limits.pace);
        Self { idle, pace, slack, looked_again: false, since: None, clock: None }
    }

    /// That many bytes came. They earn the time that they may take, but nobody saves up more than there was at first.
    pub(crate) fn heard(&mut self, bytes: usize) {
        let waited = self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        let Some(pace) = &self.pace else { return };
        let left = self.slack.saturating_sub(waited);
        self.slack = left.saturating_add(pace.time_for(bytes)).min(pace.slack);
    }

    /// Ready when there is none left. A small body is there as soon as it is asked for; no clock is wound up for it.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !std::mem::replace(&mut self.looked_again, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let left = self.idle.min(self.slack);
        let clock = self.clock.get_or_insert_with(|| Box::pin(sleep(left)));
        if self.since.is_none() {
            self.since = Some(Instant::now());
            clock.as_mut().reset(from_now(left));
        }
        clock.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::num::NonZeroU32;

    use tokio::time::{advance, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn patience(pace: Option<Pace>) -> Patience {
        Patience::new(&Limits { pace, ..Limits::default() })
    }

    fn usual() -> Patience {
        patience(Some(Pace::default()))
    }

    /// After how long it ended, if these came, each after that many seconds.
    async fn ended(mut patience: Patience, came: impl IntoIterator<Item = (u32, usize)>) -> Option<Duration> {
        let begun = Instant::now();
        for (after, bytes) in came {
            if timeout(SECOND * after, poll_fn(|cx| patience.poll_end(cx))).await.is_ok() {
                return Some(begun.elapsed());
            }
            patience.heard(bytes);
        }
        None
    }

    fn every(seconds: u32, bytes: usize) -> impl Iterator<Item = (u32, usize)> {
        std::iter::repeat_n((seconds, bytes), 20_000)
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_ends_after_its_slack() {
        let drip = ended(usual(), every(5, 1)).await.unwrap();
        assert!((60..62).contains(&drip.as_secs()), "{drip:?}");
        let half = ended(usual(), every(1, 50)).await.unwrap();
        assert!((118..122).contains(&half.as_secs()), "half of the pace wears it out half as fast: {half:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_the_pace_is_waited_for_however_long_it_takes() {
        assert_eq!(ended(usual(), every(1, 100)).await, None);
        // A bad line stalls again and again, and is quick in between.
        let stalls = [(55, 1_000), (1, 3_000), (1, 3_000)];
        assert_eq!(ended(usual(), stalls.into_iter().cycle().take(300)).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quick_beginning_buys_no_slow_end() {
        let then_slow = [(1, 50_000_000)].into_iter().chain(every(5, 1));
        assert!(ended(usual(), then_slow).await.unwrap() < SECOND * 65);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_pace_only_silence_ends_it() {
        assert_eq!(ended(patience(None), every(59, 1)).await, None);
        assert_eq!(ended(patience(None), every(61, 1)).await, Some(SECOND * 60));
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_server_takes_for_itself_is_not_held_against_the_sender() {
        let mut patience = usual();
        for _ in 0..100 {
            assert!(timeout(SECOND, poll_fn(|cx| patience.poll_end(cx))).await.is_err());
            patience.heard(100);
            advance(SECOND * 300).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn any_pace_and_any_length_is_a_time() {
        let quick = Pace { rate: NonZeroU32::MAX, slack: SECOND };
        assert_eq!(ended(patience(Some(quick)), every(1, 1)).await, Some(SECOND));
        let slow = Pace { rate: NonZeroU32::MIN, slack: SECOND * 2 };
        assert_eq!(ended(patience(Some(slow)), every(1, usize::MAX)).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_all_the_time_there_is_can_be_waited_for() {
        let pace = Pace { slack: Duration::MAX, ..Pace::default() };
        let limits = Limits { idle: Duration::MAX, pace: Some(pace), ..Limits::default() };
        assert_eq!(ended(Patience::new(&limits), every(1_000, 1).take(10)).await, None);
    }

    /// What is there is taken without a clock, and without a second look at one.
    #[tokio::test]
    async fn no_clock_is_wound_up_for_what_is_there() {
        let mut patience = usual();
        patience.heard(1_000);
        let first = poll_fn(|cx| Poll::Ready(patience.poll_end(cx))).await;
        patience.heard(1_000);
        assert!(first.is_pending() && patience.clock.is_none());
        let second = poll_fn(|cx| Poll::Ready(patience.poll_end(cx))).await;
        assert!(second.is_pending() && patience.clock.is_some(), "who keeps us waiting is timed");
    }
}
