//! What is to become of a case.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::error::Invalid;

/// Longer texts are refused.
const LONGEST: usize = 255;

/// What is to become of a case: it is made, changed, or either as the case may be.
///
/// ```
/// use commcare_hq::cases::{Change, Target};
///
/// let household = Change::create("household", "Kibaha 4", "77aa").temporary_id("h");
/// let client = Change::upsert("A-7").case_type("client").case_name("Ada").owner_id("77aa")
///     .property("age", "41")
///     .child_of("parent", "household", Target::temporary("h"));
/// ```
///
/// *Spec*: commcare-hq-api.md 2, R16b.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub(super) what: What,
    pub(super) external_id: Option<String>,
    case_type: Option<String>,
    case_name: Option<String>,
    owner_id: Option<String>,
    pub(super) temporary_id: Option<String>,
    properties: BTreeMap<String, String>,
    indices: BTreeMap<String, Value>,
    close: bool,
}

/// Which of the four a change is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Create,
    Update(String),
    /// Update by `external_id`.
    UpdateExternal,
    Upsert,
}

/// The case that an index leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    key: &'static str,
    id: String,
}

impl Target {
    /// The case of this id.
    pub fn case(id: impl Into<String>) -> Self {
        Self { key: "case_id", id: id.into() }
    }

    /// The case with this id of another system.
    pub fn external(id: impl Into<String>) -> Self {
        Self { key: "external_id", id: id.into() }
    }

    /// The case that is made in the same request under this id.
    pub fn temporary(id: impl Into<String>) -> Self {
        Self { key: "temporary_id", id: id.into() }
    }
}

impl Change {
    fn new(what: What) -> Self {
        Self {
            what,
            external_id: None,
            case_type: None,
            case_name: None,
            owner_id: None,
            temporary_id: None,
            properties: BTreeMap::new(),
            indices: BTreeMap::new(),
            close: false,
        }
    }

    /// A new case; HQ gives it its id. Made twice, it is there twice, with the same external id, too.
    pub fn create(
        case_type: impl Into<String>,
        case_name: impl Into<String>,
        owner_id: impl Into<String>,
    ) -> Self {
        Self::new(What::Create).case_type(case_type).case_name(case_name).owner_id(owner_id)
    }

    /// A change of the case of this id.
    pub fn update(case_id: impl Into<String>) -> Self {
        Self::new(What::Update(case_id.into()))
    }

    /// A change of the case with this id of another system, which has to be there.
    pub fn update_external(external_id: impl Into<String>) -> Self {
        Self { external_id: Some(external_id.into()), ..Self::new(What::UpdateExternal) }
    }

    /// A change of the case with this id of another system, or a new case. Only one at a time for one id: two at once make two.
    pub fn upsert(external_id: impl Into<String>) -> Self {
        Self { external_id: Some(external_id.into()), ..Self::new(What::Upsert) }
    }

    /// Its type.
    #[must_use]
    pub fn case_type(mut self, case_type: impl Into<String>) -> Self {
        self.case_type = Some(case_type.into());
        self
    }

    /// What people call it.
    #[must_use]
    pub fn case_name(mut self, name: impl Into<String>) -> Self {
        self.case_name = Some(name.into());
        self
    }

    /// Who holds it. HQ does not look whether there is such an owner.
    #[must_use]
    pub fn owner_id(mut self, id: impl Into<String>) -> Self {
        self.owner_id = Some(id.into());
        self
    }

    /// Its id in another system.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// A name for it within one request, for indices of other cases to lead to.
    #[must_use]
    pub fn temporary_id(mut self, id: impl Into<String>) -> Self {
        self.temporary_id = Some(id.into());
        self
    }

    /// A property. Values are texts; numbers and dates are written as such.
    #[must_use]
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// Properties out of JSON. What is no text is refused: HQ takes none, and whether `1.0` is `1` is not for us to say.
    pub fn json_properties(mut self, properties: Map<String, Value>) -> Result<Self, crate::Error> {
        for (name, value) in properties {
            let Value::String(value) = value else { return Err(Invalid::NoText { name }.into()) };
            self.properties.insert(name, value);
        }
        Ok(self)
    }

    /// It is a child of that case, by an index of this name.
    #[must_use]
    pub fn child_of(self, name: impl Into<String>, case_type: &str, target: Target) -> Self {
        self.index(name, case_type, target, "child")
    }

    /// It is an extension of that case, by an index of this name.
    #[must_use]
    pub fn extension_of(self, name: impl Into<String>, case_type: &str, target: Target) -> Self {
        self.index(name, case_type, target, "extension")
    }

    fn index(mut self, name: impl Into<String>, case_type: &str, target: Target, relationship: &str) -> Self {
        let index = json!({ target.key: target.id, "case_type": case_type, "relationship": relationship });
        self.indices.insert(name.into(), index);
        self
    }

    /// It has no index of this name any more.
    #[must_use]
    pub fn without_index(mut self, name: impl Into<String>) -> Self {
        self.indices.insert(name.into(), json!({ "case_id": "", "case_type": "", "relationship": "child" }));
        self
    }

    /// It is closed.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.close = true;
        self
    }

    /// `create` of an array: true, false, or null for an upsert. It is never left out.
    pub(super) fn create_flag(&self) -> Value {
        match self.what {
            What::Create => Value::Bool(true),
            What::Update(_) | What::UpdateExternal => Value::Bool(false),
            What::Upsert => Value::Null,
        }
    }

    /// The members of the JSON, but for those that select the case.
    pub(super) fn members(&self) -> Map<String, Value> {
        let texts = [
            ("case_type", &self.case_type),
            ("case_name", &self.case_name),
            ("owner_id", &self.owner_id),
            ("external_id", &self.external_id),
            ("temporary_id", &self.temporary_id),
        ];
        let mut members = Map::new();
        for (name, text) in texts {
            members.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
        }
        if !self.properties.is_empty() {
            members.insert("properties".to_owned(), json!(self.properties));
        }
        if !self.indices.is_empty() {
            members.insert("indices".to_owned(), json!(self.indices));
        }
        if self.close {
            members.insert("close".to_owned(), Value::Bool(true));
        }
        members
    }

    /// What HQ would refuse.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let texts = [
            ("case_type", &self.case_type),
            ("case_name", &self.case_name),
            ("owner_id", &self.owner_id),
            ("external_id", &self.external_id),
        ];
        for (field, text) in texts {
            let length = text.as_ref().map_or(0, |text| text.chars().count());
            if length > LONGEST {
                return Err(Invalid::Value { field, reason: format!("longer than {LONGEST} characters") });
            }
            if self.what == What::Create && field != "external_id" && length == 0 {
                return Err(Invalid::Missing(field));
            }
        }
        if matches!(self.what, What::Upsert | What::UpdateExternal) && self.external_id.as_deref() == Some("")
        {
            return Err(Invalid::Missing("external_id"));
        }
        if let What::Update(case_id) = &self.what {
            super::fetch::one(case_id)?;
        }
        let mut names = self.properties.keys().chain(self.indices.keys());
        match names.find(|name| !is_name(name)) {
            Some(name) => {
                Err(Invalid::Value { field: "a name", reason: format!("`{name}`: it is no name of XML") })
            }
            None => Ok(()),
        }
    }
}

/// A name of XML that begins neither with a digit nor with `xml`.
fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let reserved = name.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("xml"));
    begins && goes_on && !reserved
}

#[cfg(test)]
mod tests {
    use super::*;

    /// H-041: values that are no texts are refused here.
    #[test]
    fn values_are_texts() {
        let properties = |value: Value| match json!({ "age": value }) {
            Value::Object(properties) => Change::update("c1").json_properties(properties),
            _ => unreachable!("it is an object"),
        };
        assert!(properties(json!("41")).is_ok());
        for value in [json!(41), json!(null), json!(true), json!(["41"]), json!({})] {
            assert!(properties(value.clone()).unwrap_err().is_invalid(), "{value}");
        }
    }

    #[test]
    fn what_hq_would_refuse_is_refused_here() {
        let new = || Change::create("client", "Ada", "u1");
        assert!(new().check().is_ok());
        assert!(Change::create("client", "", "u1").check().is_err());
        assert!(new().case_name("é".repeat(255)).check().is_ok());
        assert!(new().case_name("é".repeat(256)).check().is_err());
        for name in ["1st", "xmlns", "a b", "", "a/b"] {
            assert!(new().property(name, "").check().is_err(), "{name}");
        }
        assert!(new().property("größe_2", "").check().is_ok());
        assert!(Change::upsert("").check().is_err());
        assert!(Change::update("a,b").check().is_err());
    }
}
