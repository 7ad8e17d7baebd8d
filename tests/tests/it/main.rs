//! What crosses crates, and what the corpus of real files says.

mod built;
mod case_db;
mod check_cases;
mod delivery;
mod exchanges;
mod facts;
mod facts_ledger;
mod facts_legacy;
mod facts_lists;
mod facts_restore;
mod facts_xform;
mod json;
mod regressions;
mod replay_client;
mod replay_lists;
mod replay_server;
mod round_trip;
mod round_trip_ledgers;
mod round_trip_lists;
mod samples;
mod specs;
mod statements;
