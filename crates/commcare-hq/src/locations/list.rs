//! Which locations there are, by the second version.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};

use super::{LOCATION, Location};
use crate::endpoint::{Endpoint, Payload, by_id, get, push};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::Site;
use crate::values::moment;

/// The locations of a project. Archived ones are not among them.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, locations, site::Site};
///
/// let clinics = locations::List::new().location_type("clinic").below("77c0");
/// let request = clinics.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.6/location/?location_type_code=clinic&parent_location_id=77c0");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /a/{d}/api/location/v2/`, P1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    filters: Vec<(&'static str, String)>,
}

impl List {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    fn filter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.filters.push((name, value.into()));
        self
    }

    /// Of this name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.filter("name", name)
    }

    /// With this code.
    #[must_use]
    pub fn site_code(self, code: impl Into<String>) -> Self {
        self.filter("site_code", code)
    }

    /// Of this type.
    #[must_use]
    pub fn location_type(self, code: impl Into<String>) -> Self {
        self.filter("location_type_code", code)
    }

    /// Right below this one.
    #[must_use]
    pub fn below(self, location_id: impl Into<String>) -> Self {
        self.filter("parent_location_id", location_id)
    }

    /// Changed at this moment or later.
    #[must_use]
    pub fn changed_from(self, at: DateTime<Utc>) -> Self {
        self.filter("last_modified.gte", moment(&at).as_str())
    }

    /// Changed at this moment or sooner.
    #[must_use]
    pub fn changed_until(self, at: DateTime<Utc>) -> Self {
        self.filter("last_modified.lte", moment(&at).as_str())
    }

    /// Those first that were changed first.
    #[must_use]
    pub fn oldest_first(self) -> Self {
        self.filter("order_by", "last_modified")
    }

    /// So many on a page; 20 unless said, 5000 at most.
    #[must_use]
    pub fn limit(self, limit: u32) -> Self {
        self.filter("limit", limit.to_string())
    }
}

impl Endpoint for List {
    type Answer = Page<Location>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(LOCATION);
        for (name, value) in &self.filters {
            push(&mut url, name, value);
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Location>, Error> {
        envelope::tastypie("page of locations", &answer)
    }
}

by_id! {
    /// One location.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, locations, site::Site};
    ///
    /// let request = locations::Get::new("9f31").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.6/location/9f31/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET /a/{d}/api/location/v2/{location_id}/`.
    Get(location_id) from LOCATION, "location": Location
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::site;

    #[test]
    fn filters_are_those_of_the_source() {
        let at = "2026-03-01T08:00:00Z".parse().unwrap();
        let list =
            List::new().location_type("clinic").below("77c0").changed_from(at).oldest_first().limit(5000);
        assert_eq!(
            list.request(&site()).unwrap().uri(),
            "https://hq.example/a/riverside/api/v0.6/location/?location_type_code=clinic&parent_location_id=77c0\
             &last_modified.gte=2026-03-01T08%3A00%3A00.000000Z&order_by=last_modified&limit=5000"
        );
        assert_eq!(
            List::new().changed_until(at).request(&site()).unwrap().uri(),
            "https://hq.example/a/riverside/api/v0.6/location/?last_modified.lte=2026-03-01T08%3A00%3A00.000000Z"
        );
    }
}
