//! What phones note about themselves.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use serde_json::{Map, Value};

use crate::endpoint::{Endpoint, Payload, get, push};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::bound;

/// The entries of the logs that phones have sent. Nobody counts them: a walk ends on a page that is not full.
///
/// What an entry has is nowhere written, so it comes as it is.
///
/// ```
/// use commcare_hq::{device_logs::List, endpoint::Endpoint, site::Site};
///
/// let crashes = List::new().kind("exception").username("amina").since("2026-02-03T09:00:00Z".parse()?);
/// assert_eq!(
///     crashes.request(&Site::parse("https://hq.example/a/riverside/")?)?.uri(),
///     "https://hq.example/a/riverside/api/v0.5/device-log/?type=exception&username=amina&date__gte=2026-02-03T09%3A00%3A00.000000",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Wire*: `GET .../device-log/`, P2. *Spec*: commcare-hq-api.md 2, R30.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    filters: Vec<(&'static str, String)>,
}

impl List {
    /// All entries.
    pub fn new() -> Self {
        Self::default()
    }

    fn filter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.filters.push((name, value.into()));
        self
    }

    /// Those of this type, such as `login`.
    #[must_use]
    pub fn kind(self, kind: impl Into<String>) -> Self {
        self.filter("type", kind)
    }

    /// Those of the worker of this id.
    #[must_use]
    pub fn user_id(self, id: impl Into<String>) -> Self {
        self.filter("user_id", id)
    }

    /// Those of the worker of this name.
    #[must_use]
    pub fn username(self, name: impl Into<String>) -> Self {
        self.filter("username", name)
    }

    /// Those of this phone.
    #[must_use]
    pub fn device_id(self, id: impl Into<String>) -> Self {
        self.filter("device_id", id)
    }

    /// Those that came with this form.
    #[must_use]
    pub fn form_id(self, id: impl Into<String>) -> Self {
        self.filter("xform_id", id)
    }

    /// Those from this moment on.
    #[must_use]
    pub fn since(self, at: DateTime<Utc>) -> Self {
        self.filter("date__gte", bound(at.naive_utc()))
    }

    /// Those before this moment.
    #[must_use]
    pub fn before(self, at: DateTime<Utc>) -> Self {
        self.filter("date__lt", bound(at.naive_utc()))
    }

    /// So many on a page.
    #[must_use]
    pub fn limit(self, limit: u32) -> Self {
        self.filter("limit", limit.to_string())
    }
}

impl Endpoint for List {
    type Answer = Page<Map<String, Value>>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(Resource::new("device-log"));
        for (name, value) in &self.filters {
            push(&mut url, name, value);
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Map<String, Value>>, Error> {
        envelope::tastypie("page of device logs", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    /// H-023: a P2 walk ends on a short page although `next` is there.
    #[tokio::test]
    async fn logs_end_with_a_page_that_is_not_full() {
        let page = |objects: &str, offset: u32| {
            format!(
                r#"{{"meta": {{"limit": 2, "offset": {offset}, "total_count": null, "previous": null,
                "next": "/a/riverside/api/v0.5/device-log/?limit=2&offset={}"}}, "objects": {objects}}}"#,
                offset + 2
            )
        };
        let (client, seen) = hq(move |seen| match seen.query().contains("offset=2") {
            true => json(200, &page(r#"[{"id": 3, "msg": "c"}]"#, 2)),
            false => json(200, &page(r#"[{"id": 1, "msg": "a"}, {"id": 2, "msg": "b"}]"#, 0)),
        });
        let mut walk = client.walk(List::new().device_id("d1").limit(2)).unwrap();
        assert_eq!(walk.next_page().await.unwrap().unwrap().items.len(), 2);
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0]["msg"], "c");
        assert!(walk.next_page().await.unwrap().is_none());
        assert_eq!(
            trail(&seen),
            [
                "GET /a/riverside/api/v0.5/device-log/?device_id=d1&limit=2",
                "GET /a/riverside/api/v0.5/device-log/?limit=2&offset=2"
            ]
        );
    }
}
