//! What is around every view.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};

use super::access::Look;
use super::seen::Seen;
use super::{Web, assets};
use crate::terminal::tell;

/// The frame of a view: where one is, who one is, where one can go.
pub(super) struct Frame {
    pub(super) title: String,
    /// Which of the views in the menu this belongs to.
    pub(super) here: &'static str,
    pub(super) domain: i64,
    pub(super) domain_name: Seen,
    pub(super) domains: Vec<(i64, Seen)>,
    pub(super) user: Option<Seen>,
    pub(super) token: String,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
}

/// The menu.
const MENU: [(&str, &str); 7] = [
    ("overview", "Overview"),
    ("arrivals", "Arrivals"),
    ("refused", "Refused"),
    ("forms", "Forms"),
    ("cases", "Cases"),
    ("people", "People"),
    ("upload", "Upload"),
];

impl Frame {
    pub(super) fn new(web: &Web, look: &Look, here: &'static str, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            here,
            domain: look.domain.number(),
            domain_name: called(&look.domain.name),
            domains: look.domains.iter().map(|domain| (domain.number(), called(&domain.name))).collect(),
            user: look.user.as_deref().map(Seen::of),
            token: look.session.token(&web.key),
            style: assets::style(),
            script: assets::script(),
        }
    }

    pub(super) fn menu(&self) -> impl Iterator<Item = Entry> {
        let (domain, here) = (self.domain, self.here);
        MENU.into_iter().map(move |(path, text)| Entry {
            address: format!("/look/{domain}/{path}"),
            text,
            is_here: path == here,
        })
    }
}

/// An entry of the menu.
pub(super) struct Entry {
    pub(super) address: String,
    pub(super) text: &'static str,
    pub(super) is_here: bool,
}

/// What people call a domain.
fn called(name: &str) -> Seen {
    Seen::of(if name.is_empty() { "main domain" } else { name })
}

/// A view as an answer. Writing into memory does not fail.
pub(super) fn page(view: &impl Template) -> Response {
    match view.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tell(format_args!("a page could not be written: {error}"));
            http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
