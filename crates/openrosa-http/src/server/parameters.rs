//! Header values with parameters (`Content-Type`, `Content-Disposition`), as clients really write them.
//!
//! Lenient where no two readings are possible: unquoted values, blanks around `=`, a raw `/` or `=` in a boundary,
//! raw UTF-8, backslash-escaped quotes (Apache HttpClient), `%22` for a quote (browsers, OkHttp), RFC 5987 `name*`.

use std::borrow::Cow;

use memchr::memchr3;
use percent_encoding::percent_decode;

/// `form-data; name="a"; filename="b"`, to be taken apart.
#[derive(Debug)]
pub(crate) struct Parameters<'v> {
    /// What stands before the first `;`, where that is not in lower case.
    lowered: Option<String>,
    value: Cow<'v, str>,
}

impl<'v> Parameters<'v> {
    /// Headers are bytes; clients mean UTF-8 by them (openrosa.md 2.3), and what is not UTF-8 still has to be shown.
    pub(crate) fn read(value: &'v [u8]) -> Self {
        let value = std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed);
        let kind = kind(&value);
        let lowered = kind.bytes().any(|byte| byte.is_ascii_uppercase()).then(|| kind.to_ascii_lowercase());
        Self { lowered, value }
    }

    /// What stands before the first `;`, in lower case.
    pub(crate) fn kind(&self) -> &str {
        self.lowered.as_deref().unwrap_or_else(|| kind(&self.value))
    }

    /// The first value given for `name`.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.list().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| unquoted(value))
    }

    /// The value for `name` as a person chose it: RFC 5987's `name*` wins, else `name` with the three escapes
    /// that HTML's form-data encoding makes undone.
    pub(crate) fn text_of(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut plain = None;
        for (key, value) in self.list() {
            let (key, is_extended) = key.strip_suffix('*').map_or((key, false), |key| (key, true));
            if !key.eq_ignore_ascii_case(name) {
                continue;
            }
            if !is_extended {
                plain = plain.or(Some(value));
            } else if let Some(extended) = extended(&unquoted(value)) {
                return Some(extended.into());
            }
        }
        plain.map(|value| unescape_form_data(unquoted(value)))
    }

    /// The names, and the values as written.
    fn list(&self) -> impl Iterator<Item = (&str, &str)> {
        sections(&self.value).skip(1).filter_map(|section| {
            let (name, value) = section.split_once('=')?;
            Some((name.trim_ascii(), value.trim_ascii()))
        })
    }
}

fn kind(value: &str) -> &str {
    value[..section_end(value)].trim_ascii()
}

/// Splits at every `;` that is not inside quotes.
fn sections(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let value = rest?;
        let end = section_end(value);
        rest = value.get(end + 1..);
        Some(&value[..end])
    })
}

fn section_end(value: &str) -> usize {
    let value = value.as_bytes();
    let mut quoted = false;
    let mut at = 0;
    while let Some(found) = value.get(at..).and_then(|rest| memchr3(b';', b'"', b'\\', rest)) {
        at += found;
        match value[at] {
            b';' if !quoted => return at,
            b'"' => quoted = !quoted,
            // What is escaped ends nothing.
            b'\\' if quoted => at += 1,
            _ => {}
        }
        at += 1;
    }
    value.len()
}

fn unquoted(value: &str) -> Cow<'_, str> {
    match value.strip_prefix('"') {
        Some(rest) => unescaped(rest.strip_suffix('"').unwrap_or(rest)),
        None => value.into(),
    }
}

/// Only `\"` and `\\` are escapes: a lone backslash belongs to the Windows path some browser sent.
fn unescaped(quoted: &str) -> Cow<'_, str> {
    if !quoted.contains('\\') {
        return quoted.into();
    }
    let mut plain = String::with_capacity(quoted.len());
    let mut chars = quoted.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = chars.next_if(|&next| c == '\\' && matches!(next, '"' | '\\'));
        plain.push(escaped.unwrap_or(c));
    }
    plain.into()
}

/// HTML's multipart/form-data encoding escapes exactly these three, and a percent sign not at all.
fn unescape_form_data(value: Cow<'_, str>) -> Cow<'_, str> {
    if !value.contains('%') {
        return value;
    }
    value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n").into()
}

/// RFC 5987 `UTF-8''b%C3%A4um.jpg`; other charsets were never seen.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    let bytes = percent_decode(encoded.as_bytes());
    charset.eq_ignore_ascii_case("utf-8").then(|| bytes.decode_utf8().ok())?.map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filename(value: &str) -> Option<String> {
        Parameters::read(value.as_bytes()).text_of("filename").map(Cow::into_owned)
    }

    #[test]
    fn names_as_each_client_writes_them() {
        let rows = [
            (r#"form-data; name="a"; filename="b.jpg""#, Some("b.jpg")),
            (r#"Form-Data; filename=b.jpg ;name=a"#, Some("b.jpg")),
            (r#"form-data; name="a;filename=x"; filename = "b;c.jpg""#, Some("b;c.jpg")),
            (r#"form-data; filename="a \"b\".jpg""#, Some(r#"a "b".jpg"#)),
            (r#"form-data; filename="a %22b%22 %41.jpg""#, Some(r#"a "b" %41.jpg"#)),
            (r#"form-data; filename="C:\photos\b.jpg""#, Some(r"C:\photos\b.jpg")),
            (r#"form-data; filename="bäum 1.jpg""#, Some("bäum 1.jpg")),
            (r"form-data; filename*=UTF-8''b%C3%A4um.jpg", Some("bäum.jpg")),
            (r#"form-data; filename="x"; filename*=utf-8'de'y"#, Some("y")),
            (r#"form-data; name="a\";filename=x"; filename=b"#, Some("b")),
            (r#"form-data; name=a\;filename=b"#, Some("b")),
            (r#"form-data; filename="never closed"#, Some("never closed")),
            (r#"form-data; filename="b;\"#, Some(r"b;\")),
            (r#"form-data; filename="""#, Some("")),
            (r#"form-data; name="a""#, None),
        ];
        for (value, expected) in rows {
            assert_eq!(filename(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn a_boundary_is_found_quoted_or_bare() {
        for value in
            ["multipart/form-data; boundary=a/b=c", "Multipart/Form-Data;charset=x; Boundary=\"a/b=c\""]
        {
            let read = Parameters::read(value.as_bytes());
            assert_eq!(
                (read.kind(), read.get("boundary").as_deref()),
                ("multipart/form-data", Some("a/b=c"))
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_still_readable() {
        let read = Parameters::read(b"form-data; filename=\"b\xe4um.jpg\"");
        assert_eq!(read.text_of("filename").as_deref(), Some("b\u{fffd}um.jpg"));
    }
}
