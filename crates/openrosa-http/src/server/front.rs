//! What all groups of endpoints have in common, and each group as routes.

use axum::Router;
use http::Uri;

use super::{Authentication, Backend, Policy, Receiver, VersionPolicy};

/// What all groups of endpoints of a server have in common: who may call, which versions are spoken, where it is.
///
/// Each method makes the routes of one group, to be merged into or nested in a host's own. They have no fallback: what lies
/// beside is the host's. A host mounts those that it has something for.
///
/// | group | paths | below |
/// |---|---|---|
/// | [`forms`](Self::forms) | `formList`, `formXml`, `xformsManifest`, `xformsMedia`, `entityIntegrity` | `/`, `/{domain}/`, `/a/{domain}/`, `/key/{token}/`, `/v1/projects/{domain}/`, `/v1/key/{token}/projects/{domain}/` |
/// | [`intake`](Self::intake) | `formUpload`, `upload` | the same |
/// | [`briefcase`](Self::briefcase) | `view/submissionList`, `view/downloadSubmission`, `view/submissionMedia` | the same |
/// | [`restores`](Self::restores) | `restore`, `restore/{app_id}` | `/phone/`, `/a/{domain}/phone/` |
/// | [`cases`](Self::cases) | `search`, `search/{app_id}`, `claim-case` | the same |
/// | [`phones`](Self::phones) | `heartbeat/{build_id}`, `keys` | the same |
///
/// Every path is there with and without a last slash, without a redirect.
#[derive(Clone, Debug, Default)]
pub struct Front {
    pub(crate) authentication: Authentication,
    pub(crate) version: VersionPolicy,
    pub(crate) known_as: Option<Uri>,
}

impl Front {
    /// The front of a server with these users.
    #[must_use]
    pub fn new(authentication: Authentication) -> Self {
        Self { authentication, ..Self::default() }
    }

    /// Which requests the header `X-OpenRosa-Version` lets pass, where clients of OpenRosa's call. Devices of CommCare send it
    /// to some addresses, and mean by it what they can make of the answer.
    #[must_use]
    pub fn with_version(self, version: VersionPolicy) -> Self {
        Self { version, ..self }
    }

    /// The address by which clients know the server, such as `https://forms.example.org`. Lists name addresses in full;
    /// without this they are made of what the request says, which is wrong where a proxy changes paths or hosts.
    #[must_use]
    pub fn known_as(self, address: Uri) -> Self {
        Self { known_as: Some(address), ..self }
    }

    /// Where submissions arrive, for the same users.
    pub fn receiver<B: Backend>(&self, backend: B) -> Receiver<B> {
        let policy = Policy { version: self.version, ..Policy::default() };
        Receiver::new(backend).with_policy(policy).with_authentication(self.authentication.clone())
    }
}

/// These routes, each with and without a last slash.
pub(crate) fn with_slashes<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    path: &str,
    endpoint: axum::routing::MethodRouter<S>,
) -> Router<S> {
    router.route(path, endpoint.clone()).route(&format!("{path}/"), endpoint)
}
