//! The heartbeat: a device says how it is, and hears which versions there are.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Uri, request};
use openrosa_xml::Timestamp;
use serde_json::{Map, Value, json};

use super::{argument, bare_get, filled};
use crate::headers;

/// How a device is.
///
/// *Wire*: GET with the arguments named below, and without a header of OpenRosa's. *Spec*: ota-restore.md 1.3, 1.10.
///
/// ```
/// use http::Uri;
/// use openrosa_http::api::heartbeat::Request;
///
/// let mut asked = Request::new("a1");
/// asked.num_unsent_forms = Some(3);
/// let request = asked.write(Some("commcare_1"), &Uri::from_static("https://hq.example/heartbeat/b1/"))?;
/// assert_eq!(request.uri().query(), Some("app_id=a1&device_id=commcare_1&app_version=-1&num_unsent_forms=3"));
/// assert_eq!(Request::read(&request.into_parts().0).num_unsent_forms, Some(3));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// `app_id`: of the app, not of its build.
    pub app_id: String,
    /// `device_id`; a client fills in its own.
    pub device_id: Option<String>,
    /// `app_version`; `None`, written `-1`, where it is not known.
    pub app_version: Option<u32>,
    /// `cc_version`: of the program that runs the app.
    pub cc_version: Option<String>,
    /// `num_unsent_forms`.
    pub num_unsent_forms: Option<u32>,
    /// `num_quarantined_forms`.
    pub num_quarantined_forms: Option<u32>,
    /// `last_sync_time`, ISO 8601.
    pub last_sync_time: Option<Timestamp<'static>>,
    /// `current_drift`: how far the clock is off, in the unit of the device.
    pub current_drift: Option<i64>,
    /// `max_drift_since_last_heartbeat`.
    pub max_drift_since_last_heartbeat: Option<i64>,
    /// `fcm_token`: where the device can be called.
    pub fcm_token: Option<String>,
    /// `fcm_token_time`, ISO 8601.
    pub fcm_token_time: Option<Timestamp<'static>>,
    /// `build_profile_id`: which of an app's builds it is, by languages and features.
    pub build_profile_id: Option<String>,
}

impl Request {
    /// A heartbeat of an app.
    pub fn new(app_id: impl Into<String>) -> Self {
        Self { app_id: app_id.into(), ..Self::default() }
    }

    /// What a request said. A number that is none is not there.
    pub fn read(request: &request::Parts) -> Self {
        fn number<N: std::str::FromStr>(query: &str, name: &str) -> Option<N> {
            argument(query, name)?.parse().ok()
        }
        let query = request.uri.query().unwrap_or_default();
        let moment = |name| filled(query, name).map(Timestamp::new);
        Self {
            app_id: argument(query, "app_id").unwrap_or_default(),
            device_id: filled(query, "device_id"),
            app_version: number(query, "app_version"),
            cc_version: filled(query, "cc_version"),
            num_unsent_forms: number(query, "num_unsent_forms"),
            num_quarantined_forms: number(query, "num_quarantined_forms"),
            last_sync_time: moment("last_sync_time"),
            current_drift: number(query, "current_drift"),
            max_drift_since_last_heartbeat: number(query, "max_drift_since_last_heartbeat"),
            fcm_token: filled(query, "fcm_token"),
            fcm_token_time: moment("fcm_token_time"),
            build_profile_id: filled(query, "build_profile_id"),
        }
    }

    /// The request as it goes out, from this device where the request names none.
    pub fn write(&self, device_id: Option<&str>, uri: &Uri) -> Result<http::Request<()>, http::Error> {
        let count = |number: Option<u32>| number.map(|number| number.to_string());
        let drift = |number: Option<i64>| number.map(|number| number.to_string());
        let moment = |at: &Option<Timestamp<'_>>| at.as_ref().map(|at| at.as_str().to_owned());
        let said = [
            ("app_id", Some(self.app_id.clone())),
            ("device_id", self.device_id.clone().or(device_id.map(str::to_owned))),
            ("app_version", Some(count(self.app_version).unwrap_or("-1".to_owned()))),
            ("cc_version", self.cc_version.clone()),
            ("num_unsent_forms", count(self.num_unsent_forms)),
            ("num_quarantined_forms", count(self.num_quarantined_forms)),
            ("last_sync_time", moment(&self.last_sync_time)),
            ("current_drift", drift(self.current_drift)),
            ("max_drift_since_last_heartbeat", drift(self.max_drift_since_last_heartbeat)),
            ("fcm_token", self.fcm_token.clone()),
            ("fcm_token_time", moment(&self.fcm_token_time)),
            ("build_profile_id", self.build_profile_id.clone()),
        ];
        bare_get(uri, &said.each_ref().map(|(name, value)| (*name, value.as_deref())))
    }
}

/// What the server wants of the device.
///
/// *Wire*: a JSON object; what is not in it is not wanted. *Spec*: ota-restore.md 1.10.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// `app_id`, echoed. A device passes over an answer that is about another app.
    pub app_id: Option<String>,
    /// `latest_apk_version`: of the program.
    pub latest_apk_version: Option<Latest>,
    /// `latest_ccz_version`: of the app.
    pub latest_ccz_version: Option<Latest>,
    /// `force_logs`: the device should send its log.
    pub force_logs: bool,
    /// `disable_background_work`.
    pub disable_background_work: bool,
    /// `report_integrity`: the device should have itself attested.
    pub report_integrity: bool,
}

/// A version to update to.
///
/// *Wire*: `{"value": "2.55.1", "force": true}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the object has these two members")]
pub struct Latest {
    /// The version, as text even where it is a number.
    pub value: String,
    /// Whether work is not to go on without it.
    pub force: bool,
}

impl Response {
    /// The object, as far as it can be understood; `None` for what is no object. Yes is `true`, as a text, too.
    pub fn read(body: &[u8]) -> Option<Self> {
        let said: Value = serde_json::from_slice(body).ok()?;
        let said = said.as_object()?;
        Some(Self {
            app_id: said.get("app_id").and_then(Value::as_str).map(str::to_owned),
            latest_apk_version: said.get("latest_apk_version").and_then(Latest::read),
            latest_ccz_version: said.get("latest_ccz_version").and_then(Latest::read),
            force_logs: is_true(said.get("force_logs")),
            disable_background_work: is_true(said.get("disable_background_work")),
            report_integrity: is_true(said.get("report_integrity")),
        })
    }

    /// The answer as it goes out.
    pub fn write(&self, now: SystemTime) -> http::Response<Bytes> {
        let mut said = Map::new();
        let latest = |latest: &Option<Latest>| latest.as_ref().map(Latest::write);
        let yes = |flag: bool| flag.then_some(Value::Bool(true));
        for (name, value) in [
            ("app_id", self.app_id.clone().map(Value::String)),
            ("latest_apk_version", latest(&self.latest_apk_version)),
            ("latest_ccz_version", latest(&self.latest_ccz_version)),
            ("force_logs", yes(self.force_logs)),
            ("disable_background_work", yes(self.disable_background_work)),
            ("report_integrity", yes(self.report_integrity)),
        ] {
            said.extend(value.map(|value| (name.to_owned(), value)));
        }
        let mut answer = http::Response::new(Bytes::from(Value::Object(said).to_string()));
        answer.headers_mut().insert(header::DATE, headers::write_date(now));
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer
    }
}

impl Latest {
    fn read(said: &Value) -> Option<Self> {
        let value = match said.get("value")? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(Self { value, force: is_true(said.get("force")) })
    }

    fn write(&self) -> Value {
        match self.force {
            true => json!({ "value": self.value, "force": true }),
            false => json!({ "value": self.value }),
        }
    }
}

fn is_true(said: Option<&Value>) -> bool {
    match said {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_reads_back_and_says_nothing_of_openrosa() {
        let asked = Request {
            app_id: "a&1".to_owned(),
            device_id: Some("d".to_owned()),
            app_version: Some(7),
            cc_version: Some("2.65".to_owned()),
            num_unsent_forms: Some(3),
            num_quarantined_forms: Some(0),
            last_sync_time: Some(Timestamp::new("2024-02-02T10:00:00.000+02")),
            current_drift: Some(-5),
            max_drift_since_last_heartbeat: Some(12),
            fcm_token: Some("f:1".to_owned()),
            fcm_token_time: Some(Timestamp::new("2024-02-01T10:00:00Z")),
            build_profile_id: Some("p".to_owned()),
        };
        let request = asked.write(None, &Uri::from_static("https://hq.example/heartbeat/b/")).unwrap();
        assert!(request.headers().is_empty());
        assert_eq!(Request::read(&request.into_parts().0), asked);
    }

    #[test]
    fn an_app_without_a_version_says_so() {
        let request = Request::new("a").write(Some("d"), &Uri::from_static("https://hq.example/h/")).unwrap();
        assert_eq!(request.uri().query(), Some("app_id=a&device_id=d&app_version=-1"));
        assert_eq!(Request::read(&request.into_parts().0).app_version, None);
    }

    #[test]
    fn an_answer_is_read_as_far_as_it_goes() {
        let answer = Response::read(
            br#"{"app_id": "a", "latest_apk_version": {"value": "2.55.1", "force": "true"}, "x": [],
                "latest_ccz_version": {"value": 12, "force": false}, "force_logs": true, "report_integrity": "yes"}"#,
        )
        .unwrap();
        assert_eq!(answer.app_id.as_deref(), Some("a"));
        assert_eq!(answer.latest_apk_version, Some(Latest { value: "2.55.1".to_owned(), force: true }));
        assert_eq!(answer.latest_ccz_version, Some(Latest { value: "12".to_owned(), force: false }));
        assert!(answer.force_logs && !answer.report_integrity && !answer.disable_background_work);
        let odd = br#"{"app_id": 1, "latest_apk_version": "2.55", "latest_ccz_version": {"value": null}}"#;
        assert_eq!(Response::read(odd), Some(Response::default()));
        for none in ["", "[]", "<html/>", "null"] {
            assert_eq!(Response::read(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn an_answer_reads_back_as_it_was_written() {
        let answer = Response {
            app_id: Some("a".to_owned()),
            latest_apk_version: Some(Latest { value: "2.55.1".to_owned(), force: true }),
            latest_ccz_version: Some(Latest { value: "12".to_owned(), force: false }),
            disable_background_work: true,
            ..Response::default()
        };
        let written = answer.write(SystemTime::UNIX_EPOCH);
        assert_eq!(written.headers()["Content-Type"], "application/json");
        assert_eq!(Response::read(written.body()), Some(answer));
        assert_eq!(Response::default().write(SystemTime::UNIX_EPOCH).body(), "{}");
    }
}
