//! How long a server may say nothing. A clock that is wound up for each request rouses the runtime each time; one that goes on
//! is only set forward.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt as _};
use tokio::runtime::{self, Handle};
use tokio::time::{Instant, Sleep, sleep};

use super::READ;

/// The clocks that nobody needs at the moment. They belong to their runtime, and go with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks(Arc<Mutex<Vec<(runtime::Id, Clock)>>>);

type Clock = Pin<Box<Sleep>>;

/// One at work: from the last that was heard of a server. It goes back when it is not needed any more.
pub(super) struct Silence {
    clock: Option<Clock>,
    runtime: runtime::Id,
    home: Clocks,
}

/// It has lasted too long.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the server was silent for {} seconds", READ.as_secs())]
pub(super) struct TooLong;

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
        let mut silence = Silence { clock: Some(clock), runtime, home: self.clone() };
        silence.heard();
        silence
    }
}

impl Silence {
    fn heard(&mut self) {
        if let Some(clock) = &mut self.clock {
            clock.as_mut().reset(Instant::now() + READ);
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<TooLong> {
        match &mut self.clock {
            Some(clock) => clock.as_mut().poll(cx).map(|()| TooLong),
            None => Poll::Pending,
        }
    }

    /// Waits for an answer.
    pub(super) async fn until<T>(&mut self, answer: impl Future<Output = T>) -> Result<T, TooLong> {
        let mut answer = pin!(answer);
        let answered = poll_fn(|cx| match answer.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            Poll::Pending => self.poll(cx).map(Err),
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
                self.poll(cx).map(|late| Some(Err(io::Error::new(io::ErrorKind::TimedOut, late))))
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

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_for_too_long_is_given_up() {
        let clocks = Clocks::default();
        let began = Instant::now();
        assert!(clocks.begin().until(pending::<()>()).await.is_err());
        assert_eq!(began.elapsed().as_secs(), READ.as_secs());
        let mut body = pin!(clocks.begin().between(stream::pending::<io::Result<()>>()));
        let late = body.next().await.unwrap().unwrap_err();
        assert_eq!((late.kind(), began.elapsed().as_secs()), (io::ErrorKind::TimedOut, 2 * READ.as_secs()));
    }

    /// Each piece begins a silence of its own, however long the whole takes.
    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_no_silent_one() {
        let slow = stream::unfold(0, |number| async move {
            sleep(READ - std::time::Duration::from_secs(1)).await;
            (number < 5).then_some((Ok(number), number + 1))
        });
        let clocks = Clocks::default();
        let mut silence = clocks.begin();
        silence.until(ready(())).await.unwrap();
        let pieces: Vec<_> = silence.between(Box::pin(slow)).collect().await;
        assert_eq!(pieces.into_iter().collect::<io::Result<Vec<_>>>().unwrap(), [0, 1, 2, 3, 4]);
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
                    clocks.begin().until(ready(())).await.unwrap();
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
