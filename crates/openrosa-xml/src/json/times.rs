//! The date-times of a JSON value, as CommCare HQ rewrites them.

use serde_json::Value;

use crate::time::normal_time;

/// Rewrites every date-time among the strings of a value, at any depth: answers, attributes and case properties alike.
///
/// The stored XML keeps the text that the device wrote; only the JSON has the rewritten one. A case property with a
/// date-time therefore changes its text on the device at the next sync.
pub fn normalize_times(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(normal) = normal_time(text) {
                *text = normal;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(normalize_times),
        Value::Object(members) => members.values_mut().for_each(normalize_times),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// C-114: attributes, properties and lists at any depth are rewritten.
    #[test]
    fn every_string_of_a_form_is_looked_at() {
        let mut form =
            json!({"@t": "2024-05-01T10:00", "a": [{"#text": "2024-05-01 10:00Z"}, "2024-05-01", 1, null]});
        normalize_times(&mut form);
        let normal = "2024-05-01T10:00:00.000000Z";
        assert_eq!(form, json!({"@t": normal, "a": [{"#text": normal}, "2024-05-01", 1, null]}));
    }
}
