//! Mobile workers.

mod change;
mod password_mail;
mod worker;
mod write;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

pub use change::{Changes, Confirmation, NewWorker};
pub use password_mail::PasswordMail;
pub use worker::Worker;
pub use write::{Create, Delete, Made, Update};

use crate::endpoint::{Endpoint, Payload, get, push, read};
use crate::error::{Error, Refusal};
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};

const USER: Resource = Resource::new("user");

/// The mobile workers of a project: the active ones, or the deactivated ones. They cannot be asked for by name; see [`Search`].
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, users};
///
/// let mut retired = users::List::new();
/// retired.archived = true;
/// let request = retired.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/user/?archived=true");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../user/`, P1. *Spec*: commcare-hq-api.md 2, R10.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct List {
    /// `group`: those of this group only. One that is not known is a 400.
    pub group: Option<String>,
    /// The deactivated ones, in the place of the active ones.
    pub archived: bool,
    /// With how many forms they sent.
    pub extras: bool,
    /// How many on a page; 20 unless said, 1000 at most.
    pub limit: Option<u32>,
}

impl List {
    /// The active ones.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Endpoint for List {
    type Answer = Page<Worker>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(USER);
        if let Some(group) = &self.group {
            push(&mut url, "group", group);
        }
        for (name, wanted) in [("archived", self.archived), ("extras", self.extras)] {
            if wanted {
                push(&mut url, name, "true");
            }
        }
        if let Some(limit) = self.limit {
            push(&mut url, "limit", &limit.to_string());
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Worker>, Error> {
        envelope::tastypie("page of workers", &answer)
    }
}

/// Workers by an expression of the search index, which finds more than was meant: look at what comes.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, users::Search};
///
/// let request = Search::new("username:amina").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/bulk-user/?q=username%3Aamina");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../bulk-user/?q=`, P1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Search {
    /// The expression.
    pub query: String,
}

impl Search {
    /// Those that this expression finds.
    pub fn new(query: impl Into<String>) -> Self {
        Self { query: query.into() }
    }
}

impl Endpoint for Search {
    type Answer = Page<Worker>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(Resource::new("bulk-user"));
        push(&mut url, "q", &self.query);
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Worker>, Error> {
        envelope::tastypie("page of workers", &answer)
    }
}

/// One worker.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, users};
///
/// let request = users::Get::new("w1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/user/w1/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../user/{id}/`; a miss is a 400.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Get {
    /// Which.
    pub id: String,
}

impl Get {
    /// The worker of this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Endpoint for Get {
    type Answer = Worker;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.item(USER, &self.id))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Worker, Error> {
        read("worker", &answer)
    }

    /// There is nothing else in the request that could be bad.
    fn is_missing(&self, refusal: &Refusal) -> bool {
        matches!(refusal.status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json as answered, trail};

    pub(super) const AMINA: &str = r#"{"id":"w1","username":"amina@riverside.commcarehq.org","first_name":"Amina","email":"","default_phone_number":null,
        "phone_numbers":["255700"],"groups":["g1"],"locations":[],"primary_location":null,"user_data":{"village":"Kibaha"},"eulas":"[]","resource_uri":""}"#;

    #[tokio::test]
    async fn workers_are_listed() {
        let page = format!(
            r#"{{"meta":{{"limit":20,"offset":0,"total_count":1,"next":null}},"objects":[{AMINA}]}}"#
        );
        let (client, seen) = hq(move |_| answered(200, &page));
        let list = List { archived: true, group: Some("g1".to_owned()), ..List::new() };
        let page = client.walk(list).unwrap().next_page().await.unwrap().unwrap();
        assert_eq!(page.items[0].user_data["village"], "Kibaha");
        client.walk(Search::new("username:amina")).unwrap().next_page().await.unwrap();
        assert_eq!(
            trail(&seen),
            [
                "GET /a/riverside/api/v0.5/user/?group=g1&archived=true",
                "GET /a/riverside/api/v0.5/bulk-user/?q=username%3Aamina"
            ]
        );
    }

    /// H-076: a miss, which is a 400, is reported as not found.
    #[tokio::test]
    async fn a_miss_is_not_found() {
        let (client, _) = hq(|_| answered(400, r#"{"error": "no such user"}"#));
        assert!(client.call(&Get::new("w9")).await.unwrap_err().is_not_found());
    }
}
