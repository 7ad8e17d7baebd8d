//! What is shown in place of a page.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderValue, StatusCode, header};

use super::{assets, frame::page};
use crate::terminal::tell;

/// When one who found no place should come again, in seconds.
const LATER: HeaderValue = HeaderValue::from_static("30");

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failed {
    /// There is no such thing here, or it is another's.
    NotThere,
    /// It is where a page sends something to, and shows nothing.
    NotToBeSeen,
    /// What is meant is in this domain.
    Elsewhere(i64),
    /// A change without being signed in.
    Stranger,
    /// A change that no page of ours asked for.
    Forged,
    /// What was asked for cannot be done, and why.
    Cannot(String),
    /// As many follow what arrives as may.
    Full,
    /// A failure of this server.
    Inside,
}

impl From<openrosa_store::Error> for Failed {
    fn from(error: openrosa_store::Error) -> Self {
        if error.is_unknown() || error.is_unknown_domain() {
            return Self::NotThere;
        }
        if let Some(declined) = error.declined() {
            return Self::Cannot(declined.to_string());
        }
        if error.is_too_late() {
            return Self::Cannot(error.to_string());
        }
        tell(format_args!("a page could not be made: {error}"));
        Self::Inside
    }
}

#[derive(Template)]
#[template(path = "failed.html")]
struct Apology<'a> {
    title: &'a str,
    text: &'a str,
    style: &'static str,
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, title, text) = match &self {
            Self::Elsewhere(domain) => {
                return Redirect::to(&format!("/look/{domain}/overview")).into_response();
            }
            Self::NotThere => {
                (StatusCode::NOT_FOUND, "Nothing here", "There is nothing at this address, or not any more.")
            }
            Self::NotToBeSeen => (
                StatusCode::METHOD_NOT_ALLOWED,
                "Nothing here",
                "This address is that of a button, and shows nothing by itself.",
            ),
            Self::Stranger => (StatusCode::FORBIDDEN, "Not signed in", "Sign in, and do it again."),
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "Not done",
                "The page from which this was asked for is too old, or not ours. Go back, load it anew, and do it again.",
            ),
            Self::Cannot(why) => (StatusCode::CONFLICT, "Not done", why.as_str()),
            Self::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many are looking",
                "As many follow what arrives as this server has places for. Loading the page shows what there is.",
            ),
            Self::Inside => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed",
                "The server could not make this page. Its log says why.",
            ),
        };
        let mut answer = (status, page(&Apology { title, text, style: assets::style() })).into_response();
        if let Self::Full = self {
            answer.headers_mut().insert(header::RETRY_AFTER, LATER);
        }
        answer
    }
}
