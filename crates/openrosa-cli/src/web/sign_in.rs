//! Signing in and out.

use std::time::Instant;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;
use http::{StatusCode, header};
use openrosa_http::auth::Credentials;
use openrosa_http::server::{Accounts as _, Admission};
use openrosa_store::server::{Domain, User};
use serde::Deserialize;

use super::failed::{Failed, in_time};
use super::frame::page;
use super::said::{Form, Query};
use super::session::{self, Session, Visitor};
use super::{Web, assets};

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    to: String,
}

#[derive(Deserialize)]
pub(super) struct Given {
    token: String,
    to: String,
    name: String,
    #[serde(default)]
    domain: String,
    password: String,
}

/// What strangers see: where the database is, is not their affair.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    style: &'static str,
    token: String,
    to: &'a str,
    name: &'a str,
    domain: &'a str,
    has_domains: bool,
    wrong: Option<&'static str>,
    /// Whether anybody may look at all.
    has_staff: bool,
    has_users: bool,
}

pub(super) async fn ask(
    State(web): State<Web>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Failed> {
    let given = Given {
        token: String::new(),
        to: asked.to,
        name: String::new(),
        domain: String::new(),
        password: String::new(),
    };
    in_time(web.asking(&headers, &given, None)).await
}

pub(super) async fn enter(
    State(web): State<Web>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Result<Response, Failed> {
    let session = Session::of(&headers, &web.key, Utc::now().timestamp()).ok_or(Failed::Forged)?;
    if !session.is_token(&web.key, &given.token) {
        return Err(Failed::Forged);
    }
    let known = format!("{}\0{}", given.domain, given.name);
    if !web.throttle.admits(&known, Instant::now()) {
        return web.asking(&headers, &given, Some("Too many wrong passwords. Wait half a minute.")).await;
    }
    match web.proved(&given).await? {
        Some((domain, user)) if user.is_staff => {
            web.throttle.was_right(&known);
            let Some(mark) = web.database().password_mark(&domain, &user.user_id).await? else {
                return Err(Failed::Inside);
            };
            let visitor = Visitor { domain: domain.number(), id: user.user_id.to_string(), mark };
            let session = Session::new(Some(visitor), Utc::now().timestamp());
            let cookie = session.cookie(&web.key, web.is_secret(&headers));
            let home = format!("/look/{}/overview", domain.number());
            let to = if is_ours(&given.to) { given.to.as_str() } else { &home };
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response())
        }
        Some(_) => {
            web.asking(
                &headers,
                &given,
                Some("This user may send and fetch, but not look at all that others sent."),
            )
            .await
        }
        None => {
            web.throttle.was_wrong(&known, Instant::now());
            web.asking(&headers, &given, Some("That is not the name and password of a user here.")).await
        }
    }
}

pub(super) async fn leave(
    State(web): State<Web>,
    headers: HeaderMap,
    Form(given): Form<Token>,
) -> Result<Response, Failed> {
    let session = Session::of(&headers, &web.key, Utc::now().timestamp()).ok_or(Failed::Forged)?;
    if !session.is_token(&web.key, &given.token) {
        return Err(Failed::Forged);
    }
    // Of nobody's visit there is nothing to end, and anybody could begin any number of them.
    if session.user.is_some() {
        web.database().end_visit(session.name(), session.until()).await?;
    }
    let cookie = session::forget(web.is_secret(&headers));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/look/sign-in")).into_response())
}

/// That a page of ours asked for it.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) token: String,
}

/// Only to a page of ours, never to another site; and as browsers write addresses, for nothing else can stand in a header.
fn is_ours(to: &str) -> bool {
    to.starts_with("/look/") && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

impl Web {
    async fn proved(&self, given: &Given) -> Result<Option<(Domain, User)>, Failed> {
        let _place = self.throttle.place().await;
        let domain = Some(given.domain.trim()).filter(|domain| !domain.is_empty());
        let credentials = Credentials::new(given.name.trim(), given.password.as_str());
        let admission = self.database().by_password(&credentials, domain).await?;
        let Admission::Granted(name) = admission else { return Ok(None) };
        let domain = self.database().domain(domain).await?;
        let user = self.database().user(&domain, &name).await?;
        Ok(Some((domain, user)))
    }

    async fn asking(
        &self,
        headers: &HeaderMap,
        given: &Given,
        wrong: Option<&'static str>,
    ) -> Result<Response, Failed> {
        let now = Utc::now().timestamp();
        let known = Session::of(headers, &self.key, now);
        let is_fresh = known.is_none();
        let session = known.unwrap_or_else(|| Session::new(None, now));
        let has_users = self.database().has_users().await?;
        let shown = page(&SignIn {
            style: assets::style(),
            token: session.token(&self.key),
            to: &given.to,
            name: &given.name,
            domain: &given.domain,
            has_domains: self.database().domains().await?.len() > 1,
            wrong,
            has_staff: has_users && self.database().has_staff().await?,
            has_users,
        });
        let status = if wrong.is_some() || !has_users { StatusCode::FORBIDDEN } else { StatusCode::OK };
        let mut answer = (status, shown).into_response();
        if is_fresh {
            answer
                .headers_mut()
                .append(header::SET_COOKIE, session.cookie(&self.key, self.is_secret(headers)));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn nobody_is_led_to_another_site_after_signing_in() {
        assert!(is_ours("/look/1/arrivals?form=x"));
        for to in ["//evil.example", "https://evil.example", "/\\evil", "/look/\\evil", "", "/submission"] {
            assert!(!is_ours(to), "{to}");
        }
    }

    /// The right password would be answered with 500.
    #[test]
    fn what_cannot_stand_in_a_header_is_no_address() {
        for to in ["/look/\x7f", "/look/\0", "/look/\t", "/look/\r\n", "/look/ü", "/look/a b"] {
            assert!(!is_ours(to), "{to:?}");
        }
    }
}
