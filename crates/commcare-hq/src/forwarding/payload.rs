//! What is in a delivery, told from its body: content types of HQ are wrong at times (commcare-hq-api.md 8, C12).

use bytes::Bytes;
use http::header::HeaderMap;
use http::request::Parts;
use openrosa_xml::instance::InstanceIdText;
use openrosa_xml::json::CaseV1;
use openrosa_xml::xml::{Element, decode};
use openrosa_xml::{Instance, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Invalid};
use crate::forms::Form;
use crate::users::Worker;
use crate::values::{Degree, or_default};

/// One delivery.
///
/// ```
/// use commcare_hq::forwarding::{Delivery, Payload};
///
/// let request = http::Request::post("/?app_id=None").header("received-on", "2026-02-03T09:10:15.120000Z");
/// let (head, ()) = request.body(())?.into_parts();
/// let stub = r#"{"form_id": "f1", "received_on": "2026-02-03T09:10:15.120000Z", "case_ids": ["c1"]}"#;
/// let delivery = Delivery::read(&head, stub.into())?;
/// assert!(matches!(&delivery.payload, Payload::Stub(stub) if stub.case_ids == ["c1"]));
/// assert_eq!(delivery.app_id, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Spec*: commcare-hq-api.md 3.2, 3.3.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// What was delivered.
    pub payload: Payload,
    /// `?app_id=`: of a form. The text `None` means that there is none.
    pub app_id: Option<String>,
    /// `received-on`: of a form.
    pub received_on: Option<Timestamp<'static>>,
    /// `server-modified-on`: of a case.
    pub server_modified_on: Option<Timestamp<'static>>,
}

/// What was delivered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Payload {
    /// A form, byte for byte as it was received, and its id. What an administrator sends as a test is one without an id.
    Form {
        /// Its id, where it has one.
        form_id: Option<String>,
        /// The form.
        xml: Bytes,
    },
    /// A form as JSON.
    FormJson(Box<Form>),
    /// A case as it is now, as Case XML.
    Case(CaseXml),
    /// A case as it is now, as JSON.
    CaseJson(Box<CaseV1>),
    /// A form without its content.
    Stub(Stub),
    /// The id of an application that was saved, or of a build that was made: nothing else is sent.
    App(String),
    /// A mobile worker.
    User(Box<Worker>),
    /// A location.
    Location(Box<Location>),
    /// Some other object, or one of these that is not as they are.
    Other(Value),
}

/// A case as Case XML. Of a closed one there may be the `close` block only, or all there is and `close`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CaseXml {
    /// Which.
    pub case_id: String,
    /// Whether it is closed.
    pub is_closed: bool,
    /// Whether it says what is in the case.
    pub has_content: bool,
    /// The block.
    pub block: Element<'static>,
}

/// A form without its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stub {
    /// Its id.
    pub form_id: String,
    /// When it came.
    #[serde(default)]
    pub received_on: Option<Timestamp<'static>>,
    /// The cases that it changed.
    #[serde(default, deserialize_with = "or_default")]
    pub case_ids: Vec<String>,
}

/// A location as it is forwarded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// Its id.
    pub location_id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its code.
    #[serde(default)]
    pub site_code: Option<String>,
    /// Whether it is archived.
    #[serde(default)]
    pub is_archived: bool,
    /// When it was changed; without a zone, which means UTC.
    #[serde(default)]
    pub last_modified: Option<Timestamp<'static>>,
    /// North and south.
    #[serde(default)]
    pub latitude: Option<Degree>,
    /// East and west.
    #[serde(default)]
    pub longitude: Option<Degree>,
    /// The location above it.
    #[serde(default)]
    pub parent_location_id: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Delivery {
    /// What a request delivers; an error where it makes no sense, which another sending would not change.
    pub fn read(head: &Parts, body: Bytes) -> Result<Self, Error> {
        let query = head.uri.query().unwrap_or_default();
        let app_id = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "app_id");
        let app_id = app_id.map(|(_, id)| id.into_owned()).filter(|id| !id.is_empty() && id != "None");
        Ok(Self {
            payload: Payload::read(body)?,
            app_id,
            received_on: moment(&head.headers, "received-on"),
            server_modified_on: moment(&head.headers, "server-modified-on"),
        })
    }

    /// What it is about, and when that was so: of two deliveries about the same, the later counts. `None` where it does not say.
    pub fn about(&self) -> Option<About<'_>> {
        let form = |kind: &str, id: &str, at| About { key: format!("{kind} {id}"), at, once: true };
        let other = |kind: &str, id: &str, at| About { key: format!("{kind} {id}"), at, once: false };
        let (received, modified) = (self.received_on.as_ref(), self.server_modified_on.as_ref());
        Some(match &self.payload {
            Payload::Form { form_id, .. } => form("form", form_id.as_deref()?, received),
            Payload::FormJson(it) => form("form JSON", &it.id, received.or(it.received_on.as_ref())),
            Payload::Stub(it) => form("stub", &it.form_id, received.or(it.received_on.as_ref())),
            Payload::Case(it) => other("case", &it.case_id, modified),
            Payload::CaseJson(it) => {
                other("case JSON", it.case_id.as_str(), modified.or(it.server_date_modified.as_ref()))
            }
            Payload::Location(it) => other("location", &it.location_id, it.last_modified.as_ref()),
            Payload::App(_) | Payload::User(_) | Payload::Other(_) => return None,
        })
    }
}

/// What a delivery is about.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct About<'d> {
    /// The kind of the payload and the id. A form, its JSON and its stub are three: a project may forward all of them to one
    /// place.
    pub key: String,
    /// When it was so, where that was said.
    pub at: Option<&'d Timestamp<'static>>,
    /// It is so once and for all, so that the id alone tells a repetition: of forms.
    pub once: bool,
}

fn moment(headers: &HeaderMap, name: &str) -> Option<Timestamp<'static>> {
    let text = headers.get(name)?.to_str().ok()?.to_owned();
    let moment = Timestamp::new(text);
    moment.moment().is_ok().then_some(moment)
}

impl Payload {
    fn read(body: Bytes) -> Result<Self, Error> {
        let unreadable = |error| Invalid::Value { field: "body", reason: format!("unreadable: {error}") };
        let text = decode(&body).map_err(unreadable)?;
        let text = text.trim_start_matches('\u{FEFF}').trim();
        match text.chars().next() {
            Some('{') => Self::of_json(text),
            Some('<') => Self::of_xml(text, &body),
            Some(_) => Self::of_text(text),
            None => Err(Invalid::Missing("body").into()),
        }
    }

    /// An object of a known kind that reads as none of it is kept as it came: sent again, it would be the same.
    fn of_json(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text).map_err(Invalid::Unwritable)?;
        let has = |name: &str| value.get(name).is_some();
        let known = match () {
            () if has("form") && has("id") => typed(&value).map(Self::FormJson),
            () if has("form_id") && has("case_ids") => typed(&value).map(|stub| Self::Stub(*stub)),
            () if has("case_id") && has("properties") => typed(&value).map(Self::CaseJson),
            () if has("location_id") && !has("username") => typed(&value).map(Self::Location),
            () if has("username") && has("id") => typed(&value).map(Self::User),
            () => None,
        };
        Ok(known.unwrap_or(Self::Other(value)))
    }

    fn of_xml(text: &str, body: &Bytes) -> Result<Self, Error> {
        let unreadable = |error| Invalid::Value { field: "body", reason: format!("unreadable: {error}") };
        let root = Element::read(text).map_err(unreadable)?;
        if root.name.local_name() == "case" {
            let case_id = root.attribute("case_id").ok_or(Invalid::Missing("case_id"))?.to_owned();
            let has = |name: &str| root.child(name).is_some();
            let (is_closed, has_content) = (has("close"), has("create") || has("update"));
            return Ok(Self::Case(CaseXml { case_id, is_closed, has_content, block: root.into_owned() }));
        }
        let form = Instance::read(text).map_err(unreadable)?;
        let form_id = form.instance_id().and_then(InstanceIdText::into_trimmed);
        Ok(Self::Form { form_id, xml: body.clone() })
    }

    /// An application's id, bare: one word.
    fn of_text(text: &str) -> Result<Self, Error> {
        let is_id = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && text.len() <= 64;
        match is_id {
            true => Ok(Self::App(text.to_owned())),
            false => {
                Err(Invalid::Value { field: "body", reason: "anything but XML, JSON or an id".to_owned() }
                    .into())
            }
        }
    }
}

fn typed<V: DeserializeOwned>(value: &Value) -> Option<Box<V>> {
    V::deserialize(value).ok().map(Box::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str =
        r#"<case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1">CONTENT</case>"#;

    fn read(uri: &str, header: (&str, &str), body: &str) -> Result<Delivery, Error> {
        // A wrong content type, as HQ has them.
        let request = http::Request::post(uri).header("Content-Type", "text/xml").header(header.0, header.1);
        Delivery::read(&request.body(()).unwrap().into_parts().0, Bytes::copy_from_slice(body.as_bytes()))
    }

    fn payload(body: &str) -> Payload {
        read("/", ("x", "y"), body).unwrap().payload
    }

    /// H-088: each payload is recognized by its body, whatever the content type says.
    /// H-094: the body about an application is one bare id.
    #[test]
    fn payloads_are_told_from_their_bodies() {
        let form = "<data xmlns='urn:f'><meta><instanceID>f1</instanceID></meta></data>";
        assert!(
            matches!(payload(form), Payload::Form { form_id, xml } if form_id.as_deref() == Some("f1") && xml == form)
        );
        assert!(
            matches!(payload(r#"{"id": "f1", "form": {}, "attachments": {}}"#), Payload::FormJson(form) if form.id == "f1")
        );
        assert!(
            matches!(payload(&CASE.replace("CONTENT", "<update/>")), Payload::Case(case) if case.case_id == "c1")
        );
        assert!(matches!(
            payload(r#"{"case_id": "c1", "properties": {}, "version": "2.0"}"#),
            Payload::CaseJson(_)
        ));
        assert!(matches!(
            payload(r#"{"form_id": "f1", "received_on": "x", "case_ids": null}"#),
            Payload::Stub(_)
        ));
        assert!(matches!(payload(r#"{"id": "w1", "username": "a@d", "locations": []}"#), Payload::User(_)));
        let location = r#"{"_id": "l1", "location_id": "l1", "doc_type": "Location", "latitude": 12.5, "longitude": null}"#;
        assert!(
            matches!(payload(location), Payload::Location(it) if it.latitude.as_ref().unwrap().value() == Some(12.5))
        );
        assert_eq!(payload("\n0f3c9a\n"), Payload::App("0f3c9a".to_owned()));
        assert!(matches!(payload(r#"{"anything": 1}"#), Payload::Other(_)));
        assert!(matches!(payload(r#"{"id": 7, "form": {}}"#), Payload::Other(it) if it["id"] == 7));
        let test = "<data><TestString>Hello</TestString></data>";
        assert!(matches!(payload(test), Payload::Form { form_id: None, .. }));
        let blank = "<data xmlns='urn:f'><meta><instanceID> </instanceID></meta></data>";
        assert!(matches!(payload(blank), Payload::Form { form_id: None, .. }));
        for bad in ["", "<data", "{", "two words", "<case/>"] {
            assert!(read("/", ("x", "y"), bad).is_err(), "{bad}");
        }
    }

    /// A form comes as the phone wrote it, in whatever encoding that was.
    #[test]
    fn a_form_may_have_any_encoding() {
        let form = "<data xmlns='urn:f'><meta><instanceID>f1</instanceID></meta></data>";
        let wide: Vec<u8> = form.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = ["\u{FEFF}".as_bytes(), form.as_bytes()].concat();
        for body in [wide, marked] {
            let request = http::Request::post("/").body(()).unwrap();
            let delivery = Delivery::read(&request.into_parts().0, body.clone().into()).unwrap();
            assert!(
                matches!(delivery.payload, Payload::Form { form_id: Some(id), xml } if id == "f1" && xml == body)
            );
        }
    }

    /// H-089: header names match in any case; `received-on` and `server-modified-on` parse.
    /// H-090: `app_id` is optional, and the text `None` means absent.
    #[test]
    fn headers_and_arguments_are_read() {
        let at = "2026-02-03T09:10:15.120000Z";
        let delivery = read("/hook?app_id=ap1", ("Received-On", at), "0f3c").unwrap();
        assert_eq!((delivery.app_id.as_deref(), delivery.received_on.unwrap().as_str()), (Some("ap1"), at));
        let delivery = read("/hook?app_id=None", ("SERVER-MODIFIED-ON", at), "0f3c").unwrap();
        assert_eq!((delivery.app_id, delivery.server_modified_on.unwrap().as_str()), (None, at));
        assert_eq!(read("/hook", ("received-on", "yesterday"), "0f3c").unwrap().received_on, None);
    }

    /// H-093: a closed case parses as `close` only, and as all there is with `close`.
    #[test]
    fn a_closed_case_has_two_shapes() {
        for (content, has_content) in
            [("<close/>", false), ("<create/><update><age>41</age></update><close/>", true)]
        {
            let Payload::Case(case) = payload(&CASE.replace("CONTENT", content)) else { panic!("{content}") };
            assert_eq!((case.is_closed, case.has_content), (true, has_content));
        }
    }
}
