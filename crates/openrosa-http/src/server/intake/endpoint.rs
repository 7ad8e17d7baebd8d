//! The endpoint of blank forms (openrosa.md 6.3).

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use http::{Method, StatusCode, header, request};
use openrosa_xml::XForm;
use openrosa_xml::xml::decode;

use super::{FormIntake, FormUpload, UploadedForm};
use crate::api::Preamble;
use crate::headers::AcceptLength;
use crate::server::answer::{self, Voice};
use crate::server::desk::{caller, knock};
use crate::server::front::with_slashes;
use crate::server::incoming::Incoming;
use crate::server::parameters::Parameters;
use crate::server::parts::{Parts, Received, Sink, boundary, check_coding};
use crate::server::place::{PLACES, Place};
use crate::server::whole::Whole;
use crate::server::{Caller, FormVersion, Front, Policy, Rejection, TextField};

/// The name of the part that is the form.
const FORM_PART: &str = "form_def_file";

impl Front {
    /// Where blank forms are taken, within the limits that hold for submissions by default.
    ///
    /// *Spec*: openrosa.md 6.3.
    pub fn intake(&self, host: impl FormIntake) -> Router {
        let policy = Policy { version: self.version, ..Policy::default() };
        let intake = Arc::new(Intake { front: self.clone(), host, policy });
        // The first is ODK Aggregate's, the second what Briefcase asks (openrosa.md 6.3).
        let paths =
            PLACES.into_iter().flat_map(|place| [format!("{place}/formUpload"), format!("{place}/upload")]);
        let route = |router, path: String| with_slashes(router, &path, any(here));
        paths.fold(Router::new(), route).with_state(intake)
    }
}

struct Intake<H> {
    front: Front,
    host: H,
    policy: Policy,
}

async fn here<H: FormIntake>(
    State(intake): State<Arc<Intake<H>>>,
    parameters: RawPathParams,
    request: Request,
) -> Response {
    let place = Place::of(&parameters, request.uri());
    let (head, body) = request.into_parts();
    let preamble = Preamble::read(&head);
    let mut incoming = Incoming::new(body, &head.headers, &intake.policy.limits);
    let answer = match intake.admit(&head, &place, &preamble).await {
        Ok(sender) => intake.answer(&head, sender, &preamble, &mut incoming).await,
        Err(rejection) => {
            incoming.turn_away(&head).await;
            return intake.refuse(&rejection, &preamble);
        }
    };
    incoming.drain().await;
    answer.unwrap_or_else(|rejection| intake.refuse(&rejection, &preamble))
}

impl<H: FormIntake> Intake<H> {
    fn limit(&self) -> AcceptLength {
        AcceptLength(self.policy.limits.body)
    }

    fn refuse(&self, rejection: &Rejection, preamble: &Preamble) -> Response {
        crate::server::log(rejection);
        answer::refused(rejection, Voice::Envelope("error"), preamble, Some(self.limit()))
    }

    async fn admit(
        &self,
        head: &request::Parts,
        place: &Place,
        preamble: &Preamble,
    ) -> Result<Caller, Rejection> {
        if !matches!(head.method, Method::HEAD | Method::POST) {
            return Err(Rejection::Method { allowed: "HEAD, POST" });
        }
        self.policy.version.check(&head.headers)?;
        let mut sender = caller(place, preamble, &head.headers);
        sender.user = self.front.authentication.check(knock(head, place)).await?;
        Ok(sender)
    }

    async fn answer(
        &self,
        head: &request::Parts,
        sender: Caller,
        preamble: &Preamble,
        incoming: &mut Incoming,
    ) -> Result<Response, Rejection> {
        if head.method == Method::HEAD {
            return Ok(answer::ready(&self.policy));
        }
        self.take(head, incoming, sender).await?;
        let answer = answer::enveloped(StatusCode::CREATED, "the blank form was received", "", preamble);
        Ok(answer::said(answer, Some(self.limit())))
    }

    async fn take(
        &self,
        head: &request::Parts,
        incoming: &mut Incoming,
        sender: Caller,
    ) -> Result<(), Rejection> {
        incoming.check_declared()?;
        check_coding(&head.headers)?;
        let content_type = head.headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        let content_type = Parameters::read(content_type);
        let other = || Rejection::MediaType { found: content_type.kind().into() };
        let boundary = boundary(&content_type)?.ok_or_else(other)?;
        let mut upload = self.host.begin(&sender).await?;
        let read = |xml| UploadedForm::read(xml, sender.clone());
        let parts = Parts { main: FORM_PART, read, sink: Files(&mut upload), policy: &self.policy };
        let form = parts.receive(&boundary, incoming).await.map(UploadedForm::complete)?;
        Whole::new(upload.commit(form)).await
    }
}

impl UploadedForm {
    fn read(xml: Bytes, sender: Caller) -> Result<Self, Rejection> {
        let source = decode(&xml).map_err(Rejection::Xml)?;
        let form = XForm::read(&source).map_err(Rejection::Xml)?;
        let key = form.form_key();
        let nameless = || Rejection::BadRequest { reason: "the form has no id".into() };
        let id = key.id.map(|id| id.to_string()).filter(|id| !id.is_empty()).ok_or_else(nameless)?;
        let version = Some(key.version.map(|version| version.to_string()).unwrap_or_default());
        let name = form.title.as_deref().unwrap_or_default().trim().to_owned();
        drop(form);
        drop(source);
        Ok(Self { xml, form: FormVersion { id, version }, name, files: Vec::new(), sender })
    }

    fn complete(received: Received<Self>) -> Self {
        let Received { main, files, fields } = received;
        let called = |field: TextField| (field.name == "form_name").then_some(field.value);
        let named = || fields.into_iter().find_map(called).filter(|name| !name.trim().is_empty());
        let name = Some(main.name).filter(|name| !name.is_empty()).or_else(named);
        Self { name: name.unwrap_or_else(|| main.form.id.clone()), files, ..main }
    }
}

/// The files of a blank form.
struct Files<'u, U>(&'u mut U);

impl<U: FormUpload> Sink for Files<'_, U> {
    async fn open(&mut self) -> Result<(), Rejection> {
        self.0.open().await
    }

    async fn write(&mut self, chunk: Bytes) -> Result<(), Rejection> {
        self.0.write(chunk).await
    }
}
