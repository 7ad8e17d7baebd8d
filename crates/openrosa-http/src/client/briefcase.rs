//! What Briefcase does: submissions taken out of a server, blank forms put into one.

use openrosa_xml::briefcase::{DownloadedSubmission, IdChunk, SubmissionKey};
use url::Url;

use super::{Client, Reach, Receipt};
use crate::api::{downloaded_submission, form_upload, submission_list};
use crate::error::{Error, Kind};
use crate::transport::Transport;

impl<T: Transport> Client<T> {
    /// A page of the ids of a form's submissions; a [`Walk`](submission_list::Walk) leads through all of them.
    pub async fn submission_list(
        &self,
        url: &Url,
        asked: &submission_list::Request,
    ) -> Result<IdChunk<'static>, Error> {
        let what = "page of submission ids";
        let body = self.document(url, what, Reach::Host, &|preamble, uri| asked.write(preamble, uri)).await?;
        let page = submission_list::read(&body).map_err(|error| Kind::Unreadable { what, error })?;
        match page.element.name.local_name() {
            "idChunk" => Ok(page),
            _ => Err(Kind::SomethingElse { what }.into()),
        }
    }

    /// One submission. Its files are fetched like those of a form: [`media`](Self::media).
    pub async fn download_submission(
        &self,
        url: &Url,
        key: &SubmissionKey<'_>,
    ) -> Result<DownloadedSubmission<'static>, Error> {
        let what = "submission";
        let write = |preamble: &_, uri: &_| downloaded_submission::request(key, preamble, uri);
        let body = self.document(url, what, Reach::Host, &write).await?;
        let read = downloaded_submission::read(&body).map_err(|error| Kind::Unreadable { what, error })?;
        match read.instance() {
            Some(_) => Ok(read),
            None => Err(Kind::SomethingElse { what }.into()),
        }
    }

    /// Puts a blank form into a server: HEAD, then as many POSTs as the server's limit makes necessary. 201 is a receipt; a
    /// form that is there already is an error, [`is_conflict`](Error::is_conflict).
    pub async fn upload_form(&self, url: &Url, form: &form_upload::Request) -> Result<Receipt, Error> {
        self.hand_over(url, form).await
    }
}

/// The addresses of Briefcase below that of a server.
///
/// *Wire*: `view/submissionList`, `view/downloadSubmission`, `formUpload`. *Spec*: openrosa.md 6.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BriefcaseUrls {
    /// Of the pages of ids.
    pub submission_list: Url,
    /// Of one submission.
    pub download_submission: Url,
    /// Of uploads.
    pub form_upload: Url,
}

impl BriefcaseUrls {
    /// Those of the server at this address.
    pub fn below(server: &Url) -> Self {
        let below = |path: &str| {
            let mut url = server.clone();
            url.set_path(&format!("{}/{path}", server.path().trim_end_matches('/')));
            url
        };
        Self {
            submission_list: below("view/submissionList"),
            download_submission: below("view/downloadSubmission"),
            form_upload: below("formUpload"),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::super::tests::{Seen, answer, envelope, ready, server, trail};
    use super::*;
    use crate::api::submission::Attachment;

    fn urls() -> BriefcaseUrls {
        BriefcaseUrls::below(&"https://agg.example/agg/".parse().unwrap())
    }

    #[tokio::test]
    async fn ids_come_page_by_page() {
        let (server, seen) = server(|seen: &Seen| {
            let page = match seen.uri.contains("cursor=2") {
                false => IdChunk::of(["uuid:1", "uuid:2"]).with_cursor("2"),
                true => IdChunk::of([""; 0]).with_cursor("2"),
            };
            answer(200, &[], &page.write().unwrap())
        });
        let client = Client::new(server);
        let mut walk = submission_list::Walk::new(submission_list::Request::new("f"));
        let mut ids = Vec::new();
        while let Some(asked) = walk.request() {
            let page = client.submission_list(&urls().submission_list, asked).await.unwrap();
            ids.extend(page.ids().map(|id| id.into_owned()));
            walk.arrived(&page).unwrap();
        }
        assert_eq!(ids, ["uuid:1", "uuid:2"]);
        assert_eq!(trail(&seen).len(), 2);
        assert!(trail(&seen)[0].starts_with("GET https://agg.example/agg/view/submissionList?formId=f"));
    }

    #[tokio::test]
    async fn a_submission_is_asked_for_by_its_key() {
        let document = "<submission xmlns='http://opendatakit.org/submissions'><data><f id='f' instanceID='uuid:1'/></data></submission>";
        let (server, seen) = server(move |_: &Seen| answer(200, &[], document));
        let client = Client::new(server);
        let key = SubmissionKey::new("f", "f", "uuid:1");
        let got = client.download_submission(&urls().download_submission, &key).await.unwrap();
        assert_eq!(got.instance().unwrap().attribute("id"), Some("f"));
        let asked = &trail(&seen)[0];
        assert!(
            asked.ends_with(
                "formId=f%5B%40version%3Dnull%20and%20%40uiVersion%3Dnull%5D%2Ff%5B%40key%3Duuid%3A1%5D"
            ),
            "{asked}"
        );
    }

    #[tokio::test]
    async fn a_form_that_is_there_is_a_conflict() {
        let answers = |status| {
            move |seen: &Seen| match seen.method == Method::HEAD {
                true => ready(),
                false => envelope(status, "", "so it is"),
            }
        };
        let form = form_upload::Request::new("<h:html/>", "f.xml");
        let form = form.with_file(Attachment::bytes("a.png", "picture")).unwrap();
        assert!(form.clone().with_file(Attachment::bytes("a.png", "")).is_err());
        let (taking, seen) = server(answers(201));
        let receipt = Client::new(taking).upload_form(&urls().form_upload, &form).await.unwrap();
        assert!(receipt.is_delivered());
        assert_eq!(
            trail(&seen),
            ["HEAD https://agg.example/agg/formUpload", "POST https://agg.example/agg/formUpload"]
        );
        let (refusing, _) = server(answers(409));
        let error = Client::new(refusing).upload_form(&urls().form_upload, &form).await.unwrap_err();
        assert!(error.is_conflict());
    }
}
