//! How long a server may say nothing. A clock that is wound up for each request rouses the runtime each time; one that goes on
//! is only set forward.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use tokio::runtime::{self, Handle};
use tokio::time::{Instant, Sleep, sleep};

use super::READ;
use super::going::Last;

/// The clocks that nobody needs at the moment. They belong to their runtime, and go with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks(Arc<Mutex<Vec<(runtime::Id, Clock)>>>);

type Clock = Pin<Box<Sleep>>;

/// One at work: from the last that was heard of a server. It goes back when it is not needed any more.
pub(super) struct Silence {
    /// It strikes no later than the silence has lasted too long, and is set forward where it struck too early: mostly nobody is
    /// silent for so long.
    clock: Option<Clock>,
    heard: Instant,
    runtime: runtime::Id,
    home: Clocks,
}

/// It has lasted too long.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum TooLong {
    /// The head of the answer was not there. Some of it may have been: only all of it shows.
    #[error("no whole answer in {} seconds", .0.as_secs())]
    Head(Duration),
    #[error("the server was silent for {} seconds", READ.as_secs())]
    Body,
}

impl Clocks {
    /// Begins to listen.
    pub(super) fn begin(&self) -> Silence {
        let runtime = Handle::current().id();
        let spare = {
            let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            spare.retain(|(of, _)| *of == runtime);
            spare.pop()
        };
        let clock = spare.map_or_else(|| Box::pin(sleep(READ)), |(_, clock)| clock);
        let mut silence = Silence { clock: Some(clock), heard: Instant::now(), runtime, home: self.clone() };
        silence.heard();
        silence
    }
}

impl Silence {
    fn heard(&mut self) {
        self.heard = Instant::now();
        let too_long = self.heard + READ;
        // It may have been set for a request that takes longer.
        if let Some(clock) = self.clock.as_mut().filter(|clock| clock.deadline() > too_long) {
            clock.as_mut().reset(too_long);
        }
    }

    /// Ready when it is later than `until` says at that time.
    fn poll_until(&mut self, cx: &mut Context<'_>, until: impl Fn() -> Instant) -> Poll<()> {
        let Some(clock) = &mut self.clock else { return Poll::Pending };
        loop {
            ready!(clock.as_mut().poll(cx));
            let until = until();
            if until <= Instant::now() {
                return Poll::Ready(());
            }
            clock.as_mut().reset(until);
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let too_long = self.heard + READ;
        self.poll_until(cx, || too_long)
    }

    /// Goes on for as long as the request does, and says how long it was waited for in vain.
    fn poll_going(&mut self, cx: &mut Context<'_>, last: &Last) -> Poll<Duration> {
        let too_long = self.heard + READ;
        ready!(self.poll_until(cx, || last.until().unwrap_or(too_long)));
        Poll::Ready(if last.until().is_some() { last.patience() } else { READ })
    }

    /// Waits for an answer to a request of which a piece went last then.
    pub(super) async fn until<T>(
        &mut self,
        answer: impl Future<Output = T>,
        last: &Last,
    ) -> Result<T, TooLong> {
        let mut answer = pin!(answer);
        let answered = poll_fn(|cx| match answer.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            Poll::Pending => self.poll_going(cx, last).map(|patience| Err(TooLong::Head(patience))),
        });
        let answered = answered.await;
        self.heard();
        answered
    }

    /// What comes after that, piece by piece.
    pub(super) fn between<T>(
        mut self,
        mut pieces: impl Stream<Item = io::Result<T>> + Unpin,
    ) -> impl Stream<Item = io::Result<T>> {
        futures_util::stream::poll_fn(move |cx| match pieces.poll_next_unpin(cx) {
            Poll::Ready(piece) => {
                self.heard();
                Poll::Ready(piece)
            }
            Poll::Pending => {
                let late = || io::Error::new(io::ErrorKind::TimedOut, TooLong::Body);
                self.poll(cx).map(|()| Some(Err(late())))
            }
        })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let spare = self.clock.take().map(|clock| (self.runtime, clock));
        self.home.0.lock().unwrap_or_else(PoisonError::into_inner).extend(spare);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::stream;
    use http_body_util::BodyExt as _;

    use super::super::WRITE;
    use super::super::going::Going;
    use super::*;
    use crate::transport::Body;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_for_too_long_is_given_up() {
        let clocks = Clocks::default();
        let began = Instant::now();
        let late = clocks.begin().until(pending::<()>(), &Last::new(WRITE)).await.unwrap_err();
        assert_eq!(late.to_string(), "no whole answer in 60 seconds");
        assert_eq!(began.elapsed().as_secs(), READ.as_secs());
        let mut body = pin!(clocks.begin().between(stream::pending::<io::Result<()>>()));
        let late = body.next().await.unwrap().unwrap_err();
        assert_eq!((late.kind(), began.elapsed().as_secs()), (io::ErrorKind::TimedOut, 2 * READ.as_secs()));
    }

    /// Each piece begins a silence of its own, however long the whole takes.
    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_no_silent_one() {
        let slow = stream::unfold(0, |number| async move {
            sleep(READ - Duration::from_secs(1)).await;
            (number < 5).then_some((Ok(number), number + 1))
        });
        let clocks = Clocks::default();
        let mut silence = clocks.begin();
        silence.until(ready(()), &Last::new(WRITE)).await.unwrap();
        let pieces: Vec<_> = silence.between(Box::pin(slow)).collect().await;
        assert_eq!(pieces.into_iter().collect::<io::Result<Vec<_>>>().unwrap(), [0, 1, 2, 3, 4]);
    }

    /// A request takes as long as its line is slow; one of which nothing goes any more is given up.
    #[tokio::test(start_paused = true)]
    async fn a_request_that_goes_is_waited_for() {
        let (clocks, began) = (Clocks::default(), Instant::now());
        for stands_still in [false, true] {
            let last = Last::new(WRITE);
            let mut going = Going::new(Body::from(vec![0; 100_000]), last.clone());
            let answer = async {
                while let Some(piece) = going.frame().await {
                    piece.unwrap();
                    sleep(WRITE - Duration::from_secs(1)).await;
                }
                if stands_still {
                    pending::<()>().await;
                }
            };
            let late = clocks.begin().until(answer, &last).await.err().map(|late| late.to_string());
            assert_eq!(late.as_deref(), stands_still.then_some("no whole answer in 180 seconds"));
        }
        // Seven pieces, twice; and after the last piece the rest of its patience.
        assert_eq!(began.elapsed().as_secs(), 14 * (WRITE.as_secs() - 1) + 1);
    }

    /// Who sent for long waits for an answer no longer than anybody else.
    #[tokio::test(start_paused = true)]
    async fn a_slow_request_gives_nobody_more_time_to_answer() {
        let (clocks, last) = (Clocks::default(), Last::new(WRITE));
        // The clock is then set for a request that would go on.
        let mut going = Going::new(Body::from(vec![0; 10_000]), last.clone());
        let answer = async {
            while let Some(piece) = going.frame().await {
                piece.unwrap();
                sleep(READ + Duration::from_secs(1)).await;
            }
        };
        let mut silence = clocks.begin();
        silence.until(answer, &last).await.unwrap();
        let answered = Instant::now();
        let mut body = pin!(silence.between(stream::pending::<io::Result<()>>()));
        assert_eq!(body.next().await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(answered.elapsed().as_secs(), READ.as_secs());
    }

    /// One who asks one thing after the other needs one clock, and one runtime's is of no use to another.
    #[test]
    fn clocks_are_used_again_where_they_go() {
        let clocks = Clocks::default();
        let count = || clocks.0.lock().unwrap().len();
        for _ in 0..2 {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                for _ in 0..3 {
                    clocks.begin().until(ready(()), &Last::new(WRITE)).await.unwrap();
                    assert_eq!(count(), 1);
                }
                let both = [clocks.begin(), clocks.begin()];
                assert_eq!(count(), 0);
                drop(both);
                assert_eq!(count(), 2);
            });
        }
    }
}
