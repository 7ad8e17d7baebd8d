//! Addresses a submission may go to, and the redirects that are followed.

use http::header::LOCATION;
use http::{HeaderValue, Method, StatusCode, Uri};
use url::{Position, Url};

use crate::error::{Error, Kind};
use crate::headers::location::{self, Astray};

/// Refuses what is not http or https, and credentials in the address: they would end up in logs
/// (OpenRosa Authentication).
pub(super) fn check(url: &Url) -> Result<(), Error> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Kind::Scheme { scheme: url.scheme().to_owned() }.into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Kind::CredentialsInAddress.into());
    }
    Ok(())
}

/// The address as requests carry it: without its fragment.
pub(super) fn uri(url: &Url) -> Result<Uri, Error> {
    let written = &url[..Position::AfterQuery];
    Ok(Uri::try_from(written).map_err(|error| Kind::Http(error.into()))?)
}

/// Where an answer sends the request, if that is to be obeyed. A POST follows only those redirects that leave
/// it a POST; after any other the answer stands as it is.
pub(super) fn redirect<'a, B>(method: &Method, response: &'a http::Response<B>) -> Option<&'a HeaderValue> {
    let keeps_method =
        matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let moves = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER
    );
    let obeyed = keeps_method || (moves && *method != Method::POST);
    obeyed.then(|| response.headers().get(LOCATION))?
}

/// Refuses an answer that leads to another host, where neither form nor credentials belong: mostly it is a network that wants a
/// login, and no word about the form.
pub(super) fn stay<B>(url: &Url, response: &http::Response<B>) -> Result<(), Error> {
    let to = response.headers().get(LOCATION).filter(|_| response.status().is_redirection());
    match to.map(|to| location::resolve(url, to)) {
        Some(Err(Astray::OtherHost { host })) => Err(Kind::LedAway { host }.into()),
        _ => Ok(()),
    }
}
