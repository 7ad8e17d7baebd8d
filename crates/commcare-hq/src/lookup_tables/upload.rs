//! Whole workbooks of tables.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use openrosa_http::api::submission::Attachment;
use serde::Deserialize;

use crate::endpoint::{self, Effect, Endpoint, Payload, get, read};
use crate::error::{Error, Refusal, Said};
use crate::site::{Site, escape};

/// Hands a workbook over.
///
/// The answer of the server is 200 in any case; what it says in the body is an error here where it is one. One of code 402 was
/// applied, but for some rows ([`Error::may_have_landed`]). A request that dies may have landed in part.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::Upload, site::Site};
///
/// use openrosa_http::api::submission::Attachment;
///
/// let drugs = Upload::replacing(Attachment::bytes("drugs.xlsx", "PK…"));
/// let request = drugs.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/fixtures/fixapi/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST /a/{d}/fixtures/fixapi/`. *Spec*: commcare-hq-api.md 2, R26.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Upload {
    /// The workbook, `.xlsx`.
    pub file: Attachment,
    /// Whether each table of it is to have exactly its rows. Other tables stay as they are.
    pub replace: bool,
    /// Whether it is worked off later, in which case its format is not looked at first.
    pub later: bool,
}

impl Upload {
    /// A workbook whose rows are added to those that are there.
    pub fn new(file: Attachment) -> Self {
        Self { file, replace: false, later: false }
    }

    /// A workbook whose rows take the place of those that are there.
    pub fn replacing(file: Attachment) -> Self {
        Self { replace: true, ..Self::new(file) }
    }

    /// The same, worked off later.
    #[must_use]
    pub fn later(mut self) -> Self {
        self.later = true;
        self
    }
}

/// What became of a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it is done or queued")]
pub enum Uploaded {
    /// It is applied.
    Done {
        /// The server's words.
        message: String,
    },
    /// It is worked off later: ask with [`Poll`].
    Queued {
        /// What to ask with.
        download_id: String,
    },
}

#[derive(Deserialize)]
struct Answer {
    code: i64,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    download_id: Option<String>,
}

impl Endpoint for Upload {
    type Answer = Uploaded;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut fields = vec![("replace", self.replace.to_string())];
        if self.later {
            fields.push(("async", "true".to_owned()));
        }
        let url = site.below_project("fixtures/fixapi/");
        endpoint::upload(&url, fields, ("file-to-upload", self.file.clone()))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Uploaded, Error> {
        let said: Answer = read("answer about a workbook", &answer)?;
        match (said.code, said.download_id) {
            (200, Some(download_id)) => Ok(Uploaded::Queued { download_id }),
            (200, None) => Ok(Uploaded::Done { message: said.message.unwrap_or_default() }),
            (code, _) => {
                let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
                let text = said.message.unwrap_or_default();
                let said = Said::Words { text, code: Some(code), form_id: None };
                let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let error = Error::refused(Refusal { status, said, retry_after: None }, false);
                Err(if code == 405 { error } else { error.landed() })
            }
        }
    }
}

/// Asks how far a workbook is. Of an id that is not known it is under way for ever: bound the waiting.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::Poll, site::Site};
///
/// let request = Poll::new("dl-1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/fixtures/fixapi/status/dl-1/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /a/{d}/fixtures/fixapi/status/{download_id}/`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Poll {
    /// Which.
    pub download_id: String,
}

impl Poll {
    /// Asks about this one.
    pub fn new(download_id: impl Into<String>) -> Self {
        Self { download_id: download_id.into() }
    }
}

/// How far a workbook is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it is under way, or done well or badly")]
pub enum Progress {
    /// It is under way, or nobody knows of it.
    UnderWay,
    /// It is done.
    Complete(String),
    /// It failed.
    Failed(String),
}

#[derive(Deserialize)]
struct State {
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    error: bool,
    #[serde(default)]
    message: Option<String>,
}

impl Endpoint for Poll {
    type Answer = Progress;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.below_project(&format!("fixtures/fixapi/status/{}/", escape(&self.download_id))))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Progress, Error> {
        let state: State = read("state of a workbook", &answer)?;
        let message = state.message.unwrap_or_default();
        Ok(match state {
            State { error: true, .. } => Progress::Failed(message),
            State { complete: true, .. } => Progress::Complete(message),
            State { .. } => Progress::UnderWay,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    fn book() -> Attachment {
        Attachment::bytes("drugs.xlsx", "PK book")
    }

    /// H-081: HTTP 200 with `code` 402 or 405 is not reported as success.
    #[tokio::test]
    async fn the_verdict_is_in_the_body() {
        for code in [402, 405] {
            let (client, _) =
                hq(move |_| json(200, &format!(r#"{{"code": {code}, "message": "row 3 is bad"}}"#)));
            let error = client.call(&Upload::replacing(book())).await.unwrap_err();
            assert_eq!(error.message().as_deref(), Some("row 3 is bad"));
            assert_eq!(error.status().map(|status| status.as_u16()), Some(code));
            assert_eq!(error.may_have_landed(), code == 402);
        }
        let (client, seen) = hq(|_| json(200, r#"{"code": 200, "message": "2 rows"}"#));
        let done = client.call(&Upload::replacing(book())).await.unwrap();
        assert_eq!(done, Uploaded::Done { message: "2 rows".to_owned() });
        let body = seen.lock().unwrap()[0].body.clone();
        assert!(
            body.contains("name=\"replace\"\r\n\r\ntrue\r\n") && body.contains("name=\"file-to-upload\"")
        );
    }

    #[tokio::test]
    async fn a_workbook_that_is_worked_off_later_is_asked_for() {
        let (client, seen) = hq(|seen| match seen.body.contains("name=\"async\"") {
            true => json(200, r#"{"code": 200, "message": "", "status_url": "x", "download_id": "dl-1"}"#),
            false => json(200, r#"{"complete": true, "message": "done"}"#),
        });
        let queued = client.call(&Upload::new(book()).later()).await.unwrap();
        assert_eq!(queued, Uploaded::Queued { download_id: "dl-1".to_owned() });
        assert_eq!(client.call(&Poll::new("dl-1")).await.unwrap(), Progress::Complete("done".to_owned()));
        assert_eq!(trail(&seen)[1], "GET /a/riverside/fixtures/fixapi/status/dl-1/");
        for (body, progress) in [
            (r#"{"message": "", "progress": 10}"#, Progress::UnderWay),
            (r#"{"error": true, "message": "no"}"#, Progress::Failed("no".to_owned())),
        ] {
            let (client, _) = hq(move |_| json(200, body));
            assert_eq!(client.call(&Poll::new("x")).await.unwrap(), progress);
        }
    }
}
