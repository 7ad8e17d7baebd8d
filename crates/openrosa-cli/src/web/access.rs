//! Who may look: staff who signed in; on this machine whoever comes, as long as there are no users.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;
use http::{Method, header};
use openrosa_store::server::Domain;
use openrosa_xml::UserId;

use super::Web;
use super::failed::{Failed, in_time};
use super::seen::query;
use super::session::Session;

/// Somebody who was let in, and the domain that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) domain: Domain,
    /// Those that may be looked at.
    pub(super) domains: Vec<Domain>,
    /// Who it is, where people have names.
    pub(super) user: Option<String>,
    pub(super) session: Session,
}

/// Who somebody is.
enum Who {
    /// Nobody in particular, from this machine.
    Anybody,
    /// A user, of one domain or, in the domain without a name, of all.
    Staff { name: String, of: Domain },
    /// Not known, or not allowed.
    Stranger,
}

pub(super) async fn let_in(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let session = Session::of(request.headers(), &web.key, Utc::now().timestamp());
    let who = match in_time(web.who(request.uri(), request.headers(), session.as_ref())).await {
        Ok(who) => who,
        Err(failed) => return failed.into_response(),
    };
    let (user, of) = match who {
        Who::Anybody => (None, None),
        Who::Staff { name, of } => (Some(name), Some(of)),
        Who::Stranger => return to_sign_in(&request),
    };
    let is_fresh = session.is_none();
    let session = session.unwrap_or_else(|| Session::new(None, Utc::now().timestamp()));
    let cookie = is_fresh.then(|| session.cookie(&web.key, web.is_secret(request.headers())));
    match in_time(web.look(request.uri().path(), user, of.as_ref(), session)).await {
        Ok(look) => {
            request.extensions_mut().insert(look);
            let mut answer = next.run(request).await;
            if let Some(cookie) = cookie {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            answer
        }
        Err(failed) => failed.into_response(),
    }
}

/// Back to where it was going, once it is known who it is.
fn to_sign_in(request: &Request) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => {
            let to = request.uri().path_and_query().map_or("/", |to| to.as_str());
            Redirect::to(&format!("/look/sign-in{}", query(&[("to", to)]))).into_response()
        }
        _ => Failed::Stranger.into_response(),
    }
}

impl Web {
    async fn who(&self, uri: &Uri, headers: &HeaderMap, session: Option<&Session>) -> Result<Who, Failed> {
        if !self.database().has_users().await? {
            let is_near = self.settings.is_local && self.settings.road.is_near(uri, headers);
            return Ok(if is_near { Who::Anybody } else { Who::Stranger });
        }
        let Some((session, visitor)) = session.and_then(|session| Some((session, session.user.as_ref()?)))
        else {
            return Ok(Who::Stranger);
        };
        if self.database().has_ended(session.name()).await? {
            return Ok(Who::Stranger);
        }
        let domain = self.database().domain_numbered(visitor.domain).await?;
        let id = UserId::from(visitor.id.as_str());
        if self.database().password_mark(&domain, &id).await?.as_ref() != Some(&visitor.mark) {
            return Ok(Who::Stranger);
        }
        let user = self.database().user_of(&domain, &id).await?;
        Ok(match user.filter(|user| user.active && user.is_staff) {
            Some(user) => Who::Staff { name: user.username, of: domain },
            None => Who::Stranger,
        })
    }

    async fn look(
        &self,
        path: &str,
        user: Option<String>,
        of: Option<&Domain>,
        session: Session,
    ) -> Result<Look, Failed> {
        let number =
            path.split('/').nth(2).and_then(|part| part.parse::<i64>().ok()).ok_or(Failed::NotThere)?;
        let mut domains = self.database().domains().await?;
        domains.retain(|domain| of.is_none_or(|of| of.name.is_empty() || of == domain));
        let domain = domains.iter().find(|domain| domain.number() == number).cloned();
        // That of another is as if there were none.
        let domain = match domain {
            Some(domain) => domain,
            None if number == 1 => {
                return Err(Failed::Elsewhere(domains.first().map_or(1, Domain::number)));
            }
            None => return Err(Failed::NotThere),
        };
        Ok(Look { domain, domains, user, session })
    }

    /// Whether a change comes from a page of ours.
    pub(super) fn is_meant(&self, look: &Look, token: &str) -> Result<(), Failed> {
        match look.session.is_token(&self.key, token) {
            true => Ok(()),
            false => Err(Failed::Forged),
        }
    }
}
