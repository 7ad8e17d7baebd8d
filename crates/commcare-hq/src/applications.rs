//! Applications: their structure, and the files that phones install.

mod files;

use bytes::Bytes;
use http::{Request, Response};
use openrosa_xml::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use files::{Ccz, Downloadable, Downloads, Latest};

use crate::endpoint::{Endpoint, Payload, get, push, read};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::or_default;

const APPLICATION: Resource = Resource::new("application");

/// An application.
///
/// *Spec*: commcare-hq-api.md 2, R19.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Application {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its version.
    #[serde(default)]
    pub version: Option<u64>,
    /// Whether it is released.
    #[serde(default)]
    pub is_released: Option<bool>,
    /// When it was built.
    #[serde(default)]
    pub built_on: Option<Timestamp<'static>>,
    /// The application that it is a build of.
    #[serde(default)]
    pub built_from_app_id: Option<String>,
    /// Its modules; one that HQ cannot read is an error of its own.
    #[serde(default, deserialize_with = "or_default")]
    pub modules: Vec<Module>,
    /// Its builds; of a build there are none.
    #[serde(default, deserialize_with = "or_default")]
    pub versions: Vec<Build>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A module of an application, or that HQ cannot read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "it reads or it does not")]
pub enum Module {
    /// HQ cannot read it.
    Broken {
        /// Its words.
        error: Value,
    },
    /// A module.
    Whole(Menu),
}

/// A module: forms about cases of one type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Menu {
    /// Its names by language.
    #[serde(default, deserialize_with = "or_default")]
    pub name: Map<String, Value>,
    /// The type of its cases.
    #[serde(default)]
    pub case_type: Option<String>,
    /// The properties of its cases.
    #[serde(default, deserialize_with = "or_default")]
    pub case_properties: Vec<String>,
    /// Its id.
    #[serde(default)]
    pub unique_id: Option<String>,
    /// Its forms.
    #[serde(default, deserialize_with = "or_default")]
    pub forms: Vec<BlankForm>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A blank form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlankForm {
    /// Its namespace, which forms filled in with it have.
    #[serde(default)]
    pub xmlns: Option<String>,
    /// Its names by language.
    #[serde(default, deserialize_with = "or_default")]
    pub name: Map<String, Value>,
    /// Its id.
    #[serde(default)]
    pub unique_id: Option<String>,
    /// Its questions, groups and hidden nodes included.
    #[serde(default, deserialize_with = "or_default")]
    pub questions: Vec<Question>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A question of a blank form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Question {
    /// Where its answer is, such as `/data/age`.
    #[serde(default)]
    pub value: Option<String>,
    /// What people read.
    #[serde(default)]
    pub label: Option<String>,
    /// How it is asked, such as `input`.
    #[serde(default)]
    pub tag: Option<String>,
    /// The repeat that it is in.
    #[serde(default)]
    pub repeat: Option<String>,
    /// What else there is: its type, options and translations.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A build of an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Build {
    /// Its id.
    pub id: String,
    /// Its version.
    #[serde(default)]
    pub version: Option<u64>,
    /// Whether it is released.
    #[serde(default)]
    pub is_released: Option<bool>,
    /// When it was built.
    #[serde(default)]
    pub built_on: Option<Timestamp<'static>>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// All applications of a project, in one answer that takes its time.
///
/// ```
/// use commcare_hq::{applications, endpoint::Endpoint, site::Site};
///
/// let request = applications::List.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/application/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../application/`, P3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it has no arguments")]
pub struct List;

impl Endpoint for List {
    type Answer = Page<Application>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.list(APPLICATION))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Application>, Error> {
        envelope::tastypie("list of applications", &answer)
    }
}

/// One application.
///
/// ```
/// use commcare_hq::{applications, endpoint::Endpoint, site::Site};
///
/// let request = applications::Get::new("ap1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/application/ap1/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../application/{app_id}/`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Get {
    /// Which: an application or a build.
    pub id: String,
    /// With HQ's own document of it merged in: huge, and never the same for long.
    pub extras: bool,
}

impl Get {
    /// The application of this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), extras: false }
    }
}

impl Endpoint for Get {
    type Answer = Application;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.item(APPLICATION, &self.id);
        if self.extras {
            push(&mut url, "extras", "true");
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Application, Error> {
        read("application", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    /// H-070: a module with `error` does not fail the whole answer.
    /// H-024: the list is read in one request, with `limit: null`.
    #[tokio::test]
    async fn a_broken_module_breaks_nothing_else() {
        let (client, _) = hq(|_| {
            json(
                200,
                r#"{"meta": {"limit": null, "offset": 0, "total_count": 1, "next": null, "previous": null}, "objects": [{"id": "ap1", "name": "Intake",
                "version": 17, "modules": [{"error": "cannot be read"}, {"name": {"en": "Clients"}, "case_type": "client", "unique_id": "m1",
                "forms": [{"xmlns": "http://example.org/intake", "name": {"en": "New"}, "questions": [{"label": "Age", "tag": "input", "value": "/data/age", "repeat": null, "type": "Int"}]}]}],
                "versions": []}]}"#,
            )
        });
        let mut walk = client.walk(List).unwrap();
        let apps = walk.next_page().await.unwrap().unwrap().items;
        assert!(walk.next_page().await.unwrap().is_none());
        assert!(matches!(&apps[0].modules[0], Module::Broken { error } if error == "cannot be read"));
        let Module::Whole(menu) = &apps[0].modules[1] else { panic!("{apps:?}") };
        assert_eq!(menu.forms[0].questions[0].value.as_deref(), Some("/data/age"));
        assert_eq!(menu.forms[0].questions[0].other["type"], "Int");
    }

    #[tokio::test]
    async fn an_application_is_asked_for_by_its_id() {
        let (client, seen) = hq(|_| json(404, ""));
        let asked = Get { extras: true, ..Get::new("ap1") };
        assert!(client.call(&asked).await.unwrap_err().is_not_found());
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/application/ap1/?extras=true"]);
    }
}
