//! Cases by the first version of their API, which reads only. The second ([`cases`](crate::cases)) is the one to use.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};

pub use openrosa_xml::json::{CaseV1, IndexV1};

use crate::endpoint::{Endpoint, Payload, get, push, read};
use crate::error::Error;
use crate::filters::Filters;
use crate::paging::{Dated, Page, envelope};
use crate::site::{Resource, Site};

const CASE: Resource = Resource::new("case");
/// A larger page is cut to this.
const MOST: u32 = 5000;

/// The cases of a project, oldest change first.
///
/// Values are compared in lower case. To read all of them take a [`Window`](crate::paging::Window).
///
/// ```
/// use commcare_hq::{cases_v1, endpoint::Endpoint, site::Site};
///
/// let open = cases_v1::List::new().case_type("client").closed(false).limit(5000);
/// let request = open.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/case/?type=client&closed=false&limit=5000");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../case/`, P1. *Spec*: commcare-hq-api.md 2, R15.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    filters: Filters,
}

/// A moment in the life of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "these are the moments that can be asked for")]
pub enum Moment {
    /// When the index took it in.
    IndexedOn,
    /// When it was changed, by the device's clock.
    DateModified,
    /// When the server stored the last change.
    ServerDateModified,
}

impl Moment {
    fn name(self) -> &'static str {
        match self {
            Self::IndexedOn => "indexed_on",
            Self::DateModified => "date_modified",
            Self::ServerDateModified => "server_date_modified",
        }
    }
}

/// What can be shown with a case, each at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "these are all there are")]
pub enum With {
    /// Its forms, by the names of the blank ones.
    FormsByName,
    /// Its forms, by namespace.
    FormsByXmlns,
    /// The cases that have an index to it, by their ids.
    Children,
    /// The cases that it has an index to, by the names of the indices.
    Parents,
}

impl With {
    fn name(self) -> &'static str {
        match self {
            Self::FormsByName => "xforms_by_name__full",
            Self::FormsByXmlns => "xforms_by_xmlns__full",
            Self::Children => "child_cases__full",
            Self::Parents => "parent_cases__full",
        }
    }
}

impl List {
    /// All cases.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this owner.
    #[must_use]
    pub fn owner_id(self, id: impl Into<String>) -> Self {
        self.raw("owner_id", id)
    }

    /// Changed last by this user.
    #[must_use]
    pub fn user_id(self, id: impl Into<String>) -> Self {
        self.raw("user_id", id)
    }

    /// Of this type.
    #[must_use]
    pub fn case_type(self, case_type: impl Into<String>) -> Self {
        self.raw("type", case_type)
    }

    /// Of this name.
    #[must_use]
    pub fn case_name(self, name: impl Into<String>) -> Self {
        self.raw("name", name)
    }

    /// With this id of another system.
    #[must_use]
    pub fn external_id(self, id: impl Into<String>) -> Self {
        self.raw("external_id", id)
    }

    /// Closed ones only, or open ones only.
    #[must_use]
    pub fn closed(self, closed: bool) -> Self {
        self.raw("closed", if closed { "true" } else { "false" })
    }

    /// Those from a moment on.
    #[must_use]
    pub fn from(mut self, what: Moment, at: DateTime<Utc>) -> Self {
        self.filters.between(what.name(), Some(at), None);
        self
    }

    /// Those up to a moment.
    #[must_use]
    pub fn until(mut self, what: Moment, at: DateTime<Utc>) -> Self {
        self.filters.between(what.name(), None, Some(at));
        self
    }

    /// With this.
    #[must_use]
    pub fn with(self, what: With) -> Self {
        self.raw(what.name(), "true")
    }

    /// In this order.
    #[must_use]
    pub fn order_by(mut self, what: Moment, newest_first: bool) -> Self {
        self.filters.order(what.name(), newest_first);
        self
    }

    /// So many on a page; 20 unless said, 5000 at most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.filters.limit(limit);
        self
    }

    /// An argument that has no method here. HQ answers a name that it does not know with an empty list, not with an error.
    #[must_use]
    pub fn raw(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.filters.add(name, value);
        self
    }
}

impl Endpoint for List {
    type Answer = Page<CaseV1>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(CASE);
        self.filters.write(&mut url, MOST)?;
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<CaseV1>, Error> {
        envelope::tastypie("page of cases", &answer)
    }
}

impl Dated for List {
    type Item = CaseV1;

    const STEADY: bool = false;

    fn since(&self, moment: Option<&str>) -> Self {
        Self { filters: self.filters.since(moment, MOST) }
    }

    fn mark(case: &CaseV1) -> (&str, Option<&str>) {
        (case.case_id.as_str(), case.other.get("indexed_on").and_then(serde_json::Value::as_str))
    }
}

/// One case, out of the index: one that was made just now may not be there yet.
///
/// ```
/// use commcare_hq::{cases_v1, endpoint::Endpoint, site::Site};
///
/// let request = cases_v1::Get::new("c1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/case/c1/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../case/{case_id}/`. *Spec*: commcare-hq-api.md 2, R16a.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Get {
    /// Which.
    pub case_id: String,
    /// What is to be shown with it.
    pub with: Vec<With>,
}

impl Get {
    /// The case of this id.
    pub fn new(case_id: impl Into<String>) -> Self {
        Self { case_id: case_id.into(), with: Vec::new() }
    }

    /// With this.
    #[must_use]
    pub fn with(mut self, what: With) -> Self {
        self.with.push(what);
        self
    }
}

impl Endpoint for Get {
    type Answer = CaseV1;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.item(CASE, &self.case_id);
        for what in &self.with {
            push(&mut url, what.name(), "true");
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<CaseV1, Error> {
        read("case", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    const PAGE: &str = r#"{"meta":{"limit":1,"offset":0,"total_count":1,"next":null,"previous":null},
        "objects":[{"id":"c1","case_id":"c1","domain":"riverside","user_id":"77aa","opened_by":"77aa","closed_by":null,"closed":false,"date_closed":null,
        "date_modified":"2026-02-03T09:10:11.000000Z","server_date_modified":"1900-01-01","indexed_on":"2026-02-03T09:10:16.001000","xform_ids":["f1"],
        "properties":{"case_name":"Ada","case_type":"client","owner_id":"77aa","external_id":null,"date_opened":"2026-02-03T09:10:11Z","age":null},
        "indices":{},"resource_uri":""}]}"#;

    /// H-064: `closed` is sent as `true` or `false`.
    /// H-068: names come of methods; only what is called raw can be spelt wrong.
    #[tokio::test]
    async fn cases_are_listed() {
        let (client, seen) = hq(|_| json(200, PAGE));
        let list = List::new().case_type("client").closed(false).with(With::Children).limit(1);
        let page = client.walk(list).unwrap().next_page().await.unwrap().unwrap();
        assert_eq!(page.items[0].other["opened_by"], "77aa");
        assert_eq!(page.items[0].properties.dynamic["age"], serde_json::Value::Null);
        assert_eq!(
            trail(&seen),
            ["GET /a/riverside/api/v0.5/case/?type=client&closed=false&child_cases__full=true&limit=1"]
        );
    }

    #[tokio::test]
    async fn one_case_may_be_missing() {
        let (client, seen) = hq(|_| json(404, ""));
        assert!(client.call(&Get::new("c1").with(With::Parents)).await.unwrap_err().is_not_found());
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/case/c1/?parent_cases__full=true"]);
    }
}
