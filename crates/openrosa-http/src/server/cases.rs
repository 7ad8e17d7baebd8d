//! Cases that a device does not hold: searched for, and claimed.

mod endpoints;
mod memory;

use std::future::Future;

use openrosa_xml::casedb::CaseView;

use super::{Caller, Listing, Rejection};
use crate::api::{case_search, claim};

pub use memory::MemoryCases;

/// The cases of a host, for those who look for some that are not theirs yet.
///
/// *Spec*: ota-restore.md 1.10.
pub trait Cases: Send + Sync + 'static {
    /// The cases that were sought, which name a type.
    ///
    /// # Errors
    /// [`Rejection::BadRequest`] for a search that makes no sense.
    fn search(
        &self,
        sought: &case_search::Request,
        caller: &Caller,
    ) -> impl Future<Output = Result<Listing<CaseView<'static>>, Rejection>> + Send;

    /// Makes cases the caller's as well. There is one id at least.
    ///
    /// # Errors
    /// [`Rejection::Gone`] where one of the ids is not known; then nothing is claimed.
    fn claim(
        &self,
        claimed: &claim::Request,
        caller: &Caller,
    ) -> impl Future<Output = Result<claim::Answer, Rejection>> + Send;
}
