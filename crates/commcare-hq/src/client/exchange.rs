//! One request and its final answer: attempts, redirects, refusals.

use bytes::Bytes;
use http::header::{HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode};
use openrosa_http::api::submission::Said as Written;
use openrosa_http::client::{Error as HttpError, Verdict, is_same_server, read_whole};
use openrosa_http::headers::location;
use openrosa_http::transport::{Body, Transport};
use url::Url;

use super::Client;
use super::patience::retry_after;
use crate::endpoint::{Effect, Payload};
use crate::error::{Error, Invalid, Kind, Refusal, Said};

/// Redirects followed before it is called a loop.
const REDIRECTS: usize = 5;
/// A refusal need not be read to its end.
const REFUSAL_LIMIT: usize = 1 << 20;

type IsMissing<'m> = &'m (dyn Fn(&Refusal) -> bool + Sync);

impl<T: Transport> Client<T> {
    /// The whole body of a success, after as many attempts as patience has.
    pub(crate) async fn fetch(
        &self,
        request: &Request<Payload>,
        effect: Effect,
        is_missing: IsMissing<'_>,
    ) -> Result<Response<Bytes>, Error> {
        let mut trying = self.patience.start();
        loop {
            let error = match self.attempt(request, effect, is_missing).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = trying.next(effect, &error)? else { return Err(error) };
            tokio::time::sleep(wait).await;
        }
    }

    /// The head of a success, after as many attempts as patience has; the body is still to come.
    pub(crate) async fn open(&self, request: &Request<Payload>) -> Result<Response<Body>, Error> {
        let mut trying = self.patience.start();
        loop {
            let error = match self.head(request, Effect::Read, &is_404).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = trying.next(Effect::Read, &error)? else { return Err(error) };
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(
        &self,
        request: &Request<Payload>,
        effect: Effect,
        is_missing: IsMissing<'_>,
    ) -> Result<Response<Bytes>, Error> {
        let (head, body) = self.head(request, effect, is_missing).await?.into_parts();
        let body = read_whole(body, self.body_limit, "answer").await;
        let body = body.map_err(|error| unless_read(effect, Kind::Http(error).into()))?;
        Ok(Response::from_parts(head, body))
    }

    async fn head(
        &self,
        request: &Request<Payload>,
        effect: Effect,
        is_missing: IsMissing<'_>,
    ) -> Result<Response<Body>, Error> {
        let answer = self.exchange(request, effect).await?;
        match answer.status() {
            status if !status.is_success() => Err(self.refused(answer, effect, is_missing).await),
            // What reads is answered with all of it and 200. Other successes are a part, nothing, or work that goes on.
            status if effect == Effect::Read && status != StatusCode::OK => {
                Err(Kind::NotWhole(status).into())
            }
            _ => Ok(answer),
        }
    }

    async fn exchange(&self, request: &Request<Payload>, effect: Effect) -> Result<Response<Body>, Error> {
        let mut url: Url = request.uri().to_string().parse().map_err(|_| Invalid::Address)?;
        for _ in 0..=REDIRECTS {
            if let Some(limiter) = &self.limiter {
                limiter.permit().await;
            }
            let answer = self.http.send(&url, &|| written(request)).await;
            let answer = answer.map_err(|error| unsent(error, effect))?;
            let Some(to) = answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection()) else {
                return Ok(answer);
            };
            if is_login(to) {
                return Err(Kind::Login.into());
            }
            if request.method() != Method::GET {
                return Ok(answer);
            }
            url = led(&url, to)?;
        }
        Err(Kind::TooManyRedirects.into())
    }

    async fn refused(&self, answer: Response<Body>, effect: Effect, is_missing: IsMissing<'_>) -> Error {
        let (head, body) = answer.into_parts();
        // That the words broke off does not make it less of a refusal.
        let body = body.read_up_to(REFUSAL_LIMIT).await.unwrap_or_default();
        let mut refusal = Refusal::new(head.status, &body);
        refusal.retry_after = retry_after(&head.headers, (self.clock)());
        let missing = is_missing(&refusal);
        let error = Error::refused(refusal, missing);
        if head.status.is_server_error() { unless_read(effect, error) } else { error }
    }
}

fn is_404(refusal: &Refusal) -> bool {
    refusal.status == StatusCode::NOT_FOUND
}

/// The request anew, as often as it is sent.
fn written(request: &Request<Payload>) -> Request<Body> {
    let body = request.body().body();
    let length = body.len().filter(|&length| length > 0);
    let mut written = Request::new(body);
    *written.method_mut() = request.method().clone();
    *written.headers_mut() = request.headers().clone();
    if let Some(length) = length {
        written.headers_mut().insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    written
}

/// No answer, or a 401.
fn unsent(error: HttpError, effect: Effect) -> Error {
    let why = error.unanswerable().cloned();
    if let (Some(why), Some(answer)) = (why, error.response()) {
        let said = match &answer.said {
            Written::Envelope(envelope) => Said::Envelope(envelope.clone()),
            Written::Text(text) => Said::read(text.as_bytes()),
        };
        let refusal = Refusal { status: answer.status, said, retry_after: None };
        return Kind::Unauthorized { why, refusal }.into();
    }
    let landed = error.verdict() == Verdict::Unknown;
    let error = Error::from(Kind::Http(error));
    if landed { unless_read(effect, error) } else { error }
}

/// A write that ended so may have been done.
pub(super) fn unless_read(effect: Effect, error: Error) -> Error {
    match effect {
        Effect::Read => error,
        Effect::Write => error.landed(),
    }
}

/// HQ sends browsers there; a program has to be told.
fn is_login(location: &HeaderValue) -> bool {
    let location = location.to_str().unwrap_or_default();
    location.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').ends_with("/login")
}

/// Where a GET is led on to: the same server, or its https twin.
fn led(url: &Url, to: &HeaderValue) -> Result<Url, Error> {
    let to = location::resolve(url, to).map_err(|_| Error::from(Kind::Astray))?;
    match is_same_server(url, &to) {
        true => Ok(to),
        false => Err(Kind::Astray.into()),
    }
}
