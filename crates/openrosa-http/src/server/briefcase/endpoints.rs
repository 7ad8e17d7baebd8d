//! The endpoints by which Briefcase pulls (openrosa.md 6.1, 6.2).

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use openrosa_xml::briefcase::{DownloadedSubmission, IdChunk, SubmissionKey, SubmissionMetadata};
use openrosa_xml::manifest::{MediaFile, RelativePath};
use openrosa_xml::xml::{Element, decode};

use super::{Briefcase, HeldAttachment, SubmissionPage};
use crate::api::{argument, downloaded_submission, submission_list};
use crate::server::desk::{Call, Desk, GET, Routes};
use crate::server::place::{Base, PLACES, Place};
use crate::server::{Front, Rejection, content};

impl Front {
    /// Where submissions are handed out again. They are pushed to a [`receiver`](Self::receiver).
    ///
    /// *Spec*: openrosa.md 6.
    pub fn briefcase(&self, host: impl Briefcase) -> Router {
        Routes::below(&PLACES)
            .endpoint(GET, "view/submissionList", list)
            .endpoint(GET, "view/downloadSubmission", download)
            .endpoint(GET, "view/submissionMedia", media)
            .at(Desk::openrosa(self, host))
    }
}

type Answered = Result<Response, Rejection>;

async fn list<H: Briefcase>(desk: Arc<Desk<H>>, call: Call) -> Answered {
    let missing = || Rejection::BadRequest { reason: "`formId` is missing".into() };
    let asked = submission_list::Request::read(&call.head).ok_or_else(missing)?;
    let page = desk.host.submissions(&asked, &call.caller).await?.ok_or(Rejection::NotFound)?;
    let answer = submission_list::write(&page.chunk(), SystemTime::now()).map_err(Rejection::internal)?;
    Ok(answer.map(Body::from))
}

impl SubmissionPage {
    fn chunk(self) -> IdChunk<'static> {
        self.cursor.into_iter().fold(IdChunk::of(self.ids), IdChunk::with_cursor)
    }
}

async fn download<H: Briefcase>(desk: Arc<Desk<H>>, call: Call) -> Answered {
    let written = written_key(&call)?;
    let (key, base) = (parse(&written)?, call.base(&desk.front)?);
    let held = desk.host.submission(&key, &call.caller).await?.ok_or(Rejection::NotFound)?;
    let source = decode(&held.xml).map_err(Rejection::internal)?;
    let instance = Element::read(&source).map_err(Rejection::internal)?;
    let files = held.files.into_iter().map(|file| file.listed(&written, &call.place, &base));
    let submission = DownloadedSubmission::of(known(instance, &held.metadata), files);
    let answer = downloaded_submission::write(&submission, SystemTime::now()).map_err(Rejection::internal)?;
    Ok(answer.map(Body::from))
}

/// The root with what is known of the submission; what its sender wrote under the same names gives way.
fn known<'a>(mut root: Element<'a>, metadata: &SubmissionMetadata<'static>) -> Element<'a> {
    for attribute in metadata.to_element().attributes {
        let local = attribute.name.local_name();
        root.attributes.retain(|old| old.name.namespace().is_some() || old.name.local_name() != local);
        root = root.with_attribute(local.to_owned(), attribute.value.into_owned());
    }
    root
}

impl HeldAttachment {
    fn listed(self, key: &str, place: &Place, base: &Base) -> MediaFile<'static> {
        let address = place.beside(base, "submissionMedia", &[("formId", key), ("file", self.path.as_str())]);
        MediaFile::new(self.path, self.hash, address)
    }
}

async fn media<H: Briefcase>(desk: Arc<Desk<H>>, call: Call) -> Answered {
    let written = written_key(&call)?;
    let (key, name) = (parse(&written)?, argument(call.head.uri.query().unwrap_or_default(), "file"));
    let path = name.and_then(|name| RelativePath::new(name).ok()).ok_or(Rejection::NotFound)?;
    let from = content::first_byte(&call.head.headers).unwrap_or_default();
    let content = desk.host.attachment(&key, &path, from, &call.caller).await?.ok_or(Rejection::NotFound)?;
    Ok(content::answer(content, &call.head.headers))
}

fn written_key(call: &Call) -> Result<String, Rejection> {
    let missing = || Rejection::BadRequest { reason: "`formId` is missing".into() };
    downloaded_submission::key(&call.head).ok_or_else(missing)
}

fn parse(key: &str) -> Result<SubmissionKey<'_>, Rejection> {
    SubmissionKey::parse(key).map_err(|error| Rejection::BadRequest { reason: error.to_string() })
}
