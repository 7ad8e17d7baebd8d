//! Locations: read by the first version, read and written by the second.

mod first;
mod list;
mod types;
mod write;

use openrosa_xml::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use first::{GetV1, ListV1, LocationV1};
pub use list::{Get, List};
pub use types::{GetType, LocationType, Types};
pub use write::{Batch, BatchItem, Changes, Create, NewLocation, Update};

use crate::site::Resource;
use crate::values::{Degree, or_default};

const LOCATION: Resource = Resource::second("location");

/// A location.
///
/// *Spec*: commcare-hq-api.md 2, R12.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// Its id.
    pub location_id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its code, of which a project has one; archived locations keep theirs, and are not to be seen.
    #[serde(default)]
    pub site_code: String,
    /// When it was changed last.
    #[serde(default)]
    pub last_modified: Option<Timestamp<'static>>,
    /// North and south.
    #[serde(default)]
    pub latitude: Option<Degree>,
    /// East and west.
    #[serde(default)]
    pub longitude: Option<Degree>,
    /// Fields of the project's own.
    #[serde(default, deserialize_with = "or_default")]
    pub location_data: Map<String, Value>,
    /// The code of its type.
    #[serde(default)]
    pub location_type_code: Option<String>,
    /// The location above it; `None` at the root.
    #[serde(default, deserialize_with = "filled")]
    pub parent_location_id: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A blank id is none.
fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.filter(|id| !id.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// H-080: `parent_location_id` of `""` and null both mean root.
    /// H-040: coordinates are texts, numbers or null.
    #[test]
    fn a_root_is_blank_or_null() {
        for parent in ["\"\"", "null"] {
            let location: Location = serde_json::from_str(&format!(
                r#"{{"location_id": "9f31", "name": "Clinic", "latitude": "12.5000000000", "longitude": -1.25, "parent_location_id": {parent}}}"#
            ))
            .unwrap();
            assert_eq!(location.parent_location_id, None);
            assert_eq!(location.latitude.unwrap().value(), Some(12.5));
            assert_eq!(location.longitude.unwrap().as_str(), "-1.25");
        }
    }
}
