//! The REST APIs of CommCare HQ: typed, paged, throttled, resumable.
//!
//! Every open case of a type, page by page, gone on with where it ended (feature `reqwest`):
//!
//! ```no_run
//! use commcare_hq::{Client, cases, paging::Window, site::Site, throttle::{Limiter, Rates}};
//! use openrosa_http::auth::{ApiKey, Secret};
//! use openrosa_http::transport::reqwest::Reqwest;
//!
//! # async fn export() -> Result<(), Box<dyn std::error::Error>> {
//! let site = Site::parse("https://www.commcarehq.org/a/riverside/")?;
//! let key = ApiKey::new("ada@example.org", Secret::new(std::env::var("HQ_KEY")?));
//! let hq = Client::new(Reqwest::new()?, site).api_key(key).limiter(Limiter::new(Rates::promised(125)));
//!
//! let open = cases::List::new().case_type("client").closed(false).limit(1000);
//! let mut cases = match std::fs::read("checkpoint.json") {
//!     Ok(written) => Window::resumed(&hq, open, serde_json::from_slice(&written)?)?,
//!     Err(_) => Window::new(&hq, open)?,
//! };
//! while let Some(page) = cases.next_page().await? {
//!     for case in &page {
//!         println!("{} {:?}", case.case_id.as_str(), case.case_name);
//!     }
//!     std::fs::write("checkpoint.json", serde_json::to_vec(cases.state())?)?;
//! }
//! # Ok(()) }
//! ```
//!
//! A call is a value with a request and an answer in plain `http` types ([`endpoint::Endpoint`]); [`Client::call`] carries it,
//! [`Client::walk`] follows its pages, [`Client::download`] streams a file. A transport is a closure, so a test plays the server.

pub mod account;
pub mod applications;
pub mod attachments;
pub mod bulk_upload;
pub mod cases;
pub mod cases_v1;
pub mod client;
pub mod endpoint;
pub mod error;
pub mod exports;
mod filters;
pub mod forms;
pub mod groups;
pub mod locations;
pub mod lookup_tables;
pub mod paging;
pub mod reports;
pub mod site;
pub mod submissions;
pub mod throttle;
pub mod users;
pub mod values;
pub mod web_users;

pub use client::Client;
pub use error::Error;
