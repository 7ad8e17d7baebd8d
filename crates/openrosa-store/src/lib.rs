//! What OpenRosa parties keep: a [`device`] its outbox and its cases, a [`server`] submissions, cases and sync logs.
//!
//! An app on a phone or a laptop opens one file, a [`device::Database`]. In it are the forms that wait for their server and the
//! cases that its user works on, and whatever happens to the process or the power, both are whole.
//!
//! ```
//! use openrosa_http::client::restore::Restore;
//! use openrosa_store::device::{CaseQuery, Database, Effect, outbox::NewForm};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("amina.db");
//! let phone = Database::open(&path).await?;
//!
//! // What belongs on the phone comes from the server, whole or not at all.
//! let restore = "<OpenRosaResponse>
//!     <Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync>
//!     <case case_id='c1' date_modified='2024-05-01'>
//!       <create><case_type>patient</case_type><case_name>Juma</case_name><owner_id>u1</owner_id></create>
//!     </case>
//!   </OpenRosaResponse>";
//! phone.apply_restore(Restore::of(restore)).await?;
//!
//! // What is filled in takes effect at once, and waits for the server.
//! let visit = "<data xmlns='http://example.org/visit'>
//!     <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-02'>
//!       <update><village>Kibaha</village></update>
//!     </case>
//!     <meta xmlns='http://openrosa.org/jr/xforms'><instanceID>uuid:1</instanceID></meta>
//!   </data>";
//! phone.submit(&NewForm::new(visit)?, Effect::AtOnce).await?;
//!
//! let found = phone.cases(&CaseQuery::new().of_type("patient").with("village", "Kibaha"), 50).await?;
//! assert_eq!(found.cases[0].name, "Juma");
//! assert_eq!(phone.outbox().counts().await?.waiting, 1);
//! # Ok(()) }
//! ```
//!
//! [`Database::sync`](device::Database::sync) is the whole conversation with a server: the forms go, what is new comes. Its parts
//! are there by themselves: [`outbox`](device::outbox), [`apply_restore`](device::Database::apply_restore) and, by a token,
//! [`apply_restore_since`](device::Database::apply_restore_since), [`purge`](device::Database::purge),
//! [`state_hash`](device::Database::state_hash). What forms and restores do to cases is the business of `openrosa-case`, by the
//! rules of the device; how they travel, that of `openrosa-http`.
//!
//! Either half is a feature by itself. An app takes `default-features = false, features = ["device"]`, and has neither PostgreSQL nor
//! object stores nor an HTTP server in it; its transport is `openrosa-http`'s feature `hyper`, or its own.
//!
//! # What is not here
//!
//! The file is not encrypted: that is for the device's disk. Files of cases are kept as addresses and not fetched. Historical
//! forms in a restore (ota-restore.md 2.11) are passed over. Several users of one phone have a file each. Other processes are
//! not told of changes; they can ask for the [`version`](device::Database::version). Nothing here runs by itself: when to send and
//! to sync is the app's decision. Nor is there a runtime: all of it is called within one of Tokio that has clock and network
//! (`enable_all`), also from an app that has no other use for one.

#[cfg(feature = "device")]
pub mod device;
mod error;
mod head;
mod lock;
#[cfg(test)]
mod migrations;
mod private;
#[cfg(feature = "server")]
pub mod server;

pub use error::Error;
