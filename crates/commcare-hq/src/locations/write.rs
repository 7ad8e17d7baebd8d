//! Changes of locations, one or many at a time.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Map, Value, json};

use super::{LOCATION, Location};
use crate::endpoint::{self, Effect, Endpoint, Payload, read};
use crate::error::{Error, Invalid};
use crate::site::Site;
use crate::values::Degree;

/// More at once are refused.
const MOST: usize = 100;

/// A location to be made, of a type that stands right below that of its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLocation(Map<String, Value>);

/// What is to change of a location.
///
/// `location_data` takes the place of all that is there. A new name comes with a code: without one, HQ makes a new code of the
/// name, and whoever knows the location by its code does not find it any more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes(Map<String, Value>);

/// What both can have.
macro_rules! members {
    ($of:ident) => {
        impl $of {
            fn with(mut self, name: &str, value: Value) -> Self {
                self.0.insert(name.to_owned(), value);
                self
            }

            /// Where it is.
            #[must_use]
            pub fn at(self, latitude: f64, longitude: f64) -> Self {
                self.with("latitude", json!(Degree::from(latitude)))
                    .with("longitude", json!(Degree::from(longitude)))
            }

            /// The location above it.
            #[must_use]
            pub fn below(self, location_id: impl Into<String>) -> Self {
                self.with("parent_location_id", Value::String(location_id.into()))
            }

            /// All fields of the project's own.
            #[must_use]
            pub fn data(self, data: Map<String, Value>) -> Self {
                self.with("location_data", Value::Object(data))
            }
        }
    };
}

members!(NewLocation);
members!(Changes);

impl NewLocation {
    /// A location of this name and this type.
    pub fn new(name: impl Into<String>, location_type: impl Into<String>) -> Self {
        let new = Self(Map::new()).with("name", Value::String(name.into()));
        new.with("location_type_code", Value::String(location_type.into()))
    }

    /// With this code; without, HQ makes one of the name.
    #[must_use]
    pub fn site_code(self, code: impl Into<String>) -> Self {
        self.with("site_code", Value::String(code.into()))
    }
}

impl Changes {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another name, with the code that it is to have: the one that it has, mostly.
    #[must_use]
    pub fn rename(self, name: impl Into<String>, site_code: impl Into<String>) -> Self {
        self.with("name", Value::String(name.into())).site_code(site_code)
    }

    /// Another code.
    #[must_use]
    pub fn site_code(self, code: impl Into<String>) -> Self {
        self.with("site_code", Value::String(code.into()))
    }

    /// Another type.
    #[must_use]
    pub fn location_type(self, code: impl Into<String>) -> Self {
        self.with("location_type_code", Value::String(code.into()))
    }
}

/// Makes a location.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, locations::{Create, NewLocation}, site::Site};
///
/// let clinic = Create(NewLocation::new("Clinic A", "clinic"));
/// let request = clinic.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/api/v0.6/location/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST /a/{d}/api/location/v2/`, 201.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a location and nothing else is made")]
pub struct Create(pub NewLocation);

impl Endpoint for Create {
    type Answer = Location;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        endpoint::json(Method::POST, &site.list(LOCATION), &self.0.0)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Location, Error> {
        read("location", &answer)
    }
}

/// Changes a location. One that is not there is a 400 like any other.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, locations::{Changes, Update}, site::Site};
///
/// let renamed = Update::new("9f31", Changes::new().rename("Clinic B", "clinic_b"));
/// let request = renamed.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PUT", "/a/riverside/api/v0.6/location/9f31/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `PUT /a/{d}/api/location/v2/{location_id}/`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// Which.
    pub location_id: String,
    /// What is to change.
    pub changes: Changes,
}

impl Update {
    /// Changes this of the location of this id.
    pub fn new(location_id: impl Into<String>, changes: Changes) -> Self {
        Self { location_id: location_id.into(), changes }
    }
}

impl Endpoint for Update {
    type Answer = Location;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        endpoint::json(Method::PUT, &site.item(LOCATION, &self.location_id), &self.changes.0)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Location, Error> {
        read("location", &answer)
    }
}

/// Up to a hundred locations, all of which are made or changed, or none.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, locations::{Batch, BatchItem, NewLocation}, site::Site};
///
/// let clinic = |name| BatchItem::Create(NewLocation::new(name, "clinic"));
/// let both = Batch(vec![clinic("Clinic A"), clinic("Clinic B")]);
/// let request = both.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PATCH", "/a/riverside/api/v0.6/location/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `PATCH /a/{d}/api/location/v2/` with `objects`; 202, and an array of ids in the order of the request.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "items are all that is in it")]
pub struct Batch(pub Vec<BatchItem>);

/// One of many.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "an item has an id or has none")]
pub enum BatchItem {
    /// Makes it.
    Create(NewLocation),
    /// Changes it.
    Update(Update),
}

impl BatchItem {
    fn body(&self) -> Value {
        match self {
            Self::Create(new) => json!(new.0),
            Self::Update(update) => {
                let mut body = update.changes.0.clone();
                body.insert("location_id".to_owned(), json!(update.location_id));
                Value::Object(body)
            }
        }
    }
}

impl Batch {
    /// As many requests as there have to be. They are not one any more: some may be done and others not.
    pub fn split(items: Vec<BatchItem>) -> Vec<Self> {
        items.chunks(MOST).map(|items| Self(items.to_vec())).collect()
    }
}

impl Endpoint for Batch {
    /// The ids, in the order of the request.
    type Answer = Vec<String>;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let count = self.0.len();
        match count {
            0 => return Err(Invalid::Missing("objects").into()),
            1..=MOST => {}
            _ => return Err(Invalid::TooMany { what: "locations", count, most: MOST }.into()),
        }
        let objects: Vec<_> = self.0.iter().map(BatchItem::body).collect();
        endpoint::json(Method::PATCH, &site.list(LOCATION), &json!({ "objects": objects }))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Vec<String>, Error> {
        let ids: Vec<String> = read("list of locations", &answer)?;
        match ids.len() == self.0.len() {
            true => Ok(ids),
            false => {
                let found = format!("{} for {} locations", ids.len(), self.0.len());
                Err(Error::strange("the list of locations", found))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json as answered, site, trail};

    fn new(name: &str) -> BatchItem {
        BatchItem::Create(NewLocation::new(name, "clinic"))
    }

    /// H-078: more than 100 items are refused or split; 202 with a bare array is success, another length an error.
    #[tokio::test]
    async fn many_are_made_at_once() {
        let many: Vec<_> = (0..101).map(|at| new(&at.to_string())).collect();
        assert!(Batch(many.clone()).request(&site()).unwrap_err().is_invalid());
        assert_eq!(Batch::split(many).iter().map(|part| part.0.len()).collect::<Vec<_>>(), [100, 1]);

        let (client, seen) = hq(|_| answered(202, r#"["9f31", "77c0"]"#));
        let rename = BatchItem::Update(Update::new("77c0", Changes::new().rename("Clinic B", "clinic_b")));
        assert_eq!(client.call(&Batch(vec![new("Clinic A"), rename])).await.unwrap(), ["9f31", "77c0"]);
        assert_eq!(
            seen.lock().unwrap()[0].body,
            r#"{"objects":[{"name":"Clinic A","location_type_code":"clinic"},{"name":"Clinic B","site_code":"clinic_b","location_id":"77c0"}]}"#
        );
        let error = client.call(&Batch(vec![new("Clinic A")])).await.unwrap_err();
        assert!(error.is_unreadable() && error.may_have_landed());
    }

    /// H-079: a rename always sends `site_code`: there is no way to write one without.
    /// H-040: coordinates are written as decimal texts.
    #[tokio::test]
    async fn a_rename_keeps_the_code() {
        let (client, seen) = hq(|_| answered(200, r#"{"location_id": "9f31"}"#));
        let changes = Changes::new().rename("Clinic A", "clinic_a").at(12.5, -1.25).below("77c0");
        client.call(&Update::new("9f31", changes)).await.unwrap();
        client.call(&Create(NewLocation::new("C", "clinic").site_code("c"))).await.unwrap();
        assert_eq!(
            seen.lock().unwrap()[0].body,
            r#"{"name":"Clinic A","site_code":"clinic_a","latitude":"12.5","longitude":"-1.25","parent_location_id":"77c0"}"#
        );
        assert_eq!(
            trail(&seen),
            ["PUT /a/riverside/api/v0.6/location/9f31/", "POST /a/riverside/api/v0.6/location/"]
        );
    }
}
