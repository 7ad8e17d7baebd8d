//! What both versions of a case have.

use openrosa_xml::Timestamp;
use openrosa_xml::json::{CaseV1, CaseV2};
use serde_json::{Map, Value};

/// What can be asked of a case whichever version of the API it came by.
pub trait CaseView {
    /// Its id.
    fn case_id(&self) -> &str;
    /// Its type.
    fn case_type(&self) -> Option<&str>;
    /// What people call it.
    fn case_name(&self) -> Option<&str>;
    /// Who holds it.
    fn owner_id(&self) -> Option<&str>;
    /// Its id in another system.
    fn external_id(&self) -> Option<&str>;
    /// Whether it is closed.
    fn is_closed(&self) -> bool;
    /// When it was changed, by the device's clock.
    fn last_modified(&self) -> Option<&Timestamp<'static>>;
    /// When the server stored its last change.
    fn server_last_modified(&self) -> Option<&Timestamp<'static>>;
    /// The properties of the app.
    fn properties(&self) -> &Map<String, Value>;
    /// The links to other cases: name, id, type.
    fn links(&self) -> Vec<(&str, &str, Option<&str>)>;
}

impl CaseView for CaseV2 {
    fn case_id(&self) -> &str {
        self.case_id.as_str()
    }

    fn case_type(&self) -> Option<&str> {
        self.case_type.as_deref()
    }

    fn case_name(&self) -> Option<&str> {
        self.case_name.as_deref()
    }

    fn owner_id(&self) -> Option<&str> {
        self.owner_id.as_ref().map(|id| id.as_str())
    }

    fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn last_modified(&self) -> Option<&Timestamp<'static>> {
        self.last_modified.as_ref()
    }

    fn server_last_modified(&self) -> Option<&Timestamp<'static>> {
        self.server_last_modified.as_ref()
    }

    fn properties(&self) -> &Map<String, Value> {
        &self.properties
    }

    fn links(&self) -> Vec<(&str, &str, Option<&str>)> {
        let links = self.indices.iter();
        links.map(|(name, to)| (name.as_str(), to.case_id.as_str(), to.case_type.as_deref())).collect()
    }
}

impl CaseView for CaseV1 {
    fn case_id(&self) -> &str {
        self.case_id.as_str()
    }

    fn case_type(&self) -> Option<&str> {
        self.properties.case_type.as_deref()
    }

    fn case_name(&self) -> Option<&str> {
        self.properties.case_name.as_deref()
    }

    fn owner_id(&self) -> Option<&str> {
        self.properties.owner_id.as_ref().map(|id| id.as_str())
    }

    fn external_id(&self) -> Option<&str> {
        self.properties.external_id.as_deref()
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn last_modified(&self) -> Option<&Timestamp<'static>> {
        self.date_modified.as_ref()
    }

    fn server_last_modified(&self) -> Option<&Timestamp<'static>> {
        self.server_date_modified.as_ref()
    }

    fn properties(&self) -> &Map<String, Value> {
        &self.properties.dynamic
    }

    /// Links that were removed have an empty id in this version.
    fn links(&self) -> Vec<(&str, &str, Option<&str>)> {
        let links = self.indices.iter().filter(|(_, to)| !to.case_id.as_str().is_empty());
        links.map(|(name, to)| (name.as_str(), to.case_id.as_str(), to.case_type.as_deref())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = r#"{"id":"c1","case_id":"c1","closed":false,"date_modified":"2026-02-03T09:10:11.000000Z","xform_ids":["f1"],
        "properties":{"case_name":"Ada","case_type":"client","owner_id":"77aa","external_id":null,"age":"41"},
        "indices":{"parent":{"case_id":"h1","case_type":"household","relationship":"child"},"old":{"case_id":"","case_type":"x"}},"resource_uri":""}"#;
    const V2: &str = r#"{"domain":"riverside","case_id":"c1","case_type":"client","case_name":"Ada","external_id":null,"owner_id":"77aa",
        "last_modified":"2026-02-03T09:10:11.000000Z","closed":false,"properties":{"age":"41"},
        "indices":{"parent":{"case_id":"h1","case_type":"household","relationship":"child"}}}"#;

    fn seen(case: &dyn CaseView) -> String {
        format!(
            "{} {:?} {:?} {:?} {:?} {} {:?} {:?} {:?}",
            case.case_id(),
            case.case_type(),
            case.case_name(),
            case.owner_id(),
            case.external_id(),
            case.is_closed(),
            case.last_modified().map(Timestamp::as_str),
            case.properties()["age"],
            case.links(),
        )
    }

    /// H-052: the types of both versions are distinct, and have one view in common.
    #[test]
    fn both_versions_look_alike() {
        let one: CaseV1 = serde_json::from_str(V1).unwrap();
        let two: CaseV2 = serde_json::from_str(V2).unwrap();
        assert_eq!(seen(&one), seen(&two));
        assert!(seen(&one).contains("parent"));
    }
}
