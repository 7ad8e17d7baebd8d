//! One group of endpoints at work: a call is let in, told to the host, and answered.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, any};
use bytes::Bytes;
use http::{HeaderMap, Method, request};

use super::answer::{self, Voice};
use super::authentication::Knock;
use super::front::with_slashes;
use super::incoming::Incoming;
use super::place::{Base, Place, target};
use super::{Caller, Front, Limits, Rejection, VersionPolicy};
use crate::api::{Preamble, sync_token};
use crate::headers::DEVICE_ID;

/// A host, and how it is talked to.
pub(crate) struct Desk<H> {
    pub(crate) front: Front,
    pub(crate) host: H,
    pub(crate) version: VersionPolicy,
    pub(crate) voice: Voice,
}

/// A call that was let in.
pub(crate) struct Call {
    pub(crate) head: request::Parts,
    pub(crate) caller: Caller,
    pub(crate) place: Place,
    pub(crate) body: Bytes,
}

/// The methods of an endpoint, as `Allow` lists them.
pub(crate) type Methods = &'static str;
pub(crate) const GET: Methods = "GET, HEAD";
pub(crate) const GET_ONLY: Methods = "GET";
pub(crate) const POST: Methods = "POST";
pub(crate) const GET_OR_POST: Methods = "GET, POST";

/// How much of a body is taken where it is but a form of a few fields.
const BODY: u64 = 256 * 1024;

impl<H: Send + Sync + 'static> Desk<H> {
    /// The desk of a group that OpenRosa's clients call.
    pub(crate) fn openrosa(front: &Front, host: H) -> Arc<Self> {
        let version = front.version;
        Arc::new(Self { front: front.clone(), host, version, voice: Voice::Envelope("error") })
    }

    /// The desk of a group that CommCare's devices call, which say no version at some addresses, and whose servers refuse in
    /// plain words.
    pub(crate) fn commcare(front: &Front, host: H) -> Arc<Self> {
        let version = VersionPolicy::Ignore;
        Arc::new(Self { front: front.clone(), host, version, voice: Voice::Plain })
    }

    async fn call<Fut>(
        self: Arc<Self>,
        methods: Methods,
        handler: impl FnOnce(Arc<Self>, Call) -> Fut,
        place: Place,
        request: Request,
    ) -> Response
    where
        Fut: Future<Output = Result<Response, Rejection>>,
    {
        let (head, body) = request.into_parts();
        let preamble = Preamble::read(&head);
        let limits = Limits { body: BODY, drain: BODY, ..Limits::default() };
        let mut incoming = Incoming::new(body, &head.headers, &limits);
        let desk = Arc::clone(&self);
        let answer = match self.admit(methods, &head, &place, &preamble).await {
            Ok(caller) => match body_of(&head, &mut incoming).await {
                Ok(body) => handler(desk, Call { head, caller, place, body }).await,
                Err(rejection) => Err(rejection),
            },
            Err(rejection) => {
                incoming.turn_away(&head).await;
                return self.refuse(&rejection, &preamble);
            }
        };
        incoming.drain().await;
        answer.unwrap_or_else(|rejection| self.refuse(&rejection, &preamble))
    }

    async fn admit(
        &self,
        methods: Methods,
        head: &request::Parts,
        place: &Place,
        preamble: &Preamble,
    ) -> Result<Caller, Rejection> {
        if !methods.split(", ").any(|method| method == head.method) {
            return Err(Rejection::Method { allowed: methods });
        }
        self.version.check(&head.headers)?;
        let mut caller = caller(place, preamble, &head.headers);
        caller.user = self.front.authentication.check(knock(head, place)).await?;
        Ok(caller)
    }

    fn refuse(&self, rejection: &Rejection, preamble: &Preamble) -> Response {
        super::log(rejection);
        answer::refused(rejection, self.voice, preamble, None)
    }
}

async fn body_of(head: &request::Parts, incoming: &mut Incoming) -> Result<Bytes, Rejection> {
    match head.method == Method::POST {
        true => incoming.short(BODY).await,
        false => Ok(Bytes::new()),
    }
}

impl Call {
    /// The address of whatever the endpoint that was called is in.
    pub(crate) fn base(&self, front: &Front) -> Result<Base, Rejection> {
        Base::of(&self.head, front.known_as.as_ref())
    }
}

/// Who calls, as far as that is told without proof.
pub(crate) fn caller(place: &Place, preamble: &Preamble, headers: &HeaderMap) -> Caller {
    let parameter = |name| place.parameter(name).map(str::to_owned);
    let in_header = || Some(headers.get(DEVICE_ID)?.to_str().ok()?.to_owned());
    Caller {
        user: None,
        device_id: preamble.device_id.clone().or_else(in_header),
        domain: parameter("domain"),
        app_id: parameter("app_id"),
        sync_token: sync_token(headers),
    }
}

/// What a request shows at the door.
pub(crate) fn knock<'a>(head: &'a request::Parts, place: &'a Place) -> Knock<'a> {
    Knock {
        method: &head.method,
        target: target(head),
        headers: &head.headers,
        extensions: &head.extensions,
        domain: place.parameter("domain"),
        token: place.token(),
    }
}

/// The routes of one group.
pub(crate) struct Routes<'p, H> {
    router: Router<Arc<Desk<H>>>,
    places: &'p [&'p str],
}

impl<'p, H: Send + Sync + 'static> Routes<'p, H> {
    /// Below these prefixes.
    pub(crate) fn below(places: &'p [&'p str]) -> Self {
        Self { router: Router::new(), places }
    }

    /// An endpoint of this path below each prefix.
    pub(crate) fn endpoint<F, Fut>(mut self, methods: Methods, path: &str, handler: F) -> Self
    where
        F: Fn(Arc<Desk<H>>, Call) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Rejection>> + Send + 'static,
    {
        for place in self.places {
            let endpoint = endpoint(methods, handler.clone());
            self.router = with_slashes(self.router, &format!("{place}/{path}"), endpoint);
        }
        self
    }

    /// At this desk.
    pub(crate) fn at(self, desk: Arc<Desk<H>>) -> Router {
        self.router.with_state(desk)
    }
}

fn endpoint<H, F, Fut>(methods: Methods, handler: F) -> MethodRouter<Arc<Desk<H>>>
where
    H: Send + Sync + 'static,
    F: Fn(Arc<Desk<H>>, Call) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Rejection>> + Send + 'static,
{
    any(move |State(desk): State<Arc<Desk<H>>>, parameters: RawPathParams, request: Request| {
        let place = Place::of(&parameters, request.uri());
        desk.call(methods, handler, place, request)
    })
}
