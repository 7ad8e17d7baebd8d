//! Rows of the data sources that reports are made of.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use crate::endpoint::{Endpoint, Payload, get, push, push_limit};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};

/// More on a page is not given.
const MOST: u32 = 10_000;

/// The rows of a data source, by its columns: what a report shows, before it is counted and summed. For projects that have this
/// feature; others get 403.
///
/// ```
/// use commcare_hq::{data_sources::Rows, endpoint::Endpoint, site::Site};
///
/// assert_eq!(
///     Rows::of("ds1").limit(5000).request(&Site::parse("https://hq.example/a/riverside/")?)?.uri(),
///     "https://hq.example/a/riverside/api/v0.5/ucr/?data_source_id=ds1&limit=5000",
/// );
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../ucr/`, P6. *Spec*: commcare-hq-api.md 2, R30.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    data_source_id: String,
    limit: Option<u32>,
}

impl Rows {
    /// Those of the data source of this id.
    pub fn of(data_source_id: impl Into<String>) -> Self {
        Self { data_source_id: data_source_id.into(), limit: None }
    }

    /// So many on a page; 1000 unless said, 10000 at most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl Endpoint for Rows {
    type Answer = Page<Map<String, Value>>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(Resource::new("ucr"));
        push(&mut url, "data_source_id", &self.data_source_id);
        push_limit(&mut url, self.limit, MOST)?;
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Map<String, Value>>, Error> {
        envelope::cursored("page of a data source", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, site, trail};

    #[tokio::test]
    async fn rows_end_where_next_is_null() {
        let (client, seen) = hq(|seen| match seen.query().contains("cursor=") {
            true => json(200, r#"{"objects": [{"doc_id": "b"}], "meta": {"next": null, "limit": 1}}"#),
            false => json(
                200,
                r#"{"objects": [{"doc_id": "a"}], "meta": {"limit": 1,
                "next": "https://hq.example/a/riverside/api/v0.5/ucr/?cursor=eA%3D%3D"}}"#,
            ),
        });
        let mut walk = client.walk(Rows::of("ds1").limit(1)).unwrap();
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0]["doc_id"], "a");
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0]["doc_id"], "b");
        assert!(walk.next_page().await.unwrap().is_none());
        assert_eq!(trail(&seen)[1], "GET /a/riverside/api/v0.5/ucr/?cursor=eA%3D%3D");
        assert!(Rows::of("ds1").limit(10_001).request(&site()).unwrap_err().is_invalid());
    }
}
