//! What crosses the modules of this crate.

mod graphs;
mod missing;
mod oracle;
mod properties;
mod simulation;
mod sync;
mod vectors;
