//! Web users: those who sign in with a browser, and with keys.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{self, Effect, Endpoint, Payload, by_id, get, push, read};
use crate::error::{Error, Invalid};
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::or_default;

const WEB_USER: Resource = Resource::new("web-user");

/// A web user.
///
/// *Spec*: commcare-hq-api.md 2, R11.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebUser {
    /// The id.
    pub id: String,
    /// What the user signs in with.
    #[serde(default)]
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
    /// All numbers.
    #[serde(default, deserialize_with = "or_default")]
    pub phone_numbers: Vec<String>,
    /// The name of the role.
    #[serde(default)]
    pub role: Option<String>,
    /// Whether the user may do everything.
    #[serde(default)]
    pub is_admin: bool,
    /// What the role allows.
    #[serde(default, deserialize_with = "or_default")]
    pub permissions: Map<String, Value>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The web users of a project.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, web_users};
///
/// let request = web_users::List::named("ada@example.org").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/web-user/?web_username=ada%40example.org");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../web-user/`; the name is sent as `web_username`, since `username` would be taken for a login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct List {
    /// The one of this name only.
    pub username: Option<String>,
}

impl List {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// The one of this name.
    pub fn named(username: impl Into<String>) -> Self {
        Self { username: Some(username.into()) }
    }
}

impl Endpoint for List {
    type Answer = Page<WebUser>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(WEB_USER);
        if let Some(username) = &self.username {
            push(&mut url, "web_username", username);
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<WebUser>, Error> {
        envelope::tastypie("list of web users", &answer)
    }
}

by_id! {
    /// One web user.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, site::Site, web_users};
    ///
    /// let request = web_users::Get::new("77aa").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/web-user/77aa/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../web-user/{id}/`.
    Get(id) from WEB_USER, "web user": WebUser
}

/// What a web user may do and where. What is `None` stays as it is; a list takes the place of the one that is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Standing {
    /// The name of the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The location that counts first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_location_id: Option<String>,
    /// All locations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_location_ids: Option<Vec<String>>,
    /// The profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Fields of the project's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Map<String, Value>>,
    /// The role in Tableau.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tableau_role: Option<String>,
    /// The groups in Tableau.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tableau_groups: Option<Vec<String>>,
}

impl Standing {
    /// A role, by its name.
    pub fn role(role: impl Into<String>) -> Self {
        Self { role: Some(role.into()), ..Self::default() }
    }
}

/// Changes what a web user may do and where.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, web_users::{Standing, Update}};
///
/// let request = Update::new("77aa", Standing::role("Supervisor")).request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PATCH", "/a/riverside/api/web-user/v1/77aa/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `PATCH /a/{d}/api/web-user/v1/{id}/`, 202.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// Which.
    pub id: String,
    /// What is to be so.
    pub standing: Standing,
}

impl Update {
    /// The user of this id is to stand so.
    pub fn new(id: impl Into<String>, standing: Standing) -> Self {
        Self { id: id.into(), standing }
    }
}

impl Endpoint for Update {
    type Answer = WebUser;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let url = site.item(Resource::current_only("web-user"), &self.id);
        endpoint::json(Method::PATCH, &url, &self.standing)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<WebUser, Error> {
        read("web user", &answer)
    }
}

/// Invites somebody to become a web user of the project.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, web_users::Invite};
///
/// let request = Invite::new("ada@example.org", "Supervisor").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/api/invitation/v1/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST /a/{d}/api/invitation/v1/`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Invite {
    /// Where the invitation goes.
    pub email: String,
    /// What the user may do; the role is required.
    #[serde(flatten)]
    pub standing: Standing,
}

impl Invite {
    /// Invites whoever has this address, to this role.
    pub fn new(email: impl Into<String>, role: impl Into<String>) -> Self {
        Self { email: email.into(), standing: Standing::role(role) }
    }
}

impl Endpoint for Invite {
    /// The invitation, as HQ echoes it; documents promise an `id` in it.
    type Answer = Map<String, Value>;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        if self.email.is_empty() {
            return Err(Invalid::Missing("email").into());
        }
        endpoint::json(Method::POST, &site.list(Resource::current_only("invitation")), self)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Map<String, Value>, Error> {
        read("invitation", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    const ADA: &str = r#"{"id":"77aa","username":"ada@example.org","role":"Admin","is_admin":true,"permissions":{"edit_data":true},"profile":null}"#;

    #[tokio::test]
    async fn web_users_are_read_changed_and_invited() {
        let (client, seen) = hq(|seen| match seen.uri.path().ends_with("web-user/") {
            true => json(
                200,
                &format!(
                    r#"{{"meta":{{"limit":20,"offset":0,"total_count":1,"next":null}},"objects":[{ADA}]}}"#
                ),
            ),
            false => json(202, ADA),
        });
        let page = client.walk(List::named("ada@example.org")).unwrap().next_page().await.unwrap().unwrap();
        assert!(page.items[0].is_admin);
        client.call(&Update::new("77aa", Standing::role("Field"))).await.unwrap();
        client.call(&Invite::new("eve@example.org", "Field")).await.unwrap();
        assert_eq!(
            trail(&seen),
            [
                "GET /a/riverside/api/v0.5/web-user/?web_username=ada%40example.org",
                "PATCH /a/riverside/api/web-user/v1/77aa/",
                "POST /a/riverside/api/invitation/v1/"
            ]
        );
        assert_eq!(seen.lock().unwrap()[1].body, r#"{"role":"Field"}"#);
        assert_eq!(seen.lock().unwrap()[2].body, r#"{"email":"eve@example.org","role":"Field"}"#);
    }
}
