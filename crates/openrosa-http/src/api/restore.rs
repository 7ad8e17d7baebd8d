//! The restore: all transactions that a device lacks, for one user (OTA restore).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{StatusCode, Uri, request, response};
use openrosa_xml::restore::Version;
use openrosa_xml::xml::{Element, Name, decode};
use openrosa_xml::{Envelope, StateHash, WriteError, ns};

use super::submission::Response;
use super::{Preamble, argument, bare_get, filled, write_commcare};
use crate::headers::{self as openrosa, Announced, OPENROSA_VERSION, RetryAfter};

/// What a device asks of a restore.
///
/// `since` alone makes it incremental. The device repeats it in a header, which servers pass over here; so does
/// [`read`](Self::read).
///
/// *Wire*: GET with the arguments named below, in the order in which a device writes them. *Spec*: ota-restore.md 1.2, 1.3.
///
/// ```
/// use std::time::SystemTime;
/// use http::Uri;
/// use openrosa_http::{api::{Preamble, restore::Request}, headers::Version};
/// use openrosa_xml::StateHash;
///
/// let mut preamble = Preamble::new(Version::COMMCARE_3, SystemTime::now());
/// preamble.device_id = Some("commcare_1".to_owned());
/// let asked = Request { user_id: Some("u1".to_owned()), ..Request::new() }
///     .holding("0f3c", &StateHash::from_digest("409c"));
/// let request = asked.write(&preamble, &Uri::from_static("https://hq.example/a/demo/phone/restore/"))?;
/// assert_eq!(
///     request.uri().query(),
///     Some("version=2.0&device_id=commcare_1&user_id=u1&since=0f3c&state=ccsh%3A409c&items=true"),
/// );
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "these are the arguments that servers know")]
pub struct Request {
    /// `version` of the payload, as written; [`payload`](Self::payload) says which that is.
    pub version: Option<String>,
    /// `device_id`; a client fills in its own.
    pub device_id: Option<String>,
    /// `user_id`: the user must still have it, or the answer is 412.
    pub user_id: Option<String>,
    /// `since`: the token of the restore before. A blank one is none.
    pub since: Option<String>,
    /// `state`: the hash of the cases held, as written. It goes out only together with `since`.
    pub state: Option<String>,
    /// `items=true`: the root is to say how many items there are.
    pub items: bool,
    /// `as`: for another user, `name@domain.commcarehq.org`.
    pub login_as: Option<String>,
    /// `overwrite_cache=true`: made anew, whatever the server has ready.
    pub overwrite_cache: bool,
    /// `skip_fixtures=true`: cases only. Nothing is skipped without `since`.
    pub skip_fixtures: bool,
    /// `openrosa_version`, as written: which version is spoken where no header says it, as of tools whose headers are not
    /// theirs to set. Devices never send it.
    pub openrosa_version: Option<String>,
}

impl Request {
    /// What a device asks at first: version 2.0, with `items`.
    pub fn new() -> Self {
        Self { version: Some("2.0".to_owned()), items: true, ..Self::default() }
    }

    /// Asks for what is new since a restore, given what is held by now.
    #[must_use]
    pub fn holding(self, token: impl Into<String>, state: &StateHash) -> Self {
        Self { since: Some(token.into()), state: Some(state.to_string()), ..self }
    }

    /// Asks the same of a server that is to know nothing of this device.
    #[must_use]
    pub fn from_scratch(self) -> Self {
        Self { since: None, state: None, ..self }
    }

    /// The version wanted: 2.0 where nothing is said. `None` for one that does not exist.
    pub fn payload(&self) -> Option<Version> {
        match self.version.as_deref() {
            Some("1.0") => Some(Version::V1),
            None | Some("2.0") => Some(Version::V2),
            Some("3.0") => Some(Version::V3),
            Some(_) => None,
        }
    }

    /// The version of OpenRosa that is spoken, by the header or else by the address.
    pub fn spoken(&self, headers: &HeaderMap) -> Announced {
        match (Announced::read(headers), self.openrosa_version.as_deref()) {
            (Announced::Absent, Some(version)) => {
                openrosa::Version::parse(version).map_or(Announced::Unreadable, Announced::Version)
            }
            (said, _) => said,
        }
    }

    /// What a request asked. Flags are on for `true` to the letter; unknown arguments are passed over.
    pub fn read(request: &request::Parts) -> Self {
        let query = request.uri.query().unwrap_or_default();
        let is_on = |name| argument(query, name).is_some_and(|value| value == "true");
        Self {
            version: filled(query, "version"),
            device_id: filled(query, "device_id"),
            user_id: filled(query, "user_id"),
            since: filled(query, "since"),
            state: filled(query, "state"),
            items: is_on("items"),
            login_as: filled(query, "as"),
            overwrite_cache: is_on("overwrite_cache"),
            skip_fixtures: is_on("skip_fixtures"),
            openrosa_version: filled(query, "openrosa_version"),
        }
    }

    /// The request as it goes out. What the address says already is left as it is there.
    pub fn write(&self, preamble: &Preamble, uri: &Uri) -> Result<http::Request<()>, http::Error> {
        let since = self.since.as_deref().filter(|token| !token.is_empty());
        let said = [
            ("version", self.version.as_deref()),
            ("device_id", self.device_id.as_deref().or(preamble.device_id.as_deref())),
            ("user_id", self.user_id.as_deref()),
            ("since", since),
            ("state", since.and(self.state.as_deref())),
            ("items", self.items.then_some("true")),
            ("as", self.login_as.as_deref()),
            ("overwrite_cache", self.overwrite_cache.then_some("true")),
            ("skip_fixtures", self.skip_fixtures.then_some("true")),
            ("openrosa_version", self.openrosa_version.as_deref()),
        ];
        let mut request = bare_get(uri, &said)?;
        write_commcare(preamble, since, request.headers_mut());
        Ok(request)
    }
}

/// The head of the answer that brings a restore, and how many bytes it has where that is known.
///
/// A length, or chunks, are what shows the peer that a restore was cut: many devices do not see it by the XML (T-01).
///
/// *Wire*: 200. *Spec*: ota-restore.md 1.5.
pub fn write_head(length: Option<u64>, now: SystemTime) -> http::Response<()> {
    let mut answer = http::Response::new(());
    let headers = answer.headers_mut();
    headers.insert(header::DATE, openrosa::write_date(now));
    headers.insert(OPENROSA_VERSION, openrosa::Version::OPENROSA_1.to_header());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(super::XML));
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    answer
}

/// The answer to a device whose state is not what the server thinks it is: it should start over, without `since`.
///
/// *Wire*: 412, nature `ota_restore_error`. *Spec*: ota-restore.md 1.6. Other refusals have no envelope:
/// [`Response::plain`].
pub fn gone_astray(message: impl Into<String>) -> Response {
    let envelope = Envelope::new(message.into()).with_nature("ota_restore_error");
    Response::new(StatusCode::PRECONDITION_FAILED, envelope)
}

/// The restore is being made; the same request is to be repeated.
///
/// *Wire*: 202, `Retry-After`, and an envelope with `progress`. *Spec*: ota-restore.md 1.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "when to come again, and how far it is")]
pub struct Pending {
    /// When to ask again: after a second at least, in whole seconds.
    pub after: Duration,
    /// How far it is.
    pub progress: Progress,
}

/// How far a restore has been made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is no more to it")]
pub struct Progress {
    /// Cases that are ready.
    pub done: u64,
    /// Cases in all; 0 as long as that is not known.
    pub total: u64,
}

/// A 202 that does not say what it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PendingError {
    /// `Retry-After` is absent, zero, a date, or no number.
    #[error("`Retry-After` is no number of seconds above zero")]
    RetryAfter,
    /// There is no `progress` in the body, or its `done` and `total` are no numbers.
    #[error("there is no `progress` with `done` and `total`")]
    Progress,
}

impl Pending {
    /// What a 202 says, read as devices do: by the header, and by the first `progress` below the root, wherever that is.
    pub fn read(answer: &response::Parts, body: &[u8]) -> Result<Self, PendingError> {
        let after = seconds(&answer.headers).ok_or(PendingError::RetryAfter)?;
        let progress = Progress::read(body).ok_or(PendingError::Progress)?;
        Ok(Self { after, progress })
    }

    /// The answer as it goes out. Less than a second becomes one, at which a device would fail.
    pub fn write(&self, message: &str, now: SystemTime) -> Result<http::Response<Bytes>, WriteError> {
        let seconds = self.after.as_secs().max(1);
        let name = |local: &'static str| Name::in_namespace(ns::SYNC, local);
        let progress = Element::new(name("progress"))
            .with_attribute("done", self.progress.done.to_string())
            .with_attribute("total", self.progress.total.to_string())
            .with_attribute("retry-after", seconds.to_string());
        let envelope = Envelope::new(message.to_owned())
            .with_nature("ota_restore_pending")
            .with_payload(Element::new(name("Sync")).with_child(progress));
        let mut response = Response::new(StatusCode::ACCEPTED, envelope);
        response.retry_after = Some(RetryAfter::Delay(Duration::from_secs(seconds)));
        response.write(now)
    }
}

/// Neither a date nor a fraction is for this header here: no device understands one.
fn seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    openrosa::number(text.trim()).filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

impl Progress {
    fn read(body: &[u8]) -> Option<Self> {
        let text = decode(body).ok()?;
        let root = Element::read(&text).ok()?;
        let progress = first_below(&root, "progress")?;
        let number = |name| progress.attribute(name)?.trim().parse().ok();
        Some(Self { done: number("done")?, total: number("total")? })
    }
}

/// The first element of that name in document order, whatever its namespace and the case of its letters.
fn first_below<'e>(root: &'e Element<'_>, local: &str) -> Option<&'e Element<'e>> {
    let mut ahead: Vec<_> = root.elements().collect();
    ahead.reverse();
    while let Some(element) = ahead.pop() {
        if element.name.local_name().eq_ignore_ascii_case(local) {
            return Some(element);
        }
        let below = ahead.len();
        ahead.extend(element.elements());
        ahead[below..].reverse();
    }
    None
}

#[cfg(test)]
mod tests;
