//! Single cases, and many by their ids.

use std::collections::HashSet;

use bytes::Bytes;
use http::{Method, Request, Response};
use openrosa_xml::json::CaseV2;
use serde::{Deserialize, Serialize};

use super::CASE;
use super::selection::Selection;
use crate::endpoint::{self, Endpoint, Payload, get, read};
use crate::error::{Error, Invalid};
use crate::site::{Site, escape};

/// More ids at once are refused.
const MOST: usize = 5000;

/// One case, out of the index: one that was made just now may not be there yet.
///
/// ```
/// use commcare_hq::{cases, endpoint::Endpoint, site::Site};
///
/// let request = cases::Get::new("c1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.6/case/c1/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../case/{id}`; by [default](crate::site::Style) that of `v0.6`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Get {
    /// Which.
    pub case_id: String,
}

impl Get {
    /// The case of this id.
    pub fn new(case_id: impl Into<String>) -> Self {
        Self { case_id: case_id.into() }
    }
}

impl Endpoint for Get {
    type Answer = CaseV2;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        one(&self.case_id)?;
        get(site.item(CASE, &self.case_id))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<CaseV2, Error> {
        read("case", &answer)
    }
}

/// A comma makes several ids of one.
pub(super) fn one(case_id: &str) -> Result<(), Invalid> {
    match case_id.is_empty() || case_id.contains(',') {
        true => Err(Invalid::Value { field: "case_id", reason: format!("`{case_id}`: it is one id") }),
        false => Ok(()),
    }
}

/// The case with this id of another system, out of the primary database. Several of them are a 400.
///
/// ```
/// use commcare_hq::{cases::GetExternal, endpoint::Endpoint, site::Site};
///
/// let request = GetExternal::new("A/7").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.6/case/ext/A%2F7/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../case/ext/{external_id}/`; by [default](crate::site::Style) that of `v0.6`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetExternal {
    /// Which.
    pub external_id: String,
}

impl GetExternal {
    /// The case with this id.
    pub fn new(external_id: impl Into<String>) -> Self {
        Self { external_id: external_id.into() }
    }
}

/// Slashes, spaces and percent signs of the id are escaped; the last slash of the address stays.
pub(super) fn external(site: &Site, external_id: &str) -> Result<url::Url, Error> {
    if external_id.is_empty() {
        return Err(Invalid::Missing("external_id").into());
    }
    let list = site.list(CASE);
    let mut url = list.clone();
    url.set_path(&format!("{}ext/{}/", list.path(), escape(external_id)));
    Ok(url)
}

impl Endpoint for GetExternal {
    type Answer = CaseV2;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(external(site, &self.external_id)?)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<CaseV2, Error> {
        read("case", &answer)
    }
}

/// Many cases by their ids, in the order of the ids: first those of HQ, then those of other systems. At most 5000.
///
/// ```
/// use commcare_hq::{cases::BulkFetch, endpoint::Endpoint, site::Site};
///
/// let names = BulkFetch::new(["c1", "c2"]).external(["A-7"]).fields(["case_name", "properties.age"]);
/// let request = names.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(
///     request.uri(),
///     "https://hq.example/a/riverside/api/v0.6/case/bulk-fetch/?fields=case_id%2Cexternal_id%2Ccase_name%2Cproperties.age",
/// );
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST .../case/bulk-fetch/`, by [default](crate::site::Style) that of `v0.6`; it only reads.
///
/// *Spec*: commcare-hq-api.md 2, R16b.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BulkFetch {
    /// Ids of HQ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub case_ids: Vec<String>,
    /// Ids of other systems.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<String>,
    #[serde(skip)]
    selection: Selection,
}

/// A case, or that it is not there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
#[expect(
    clippy::exhaustive_enums,
    clippy::large_enum_variant,
    reason = "it is there or not, and mostly it is"
)]
pub enum Found {
    /// It is not there, or not to be seen by this account.
    Missing(Missing),
    /// It is there.
    Case(CaseV2),
}

/// An id for which there is no case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Missing {
    /// The id of HQ that was asked for.
    #[serde(default)]
    pub case_id: Option<String>,
    /// The id of another system that was asked for.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The server's words.
    pub error: String,
}

impl Found {
    /// The case, if there is one.
    pub fn case(&self) -> Option<&CaseV2> {
        match self {
            Self::Case(case) => Some(case),
            Self::Missing(_) => None,
        }
    }

    fn ids(&self) -> [Option<&str>; 2] {
        match self {
            Self::Case(case) => [Some(case.case_id.as_str()), case.external_id.as_deref()],
            Self::Missing(missing) => [missing.case_id.as_deref(), missing.external_id.as_deref()],
        }
    }
}

impl BulkFetch {
    /// The cases of these ids of HQ.
    pub fn new<I: Into<String>>(case_ids: impl IntoIterator<Item = I>) -> Self {
        Self { case_ids: case_ids.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// And those of these ids of another system.
    #[must_use]
    pub fn external<I: Into<String>>(mut self, external_ids: impl IntoIterator<Item = I>) -> Self {
        self.external_ids.extend(external_ids.into_iter().map(Into::into));
        self
    }

    /// With these members only, such as `case_name` or `properties.age`; the ids that tell which case it is come in any case.
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

    /// What tells which case it is.
    fn ids(&self) -> &[&'static str] {
        if self.external_ids.is_empty() { &["case_id"] } else { &["case_id", "external_id"] }
    }
}

#[derive(Deserialize)]
struct Answer {
    cases: Vec<Found>,
}

impl Endpoint for BulkFetch {
    type Answer = Vec<Found>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let count = self.case_ids.len() + self.external_ids.len();
        if count == 0 {
            return Err(Invalid::Missing("case_ids").into());
        }
        if count > MOST {
            return Err(Invalid::TooMany { what: "ids", count, most: MOST }.into());
        }
        let mut url = site.list(CASE);
        url.set_path(&format!("{}bulk-fetch/", url.path().to_owned()));
        self.selection.write(&mut url, self.ids(), self.ids())?;
        endpoint::json(Method::POST, &url, self)
    }

    /// Every id that was asked for is answered for.
    fn answer(&self, answer: Response<Bytes>) -> Result<Vec<Found>, Error> {
        let found = read::<Answer>("list of cases", &answer)?.cases;
        let answered: HashSet<&str> = found.iter().flat_map(Found::ids).flatten().collect();
        let asked = self.case_ids.iter().chain(&self.external_ids);
        match asked.into_iter().find(|id| !answered.contains(id.as_str())) {
            Some(id) => Err(Error::strange("the list of cases", format!("it says nothing of `{id}`"))),
            None => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, site, trail};

    /// H-060: results come in the order of the request, with typed stubs; at most 5000 ids.
    #[tokio::test]
    async fn many_are_fetched_in_order() {
        let (client, seen) = hq(|_| {
            json(
                200,
                r#"{"matching_records": 1, "missing_records": 2, "cases": [
                {"case_id": "c2", "error": "not found"}, {"case_id": "c1", "case_name": "Ada"}, {"external_id": "A-7", "error": "not found"}]}"#,
            )
        });
        let found = client.call(&BulkFetch::new(["c2", "c1"]).external(["A-7"])).await.unwrap();
        assert_eq!(
            found.iter().map(|found| found.case().is_some()).collect::<Vec<_>>(),
            [false, true, false]
        );
        assert!(
            matches!(&found[2], Found::Missing(missing) if missing.external_id.as_deref() == Some("A-7"))
        );
        assert_eq!(trail(&seen), ["POST /a/riverside/api/v0.6/case/bulk-fetch/"]);
        assert_eq!(seen.lock().unwrap()[0].body, r#"{"case_ids":["c2","c1"],"external_ids":["A-7"]}"#);

        let lost = client.call(&BulkFetch::new(["c9"])).await.unwrap_err();
        assert!(lost.is_unreadable(), "{lost}");
        let ids = |count: usize| BulkFetch::new((0..count).map(|id| id.to_string()));
        assert!(ids(5000).request(&site()).is_ok());
        assert!(ids(5001).request(&site()).unwrap_err().is_invalid());
        assert!(ids(0).request(&site()).unwrap_err().is_invalid());
    }

    /// H-062: `fields` and `exclude` together are refused here, and the ids that results are told apart by are in them; partial
    /// cases read.
    #[tokio::test]
    async fn many_may_come_in_part() {
        let query = |fetch: BulkFetch| {
            fetch.request(&site()).map(|request| request.uri().query().unwrap_or_default().to_owned())
        };
        let fetch = || BulkFetch::new(["c1"]);
        assert_eq!(query(fetch()).unwrap(), "");
        assert_eq!(query(fetch().fields(["case_name", "case_id"])).unwrap(), "fields=case_id%2Ccase_name");
        assert_eq!(
            query(fetch().exclude(["properties", "external_id"])).unwrap(),
            "exclude=properties%2Cexternal_id"
        );
        assert!(query(fetch().exclude(["case_id"])).unwrap_err().is_invalid());
        assert!(query(fetch().external(["A"]).exclude(["external_id"])).unwrap_err().is_invalid());
        assert!(query(fetch().fields(["a"]).exclude(["b"])).unwrap_err().is_invalid());
        let (client, seen) = hq(|_| {
            json(200, r#"{"matching_records": 1, "missing_records": 0, "cases": [{"case_id": "c1"}]}"#)
        });
        let found = client.call(&fetch().fields(["closed"])).await.unwrap();
        assert_eq!(found[0].case().unwrap().case_name, None);
        assert_eq!(seen.lock().unwrap()[0].body, r#"{"case_ids":["c1"]}"#);
    }

    /// H-061: `/`, spaces and `%` of an external id are encoded, and the trailing slash is kept.
    #[tokio::test]
    async fn external_ids_survive_the_address() {
        let (client, seen) = hq(|_| json(404, r#"{"error": "Case not found"}"#));
        assert!(client.call(&GetExternal::new("A/7 100%")).await.unwrap_err().is_not_found());
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.6/case/ext/A%2F7%20100%25/"]);
    }

    #[tokio::test]
    async fn one_case_is_one() {
        let (client, seen) = hq(|_| json(200, r#"{"case_id": "c1", "external_id": null}"#));
        assert_eq!(client.call(&Get::new("c1")).await.unwrap().case_id.as_str(), "c1");
        assert!(client.call(&Get::new("c1,c2")).await.unwrap_err().is_invalid());
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.6/case/c1/"]);
    }
}
