//! Who may look: staff who signed in; on this machine whoever comes, as long as there are no users.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;
use http::{Method, header};
use openrosa_store::server::Domain;

use super::Web;
use super::failed::Failed;
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
    let who = match web.who(request.headers(), session.as_ref()).await {
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
    let cookie = is_fresh.then(|| session.cookie(&web.key, web.settings.is_secure));
    match web.look(request.uri().path(), user, of.as_ref(), session).await {
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
    async fn who(&self, headers: &HeaderMap, session: Option<&Session>) -> Result<Who, Failed> {
        if !self.database().has_users().await? {
            let is_near = self.settings.is_local && is_from_here(headers);
            return Ok(if is_near { Who::Anybody } else { Who::Stranger });
        }
        let Some((number, id)) = session.and_then(|session| session.user.as_ref()) else {
            return Ok(Who::Stranger);
        };
        let domain = self.database().domain_numbered(*number).await?;
        let user = self.database().user_of(&domain, &id.as_str().into()).await?;
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

/// Whether the browser is on this machine and means this machine: a name that somebody lets lead here is not believed, and
/// neither is a proxy.
pub(super) fn is_from_here(headers: &HeaderMap) -> bool {
    let forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via"];
    if forwarded.iter().any(|name| headers.contains_key(*name)) {
        return false;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(host, _)| host);
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn from_here(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_from_here(&HeaderMap::from_iter(headers))
    }

    #[test]
    fn a_name_that_somebody_lets_lead_here_is_not_believed() {
        for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "[::1]:8080", "127.0.0.1"] {
            assert!(from_here(&[("host", host)]), "{host}");
        }
        for host in ["evil.example:8080", "127.0.0.1.evil.example", "192.168.1.2:8080", ""] {
            assert!(!from_here(&[("host", host)]), "{host}");
        }
        assert!(!from_here(&[]));
    }

    #[test]
    fn a_proxy_is_not_this_machine() {
        for header in ["x-forwarded-for", "forwarded", "x-forwarded-proto", "via"] {
            assert!(!from_here(&[("host", "localhost"), (header, "127.0.0.1")]), "{header}");
        }
    }
}
