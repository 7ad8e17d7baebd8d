//! A document of a form's JSON.

use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::xml::{Element, Name, name::Attribute};

/// JSON that is not the JSON of a form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormJsonError {
    /// The form is no object with a `#type`, which names the root element.
    #[error("a form is an object with a text `#type`")]
    NoType,
    /// A key that begins with `#` and means nothing.
    #[error("`{key}` in `{path}` has no meaning in a form")]
    Key {
        /// The key.
        key: String,
        /// Where: the keys from the root, joined by `/`.
        path: String,
    },
    /// An object or list where a text belongs, or a list right inside a list.
    #[error("`{path}` is no text")]
    NotText {
        /// Where: the keys from the root, joined by `/`.
        path: String,
    },
    /// A number with more digits than are kept for sure when JSON is read ([`keeps_its_digits`]).
    #[error("`{path}` is a number of which not every digit is kept: write it in quotes")]
    Number {
        /// Where: the keys from the root, joined by `/`.
        path: String,
    },
}

/// Whether a number that was read without its text can be what was written: a whole one of more than 53 bits may have lost its
/// last digits, as ids do that are written without quotes, and so may any other of more than fifteen.
///
/// ```
/// use openrosa_xml::json::keeps_its_digits;
/// assert!(keeps_its_digits(36.6) && keeps_its_digits(1e15));
/// assert!(!keeps_its_digits(98765432109876543210.0));
/// assert!(!keeps_its_digits("12345678901.12345678".parse().unwrap()));
/// ```
#[must_use]
pub fn keeps_its_digits(number: f64) -> bool {
    // Any decimal of so many digits comes back as it was.
    const FOR_SURE: usize = 15;
    match number.fract() == 0.0 {
        true => number.abs() < 9_007_199_254_740_992.0,
        false => significant_digits(number) <= FOR_SURE,
    }
}

/// How many digits the shortest text takes that is read as this number.
fn significant_digits(number: f64) -> usize {
    let written = format!("{number:e}");
    written.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count()
}

/// The document of which CommCare HQ made this JSON, as far as the JSON tells: children of one name stand together, and a
/// child without `@xmlns` is in its parent's namespace.
///
/// Takes what the API adds as well: a number or truth value is its text, and `null` is nothing at all.
pub fn read_form(form: &Value) -> Result<Element<'static>, FormJsonError> {
    let object = form.as_object().ok_or(FormJsonError::NoType)?;
    let name = object.get("#type").and_then(Value::as_str).ok_or(FormJsonError::NoType)?;
    Reading { path: vec![name] }.element(name, object, None)
}

/// A walk through the JSON of a form.
struct Reading<'j> {
    /// The keys that lead to where it is.
    path: Vec<&'j str>,
}

impl<'j> Reading<'j> {
    fn element(
        &mut self,
        local: &str,
        object: &'j Map<String, Value>,
        outside: Option<&str>,
    ) -> Result<Element<'static>, FormJsonError> {
        let namespace = namespace(object, outside);
        let name = named(local, namespace);
        let mut element = Element::new(name);
        if let Some(text) = object.get("#text") {
            element = element.with_text(self.inside("#text", |_| scalar(text))?.unwrap_or_default());
        }
        for (key, value) in object {
            self.inside(key, |reading| reading.member(&mut element, key, value, namespace))?;
        }
        Ok(element)
    }

    /// Does something one key further down; what goes wrong there is told with its path.
    fn inside<T>(
        &mut self,
        key: &'j str,
        step: impl FnOnce(&mut Self) -> Result<T, Misfit>,
    ) -> Result<T, FormJsonError> {
        self.path.push(key);
        let done = step(self).map_err(|misfit| misfit.at(&self.path));
        self.path.pop();
        done
    }

    fn member(
        &mut self,
        element: &mut Element<'static>,
        key: &'j str,
        value: &'j Value,
        namespace: Option<&str>,
    ) -> Result<(), Misfit> {
        match key.strip_prefix('@') {
            Some("xmlns") if value.is_string() || value.is_null() => {}
            Some("xmlns") => return Err(Misfit::NotText),
            Some(attribute) => {
                if let Some(text) = scalar(value)? {
                    element
                        .attributes
                        .push(Attribute { name: attribute_name(attribute), value: text.into() });
                }
            }
            None if key.starts_with('#') => return known(key, self.path.len()),
            None => {
                for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
                    if let Some(child) = self.child(key, value, namespace)? {
                        element.push(crate::xml::Node::Element(child));
                    }
                }
            }
        }
        Ok(())
    }

    fn child(
        &mut self,
        key: &'j str,
        value: &'j Value,
        namespace: Option<&str>,
    ) -> Result<Option<Element<'static>>, Misfit> {
        if let Value::Object(object) = value {
            return self.element(key, object, namespace).map(Some).map_err(Misfit::Told);
        }
        Ok(scalar(value)?.map(|text| Element::new(named(key, namespace)).with_text(text)))
    }
}

/// What does not fit, before its place is known.
enum Misfit {
    Key,
    NotText,
    Number,
    Told(FormJsonError),
}

impl Misfit {
    fn at(self, path: &[&str]) -> FormJsonError {
        let (key, outside) = path.split_last().map_or(("", path), |(key, outside)| (*key, outside));
        match self {
            Self::Key => FormJsonError::Key { key: key.to_owned(), path: outside.join("/") },
            Self::NotText => FormJsonError::NotText { path: path.join("/") },
            Self::Number => FormJsonError::Number { path: path.join("/") },
            Self::Told(error) => error,
        }
    }
}

fn known(key: &str, depth: usize) -> Result<(), Misfit> {
    match key {
        "#text" => Ok(()),
        // Right inside the root.
        "#type" if depth == 2 => Ok(()),
        _ => Err(Misfit::Key),
    }
}

/// The namespace of an object. Without `@xmlns` it is the one around, unless a child names just that one: a namespace is
/// named only where it changes (case-xml.md 8.1, rules 3 and 11), so there was none in between.
fn namespace<'j>(object: &'j Map<String, Value>, outside: Option<&'j str>) -> Option<&'j str> {
    let named = |value: &'j Value| value.get("@xmlns").and_then(Value::as_str);
    if let Some(uri) = object.get("@xmlns").and_then(Value::as_str) {
        return Some(uri).filter(|uri| !uri.is_empty());
    }
    let mut children =
        object.values().flat_map(|v| v.as_array().map_or(std::slice::from_ref(v), Vec::as_slice));
    outside.filter(|uri| children.all(|child| named(child) != Some(uri)))
}

fn named(local: &str, namespace: Option<&str>) -> Name<'static> {
    Name::in_namespace(namespace.unwrap_or_default().to_owned(), local.to_owned())
}

/// `name`, or `{namespace}name`.
fn attribute_name(key: &str) -> Name<'static> {
    let namespaced = key.strip_prefix('{').and_then(|rest| rest.rsplit_once('}'));
    namespaced.map_or_else(|| Name::local(key.to_owned()), |(uri, local)| named(local, Some(uri)))
}

fn scalar(value: &Value) -> Result<Option<String>, Misfit> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(truth) => Ok(Some(truth.to_string())),
        Value::Number(number) => decimal(number).map(Some),
        Value::Array(_) | Value::Object(_) => Err(Misfit::NotText),
    }
}

/// Without an exponent, which no decimal of a form has, and without a point that nobody wrote.
fn decimal(number: &Number) -> Result<String, Misfit> {
    match number.as_f64().filter(|_| number.is_f64()) {
        None => Ok(number.to_string()),
        Some(double) => keeps_its_digits(double).then(|| double.to_string()).ok_or(Misfit::Number),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Instance, json::convert};

    /// C-110: what was made of a form leads back to a form that gives the same, in its unknown parts too.
    #[test]
    fn a_form_comes_back() {
        let form = json!({
            "@name": "Visit", "@{urn:{x}}y": "1", "@xmlns": "urn:f", "weight": {"@unit": "kg", "#text": " 12 "},
            "kid": [{"n": "A"}, "", "B"],
            "case": {"@case_id": "C1", "@xmlns": crate::ns::CASE, "update": {"a": "1"}, "close": ""},
            "n": {"r": {"@xmlns": "urn:f"}}, "meta": {"instanceID": "i"}, "#type": "data",
        });
        let element = read_form(&form).unwrap();
        assert_eq!(Value::Object(convert(&element)), form);
        let xml = element.write().unwrap();
        let instance = Instance::read(&xml).unwrap();
        assert_eq!(instance.instance_id().unwrap().trimmed(), "i");
        assert!(instance.cases()[0].block.is_v2() && instance.cases()[0].block.close().is_some());
    }

    #[test]
    fn what_the_api_adds_is_text_or_nothing() {
        let form =
            json!({"meta": {"app_build_version": 18, "geo_point": null, "ok": true}, "@v": 1, "#type": "d"});
        let written = read_form(&form).unwrap().write().unwrap();
        assert_eq!(
            written,
            r#"<d v="1"><meta><app_build_version>18</app_build_version><ok>true</ok></meta></d>"#
        );
    }

    /// A number is the shortest decimal that has its value.
    #[test]
    fn a_number_is_as_short_as_can_be() {
        let of = |number: &str| {
            let form: Value = serde_json::from_str(&format!(r##"{{"#type": "d", "a": {number}}}"##)).unwrap();
            read_form(&form).map(|form| form.child("a").unwrap().text().into_owned()).map_err(|_| ())
        };
        for (written, text) in [
            ("18", "18"),
            ("-3", "-3"),
            ("1e3", "1000"),
            ("1.50", "1.5"),
            ("-0", "-0"),
            ("1e-7", "0.0000001"),
            ("-1.29206590000001", "-1.29206590000001"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert_eq!(of(written).as_deref(), Ok(text), "{written}");
        }
        for long in ["12345678901.12345678", "0.1234567890123456", "1e300", "18446744073709551616"] {
            assert_eq!(of(long), Err(()), "{long}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused_with_its_place() {
        let message = |form: Value| read_form(&form).unwrap_err().to_string();
        insta::assert_snapshot!(message(json!([])), @"a form is an object with a text `#type`");
        insta::assert_snapshot!(message(json!({"a": "1"})), @"a form is an object with a text `#type`");
        insta::assert_snapshot!(message(json!({"#type": "d", "a": {"b": {"#type": "x"}}})), @"`#type` in `d/a/b` has no meaning in a form");
        insta::assert_snapshot!(message(json!({"#type": "d", "a": {"@b": ["x"]}})), @"`d/a/@b` is no text");
        insta::assert_snapshot!(message(json!({"#type": "d", "a": [{"#text": {}}, ""]})), @"`d/a/#text` is no text");
        insta::assert_snapshot!(message(json!({"#type": "d", "a": [["x"]]})), @"`d/a` is no text");
        let long = serde_json::from_str(
            r##"{"#type": "d", "a": {"id": [18446744073709551615, 98765432109876543210]}}"##,
        );
        insta::assert_snapshot!(message(long.unwrap()), @"`d/a/id` is a number of which not every digit is kept: write it in quotes");
    }
}
