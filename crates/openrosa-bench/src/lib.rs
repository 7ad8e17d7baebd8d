//! Measures reading and writing of the XML family, always as ratios: our side and another one in one run, on one machine,
//! on the same inputs.
//!
//! [`inputs`] makes what is read, the same at every run. [`suites`] says what is compared with what: each contender is a
//! function, timed by [`time`], counted by [`instructions`] and, in a binary of its own, by the allocator. [`memory`] looks
//! at a process that does nothing but stream. [`targets`] are the figures to reach, [`report`] is what is printed.

pub mod inputs;
pub mod instructions;
pub mod memory;
pub mod report;
pub mod suites;
pub mod targets;
pub mod time;

/// What goes wrong while measuring is the measurer's environment; it is shown and nothing else.
pub type Failure = Box<dyn std::error::Error>;
