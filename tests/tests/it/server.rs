//! The server's store, on both engines: what it makes of forms, what it sends to devices, what it survives.
#![expect(clippy::unwrap_used, reason = "helpers of tests state their expectations as tests do")]

mod site;

mod agreement;
mod answers;
mod backup;
mod claims;
mod collation;
mod edits;
mod extensions;
mod forms;
mod hanging_up;
mod hostile;
mod kept;
mod kills;
mod looking;
mod phones;
mod places;
mod quarantine;
mod restores;
mod rules;
mod same_as_in_memory;
mod several;
mod together;
mod users;
mod wire;
mod written;

pub(crate) use site::Site;
