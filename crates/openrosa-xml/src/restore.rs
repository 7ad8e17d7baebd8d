//! A restore: the whole stream of transactions for one user.
//!
//! [`RestoreReader`] reads it item by item from anything that can be read; [`RestoreParser`] does the same from pieces that
//! are pushed into it as they arrive. Memory follows the largest item, not the restore.
//!
//! ```
//! use openrosa_xml::restore::{RestoreItem, RestoreReader};
//!
//! let restore = r#"<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="3">
//!   <message nature="ota_restore_success">Welcome back, Amina</message>
//!   <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
//!   <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01"><close/></case>
//! </OpenRosaResponse>"#;
//!
//! let mut cases = 0;
//! for item in RestoreReader::new(restore.as_bytes()) {
//!     match item?.value {
//!         RestoreItem::SyncToken(token) => assert_eq!(token.restore_id().as_deref(), Some("0f3c")),
//!         RestoreItem::Case(_) => cases += 1,
//!         _ => {}
//!     }
//! }
//! assert_eq!(cases, 1);
//! # Ok::<(), openrosa_xml::restore::RestoreError>(())
//! ```
//!
//! An item is what stands directly below the root, whatever the root is called. A restore that is cut is an error: peers take
//! the part for the whole, and lose the rest without a word.

mod item;
mod parser;
mod reader;
mod strict;
mod tags;
#[cfg(test)]
mod tests;
mod token;
mod window;
mod writer;

pub use item::RestoreItem;
pub use parser::{Next, RestoreParser};
pub use reader::{RestoreError, RestoreReader};
pub use strict::{Refusal, RefusalKind, Strict};
pub use token::{Progress, SyncToken};
pub use writer::{CaseWriter, Opening, RestoreWriteError, RestoreWriter, Version};

use crate::position::Span;

/// An item and the bytes it took up in the document.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a value and its place are all there is")]
pub struct Located<T> {
    /// The item.
    pub value: T,
    /// Where it stood.
    pub span: Span,
}
