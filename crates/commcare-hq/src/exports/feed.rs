//! Feeds of OData.

use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::Metadata;
use crate::endpoint::{Endpoint, Payload, get, push, read};
use crate::error::Error;
use crate::paging::Page;
use crate::site::{Site, escape};

/// A feed of OData: rows by the headings that people gave the columns. For the plan that has feeds; others get 404.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, exports::Feed, site::Site};
///
/// let visits = Feed::forms("cf1").table(1);
/// let request = visits.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri().path(), "/a/riverside/api/v0.5/odata/forms/cf1/1/feed");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /a/{d}/api/v0.5/odata/{cases|forms}/{config_id}/[{table_id}/]feed`, P7. *Spec*: commcare-hq-api.md 2, R8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    of: &'static str,
    config_id: String,
    table: Option<u32>,
    limit: Option<u32>,
}

impl Feed {
    /// An export of cases.
    pub fn cases(config_id: impl Into<String>) -> Self {
        Self { of: "cases", config_id: config_id.into(), table: None, limit: None }
    }

    /// An export of forms.
    pub fn forms(config_id: impl Into<String>) -> Self {
        Self { of: "forms", ..Self::cases(config_id) }
    }

    /// A table below the first one, such as that of a repeat.
    #[must_use]
    pub fn table(mut self, table: u32) -> Self {
        self.table = Some(table);
        self
    }

    /// So many on a page; 2000 unless said, 10000 at most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Its columns, and of what type they are.
    pub fn metadata(&self) -> Metadata {
        Metadata::of(self.clone())
    }

    /// What lies beside the feed.
    pub(super) fn below(&self, site: &Site, what: &str) -> Url {
        let table = self.table.map_or_else(String::new, |table| format!("{table}/"));
        let config = escape(&self.config_id);
        site.below_project(&format!("api/v0.5/odata/{}/{config}/{table}{what}", self.of))
    }
}

#[derive(Deserialize)]
struct Rows {
    value: Vec<Map<String, Value>>,
    #[serde(default, rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Endpoint for Feed {
    type Answer = Page<Map<String, Value>>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = self.below(site, "feed");
        if let Some(limit) = self.limit {
            push(&mut url, "limit", &limit.to_string());
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Map<String, Value>>, Error> {
        let Rows { value, next } = read("page of a feed", &answer)?;
        Ok(Page { items: value, next, total: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    /// H-035: walks follow `@odata.nextLink` until there is none.
    #[tokio::test]
    async fn a_feed_is_followed_to_its_end() {
        let (client, seen) = hq(|seen| match seen.query() {
            "limit=1" => json(
                200,
                r#"{"@odata.context": "x", "@odata.nextLink": "https://hq.example/a/riverside/api/v0.5/odata/cases/c1/feed?limit=1&offset=1",
                "value": [{"caseid": "1", "Name of client": "Ada"}]}"#,
            ),
            _ => json(200, r#"{"@odata.context": "x", "value": [{"caseid": "2"}]}"#),
        });
        let mut walk = client.walk(Feed::cases("c1").limit(1)).unwrap();
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0]["Name of client"], "Ada");
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0]["caseid"], "2");
        assert!(walk.next_page().await.unwrap().is_none());
        assert_eq!(trail(&seen)[1], "GET /a/riverside/api/v0.5/odata/cases/c1/feed?limit=1&offset=1");
    }
}
