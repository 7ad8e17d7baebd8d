//! What OpenRosa parties keep.
//!
//! The half of a [`device`] is here: an app opens one file, and has in it the forms that wait for their server and the cases
//! that its user works on.

pub mod device;
mod error;
mod lock;

pub use error::Error;
