//! CommCare cases as state: what transactions make of them, who indexes whom, which a device may drop and a server must send.
//! No I/O, no thread, no clock, no random number.

pub mod graph;
pub mod hash;
pub mod live;
pub mod picture;
pub mod purge;
pub mod sync;
