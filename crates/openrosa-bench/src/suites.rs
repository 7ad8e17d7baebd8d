//! What is compared with what.

pub mod checking;
pub mod purge;
pub mod restore;
pub mod sending;
pub mod storing;
pub mod submissions;
mod visit;
pub mod writing;

use quick_xml::events::Event;

/// One way to do what the others of its suite do, too.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a name and a function are all there is")]
pub struct Contender<I> {
    /// How it is called in figures and on the command line.
    pub name: &'static str,
    /// Does it once, and gives something that depends on all that was done, so that none of it can be left out.
    pub run: fn(&I) -> u64,
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
