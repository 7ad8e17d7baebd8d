//! The OpenRosa HTTP protocol: one set of types for clients and servers.
//!
//! A client in ten lines (feature `hyper`):
//!
//! ```no_run
//! use openrosa_http::api::submission::{Attachment, Request};
//! use openrosa_http::client::Verdict;
//! use openrosa_http::{Client, transport};
//!
//! # async fn send() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(transport::hyper::Hyper::new()?).device_id("collect:AbC123");
//! let form = Request::new(std::fs::read("visit.xml")?).attach(Attachment::file("1.jpg", "photos/1.jpg")?)?;
//! let outcome = client.submit(&"https://odk.example/submission".parse()?, &form).await;
//! match outcome.map_or_else(|error| error.verdict(), |receipt| receipt.verdict()) {
//!     Verdict::Delivered => println!("the copy may go"),
//!     Verdict::TryAgain { after } => println!("the server does not have it; try again after {after:?}"),
//!     Verdict::Refused => println!("a person must look at it"),
//!     Verdict::Unknown => println!("keep the copy and send it again"),
//! }
//! # Ok(()) }
//! ```
//!
//! Submissions of a form that has a public key are encrypted, and those that arrived so are decrypted, by the module
//! `encryption` (feature `encryption`).
//!
//! What is not here, on purpose: no queue and no retrying (that is an outbox's work, with the
//! [`Verdict`](client::Verdict) for its advice) but of a restore that the server is still making, no cookies, no login
//! forms, no credentials in addresses. Of CommCare HQ's addresses for phones (ota-restore.md 1.1), `case_restore/` is for its own
//! servers only, which sign what they ask, and `case_fixture/` and `get_next_id/` are not known well enough to be asked.

pub mod api;
pub mod auth;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "encryption")]
pub mod encryption;
#[cfg(feature = "client")]
pub mod error;
pub mod headers;
#[cfg(feature = "client")]
pub mod multipart;
pub mod peer;
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
