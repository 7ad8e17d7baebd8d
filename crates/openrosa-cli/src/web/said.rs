//! What a request says, read as `axum` reads it; but whoever says what cannot be meant gets a page, as for all else.

use axum::extract::multipart::Multipart;
use axum::extract::rejection::FormRejection;
use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::failed::Failed;

/// The parts of a path. Where nothing can be called so, nothing is there.
pub(super) struct Path<T>(pub(super) T);

/// What is asked for behind the question mark. Where that is nothing that can be asked for, nothing is there.
pub(super) struct Query<T>(pub(super) T);

/// What was filled in on a page. Every page of ours fills in all that its change asks for, and the token.
pub(super) struct Form<T>(pub(super) T);

/// The same, with files.
pub(super) struct Parted(pub(super) Multipart);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        let said = extract::Path::from_request_parts(parts, state).await;
        said.map(|extract::Path(said)| Self(said)).map_err(|_| Failed::NotThere)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        let said = extract::Query::from_request_parts(parts, state).await;
        said.map(|extract::Query(said)| Self(said)).map_err(|_| Failed::NotThere)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        match extract::Form::from_request(request, state).await {
            Ok(extract::Form(said)) => Ok(Self(said)),
            Err(FormRejection::BytesRejection(error)) => Err(Failed::Cannot(error.body_text())),
            Err(_) => Err(Failed::Forged),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Parted {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        Multipart::from_request(request, state).await.map(Self).map_err(|_| Failed::Forged)
    }
}
