//! What the body of a refusal is: eight shapes, and none of them can be told from the status.

use std::collections::BTreeMap;

use http::StatusCode;
use openrosa_xml::Envelope;
use openrosa_xml::xml::decode;
use serde_json::{Map, Value};

/// Longer texts are cut: what is shown to a person has an end.
const LONGEST: usize = 4000;

/// What a body said, by its shape (commcare-hq-api.md 1.6).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Said {
    /// E6: no body.
    Nothing,
    /// E1, E2, E4, E5: an object with words in it.
    Words {
        /// `error`, `error_message`, `message` or `error_html`.
        text: String,
        /// `code`, a status within the body.
        code: Option<i64>,
        /// `form_id`: what a refused change was kept as.
        form_id: Option<String>,
    },
    /// E3: an array of complaints.
    List(Vec<String>),
    /// An object of complaints by field.
    Fields(BTreeMap<String, String>),
    /// E7: HTML.
    Page(Page),
    /// E8: an `OpenRosaResponse`.
    Envelope(Envelope<'static>),
    /// E8: plain text.
    Text(String),
    /// JSON of no known shape.
    Json(Value),
}

/// A page for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// What is in `<title>`.
    pub title: Option<String>,
    login: bool,
    commcare: bool,
}

impl Said {
    /// What a body says. It never fails: no body, half a body and a page say something, too.
    pub fn read(body: &[u8]) -> Self {
        let text = decode(body).unwrap_or_else(|_| String::from_utf8_lossy(body));
        let text = text.trim();
        match text.chars().next() {
            None => Self::Nothing,
            Some('{' | '[' | '"') => match serde_json::from_str(text) {
                Ok(value) => Self::json(value),
                Err(_) => Self::Text(cut(text)),
            },
            Some('<') => match Envelope::read(text).ok().filter(|envelope| envelope.message().is_some()) {
                Some(envelope) => Self::Envelope(envelope.into_owned()),
                None => Self::Page(Page::read(text)),
            },
            Some(_) => Self::Text(cut(text)),
        }
    }

    fn json(value: Value) -> Self {
        match value {
            Value::Array(list) => Self::List(list.iter().map(plain).collect()),
            Value::Object(object) => Self::object(object),
            Value::String(text) => Self::Text(cut(&text)),
            other => Self::Json(other),
        }
    }

    fn object(object: Map<String, Value>) -> Self {
        let word = ["error", "error_message", "message", "error_html"]
            .iter()
            .find_map(|key| object.get(*key).filter(|word| !word.is_null()));
        if let Some(word) = word {
            let text = cut(&plain(word));
            let code = object.get("code").and_then(Value::as_i64);
            let form_id = ["form_id", "xform_id"].iter().find_map(|key| object.get(*key)?.as_str());
            return Self::Words { text, code, form_id: form_id.map(str::to_owned) };
        }
        if !object.is_empty() && object.values().all(|value| value.is_string() || value.is_array()) {
            return Self::Fields(object.iter().map(|(field, value)| (field.clone(), plain(value))).collect());
        }
        Self::Json(Value::Object(object))
    }

    /// The words, for a person.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Words { text, .. } | Self::Text(text) => Some(text.clone()),
            Self::List(list) => Some(list.join("; ")),
            Self::Fields(fields) => {
                let said = fields.iter().map(|(field, text)| format!("{field}: {text}"));
                Some(said.collect::<Vec<_>>().join("; "))
            }
            Self::Page(page) => page.title.clone().map(|title| format!("a page, `{title}`")),
            Self::Envelope(envelope) => envelope.message().map(str::to_owned),
            Self::Json(value) => Some(cut(&value.to_string())),
        }
    }

    /// It says nothing that would tell one refusal from another.
    pub(crate) fn is_silent(&self) -> bool {
        match self {
            Self::Nothing | Self::Page(_) => true,
            Self::Text(text) => text.eq_ignore_ascii_case("authorization required") || text.is_empty(),
            _ => false,
        }
    }
}

/// A value as a text: strings as they are, lists joined.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain_inner).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// A list within a list stays JSON: nothing recurses here.
fn plain_inner(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl Page {
    pub(crate) fn read(html: &str) -> Self {
        let lower = html.to_ascii_lowercase();
        let title = lower.find("<title").and_then(|start| {
            let from = start + lower[start..].find('>')? + 1;
            let to = from + lower[from..].find("</title")?;
            Some(cut(html[from..to].trim()))
        });
        let login = lower.contains("accounts/login") || lower.contains("type=\"password\"");
        Self { title, login, commcare: lower.contains("commcare") }
    }

    /// It asks for a login.
    pub fn is_login(&self) -> bool {
        self.login
    }

    /// It is of a firewall before the server: the title starts with the status, and nothing names CommCare.
    pub fn is_edge(&self, status: StatusCode) -> bool {
        let title = self.title.as_deref().unwrap_or_default();
        status.is_client_error() && title.starts_with(status.as_str()) && !self.commcare
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, code: Option<i64>) -> Said {
        Said::Words { text: text.to_owned(), code, form_id: None }
    }

    /// H-008: shapes E1 to E8 are decoded; nothing fails on an empty body or a page.
    #[test]
    fn every_shape_is_told_from_every_other() {
        let read = |body: &str| Said::read(body.as_bytes());
        assert_eq!(read(r#"{"error": "no"}"#), words("no", None));
        assert_eq!(read(r#"{"error_message": "Not found"}"#), words("Not found", None));
        assert_eq!(read(r#"["one", "two"]"#), Said::List(vec!["one".into(), "two".into()]));
        assert_eq!(read(r#"{"message": "row 3", "code": 402}"#), words("row 3", Some(402)));
        assert_eq!(read(r#"{"status": "error", "message": "no app"}"#), words("no app", None));
        assert_eq!(read(r#"{"error_html": "<p>broken</p>"}"#), words("<p>broken</p>", None));
        assert_eq!(read(" \n"), Said::Nothing);
        assert!(
            matches!(read("<!DOCTYPE html><html><title>Oops</title>"), Said::Page(page) if page.title.as_deref() == Some("Oops"))
        );
        assert_eq!(read("username required"), Said::Text("username required".into()));
        assert_eq!(read(r#"{"app_id": "unknown"}"#).text().as_deref(), Some("app_id: unknown"));
        assert_eq!(read(r#"{"error": "#), Said::Text(r#"{"error":"#.into()));
        assert_eq!(Said::read(b"\xff\xfe\xff").text().map(|text| text.is_empty()), Some(false));
    }

    /// H-013: an envelope is one, whatever the content type says: only the body is looked at.
    #[test]
    fn an_envelope_needs_no_content_type() {
        let envelope = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message nature='submit_error'>No</message></OpenRosaResponse>";
        let said = Said::read(envelope.as_bytes());
        assert!(matches!(&said, Said::Envelope(_)), "{said:?}");
        assert_eq!(said.text().as_deref(), Some("No"));
    }

    /// H-012: bodies are UTF-8.
    #[test]
    fn words_of_any_language_survive() {
        assert_eq!(Said::read("{\"error\": \"Mjölk är slut\"}".as_bytes()), words("Mjölk är slut", None));
    }

    #[test]
    fn endless_words_are_cut() {
        let said = Said::read(format!("{{\"error\": \"{}\"}}", "é".repeat(100_000)).as_bytes());
        assert_eq!(said.text().unwrap().chars().count(), LONGEST + 1);
    }
}
