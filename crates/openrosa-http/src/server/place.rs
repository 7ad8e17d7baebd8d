//! Where a call went, and the addresses beside it.

use axum::extract::{OriginalUri, RawPathParams};
use http::uri::{Authority, Parts as UriParts, Scheme};
use http::{HeaderMap, Uri, header, request};

use super::Rejection;
use crate::api::{argument, push};
use crate::auth::Secret;

/// The prefixes under which ODK's clients look for a server: at the root, as KoBoToolbox and Enketo have it below a project,
/// and as ODK Central has it, with and without a token.
pub(crate) const PLACES: [&str; 6] = [
    "",
    "/{domain}",
    "/a/{domain}",
    "/key/{token}",
    "/v1/projects/{domain}",
    "/v1/key/{token}/projects/{domain}",
];

/// The prefixes under which CommCare's devices are told to call.
pub(crate) const PHONE_PLACES: [&str; 2] = ["/phone", "/a/{domain}/phone"];

/// The parameters of a route, and the token in the query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    parameters: Vec<(String, String)>,
    path_token: Option<Secret>,
    query_token: Option<Secret>,
}

impl Place {
    pub(crate) fn of(parameters: &RawPathParams, uri: &Uri) -> Self {
        let mut place = Self::in_query(uri);
        for (name, value) in parameters {
            match name {
                "token" => place.path_token = Some(Secret::new(value)),
                _ => place.parameters.push((name.to_owned(), value.to_owned())),
            }
        }
        place
    }

    /// Of an address that no route is for.
    pub(crate) fn in_query(uri: &Uri) -> Self {
        let query_token = argument(uri.query().unwrap_or_default(), "st").map(Secret::new);
        Self { query_token, ..Self::default() }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The one in the path wins, as in ODK Central.
    pub(crate) fn token(&self) -> Option<&Secret> {
        self.path_token.as_ref().or(self.query_token.as_ref())
    }

    /// The address of another endpoint beside the one that was called. It has the same token, as its caller has nothing else
    /// to show there (openrosa.md 4.5).
    pub(crate) fn beside(&self, base: &Base, last_segment: &str, arguments: &[(&str, &str)]) -> String {
        let mut query = String::new();
        for (name, value) in arguments {
            push(&mut query, name, value);
        }
        if let Some(token) = &self.query_token {
            push(&mut query, "st", token.expose());
        }
        format!("{}/{last_segment}?{query}", base.0)
    }
}

/// The absolute address of whatever the endpoint that was called is in. It may hold a token, and is not shown.
#[derive(Clone)]
pub(crate) struct Base(String);

impl Base {
    /// By the address that the server is known by, or else by what the request says of it.
    pub(crate) fn of(head: &request::Parts, known_as: Option<&Uri>) -> Result<Self, Rejection> {
        let path = target(head).path().trim_end_matches('/');
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let root = match known_as {
            Some(address) => address.to_string().trim_end_matches('/').to_owned(),
            None => asked(head).ok_or_else(|| Rejection::BadRequest {
                reason: "the header `Host` names no server".into(),
            })?,
        };
        Ok(Self(root + folder))
    }
}

/// What the client asked for, also where a host has nested these routes and the path here is shorter.
pub(crate) fn target(head: &request::Parts) -> &Uri {
    head.extensions.get::<OriginalUri>().map_or(&head.uri, |OriginalUri(uri)| uri)
}

/// Scheme and authority as the request has them.
fn asked(head: &request::Parts) -> Option<String> {
    let UriParts { scheme, authority, .. } = target(head).clone().into_parts();
    let host = || Authority::try_from(head.headers.get(header::HOST)?.as_bytes()).ok();
    let authority = authority.or_else(host).filter(|authority| !authority.as_str().contains('@'))?;
    let scheme = forwarded(&head.headers).or(scheme).unwrap_or(Scheme::HTTP);
    Some(format!("{scheme}://{authority}"))
}

/// By whom the header was written does not matter here: who lies about it gets wrong addresses, and nobody else does.
fn forwarded(headers: &HeaderMap) -> Option<Scheme> {
    match headers.get("x-forwarded-proto")?.as_bytes().to_ascii_lowercase().as_slice() {
        b"https" => Some(Scheme::HTTPS),
        b"http" => Some(Scheme::HTTP),
        _ => None,
    }
}
