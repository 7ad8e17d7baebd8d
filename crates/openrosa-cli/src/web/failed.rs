//! What is shown in place of a page.

use std::time::Duration;

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderValue, StatusCode, header};
use openrosa_http::server::Rejection;
use tokio::time::timeout;

use super::{assets, frame::page};
use crate::terminal::tell;

/// When one should come again who found no place, or no database, in seconds.
const LATER: HeaderValue = HeaderValue::from_static("30");
/// How long a person waits before a page says that there is none.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// The database does not answer, or others keep it busy.
    Busy,
    /// A failure of this server.
    Inside,
}

impl From<openrosa_store::Error> for Failed {
    fn from(error: openrosa_store::Error) -> Self {
        if error.is_unknown() || error.is_unknown_domain() || error.is_unknown_user() {
            return Self::NotThere;
        }
        if let Some(declined) = error.declined() {
            return Self::Cannot(declined.to_string());
        }
        if error.is_too_late() {
            return Self::Cannot(error.to_string());
        }
        tell(format_args!("a page could not be made: {error}"));
        if error.is_busy() { Self::Busy } else { Self::Inside }
    }
}

impl From<Rejection> for Failed {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Busy { cause, .. } => {
                if let Some(cause) = cause {
                    tell(format_args!("what a person sent could not be looked at: {cause}"));
                }
                Self::Busy
            }
            Rejection::Internal(error) => {
                tell(format_args!("what a person sent could not be looked at: {error}"));
                Self::Inside
            }
            other => Self::Cannot(format!("It was refused: {other}.")),
        }
    }
}

/// What the database is asked before a page is begun. One that is gone keeps whoever asks for as long as its pool has patience,
/// which is longer than a person has.
pub(super) async fn in_time<T>(asked: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| {
        tell(format_args!("a page could not be made: the database does not answer within {PATIENCE:?}"));
        Err(Failed::Busy)
    })
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
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not now",
                "The database does not answer, or others keep it busy. Load the page again in half a minute.",
            ),
            Self::Inside => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed",
                "The server could not make this page. Its log says why.",
            ),
        };
        let mut answer = (status, page(&Apology { title, text, style: assets::style() })).into_response();
        if matches!(self, Self::Full | Self::Busy) {
            answer.headers_mut().insert(header::RETRY_AFTER, LATER);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    fn is_for_later(failed: Failed) -> bool {
        let answer = failed.into_response();
        answer.status() == StatusCode::SERVICE_UNAVAILABLE
            && answer.headers().get(header::RETRY_AFTER) == Some(&LATER)
    }

    /// As devices are answered: it is no failure of what was asked, and the same works once the database is back.
    #[test]
    fn a_database_that_is_gone_is_a_matter_of_time() {
        let of_database = |error: sqlx::Error| Failed::from(openrosa_store::Error::from(error));
        assert!(is_for_later(of_database(sqlx::Error::PoolTimedOut)));
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert!(is_for_later(of_database(sqlx::Error::Io(refused))));
        assert!(is_for_later(Rejection::Busy { after: PATIENCE, cause: None }.into()));
        let wrong = of_database(sqlx::Error::ColumnNotFound("x".to_owned())).into_response();
        assert_eq!(wrong.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(wrong.headers().get(header::RETRY_AFTER), None);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_page_as_long_as_for_a_connection() {
        let asked = tokio::time::Instant::now();
        let failed = in_time::<()>(pending()).await.unwrap_err();
        assert_eq!(asked.elapsed().as_secs(), 5);
        assert!(is_for_later(failed));
    }
}
