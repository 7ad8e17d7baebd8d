//! Case search: cases of the server that the device does not hold.

use std::time::SystemTime;

use bytes::Bytes;
use http::{Uri, request};
use openrosa_xml::{CaseDb, ReadError, WriteError, xml::decode};

use super::{Preamble, arguments, document, form, push, sync_token, with_query, write_commcare};

/// Which cases are sought.
///
/// *Wire*: arguments of a GET, or the form of a POST; every name that has no meaning of its own is that of a property. The
/// client asks by GET. *Spec*: ota-restore.md 1.10.
///
/// ```
/// use std::time::SystemTime;
/// use http::Uri;
/// use openrosa_http::{api::{Preamble, case_search::Request}, headers::Version};
///
/// let preamble = Preamble::new(Version::COMMCARE_3, SystemTime::now());
/// let asked = Request::new("patient")
///     .matching("village", "Kibaha")
///     .matching("village", "Moshi")
///     .between("dob", "2019-01-01", "2024-12-31");
/// let request = asked.write(&preamble, &Uri::from_static("https://hq.example/a/demo/phone/search/"))?;
/// assert_eq!(
///     request.uri().query(),
///     Some("case_type=patient&village=Kibaha&village=Moshi&dob=__range__2019-01-01__2024-12-31"),
/// );
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// All that is sought, in its order: `case_type`, `owner_id`, `include_closed`, and properties. A name given twice asks
    /// for either value.
    pub keys: Vec<(String, String)>,
    /// `X-CommCareHQ-LastSyncToken`: what the device holds.
    pub sync_token: Option<String>,
}

impl Request {
    /// Seeks cases of this type, without which nothing can be sought.
    pub fn new(case_type: impl Into<String>) -> Self {
        Self::default().matching("case_type", case_type)
    }

    /// Those only whose property has this value, or one of those given for it before.
    #[must_use]
    pub fn matching(mut self, property: impl Into<String>, value: impl Into<String>) -> Self {
        self.keys.push((property.into(), value.into()));
        self
    }

    /// Those only whose property is a day from one to another.
    #[must_use]
    pub fn between(self, property: impl Into<String>, first: &str, last: &str) -> Self {
        self.matching(property, format!("__range__{first}__{last}"))
    }

    /// Those only of this owner.
    #[must_use]
    pub fn owned_by(self, owner: impl Into<String>) -> Self {
        self.matching("owner_id", owner)
    }

    /// Closed ones, too.
    #[must_use]
    pub fn with_closed(self) -> Self {
        self.matching("include_closed", "True")
    }

    /// The values that are sought under this name.
    pub fn values<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.keys.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What a request seeks, by its address and its form.
    pub fn read(request: &request::Parts, body: &[u8]) -> Self {
        let query = arguments(request.uri.query().unwrap_or_default());
        Self {
            keys: query.chain(form(&request.headers, body)).collect(),
            sync_token: sync_token(&request.headers),
        }
    }

    /// The request as it goes out, as a GET.
    ///
    /// The device is not named in the address, where it would be a property.
    pub fn write(&self, preamble: &Preamble, uri: &Uri) -> Result<http::Request<()>, http::Error> {
        let mut query = uri.query().unwrap_or_default().to_owned();
        for (name, value) in &self.keys {
            push(&mut query, name, value);
        }
        let mut request = http::Request::new(());
        *request.uri_mut() = with_query(uri, &query)?;
        write_commcare(preamble, self.sync_token.as_deref(), request.headers_mut());
        Ok(request)
    }
}

/// Found cases as they go out.
pub fn write(found: &CaseDb<'_>, now: SystemTime) -> Result<http::Response<Bytes>, WriteError> {
    Ok(document(found.write()?, now))
}

/// The document of an answer that is a success, whatever its root is called.
pub fn read(body: &[u8]) -> Result<CaseDb<'static>, ReadError> {
    Ok(CaseDb::read(&decode(body)?)?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::Version;

    #[test]
    fn a_search_reads_back_from_address_and_form() {
        let mut preamble = Preamble::new(Version::COMMCARE_3, SystemTime::UNIX_EPOCH);
        preamble.device_id = Some("d".to_owned());
        let mut asked = Request::new("patient").owned_by("o").with_closed().matching("näme", "a&b c+");
        asked.sync_token = Some("0f3c".to_owned());
        let request = asked.write(&preamble, &Uri::from_static("https://hq.example/search/")).unwrap();
        let query = "case_type=patient&owner_id=o&include_closed=True&n%C3%A4me=a%26b%20c%2B";
        assert_eq!(request.uri().query(), Some(query));
        assert_eq!(request.headers()["X-OpenRosa-DeviceID"], "d");
        assert_eq!(Request::read(&request.into_parts().0, b""), asked);
        assert_eq!(asked.values("owner_id").collect::<Vec<_>>(), ["o"]);

        let posted = |kind: &str| {
            let request = http::Request::post("/search/?case_type=song").header("Content-Type", kind);
            Request::read(&request.body(()).unwrap().into_parts().0, b"mood=4&mood=5+6").keys
        };
        let key = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            posted("application/x-www-form-urlencoded; charset=UTF-8"),
            [key("case_type", "song"), key("mood", "4"), key("mood", "5 6")]
        );
        assert_eq!(posted("text/plain"), [key("case_type", "song")]);
    }

    #[test]
    fn what_was_found_is_read_whatever_the_root_is_called() {
        let source =
            "<fixture id='case'><case case_id='c1' case_type='song' owner_id='u1' status='open'/></fixture>";
        let found = read(source.as_bytes()).unwrap();
        assert!(found.case("c1").is_some());
        let answer = write(&found, SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(read(answer.body()).unwrap(), found);
    }
}
