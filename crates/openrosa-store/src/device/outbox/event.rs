//! What happens in the outbox, for whoever shows it.

use chrono::{DateTime, Utc};
use tokio::sync::broadcast;

use super::Pause;

/// How many events wait for a listener that is busy; of more, the oldest are lost to it.
const BACKLOG: usize = 256;

/// What has happened. It lasts: each is told after the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A form is in the outbox.
    Added {
        /// Its number.
        number: i64,
    },
    /// A form is about to be sent.
    Attempt {
        /// Its number.
        number: i64,
    },
    /// The server has a form.
    Delivered {
        /// Its number.
        number: i64,
    },
    /// The server does not have a form, or nobody knows, and it is sent again.
    Waiting {
        /// Its number.
        number: i64,
        /// Not before this moment.
        until: DateTime<Utc>,
    },
    /// The server will not have a form as it is, or a file of it has changed: a person has to look at it.
    Quarantined {
        /// Its number.
        number: i64,
    },
    /// The server has another form of that `instanceID`: a person has to look at it.
    Conflict {
        /// Its number.
        number: i64,
    },
    /// A person wants a form tried again.
    Retried {
        /// Its number.
        number: i64,
    },
    /// A person gave a form up.
    Dropped {
        /// Its number.
        number: i64,
    },
    /// Nothing is sent for now.
    Paused(Pause),
    /// The pause was lifted.
    Resumed,
}

/// The events of this process.
#[derive(Clone)]
pub(in crate::device) struct Posted(broadcast::Sender<Event>);

impl Default for Posted {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl Posted {
    pub(super) fn tell(&self, event: Event) {
        // That nobody listens is no failure.
        let _ = self.0.send(event);
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}
