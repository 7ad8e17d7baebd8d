//! Rows of tables, flat: how they are read.

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Endpoint, Payload, by_id, get, push};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::or_default;

const ROW: Resource = Resource::new("fixture");

/// A row, flat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// Its id.
    pub id: String,
    /// The tag of its table.
    #[serde(default)]
    pub fixture_type: Option<String>,
    /// Its values by column.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Map<String, Value>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The rows of a table, or of all.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::Rows, site::Site};
///
/// let request = Rows::of("drugs").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/fixture/?fixture_type=drugs");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../fixture/`, P1, all at once unless a limit is said. *Spec*: commcare-hq-api.md 2, R25.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rows {
    /// The tag of the table.
    pub table: Option<String>,
    /// How many on a page.
    pub limit: Option<u32>,
}

impl Rows {
    /// Those of all tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of the table of this tag.
    pub fn of(table: impl Into<String>) -> Self {
        Self { table: Some(table.into()), limit: None }
    }

    /// So many on a page.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

by_id! {
    /// One row, flat, by its id.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, lookup_tables::GetRow, site::Site};
    ///
    /// let request = GetRow::new("e8").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/fixture/e8/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../fixture/{id}/`. *Spec*: commcare-hq-api.md 2, R25.
    GetRow(id) from ROW, "row": Row
}

impl Endpoint for Rows {
    type Answer = Page<Row>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(ROW);
        if let Some(table) = &self.table {
            push(&mut url, "fixture_type", table);
        }
        if let Some(limit) = self.limit {
            push(&mut url, "limit", &limit.to_string());
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Row>, Error> {
        envelope::tastypie("page of rows", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    #[tokio::test]
    async fn the_rows_of_a_table_are_read() {
        let body = r#"{"meta": {"limit": 0, "offset": 0, "total_count": 1, "next": null}, "objects": [{"id": "e8", "fixture_type": null, "fields": {"name": "Aspirin"}, "resource_uri": ""}]}"#;
        let (client, seen) = hq(move |_| json(200, body));
        let page = client.walk(Rows::of("drugs").limit(500)).unwrap().next_page().await.unwrap().unwrap();
        assert_eq!(page.items[0].fields["name"], "Aspirin");
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/fixture/?fixture_type=drugs&limit=500"]);
        let (client, seen) =
            hq(|_| json(200, r#"{"id": "e8", "fixture_type": "drugs", "fields": {"name": "Aspirin"}}"#));
        assert_eq!(client.call(&GetRow::new("e8")).await.unwrap().fixture_type.as_deref(), Some("drugs"));
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/fixture/e8/"]);
    }
}
