//! The place that a request takes among those that are answered at once.

use std::sync::{Arc, Mutex, PoisonError};

use http::Extensions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One place, and where those stand who have to leave it.
#[derive(Clone)]
pub(crate) struct Seat {
    taken: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
    porch: Arc<Semaphore>,
}

impl Seat {
    #[cfg_attr(not(feature = "operation"), expect(dead_code, reason = "nobody counts them then"))]
    pub(crate) fn new(taken: OwnedSemaphorePermit, porch: Arc<Semaphore>) -> Self {
        Self { taken: Arc::new(Mutex::new(Some(taken))), porch }
    }

    /// Makes room for another; `None` where it is full outside, too.
    fn leave(&self) -> Option<OwnedSemaphorePermit> {
        drop(self.taken.lock().unwrap_or_else(PoisonError::into_inner).take());
        Arc::clone(&self.porch).try_acquire_owned().ok()
    }
}

/// Where one stands who is not let in, and hears why.
pub(crate) struct Outside {
    _standing: Option<OwnedSemaphorePermit>,
}

impl Outside {
    /// Whose request has these extensions; `None` where there is no room outside. Who is not counted can always stand there.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        let standing = match extensions.get::<Seat>() {
            Some(seat) => Some(seat.leave()?),
            None => None,
        };
        Some(Self { _standing: standing })
    }
}
