//! A form or a submission by hand: seen as it is checked, then stored.

use askama::Template;
use axum::extract::{Extension, Multipart, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use openrosa_http::server::{Backend as _, Caller, Policy, Submission, Upload as _};
use openrosa_xml::check::Severity;
use openrosa_xml::instance::OtherDocument;
use openrosa_xml::xml::decode;
use openrosa_xml::{Instance, XForm};
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::failed::Failed;
use super::findings::findings;
use super::frame::{Frame, page};
use super::said::{Form, Parted};
use super::seen::{Seen, counted, query};
use super::submission::lines::{Line, lines};

/// What was uploaded, once more: as it was to the byte, which a browser does not promise of a text.
#[derive(Deserialize)]
pub(super) struct Checked {
    token: String,
    xml: String,
}

/// What a document is to this server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Submission,
    Neither,
}

#[derive(Template)]
#[template(path = "upload.html")]
struct Ask {
    frame: Frame,
    has_forms: bool,
}

#[derive(Template)]
#[template(path = "uploaded.html")]
struct Report {
    frame: Frame,
    kind: &'static str,
    form: Seen,
    instance: Seen,
    verdict: String,
    lines: Vec<Line>,
    /// Why it cannot be stored.
    obstacle: Option<&'static str>,
    xml: String,
}

pub(super) async fn ask(State(web): State<Web>, Extension(look): Extension<Look>) -> Response {
    let frame = Frame::new(&web, &look, "upload", "Upload");
    page(&Ask { frame, has_forms: web.settings.forms.is_some() })
}

pub(super) async fn check(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Parted(parts): Parted,
) -> Result<Response, Failed> {
    let given = Given::read(parts).await?;
    web.is_meant(&look, &given.token)?;
    let text = decode(&given.xml).map_err(|error| Failed::Cannot(format!("That is not XML: {error}.")))?;
    let found = findings(&text).await?;
    let kind = Kind::of(&text);
    let key = Instance::read(&text).ok().filter(|_| kind == Kind::Submission);
    let form = key.as_ref().and_then(|instance| instance.form_key().id.map(|id| id.to_string()));
    let instance = key.as_ref().and_then(|instance| instance.instance_id().map(|id| id.trimmed().to_owned()));
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count() as u64;
    let verdict = match found.len() {
        0 => "Nothing wrong was found.".to_owned(),
        all => format!("{}, {}.", counted(all as u64, "finding"), counted(errors, "error")),
    };
    Ok(page(&Report {
        frame: Frame::new(&web, &look, "upload", "Upload, checked"),
        kind: kind.words(),
        form: Seen::maybe(form.as_deref()),
        instance: Seen::maybe(instance.as_deref()),
        verdict,
        lines: lines(&text, &found),
        obstacle: kind.obstacle(&web),
        xml: STANDARD.encode(&given.xml),
    }))
}

pub(super) async fn store(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Form(checked): Form<Checked>,
) -> Result<Response, Failed> {
    web.is_meant(&look, &checked.token)?;
    let broken = || Failed::Cannot("What was uploaded did not come back whole.".to_owned());
    let xml = Bytes::from(STANDARD.decode(&checked.xml).map_err(|_| broken())?);
    let kind = Kind::of(&decode(&xml).map_err(|error| Failed::Cannot(error.to_string()))?);
    if let Some(obstacle) = kind.obstacle(&web) {
        return Err(Failed::Cannot(obstacle.to_owned()));
    }
    match kind {
        Kind::Blank => web.keep_form(&look, &xml),
        _ => web.keep_submission(&look, xml).await,
    }
}

impl Kind {
    fn of(text: &str) -> Self {
        let is_blank = XForm::read(text).is_ok_and(|form| form.model().is_some());
        let is_form = Instance::read(text).is_ok_and(|form| OtherDocument::of(&form.root().name).is_none());
        match (is_blank, is_form) {
            (true, _) => Self::Blank,
            (false, true) => Self::Submission,
            (false, false) => Self::Neither,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Blank => "a blank form",
            Self::Submission => "a submission",
            Self::Neither => "neither a blank form nor a submission",
        }
    }

    fn obstacle(self, web: &Web) -> Option<&'static str> {
        match self {
            Self::Neither => Some(
                "It is neither a blank form nor a filled-in one that can be read, so it cannot be stored.",
            ),
            Self::Blank if web.settings.forms.is_none() => {
                Some("Blank forms are kept in a folder: start the server with --forms FOLDER to store it.")
            }
            _ => None,
        }
    }
}

impl Web {
    async fn keep_submission(&self, look: &Look, xml: Bytes) -> Result<Response, Failed> {
        let mut caller = Caller::default();
        caller.user.clone_from(&look.user);
        caller.domain = Some(look.domain.name.clone()).filter(|name| !name.is_empty());
        let upload = self.database().begin(&caller).await?;
        let submission = Submission::read(xml, caller, &Policy::default())?;
        let (form, instance) =
            (submission.form.id.clone().unwrap_or_default(), submission.instance_id.to_string());
        upload.commit(submission).await?;
        let to = query(&[("form", &form), ("instance", &instance)]);
        Ok(Redirect::to(&format!("/look/{}/submissions/find{to}", look.domain.number())).into_response())
    }

    fn keep_form(&self, look: &Look, xml: &[u8]) -> Result<Response, Failed> {
        let Some(folder) = &self.settings.forms else { return Err(Failed::NotThere) };
        folder.keep(xml).map_err(|failure| Failed::Cannot(failure.to_string()))?;
        Ok(Redirect::to(&format!("/look/{}/forms", look.domain.number())).into_response())
    }
}

/// What came with the form.
struct Given {
    token: String,
    xml: Bytes,
}

impl Given {
    async fn read(mut parts: Multipart) -> Result<Self, Failed> {
        let mut given = Self { token: String::new(), xml: Bytes::new() };
        let broken = |error: axum::extract::multipart::MultipartError| Failed::Cannot(error.body_text());
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let content = part.bytes().await.map_err(broken)?;
            match name.as_str() {
                "token" => given.token = String::from_utf8_lossy(&content).into_owned(),
                // Of a file and a text, whichever there is.
                "file" | "text" if given.xml.is_empty() => given.xml = content,
                _ => {}
            }
        }
        if given.xml.trim_ascii().is_empty() {
            return Err(Failed::Cannot("There was neither a file nor a text.".to_owned()));
        }
        Ok(given)
    }
}
