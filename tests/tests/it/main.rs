//! What crosses crates, and what the corpus of real files says.

mod exchanges;
mod facts;
mod round_trip;
mod specs;
mod statements;
