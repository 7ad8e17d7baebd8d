//! Restores: a user's cases, and what else belongs on the user's device.

mod endpoints;
mod memory;

use std::future::Future;

use openrosa_xml::restore::Version;

use super::{Caller, Content, Rejection};
use crate::api::restore::{Pending, Request};
use crate::headers::Announced;

pub use memory::MemoryRestores;

/// The restores of a host.
///
/// [`MemoryRestores`](super::MemoryRestores) is the shortest complete example.
pub trait Restores: Send + Sync + 'static {
    /// A restore for this caller, or what stands in its way.
    ///
    /// The host decides, in this order (ota-restore.md 3.3): whether there are too many calls
    /// ([`Rejection::TooManyRequests`]); whether `user_id` is still the caller's (else [`Restored::GoneAstray`]); whether
    /// the caller may restore `as` another ([`Rejection::Forbidden`]); whether `since` is a token of this user's
    /// (else [`Restored::GoneAstray`]); whether `state` is what the server thinks (likewise).
    fn restore(
        &self,
        call: &RestoreCall,
        caller: &Caller,
    ) -> impl Future<Output = Result<Restored, Rejection>> + Send;
}

/// What a device asks for, when nothing is wrong with the question.
///
/// *Spec*: ota-restore.md 1.2.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestoreCall {
    /// What was asked. Of an initial restore, `skip_fixtures` is off, whatever was written.
    pub asked: Request,
    /// The version of the payload.
    pub payload: Version,
    /// The version of OpenRosa that the device speaks: what it says decides what some fixtures look like.
    pub spoken: Announced,
    /// Whether it may be told to come again: devices that speak less than OpenRosa 2.0 cannot be.
    pub may_wait: bool,
}

/// What a host has for a device.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "these are the answers that devices tell apart")]
pub enum Restored {
    /// The restore. It should have a length, by which a device sees that it was cut (T-01).
    Ready(Content),
    /// It is being made; to one who cannot be told so it is 503.
    Pending(Pending),
    /// What the device has is not what the server thinks: 412, and it will ask for everything anew.
    GoneAstray(String),
}
