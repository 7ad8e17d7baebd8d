//! What CommCare HQ forwards: the payloads, which of two deliveries counts, and a router that takes them in.

mod arrival;
mod payload;
#[cfg(feature = "server")]
mod receiver;

pub use arrival::{Arrival, Arrivals};
pub use payload::{About, CaseXml, Delivery, Location, Payload, Stub};
#[cfg(feature = "server")]
pub use receiver::{Receiver, Verdict, router};
