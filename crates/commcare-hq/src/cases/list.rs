//! Which cases are there.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use openrosa_xml::Timestamp;
use openrosa_xml::json::CaseV2;
use serde::Deserialize;

use super::selection::Selection;
use super::{CASE, Moment, Side};
use crate::endpoint::{Endpoint, Payload, get, push, read};
use crate::error::{Error, Invalid};
use crate::paging::{Dated, Page, envelope};
use crate::site::Site;
use crate::values::moment;

/// More on a page is a 400.
const MOST: u32 = 5000;

/// The cases of a project, oldest change first.
///
/// Values given for one thing are alternatives; different things must all hold. The pages are a cursor's: nothing is left out
/// while cases change, and a case that changes during the walk comes again later.
///
/// ```
/// use commcare_hq::{cases::{List, Moment, Side}, endpoint::Endpoint, site::Site};
///
/// let since = "2026-02-03T09:00:00Z".parse()?;
/// let list = List::new().case_type("client").case_type("household").closed(false).when(Moment::IndexedOn, Side::From, since);
/// let request = list.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(
///     request.uri().query(),
///     Some("case_type=client&case_type=household&closed=false&indexed_on.gte=2026-02-03T09%3A00%3A00.000000Z"),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Wire*: `GET .../case/`, P6; by [default](crate::site::Style) that of `v0.6`. *Spec*: commcare-hq-api.md 2, R16b.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    filters: Vec<(String, String)>,
    selection: Selection,
    limit: Option<u32>,
}

impl List {
    /// All cases.
    pub fn new() -> Self {
        Self::default()
    }

    fn filter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.filters.push((name.into(), value.into()));
        self
    }

    /// Of this type.
    #[must_use]
    pub fn case_type(self, case_type: impl Into<String>) -> Self {
        self.filter("case_type", case_type)
    }

    /// Of this name.
    #[must_use]
    pub fn case_name(self, name: impl Into<String>) -> Self {
        self.filter("case_name", name)
    }

    /// With this id of another system.
    #[must_use]
    pub fn external_id(self, id: impl Into<String>) -> Self {
        self.filter("external_id", id)
    }

    /// Of this owner.
    #[must_use]
    pub fn owner_id(self, id: impl Into<String>) -> Self {
        self.filter("owner_id", id)
    }

    /// Closed ones only, or open ones only.
    #[must_use]
    pub fn closed(self, closed: bool) -> Self {
        self.filter("closed", if closed { "true" } else { "false" })
    }

    /// With this value of a property; an empty one stands for unset, too.
    #[must_use]
    pub fn property(self, name: &str, value: impl Into<String>) -> Self {
        self.filter(format!("properties.{name}"), value)
    }

    /// That have an index of this name to this case.
    #[must_use]
    pub fn index(self, name: &str, case_id: impl Into<String>) -> Self {
        self.filter(format!("indices.{name}"), case_id)
    }

    /// On one side of a moment.
    #[must_use]
    pub fn when(self, what: Moment, side: Side, at: DateTime<Utc>) -> Self {
        self.filter(format!("{}.{}", what.name(), side.name()), moment(&at).as_str())
    }

    /// That fit an expression of case search, such as `age > 5 and village = 'Kibaha'`.
    #[must_use]
    pub fn matching(self, expression: impl Into<String>) -> Self {
        self.filter("query", expression)
    }

    /// Those of deprecated types, too.
    #[must_use]
    pub fn include_deprecated(self) -> Self {
        self.filter("include_deprecated", "true")
    }

    /// With these members only, such as `case_name` or `properties.age`; `case_id` and `indexed_on` come in any case.
    #[must_use]
    pub fn fields<F: Into<String>>(mut self, fields: impl IntoIterator<Item = F>) -> Self {
        self.selection.fields(fields);
        self
    }

    /// Without these members.
    #[must_use]
    pub fn exclude<F: Into<String>>(mut self, fields: impl IntoIterator<Item = F>) -> Self {
        self.selection.exclude(fields);
        self
    }

    /// So many on a page; 20 unless said, 5000 at most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    fn check(&self) -> Result<(), Invalid> {
        match self.limit {
            Some(limit) if !(1..=MOST).contains(&limit) => {
                Err(Invalid::Value { field: "limit", reason: format!("{limit}: it is from 1 to {MOST}") })
            }
            _ => Ok(()),
        }
    }
}

impl Endpoint for List {
    type Answer = Page<CaseV2>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        self.check()?;
        let mut url = site.list(CASE);
        for (name, value) in &self.filters {
            push(&mut url, name, value);
        }
        self.selection.write(&mut url, &["case_id"], &["case_id", "indexed_on"])?;
        if let Some(limit) = self.limit {
            push(&mut url, "limit", &limit.to_string());
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<CaseV2>, Error> {
        let page: Cases = read("page of cases", &answer)?;
        Ok(Page { items: page.cases, next: page.next, total: page.matching_records })
    }
}

#[derive(Deserialize)]
struct Cases {
    #[serde(default)]
    matching_records: Option<u64>,
    cases: Vec<CaseV2>,
    #[serde(default, deserialize_with = "envelope::cursor")]
    next: Option<String>,
}

impl Dated for List {
    type Item = CaseV2;

    const STEADY: bool = true;

    /// What the caller asked for at the beginning is older than any moment that was seen.
    fn since(&self, moment: Option<&str>) -> Self {
        let Some(moment) = moment else { return self.clone() };
        let mut list = self.clone();
        list.filters.retain(|(name, _)| !matches!(name.as_str(), "indexed_on.gte" | "indexed_on.gt"));
        list.filter("indexed_on.gte", format!("{moment}Z"))
    }

    fn mark(case: &CaseV2) -> (&str, Option<&str>) {
        (case.case_id.as_str(), case.indexed_on.as_ref().map(Timestamp::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, site, trail};
    use crate::site::Style;

    fn query(list: &List) -> String {
        list.request(&site()).unwrap().uri().query().unwrap_or_default().to_owned()
    }

    /// H-026: `next` is followed verbatim, without other arguments, until there is none.
    /// H-028: `matching_records` of later pages is not presented as a total.
    #[tokio::test]
    async fn a_cursor_is_followed_to_its_end() {
        let (client, seen) = hq(|seen| match seen.query() {
            "cursor=bGltaXQ9MQ%3D%3D" => {
                json(200, r#"{"matching_records": 1, "cases": [{"case_id": "c2"}]}"#)
            }
            _ => json(
                200,
                r#"{"matching_records": 2, "cases": [{"case_id": "c1", "new": 1}],
                "next": "https://hq.example/a/riverside/api/case/v2/?cursor=bGltaXQ9MQ%3D%3D"}"#,
            ),
        });
        let mut walk = client.walk(List::new().case_type("client").limit(1)).unwrap();
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0].other["new"], 1);
        assert_eq!(walk.next_page().await.unwrap().unwrap().items[0].case_id.as_str(), "c2");
        assert_eq!(walk.total(), Some(2));
        assert!(walk.next_page().await.unwrap().is_none());
        assert_eq!(
            trail(&seen),
            [
                "GET /a/riverside/api/v0.6/case/?case_type=client&limit=1",
                "GET /a/riverside/api/case/v2/?cursor=bGltaXQ9MQ%3D%3D"
            ]
        );
    }

    /// H-027: `next` as an object that holds `cursor` is accepted as well.
    #[tokio::test]
    async fn a_cursor_may_be_in_an_object() {
        let (client, seen) = hq(|seen| match seen.query().contains("cursor=") {
            true => json(200, r#"{"matching_records": 0, "cases": [], "next": null}"#),
            false => json(200, r#"{"matching_records": 1, "cases": [], "next": {"cursor": "a=="}}"#),
        });
        let mut walk = client.walk(List::new().closed(true)).unwrap();
        while walk.next_page().await.unwrap().is_some() {}
        assert_eq!(trail(&seen)[1], "GET /a/riverside/api/v0.6/case/?cursor=a%3D%3D");
    }

    /// H-062: `fields` and `exclude` together are refused here; partial cases read.
    #[test]
    fn parts_of_cases() {
        let both = List::new().fields(["case_name"]).exclude(["indices"]);
        assert!(both.request(&site()).unwrap_err().is_invalid());
        assert!(List::new().exclude(["case_id"]).request(&site()).unwrap_err().is_invalid());
        let list = List::new().fields(["case_name", "properties.age"]);
        assert_eq!(query(&list), "fields=case_id%2Cindexed_on%2Ccase_name%2Cproperties.age");
        let answer = Response::new(Bytes::from(
            r#"{"matching_records": 1, "cases": [{"case_id": "c1", "properties": {"age": "41"}}]}"#,
        ));
        let page = list.answer(answer).unwrap();
        assert_eq!((page.items[0].properties["age"].as_str(), &page.items[0].case_name), (Some("41"), &None));
    }

    /// H-063: repeated values become repeated parameters.
    /// H-064: `closed` is always sent as `true` or `false`.
    #[test]
    fn filters_cannot_be_spelt_wrong() {
        assert_eq!(query(&List::new().owner_id("u1").owner_id("u 2")), "owner_id=u1&owner_id=u+2");
        assert_eq!(query(&List::new().closed(false)), "closed=false");
        assert_eq!(query(&List::new().closed(true)), "closed=true");
        assert_eq!(
            query(
                &List::new()
                    .property("age", "")
                    .index("parent", "h1")
                    .include_deprecated()
                    .matching("a = 'b'")
            ),
            "properties.age=&indices.parent=h1&include_deprecated=true&query=a+%3D+%27b%27"
        );
        for limit in [0, 5001] {
            assert!(List::new().limit(limit).request(&site()).unwrap_err().is_invalid(), "{limit}");
        }
    }

    /// H-002: both styles of address yield the same.
    #[test]
    fn the_current_address_is_another() {
        let request = List::new().request(&site().style(Style::Current)).unwrap();
        assert_eq!(request.uri(), "https://hq.example/a/riverside/api/case/v2/");
    }

    #[test]
    fn a_later_moment_takes_the_place_of_the_one_asked_for() {
        let at = "2026-02-03T09:00:00Z".parse().unwrap();
        let list = List::new().when(Moment::IndexedOn, Side::After, at).case_type("a");
        assert_eq!(
            query(&list.since(Some("2026-02-04T00:00:00.123"))),
            "case_type=a&indexed_on.gte=2026-02-04T00%3A00%3A00.123Z"
        );
    }
}
