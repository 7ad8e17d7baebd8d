//! Telling whoever listens in this process.

use tokio::sync::broadcast::{Receiver, Sender};

/// How much waits for a listener that is busy; of more, the oldest is lost to it.
const BACKLOG: usize = 256;

/// What is told of one kind.
#[derive(Clone)]
pub(super) struct Voice<T>(Sender<T>);

impl<T: Clone> Voice<T> {
    pub(super) fn new() -> Self {
        Self(Sender::new(BACKLOG))
    }

    pub(super) fn tell(&self, what: impl Into<Option<T>>) {
        if let Some(what) = what.into() {
            // That nobody listens is no failure.
            drop(self.0.send(what));
        }
    }

    pub(super) fn listen(&self) -> Receiver<T> {
        self.0.subscribe()
    }
}
