//! The endpoints, in the order a device meets them, and what every call to one of them says.

pub mod case_search;
pub mod claim;
pub mod downloaded_submission;
pub mod form_list;
#[cfg(feature = "client")]
pub mod form_upload;
pub mod heartbeat;
pub mod inactive;
pub mod integrity;
pub mod key_records;
pub mod manifest;
pub mod media;
pub mod restore;
pub mod submission;
pub mod submission_list;

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::uri::PathAndQuery;
use http::{Uri, request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::headers::{
    self, AcceptLanguage, Announced, COMMCARE_SYNC_TOKEN, DEVICE_ID, OPENROSA_VERSION, Version,
};

/// What a call says besides its business: which protocol, when, in what language, from which device.
///
/// Reading never fails: servers decide by policy what they insist on, and a strange `Date` is no reason to
/// refuse a form (openrosa.md 1.5, 8.2).
///
/// *Wire*: request headers, and the query arguments `deviceID` and `items`. *Spec*: OpenRosa HTTP, Request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preamble {
    /// `X-OpenRosa-Version`.
    pub version: Announced,
    /// `Date`, by the caller's clock; `None` where absent or past understanding.
    pub date: Option<SystemTime>,
    /// `Accept-Language`.
    pub accept_language: Option<AcceptLanguage>,
    /// `?deviceID=`, decoded.
    pub device_id: Option<String>,
    /// `?items=true`: the caller wants the envelope's `items` filled.
    pub items: bool,
}

impl Preamble {
    /// What the protocol requires: a version and the time.
    pub fn new(version: Version, now: SystemTime) -> Self {
        Self {
            version: Announced::Version(version),
            date: Some(now),
            accept_language: None,
            device_id: None,
            items: false,
        }
    }

    /// What a request said. Unknown query arguments are passed over, the first `deviceID` counts.
    pub fn read(request: &request::Parts) -> Self {
        let query = request.uri.query().unwrap_or_default();
        Self {
            version: Announced::read(&request.headers),
            date: headers::read_date(&request.headers),
            accept_language: AcceptLanguage::read(&request.headers),
            device_id: argument(query, "deviceID"),
            items: argument(query, "items").is_some_and(|value| value == "true"),
        }
    }

    /// Puts the headers into a request.
    pub fn write(&self, request: &mut HeaderMap) {
        if let Announced::Version(version) = self.version {
            request.insert(OPENROSA_VERSION, version.to_header());
        }
        if let Some(date) = self.date {
            request.insert(header::DATE, headers::write_date(date));
        }
        if let Some(language) = &self.accept_language {
            request.insert(header::ACCEPT_LANGUAGE, language.to_header());
        }
    }

    /// `uri` with the arguments of this preamble behind those it has; not a byte of the old ones changes.
    ///
    /// An argument the address already carries is left as it is. Fails where the outcome is no address,
    /// which takes an id of many thousand characters.
    pub fn address(&self, uri: &Uri) -> Result<Uri, http::Error> {
        let mut query = uri.query().unwrap_or_default().to_owned();
        if let Some(device_id) = &self.device_id {
            append(&mut query, "deviceID", device_id);
        }
        if self.items {
            append(&mut query, "items", "true");
        }
        with_query(uri, &query)
    }
}

/// A GET with these arguments, each appended unless the address has it.
pub(crate) fn get(
    preamble: &Preamble,
    uri: &Uri,
    arguments: &[(&str, &str)],
) -> Result<http::Request<()>, http::Error> {
    let mut query = uri.query().unwrap_or_default().to_owned();
    for (name, value) in arguments {
        append(&mut query, name, value);
    }
    let mut request = http::Request::new(());
    *request.uri_mut() = preamble.address(&with_query(uri, &query)?)?;
    preamble.write(request.headers_mut());
    Ok(request)
}

/// A GET that says what its address says and nothing else.
pub(crate) fn bare_get(
    uri: &Uri,
    arguments: &[(&str, Option<&str>)],
) -> Result<http::Request<()>, http::Error> {
    let mut query = uri.query().unwrap_or_default().to_owned();
    for (name, value) in arguments {
        if let Some(value) = value {
            append(&mut query, name, value);
        }
    }
    let mut request = http::Request::new(());
    *request.uri_mut() = with_query(uri, &query)?;
    Ok(request)
}

/// What every call to an endpoint of CommCare's says by headers. The device is named in one, not in the address: there an
/// argument that means nothing may mean something, as it does in a search.
pub(crate) fn write_commcare(preamble: &Preamble, sync_token: Option<&str>, headers: &mut HeaderMap) {
    preamble.write(headers);
    // What cannot stand in a header is told to nobody: no server of the field insists on either.
    for (name, value) in [(DEVICE_ID, preamble.device_id.as_deref()), (COMMCARE_SYNC_TOKEN, sync_token)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
}

/// The sync token that a request names in its header.
pub(crate) fn sync_token(headers: &HeaderMap) -> Option<String> {
    let token = headers.get(COMMCARE_SYNC_TOKEN)?;
    Some(String::from_utf8_lossy(token.as_bytes()).into_owned()).filter(|token| !token.is_empty())
}

/// The media type of a document.
pub(crate) const XML: &str = "text/xml; charset=utf-8";

/// An answer that is an XML document.
pub(crate) fn document(xml: String, now: SystemTime) -> http::Response<Bytes> {
    let mut answer = http::Response::new(Bytes::from(xml));
    let headers = answer.headers_mut();
    headers.insert(header::DATE, headers::write_date(now));
    headers.insert(OPENROSA_VERSION, Version::OPENROSA_1.to_header());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(XML));
    answer
}

/// How browsers send forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a body that is such a form; of any other there are none.
pub(crate) fn form(headers: &HeaderMap, body: &[u8]) -> impl Iterator<Item = (String, String)> {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let kind = kind.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    let is_form = kind.eq_ignore_ascii_case(FORM.as_bytes());
    let body = if is_form { String::from_utf8_lossy(body).into_owned() } else { String::new() };
    arguments(&body).collect::<Vec<_>>().into_iter()
}

/// Everything but RFC 3986's unreserved characters is escaped, a space as `%20`: `+` means a space only to
/// those who read queries as HTML forms.
pub(crate) const ARGUMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn append(query: &mut String, name: &str, value: &str) {
    if argument(query, name).is_none() {
        push(query, name, value);
    }
}

/// Adds an argument, also behind one of the same name.
pub(crate) fn push(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() && !query.ends_with('&') {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, ARGUMENT));
    query.push('=');
    query.extend(utf8_percent_encode(value, ARGUMENT));
}

/// The first argument of that name, decoded as HTML forms write it: `+` is a space.
pub(crate) fn argument(query: &str, name: &str) -> Option<String> {
    pairs(query).find_map(|(key, value)| (decoded(key) == name).then(|| decoded(value)))
}

/// The first argument of that name that says something.
fn filled(query: &str, name: &str) -> Option<String> {
    argument(query, name).filter(|value| !value.is_empty())
}

/// All arguments in their order, decoded.
pub(crate) fn arguments(query: &str) -> impl Iterator<Item = (String, String)> {
    pairs(query).map(|(key, value)| (decoded(key), decoded(value)))
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

pub(crate) fn with_query(uri: &Uri, query: &str) -> Result<Uri, http::Error> {
    if query.is_empty() {
        return Ok(uri.clone());
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{}?{query}", uri.path()))?);
    Ok(Uri::from_parts(parts)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn preamble() -> Preamble {
        Preamble::new(Version::OPENROSA_1, SystemTime::UNIX_EPOCH)
    }

    fn parts(uri: &Uri) -> request::Parts {
        http::Request::builder().uri(uri).body(()).unwrap().into_parts().0
    }

    /// every request carries `X-OpenRosa-Version: 1.0` exactly.
    /// every request carries `Date`.
    /// `Accept-Language` is sent when a language is configured, and only then.
    #[test]
    fn the_headers_are_written() {
        let mut headers = HeaderMap::new();
        preamble().write(&mut headers);
        assert_eq!(headers[OPENROSA_VERSION], "1.0");
        assert_eq!(headers[header::DATE], "Thu, 01 Jan 1970 00:00:00 GMT");
        assert!(!headers.contains_key(header::ACCEPT_LANGUAGE));

        let spoken = Preamble { accept_language: AcceptLanguage::new("sw, en;q=0.5"), ..preamble() };
        spoken.write(&mut headers);
        assert_eq!(headers[header::ACCEPT_LANGUAGE], "sw, en;q=0.5");
    }

    /// `deviceID` is added without disturbing existing arguments or their encoding.
    #[test]
    fn the_device_id_goes_behind_what_is_there() {
        let preamble = Preamble { device_id: Some("collect:AbC 12&3".to_owned()), ..preamble() };
        let address = |uri: &'static str| preamble.address(&Uri::from_static(uri)).unwrap().to_string();
        let device = "deviceID=collect%3AAbC%2012%263";
        assert_eq!(address("http://h/submission"), format!("http://h/submission?{device}"));
        assert_eq!(address("http://h/s?"), format!("http://h/s?{device}"));
        assert_eq!(
            address("http://h/s?st=a%2fb+c&x&y=%C3%A9&"),
            format!("http://h/s?st=a%2fb+c&x&y=%C3%A9&{device}")
        );
        assert_eq!(address("http://h/s?deviceID=mine"), "http://h/s?deviceID=mine");
    }

    #[test]
    fn items_are_asked_for_by_argument() {
        let wanting = Preamble { items: true, ..preamble() };
        let address = wanting.address(&Uri::from_static("http://h/s?a=1")).unwrap();
        assert_eq!(address, "http://h/s?a=1&items=true");
        assert!(Preamble::read(&parts(&address)).items);
        assert!(!Preamble::read(&parts(&Uri::from_static("http://h/s?items=false"))).items);
    }

    #[test]
    fn an_endless_device_id_is_an_error() {
        let preamble = Preamble { device_id: Some("x".repeat(70_000)), ..preamble() };
        assert!(preamble.address(&Uri::from_static("http://h/s")).is_err());
    }

    proptest! {
        /// ids of up to 249 characters, any Unicode, survive the query string.
        #[test]
        fn device_ids_survive_the_query(id in any::<Vec<char>>().prop_map(|id| id.into_iter().take(249).collect::<String>())) {
            let preamble = Preamble { device_id: Some(id.clone()), ..preamble() };
            let address = preamble.address(&Uri::from_static("https://h/a/b?x=%20&y")).unwrap();
            prop_assert!(address.query().unwrap_or_default().starts_with("x=%20&y&"));
            prop_assert_eq!(Preamble::read(&parts(&address)).device_id, Some(id));
        }
    }
}
