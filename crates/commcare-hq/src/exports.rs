//! What people have set up to be exported: feeds of OData, and the list for the Data Export Tool.

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Endpoint, Payload, get, push, read};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site, escape};

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
        let table = self.table.map_or_else(String::new, |table| format!("{table}/"));
        let config = escape(&self.config_id);
        let mut url = site.below_project(&format!("api/v0.5/odata/{}/{config}/{table}feed", self.of));
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

/// The exports that the Data Export Tool can be set up for.
///
/// *Wire*: `GET /a/{d}/api/det_export_instance/v1/`, P1. *Spec*: commcare-hq-api.md 2, R8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it has no arguments")]
pub struct Exports;

/// An export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Export {
    /// Its id.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub name: Option<String>,
    /// `case` or `form`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The type of the cases.
    #[serde(default)]
    pub case_type: Option<String>,
    /// The namespace of the forms.
    #[serde(default)]
    pub xmlns: Option<String>,
    /// What else there is, such as `det_config_url`.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Endpoint for Exports {
    type Answer = Page<Export>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.list(Resource::current_only("det_export_instance")))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Export>, Error> {
        envelope::tastypie("list of exports", &answer)
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

    #[tokio::test]
    async fn exports_are_listed() {
        let body = r#"{"meta": {"limit": 20, "offset": 0, "total_count": 1, "next": null}, "objects": [{"id": "e1", "name": "Clients", "type": "case", "xmlns": null}]}"#;
        let (client, seen) = hq(move |_| json(200, body));
        let page = client.walk(Exports).unwrap().next_page().await.unwrap().unwrap();
        assert_eq!(page.items[0].kind.as_deref(), Some("case"));
        assert_eq!(trail(&seen), ["GET /a/riverside/api/det_export_instance/v1/"]);
    }
}
