//! Groups of mobile workers.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::endpoint::{self, Effect, Endpoint, Payload, bare, by_id, get, push, read};
use crate::error::{Error, Refusal};
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::or_default;

const GROUP: Resource = Resource::new("group");

/// A group.
///
/// *Spec*: commcare-hq-api.md 2, R9.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// Its id.
    pub id: String,
    /// The project.
    #[serde(default)]
    pub domain: Option<String>,
    /// Its name, of which a project has one.
    pub name: String,
    /// The ids of its workers.
    #[serde(default, deserialize_with = "or_default")]
    pub users: Vec<String>,
    /// Whether its workers share their cases.
    #[serde(default)]
    pub case_sharing: bool,
    /// Whether it is there for reports.
    #[serde(default = "yes")]
    pub reporting: bool,
    /// Whatever the project keeps with it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Map<String, Value>,
    /// What else there is, such as `resource_uri`.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn yes() -> bool {
    true
}

/// A group to be made, or what is to change of one: what is `None` is left out.
///
/// **A list or an object takes the place of the one that is there.** To add a worker, read the group, add to its `users`, and
/// send those: [`Changes::from`] a group does so.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All its workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<String>>,
    /// Whether its workers share their cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_sharing: Option<bool>,
    /// Whether it is there for reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reporting: Option<bool>,
    /// All that is kept with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

impl Changes {
    /// A group of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// The workers that it is to have, all of them.
    #[must_use]
    pub fn users<U: Into<String>>(mut self, users: impl IntoIterator<Item = U>) -> Self {
        self.users = Some(users.into_iter().map(Into::into).collect());
        self
    }
}

impl From<&Group> for Changes {
    fn from(group: &Group) -> Self {
        Self {
            name: Some(group.name.clone()),
            users: Some(group.users.clone()),
            case_sharing: Some(group.case_sharing),
            reporting: Some(group.reporting),
            metadata: Some(group.metadata.clone()),
        }
    }
}

/// All groups of a project.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, groups, site::Site};
///
/// let request = groups::List::new().limit(100).request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/group/?limit=100");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../group/`, P1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct List {
    /// How many on a page; 20 unless said, 1000 at most.
    pub limit: Option<u32>,
}

impl List {
    /// Pages of the usual size.
    pub fn new() -> Self {
        Self::default()
    }

    /// So many on a page.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl Endpoint for List {
    type Answer = Page<Group>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(GROUP);
        if let Some(limit) = self.limit {
            push(&mut url, "limit", &limit.to_string());
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Group>, Error> {
        envelope::tastypie("list of groups", &answer)
    }
}

by_id! {
    /// One group.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, groups, site::Site};
    ///
    /// let request = groups::Get::new("ab12").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/group/ab12/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../group/{id}/`.
    Get(id) from GROUP, "group": Group
}

/// Makes a group; its id comes back. A name that is taken is a 400.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, groups::{Changes, Create}, site::Site};
///
/// let north = Create(Changes::named("North team").users(["77aa"]));
/// let request = north.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/api/v0.5/group/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST .../group/`, answered by an object with an `id`, be it the whole group or nothing else.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a group and nothing else is made")]
pub struct Create(pub Changes);

/// An object of which the id alone is sure.
#[derive(Deserialize)]
pub(crate) struct Created {
    pub(crate) id: String,
}

impl Endpoint for Create {
    type Answer = String;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        endpoint::json(Method::POST, &site.list(GROUP), &self.0)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<String, Error> {
        Ok(read::<Created>("new group", &answer)?.id)
    }
}

/// Makes several groups, of which some may fail while others are made.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, groups::{Changes, CreateMany}, site::Site};
///
/// let both = CreateMany(vec![Changes::named("North"), Changes::named("South")]);
/// let request = both.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PATCH", "/a/riverside/api/v0.5/group/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `PATCH .../group/` with `objects`; an array in the order of the request, with an id or a text for each.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "groups and nothing else are made")]
pub struct CreateMany(pub Vec<Changes>);

impl Endpoint for CreateMany {
    /// For each group its id, or the server's words.
    type Answer = Vec<Result<String, String>>;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        endpoint::json(Method::PATCH, &site.list(GROUP), &json!({ "objects": self.0 }))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Self::Answer, Error> {
        let made: Vec<String> = read("list of new groups", &answer)?;
        if made.len() != self.0.len() {
            let found = format!("{} for {} groups", made.len(), self.0.len());
            return Err(Error::strange("the list of new groups", found));
        }
        let outcome = |made: String| if is_id(&made) { Ok(made) } else { Err(made) };
        Ok(made.into_iter().map(outcome).collect())
    }
}

/// Ids have letters, digits and hyphens; texts have words.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Changes a group.
///
/// A name that is taken and an id that is not known are both an error 500 of the server.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, groups::{Changes, Update}, site::Site};
///
/// let request = Update::new("ab12", Changes::named("North")).request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PUT", "/a/riverside/api/v0.5/group/ab12/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `PUT .../group/{id}/`, answered by the group.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// Which.
    pub id: String,
    /// What is to change.
    pub changes: Changes,
}

impl Update {
    /// Changes this of the group of this id.
    pub fn new(id: impl Into<String>, changes: Changes) -> Self {
        Self { id: id.into(), changes }
    }
}

impl Endpoint for Update {
    type Answer = Group;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        endpoint::json(Method::PUT, &site.item(GROUP, &self.id), &self.changes)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Group, Error> {
        read("group", &answer)
    }
}

/// Deletes a group.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, groups, site::Site};
///
/// let request = groups::Delete::new("ab12").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("DELETE", "/a/riverside/api/v0.5/group/ab12/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `DELETE .../group/{id}/`, 204.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delete {
    /// Which.
    pub id: String,
}

impl Delete {
    /// The group of this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Endpoint for Delete {
    type Answer = ();

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        bare(Method::DELETE, &site.item(GROUP, &self.id))
    }

    fn answer(&self, _: Response<Bytes>) -> Result<(), Error> {
        Ok(())
    }

    fn is_missing(&self, refusal: &Refusal) -> bool {
        matches!(refusal.status, StatusCode::NOT_FOUND | StatusCode::GONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    /// H-073: creation returns the id whether the answer is `{id}` or the whole object.
    #[tokio::test]
    async fn an_id_comes_of_a_new_group() {
        for body in
            [r#"{"id": "ab12"}"#, r#"{"id": "ab12", "name": "North", "users": [], "resource_uri": ""}"#]
        {
            let (client, seen) = hq(move |_| json(201, body));
            assert_eq!(client.call(&Create(Changes::named("North"))).await.unwrap(), "ab12");
            assert_eq!(seen.lock().unwrap()[0].body, r#"{"name":"North"}"#);
        }
    }

    #[tokio::test]
    async fn a_name_that_is_taken_is_said() {
        let (client, _) = hq(|_| json(400, r#"{"error_message": "A group by name North already exists"}"#));
        let error = client.call(&Create(Changes::named("North"))).await.unwrap_err();
        assert_eq!(error.message().as_deref(), Some("A group by name North already exists"));
        assert!(!error.may_have_landed());
    }

    /// H-077: results of PATCH are matched by position, texts are failures of an item.
    #[tokio::test]
    async fn of_many_some_may_fail() {
        let (client, _) = hq(|_| json(202, r#"["ab12", "A group by name South already exists"]"#));
        let both = || CreateMany(vec![Changes::named("North"), Changes::named("South")]);
        let made = client.call(&both()).await.unwrap();
        assert_eq!(made[0].as_deref(), Ok("ab12"));
        assert!(made[1].is_err());
        let (client, _) = hq(|_| json(202, r#"["ab12"]"#));
        let error = client.call(&both()).await.unwrap_err();
        assert!(error.is_unreadable() && error.may_have_landed());
    }

    /// H-072: lists are replaced, so what is there is read, added to, and sent whole.
    #[tokio::test]
    async fn a_worker_is_added_to_those_that_are_there() {
        let (client, seen) =
            hq(|_| json(200, r#"{"id":"ab12","name":"North","users":["u1"],"metadata":null,"x":1}"#));
        let group = client.call(&Get::new("ab12")).await.unwrap();
        let mut changes = Changes::from(&group);
        changes.users.as_mut().unwrap().push("u2".to_owned());
        client.call(&Update::new("ab12", changes)).await.unwrap();
        assert!(seen.lock().unwrap()[1].body.contains(r#""users":["u1","u2"]"#));
        client.call(&Delete::new("a/b")).await.unwrap();
        assert_eq!(
            trail(&seen),
            [
                "GET /a/riverside/api/v0.5/group/ab12/",
                "PUT /a/riverside/api/v0.5/group/ab12/",
                "DELETE /a/riverside/api/v0.5/group/a%2Fb/"
            ]
        );
    }
}
