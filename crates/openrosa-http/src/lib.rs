//! The OpenRosa HTTP protocol: one set of types for clients and servers.

pub mod api;
pub mod auth;
pub mod headers;
#[cfg(feature = "client")]
pub mod multipart;
#[cfg(feature = "client")]
pub mod split;
#[cfg(feature = "client")]
pub mod transport;

/// The operating system gave no random bytes.
pub use getrandom::Error as RandomError;
