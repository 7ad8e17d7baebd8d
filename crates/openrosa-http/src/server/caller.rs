//! Who calls, and whereto.

/// Who calls, and whereto: what every host is told of a request beside its business.
///
/// Whoever answers for several projects must hold what is asked for against [`domain`](Self::domain): an id that is
/// another project's is an id that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// Who signed in, by the name that [`Accounts`](super::Accounts) gave; `None` where nobody is asked.
    pub user: Option<String>,
    /// The `deviceID` argument of the URL, else CommCare's header `x-openrosa-deviceid`.
    pub device_id: Option<String>,
    /// The project: CommCare's from `/a/{domain}/`, ODK Central's from `/v1/projects/{domain}/`.
    pub domain: Option<String>,
    /// CommCare's application or build, from `/a/{domain}/receiver/{app_id}/` or `/a/{domain}/phone/restore/{app_id}/`.
    pub app_id: Option<String>,
    /// The token of the restore that the device had, from `X-CommCareHQ-LastSyncToken`.
    pub sync_token: Option<String>,
}
