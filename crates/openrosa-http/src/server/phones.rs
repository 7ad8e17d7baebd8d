//! Devices themselves: how they are, and the keys that lock them.

mod endpoints;

use std::future::Future;

use openrosa_xml::KeyRecords;

use super::{Caller, Rejection};
use crate::api::{heartbeat, key_records};

/// What a host has to say to devices of CommCare.
pub trait Phones: Send + Sync + 'static {
    /// Takes note of how a device is, and says what is wanted of it; `None` where neither the build nor the app is known:
    /// 404.
    ///
    /// *Spec*: ota-restore.md 1.10.
    fn heartbeat(
        &self,
        told: &heartbeat::Request,
        build_id: &str,
        caller: &Caller,
    ) -> impl Future<Output = Result<Option<heartbeat::Response>, Rejection>> + Send;

    /// The keys with which a device locks what its user has on it.
    ///
    /// *Spec*: ota-restore.md 2.12.
    fn keys(
        &self,
        asked: &key_records::Request,
        caller: &Caller,
    ) -> impl Future<Output = Result<KeyRecords<'static>, Rejection>> + Send;
}
