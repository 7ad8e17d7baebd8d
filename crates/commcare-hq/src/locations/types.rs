//! The types of locations: which there are, and which stands above which.

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Endpoint, Payload, by_id, get};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};

const TYPE: Resource = Resource::new("location_type");

/// A type of locations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LocationType {
    /// Its number.
    #[serde(default)]
    pub id: Option<u64>,
    /// Its code.
    pub code: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The address of the type above it.
    #[serde(default)]
    pub parent: Option<String>,
    /// Whether it is there for order only.
    #[serde(default)]
    pub administrative: bool,
    /// Whether those who are there share cases.
    #[serde(default)]
    pub shares_cases: bool,
    /// Whether those who are there see what is below.
    #[serde(default)]
    pub view_descendants: bool,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// All types of a project.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, locations::Types, site::Site};
///
/// let request = Types.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/location_type/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../location_type/`, P1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it has no arguments")]
pub struct Types;

impl Endpoint for Types {
    type Answer = Page<LocationType>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.list(TYPE))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<LocationType>, Error> {
        envelope::tastypie("list of types of locations", &answer)
    }
}

by_id! {
    /// One type by its number, which is what the addresses of types end in.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, locations::GetType, site::Site};
    ///
    /// let request = GetType::new("3").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/location_type/3/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../location_type/{id}/`. *Spec*: commcare-hq-api.md 2, R12.
    GetType(id) from TYPE, "type of locations": LocationType
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    #[tokio::test]
    async fn types_are_listed() {
        let body = r#"{"meta": {"limit": 20, "offset": 0, "total_count": 1, "next": null}, "objects": [{"id": 3, "code": "clinic", "name": "Clinic", "parent": null, "shares_cases": true}]}"#;
        let (client, seen) = hq(move |_| json(200, body));
        let page = client.walk(Types).unwrap().next_page().await.unwrap().unwrap();
        assert!(page.items[0].shares_cases && !page.items[0].administrative);
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/location_type/"]);
        let (client, seen) =
            hq(|_| json(200, r#"{"id": 3, "code": "clinic", "name": "Clinic", "administrative": true}"#));
        assert!(client.call(&GetType::new("3")).await.unwrap().administrative);
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/location_type/3/"]);
    }
}
