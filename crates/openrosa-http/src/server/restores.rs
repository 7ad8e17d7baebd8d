//! Restores: a user's cases, and what else belongs on the user's device.

mod endpoints;
mod memory;

use std::future::Future;

use openrosa_xml::StateHash;
use openrosa_xml::restore::Version;

use super::{Caller, Content, Rejection};
use crate::api::restore::{Pending, Request};
use crate::headers::{Announced, Version as OpenRosaVersion};

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

impl RestoreCall {
    /// What a device asks that speaks this version, as a host is told it. A question that makes no sense is refused with 400: at
    /// 412 a device would ask it again, without end (S-092).
    ///
    /// ```
    /// use openrosa_http::api::restore::Request;
    /// use openrosa_http::headers::{Announced, Version};
    /// use openrosa_http::server::RestoreCall;
    ///
    /// let spoken = Announced::Version(Version::COMMCARE_3);
    /// assert!(RestoreCall::new(Request::new(), spoken)?.may_wait);
    /// # Ok::<(), openrosa_http::server::Rejection>(())
    /// ```
    ///
    /// # Errors
    /// [`Rejection::BadRequest`].
    pub fn new(mut asked: Request, spoken: Announced) -> Result<Self, Rejection> {
        let refuse = |reason: &str| Rejection::BadRequest { reason: reason.into() };
        let payload = asked.payload().ok_or_else(|| refuse("there is no such version of a restore"))?;
        if asked.state.as_deref().is_some_and(|state| StateHash::parse(state).is_none()) {
            return Err(refuse("the state is no `ccsh:` and a hash"));
        }
        asked.skip_fixtures &= asked.since.is_some();
        let may_wait =
            matches!(spoken, Announced::Version(version) if version >= OpenRosaVersion::COMMCARE_2);
        Ok(Self { asked, payload, spoken, may_wait })
    }
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
