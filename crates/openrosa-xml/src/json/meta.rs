//! Metadata in the words of old CommCare, brought up to date.

use serde_json::{Map, Value};

use crate::instance::the_one_that_counts;

/// Old name, new name.
const RENAMED: [(&str, &str); 5] = [
    ("TimeStart", "timeStart"),
    ("TimeEnd", "timeEnd"),
    ("chw_id", "userID"),
    ("DeviceID", "deviceID"),
    ("uid", "instanceID"),
];

/// Brings the metadata of a form up to date: `Meta` becomes `meta`, of several blocks the first stays that holds anything, and old
/// names of fields become the present ones unless those are there too.
///
/// *Spec:* case-xml.md 7, 8.5.
pub fn scrub_meta(form: &mut Value) {
    let Value::Object(form) = form else { return };
    let counts = the_one_that_counts(blocks(form), |(name, block)| (*name, has_children(block)));
    let counts = counts.map(|(_, block)| block.clone()).filter(Value::is_object);
    if form.contains_key("Meta") {
        form.remove("meta");
        rename(form, "Meta", "meta");
    }
    let Some(meta) = form.get_mut("meta") else { return };
    if let Some(block) = counts {
        *meta = block;
    }
    if let Value::Object(fields) = meta {
        for (old, new) in RENAMED {
            if !fields.contains_key(new) {
                rename(fields, old, new);
            }
        }
    }
}

/// Every block, by its name.
fn blocks(form: &Map<String, Value>) -> impl Iterator<Item = (&'static str, &Value)> {
    let named = ["Meta", "meta"].into_iter().filter_map(|name| Some((name, form.get(name)?)));
    named.flat_map(|(name, value)| {
        let each = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        each.iter().map(move |block| (name, block))
    })
}

fn has_children(block: &Value) -> bool {
    block.as_object().is_some_and(|block| block.keys().any(|key| !key.starts_with(['@', '#'])))
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

    /// C-116: a block without anything in it does not count, and `Meta` goes before `meta`.
    #[test]
    fn of_several_blocks_the_first_that_holds_anything_counts() {
        let one = json!({"meta": {"instanceID": "1"}});
        for form in [
            json!({"meta": ["", {"uid": "1"}]}),
            json!({"meta": ["a", {"uid": "1"}]}),
            json!({"meta": [{"@xmlns": "urn:m"}, {"uid": "1"}, {"uid": "2"}]}),
            json!({"meta": {"uid": "2"}, "Meta": {"uid": "1"}}),
            json!({"Meta": "", "meta": {"uid": "1"}}),
            json!({"meta": {"uid": "2"}, "Meta": ["", {"uid": "1"}]}),
        ] {
            assert_eq!(scrubbed(form.clone()), one, "{form}");
        }
        assert_eq!(scrubbed(json!({"meta": ["", {"@x": "1"}]})), json!({"meta": ["", {"@x": "1"}]}));
    }

    /// C-116: whoever asks for the id of a form is told the one that its JSON shows.
    #[test]
    fn the_document_and_its_json_agree_on_the_metadata() {
        for metas in [
            "<meta/><meta><instanceID>1</instanceID></meta>",
            "<meta xmlns='urn:m'/><meta><instanceID>1</instanceID></meta><meta><instanceID>2</instanceID></meta>",
            "<meta><instanceID>2</instanceID></meta><Meta><uid>1</uid></Meta>",
            "<Meta><uid>1</uid></Meta><meta><instanceID>2</instanceID></meta>",
            "<Meta/><meta><instanceID>1</instanceID></meta>",
            "<meta>x</meta><Meta/><Meta><uid>1</uid></Meta>",
        ] {
            let source = format!("<data xmlns='urn:f'>{metas}</data>");
            let form = crate::json::write_form(&crate::xml::Element::read(&source).unwrap());
            assert_eq!(form["meta"]["instanceID"], "1", "{source}");
            let instance = crate::Instance::read(&source).unwrap();
            assert_eq!(instance.instance_id().unwrap().trimmed(), "1", "{source}");
        }
    }

    #[test]
    fn what_is_no_block_stays_as_it_is() {
        for form in
            [json!({"meta": ["a", "uid"]}), json!({"meta": "uid"}), json!({"a": {"uid": ""}}), json!("")]
        {
            assert_eq!(scrubbed(form.clone()), form);
        }
    }
}
