//! What people have set up to be exported: files that HQ keeps, feeds of OData, and the list for the Data Export Tool.

mod feed;
mod metadata;
mod saved;

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use feed::Feed;
pub use metadata::{FeedColumn, FeedMetadata, Metadata};
pub use saved::Saved;

use crate::endpoint::{Endpoint, Payload, get};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};

/// The exports that the Data Export Tool can be set up for.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, exports::Exports, site::Site};
///
/// let request = Exports.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/det_export_instance/v1/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
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

    #[tokio::test]
    async fn exports_are_listed() {
        let body = r#"{"meta": {"limit": 20, "offset": 0, "total_count": 1, "next": null}, "objects": [{"id": "e1", "name": "Clients", "type": "case", "xmlns": null}]}"#;
        let (client, seen) = hq(move |_| json(200, body));
        let page = client.walk(Exports).unwrap().next_page().await.unwrap().unwrap();
        assert_eq!(page.items[0].kind.as_deref(), Some("case"));
        assert_eq!(trail(&seen), ["GET /a/riverside/api/det_export_instance/v1/"]);
    }
}
