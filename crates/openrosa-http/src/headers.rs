//! The headers OpenRosa adds to HTTP, as types.

#[cfg(feature = "client")]
pub mod location;

use std::cell::RefCell;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// `X-OpenRosa-Version`. CommCare HQ misspells it in answers (openrosa.md 1.5): to a strict client it has none.
pub const OPENROSA_VERSION: HeaderName = HeaderName::from_static("x-openrosa-version");
/// `X-OpenRosa-Accept-Content-Length`.
pub const ACCEPT_CONTENT_LENGTH: HeaderName = HeaderName::from_static("x-openrosa-accept-content-length");
/// `X-OpenRosa-DeviceID`, by which CommCare's devices name themselves (ota-restore.md 1.3).
pub const DEVICE_ID: HeaderName = HeaderName::from_static("x-openrosa-deviceid");
/// `X-CommCareHQ-LastSyncToken`: what the device had of the server when it made what it sends (ota-restore.md 1.9).
pub const COMMCARE_SYNC_TOKEN: HeaderName = HeaderName::from_static("x-commcarehq-lastsynctoken");
/// `X-CommCareHQ-FormID`: the id under which CommCare HQ holds what it was sent (openrosa.md 2.8).
pub const COMMCARE_FORM_ID: HeaderName = HeaderName::from_static("x-commcarehq-formid");

/// A protocol version as `X-OpenRosa-Version` writes it.
///
/// Only `1.0` is OpenRosa's own; everything above is CommCare's (openrosa.md 1.5), and ODK Central answers
/// 400 to it.
///
/// ```
/// use openrosa_http::headers::Version;
///
/// assert_eq!(Version::default().to_string(), "1.0");
/// assert!(Version::parse("2.1") < Some(Version::COMMCARE_3));
/// assert_eq!(Version::parse("latest"), None);
/// ```
///
/// *Wire*: every request and every answer. *Spec*: OpenRosa HTTP, Request Headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u16,
    minor: u16,
}

impl Version {
    /// `1.0`: what everybody speaks.
    pub const OPENROSA_1: Self = Self::new(1, 0);
    /// `2.0`: asks CommCare HQ to answer 202 while a restore is prepared; what its server-side devices say.
    pub const COMMCARE_2: Self = Self::new(2, 0);
    /// `3.0`: asks CommCare HQ to tell by 422 what it could not process.
    pub const COMMCARE_3: Self = Self::new(3, 0);

    /// The version `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Reads `major.minor`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.trim().split_once('.')?;
        Some(Self::new(number(major)?, number(minor)?))
    }

    /// The header's value.
    pub fn to_header(self) -> HeaderValue {
        match self {
            Self::OPENROSA_1 => HeaderValue::from_static("1.0"),
            _ => HeaderValue::from_str(&self.to_string()).expect("digits and a dot are a header value"),
        }
    }
}

/// Digits only: `parse` alone would take a leading `+`.
pub(crate) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl Default for Version {
    fn default() -> Self {
        Self::OPENROSA_1
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What a peer said about its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a header is there or not, and reads or not")]
pub enum Announced {
    /// No header: on an answer perhaps no OpenRosa server at all.
    #[default]
    Absent,
    /// A header that is no version.
    Unreadable,
    /// A version.
    Version(Version),
}

impl Announced {
    /// Reads `X-OpenRosa-Version`.
    pub fn read(headers: &HeaderMap) -> Self {
        match headers.get(OPENROSA_VERSION) {
            None => Self::Absent,
            Some(value) => text(value).and_then(Version::parse).map_or(Self::Unreadable, Self::Version),
        }
    }
}

/// The largest body a server says it takes, in octets.
///
/// *Wire*: `X-OpenRosa-Accept-Content-Length` on answers of the submission URL. *Spec*: OpenRosa Form
/// Submission, Response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "a number with a name")]
pub struct AcceptLength(pub u64);

impl AcceptLength {
    /// What ODK Collect assumes where a server says nothing, or nothing it can read.
    pub const DEFAULT: Self = Self(10_000_000);

    /// `None` without the header; the default where its value is no decimal number.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(ACCEPT_CONTENT_LENGTH)?;
        Some(text(value).map(str::trim).and_then(number).map_or(Self::DEFAULT, Self))
    }

    /// The header's value.
    pub fn to_header(self) -> HeaderValue {
        HeaderValue::from(self.0)
    }
}

impl Default for AcceptLength {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A language preference, exactly as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptLanguage(HeaderValue);

impl AcceptLanguage {
    /// `None` for text that cannot stand in a header.
    pub fn new(text: &str) -> Option<Self> {
        HeaderValue::from_str(text).ok().map(Self)
    }

    /// Reads `Accept-Language`.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        headers.get(header::ACCEPT_LANGUAGE).cloned().map(Self)
    }

    /// The header's value.
    pub fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// Writes a `Date`: RFC 1123, GMT, 24-hour clock, English names.
///
/// A clock outside the years 1970 to 9999 is pulled to their edge; a wrong clock is no reason to lose a form.
pub fn write_date(at: SystemTime) -> HeaderValue {
    const LAST_SECOND_OF_9999: u64 = 253_402_300_799;
    thread_local! {
        /// The second that was written last. Messages come by the hundred in one.
        static LAST: RefCell<Option<(u64, HeaderValue)>> = const { RefCell::new(None) };
    }
    let second =
        at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs().min(LAST_SECOND_OF_9999);
    LAST.with_borrow_mut(|last| match last {
        Some((of, written)) if *of == second => written.clone(),
        _ => {
            let text = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(second));
            let written = HeaderValue::from_str(&text).expect("an HTTP date is a header value");
            last.insert((second, written)).1.clone()
        }
    })
}

/// Reads a `Date`, as far as it can be read: `None` is never a reason to refuse a message (openrosa.md 8.2).
///
/// `UTC` is taken for `GMT`, as KoBoToolbox writes it.
pub fn read_date(headers: &HeaderMap) -> Option<SystemTime> {
    parse_date(text(headers.get(header::DATE)?)?)
}

/// The `charset` of a content type.
pub(crate) fn charset(headers: &HeaderMap) -> Option<&str> {
    let mut parameters = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').skip(1);
    parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

pub(crate) fn parse_date(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    let gmt = text.strip_suffix("UTC").map(|start| format!("{start}GMT"));
    httpdate::parse_http_date(gmt.as_deref().unwrap_or(text)).ok()
}

/// When a server wants to be asked again.
///
/// *Wire*: `Retry-After`, with 429 and 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 9110, 10.2.3 has these two forms")]
pub enum RetryAfter {
    /// So long from now.
    Delay(Duration),
    /// Not before this moment.
    At(SystemTime),
}

impl RetryAfter {
    /// `None` without the header, or where its value is neither seconds nor a date. A fraction of a second counts as a whole one:
    /// the APIs of CommCare HQ give such waits (commcare-hq-api.md 6.3).
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let text = text(headers.get(header::RETRY_AFTER)?)?.trim();
        Self::delay(text).or_else(|| parse_date(text).map(Self::At))
    }

    /// As computers write a number, `3e-05` too; more seconds than can be counted are as many as can.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what begins with a digit is not below zero"
    )]
    fn delay(text: &str) -> Option<Self> {
        let seconds: f64 =
            text.parse().ok().filter(|_| text.starts_with(|first: char| first.is_ascii_digit()))?;
        Some(Self::Delay(Duration::from_secs(seconds.ceil() as u64)))
    }

    /// The same by the clock of who wrote it: a date is held against the `Date` of the same answer, so that it does not matter
    /// how far the clock here is off.
    #[must_use]
    pub fn since(self, date: Option<SystemTime>) -> Self {
        match (self, date) {
            (Self::At(_), Some(date)) => Self::Delay(self.from_now(date)),
            _ => self,
        }
    }

    /// How long that is from `now`; a moment gone by is no wait.
    pub fn from_now(self, now: SystemTime) -> Duration {
        match self {
            Self::Delay(delay) => delay,
            Self::At(moment) => moment.duration_since(now).unwrap_or_default(),
        }
    }

    /// How long the server is to be left alone from `now` on: as long as it wants, but for a second at least and for a day at
    /// most, as a date that is wrong should keep nobody from it for years.
    pub fn wait(self, now: SystemTime) -> Duration {
        Self::within_bounds(self.from_now(now))
    }

    /// The bounds of what a server may ask for (commcare-hq-api.md 6.3).
    pub(crate) fn within_bounds(wait: Duration) -> Duration {
        wait.clamp(Duration::from_secs(1), Duration::from_secs(24 * 60 * 60))
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_bytes(value.as_bytes()).unwrap())])
    }

    /// R-001: written `1.0`, character for character; `3.0` for CommCare.
    #[test]
    fn versions_are_written_as_the_field_writes_them() {
        assert_eq!(Version::default().to_header(), "1.0");
        assert_eq!(Version::COMMCARE_3.to_header(), "3.0");
    }

    #[test]
    fn versions_that_are_none_do_not_read() {
        for text in ["", "1", "1.", ".0", "x", "+1.0", "1.0.0", "-1.0", "99999.0"] {
            assert_eq!(Announced::read(&headers(OPENROSA_VERSION, text)), Announced::Unreadable, "{text}");
        }
        assert_eq!(
            Announced::read(&headers(OPENROSA_VERSION, " 2.1")),
            Announced::Version(Version::new(2, 1))
        );
        assert_eq!(Announced::read(&HeaderMap::new()), Announced::Absent);
    }

    /// R-006: the accept length is read as decimal; a bad number is ten million.
    #[test]
    fn a_bad_accept_length_is_the_default() {
        let read = |text| AcceptLength::read(&headers(ACCEPT_CONTENT_LENGTH, text));
        assert_eq!(read("100000000"), Some(AcceptLength(100_000_000)));
        assert_eq!(read(" 5 "), Some(AcceptLength(5)));
        for bad in ["", "10 MB", "-1", "+1", "1e7", "0x10", "99999999999999999999", "\u{e9}"] {
            assert_eq!(read(bad), Some(AcceptLength(10_000_000)), "{bad}");
        }
        assert_eq!(AcceptLength::read(&HeaderMap::new()), None);
    }

    /// R-002: IMF-fixdate, GMT, 24-hour clock, English names.
    #[test]
    fn dates_are_written_in_the_fixed_form() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(write_date(at(1_297_702_095)), "Mon, 14 Feb 2011 16:48:15 GMT");
        assert_eq!(write_date(at(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(write_date(at(u32::MAX.into()) + Duration::MAX / 4), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(write_date(at(0) - Duration::from_secs(9)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn dates_of_the_field_are_read_as_far_as_they_go() {
        let moment = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_297_702_095));
        let read = |text| read_date(&headers(header::DATE, text));
        assert_eq!(read("Mon, 14 Feb 2011 16:48:15 GMT"), moment);
        assert_eq!(read("Mon, 14 Feb 2011 16:48:15 UTC"), moment);
        assert_eq!(read("lun., 14 févr. 2011 16:48:15 GMT"), None);
        assert_eq!(read(""), None);
    }

    /// R-026: a date counts from that of the answer.
    #[test]
    fn a_date_to_wait_for_is_by_the_clock_of_who_wrote_it() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let after = RetryAfter::At(at(1000));
        assert_eq!(after.since(Some(at(970))), RetryAfter::Delay(Duration::from_secs(30)));
        assert_eq!(after.since(Some(at(1001))), RetryAfter::Delay(Duration::ZERO));
        assert_eq!(after.since(None), after);
        let delay = RetryAfter::Delay(Duration::from_secs(5));
        assert_eq!(delay.since(Some(at(970))), delay);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_297_702_000);
        let wait =
            |text| RetryAfter::read(&headers(header::RETRY_AFTER, text)).map(|after| after.from_now(now));
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(wait("Mon, 14 Feb 2011 16:48:15 GMT"), Some(Duration::from_secs(95)));
        assert_eq!(wait("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("99999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for none in ["soon", "", "-5", "+5", ".5", "inf", "NaN", "1.5 s", "1,5", "0x10"] {
            assert_eq!(wait(none), None, "{none}");
        }
    }

    /// H-014: a fraction of a second is rounded up, however it is written.
    #[test]
    fn a_fraction_of_a_second_is_a_whole_one() {
        let delay = |text| RetryAfter::read(&headers(header::RETRY_AFTER, text));
        for (text, seconds) in
            [("2.4", 3), ("0.01", 1), ("3e-05", 1), ("1.0", 1), ("0.0", 0), ("86399.5", 86_400)]
        {
            assert_eq!(delay(text), Some(RetryAfter::Delay(Duration::from_secs(seconds))), "{text}");
        }
    }

    /// R-026: a second at least and a day at most.
    #[test]
    fn a_server_is_left_alone_within_bounds() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_297_702_000);
        let wait = |text| RetryAfter::read(&headers(header::RETRY_AFTER, text)).unwrap().wait(now).as_secs();
        assert_eq!(["0", "0.3", "90", "86401", "1e300"].map(wait), [1, 1, 90, 86_400, 86_400]);
        assert_eq!(["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 2065 00:00:00 GMT"].map(wait), [1, 86_400]);
    }
}
