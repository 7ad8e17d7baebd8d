//! What Case XML transactions do to the state of cases, as the device does it and as CommCare HQ does it.
//!
//! A health worker's phone and its server both hold *cases*; forms and restores carry *transactions* that change them:
//! case blocks, stock, users, lookup data. The two programs that define the field's practice fold the same transactions into
//! different states in some fifty places. This crate does either, says what has changed, and says where they part.
//!
//! ```
//! use chrono::DateTime;
//! use openrosa_case::{apply, change::Change, device::DeviceForm, store::Memory};
//! use openrosa_xml::Instance;
//!
//! let now = DateTime::parse_from_rfc3339("2024-05-01T12:00:00+02:00")?;
//! let mut phone = Memory::new();
//!
//! let form = Instance::read(
//!     "<data xmlns='http://example.org/visit'>
//!        <n0:case xmlns:n0='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-01'>
//!          <n0:create>
//!            <n0:case_type>patient</n0:case_type><n0:case_name>Amina</n0:case_name><n0:owner_id>amy</n0:owner_id>
//!          </n0:create>
//!          <n0:update><n0:village>Kibaha</n0:village></n0:update>
//!        </n0:case>
//!      </data>",
//! )?;
//! let applied = apply::apply(&mut phone, &mut DeviceForm::new(&form, now))?;
//! assert!(matches!(&applied.changes[0], Change::Created(case) if case.case_id.as_str() == "c1"));
//! assert_eq!(phone.get("c1").unwrap().read("village", *now.offset()), "Kibaha");
//!
//! // A form that cannot be applied changes nothing, and the error says what stands in the way.
//! let form = Instance::read(
//!     "<data xmlns='http://example.org/visit'>
//!        <case case_id='c1' date_modified='2024-05-02'><close/></case>
//!        <case case_id='c2' date_modified='2024-05-02'><close/></case>
//!      </data>",
//! )?;
//! let error = apply::apply(&mut phone, &mut DeviceForm::new(&form, now)).unwrap_err();
//! assert_eq!(error.to_string(), "case `c2` is not known, so `close` cannot be applied");
//! assert!(!phone.get("c1").unwrap().closed);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The modules, in reading order
//!
//! [`case`], [`ledger`], [`user`] and [`form`] are what is kept, [`store`] how a host keeps it. [`device`] and [`hq`] are what
//! can be done on either side, [`apply`] does it, [`change`] and [`error`] say how it went. [`differences`] names every rule
//! on which the two part; [`diverge`] tells, of a history of forms, where that shows. [`graph`] is who indexes whom;
//! [`purge`] what a device drops, [`live`] what a server selects, each with its reasons; [`picture`] draws it. [`hash`] and
//! [`sync`] are how the two agree on what a device holds, and what a restore must bring.
//!
//! # What is not here
//!
//! No I/O, no thread, no clock, no random number: moments and fresh ids are arguments. Files of cases are names, not bytes.
//! The bulk parser of the device, which an app can opt in to, is not followed (case-xml.md 3.6). A group of questions called
//! `case` is no block: the device refuses the form for it, and CommCare HQ sees no block below it (1.12), which `check` tells
//! and nothing here heeds. Of the sync log, CommCare HQ's own bookkeeping after each form (5.5) has a better one in its place.

pub mod case;
pub mod form;
pub mod ledger;
pub mod user;

pub mod store;

pub mod apply;
pub mod change;
pub mod device;
pub mod error;
pub mod hq;

pub mod differences;
pub mod diverge;
mod rules;

pub mod graph;
pub mod hash;
pub mod live;
pub mod picture;
pub mod purge;
pub mod sync;

#[cfg(test)]
mod scenario;

pub use case::Case;
pub use change::{Applied, Change};
pub use differences::Difference;
pub use error::{ApplyError, ApplyErrorKind};
