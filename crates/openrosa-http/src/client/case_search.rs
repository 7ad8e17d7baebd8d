//! Seeks cases that the device does not hold.

use openrosa_xml::CaseDb;
use url::Url;

use super::{Client, Reach};
use crate::api::Preamble;
use crate::api::case_search::{self, Request};
use crate::error::{Error, Kind};
use crate::transport::Transport;

const WHAT: &str = "result of a search";

impl<T: Transport> Client<T> {
    /// The cases that a server finds.
    ///
    /// What was wrong with a search the server says in words, with 400 ([`Error::message`]).
    ///
    /// *Spec*: ota-restore.md 1.10.
    pub async fn case_search(&self, url: &Url, sought: &Request) -> Result<CaseDb<'static>, Error> {
        let write = |preamble: &Preamble, uri: &http::Uri| sought.write(preamble, uri);
        let body = self.document(url, WHAT, Reach::Host, &write).await?;
        let found = case_search::read(&body).map_err(|error| Kind::Unreadable { what: WHAT, error })?;
        // Servers call the root this or that, but never so.
        match found.tag.name.local_name().eq_ignore_ascii_case("html") {
            true => Err(Kind::SomethingElse { what: WHAT }.into()),
            false => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Seen, answer, server, trail};
    use super::*;

    async fn found(status: u16, body: &'static str) -> Result<CaseDb<'static>, Error> {
        let (host, seen) = server(move |_: &Seen| answer(status, &[], body));
        let url = "https://hq.example/search/".parse().unwrap();
        let found = Client::new(host).device_id("d").case_search(&url, &Request::new("song")).await;
        assert_eq!(trail(&seen), ["GET https://hq.example/search/?case_type=song"]);
        found
    }

    #[tokio::test]
    async fn cases_are_found() {
        let cases = "<results id='case'><case case_id='c1' case_type='song' owner_id='u1' status='open'>\
             <case_name>Tune</case_name></case></results>";
        assert_eq!(found(200, cases).await.unwrap().case("c1").unwrap().text("case_name"), "Tune");
        assert_eq!(found(200, "<fixture id='case'/>").await.unwrap().cases().count(), 0);
        assert!(found(200, "<html/>").await.unwrap_err().is_captive_portal());
        let wrong = found(400, "Search request must specify at least one case type").await.unwrap_err();
        assert_eq!(wrong.message().unwrap(), "Search request must specify at least one case type");
    }
}
