//! Changes of cases, one or many at a time. Each request becomes one form.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use openrosa_xml::json::CaseV2;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::change::What;
use super::fetch::external;
use super::{CASE, Change};
use crate::endpoint::{self, Effect, Endpoint, Payload, read};
use crate::error::{Error, Invalid, Refusal};
use crate::site::Site;

/// More at once are refused.
const MOST: usize = 100;

/// One change.
///
/// A case that is not there is [not found](Error::is_not_found), although HQ answers 400. A change that was kept as a form and
/// refused then has the id of that form ([`Error::form_id`]).
///
/// ```
/// use commcare_hq::{cases::{Change, Write}, endpoint::Endpoint, site::Site};
///
/// let birthday = Write(Change::update("c1").property("age", "42"));
/// let request = birthday.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PUT", "/a/riverside/api/v0.6/case/c1/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST /` to make a case, `PUT /{id}` and `PUT /` to change one, `PUT /ext/{external_id}/` for either.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "one change is all that is in it")]
pub struct Write(pub Change);

/// What came of a change.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Written {
    /// The form that HQ made of it.
    pub form_id: Option<String>,
    /// The case as it is now.
    pub case: CaseV2,
}

/// Up to a hundred changes, all of which are done or none.
///
/// ```
/// use commcare_hq::{cases::{Change, WriteMany}, endpoint::Endpoint, site::Site};
///
/// let both = WriteMany(vec![Change::update("c1").close(), Change::upsert("A-7").property("age", "42")]);
/// let request = both.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/api/v0.6/case/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST /` with an array, every item of which says `create`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "changes are all that is in it")]
pub struct WriteMany(pub Vec<Change>);

/// What came of many changes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WrittenMany {
    /// The form that HQ made of them.
    pub form_id: Option<String>,
    /// The cases as they are now.
    pub cases: Vec<CaseV2>,
}

impl WriteMany {
    /// As many requests as there have to be. They are not one any more: some may be done and others not, and a temporary id is
    /// known in its own request only.
    pub fn split(changes: Vec<Change>) -> Vec<Self> {
        let mut changes = changes.into_iter().peekable();
        let mut requests = Vec::new();
        while changes.peek().is_some() {
            requests.push(Self(changes.by_ref().take(MOST).collect()));
        }
        requests
    }

    fn check(&self) -> Result<(), Invalid> {
        let count = self.0.len();
        if count == 0 {
            return Err(Invalid::Missing("changes"));
        }
        if count > MOST {
            return Err(Invalid::TooMany { what: "changes", count, most: MOST });
        }
        self.0.iter().try_for_each(Change::check)?;
        let upserts = |change: &&Change| change.what == What::Upsert;
        let makes = |change: &&Change| matches!(change.what, What::Upsert | What::Create);
        let mut made: HashMap<&str, usize> = HashMap::new();
        for id in self.0.iter().filter(makes).filter_map(|change| change.external_id.as_deref()) {
            *made.entry(id).or_default() += 1;
        }
        let ids = self.0.iter().filter(upserts).filter_map(|change| change.external_id.as_deref());
        twice("external_id", ids, &made)?;
        let mut named: HashMap<&str, usize> = HashMap::new();
        let names = || self.0.iter().filter_map(|change| change.temporary_id.as_deref());
        for name in names() {
            *named.entry(name).or_default() += 1;
        }
        twice("temporary_id", names(), &named)
    }
}

fn twice<'i>(
    field: &'static str,
    mut ids: impl Iterator<Item = &'i str>,
    counted: &HashMap<&str, usize>,
) -> Result<(), Invalid> {
    match ids.find(|id| counted.get(id).is_some_and(|&count| count > 1)) {
        Some(id) => Err(Invalid::Twice { field, id: id.to_owned() }),
        None => Ok(()),
    }
}

/// What selects the case of an item of an array.
fn item(change: &Change) -> Value {
    let mut item = Map::new();
    item.insert("create".to_owned(), change.create_flag());
    if let What::Update(case_id) = &change.what {
        item.insert("case_id".to_owned(), json!(case_id));
    }
    item.extend(change.members());
    Value::Object(item)
}

impl Endpoint for Write {
    type Answer = Written;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let Self(change) = self;
        change.check()?;
        if change.temporary_id.is_some() {
            return Err(
                Invalid::Value { field: "temporary_id", reason: "there in a single change".into() }.into()
            );
        }
        let mut body = change.members();
        let (method, url) = match &change.what {
            What::Create => (Method::POST, site.list(CASE)),
            What::UpdateExternal => (Method::PUT, site.list(CASE)),
            // A `case_id` in the body would win over that of the address, so there is none.
            What::Update(case_id) => (Method::PUT, site.item(CASE, case_id)),
            What::Upsert => {
                let external_id = body.remove("external_id");
                let external_id = external_id.as_ref().and_then(Value::as_str).unwrap_or_default();
                (Method::PUT, external(site, external_id)?)
            }
        };
        endpoint::json(method, &url, &body)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Written, Error> {
        let One { ids, case } = read("changed case", &answer)?;
        Ok(Written { form_id: ids.form_id.or(ids.xform_id), case })
    }

    fn is_missing(&self, refusal: &Refusal) -> bool {
        is_missing(refusal)
    }
}

impl Endpoint for WriteMany {
    type Answer = WrittenMany;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        self.check()?;
        let items: Vec<_> = self.0.iter().map(item).collect();
        endpoint::json(Method::POST, &site.list(CASE), &items)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<WrittenMany, Error> {
        let Many { ids, cases } = read("list of changed cases", &answer)?;
        Ok(WrittenMany { form_id: ids.form_id.or(ids.xform_id), cases })
    }

    fn is_missing(&self, refusal: &Refusal) -> bool {
        is_missing(refusal)
    }
}

/// The source says `form_id`, the documents `xform_id` (commcare-hq-api.md 8, C2).
#[derive(Deserialize)]
struct FormIds {
    #[serde(default)]
    form_id: Option<String>,
    #[serde(default)]
    xform_id: Option<String>,
}

#[derive(Deserialize)]
struct One {
    #[serde(flatten)]
    ids: FormIds,
    case: CaseV2,
}

#[derive(Deserialize)]
struct Many {
    #[serde(flatten)]
    ids: FormIds,
    cases: Vec<CaseV2>,
}

/// A case that is not there is a 400 with words of this kind: the source has these two.
fn is_missing(refusal: &Refusal) -> bool {
    let words = refusal.said.text().unwrap_or_default().to_ascii_lowercase();
    let says_so = words.contains("no case found") || words.contains("could not find a case");
    refusal.status == StatusCode::NOT_FOUND || (refusal.status == StatusCode::BAD_REQUEST && says_so)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Target;
    use crate::client::tests::{hq, json, site, trail};

    const ONE: &str = r#"{"form_id": "f1", "case": {"case_id": "c1", "case_name": "Ada"}}"#;

    fn new(external_id: &str) -> Change {
        Change::create("client", "Ada", "u1").external_id(external_id)
    }

    fn body(write: &impl Endpoint) -> Value {
        match write.request(&site()).unwrap().into_body() {
            Payload::Bytes(body) => serde_json::from_slice(&body).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// H-053: an object brings one case, an array many; 200 is success.
    /// H-054: `form_id` and `xform_id` are both read.
    #[tokio::test]
    async fn one_brings_one_and_many_bring_many() {
        for name in ["form_id", "xform_id"] {
            let (client, seen) = hq(|seen| match seen.body.starts_with('[') {
                true => json(
                    200,
                    &format!(r#"{{"{name}": "f1", "cases": [{{"case_id": "c1"}}, {{"case_id": "c2"}}]}}"#),
                ),
                false => json(200, &ONE.replace("form_id", name)),
            });
            let one = client.call(&Write(new("A"))).await.unwrap();
            assert_eq!((one.form_id.as_deref(), one.case.case_id.as_str()), (Some("f1"), "c1"));
            let many = client.call(&WriteMany(vec![new("A"), new("B")])).await.unwrap();
            assert_eq!((many.form_id.as_deref(), many.cases.len()), (Some("f1"), 2));
            assert_eq!(trail(&seen), ["POST /a/riverside/api/v0.6/case/"; 2]);
        }
    }

    /// H-055: more than 100 are refused here; that they are split is said by the caller.
    #[test]
    fn a_hundred_is_the_most() {
        let changes: Vec<_> = (0..101).map(|id| new(&id.to_string())).collect();
        assert!(WriteMany(changes.clone()).request(&site()).unwrap_err().is_invalid());
        assert!(WriteMany(changes[..100].to_vec()).request(&site()).is_ok());
        let split = WriteMany::split(changes.clone());
        assert_eq!(split.iter().map(|part| part.0.len()).collect::<Vec<_>>(), [100, 1]);
        assert_eq!(split.into_iter().flat_map(|part| part.0).collect::<Vec<_>>(), changes);
        assert!(WriteMany(vec![]).request(&site()).unwrap_err().is_invalid());
    }

    /// H-056: every item of an array carries an explicit `create`.
    #[test]
    fn every_item_says_create() {
        let all = vec![
            new("A").temporary_id("t"),
            Change::update("c1").close(),
            Change::update_external("B").child_of("parent", "client", Target::temporary("t")),
            Change::upsert("C").property("age", "41"),
        ];
        assert_eq!(
            body(&WriteMany(all)),
            json!([
                {"create": true, "case_type": "client", "case_name": "Ada", "owner_id": "u1", "external_id": "A", "temporary_id": "t"},
                {"create": false, "case_id": "c1", "close": true},
                {"create": false, "external_id": "B", "indices": {"parent": {"temporary_id": "t", "case_type": "client", "relationship": "child"}}},
                {"create": null, "external_id": "C", "properties": {"age": "41"}},
            ])
        );
    }

    /// H-057: two items with one external id in a batch of upserts are refused here.
    #[test]
    fn an_external_id_is_upserted_once() {
        let refused = |changes: Vec<Change>| WriteMany(changes).request(&site()).is_err();
        assert!(refused(vec![Change::upsert("A"), Change::upsert("A")]));
        assert!(refused(vec![new("A"), Change::upsert("A")]));
        assert!(!refused(vec![Change::upsert("A"), Change::upsert("B")]));
        assert!(refused(vec![new("A").temporary_id("t"), new("B").temporary_id("t")]));
    }

    /// H-058: `PUT /{id}` never sends another `case_id` than that of the address, and never an array.
    #[test]
    fn an_update_is_of_the_case_in_its_address() {
        let update = Write(Change::update("c/1").property("age", "42"));
        assert_eq!(body(&update), json!({"properties": {"age": "42"}}));
        let request = update.request(&site()).unwrap();
        assert_eq!(
            (request.method(), request.uri().path()),
            (&Method::PUT, "/a/riverside/api/v0.6/case/c%2F1/")
        );
    }

    /// H-059: a case that is missing on update is reported as not found although the status is 400.
    #[tokio::test]
    async fn a_missing_case_is_not_found() {
        for words in ["No case found with ID 'c9'", "Could not find a case with external_id 'c9'"] {
            let (client, _) = hq(move |_| json(400, &json!({ "error": words }).to_string()));
            let error = client.call(&Write(Change::update("c9"))).await.unwrap_err();
            assert!(error.is_not_found() && error.message().as_deref() == Some(words));
        }
        let (client, _) = hq(|_| json(400, r#"{"error": "'shoe' is not a valid field."}"#));
        assert!(!client.call(&Write(Change::update("c9"))).await.unwrap_err().is_not_found());
    }

    #[test]
    fn an_upsert_is_a_put_of_its_external_id() {
        let request = Write(Change::upsert("A/7").case_name("Ada")).request(&site()).unwrap();
        assert_eq!(
            (request.method(), request.uri().path()),
            (&Method::PUT, "/a/riverside/api/v0.6/case/ext/A%2F7/")
        );
        let request = Write(Change::update_external("A/7")).request(&site()).unwrap();
        assert_eq!((request.method(), request.uri().path()), (&Method::PUT, "/a/riverside/api/v0.6/case/"));
    }
}
