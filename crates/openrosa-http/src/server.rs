//! The receiving end: give it a [`Backend`] and it is an OpenRosa server for submissions.
//!
//! ```no_run
//! use openrosa_http::server::{MemoryBackend, Receiver};
//!
//! # async fn serve() -> std::io::Result<()> {
//! let router = Receiver::new(MemoryBackend::new()).router();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, router).await
//! # }
//! ```
//!
//! In reading order: a request comes in ([`Receiver`]), its body is taken apart part by part, the form in it is read
//! ([`Submission`]), what it amounts to is decided against what is held ([`decide`]), the [`Backend`] makes it
//! durable, and it is answered, or refused with a [`Rejection`]. What a server may choose is in [`Policy`].
//!
//! Not here: form lists and forms, restores, tokens in paths, TLS. A body is never in memory whole, its XML part is.

mod accounts;
mod answer;
mod arrival;
mod authentication;
mod backend;
mod briefcase;
mod caller;
mod cases;
mod checking;
mod content;
mod file_name;
mod fingerprint;
mod forms;
mod incoming;
mod memory;
mod parameters;
mod phones;
mod policy;
mod receive;
mod rejection;
mod restores;
mod submission;
#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::any;
use http::{Method, request};

pub use accounts::{Accounts, Admission, DigestAccount, DigestSecret};
pub use arrival::{Arrival, Decision, Held, HeldFile, HeldFiles, decide};
pub use authentication::{Authentication, BasicOver};
pub use backend::{Backend, Upload};
pub use briefcase::{Briefcase, HeldAttachment, HeldSubmission, SubmissionPage};
pub use caller::Caller;
pub use cases::Cases;
pub use content::{Content, Pieces};
pub use file_name::{BadFileName, FileName};
pub use fingerprint::Fingerprint;
pub use forms::{BlankForm, FormFile, FormVersion, Forms, Listing};
pub use memory::{MemoryBackend, MemoryUpload};
pub use phones::Phones;
pub use policy::{
    AttachmentIdentity, CheckPolicy, DuplicateStatus, Limits, MissingInstanceId, Policy, UnknownPredecessor,
    VersionPolicy,
};
pub use rejection::Rejection;
pub use restores::{RestoreCall, Restored, Restores};
pub use submission::{File, Form, InstanceName, RecordId, Submission, TextField};

use crate::api::Preamble;
use crate::headers::OPENROSA_VERSION;
use incoming::Incoming;
use receive::receive;

/// Where submissions arrive: at `/submission` and below one more segment, as KoBoToolbox has it, and where CommCare
/// devices send. Each with and without the last slash, as a redirect would turn a POST into a GET.
const PATHS: [&str; 8] = [
    "/submission",
    "/{prefix}/submission",
    "/a/{domain}/receiver",
    "/a/{domain}/receiver/submission",
    "/a/{domain}/receiver/secure",
    "/a/{domain}/receiver/secure/submission",
    "/a/{domain}/receiver/secure/{app_id}",
    "/a/{domain}/receiver/{app_id}",
];

/// Takes submissions over HTTP and hands them to a [`Backend`].
///
/// *Spec*: OpenRosa HTTP; OpenRosa Form Submission.
pub struct Receiver<B> {
    backend: B,
    policy: Policy,
    authentication: Authentication,
    observer: Box<dyn Fn(&Outcome<'_>) + Send + Sync>,
}

/// How a POST ended, for whoever watches. What the sender must not know is in [`Rejection`]'s source.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// Who sent it.
    pub sender: &'a Caller,
    /// What was sent, when it could be read.
    pub submission: Option<&'a Submission>,
    /// What became of it.
    pub result: Result<&'a Arrival, &'a Rejection>,
}

impl<B: Backend> Receiver<B> {
    /// A receiver that asks nobody for a name and follows the default [`Policy`].
    pub fn new(backend: B) -> Self {
        Self {
            backend,
            policy: Policy::default(),
            authentication: Authentication::anonymous(),
            observer: Box::new(|_| {}),
        }
    }

    /// Follows another policy.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Asks callers who they are.
    #[must_use]
    pub fn with_authentication(self, authentication: Authentication) -> Self {
        Self { authentication, ..self }
    }

    /// Tells `observer` how each POST ended, before it is answered.
    #[must_use]
    pub fn with_observer(self, observer: impl Fn(&Outcome<'_>) + Send + Sync + 'static) -> Self {
        Self { observer: Box::new(observer), ..self }
    }

    /// The routes, to be merged into or nested in a host's own. It has no fallback: what lies beside is the host's.
    pub fn router(self) -> Router {
        Arc::new(self).routes()
    }

    /// The routes, with anything that ends in `/submission` taken too (ODK Central's and Aggregate's addresses), and
    /// all else answered as OpenRosa wants errors answered. For a server that does nothing but receive.
    pub fn standalone(self) -> Router {
        let receiver = Arc::new(self);
        Arc::clone(&receiver).routes().fallback(any(Self::elsewhere).with_state(receiver))
    }

    fn routes(self: Arc<Self>) -> Router {
        let route = |router: Router<Arc<Self>>, path: &str| {
            router.route(path, any(Self::here)).route(&format!("{path}/"), any(Self::here))
        };
        PATHS.into_iter().fold(Router::new(), route).with_state(self)
    }

    async fn here(State(receiver): State<Arc<Self>>, path: RawPathParams, request: Request) -> Response {
        let parameter = |name| path.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
        let (domain, app_id) = (parameter("domain"), parameter("app_id"));
        receiver.answer(request, Caller { domain, app_id, ..Caller::default() }).await
    }

    async fn elsewhere(State(receiver): State<Arc<Self>>, request: Request) -> Response {
        let path = request.uri().path();
        if path.strip_suffix('/').unwrap_or(path).ends_with("/submission") {
            return receiver.answer(request, Caller::default()).await;
        }
        let (head, body) = request.into_parts();
        Incoming::new(body, &head.headers, &receiver.policy.limits).drain().await;
        answer::refused(&Rejection::UnknownPath, &Preamble::read(&head), &receiver.policy)
    }

    async fn answer(&self, request: Request, mut sender: Caller) -> Response {
        let (head, body) = request.into_parts();
        let preamble = Preamble::read(&head);
        let device_id = || Some(head.headers.get("x-openrosa-deviceid")?.to_str().ok()?.to_owned());
        sender.device_id = preamble.device_id.clone().or_else(device_id);
        let mut incoming = Incoming::new(body, &head.headers, &self.policy.limits);
        let answer = match self.admit(&head, &mut sender) {
            Err(rejection) => Err(rejection),
            Ok(()) if head.method != Method::POST => Ok(answer::ready(&self.policy)),
            Ok(()) => {
                let taken = self.take(&head, &mut incoming, sender).await;
                taken.map(|taken| answer::accepted(&taken, &preamble, &self.policy))
            }
        };
        incoming.drain().await;
        answer.unwrap_or_else(|rejection| answer::refused(&rejection, &preamble, &self.policy))
    }

    /// Everything that can be told before the body: the version before the caller, as in ODK Central.
    fn admit(&self, head: &request::Parts, sender: &mut Caller) -> Result<(), Rejection> {
        // A redirected HEAD arrives as a GET on some clients (openrosa.md 1.6, Aggregate).
        let preflight = head.method == Method::GET && head.headers.contains_key(OPENROSA_VERSION);
        if !preflight && !matches!(head.method, Method::HEAD | Method::POST) {
            return Err(Rejection::Method);
        }
        self.policy.version.check(&head.headers)?;
        // Where a host has nested these routes, the path here is shorter than the one the client signed.
        let target = head.extensions.get::<OriginalUri>().map_or(&head.uri, |OriginalUri(uri)| uri);
        sender.user = self.authentication.check(&head.method, target, &head.headers)?;
        Ok(())
    }

    async fn take(
        &self,
        head: &request::Parts,
        incoming: &mut Incoming,
        sender: Caller,
    ) -> Result<Taken, Rejection> {
        let mut submission = None;
        let result = self.store(head, incoming, &sender, &mut submission).await;
        if let Err(rejection) = &result {
            log(rejection);
        }
        (self.observer)(&Outcome {
            sender: &sender,
            submission: submission.as_ref(),
            result: result.as_ref(),
        });
        let quarantined = submission.and_then(|submission| submission.quarantined);
        result.map(|arrival| Taken { arrival, quarantined })
    }

    async fn store(
        &self,
        head: &request::Parts,
        incoming: &mut Incoming,
        sender: &Caller,
        read: &mut Option<Submission>,
    ) -> Result<Arrival, Rejection> {
        let mut upload = self.backend.begin().await?;
        let submission = receive(&head.headers, incoming, &mut upload, sender.clone(), &self.policy).await?;
        let submission = read.insert(submission);
        if !self.backend.takes(&submission.form).await? {
            let form = submission.form.id.clone().unwrap_or_default();
            return Err(Rejection::UnknownForm { form });
        }
        submission.check(self.policy.check)?;
        upload.commit(submission.clone()).await
    }
}

/// What became of a submission that was stored.
struct Taken {
    arrival: Arrival,
    quarantined: Option<String>,
}

/// A refusal is the sender's affair; a failure is ours.
fn log(rejection: &Rejection) {
    let cause = rejection.source().map(ToString::to_string);
    match rejection.status().is_server_error() {
        true => tracing::error!(cause, "{rejection}"),
        false => tracing::debug!(status = rejection.status().as_u16(), "{rejection}"),
    }
}
