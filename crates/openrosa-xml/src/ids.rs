//! The identifiers of the family, each a type of its own, so that one cannot stand where another belongs.
//!
//! None is normalized: case, prefixes such as `uuid:` and inner spaces are part of an identifier (openrosa.md 8.3). A clone
//! shares the text.

use std::{borrow::Borrow, fmt, sync::Arc};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier with exactly this text.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
    };
}

id! {
    /// Names one case for its whole life. Compared byte for byte: what white space means is a profile's affair.
    ///
    /// *Wire:* `@case_id` on `<case>`; the text of each child of `<index>`. *Spec:* case-xml.md 1.2, 1.8.
    CaseId
}
id! {
    /// Names one filled-in form, over all its resends.
    ///
    /// *Wire:* `meta/instanceID`. *Spec:* openrosa.md 3.2. Reading keeps the text as written; see
    /// [`InstanceIdText`](crate::instance::InstanceIdText) for how two of them compare.
    InstanceId
}
id! {
    /// Names a blank form.
    ///
    /// *Wire:* `@id` of the root, or lacking it the root's namespace. *Spec:* openrosa.md 3.1.
    FormId
}
id! {
    /// Who acted.
    ///
    /// *Wire:* `@user_id` on `<case>`, `meta/userID`. *Spec:* case-xml.md 1.2, openrosa.md 3.4.
    UserId
}
id! {
    /// Who holds a case: a user, a group or a location; `-` means nobody.
    ///
    /// *Wire:* `create/owner_id`, `update/owner_id`. *Spec:* case-xml.md 1.4, 1.15.
    OwnerId
}
id! {
    /// Names the phone, tablet or program that filled in the form.
    ///
    /// *Wire:* `meta/deviceID`, the query argument `deviceID`. *Spec:* openrosa.md 3.2, 4.1.
    DeviceId
}

#[cfg(feature = "random")]
impl CaseId {
    /// A fresh RFC 4122 version 4 id, as CommCare clients write it: bare and in lower case.
    #[must_use]
    pub fn random() -> Self {
        Self::new(uuid::Uuid::new_v4().to_string())
    }
}

#[cfg(feature = "random")]
impl InstanceId {
    /// A fresh RFC 4122 version 4 id as ODK clients write it, `uuid:` before it.
    #[must_use]
    pub fn random() -> Self {
        Self::new(format!("uuid:{}", uuid::Uuid::new_v4()))
    }

    /// A fresh RFC 4122 version 4 id as CommCare clients write it, without a scheme.
    #[must_use]
    pub fn random_bare() -> Self {
        Self::new(uuid::Uuid::new_v4().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_by_every_byte() {
        assert_ne!(CaseId::from("uuid:A"), CaseId::from("uuid:a"));
        assert_ne!(CaseId::from("a"), CaseId::from("a "));
    }

    #[cfg(feature = "random")]
    #[test]
    fn fresh_ids_are_version_4_and_differ() {
        let id = InstanceId::random();
        let uuid = id.as_str().strip_prefix("uuid:").unwrap();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        assert!("89ab".contains(&uuid[19..20]));
        assert_eq!(uuid, uuid.to_lowercase());
        assert_ne!(id, InstanceId::random());
        assert_ne!(CaseId::random(), CaseId::random());
    }
}
