//! Cases by the second version of their API: the one to use.
//!
//! What can be done here with JSON can be done with a form as well ([`Client::submit`](crate::Client::submit)), which keeps who
//! did it, when, and by which questions.

mod change;
mod fetch;
mod list;
mod moment;
mod selection;
mod view;
mod write;

pub use change::{Change, Target};
pub use fetch::{BulkFetch, Found, Get, GetExternal, Missing};
pub use list::List;
pub use moment::{Moment, Side};
pub use openrosa_xml::json::{CaseV2, IndexV2};
pub use view::CaseView;
pub use write::{Write, WriteMany, Written, WrittenMany};

use crate::site::Resource;

/// `/a/{d}/api/v0.6/case/`, `/a/{d}/api/case/v2/`.
const CASE: Resource = Resource::second("case");
