//! What a page for people asks: the newest first, one page at a time, without reading more than it shows.
//!
//! Lists go on behind the last row that was shown, by an index. How many there are is kept by triggers, in the transaction of what
//! is counted; where nothing is kept, it is counted up to a limit.

pub(super) mod arrivals;
mod cases;
mod exchanges;
mod key;
mod lineage;
mod people;
mod plans;
mod reasons;
mod refusals;
mod stock;
mod surroundings;
mod tallies;
mod visits;

pub use arrivals::{Arrivals, ArrivalsAsked};
pub use cases::{CaseLine, CasesLooked};
pub use exchanges::{Exchange, Note};
pub use lineage::Lineage;
pub use people::{Person, Synced};
pub use plans::QueryPlan;
pub use reasons::Reason;
pub use refusals::Refusal;
pub use stock::StockLine;
pub use surroundings::{Surroundings, Tie};
pub use tallies::{CaseCount, DELAYS, DayCount, FormCount};

use super::engine::Engine;

impl Engine {
    /// How it goes about a statement.
    const fn explain(self) -> &'static str {
        match self {
            Self::Sqlite => "EXPLAIN QUERY PLAN ",
            Self::Postgres => "EXPLAIN ",
        }
    }

    /// A case's name as the index has it: its beginning, in small letters, compared by bytes.
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "substr(lower(name), 1, 60)",
            Self::Postgres => "(substr(lower(name), 1, 60)) COLLATE \"C\"",
        }
    }
}
