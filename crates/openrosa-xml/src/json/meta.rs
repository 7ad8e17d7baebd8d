//! Metadata in the words of old CommCare, brought up to date.

use serde_json::{Map, Value};

/// Old name, new name.
const RENAMED: [(&str, &str); 5] = [
    ("TimeStart", "timeStart"),
    ("TimeEnd", "timeEnd"),
    ("chw_id", "userID"),
    ("DeviceID", "deviceID"),
    ("uid", "instanceID"),
];

/// Brings the metadata of a form up to date: `Meta` becomes `meta`, of several blocks the first stays, and old names of
/// fields become the present ones unless those are there too.
///
/// *Spec:* case-xml.md 7, 8.5.
pub fn scrub_meta(form: &mut Value) {
    let Value::Object(form) = form else { return };
    if form.contains_key("Meta") {
        form.remove("meta");
        rename(form, "Meta", "meta");
    }
    let Some(meta) = form.get_mut("meta") else { return };
    if let Value::Array(blocks) = meta
        && let Some(first @ Value::Object(_)) = blocks.first_mut()
    {
        *meta = first.take();
    }
    if let Value::Object(fields) = meta {
        for (old, new) in RENAMED {
            if !fields.contains_key(new) {
                rename(fields, old, new);
            }
        }
    }
}

/// Renames a key, which keeps its place.
fn rename(object: &mut Map<String, Value>, old: &str, new: &str) {
    if object.contains_key(old) {
        let renamed = std::mem::take(object).into_iter();
        *object =
            renamed.map(|(key, value)| (if key == old { new.to_owned() } else { key }, value)).collect();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scrubbed(mut form: Value) -> Value {
        scrub_meta(&mut form);
        form
    }

    /// C-116: old names are mapped where the new one is missing, and the first of several blocks is kept.
    #[test]
    fn old_names_become_the_present_ones() {
        assert_eq!(
            scrubbed(
                json!({"Meta": {"uid": "1", "TimeStart": "s", "timeStart": "t", "DeviceID": "d", "x": ""}})
            ),
            json!({"meta": {"instanceID": "1", "TimeStart": "s", "timeStart": "t", "deviceID": "d", "x": ""}})
        );
        assert_eq!(
            scrubbed(json!({"meta": [{"chw_id": "u", "TimeEnd": "e"}, {"userID": "v"}]})),
            json!({"meta": {"userID": "u", "timeEnd": "e"}})
        );
    }

    #[test]
    fn what_is_no_block_stays_as_it_is() {
        for form in [
            json!({"meta": ["a", {"uid": "1"}]}),
            json!({"meta": "uid"}),
            json!({"a": {"uid": ""}}),
            json!(""),
        ] {
            assert_eq!(scrubbed(form.clone()), form);
        }
    }
}
