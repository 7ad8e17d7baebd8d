//! A mobile worker as HQ shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::values::or_default;

/// A mobile worker.
///
/// *Spec*: commcare-hq-api.md 2, R10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Worker {
    /// Its id.
    pub id: String,
    /// The whole name, `name@{d}.commcarehq.org`.
    #[serde(default)]
    pub username: String,
    /// The given name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// The family name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Where mail goes.
    #[serde(default)]
    pub email: Option<String>,
    /// Where calls go.
    #[serde(default)]
    pub default_phone_number: Option<String>,
    /// All numbers.
    #[serde(default, deserialize_with = "or_default")]
    pub phone_numbers: Vec<String>,
    /// The ids of the groups.
    #[serde(default, deserialize_with = "or_default")]
    pub groups: Vec<String>,
    /// The ids of the locations.
    #[serde(default, deserialize_with = "or_default")]
    pub locations: Vec<String>,
    /// The one of them that counts first.
    #[serde(default)]
    pub primary_location: Option<String>,
    /// Fields of the project's own.
    #[serde(default, deserialize_with = "or_default")]
    pub user_data: Map<String, Value>,
    /// What else there is, such as `extras`.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
