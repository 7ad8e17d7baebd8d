//! What people change: always asked for by a page of ours, and always what `openrosa admin` can do as well.

use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use openrosa_store::server::{FormRow, State as FormState};
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::failed::Failed;
use super::said::{Form, Path};
use super::seen::query;
use super::sign_in::Token;

/// The case that is meant.
#[derive(Deserialize)]
pub(super) struct OfCase {
    token: String,
    id: String,
}

pub(super) async fn archive(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Path((_, seq)): Path<(i64, i64)>,
    Form(given): Form<Token>,
) -> Result<Response, Failed> {
    let form = meant(&web, &look, &given, seq, &[FormState::Normal]).await?;
    web.database().archive(&look.domain, &form).await?;
    Ok(back(&look, seq))
}

pub(super) async fn restore(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Path((_, seq)): Path<(i64, i64)>,
    Form(given): Form<Token>,
) -> Result<Response, Failed> {
    let form = meant(&web, &look, &given, seq, &[FormState::Archived]).await?;
    web.database().unarchive(&look.domain, &form).await?;
    Ok(back(&look, seq))
}

pub(super) async fn retry(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Path((_, seq)): Path<(i64, i64)>,
    Form(given): Form<Token>,
) -> Result<Response, Failed> {
    let form = meant(&web, &look, &given, seq, &[FormState::Error, FormState::Quarantined]).await?;
    match web.database().release(&look.domain, &form.log_id).await?.declined {
        None => Ok(back(&look, seq)),
        Some(reason) => Err(Failed::Cannot(format!("It still does not count: {reason}."))),
    }
}

pub(super) async fn rebuild(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Form(given): Form<OfCase>,
) -> Result<Response, Failed> {
    web.is_meant(&look, &given.token)?;
    let id = given.id.as_str();
    web.database().case(&look.domain, &id.into()).await?.ok_or(Failed::NotThere)?;
    web.database().rebuild(&look.domain, &id.into()).await?;
    let address = format!("/look/{}/case{}", look.domain.number(), query(&[("id", id)]));
    Ok(Redirect::to(&address).into_response())
}

/// The form that is meant, if it is in one of these states still: somebody else may have been faster.
async fn meant(
    web: &Web,
    look: &Look,
    given: &Token,
    seq: i64,
    states: &[FormState],
) -> Result<FormRow, Failed> {
    web.is_meant(look, &given.token)?;
    let form = web.database().submission(&look.domain, seq).await?;
    match states.contains(&form.state) {
        true => Ok(form),
        false => Err(Failed::Cannot(format!("The submission is {} by now.", form.state.as_str()))),
    }
}

fn back(look: &Look, seq: i64) -> Response {
    Redirect::to(&format!("/look/{}/submissions/{seq}", look.domain.number())).into_response()
}
