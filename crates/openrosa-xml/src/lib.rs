//! OpenRosa and CommCare Case XML documents: read them, look into them, build them, write them.
//!
//! A health worker's phone sends a filled-in form, an XML *instance*; inside it *case blocks* create, update, close and link
//! cases. This crate turns such documents into values and back. It does no I/O, starts no thread, reads no clock and draws
//! no random number (but for two conveniences behind the features `clock` and `random`).
//!
//! # Reading
//!
//! ```
//! use openrosa_xml::Instance;
//!
//! let form = r#"<data xmlns="http://example.org/visit">
//!   <weight>12</weight>
//!   <n0:case xmlns:n0="http://commcarehq.org/case/transaction/v2" case_id="c-1" date_modified="2024-05-01">
//!     <n0:update><n0:weight>12</n0:weight></n0:update>
//!   </n0:case>
//!   <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1</orx:instanceID></orx:meta>
//! </data>"#;
//!
//! let instance = Instance::read(form)?;
//! assert_eq!(instance.instance_id().unwrap().trimmed(), "uuid:1");
//! for found in instance.cases() {
//!     let update = found.block.update().unwrap();
//!     assert_eq!(update.property("weight").unwrap().value.text(), "12");
//! }
//! # Ok::<(), openrosa_xml::ReadError>(())
//! ```
//!
//! Reading is neutral: any well-formed document within the [`Limits`] reads, however wrong it is as a submission. Absent,
//! blank and removed stay distinct, dates keep their text, actions keep their order. Only malformed XML and exceeded limits
//! stop a read, and a [`ReadError`] says at which line, column and element. Values borrow from the document wherever they
//! stand there as they are; `into_owned` cuts them loose. Bytes become text with [`xml::decode`].
//!
//! # Writing
//!
//! Every value writes itself back, but for blank forms; [`build`] makes new submissions that every known reader accepts.
//!
//! # The modules, in reading order
//!
//! [`case`] and [`instance`] are what it is about; [`envelope`] is what a server answers. [`build`] is the way to new
//! documents. [`form_list`], [`manifest`], [`integrity`], [`briefcase`] and [`encrypted`] are the small documents around
//! a submission, [`geopoint`] is a kind of answer. [`restore`], [`fixture`], [`ledger`] and [`registration`] are what a device
//! downloads, [`key_records`] what locks it there. [`check`] says what is wrong with any of them. [`xform`] is a blank form, [`casedb`] what a form sees of cases. [`ids`],
//! [`time`] and [`text`] are their vocabulary, [`xml`] the layer below, [`position`], [`limits`] and [`error`] what every reader
//! shares. The feature `json` adds `json`, forms and cases as CommCare HQ shows them; with `serde`, values serialize.
//!
//! # What is not here
//!
//! Nothing is encrypted or decrypted, and no hash of a file is computed. No document types, no entities beyond XML's
//! five: on purpose and for good. What a document *does* to cases is not this crate's business.

pub mod briefcase;
pub mod build;
pub mod case;
pub mod casedb;
pub mod check;
pub mod document;
pub mod encrypted;
pub mod envelope;
pub mod error;
pub mod fixture;
pub mod form_list;
pub mod geopoint;
pub mod hash;
pub mod ids;
pub mod instance;
pub mod integrity;
#[cfg(feature = "json")]
pub mod json;
pub mod key_records;
pub mod ledger;
pub mod limits;
pub mod manifest;
pub mod ns;
pub mod position;
pub mod profile;
pub mod registration;
pub mod restore;
#[cfg(feature = "serde")]
mod serialize;
pub mod state_hash;
pub mod text;
pub mod time;
pub mod xform;
pub mod xml;

pub use case::CaseBlock;
pub use casedb::CaseDb;
pub use encrypted::EncryptedSubmission;
pub use envelope::Envelope;
pub use error::{ReadError, ReadErrorKind, WriteError};
pub use form_list::FormList;
pub use geopoint::Geopoint;
pub use hash::FileHash;
pub use ids::{CaseId, DeviceId, FormId, InstanceId, OwnerId, UserId};
pub use instance::{FormKey, Instance};
pub use integrity::Integrity;
pub use key_records::KeyRecords;
pub use limits::Limits;
pub use manifest::Manifest;
pub use position::{Mark, Position, Span};
pub use profile::Profile;
pub use state_hash::StateHash;
pub use text::Text;
pub use time::{Moment, Timestamp, TimestampError};
pub use xform::XForm;
