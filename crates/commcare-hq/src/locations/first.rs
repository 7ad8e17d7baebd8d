//! The first version, which reads only.

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Endpoint, Payload, by_id, get, push};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::{Degree, or_default};

const LOCATION: Resource = Resource::new("location");

/// A location as the first version shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LocationV1 {
    /// Its id.
    pub location_id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its code.
    #[serde(default)]
    pub site_code: String,
    /// Its id in another system.
    #[serde(default)]
    pub external_id: Option<String>,
    /// North and south.
    #[serde(default)]
    pub latitude: Option<Degree>,
    /// East and west.
    #[serde(default)]
    pub longitude: Option<Degree>,
    /// Fields of the project's own.
    #[serde(default, deserialize_with = "or_default")]
    pub location_data: Map<String, Value>,
    /// The address of its type.
    #[serde(default)]
    pub location_type: Option<String>,
    /// The address of the location above it.
    #[serde(default)]
    pub parent: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The locations of a project.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, locations::ListV1, site::Site};
///
/// let request = ListV1::new().request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/location/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../location/`, P1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListV1 {
    /// The one with this code.
    pub site_code: Option<String>,
    /// The one with this id of another system.
    pub external_id: Option<String>,
    /// How many on a page; 20 unless said, 1000 at most.
    pub limit: Option<u32>,
}

impl ListV1 {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Endpoint for ListV1 {
    type Answer = Page<LocationV1>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(LOCATION);
        let limit = self.limit.map(|limit| limit.to_string());
        for (name, value) in
            [("site_code", &self.site_code), ("external_id", &self.external_id), ("limit", &limit)]
        {
            if let Some(value) = value {
                push(&mut url, name, value);
            }
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<LocationV1>, Error> {
        envelope::tastypie("page of locations", &answer)
    }
}

by_id! {
    /// One location.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, locations::GetV1, site::Site};
    ///
    /// let request = GetV1::new("9f31").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/location/9f31/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../location/{location_id}/`.
    GetV1(location_id) from LOCATION, "location": LocationV1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    #[tokio::test]
    async fn locations_are_read() {
        let one = r#"{"id": 7, "location_id": "9f31", "name": "Clinic", "site_code": "clinic", "latitude": null, "parent": null}"#;
        let (client, seen) = hq(move |seen| match seen.uri.path().ends_with("location/") {
            true => json(
                200,
                &format!(
                    r#"{{"meta": {{"limit": 20, "offset": 0, "total_count": 1, "next": null}}, "objects": [{one}]}}"#
                ),
            ),
            false => json(200, one),
        });
        let list = ListV1 { site_code: Some("clinic".to_owned()), ..ListV1::new() };
        let page = client.walk(list).unwrap().next_page().await.unwrap().unwrap();
        assert_eq!(page.items[0], client.call(&GetV1::new("9f31")).await.unwrap());
        assert_eq!(
            trail(&seen),
            [
                "GET /a/riverside/api/v0.5/location/?site_code=clinic",
                "GET /a/riverside/api/v0.5/location/9f31/"
            ]
        );
    }
}
