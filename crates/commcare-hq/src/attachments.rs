//! Files of forms and of cases, streamed.

use http::Request;
use openrosa_http::client::is_same_server;
use url::Url;

use crate::client::download::File;
use crate::endpoint::{Payload, get, push};
use crate::error::{Error, Invalid, Kind};
use crate::forms::Attachment;
use crate::site::{Site, escape};

/// A file of a form. `form.xml` is the form as it came.
///
/// ```
/// use commcare_hq::{Client, attachments::FormFile, site::Site};
/// use openrosa_http::transport::Body;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = async |request: http::Request<Body>| {
///     assert_eq!(request.uri().path(), "/a/riverside/api/form/attachment/f1/form.xml");
///     Ok(http::Response::builder().header("Content-Type", "text/xml").body(Body::from("<data/>")).unwrap())
/// };
/// let hq = Client::new(server, Site::parse("https://hq.example/a/riverside/")?);
/// let mut file = hq.download(&FormFile::new("f1", "form.xml")).await?;
/// assert_eq!(file.content_type.as_deref(), Some("text/xml"));
/// assert_eq!(file.chunk().await?.as_deref(), Some(&b"<data/>"[..]));
/// # Ok(()) }
/// ```
///
/// *Wire*: `GET /a/{d}/api/form/attachment/{form_id}/{name}`, or the address that the form gives. *Spec*: commcare-hq-api.md 2, R23.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFile {
    at: At,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    Named { form_id: String, name: String },
    Given { url: String, length: Option<u64> },
}

impl FormFile {
    /// The file of this name.
    pub fn new(form_id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { at: At::Named { form_id: form_id.into(), name: name.into() } }
    }

    /// The file at the address that a form gives: the way to be preferred. One of another length than the form says is an error.
    pub fn of(attachment: &Attachment) -> Self {
        Self { at: At::Given { url: attachment.url.clone(), length: attachment.length } }
    }
}

impl File for FormFile {
    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let url = match &self.at {
            At::Named { form_id, name } => {
                site.below_project(&format!("api/form/attachment/{}/{}", escape(form_id), escape(name)))
            }
            At::Given { url, .. } => home(site, url)?,
        };
        get(url)
    }

    fn length(&self) -> Option<u64> {
        match self.at {
            At::Given { length, .. } => length,
            At::Named { .. } => None,
        }
    }
}

/// An address that came from a server is asked with credentials only where they are at home.
pub(crate) fn home(site: &Site, address: &str) -> Result<Url, Error> {
    let url = site.project().join(address).map_err(|_| Invalid::Address)?;
    match is_same_server(site.base(), &url) {
        true => Ok(url),
        false => Err(Kind::Astray.into()),
    }
}

/// A file of a case: of a **case**, whatever the page says about forms.
///
/// ```
/// use commcare_hq::{attachments::CaseFile, client::download::File, site::Site};
///
/// let request = CaseFile::new("c1", "photo.jpg").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/case/attachment/c1/photo.jpg");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /a/{d}/api/case/attachment/{case_id}/{name}`. *Spec*: commcare-hq-api.md 2, R24.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseFile {
    /// Whose.
    pub case_id: String,
    /// Its name.
    pub name: String,
    /// As a picture, of this size at most.
    pub picture: Option<Picture>,
}

/// How large a picture may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picture {
    /// `size`: one of the sizes that have names on the server.
    pub size: Option<String>,
    /// `max_size`, in bytes.
    pub max_size: Option<u64>,
    /// `max_image_width`, in pixels.
    pub max_width: Option<u32>,
    /// `max_image_height`, in pixels.
    pub max_height: Option<u32>,
}

impl CaseFile {
    /// The file of this name, as it is stored.
    pub fn new(case_id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { case_id: case_id.into(), name: name.into(), picture: None }
    }

    /// As a picture that is no larger than so.
    #[must_use]
    pub fn picture(mut self, picture: Picture) -> Self {
        self.picture = Some(picture);
        self
    }
}

impl File for CaseFile {
    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let path = format!("api/case/attachment/{}/{}", escape(&self.case_id), escape(&self.name));
        let mut url = site.below_project(&path);
        if let Some(picture) = &self.picture {
            let sizes = [
                ("size", picture.size.clone()),
                ("max_size", picture.max_size.map(|most| most.to_string())),
                ("max_image_width", picture.max_width.map(|most| most.to_string())),
                ("max_image_height", picture.max_height.map(|most| most.to_string())),
            ];
            // Its presence counts.
            push(&mut url, "img", "true");
            for (name, size) in sizes {
                if let Some(size) = size {
                    push(&mut url, name, &size);
                }
            }
        }
        get(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{answer, hq, in_chunks, site, trail};

    fn attachment(url: &str) -> Attachment {
        serde_json::from_value(serde_json::json!({ "url": url, "content_type": "image/jpeg", "length": 3 }))
            .unwrap()
    }

    /// H-069: a download streams, uses the address that the form gives, and exposes the content type.
    #[tokio::test]
    async fn a_file_is_at_the_address_that_its_form_gives() {
        let (client, seen) = hq(|_| answer(200, &[("Content-Type", "plain/text")], "abc"));
        let file =
            FormFile::of(&attachment("https://hq.example/a/riverside/api/form_attachment/v1/f1/a%20b.jpg"));
        let folder = tempfile::tempdir().unwrap();
        let download = client.download(&file).await.unwrap();
        assert_eq!((download.content_type.as_deref(), download.len), (Some("plain/text"), Some(3)));
        download.save(&folder.path().join("a.jpg")).await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.jpg")).unwrap(), b"abc");
        assert_eq!(trail(&seen), ["GET /a/riverside/api/form_attachment/v1/f1/a%20b.jpg"]);
    }

    /// H-011: the address of a file does not lead to another server.
    #[test]
    fn a_file_is_at_home() {
        for url in ["https://other.example/x", "http://hq.example/x", "file:///etc/passwd"] {
            assert!(FormFile::of(&attachment(url)).request(&site()).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_not_found() {
        let (client, seen) = hq(|_| answer(404, &[], "<html><title>404</title>"));
        let picture = Picture { max_width: Some(300), ..Picture::default() };
        let error = client.download(&CaseFile::new("c1", "a/b.jpg").picture(picture)).await.unwrap_err();
        assert!(error.status().is_some_and(|status| status == 404));
        assert_eq!(
            trail(&seen),
            ["GET /a/riverside/api/case/attachment/c1/a%2Fb.jpg?img=true&max_image_width=300"]
        );
    }

    #[tokio::test]
    async fn a_login_page_is_no_file() {
        let page = "<html><input type=\"password\"></html>";
        let (client, _) = hq(move |_| answer(200, &[("Content-Type", "text/html; charset=utf-8")], page));
        assert!(client.download(&FormFile::new("f1", "a.jpg")).await.unwrap_err().is_login_page());
    }

    /// However the network has cut it, and however the server calls a page.
    #[tokio::test]
    async fn a_login_page_is_none_however_it_comes() {
        let styles = "a { color: red }\n".repeat(300);
        let head = format!("<!DOCTYPE html>\n<html><style>{styles}</style>");
        for kind in ["text/html", "Text/HTML; charset=utf-8", "application/xhtml+xml"] {
            for chunks in [
                &["\n", &*head, "<input type=\"pass", "word\"></html>"][..],
                &["<", "input type=\"password\">"],
            ] {
                let chunks = chunks.iter().map(ToString::to_string).collect::<Vec<_>>();
                let (client, _) =
                    hq(move |_| in_chunks(kind, &chunks.iter().map(String::as_str).collect::<Vec<_>>()));
                let opened = client.download(&FormFile::new("f1", "a.jpg")).await;
                assert!(opened.is_err_and(|error| error.is_login_page()), "{kind}");
            }
        }
    }
}
