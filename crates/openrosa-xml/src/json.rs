//! Forms and cases as the JSON of CommCare HQ (feature `json`).
//!
//! CommCare HQ shows a received form as JSON, in its API and in what it forwards, under the key `form`: [`write_form`] makes
//! it, [`read_form`] makes a document of it again. [`CaseV1`] and [`CaseV2`] are its two shapes of a case.
//!
//! *Spec:* case-xml.md 8, 9.
//!
//! ```
//! use openrosa_xml::{json, xml::Element};
//! use serde_json::json;
//!
//! let form = Element::read("<data xmlns='urn:f'><kid><n>A</n></kid><kid><n>B</n></kid><at>2024-05-01T12:00+02</at></data>")?;
//! let shown = json::write_form(&form);
//! assert_eq!(shown, json!({
//!     "@xmlns": "urn:f",
//!     "kid": [{"n": "A"}, {"n": "B"}],
//!     "at": "2024-05-01T10:00:00.000000Z",
//!     "#type": "data",
//! }));
//! assert_eq!(json::read_form(&shown)?.elements().count(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod case;
mod form;
mod meta;
mod parse;
mod times;

pub use crate::time::normal_time;
pub use case::{AttachmentLink, CaseV1, CaseV2, IndexV1, IndexV2, PropertiesV1, ReverseIndex};
pub use form::{convert, write_form};
pub use meta::scrub_meta;
pub use parse::{FormJsonError, keeps_its_digits, read_form};
pub use times::normalize_times;
