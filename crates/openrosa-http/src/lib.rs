//! The OpenRosa HTTP protocol: one set of types for clients and servers.

pub mod api;
pub mod auth;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
pub mod error;
pub mod headers;
#[cfg(feature = "client")]
pub mod multipart;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "client")]
pub mod split;
#[cfg(feature = "client")]
pub mod transport;

#[cfg(feature = "client")]
pub use client::Client;

/// The operating system gave no random bytes.
pub use getrandom::Error as RandomError;
