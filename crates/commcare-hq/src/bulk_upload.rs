//! Cases out of a spreadsheet, by HQ's importer.

mod status;

use bytes::Bytes;
use http::{Request, Response};
use openrosa_http::api::submission::Attachment;
use serde::Deserialize;

pub use status::{Import, Problem, State, Status, StatusOf, Waiting};

use crate::attachments::home;
use crate::endpoint::{Effect, Endpoint, Payload, read, upload};
use crate::error::Error;
use crate::site::Site;

/// Hands a spreadsheet over, to be worked off by and by.
///
/// Sent twice it makes cases twice, if it makes any and has no ids. Whether the work went well is told by [`StatusOf`], which
/// [`Client::wait_for_import`](crate::Client::wait_for_import) asks for.
///
/// *Wire*: `POST /a/{d}/importer/excel/bulk_upload_api/`. *Spec*: commcare-hq-api.md 2, R2.
///
/// ```
/// use commcare_hq::bulk_upload::{SearchField, Upload};
/// use openrosa_http::api::submission::Attachment;
///
/// let sheet = Attachment::bytes("clients.xlsx", "a spreadsheet");
/// let upload = Upload::new(sheet, "client").search(SearchField::ExternalId, "number").create_new_cases();
/// ```
#[derive(Clone, Debug)]
pub struct Upload {
    file: Attachment,
    fields: Vec<(&'static str, String)>,
}

/// By which id the rows and the cases are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "any other fails")]
pub enum SearchField {
    /// That of HQ.
    CaseId,
    /// That of another system.
    ExternalId,
}

impl Upload {
    /// A spreadsheet, `.xlsx` or `.xls`, with a row of headings, and the type of the cases that it makes.
    pub fn new(file: Attachment, case_type: impl Into<String>) -> Self {
        Self { file, fields: vec![("case_type", case_type.into())] }
    }

    fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.retain(|(field, _)| *field != name);
        self.fields.push((name, value.into()));
        self
    }

    /// Matches cases by this id, which is in this column. Without it, by `case_id`.
    #[must_use]
    pub fn search(self, field: SearchField, column: impl Into<String>) -> Self {
        let name = match field {
            SearchField::CaseId => "case_id",
            SearchField::ExternalId => "external_id",
        };
        self.field("search_field", name).field("search_column", column)
    }

    /// Makes cases of rows that match none. Without it those rows are left out.
    #[must_use]
    pub fn create_new_cases(self) -> Self {
        self.field("create_new_cases", "on")
    }

    /// The column that names the cases.
    #[must_use]
    pub fn name_column(self, column: impl Into<String>) -> Self {
        self.field("name_column", column)
    }
}

/// A spreadsheet that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// Where its state is.
    pub status_url: String,
    /// What HQ wants a person to know: it took the file all the same.
    pub warning: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    code: i64,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    status_url: Option<String>,
}

impl Endpoint for Upload {
    type Answer = Taken;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let url = site.below_project("importer/excel/bulk_upload_api/");
        upload(&url, self.fields.clone(), ("file", self.file.clone()))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Taken, Error> {
        let said: Answer = read("answer about a spreadsheet", &answer)?;
        match (said.code, said.status_url) {
            (200, Some(status_url)) => Ok(Taken { status_url, warning: None }),
            (402, Some(status_url)) => Ok(Taken { status_url, warning: said.message }),
            (code, _) => {
                let words = said.message.unwrap_or_default();
                Err(Error::strange("the answer about a spreadsheet", format!("code {code}, {words}")))
            }
        }
    }
}

impl Taken {
    /// The question how far it is.
    pub fn status(&self) -> StatusOf {
        StatusOf { status_url: self.status_url.clone() }
    }
}

impl Endpoint for StatusOf {
    type Answer = Status;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        crate::endpoint::get(home(site, &self.status_url)?)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Status, Error> {
        read("state of an import", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    fn sheet() -> Upload {
        Upload::new(Attachment::bytes("clients.xlsx", "PK sheet"), "client")
    }

    #[tokio::test]
    async fn a_spreadsheet_is_taken() {
        let (client, seen) = hq(|_| {
            json(
                200,
                r#"{"code": 200, "message": "success", "status_url": "https://hq.example/a/riverside/importer/s/1/"}"#,
            )
        });
        let upload = sheet().search(SearchField::ExternalId, "number").create_new_cases().name_column("name");
        let taken = client.call(&upload).await.unwrap();
        assert_eq!(taken.warning, None);
        let body = seen.lock().unwrap()[0].body.clone();
        for part in [
            "name=\"case_type\"\r\n\r\nclient\r\n",
            "name=\"search_field\"\r\n\r\nexternal_id\r\n",
            "name=\"search_column\"\r\n\r\nnumber\r\n",
            "name=\"create_new_cases\"\r\n\r\non\r\n",
            "name=\"file\"; filename=\"clients.xlsx\"",
            "PK sheet",
        ] {
            assert!(body.contains(part), "{part} is not in {body}");
        }
        assert_eq!(trail(&seen), ["POST /a/riverside/importer/excel/bulk_upload_api/"]);
    }

    /// H-019: what a failing server did with a spreadsheet is not known.
    #[tokio::test]
    async fn wrong_input_is_an_error_of_the_server() {
        let (client, seen) = hq(|_| json(500, r#"{"code": 500, "message": "Required fields: case_type"}"#));
        let error = client.call(&sheet()).await.unwrap_err();
        assert_eq!(error.message().as_deref(), Some("Required fields: case_type"));
        assert!(error.may_have_landed());
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}
