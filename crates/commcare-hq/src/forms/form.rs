//! A form as HQ shows it.

use std::collections::BTreeMap;

use openrosa_xml::Timestamp;
use openrosa_xml::json::CaseV1;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::values::{one_or_many, or_default, text};

/// A form as HQ shows it.
///
/// ```
/// use commcare_hq::forms::Form;
///
/// let form: Form = serde_json::from_str(r##"{"id": "f1", "received_on": "2026-02-03T09:10:15.120000Z",
///     "form": {"#type": "data", "@xmlns": "http://example.org/intake", "kid": {"name": "A"}}}"##)?;
/// assert_eq!(form.xmlns(), Some("http://example.org/intake"));
/// assert_eq!(form.nodes("kid").len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// *Spec*: commcare-hq-api.md 2, R18.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Form {
    /// Its id: the `instanceID`, mostly.
    pub id: String,
    /// The project.
    #[serde(default)]
    pub domain: Option<String>,
    /// `type`: the name of its root, `data` mostly.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The version of the blank form.
    #[serde(default, deserialize_with = "text")]
    pub version: Option<String>,
    /// The version of what people saw of it.
    #[serde(default, deserialize_with = "text")]
    pub uiversion: Option<String>,
    /// Its XML as JSON. A node that is there once is a value, one that is there more often an array: ask for [`nodes`](Self::nodes).
    #[serde(default)]
    pub form: Value,
    /// The metadata, cleaned.
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// When it came.
    #[serde(default)]
    pub received_on: Option<Timestamp<'static>>,
    /// When the server changed it last.
    #[serde(default)]
    pub server_modified_on: Option<Timestamp<'static>>,
    /// When the index took it in.
    #[serde(default)]
    pub indexed_on: Option<Timestamp<'static>>,
    /// When it was edited.
    #[serde(default)]
    pub edited_on: Option<Timestamp<'static>>,
    /// Who edited it.
    #[serde(default)]
    pub edited_by_user_id: Option<String>,
    /// The application.
    #[serde(default)]
    pub app_id: Option<String>,
    /// The build of it.
    #[serde(default)]
    pub build_id: Option<String>,
    /// The address that it came from.
    #[serde(default)]
    pub submit_ip: Option<String>,
    /// What is wrong with it.
    #[serde(default)]
    pub problem: Option<String>,
    /// Whether it was archived.
    #[serde(default, deserialize_with = "yes_or_no")]
    pub archived: bool,
    /// Whether it was processed.
    #[serde(default)]
    pub initial_processing_complete: Option<bool>,
    /// Whether a version of OpenRosa was named when it came.
    #[serde(default)]
    pub is_phone_submission: Option<bool>,
    /// Its files by name, `form.xml` among them.
    #[serde(default, deserialize_with = "or_default")]
    pub attachments: BTreeMap<String, Attachment>,
    /// The cases that it changed, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub cases: Vec<CaseV1>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A file of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attachment {
    /// Where it is: this address is the one to use.
    pub url: String,
    /// What kind of file it is.
    #[serde(default)]
    pub content_type: Option<String>,
    /// How many bytes it has.
    #[serde(default)]
    pub length: Option<u64>,
}

impl Form {
    /// The namespace of the form, by which the kind of form is known.
    pub fn xmlns(&self) -> Option<&str> {
        self.form.get("@xmlns")?.as_str()
    }

    /// The nodes of this name right below the root: none, one or many. Of those further below,
    /// [`one_or_many`](crate::values::one_or_many) tells the same.
    pub fn nodes(&self, name: &str) -> &[Value] {
        one_or_many(&self.form, name)
    }
}

/// Documents call it a text, and it is a yes or a no.
fn yes_or_no<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(yes) => yes,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = r##"{"id":"f1","domain":"riverside","type":"data","version":"3","uiversion":1,"app_id":"ap1","build_id":"b7",
        "received_on":"2026-02-03T09:10:15.120000Z","server_modified_on":"2026-02-03T09:10:15.200000Z","indexed_on":"2026-02-03 09:10:16",
        "edited_on":null,"archived":"False","is_phone_submission":true,"shoe":"size",
        "form":{"#type":"data","@xmlns":"http://example.org/forms/intake","age":"41","case":[{"@case_id":"c1"},{"@case_id":"c2"}],"meta":{"instanceID":"f1"}},
        "attachments":{"form.xml":{"content_type":"text/xml","length":812,"url":"https://hq/a/riverside/api/form/attachment/f1/form.xml"}}}"##;

    /// H-012: what is not known is kept.
    /// H-066: a node that is there once and one that is there twice read alike.
    #[test]
    fn a_form_reads_whole() {
        let form: Form = serde_json::from_str(FORM).unwrap();
        assert_eq!(
            (form.version.as_deref(), form.uiversion.as_deref(), form.archived),
            (Some("3"), Some("1"), false)
        );
        assert_eq!(form.nodes("case").len(), 2);
        assert_eq!(form.nodes("age").len(), 1);
        assert_eq!(form.attachments["form.xml"].length, Some(812));
        assert_eq!(form.other["shoe"], "size");
        let again: Form = serde_json::from_value(serde_json::to_value(&form).unwrap()).unwrap();
        assert_eq!(again, form);
    }
}
