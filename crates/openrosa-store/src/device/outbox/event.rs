//! What happens in the outbox, for whoever shows it.

use chrono::{DateTime, Utc};

use super::Pause;

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
