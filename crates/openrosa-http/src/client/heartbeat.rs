//! Says how the device is, and hears which versions there are.

use url::Url;

use super::{Client, Reach};
use crate::api::Preamble;
use crate::api::heartbeat::{Request, Response};
use crate::error::{Error, Kind};
use crate::transport::Transport;

const WHAT: &str = "answer to a heartbeat";

impl<T: Transport> Client<T> {
    /// Says how the device is. What is meant for another app is an error ([`Error::is_other_app`]), and to be passed over.
    ///
    /// *Spec*: ota-restore.md 1.10.
    pub async fn heartbeat(&self, url: &Url, asked: &Request) -> Result<Response, Error> {
        let write = |preamble: &Preamble, uri: &http::Uri| asked.write(preamble.device_id.as_deref(), uri);
        let body = self.document(url, WHAT, Reach::Host, &write).await?;
        let said = Response::read(&body).ok_or(Kind::SomethingElse { what: WHAT })?;
        match said.app_id.as_ref() == Some(&asked.app_id) {
            true => Ok(said),
            false => Err(Kind::OtherApp { about: said.app_id }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Seen, answer, server, trail};
    use super::*;

    async fn beat(body: &'static str) -> Result<Response, Error> {
        let (host, _) = server(move |_: &Seen| answer(200, &[], body));
        Client::new(host).heartbeat(&"https://hq.example/h/b/".parse().unwrap(), &Request::new("a")).await
    }

    #[tokio::test]
    async fn a_device_hears_of_what_is_meant_for_its_app() {
        assert!(beat(r#"{"app_id": "a", "force_logs": true}"#).await.unwrap().force_logs);
        let other = beat(r#"{"app_id": "b", "force_logs": true}"#).await.unwrap_err();
        assert!(other.is_other_app());
        assert_eq!(other.to_string(), "the answer is about another app, `b`");
        assert_eq!(beat("{}").await.unwrap_err().to_string(), "the answer is about another app");
        assert!(beat("<html>Log in</html>").await.unwrap_err().is_captive_portal());
    }

    #[tokio::test]
    async fn a_heartbeat_carries_no_header_of_openrosas() {
        let (host, seen) = server(|_: &Seen| answer(404, &[], "no such build"));
        let client = Client::new(host).device_id("d");
        let error = client.heartbeat(&"https://hq.example/h/b/".parse().unwrap(), &Request::new("a")).await;
        assert!(error.unwrap_err().is_not_found());
        assert_eq!(trail(&seen), ["GET https://hq.example/h/b/?app_id=a&device_id=d&app_version=-1"]);
        assert!(seen.lock().unwrap()[0].headers.is_empty());
    }
}
