//! Reports: which there are, and what is in them.

mod data;

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use data::{Data, DataColumn, DataPage, Operator};

use crate::endpoint::{Endpoint, Payload, by_id, get};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::or_default;

const REPORT: Resource = Resource::new("simplereportconfiguration");

/// A report that people have set up.
///
/// *Spec*: commcare-hq-api.md 2, R28.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Its id.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub title: Option<String>,
    /// Its columns.
    #[serde(default, deserialize_with = "or_default")]
    pub columns: Vec<Column>,
    /// What can be asked of it.
    #[serde(default, deserialize_with = "or_default")]
    pub filters: Vec<Filter>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A column of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Column {
    /// Its id.
    pub column_id: String,
    /// What people call it.
    #[serde(default)]
    pub display: Value,
    /// `field`, `expanded` and others.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A filter of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Filter {
    /// Its name in an address.
    pub slug: String,
    /// What kind of filter it is.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// What its values are.
    #[serde(default)]
    pub datatype: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// All reports of a project, in one answer.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, reports, site::Site};
///
/// let request = reports::List.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/simplereportconfiguration/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../simplereportconfiguration/`, P4, or a bare array as documents have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it has no arguments")]
pub struct List;

impl Endpoint for List {
    type Answer = Page<Report>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.list(REPORT))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Report>, Error> {
        envelope::tastypie_or_array("list of reports", &answer)
    }
}

by_id! {
    /// One report. Static ones are in the list and not to be had singly.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, reports, site::Site};
    ///
    /// let request = reports::Get::new("r1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/simplereportconfiguration/r1/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../simplereportconfiguration/{id}/`.
    Get(id) from REPORT, "report": Report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    const REPORT: &str = r#"{"id":"r1","title":"Visits","columns":[{"column_id":"n","display":"Number","type":"field"}],
        "filters":[{"type":"date","datatype":"date","slug":"visited"}],"resource_uri":""}"#;

    /// H-024: a P4 answer is read completely in one request.
    #[tokio::test]
    async fn reports_are_listed_in_either_shape() {
        for body in
            [format!(r#"{{"meta": {{"total_count": 1}}, "objects": [{REPORT}]}}"#), format!("[{REPORT}]")]
        {
            let (client, _) = hq(move |_| json(200, &body));
            let mut walk = client.walk(List).unwrap();
            let page = walk.next_page().await.unwrap().unwrap();
            assert_eq!(page.items[0].filters[0].slug, "visited");
            assert!(walk.next_page().await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn a_report_that_is_not_there_is_not_found() {
        let (client, seen) = hq(|_| json(404, r#"{"error_message": "Report not found"}"#));
        assert!(client.call(&Get::new("r9")).await.unwrap_err().is_not_found());
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/simplereportconfiguration/r9/"]);
    }
}
