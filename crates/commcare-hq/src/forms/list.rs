//! Which forms are there.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use openrosa_xml::Timestamp;

use super::{FORM, Form};
use crate::endpoint::{Endpoint, Payload, get};
use crate::error::Error;
use crate::filters::Filters;
use crate::paging::{Dated, Page, envelope};
use crate::site::Site;

/// A larger page is cut to this.
const MOST: u32 = 1000;

/// The forms of a project, newest first unless said otherwise.
///
/// To read all of them, or what is new, take a [`Window`](crate::paging::Window): pages of this list wander while forms come in.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, forms::{List, Moment}, site::Site};
///
/// let list = List::new().xmlns("http://example.org/intake").from(Moment::ReceivedOn, "2026-02-03T09:00:00Z".parse()?);
/// let request = list.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(
///     request.uri().query(),
///     Some("xmlns=http%3A%2F%2Fexample.org%2Fintake&received_on_start=2026-02-03T09%3A00%3A00.000000"),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Wire*: `GET .../form/`, P1. *Spec*: commcare-hq-api.md 2, R17.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    filters: Filters,
}

/// A moment in the life of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "these are the moments that can be asked for")]
pub enum Moment {
    /// When the index took it in: what to go by for whatever is new, edits included.
    IndexedOn,
    /// When the server changed it last.
    ServerModifiedOn,
    /// When it came.
    ReceivedOn,
}

impl Moment {
    fn name(self) -> &'static str {
        match self {
            Self::IndexedOn => "indexed_on",
            Self::ServerModifiedOn => "server_modified_on",
            Self::ReceivedOn => "received_on",
        }
    }
}

impl List {
    /// All forms but the archived ones.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of this namespace, that is, of one blank form.
    #[must_use]
    pub fn xmlns(self, xmlns: impl Into<String>) -> Self {
        self.raw("xmlns", xmlns)
    }

    /// Those that changed this case.
    #[must_use]
    pub fn case_id(self, id: impl Into<String>) -> Self {
        self.raw("case_id", id)
    }

    /// Those of this application.
    #[must_use]
    pub fn app_id(self, id: impl Into<String>) -> Self {
        self.raw("app_id", id)
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

    /// Archived ones, too.
    #[must_use]
    pub fn include_archived(self) -> Self {
        self.raw("include_archived", "true")
    }

    /// With the cases that they changed.
    #[must_use]
    pub fn with_cases(self) -> Self {
        self.raw("cases__full", "true")
    }

    /// In this order.
    #[must_use]
    pub fn order_by(mut self, what: Moment, newest_first: bool) -> Self {
        self.filters.order(what.name(), newest_first);
        self
    }

    /// So many on a page; 20 unless said, 1000 at most.
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
    type Answer = Page<Form>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.list(FORM);
        self.filters.write(&mut url, MOST)?;
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Form>, Error> {
        envelope::tastypie("page of forms", &answer)
    }
}

impl Dated for List {
    type Item = Form;

    const STEADY: bool = false;

    fn since(&self, moment: Option<&str>) -> Self {
        Self { filters: self.filters.since(moment, MOST) }
    }

    fn mark(form: &Form) -> (&str, Option<&str>) {
        (&form.id, form.indexed_on.as_ref().map(Timestamp::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::site;

    fn query(list: &List) -> String {
        list.request(&site()).unwrap().uri().query().unwrap_or_default().to_owned()
    }

    /// H-067: `include_archived` is left out, never sent as `false`: its presence counts.
    #[test]
    fn archived_ones_are_asked_for_or_not() {
        assert_eq!(query(&List::new()), "");
        assert_eq!(query(&List::new().include_archived()), "include_archived=true");
    }

    /// H-038: bounds have neither an offset nor `Z`.
    /// H-068: names that HQ does not know come only of what is called raw.
    #[test]
    fn names_and_bounds_are_those_of_hq() {
        let at = "2026-02-03T09:00:00.5Z".parse().unwrap();
        let list = List::new()
            .case_id("c1")
            .app_id("ap1")
            .from(Moment::IndexedOn, at)
            .until(Moment::ServerModifiedOn, at)
            .with_cases()
            .order_by(Moment::ReceivedOn, true)
            .limit(1000);
        assert_eq!(
            query(&list),
            "case_id=c1&app_id=ap1&indexed_on_start=2026-02-03T09%3A00%3A00.500000\
             &server_modified_on_end=2026-02-03T09%3A00%3A00.500000&cases__full=true&order_by=-received_on&limit=1000"
        );
        assert_eq!(query(&List::new().raw("appVersion", "7")), "appVersion=7");
        assert!(List::new().limit(1001).request(&site()).unwrap_err().is_invalid());
    }

    #[test]
    fn a_window_asks_in_the_order_of_the_index() {
        let at = "2026-02-03T09:00:00Z".parse().unwrap();
        let list = List::new().from(Moment::IndexedOn, at);
        assert_eq!(
            query(&list.since(Some("2026-02-04T00:00:00.120"))),
            "indexed_on_start=2026-02-04T00%3A00%3A00.120&order_by=indexed_on&limit=1000"
        );
    }
}
