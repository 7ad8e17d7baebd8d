//! Messages that a project has sent: to whom, why, and what became of them.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use serde_json::{Map, Value};

use crate::cases::Side;
use crate::endpoint::{Endpoint, Payload, by_id, get, push, push_limit};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::moment;

const EVENT: Resource = Resource::new("messaging-event");
/// More on a page is not given.
const MOST: u32 = 1000;

/// The occasions on which messages were sent, each with its messages. HQ answers one such request at a time, and lets others wait or
/// come again later.
///
/// What an event has is not in the digest, so it comes as it is.
///
/// ```
/// use commcare_hq::{cases::Side, endpoint::Endpoint, messaging::List, site::Site};
///
/// let failed = List::new().status("error").last_activity(Side::From, "2026-02-03T09:00:00Z".parse()?);
/// assert_eq!(
///     failed.request(&Site::parse("https://hq.example/a/riverside/")?)?.uri(),
///     "https://hq.example/a/riverside/api/v0.5/messaging-event/?status=error&date_last_activity.gte=2026-02-03T09%3A00%3A00.000000Z",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Wire*: `GET .../messaging-event/`, P6. *Spec*: commcare-hq-api.md 2, R30.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    filters: Vec<(String, String)>,
    limit: Option<u32>,
}

impl List {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    fn filter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.filters.push((name.into(), value.into()));
        self
    }

    /// About which something happened on one side of a moment.
    #[must_use]
    pub fn last_activity(self, side: Side, at: DateTime<Utc>) -> Self {
        self.filter(format!("date_last_activity.{}", side.name()), moment(&at).as_str())
    }

    /// About this case.
    #[must_use]
    pub fn case_id(self, id: impl Into<String>) -> Self {
        self.filter("case_id", id)
    }

    /// To this number, or to one that it is a part of.
    #[must_use]
    pub fn phone_number(self, number: impl Into<String>) -> Self {
        self.filter("phone_number", number)
    }

    /// To this mail address.
    #[must_use]
    pub fn email_address(self, address: impl Into<String>) -> Self {
        self.filter("email_address", address)
    }

    /// That came to this, such as `error`.
    #[must_use]
    pub fn status(self, status: impl Into<String>) -> Self {
        self.filter("status", status)
    }

    /// So many on a page; 20 unless said, 1000 at most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl Endpoint for List {
    type Answer = Page<Map<String, Value>>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(EVENT);
        for (name, value) in &self.filters {
            push(&mut url, name, value);
        }
        push_limit(&mut url, self.limit, MOST)?;
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Map<String, Value>>, Error> {
        envelope::cursored("page of messaging events", &answer)
    }
}

by_id! {
    /// One of them.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, messaging, site::Site};
    ///
    /// let request = messaging::Get::new("7").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/messaging-event/7/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../messaging-event/{id}/`.
    Get(id) from EVENT, "messaging event": Map<String, Value>
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, site, trail};

    /// H-026: a cursor is followed verbatim.
    #[tokio::test]
    async fn events_are_followed_by_their_cursor() {
        let (client, seen) = hq(|seen| match seen.query().contains("cursor=") {
            true => json(200, r#"{"objects": [], "meta": {"limit": 1, "next": null}}"#),
            false => json(
                200,
                r#"{"objects": [{"id": 7, "status": "completed"}], "meta": {"limit": 1,
                "next": "https://hq.example/a/riverside/api/v0.5/messaging-event/?cursor=ZGF0ZQ%3D%3D"}}"#,
            ),
        });
        let mut walk = client.walk(List::new().case_id("c1").limit(1)).unwrap();
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0]["id"], 7);
        while walk.next_page().await.unwrap().is_some() {}
        assert_eq!(
            trail(&seen),
            [
                "GET /a/riverside/api/v0.5/messaging-event/?case_id=c1&limit=1",
                "GET /a/riverside/api/v0.5/messaging-event/?cursor=ZGF0ZQ%3D%3D"
            ]
        );
        assert!(List::new().limit(1001).request(&site()).unwrap_err().is_invalid());
    }

    #[tokio::test]
    async fn one_event_is_had_by_its_id() {
        let (client, seen) = hq(|_| json(404, ""));
        assert!(client.call(&Get::new("7")).await.unwrap_err().is_not_found());
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/messaging-event/7/"]);
    }
}
