//! What a server believes to be on one device, and what the next restore must hold.
//!
//! A device that syncs names the sync log of its last restore and the [hash](crate::hash) of the cases it holds. The server
//! replays on that log what happened since: the device's own forms, and the purge that precedes a sync. If both still agree,
//! what is new is enough; if not, the device is told to start over (status 412).
//!
//! ```
//! use openrosa_case::{graph::GraphBuilder, hash::StateHash, purge::{Owners, Spread}, sync::{Action, CaseChange, Restore, Transaction}};
//!
//! let mut cases = GraphBuilder::default();
//! cases.case("amina", "nurse", true);
//! cases.case("bahati", "nurse", true);
//! let graph = cases.build();
//! let nurse = Owners::from_iter(["nurse"]);
//! let first = Restore::new(&graph, nurse.clone(), "token-1", 1).initial();
//! assert_eq!(first.cases.len(), 2);
//!
//! // The device closes one case, and somebody else changes the other.
//! let mut log = first.log;
//! log.submitted([CaseChange::to("amina").closing()]);
//! let mut cases = GraphBuilder::default();
//! cases.case("amina", "nurse", false);
//! cases.case("bahati", "nurse", true);
//! let graph = cases.build();
//! let news = [Transaction::new("amina", 2, Some("token-1")), Transaction::new("bahati", 3, None)];
//!
//! log.agree(Some(&StateHash::of(["bahati"]).to_string()), Spread::Whole)?;
//! let second = Restore::new(&graph, nurse, "token-2", 3).since(&log, news);
//! assert_eq!(second.cases.iter().map(|sent| (sent.id, sent.action)).collect::<Vec<_>>(), [("bahati", Action::Update)]);
//! assert_eq!(second.log.cases().map(|id| id.as_str()).collect::<Vec<_>>(), ["bahati"]);
//! # Ok::<(), openrosa_case::sync::Disagreement>(())
//! ```

mod change;
mod held;
mod log;
mod plan;

pub use change::{CaseChange, Transaction};
pub use held::{HeldCase, HeldIndex};
pub use log::{Disagreement, SyncLog};
pub use plan::{Action, Plan, Restore, Sent};
