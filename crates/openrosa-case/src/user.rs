//! The users that a device knows.

use std::{collections::BTreeMap, fmt};

use openrosa_xml::UserId;

/// A user of a device.
///
/// *Spec:* ota-restore.md 2.6.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The id, by which the user is known again.
    pub user_id: UserId,
    /// The name to sign in with; the first one stays.
    pub username: String,
    /// The password's hash.
    pub password: String,
    /// The data of the user: keys are set, and never removed.
    pub properties: BTreeMap<String, String>,
}

impl User {
    /// A user without data.
    pub fn new(user_id: impl Into<UserId>, username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user_id: user_id.into(),
            username: username.into(),
            password: password.into(),
            properties: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("user_id", &self.user_id)
            .field("username", &self.username)
            .field("password", &"[redacted]")
            .field("properties", &self.properties)
            .finish()
    }
}
