//! A case as JSON, in the two shapes of CommCare HQ's APIs.
//!
//! Reading takes what is there: absent members are blank or `None`, members that we do not know are kept in `other`. Writing
//! gives every member of the shape, `null` where there is no value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ids::{CaseId, OwnerId, UserId},
    time::Timestamp,
};

/// A case as the case API and the forwarding of cases show it, version 1 (`to_api_json`).
///
/// *Spec:* case-xml.md 9.
///
/// ```
/// # use openrosa_xml::json::CaseV1;
/// let case: CaseV1 = serde_json::from_str(r#"{"case_id": "C1", "properties": {"case_name": "Amina", "village": "Kibaha"}}"#)?;
/// assert_eq!(case.properties.case_name.as_deref(), Some("Amina"));
/// assert_eq!(case.properties.dynamic["village"], "Kibaha");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseV1 {
    /// The project.
    #[serde(default)]
    pub domain: Option<String>,
    /// The case.
    pub case_id: CaseId,
    /// Who changed the case last.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// Whether it is closed.
    #[serde(default)]
    pub closed: bool,
    /// The forms that changed it, each once.
    #[serde(default)]
    pub xform_ids: Vec<String>,
    /// When it was closed.
    #[serde(default)]
    pub date_closed: Option<Timestamp<'static>>,
    /// When it was changed, by the device's clock.
    #[serde(default)]
    pub date_modified: Option<Timestamp<'static>>,
    /// When the server stored the last change.
    #[serde(default)]
    pub server_date_modified: Option<Timestamp<'static>>,
    /// When the case was opened; in projects of the old storage, when the server stored its first action.
    #[serde(default)]
    pub server_date_opened: Option<Timestamp<'static>>,
    /// The properties.
    #[serde(default)]
    pub properties: PropertiesV1,
    /// The links to other cases, by name. One whose `case_id` is empty was removed.
    #[serde(default)]
    pub indices: BTreeMap<String, IndexV1>,
    /// The links of other cases to this one; `None` in the light form, which leaves the member out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_indices: Option<Vec<ReverseIndex>>,
    /// The files of the case, by name.
    #[serde(default)]
    pub attachments: BTreeMap<String, AttachmentLink>,
    /// What else there is, such as `id` and `resource_uri` around the API.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// `properties` of a [`CaseV1`]: the known ones and the app's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PropertiesV1 {
    /// Its type.
    #[serde(default)]
    pub case_type: Option<String>,
    /// What people call it.
    #[serde(default)]
    pub case_name: Option<String>,
    /// Its id in another system.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Who holds it.
    #[serde(default)]
    pub owner_id: Option<OwnerId>,
    /// When it was opened, by the device's clock.
    #[serde(default)]
    pub date_opened: Option<Timestamp<'static>>,
    /// The properties of the app; texts, but where one was sent with attributes (case-xml.md 1.10).
    #[serde(flatten)]
    pub dynamic: Map<String, Value>,
}

/// A link of a [`CaseV1`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IndexV1 {
    /// The type of the target.
    #[serde(default)]
    pub case_type: Option<String>,
    /// The target.
    pub case_id: CaseId,
    /// `child` or `extension`; absent in documents from before there were extensions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relationship: Option<String>,
}

/// A link of another case to a [`CaseV1`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReverseIndex {
    /// The name of the link.
    pub identifier: String,
    /// The type that the link gives its target.
    #[serde(default)]
    pub referenced_type: Option<String>,
    /// The case that has the link.
    pub referenced_id: CaseId,
    /// `child` or `extension`.
    #[serde(default)]
    pub relationship: Option<String>,
}

/// Where to fetch a file of a [`CaseV1`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttachmentLink {
    /// The address.
    pub url: String,
    /// What kind of file it is.
    #[serde(default)]
    pub content_type: Option<String>,
}

/// A case as the case API shows it, version 2 (0.6). Its date-times are in UTC with microseconds and `Z`.
///
/// *Spec:* case-xml.md 9.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseV2 {
    /// The project.
    #[serde(default)]
    pub domain: Option<String>,
    /// The case.
    pub case_id: CaseId,
    /// Its type.
    #[serde(default)]
    pub case_type: Option<String>,
    /// What people call it.
    #[serde(default)]
    pub case_name: Option<String>,
    /// Its id in another system.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Who holds it.
    #[serde(default)]
    pub owner_id: Option<OwnerId>,
    /// When it was opened, by the device's clock.
    #[serde(default)]
    pub date_opened: Option<Timestamp<'static>>,
    /// When it was changed, by the device's clock.
    #[serde(default)]
    pub last_modified: Option<Timestamp<'static>>,
    /// When the server stored the last change.
    #[serde(default)]
    pub server_last_modified: Option<Timestamp<'static>>,
    /// When the search index took the change in, which pages of cases are ordered by.
    #[serde(default)]
    pub indexed_on: Option<Timestamp<'static>>,
    /// Whether it is closed.
    #[serde(default)]
    pub closed: bool,
    /// When it was closed.
    #[serde(default)]
    pub date_closed: Option<Timestamp<'static>>,
    /// The properties of the app, and only those.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// The links to other cases, by name; removed ones are not there.
    #[serde(default)]
    pub indices: BTreeMap<String, IndexV2>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A link of a [`CaseV2`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IndexV2 {
    /// The target.
    pub case_id: CaseId,
    /// The type of the target.
    #[serde(default)]
    pub case_type: Option<String>,
    /// `child` or `extension`.
    #[serde(default)]
    pub relationship: Option<String>,
}

impl CaseV1 {
    /// An open case without properties.
    pub fn new(case_id: impl Into<CaseId>) -> Self {
        Self {
            domain: None,
            case_id: case_id.into(),
            user_id: None,
            closed: false,
            xform_ids: Vec::new(),
            date_closed: None,
            date_modified: None,
            server_date_modified: None,
            server_date_opened: None,
            properties: PropertiesV1::default(),
            indices: BTreeMap::new(),
            reverse_indices: None,
            attachments: BTreeMap::new(),
            other: Map::new(),
        }
    }
}

impl CaseV2 {
    /// An open case without properties.
    pub fn new(case_id: impl Into<CaseId>) -> Self {
        Self {
            domain: None,
            case_id: case_id.into(),
            case_type: None,
            case_name: None,
            external_id: None,
            owner_id: None,
            date_opened: None,
            last_modified: None,
            server_last_modified: None,
            indexed_on: None,
            closed: false,
            date_closed: None,
            properties: Map::new(),
            indices: BTreeMap::new(),
            other: Map::new(),
        }
    }
}

impl IndexV1 {
    /// A link as it is shown today.
    pub fn new(case_id: impl Into<CaseId>, case_type: &str, relationship: &str) -> Self {
        Self {
            case_type: Some(case_type.to_owned()),
            case_id: case_id.into(),
            relationship: Some(relationship.to_owned()),
        }
    }
}

impl ReverseIndex {
    /// A link of this name, from this case.
    pub fn new(identifier: &str, from: impl Into<CaseId>, case_type: &str, relationship: &str) -> Self {
        Self {
            identifier: identifier.to_owned(),
            referenced_type: Some(case_type.to_owned()),
            referenced_id: from.into(),
            relationship: Some(relationship.to_owned()),
        }
    }
}

impl AttachmentLink {
    /// A file at this address.
    pub fn new(url: impl Into<String>, content_type: &str) -> Self {
        Self { url: url.into(), content_type: Some(content_type.to_owned()) }
    }
}

impl IndexV2 {
    /// A link.
    pub fn new(case_id: impl Into<CaseId>, case_type: &str, relationship: &str) -> Self {
        Self {
            case_id: case_id.into(),
            case_type: Some(case_type.to_owned()),
            relationship: Some(relationship.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// C-117: the members of version 1 are all there, `null` where there is no value, and read back equal.
    #[test]
    fn version_1_has_its_members() {
        let mut case = CaseV1::new("C1");
        case.domain = Some("demo".to_owned());
        case.properties.case_name = Some("Amina".to_owned());
        case.properties.dynamic.insert("village".to_owned(), "Kibaha".into());
        case.indices.insert("parent".to_owned(), IndexV1::new("H1", "household", "child"));
        case.date_modified = Some(Timestamp::new("2024-05-01T10:00:00.000000Z"));
        let written = json!({
            "domain": "demo", "case_id": "C1", "user_id": null, "closed": false, "xform_ids": [], "date_closed": null,
            "date_modified": "2024-05-01T10:00:00.000000Z", "server_date_modified": null, "server_date_opened": null,
            "properties": {
                "case_type": null, "case_name": "Amina", "external_id": null, "owner_id": null, "date_opened": null,
                "village": "Kibaha",
            },
            "indices": {"parent": {"case_type": "household", "case_id": "H1", "relationship": "child"}},
            "attachments": {},
        });
        assert_eq!(serde_json::to_value(&case).unwrap(), written);
        assert_eq!(serde_json::from_value::<CaseV1>(written).unwrap(), case);
    }

    /// C-117: version 1 shows links to the case unless it is light, and keeps what the API puts around.
    #[test]
    fn version_1_keeps_what_else_there_is() {
        let shown = json!({
            "case_id": "C1", "resource_uri": "", "id": "C1",
            "attachments": {"photo": {"url": "https://example.org/p", "content_type": "image/png"}},
            "reverse_indices": [{
                "identifier": "parent", "referenced_type": "mother", "referenced_id": "C2", "relationship": "child",
            }],
        });
        let case: CaseV1 = serde_json::from_value(shown.clone()).unwrap();
        assert_eq!(case.reverse_indices, Some(vec![ReverseIndex::new("parent", "C2", "mother", "child")]));
        assert_eq!(case.attachments["photo"], AttachmentLink::new("https://example.org/p", "image/png"));
        assert_eq!(case.other, *json!({"resource_uri": "", "id": "C1"}).as_object().unwrap());
        let written = serde_json::to_value(&case).unwrap();
        for member in ["attachments", "reverse_indices", "resource_uri", "id"] {
            assert_eq!(written[member], shown[member], "{member}");
        }
    }

    /// C-117: the members of version 2 are all there, `null` where there is no value, and read back equal.
    #[test]
    fn version_2_has_its_members() {
        let mut case = CaseV2::new("C1");
        case.case_type = Some("patient".to_owned());
        case.properties.insert("village".to_owned(), "Kibaha".into());
        case.indices.insert("host".to_owned(), IndexV2::new("P1", "patient", "extension"));
        case.indexed_on = Some(Timestamp::new("2024-05-01T10:00:00.000000Z"));
        let written = json!({
            "domain": null, "case_id": "C1", "case_type": "patient", "case_name": null, "external_id": null,
            "owner_id": null, "date_opened": null, "last_modified": null, "server_last_modified": null,
            "indexed_on": "2024-05-01T10:00:00.000000Z", "closed": false, "date_closed": null,
            "properties": {"village": "Kibaha"},
            "indices": {"host": {"case_id": "P1", "case_type": "patient", "relationship": "extension"}},
        });
        assert_eq!(serde_json::to_value(&case).unwrap(), written);
        assert_eq!(serde_json::from_value::<CaseV2>(written).unwrap(), case);
    }
}
