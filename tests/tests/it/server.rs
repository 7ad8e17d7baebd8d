//! The server's store, on both engines: what it makes of forms, what it sends to devices, what it survives.
#![expect(clippy::unwrap_used, reason = "helpers of tests state their expectations as tests do")]

mod site;

mod backup;
mod claims;
mod forms;
mod kills;
mod looking;
mod restores;
mod same_as_in_memory;
mod together;
mod users;

pub(crate) use site::Site;
