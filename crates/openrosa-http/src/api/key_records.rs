//! The key server: the keys with which a device locks what one user has on it.

use std::time::SystemTime;

use bytes::Bytes;
use http::{Uri, request};
use openrosa_xml::{KeyRecords, ReadError, Timestamp, WriteError, xml::decode};

use super::{bare_get, document, filled};

/// Which keys are asked for.
///
/// *Wire*: GET with the arguments `device_id`, `last_issued` and `as`, and without a header of OpenRosa's. *Spec*:
/// ota-restore.md 1.3, 2.12.
///
/// ```
/// use http::Uri;
/// use openrosa_http::api::key_records::Request;
/// use openrosa_xml::Timestamp;
///
/// let asked = Request { last_issued: Some(Timestamp::new("2024-02-02T10:00:00Z")), ..Request::default() };
/// let request = asked.write(Some("commcare_1"), &Uri::from_static("https://hq.example/keys/"))?;
/// assert_eq!(request.uri().query(), Some("device_id=commcare_1&last_issued=2024-02-02T10%3A00%3A00Z"));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "these are the arguments that servers know")]
pub struct Request {
    /// `device_id`; a client fills in its own.
    pub device_id: Option<String>,
    /// `last_issued`: when the keys held were issued. The server adds an older key that was good at that time.
    pub last_issued: Option<Timestamp<'static>>,
    /// `as`: for another user, who asks being an administrator.
    pub login_as: Option<String>,
}

impl Request {
    /// What a request asked.
    pub fn read(request: &request::Parts) -> Self {
        let query = request.uri.query().unwrap_or_default();
        Self {
            device_id: filled(query, "device_id"),
            last_issued: filled(query, "last_issued").map(Timestamp::new),
            login_as: filled(query, "as"),
        }
    }

    /// The request as it goes out, from this device where the request names none.
    pub fn write(&self, device_id: Option<&str>, uri: &Uri) -> Result<http::Request<()>, http::Error> {
        let said = [
            ("device_id", self.device_id.as_deref().or(device_id)),
            ("last_issued", self.last_issued.as_ref().map(Timestamp::as_str)),
            ("as", self.login_as.as_deref()),
        ];
        bare_get(uri, &said)
    }
}

/// An answer as it goes out.
pub fn write(records: &KeyRecords<'_>, now: SystemTime) -> Result<http::Response<Bytes>, WriteError> {
    Ok(document(records.write()?, now))
}

/// The document of an answer that is a success; whether it holds keys says [`KeyRecords::is_key_records`].
pub fn read(body: &[u8]) -> Result<KeyRecords<'static>, ReadError> {
    Ok(KeyRecords::read(&decode(body)?)?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back_and_says_nothing_of_openrosa() {
        let asked = Request {
            device_id: Some("d 1".to_owned()),
            last_issued: Some(Timestamp::new("2024-02-02T10:00:00+02")),
            login_as: Some("amina@demo.commcarehq.org".to_owned()),
        };
        let request =
            asked.write(Some("another"), &Uri::from_static("https://hq.example/keys/?x=1")).unwrap();
        assert!(request.uri().query().unwrap().starts_with("x=1&device_id=d%201&last_issued="));
        assert!(request.headers().is_empty());
        assert_eq!(Request::read(&request.into_parts().0), asked);
        let nothing = Request::default().write(None, &Uri::from_static("https://hq.example/keys/")).unwrap();
        assert_eq!(nothing.uri(), "https://hq.example/keys/");
    }
}
