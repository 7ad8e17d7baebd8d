//! What is done to its end, whoever waits for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tracing::Instrument as _;

/// Work that goes on by itself where its sender hangs up: a server drops the answer then, and with it all that waits behind it. It
/// becomes a task of its own only then.
pub(crate) struct Whole<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> Whole<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Whole<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Nothing is left of work that is done, or that panics in here.
        let Some(mut work) = self.0.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            self.0 = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Whole<T> {
    fn drop(&mut self) {
        if let Some(work) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(work.in_current_span());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;

    use tokio::sync::Notify;
    use tokio::time::{Duration, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_any_more_is_done_all_the_same() {
        let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (at, end) = (Arc::clone(&go), Arc::clone(&done));
        let mut work = Whole::new(async move {
            at.notified().await;
            end.notify_one();
        });
        assert!(poll_fn(|cx| Poll::Ready(Pin::new(&mut work).poll(cx))).await.is_pending());
        drop(work);
        go.notify_one();
        timeout(Duration::from_secs(1), done.notified()).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_done_while_it_is_waited_for_is_no_task() {
        let is_task = Whole::new(async { tokio::task::try_id() }).await;
        assert_eq!(is_task, tokio::task::try_id());
    }
}
