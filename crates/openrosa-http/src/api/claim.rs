//! Case claim: a user takes a case that was found by a search, so that it comes with the next restore.

use http::header::{self, HeaderMap, HeaderValue};
use http::{StatusCode, Uri, request};
use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::submission::Response;
use super::{ARGUMENT, FORM, Preamble, form, push, sync_token, write_commcare};

/// Which cases are claimed.
///
/// *Wire*: POST of a form with `case_id`, once for each, `case_type`, `case_name`, and `commcare_login_as`, which is escaped
/// twice. *Spec*: ota-restore.md 1.10.
///
/// ```
/// use std::time::SystemTime;
/// use http::Uri;
/// use openrosa_http::{api::{Preamble, claim::Request}, headers::Version};
///
/// let preamble = Preamble::new(Version::COMMCARE_3, SystemTime::now());
/// let request = Request::new(["c1", "c2"]).write(&preamble, &Uri::from_static("https://hq.example/claim-case/"));
/// assert_eq!(request.body(), "case_id=c1&case_id=c2");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// `case_id`: one at least.
    pub case_ids: Vec<String>,
    /// `case_type`.
    pub case_type: Option<String>,
    /// `case_name`.
    pub case_name: Option<String>,
    /// `commcare_login_as`: for another user.
    pub login_as: Option<String>,
    /// `X-CommCareHQ-LastSyncToken`: by it the server knows whether the device has the cases already.
    pub sync_token: Option<String>,
}

impl Request {
    /// Claims these cases.
    pub fn new<I: Into<String>>(case_ids: impl IntoIterator<Item = I>) -> Self {
        Self { case_ids: case_ids.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// What a request claims. An empty id is none.
    pub fn read(request: &request::Parts, body: &[u8]) -> Self {
        let mut claimed = Self { sync_token: sync_token(&request.headers), ..Self::default() };
        for (name, value) in form(&request.headers, body).filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "case_id" => claimed.case_ids.push(value),
                "case_type" => claimed.case_type = Some(value),
                "case_name" => claimed.case_name = Some(value),
                "commcare_login_as" => {
                    claimed.login_as = Some(percent_decode_str(&value).decode_utf8_lossy().into_owned());
                }
                _ => {}
            }
        }
        claimed
    }

    /// The request as it goes out.
    pub fn write(&self, preamble: &Preamble, uri: &Uri) -> http::Request<String> {
        let mut body = String::new();
        for id in &self.case_ids {
            push(&mut body, "case_id", id);
        }
        let login_as = self.login_as.as_deref().map(|name| utf8_percent_encode(name, ARGUMENT).to_string());
        let said = [
            ("case_type", self.case_type.as_deref()),
            ("case_name", self.case_name.as_deref()),
            ("commcare_login_as", login_as.as_deref()),
        ];
        for (name, value) in said {
            if let Some(value) = value {
                push(&mut body, name, value);
            }
        }
        let mut request = http::Request::post(uri.clone()).body(body).unwrap_or_default();
        let headers: &mut HeaderMap = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
        write_commcare(preamble, self.sync_token.as_deref(), headers);
        request
    }
}

/// What a claim came to, where it is no refusal.
///
/// *Wire*: the status alone. *Spec*: ota-restore.md 1.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "these are the successes that servers have had")]
pub enum Answer {
    /// 201, and 200 of older servers: something was claimed, or the device lacks some of what it has.
    Claimed,
    /// 204: the device has all of it.
    NothingToFetch,
    /// 409 of older servers: it was claimed before. Whether the device has it is not said.
    AlreadyClaimed,
}

impl Answer {
    /// `None` for a refusal: 400 where no id was given, 410 where one is not known.
    pub fn read(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::OK | StatusCode::CREATED => Some(Self::Claimed),
            StatusCode::NO_CONTENT => Some(Self::NothingToFetch),
            StatusCode::CONFLICT => Some(Self::AlreadyClaimed),
            _ => None,
        }
    }

    /// The answer as servers give it today, where 409 has become 204.
    pub fn response(self) -> Response {
        let status = match self {
            Self::Claimed => StatusCode::CREATED,
            Self::NothingToFetch | Self::AlreadyClaimed => StatusCode::NO_CONTENT,
        };
        Response::plain(status, "")
    }

    /// Whether the device should ask for a restore.
    pub fn wants_sync(self) -> bool {
        self != Self::NothingToFetch
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::headers::Version;

    fn written(claimed: &Request) -> http::Request<String> {
        let mut preamble = Preamble::new(Version::COMMCARE_3, SystemTime::UNIX_EPOCH);
        preamble.device_id = Some("d".to_owned());
        claimed.write(&preamble, &Uri::from_static("https://hq.example/claim-case/?x=1"))
    }

    #[test]
    fn a_claim_is_a_form_and_reads_back() {
        let claimed = Request {
            case_ids: vec!["c 1".to_owned(), "c&2".to_owned()],
            case_type: Some("song".to_owned()),
            case_name: Some("Tüne + 50%".to_owned()),
            login_as: Some("zoë+1@demo.commcarehq.org".to_owned()),
            sync_token: Some("0f3c".to_owned()),
        };
        let request = written(&claimed);
        assert_eq!((request.method().as_str(), request.uri().query()), ("POST", Some("x=1")));
        assert_eq!(request.headers()["Content-Type"], "application/x-www-form-urlencoded");
        assert_eq!(request.headers()["X-CommCareHQ-LastSyncToken"], "0f3c");
        assert_eq!(request.headers()["X-OpenRosa-DeviceID"], "d");
        let as_form = "commcare_login_as=zo%25C3%25AB%252B1%2540demo.commcarehq.org";
        assert!(request.body().ends_with(as_form), "{}", request.body());
        let (parts, body) = request.into_parts();
        assert_eq!(Request::read(&parts, body.as_bytes()), claimed);
    }

    #[test]
    fn an_empty_claim_claims_nothing() {
        let (parts, body) = written(&Request::new([""; 1])).into_parts();
        assert_eq!(body, "case_id=");
        assert_eq!(Request::read(&parts, body.as_bytes()), Request::default());
    }

    #[test]
    fn what_a_claim_came_to_is_told_by_the_status() {
        let read = |status| Answer::read(StatusCode::from_u16(status).unwrap());
        assert_eq!(read(201), Some(Answer::Claimed));
        assert_eq!(read(204), Some(Answer::NothingToFetch));
        assert_eq!(read(200), Some(Answer::Claimed));
        assert_eq!(read(409), Some(Answer::AlreadyClaimed));
        for refused in [202, 302, 400, 401, 403, 404, 410, 500, 503] {
            assert_eq!(read(refused), None, "{refused}");
        }
        for (answer, status, wants_sync) in [
            (Answer::Claimed, 201, true),
            (Answer::NothingToFetch, 204, false),
            (Answer::AlreadyClaimed, 204, true),
        ] {
            assert_eq!((answer.response().status.as_u16(), answer.wants_sync()), (status, wants_sync));
        }
    }
}
