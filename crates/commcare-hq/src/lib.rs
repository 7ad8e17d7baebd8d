//! The REST APIs of CommCare HQ: typed, paged, throttled, resumable.
//!
//! Every open case of a type, page by page, gone on with where it ended (feature `hyper`):
//!
//! ```no_run
//! use commcare_hq::{Client, cases, paging::Window, site::Site, throttle::{Limiter, Rates}};
//! use openrosa_http::auth::{ApiKey, Secret};
//! use openrosa_http::transport::hyper::Hyper;
//!
//! # async fn export() -> Result<(), Box<dyn std::error::Error>> {
//! let site = Site::parse("https://www.commcarehq.org/a/riverside/")?;
//! let key = ApiKey::new("ada@example.org", Secret::new(std::env::var("HQ_KEY")?));
//! let hq = Client::new(Hyper::new()?, site).api_key(key).limiter(Limiter::new(Rates::promised(125)));
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
//!
//! # The rows of HQ's page, and their calls
//!
//! | row | call |
//! |---|---|
//! | R1 Submission | [`Client::submit`] of a [`submissions::Submission`] |
//! | R2 Bulk Upload | [`bulk_upload::Upload`], [`Client::wait_for_import`] |
//! | R3 User Creation | [`users::Create`], [`Client::create_worker`] |
//! | R4 User Edit | [`users::Update`], [`Client::merge_worker`], [`users::PasswordMail`] |
//! | R5 User Delete | [`users::Delete`] |
//! | R6 User Registration | [`registration::NewUser`], [`Client::register`]; inert at HQ, which makes no account of it any more |
//! | R7 OTA Restore | [`Client::openrosa`], whose client restores |
//! | R8 Data Export | a. is gone; b. [`exports::Saved`]; c. [`exports::Feed`], [`exports::Metadata`]; d. [`exports::Exports`] |
//! | R9 Groups | [`groups`] |
//! | R10 Mobile Workers | [`users::List`], [`users::Get`], [`users::Search`] |
//! | R11 Web Users | [`web_users`] |
//! | R12 Locations | [`locations`] |
//! | R13 SMS Mobile Worker Registration | [`sms::Register`]; HQ has taken it away |
//! | R14 Send CommCare Install Info over SMS | [`sms::Reinstall`]; HQ has taken it away |
//! | R15 Cases | [`cases_v1::List`] |
//! | R16 Case data | [`cases`], [`cases_v1::Get`] |
//! | R17 Forms | [`forms::List`] |
//! | R18 Form data | [`forms::Get`] |
//! | R19 Application structure | [`applications::List`], [`applications::Get`] |
//! | R20 User Identity | [`account::Identity`] |
//! | R21 User Domain List | [`account::Domains`] |
//! | R22 Single Sign On | [`account::SignOn`] |
//! | R23 Form attachments | [`attachments::FormFile`] |
//! | R24 Case attachments | [`attachments::CaseFile`] |
//! | R25 Lookup table download | [`lookup_tables::Rows`], [`lookup_tables::Tables`], [`lookup_tables::Items`], and those of single ones |
//! | R26 Lookup table upload | [`lookup_tables::Upload`], [`lookup_tables::Poll`] |
//! | R27 Download a .ccz file | [`applications::Ccz`], [`applications::Downloads`] |
//! | R28 List Reports | [`reports::List`] |
//! | R29 Download Report Data | [`reports::Data`] |
//! | R30 Remaining tables | [`forwarding`], [`throttle`]; beside the page [`device_logs`], [`messaging`], [`data_sources`] |
//!
//! # What is not here
//!
//! No cookies and no login forms. No OAuth 2 flow: a token, and where a new one comes from, are the caller's. Nothing that changes
//! applications. Writes are not queued: that is an outbox's work. No limits are kept across processes.
//!
//! What an entry of a device log, a messaging event and a row of a data source hold is not known well enough to be typed, so they
//! come as JSON. The address of saved exports is the one of 2019; that of password mails is known in the current style only.

pub mod account;
pub mod applications;
pub mod attachments;
pub mod bulk_upload;
pub mod cases;
pub mod cases_v1;
pub mod client;
pub mod data_sources;
pub mod device_logs;
pub mod endpoint;
pub mod error;
pub mod exports;
mod filters;
pub mod forms;
pub mod forwarding;
pub mod groups;
pub mod locations;
pub mod lookup_tables;
pub mod messaging;
pub mod paging;
pub mod registration;
pub mod reports;
pub mod site;
pub mod sms;
pub mod submissions;
pub mod throttle;
pub mod users;
pub mod values;
pub mod web_users;

pub use client::Client;
pub use error::Error;
