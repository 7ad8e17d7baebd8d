//! The metadata of a submission.

use chrono::{DateTime, FixedOffset};

use super::{Author, BuildError, LONGEST_ID, check_id, check_text};
use crate::{
    ids::{DeviceId, InstanceId},
    instance::Meta,
    ns,
    time::Timestamp,
    xml::Name,
};

/// Builds the metadata block that a submission needs: which instance, who, when, on what.
///
/// It is written as `orx:meta`: KoBoToolbox goes by that literal prefix, everyone else by local name or namespace
/// (openrosa.md 3.5).
///
/// *Spec:* openrosa.md 3.2, 3.4; statement C-023.
#[derive(Clone, Debug)]
pub struct NewMeta {
    namespace: &'static str,
    instance_id: InstanceId,
    author: Author,
    device_id: DeviceId,
    opened: DateTime<FixedOffset>,
    username: Option<String>,
    deprecated_id: Option<InstanceId>,
    app_version: Option<String>,
    more: Vec<(String, String)>,
}

impl NewMeta {
    /// Metadata in the standard's namespace. The author's moment is when the form was last saved.
    pub fn openrosa(
        instance_id: impl Into<InstanceId>,
        author: &Author,
        device_id: impl Into<DeviceId>,
        opened: DateTime<FixedOffset>,
    ) -> Self {
        Self {
            namespace: ns::METADATA,
            instance_id: instance_id.into(),
            author: author.clone(),
            device_id: device_id.into(),
            opened,
            username: None,
            deprecated_id: None,
            app_version: None,
            more: Vec::new(),
        }
    }

    /// Metadata in CommCare's namespace. The author's moment is when the form was last saved.
    pub fn commcare(
        instance_id: impl Into<InstanceId>,
        author: &Author,
        device_id: impl Into<DeviceId>,
        opened: DateTime<FixedOffset>,
    ) -> Self {
        Self { namespace: ns::COMMCARE_METADATA, ..Self::openrosa(instance_id, author, device_id, opened) }
    }

    /// The name that the user signs in with.
    #[must_use]
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Makes this an edit that replaces an instance already sent. The new instance id must be a fresh one. CommCare HQ
    /// does not look at this; there an edit is the same instance id sent again (openrosa.md 2.6).
    #[must_use]
    pub fn replacing(mut self, previous: impl Into<InstanceId>) -> Self {
        self.deprecated_id = Some(previous.into());
        self
    }

    /// The program that filled in the form, written in CommCare's own namespace.
    #[must_use]
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.app_version = Some(version.into());
        self
    }

    /// Another field, in the namespace of the block.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.more.push((name.into(), text.into()));
        self
    }

    /// The instance that this is the metadata of.
    #[must_use]
    pub const fn instance_id(&self) -> &InstanceId {
        &self.instance_id
    }

    /// The block, or what is wrong with it.
    pub fn build(&self) -> Result<Meta<'static>, BuildError> {
        let fields = self.fields();
        for (name, text) in &fields {
            check_text(name, text)?;
        }
        check_id("instanceID", self.instance_id.as_str(), LONGEST_ID)?;
        check_id("userID", self.author.user.as_str(), LONGEST_ID)?;
        check_id("deviceID", self.device_id.as_str(), LONGEST_ID)?;
        if let Some(previous) = &self.deprecated_id {
            check_id("deprecatedID", previous.as_str(), LONGEST_ID)?;
            if *previous == self.instance_id {
                return Err(BuildError::Twice { name: previous.to_string(), within: "meta" });
            }
        }
        self.refuse_twice(&fields)?;
        let named = |local: &str| Name::in_namespace(self.namespace, local.to_owned()).with_prefix("orx");
        let meta = fields
            .into_iter()
            .fold(Meta::new(named("meta")), |meta, (name, text)| meta.with_field(named(&name), text));
        Ok(match &self.app_version {
            None => meta,
            Some(version) => {
                let name = Name::in_namespace(ns::COMMCARE, "appVersion").with_prefix("cc");
                meta.with_field(name, version.clone())
            }
        })
    }

    fn fields(&self) -> Vec<(String, String)> {
        let time = |at| Timestamp::from_datetime(at).to_string();
        let known = [
            ("deviceID", Some(self.device_id.to_string())),
            ("timeStart", Some(time(&self.opened))),
            ("timeEnd", Some(time(&self.author.at))),
            ("username", self.username.clone()),
            ("userID", Some(self.author.user.to_string())),
            ("instanceID", Some(self.instance_id.to_string())),
            ("deprecatedID", self.deprecated_id.as_ref().map(ToString::to_string)),
        ];
        let known = known.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
        known.chain(self.more.iter().cloned()).collect()
    }

    fn refuse_twice(&self, fields: &[(String, String)]) -> Result<(), BuildError> {
        let mut before = fields.iter().enumerate();
        match before.find(|(at, (name, _))| fields[..*at].iter().any(|(other, _)| other == name)) {
            None => Ok(()),
            Some((_, (name, _))) => Err(BuildError::Twice { name: name.clone(), within: "meta" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author() -> Author {
        Author::new("U", DateTime::parse_from_rfc3339("2024-05-01T12:00:00Z").unwrap())
    }

    fn meta(instance_id: &str) -> NewMeta {
        NewMeta::openrosa(instance_id, &author(), "example.org:phone", author().at)
    }

    /// an edit has a fresh instance id and the previous one as deprecatedID, in one namespace.
    #[test]
    fn an_edit_names_what_it_replaces() {
        let edit = meta("uuid:2").replacing("uuid:1").build().unwrap();
        let id = edit.field("instanceID").unwrap();
        let deprecated = edit.field("deprecatedID").unwrap();
        assert_eq!((id.value.text().as_ref(), deprecated.value.text().as_ref()), ("uuid:2", "uuid:1"));
        assert_eq!(id.name.namespace(), deprecated.name.namespace());
        assert!(meta("uuid:1").replacing("uuid:1").build().is_err());
    }

    #[test]
    fn ids_that_readers_would_change_are_refused() {
        assert_eq!(meta("").build().unwrap_err().to_string(), "`instanceID` is blank");
        assert!(meta("a ").build().is_err());
        assert!(meta(&"a".repeat(249)).build().is_ok());
        assert!(meta(&"a".repeat(250)).build().is_err());
        assert!(meta("a").field("userID", "again").build().is_err());
    }
}
