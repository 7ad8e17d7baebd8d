//! A form as JSON.

use serde_json::{Map, Value};

use super::{normalize_times, scrub_meta};
use crate::xml::{Element, Name};

/// A form as CommCare HQ shows it: [`convert`]ed, its date-times rewritten ([`normalize_times`]) and its metadata brought up
/// to date ([`scrub_meta`]).
#[must_use]
pub fn write_form(root: &Element<'_>) -> Value {
    let mut form = Value::Object(convert(root));
    normalize_times(&mut form);
    scrub_meta(&mut form);
    form
}

/// The JSON of a document, every text as it stands there.
///
/// Prefixes, comments, text after the first child of an element, the order among children of different names, and whether
/// a child without `@xmlns` is in its parent's namespace or in none: all this is gone. One child of a name is a value,
/// several are a list, so whoever reads must be ready for both.
///
/// *Spec:* case-xml.md 8.1.
#[must_use]
pub fn convert(root: &Element<'_>) -> Map<String, Value> {
    let mut form = object(root, None);
    form.insert("#type".to_owned(), root.name.local_name().into());
    form
}

fn value(element: &Element<'_>, outside: Option<&str>) -> Value {
    let object = object(element, outside);
    // A leaf of nothing but text: blank text counts here.
    let is_leaf = object.keys().all(|key| key == "#text");
    if is_leaf { element.leading_text().into() } else { object.into() }
}

fn object(element: &Element<'_>, outside: Option<&str>) -> Map<String, Value> {
    let namespace = element.name.namespace();
    let mut object = Map::new();
    for attribute in &element.attributes {
        object.insert(attribute_key(&attribute.name), attribute.value.as_ref().into());
    }
    if let Some(uri) = namespace.filter(|_| namespace != outside) {
        object.insert("@xmlns".to_owned(), uri.into());
    }
    for child in element.elements() {
        add(&mut object, child.name.local_name(), value(child, namespace));
    }
    let text = element.leading_text();
    if !text.trim().is_empty() {
        object.insert("#text".to_owned(), text.into());
    }
    object
}

fn attribute_key(name: &Name<'_>) -> String {
    let local = name.local_name();
    name.namespace().map_or_else(|| format!("@{local}"), |uri| format!("@{{{uri}}}{local}"))
}

/// Adds a child; a second one of its name makes a list of the two.
fn add(object: &mut Map<String, Value>, key: &str, value: Value) {
    match object.get_mut(key) {
        None => drop(object.insert(key.to_owned(), value)),
        // A child is never a list itself, so this one was made here.
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = vec![first.take(), value].into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn converted(source: &str) -> Value {
        convert(&Element::read(source).unwrap()).into()
    }

    /// C-110: the worked example of case-xml.md 8.2, keys in the order of the rules.
    #[test]
    fn the_worked_example_comes_out_as_worked() {
        let source = r#"<data xmlns="http://example.org/visit" name="Visit" version="3" uiVersion="1">
  <weight unit="kg"> 12 </weight><note/>
  <kid><n>A</n></kid><kid><n>B</n></kid>
  <n0:case xmlns:n0="http://commcarehq.org/case/transaction/v2" case_id="C1" user_id="U1" date_modified="2024-05-01T12:00:00.000+02">
    <n0:update><n0:weight>12</n0:weight></n0:update><n0:close/>
  </n0:case>
  <n1:meta xmlns:n1="http://openrosa.org/jr/xforms"><n1:userID>U1</n1:userID>
    <n2:appVersion xmlns:n2="http://commcarehq.org/xforms">v9</n2:appVersion></n1:meta>
</data>"#;
        let expected = concat!(
            r##"{"@name":"Visit","@version":"3","@uiVersion":"1","@xmlns":"http://example.org/visit","##,
            r##""weight":{"@unit":"kg","#text":" 12 "},"note":"","kid":[{"n":"A"},{"n":"B"}],"##,
            r##""case":{"@case_id":"C1","@user_id":"U1","@date_modified":"2024-05-01T10:00:00.000000Z","##,
            r##""@xmlns":"http://commcarehq.org/case/transaction/v2","update":{"weight":"12"},"close":""},"##,
            r##""meta":{"@xmlns":"http://openrosa.org/jr/xforms","userID":"U1","##,
            r##""appVersion":{"@xmlns":"http://commcarehq.org/xforms","#text":"v9"}},"#type":"data"}"##,
        );
        assert_eq!(write_form(&Element::read(source).unwrap()).to_string(), expected);
    }

    /// C-111: one repeat is an object, several are a list, wherever the others stand.
    #[test]
    fn one_is_a_value_and_several_are_a_list() {
        assert_eq!(converted("<d><k><n/></k></d>"), json!({"k": {"n": ""}, "#type": "d"}));
        assert_eq!(
            converted("<d><k/><o/><k>2</k><k/></d>"),
            json!({"k": ["", "2", ""], "o": "", "#type": "d"})
        );
    }

    /// C-112: `@xmlns` stands where the namespace changes to another one, and not where it changes to none.
    #[test]
    fn a_namespace_is_named_where_it_changes() {
        assert_eq!(
            converted(
                "<d xmlns='urn:a'><s/><x:o xmlns:x='urn:b'><x:i/></x:o><n xmlns=''><r xmlns='urn:a'/></n></d>"
            ),
            json!({
                "@xmlns": "urn:a", "s": "", "o": {"@xmlns": "urn:b", "i": ""}, "n": {"r": {"@xmlns": "urn:a"}},
                "#type": "d",
            })
        );
    }

    /// C-113: text after the first child is dropped, blank `#text` is left out, and the blank text of a leaf stays.
    #[test]
    fn only_the_text_before_the_first_child_counts() {
        assert_eq!(
            converted("<d><a> x <b/> y </a><c>\n<b/></c><e> </e><f g='1'> </f><h>1<!-- - -->2</h></d>"),
            json!({"a": {"b": "", "#text": " x "}, "c": {"b": ""}, "e": " ", "f": {"@g": "1"}, "h": "12", "#type": "d"})
        );
    }

    /// C-115: `#type` is the root's local name, and every value is a string.
    #[test]
    fn the_root_gives_the_type_and_numbers_stay_texts() {
        assert_eq!(converted("<x:visit xmlns:x='urn:x'/>"), json!({"@xmlns": "urn:x", "#type": "visit"}));
        assert_eq!(
            converted("<d n='1' xml:lang='sw'><a>2</a><b>true</b>t</d>"),
            json!({"@n": "1", "@{http://www.w3.org/XML/1998/namespace}lang": "sw", "a": "2", "b": "true", "#type": "d"})
        );
        assert_eq!(converted("<d>text</d>"), json!({"#text": "text", "#type": "d"}));
    }
}
