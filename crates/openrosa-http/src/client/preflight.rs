//! HEAD before the first POST: is it an OpenRosa server, how much does it take, where should the form go.

use http::{Method, StatusCode};
use url::Url;

use super::{Client, address};
use crate::api::submission::PreflightAnswer;
use crate::error::{Error, Kind, is_of_the_network};
use crate::headers::{AcceptLength, Announced, location};
use crate::transport::{Body, Transport};

/// What is known about a submission URL.
#[derive(Clone, Debug)]
pub(super) struct Road {
    pub(super) target: Url,
    pub(super) limit: AcceptLength,
    /// Whether the answer to HEAD came from an OpenRosa server, by its version header.
    pub(super) is_openrosa: bool,
}

/// Asks. Only 204 says anything; any other 2xx is somebody else's, and all the rest (no HEAD, no right to it, a
/// failure) says nothing about the POST to come (openrosa.md 1.6).
pub(super) async fn ask<T: Transport>(client: &Client<T>, url: &Url) -> Result<Road, Error> {
    let head = |url: &Url| {
        let mut request = http::Request::new(Body::empty());
        *request.method_mut() = Method::HEAD;
        *request.uri_mut() = client.preamble().address(&address::uri(url)?).map_err(Kind::Http)?;
        client.preamble().write(request.headers_mut());
        Ok(request)
    };
    let knocked = client.exchange(&Method::HEAD, url.clone(), &head).await;
    let (reached, response) = knocked.map_err(Error::before_the_form)?;
    let answer = PreflightAnswer::read(&response.into_parts().0);
    match answer.status {
        StatusCode::NO_CONTENT => road(reached, &answer),
        status if status.is_success() => Err(Kind::NotOpenRosa { status }.into()),
        status if is_of_the_network(status) => Err(Kind::Network { status }.into()),
        _ => {
            let is_openrosa = answer.version != Announced::Absent;
            Ok(Road { target: reached, limit: AcceptLength::DEFAULT, is_openrosa })
        }
    }
}

/// A version above 1.0 is no reason to stop, its absence is: portals answer 204 as well.
fn road(reached: Url, answer: &PreflightAnswer) -> Result<Road, Error> {
    if answer.version == Announced::Absent {
        return Err(Kind::NotOpenRosa { status: answer.status }.into());
    }
    let target = match &answer.location {
        Some(location) => location::resolve(&reached, location).map_err(Kind::Redirect)?,
        None => reached,
    };
    Ok(Road { target, limit: answer.accept_length.unwrap_or_default(), is_openrosa: true })
}
