//! Fetches the keys of a user.

use openrosa_xml::KeyRecords;
use url::Url;

use super::{Client, Reach};
use crate::api::Preamble;
use crate::api::key_records::{self, Request};
use crate::error::{Error, Kind};
use crate::transport::Transport;

const WHAT: &str = "answer of a key server";

impl<T: Transport> Client<T> {
    /// The keys with which this device locks what a user has on it.
    ///
    /// A wrong password is [`Error::is_auth`], a user who may not work on devices [`Error::is_forbidden`]. An answer without
    /// a key is for the caller to refuse, as the device does that has no good one.
    ///
    /// *Spec*: ota-restore.md 2.12.
    pub async fn key_records(&self, url: &Url, asked: &Request) -> Result<KeyRecords<'static>, Error> {
        let write = |preamble: &Preamble, uri: &http::Uri| asked.write(preamble.device_id.as_deref(), uri);
        let body = self.document(url, WHAT, Reach::Host, &write).await?;
        let records = key_records::read(&body).map_err(|error| Kind::Unreadable { what: WHAT, error })?;
        match records.is_key_records() {
            true => Ok(records),
            false => Err(Kind::SomethingElse { what: WHAT }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use openrosa_xml::Timestamp;
    use openrosa_xml::key_records::KeyRecord;

    use super::super::tests::{Seen, answer, server, trail};
    use super::*;

    fn url() -> Url {
        "https://hq.example/keys/".parse().unwrap()
    }

    #[tokio::test]
    async fn keys_are_fetched_without_a_header_of_openrosas() {
        let at = Timestamp::new;
        let record =
            KeyRecord::new("6b1f", "c2VjcmV0", at("2024-01-03T10:00:00Z"), at("2024-04-02T10:00:00Z"));
        let records = KeyRecords::of("demo", at("2024-02-02T10:00:00Z"), [record.clone()]);
        let body = key_records::write(&records, SystemTime::UNIX_EPOCH).unwrap().into_body();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let (host, seen) = server(move |_: &Seen| answer(200, &[], &body));
        let fetched =
            Client::new(host).device_id("d").key_records(&url(), &Request::default()).await.unwrap();
        assert_eq!(fetched.strict().unwrap(), [record]);
        assert_eq!(trail(&seen), ["GET https://hq.example/keys/?device_id=d"]);
        assert!(seen.lock().unwrap()[0].headers.is_empty());
    }

    #[tokio::test]
    async fn refusals_and_pages_are_told_apart() {
        let error = async |status, body: &'static str| {
            let (host, _) = server(move |_: &Seen| answer(status, &[], body));
            Client::new(host).key_records(&url(), &Request::default()).await.unwrap_err()
        };
        assert!(error(401, "").await.is_auth());
        assert!(error(403, "").await.is_forbidden());
        assert!(error(200, "<html/>").await.is_captive_portal());
        assert!(
            error(200, "<r><auth_keys>")
                .await
                .to_string()
                .starts_with("the answer of a key server cannot be read")
        );
    }
}
