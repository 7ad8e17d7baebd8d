//! What pages are wrapped in.

use bytes::Bytes;
use http::Response;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Paged;
use crate::endpoint::read;
use crate::error::Error;

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<I> {
    /// What is on it.
    pub items: Vec<I>,
    /// What comes next, as the server wrote it; `None` at the end.
    pub next: Option<String>,
    /// What the server says there is, of which the first page alone is to be believed.
    pub total: Option<u64>,
}

impl<I> Page<I> {
    /// The only page there is.
    pub(crate) fn only(items: Vec<I>) -> Self {
        let total = Some(items.len() as u64);
        Self { items, next: None, total }
    }
}

impl<I> Paged for Page<I> {
    type Item = I;

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn total(&self) -> Option<u64> {
        self.total
    }

    fn len(&self) -> usize {
        self.items.len()
    }

    fn into_items(self) -> Vec<I> {
        self.items
    }
}

/// P1, P3, P4: `meta` and `objects`. A member that is missing is no end of data: it is an error.
#[derive(Deserialize)]
struct Tastypie<I> {
    meta: Meta,
    objects: Vec<I>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    offset: Option<u64>,
    #[serde(default)]
    total_count: Option<u64>,
    /// Absent in P4; in P1, where absence might hide an end, it is written even when it is null.
    #[serde(default, deserialize_with = "present")]
    next: Option<Option<String>>,
}

impl Meta {
    /// Whether more was counted than lies up to the end of this page. On a later page what was counted may be gone since, but not
    /// from behind as many as it can hold.
    fn counts_more(&self, got: u64) -> bool {
        let end = match self.offset {
            None => return false,
            Some(0) => got,
            Some(offset) => offset.saturating_add(got.max(self.limit.unwrap_or(0))),
        };
        self.total_count.is_some_and(|total| total > end)
    }
}

/// Tells a null from nothing.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// P1 to P4, told apart by what `meta` holds.
///
/// - P1: `next` is null at the end.
/// - P2: nobody counts, and `next` is never null: the end is a page that is empty or shorter than its limit.
/// - P3, P4: all at once.
pub(crate) fn tastypie<I: DeserializeOwned>(
    what: &'static str,
    answer: &Response<Bytes>,
) -> Result<Page<I>, Error> {
    let Tastypie { meta, objects } = read(what, answer)?;
    let got = objects.len() as u64;
    let next = match meta.next {
        Some(next) if meta.total_count.is_none() && meta.offset.is_some() => {
            let is_last = got == 0 || meta.limit.is_some_and(|limit| limit > 0 && got < limit);
            next.filter(|_| !is_last)
        }
        Some(None) if meta.counts_more(got) => return Err(without_next(what, answer)),
        Some(next) => next,
        // All there is, as far as it was counted; anything less is a page without its way on.
        None if meta.total_count.is_some_and(|total| total <= got + meta.offset.unwrap_or(0)) => None,
        None => return Err(without_next(what, answer)),
    };
    Ok(Page { items: objects, next, total: meta.total_count })
}

fn without_next(what: &'static str, answer: &Response<Bytes>) -> Error {
    let error = serde_json::Error::custom("`meta` has no `next`, and more was counted than is there");
    Error::unreadable(what, error, answer)
}

/// An envelope of P4, or a bare array where documents have one (commcare-hq-api.md 8, C7).
pub(crate) fn tastypie_or_array<I: DeserializeOwned>(
    what: &'static str,
    answer: &Response<Bytes>,
) -> Result<Page<I>, Error> {
    match answer.body().trim_ascii_start().starts_with(b"[") {
        true => read(what, answer).map(Page::only),
        false => tastypie(what, answer),
    }
}

/// P6 of others than cases: `objects`, and `next` in `meta`, null at the end; messaging events may have it at the top.
pub(crate) fn cursored<I: DeserializeOwned>(
    what: &'static str,
    answer: &Response<Bytes>,
) -> Result<Page<I>, Error> {
    let Cursored { meta, next, objects } = read(what, answer)?;
    match meta.and_then(|meta| meta.next).or(next) {
        Some(next) => Ok(Page { items: objects, next, total: None }),
        None => {
            let error = serde_json::Error::custom("nothing says whether there is a `next` page");
            Err(Error::unreadable(what, error, answer))
        }
    }
}

#[derive(Deserialize)]
struct Cursored<I> {
    #[serde(default)]
    meta: Option<Meta>,
    #[serde(default, deserialize_with = "present")]
    next: Option<Option<String>>,
    objects: Vec<I>,
}

/// P6: the address of the next page, or an object with the cursor of it (commcare-hq-api.md 8, C3).
///
/// A cursor is put behind `?` as it is the only argument that counts.
pub(crate) fn cursor<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(next)) => Ok(Some(next)),
        Some(Value::Object(object)) => match object.get("cursor").and_then(Value::as_str) {
            Some(cursor) => {
                let mut arguments = url::form_urlencoded::Serializer::new(String::new());
                Ok(Some(format!("?{}", arguments.append_pair("cursor", cursor).finish())))
            }
            None => Err(D::Error::custom("`next` is an object without `cursor`")),
        },
        Some(_) => Err(D::Error::custom("`next` is neither an address nor an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str) -> Result<Page<Value>, Error> {
        tastypie("page", &Response::new(Bytes::copy_from_slice(body.as_bytes())))
    }

    fn next(body: &str) -> Option<String> {
        page(body).unwrap().next
    }

    /// H-023: P1 ends on a null `next`; P2 on an empty or short page although there is a `next`.
    #[test]
    fn an_end_is_null_or_short() {
        let p1 = r#"{"meta": {"limit": 2, "offset": 2, "total_count": 4, "next": NEXT, "previous": null}, "objects": [{}, {}]}"#;
        assert_eq!(next(&p1.replace("NEXT", "\"?offset=4\"")).as_deref(), Some("?offset=4"));
        assert_eq!(next(&p1.replace("NEXT", "null")), None);

        let p2 = r#"{"meta": {"limit": 2, "offset": 4, "total_count": null, "next": "?offset=6"}, "objects": OBJECTS}"#;
        assert_eq!(next(&p2.replace("OBJECTS", "[{}, {}]")).as_deref(), Some("?offset=6"));
        assert_eq!(next(&p2.replace("OBJECTS", "[{}]")), None);
        assert_eq!(next(&p2.replace("OBJECTS", "[]")), None);
    }

    /// H-024: P3 and P4 are read completely in one request; `limit: null` is tolerated.
    #[test]
    fn what_is_not_paged_is_one_page() {
        let p3 = r#"{"meta": {"limit": null, "offset": 0, "total_count": 2, "next": null, "previous": null}, "objects": [1, 2]}"#;
        assert_eq!(page(p3).unwrap(), Page { items: vec![1.into(), 2.into()], next: None, total: Some(2) });
        assert_eq!(next(r#"{"meta": {"total_count": 1}, "objects": [1]}"#), None);
    }

    /// H-032: of a list by cursor, too, a page without its way on is an error and not the end.
    #[test]
    fn a_cursor_is_there_or_is_said_not_to_be() {
        let page =
            |body: &str| cursored::<Value>("page", &Response::new(Bytes::copy_from_slice(body.as_bytes())));
        let next = |body: &str| page(body).unwrap().next;
        assert_eq!(next(r#"{"meta": {"next": "?cursor=a"}, "objects": []}"#).as_deref(), Some("?cursor=a"));
        assert_eq!(next(r#"{"next": "?cursor=a", "objects": []}"#).as_deref(), Some("?cursor=a"));
        assert_eq!(next(r#"{"meta": {"next": null}, "objects": [1]}"#), None);
        for broken in
            [r#"{"objects": [1]}"#, r#"{"meta": {}, "objects": [1]}"#, r#"{"meta": {"next": null}}"#]
        {
            assert!(page(broken).unwrap_err().is_unreadable(), "{broken}");
        }
    }

    /// H-032: half a page, or one without its way on, is an error and not the end.
    #[test]
    fn a_page_that_lacks_something_is_not_the_end() {
        for broken in [
            r#"{"meta": {"limit": 20, "offset": 0, "total_count": 40}, "objects": [1]}"#,
            r#"{"meta": {"limit": 20, "offset": 0, "total_count": 40, "next": null}, "objects": [1]}"#,
            r#"{"meta": {"limit": 1, "offset": 7, "total_count": 40, "next": null}, "objects": [1]}"#,
            r#"{"meta": {"limit": 20}, "objects": [1]}"#,
            r#"{"objects": [1]}"#,
            r#"{"meta": {"next": null}}"#,
            r#"{"meta": {"next": 7}, "objects": []}"#,
            r#"{"meta": {"next": null}, "objects": ["#,
            "",
            "{}",
            "[]",
        ] {
            assert!(page(broken).unwrap_err().is_unreadable(), "{broken}");
        }
    }
}
