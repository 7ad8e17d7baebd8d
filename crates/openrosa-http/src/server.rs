//! The serving end: endpoints of OpenRosa and of CommCare, each group over a trait that says what a host supplies.
//!
//! A server of everything, out of memory:
//!
//! ```
//! use axum::Router;
//! use openrosa_http::auth::{Credentials, Secret};
//! use openrosa_http::server::{
//!     AccountList, Authentication, BasicOver, Front, MemoryBackend, MemoryCases, MemoryForms, MemoryRestores,
//! };
//!
//! fn routes() -> Result<Router, openrosa_http::RandomError> {
//!     let users = AccountList::new([Credentials::new("amina", "correct horse")])
//!         .with_token("tablet 7", Secret::new("a token for an address"));
//!     let users = Authentication::of("clinic", users)?.with_basic(BasicOver::TrustedProxy);
//!     let front = Front::new(users).known_as(http::Uri::from_static("https://forms.example.org"));
//!     let (submissions, forms) = (MemoryBackend::new(), MemoryForms::new());
//!     Ok(Router::new()
//!         .merge(front.receiver(submissions.clone()).router())
//!         .merge(front.forms(forms.clone()))
//!         .merge(front.intake(forms))
//!         .merge(front.briefcase(submissions))
//!         .merge(front.restores(MemoryRestores::new()))
//!         .merge(front.cases(MemoryCases::new([]))))
//! }
//! # routes().unwrap();
//! ```
//!
//! A host mounts the groups that it has something for, below its own routes if it likes. It is told who calls, and from which
//! project, by a [`Caller`]; who that is say its [`Accounts`], or a layer of its own ([`Authentication::by_host`]).
//!
//! | a device wants | group | a host supplies |
//! |---|---|---|
//! | to hand over a submission | [`Receiver`] | [`Backend`] |
//! | blank forms and their files | [`Front::forms`] | [`Forms`] |
//! | its cases, and what goes with them | [`Front::restores`] | [`Restores`] |
//! | cases that it does not have | [`Front::cases`] | [`Cases`] |
//! | to say how it is; keys | [`Front::phones`] | [`Phones`] |
//! | as Briefcase: submissions again; to put forms | [`Front::briefcase`], [`Front::intake`] | [`Briefcase`], [`FormIntake`] |
//!
//! What runs it, on a socket, with logs and metrics, is in the module `operation` (feature `operation`).
//!
//! In the order in which a submission meets them: a request comes in ([`Receiver`]), its body is taken apart part by part, the
//! form in it is read ([`Submission`]), what it amounts to is decided against what is held ([`decide`]), the [`Backend`] makes
//! it durable, and it is answered, or refused with a [`Rejection`]. What a server may choose is in [`Policy`].
//!
//! Bodies, files, lists and restores stream in both directions; what is in memory whole is one form, one manifest, one
//! submission of Briefcase. Not here: TLS, compression, pages for people, what is stored how.

mod account_list;
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
mod desk;
mod file_name;
mod fingerprint;
mod forms;
mod front;
mod incoming;
mod intake;
mod listing;
mod memory;
mod multipart;
#[cfg(feature = "operation")]
pub mod operation;
mod parameters;
mod parts;
mod patience;
mod phones;
mod place;
mod policy;
mod receive;
mod rejection;
mod restores;
mod seat;
mod submission;
#[cfg(test)]
mod tests;
mod whole;

use std::error::Error as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use http::{Method, request};

pub use account_list::AccountList;
pub use accounts::{Accounts, Admission, DigestAccount};
pub use arrival::{Arrival, Decision, Held, HeldFile, HeldFiles, decide};
pub use authentication::{Authentication, BasicOver, LetIn};
pub use backend::{Backend, Stored, Upload};
pub use briefcase::{Briefcase, HeldAttachment, HeldSubmission, SubmissionPage};
pub use caller::Caller;
pub use cases::{Cases, MemoryCases};
pub use content::{Content, Pieces};
pub use file_name::{BadFileName, FileName};
pub use fingerprint::Fingerprint;
pub use forms::{BlankForm, FormFile, FormVersion, Forms, MemoryForms};
pub use front::Front;
pub use intake::{FormIntake, FormUpload, MemoryFormUpload, UploadedForm};
pub use listing::Listing;
pub use memory::{MemoryBackend, MemoryUpload};
pub use phones::Phones;
pub use policy::{
    Answers, AttachmentIdentity, CheckPolicy, DuplicateStatus, Limits, MissingInstanceId, Pace, Policy,
    UnknownPredecessor, VersionPolicy,
};
pub use rejection::Rejection;
pub use restores::{MemoryRestores, RestoreCall, Restored, Restores};
pub use submission::{File, Form, InstanceName, RecordId, Submission, TextField};

use crate::api::Preamble;
use crate::headers::{AcceptLength, Announced, OPENROSA_VERSION};
use answer::Voice;
use desk::{caller, knock};
use front::with_slashes;
use incoming::Incoming;
use place::{PLACES, Place};
use receive::receive;
use whole::Whole;

/// Where submissions arrive beside the [`PLACES`] of ODK's clients: where CommCare's devices send. Each with and without the
/// last slash, as a redirect would turn a POST into a GET.
const RECEIVERS: [&str; 6] = [
    "/a/{domain}/receiver",
    "/a/{domain}/receiver/submission",
    "/a/{domain}/receiver/secure",
    "/a/{domain}/receiver/secure/submission",
    "/a/{domain}/receiver/secure/{app_id}",
    "/a/{domain}/receiver/{app_id}",
];

/// Whether submissions arrive at this path, on a route of this pattern.
#[cfg(feature = "operation")]
fn is_receiver(path: &str, route: &str) -> bool {
    let [path, route] = [path, route].map(|path| path.strip_suffix('/').unwrap_or(path));
    path.ends_with("/submission") || RECEIVERS.contains(&route)
}

/// Takes submissions over HTTP and hands them to a [`Backend`].
///
/// *Spec*: OpenRosa HTTP; OpenRosa Form Submission.
pub struct Receiver<B> {
    backend: B,
    policy: Policy,
    authentication: Authentication,
    observer: Option<Observer>,
}

type Observer = Box<dyn Fn(&Outcome<'_>) + Send + Sync>;

/// How a POST ended, for whoever watches. What the sender must not know is in [`Rejection`]'s source.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// Who sent it.
    pub sender: &'a Caller,
    /// What was sent, when it could be read.
    pub submission: Option<&'a Submission>,
    /// The form as it came, when it came whole: also one that could not be read.
    pub xml: Option<&'a Bytes>,
    /// What became of it.
    pub result: Result<&'a Arrival, &'a Rejection>,
    /// Why it is kept and no more: it is in quarantine, or could not be processed.
    pub quarantined: Option<&'a str>,
}

impl<B: Backend> Receiver<B> {
    /// A receiver that asks nobody for a name and follows the default [`Policy`].
    pub fn new(backend: B) -> Self {
        Self {
            backend,
            policy: Policy::default(),
            authentication: Authentication::anonymous(),
            observer: None,
        }
    }

    /// Follows another policy, its [`version`](Policy::version) too: behind [`Front::receiver`], which has that of the front, a
    /// policy says it again.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Asks callers who they are.
    #[must_use]
    pub fn with_authentication(self, authentication: Authentication) -> Self {
        Self { authentication, ..self }
    }

    /// Tells `observer` how each POST ended whose sender was let in, before it is answered, or instead where its sender hung up
    /// meanwhile. Of who is sent away at the door (the version, the name) no submission is known: logs and metrics tell.
    #[must_use]
    pub fn with_observer(self, observer: impl Fn(&Outcome<'_>) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Box::new(observer)), ..self }
    }

    /// The routes, to be merged into or nested in a host's own. It has no fallback: what lies beside is the host's. A route of the
    /// host's that takes every path, as `/{*rest}`, cannot lie beside them, which axum tells by a panic; a fallback can.
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
        let odk = PLACES.into_iter().map(|place| format!("{place}/submission"));
        let paths = odk.chain(RECEIVERS.into_iter().map(str::to_owned));
        let route = |router, path: String| with_slashes(router, &path, any(Self::here));
        paths.fold(Router::new(), route).with_state(self)
    }

    async fn here(State(receiver): State<Arc<Self>>, path: RawPathParams, request: Request) -> Response {
        let place = Place::of(&path, request.uri());
        receiver.answer(request, place).await
    }

    async fn elsewhere(State(receiver): State<Arc<Self>>, request: Request) -> Response {
        let path = request.uri().path();
        if path.strip_suffix('/').unwrap_or(path).ends_with("/submission") {
            let place = Place::in_query(request.uri());
            return receiver.answer(request, place).await;
        }
        let (head, body) = request.into_parts();
        Incoming::new(body, &head.headers, &receiver.policy.limits).turn_away(&head).await;
        receiver.refuse(&Rejection::UnknownPath, &Preamble::read(&head))
    }

    fn refuse(&self, rejection: &Rejection, preamble: &Preamble) -> Response {
        let limit = AcceptLength(self.policy.limits.body);
        answer::refused(rejection, Voice::Envelope("submit_error"), preamble, Some(limit))
    }

    async fn answer(self: &Arc<Self>, request: Request, place: Place) -> Response {
        let (head, body) = request.into_parts();
        let preamble = Preamble::read(&head);
        let mut sender = caller(&place, &preamble, &head.headers);
        let mut incoming = Incoming::new(body, &head.headers, &self.policy.limits);
        let answer = match self.admit(&head, &place, &mut sender).await {
            Err(rejection) => {
                incoming.turn_away(&head).await;
                return self.refuse(&rejection, &preamble);
            }
            Ok(()) if head.method != Method::POST => Ok(answer::ready(&self.policy)),
            Ok(()) => {
                let taken = self.take(&head, preamble.version, &mut incoming, sender).await;
                taken.map(|taken| answer::accepted(&taken, &preamble, &self.policy))
            }
        };
        incoming.drain().await;
        answer.unwrap_or_else(|rejection| self.refuse(&rejection, &preamble))
    }

    /// Everything that can be told before the body: the version before the caller, as in ODK Central.
    async fn admit(
        &self,
        head: &request::Parts,
        place: &Place,
        sender: &mut Caller,
    ) -> Result<(), Rejection> {
        // A redirected HEAD arrives as a GET on some clients (openrosa.md 1.6, Aggregate).
        let preflight = head.method == Method::GET && head.headers.contains_key(OPENROSA_VERSION);
        if !preflight && !matches!(head.method, Method::HEAD | Method::POST) {
            return Err(Rejection::Method { allowed: "HEAD, POST" });
        }
        self.policy.version.check(&head.headers)?;
        sender.user = self.authentication.check(knock(head, place)).await?;
        Ok(())
    }

    async fn take(
        self: &Arc<Self>,
        head: &request::Parts,
        spoken: Announced,
        incoming: &mut Incoming,
        sender: Caller,
    ) -> Result<Taken, Rejection> {
        let receiver = Arc::clone(self);
        let mut came = Came { sender, submission: None, xml: None, instance_id: None, quarantined: None };
        match self.receive(head, spoken, incoming, &mut came).await {
            Ok((upload, submission)) => {
                let committing = async move {
                    let stored = upload.commit(*submission).await;
                    receiver.conclude(came, spoken, stored)
                };
                Whole::new(committing).await
            }
            Err(refusal) => self.conclude(came, spoken, Err(refusal)),
        }
    }

    /// Takes in what is sent, as far as [`Upload::commit`].
    async fn receive(
        &self,
        head: &request::Parts,
        spoken: Announced,
        incoming: &mut Incoming,
        came: &mut Came,
    ) -> Result<(B::Upload, Box<Submission>), Rejection> {
        let mut upload = self.backend.begin(&came.sender).await?;
        let sender = came.sender.clone();
        let whole = self.observer.is_some().then_some(&mut came.xml);
        let mut submission =
            receive(&head.headers, incoming, &mut upload, sender, &self.policy, whole).await?;
        let checked = self.check(&mut submission, spoken, &came.sender).await;
        if self.observer.is_some() {
            came.submission = Some(submission.clone());
        }
        checked?;
        if self.policy.answers == Answers::CommCare {
            came.instance_id = Some(submission.instance_id.to_string());
        }
        came.quarantined = submission.quarantined.clone();
        Ok((upload, submission))
    }

    async fn check(
        &self,
        submission: &mut Submission,
        spoken: Announced,
        sender: &Caller,
    ) -> Result<(), Rejection> {
        if !self.backend.takes(&submission.form, sender).await? {
            return Err(Rejection::UnknownForm { form: submission.form.id.clone().unwrap_or_default() });
        }
        submission.check(self.policy.check_for(spoken)).await
    }

    /// Tells whoever watches, and says what the sender is told.
    fn conclude(
        &self,
        Came { sender, submission, xml, instance_id, quarantined }: Came,
        spoken: Announced,
        result: Result<Stored, Rejection>,
    ) -> Result<Taken, Rejection> {
        if let Err(rejection) = &result {
            log(rejection);
        }
        let apart = result.as_ref().ok().and_then(|stored| stored.apart(quarantined.as_deref()));
        if let Some(observer) = &self.observer {
            observer(&Outcome {
                sender: &sender,
                submission: submission.as_deref(),
                xml: xml.as_ref(),
                result: result.as_ref().map(|stored| &stored.arrival),
                quarantined: apart,
            });
        }
        let quarantined = apart.map(str::to_owned);
        let stored = result?;
        if let (Some(reason), true) = (&stored.unprocessed, self.policy.tells_failures_to(spoken)) {
            return Err(Rejection::Unprocessable { reason: reason.clone() });
        }
        Ok(Taken { arrival: stored.arrival, quarantined, instance_id })
    }
}

/// What is known of a submission on its way in.
struct Came {
    sender: Caller,
    /// This and the next are for whoever watches, and are there only then.
    submission: Option<Box<Submission>>,
    xml: Option<Bytes>,
    /// Where the answer names it.
    instance_id: Option<String>,
    /// As the submission itself has it.
    quarantined: Option<String>,
}

/// What became of a submission that was stored.
struct Taken {
    arrival: Arrival,
    quarantined: Option<String>,
    instance_id: Option<String>,
}

/// A refusal is the sender's affair; a failure is ours, and what is to come again is none yet.
fn log(rejection: &Rejection) {
    let cause = rejection.source().map(ToString::to_string);
    match rejection.status().is_server_error() {
        true if matches!(rejection, Rejection::Busy { .. }) => tracing::warn!(cause, "{rejection}"),
        true => tracing::error!(cause, "{rejection}"),
        false => tracing::debug!(status = rejection.status().as_u16(), "{rejection}"),
    }
}
