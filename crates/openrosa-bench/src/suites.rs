//! What is compared with what.

pub mod checking;
pub mod committing;
mod handler;
pub mod looking;
pub mod purge;
pub mod receiving;
pub mod restore;
pub mod sending;
pub mod storing;
pub mod submissions;
mod visit;
pub mod writing;

use std::{any::Any, fmt};

use quick_xml::events::Event;

/// One way to do what the others of its suite do, too.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a name and a function are all there is")]
pub struct Contender<I> {
    /// How it is called in figures and on the command line.
    pub name: &'static str,
    /// Does it once.
    pub run: fn(&I) -> Done,
}

/// What a contender has done.
#[non_exhaustive]
pub struct Done {
    /// Something that depends on all that was done, so that none of it can be left out.
    pub seen: u64,
    /// What was made and is there to stay: nobody measures how long it takes to throw it away.
    pub made: Option<Box<dyn Any>>,
}

impl Done {
    /// Something was made.
    pub fn with(made: impl Any, seen: u64) -> Self {
        Self { seen, made: Some(Box::new(made)) }
    }
}

impl From<u64> for Done {
    fn from(seen: u64) -> Self {
        Self { seen, made: None }
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// Contenders over one input, the first of which is what the others are held against.
pub type Suite<I> = &'static [Contender<I>];

/// **B**: the bare quick-xml event loop, every event read and dropped.
fn bare_loop(source: &str) -> u64 {
    let mut reader = quick_xml::Reader::from_str(source);
    let mut events = 0;
    loop {
        match reader.read_event().expect("the inputs are well-formed") {
            Event::Eof => return events,
            event => events += u64::from(!std::hint::black_box(event).is_empty()),
        }
    }
}
