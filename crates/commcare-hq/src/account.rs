//! The account itself: who it is, which projects it has, and whether a password is right.

use bytes::Bytes;
use http::{Method, Request, Response};
use openrosa_http::auth::{Credentials, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Endpoint, Payload, bare, get, push, read};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};

/// Who the account is.
///
/// ```
/// use commcare_hq::{account::Identity, endpoint::Endpoint, site::Site};
///
/// let request = Identity.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/api/v0.5/identity/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /api/v0.5/identity/`, a single object although it is a list. *Spec*: commcare-hq-api.md 2, R20.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it has no arguments")]
pub struct Identity;

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Its id.
    pub id: String,
    /// What it signs in with.
    pub username: String,
    /// The given name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// The family name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Where mail goes.
    #[serde(default)]
    pub email: Option<String>,
    /// What else there is: of a single sign-on, what there is of a mobile worker or a web user.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Endpoint for Identity {
    type Answer = Account;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.account(Resource::classic_only("identity")))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Account, Error> {
        read("account", &answer)
    }
}

/// The projects of the account: those whose plan includes the feature that Zapier uses. A key for one project lists that one.
///
/// ```
/// use commcare_hq::{account::Domains, endpoint::Endpoint, site::Site};
///
/// let request = Domains::new().request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/api/v0.5/user_domains/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /api/v0.5/user_domains/`, P1. *Spec*: commcare-hq-api.md 2, R21.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Domains {
    /// `feature_flag`: only those that have it; one that does not exist is a 400.
    pub feature_flag: Option<String>,
    /// `can_view_reports`: only those whose reports may be seen.
    pub can_view_reports: bool,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Domain {
    /// As addresses have it.
    pub domain_name: String,
    /// As people have it.
    #[serde(default)]
    pub project_name: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Domains {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Endpoint for Domains {
    type Answer = Page<Domain>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.account(Resource::new("user_domains"));
        if let Some(flag) = &self.feature_flag {
            push(&mut url, "feature_flag", flag);
        }
        if self.can_view_reports {
            push(&mut url, "can_view_reports", "true");
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Domain>, Error> {
        envelope::tastypie("list of projects", &answer)
    }
}

/// Whether a name and a password are those of a mobile worker or a web user of the project: no token comes of it, and it has
/// nothing to do with SAML. A bare name is completed to that of a worker.
///
/// 403 without a word means: wrong password, unknown, or not of this project.
///
/// ```
/// use commcare_hq::{account::SignOn, endpoint::Endpoint, site::Site};
///
/// use openrosa_http::auth::Credentials;
///
/// let asked = SignOn::new(Credentials::new("amina", "c0rrect horse"));
/// let request = asked.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/api/v0.5/sso/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST .../sso/` with `username` and `password` as a form. *Spec*: commcare-hq-api.md 2, R22.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignOn {
    /// Whose password it is.
    pub credentials: Credentials,
}

impl SignOn {
    /// Asks about this name and password.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials }
    }
}

impl Endpoint for SignOn {
    type Answer = Account;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut request = bare(Method::POST, &site.list(Resource::new("sso")))?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("username", self.credentials.user());
        form.append_pair("password", self.credentials.expose_password());
        *request.body_mut() = Payload::Secret(Secret::new(form.finish()));
        let kind = http::HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(http::header::CONTENT_TYPE, kind);
        Ok(request)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Account, Error> {
        read("account", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, site, trail};

    #[tokio::test]
    async fn an_account_is_one_object() {
        let (client, seen) =
            hq(|_| json(200, r#"{"id":"77aa","username":"ada@example.org","first_name":"Ada","new":1}"#));
        let account = client.call(&Identity).await.unwrap();
        assert_eq!((account.id.as_str(), account.other["new"].as_i64()), ("77aa", Some(1)));
        assert_eq!(trail(&seen), ["GET /api/v0.5/identity/"]);
    }

    #[tokio::test]
    async fn projects_are_a_list() {
        let body = r#"{"meta":{"limit":20,"offset":0,"total_count":1,"next":null},"objects":[{"domain_name":"riverside","project_name":"Riverside"}]}"#;
        let (client, seen) = hq(move |_| json(200, body));
        let mut asked = Domains::new();
        asked.can_view_reports = true;
        let mut walk = client.walk(asked).unwrap();
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0].domain_name, "riverside");
        assert_eq!(trail(&seen), ["GET /api/v0.5/user_domains/?can_view_reports=true"]);
    }

    #[tokio::test]
    async fn a_password_is_right_or_not() {
        let (client, seen) = hq(|seen| match seen.body.contains("password=s%26cret") {
            true => json(200, r#"{"id":"w1","username":"amina@riverside.commcarehq.org"}"#),
            false => json(403, ""),
        });
        let asked = |password| SignOn::new(Credentials::new("amina", password));
        assert_eq!(client.call(&asked("s&cret")).await.unwrap().id, "w1");
        assert!(client.call(&asked("wrong")).await.unwrap_err().is_forbidden());
        assert_eq!(trail(&seen)[0], "POST /a/riverside/api/v0.5/sso/");
    }

    /// H-004: passwords do not show in a request that is shown.
    #[test]
    fn a_password_is_not_shown() {
        let request = SignOn::new(Credentials::new("amina", "s3cret")).request(&site()).unwrap();
        assert!(!format!("{request:?}").contains("s3cret"), "{request:?}");
    }
}
