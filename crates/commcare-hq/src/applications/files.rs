//! Applications as phones install them.

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::download::File;
use crate::endpoint::{Endpoint, Payload, get, push, read};
use crate::error::{Error, Invalid};
use crate::site::Site;

/// An application as phones install it. Nobody has to sign in for it: its id is as good as a key.
///
/// *Wire*: `GET /a/{d}/apps/api/download_ccz/`. *Spec*: commcare-hq-api.md 2, R27.
///
/// ```
/// use commcare_hq::applications::{Ccz, Latest};
///
/// let released = Ccz::new("ap1").latest(Latest::Release);
/// let another = Ccz::new("ap1").version(17).with_multimedia();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ccz {
    app_id: String,
    version: Option<u64>,
    latest: Option<Latest>,
    multimedia: bool,
}

/// Which of the builds without saying its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "these are the three")]
pub enum Latest {
    /// The newest that is released.
    Release,
    /// The newest.
    Build,
    /// The application as it is edited, built now.
    Save,
}

impl Ccz {
    /// The application as it is edited, unless said otherwise.
    pub fn new(app_id: impl Into<String>) -> Self {
        Self { app_id: app_id.into(), version: None, latest: None, multimedia: false }
    }

    /// This version.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// The latest of these.
    #[must_use]
    pub fn latest(mut self, latest: Latest) -> Self {
        self.latest = Some(latest);
        self
    }

    /// With pictures and sounds.
    #[must_use]
    pub fn with_multimedia(mut self) -> Self {
        self.multimedia = true;
        self
    }
}

impl File for Ccz {
    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        if self.version.is_some() && self.latest.is_some() {
            return Err(Invalid::Both { one: "version", other: "latest" }.into());
        }
        let mut url = site.below_project("apps/api/download_ccz/");
        push(&mut url, "app_id", &self.app_id);
        if let Some(version) = self.version {
            push(&mut url, "version", &version.to_string());
        }
        if let Some(latest) = self.latest {
            let latest = match latest {
                Latest::Release => "release",
                Latest::Build => "build",
                Latest::Save => "save",
            };
            push(&mut url, "latest", latest);
        }
        if self.multimedia {
            push(&mut url, "include_multimedia", "true");
        }
        get(url)
    }

    /// A ZIP begins with the head of a file, or, where it is empty, with its end.
    fn is_begin(&self, begin: &[u8]) -> bool {
        begin.starts_with(b"PK\x03\x04") || begin.starts_with(b"PK\x05\x06")
    }
}

/// The applications that can be downloaded.
///
/// ```
/// use commcare_hq::{applications::Downloads, endpoint::Endpoint, site::Site};
///
/// let request = Downloads.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/apps/api/list_apps/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /a/{d}/apps/api/list_apps/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it has no arguments")]
pub struct Downloads;

/// An application that can be downloaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Downloadable {
    /// Its id.
    pub app_id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its version.
    #[serde(default)]
    pub version: Option<u64>,
    /// What else there is, such as `download_url`.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

#[derive(Deserialize)]
struct Listed {
    applications: Vec<Downloadable>,
}

impl Endpoint for Downloads {
    type Answer = Vec<Downloadable>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.below_project("apps/api/list_apps/"))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Vec<Downloadable>, Error> {
        Ok(read::<Listed>("list of applications", &answer)?.applications)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{answer, hq, in_chunks, json, site, trail};

    /// H-071: `version` and `latest` together are refused here; the signature of a ZIP is looked at; E5 and `error_html` are read.
    #[tokio::test]
    async fn an_application_is_a_zip() {
        let ccz = || Ccz::new("ap1").latest(Latest::Release);
        assert!(ccz().version(3).request(&site()).unwrap_err().is_invalid());

        let (client, seen) = hq(|_| {
            let name = ("Content-Disposition", "attachment; filename=\"Intake.ccz\"");
            answer(200, &[name], "PK\u{3}\u{4}...")
        });
        let mut file = client.download(&ccz().with_multimedia()).await.unwrap();
        assert_eq!(file.name.as_deref(), Some("Intake.ccz"));
        assert_eq!(file.chunk().await.unwrap().unwrap().len(), 7);
        assert_eq!(
            trail(&seen),
            ["GET /a/riverside/apps/api/download_ccz/?app_id=ap1&latest=release&include_multimedia=true"]
        );

        let (client, _) = hq(|_| in_chunks("application/zip", &["P", "K", "\u{3}\u{4}.", ".."]));
        let mut file = client.download(&ccz()).await.unwrap();
        assert_eq!(
            file.chunk().await.unwrap().as_deref(),
            Some(&b"PK\x03\x04..."[..]),
            "in one piece, all of it"
        );
        assert_eq!(file.chunk().await.unwrap(), None);

        let (client, _) = hq(|_| answer(200, &[], "<html>"));
        assert!(client.download(&ccz()).await.unwrap_err().is_unreadable());
        for (status, body) in
            [(404, r#"{"status": "error", "message": "no app"}"#), (400, r#"{"error_html": "no app"}"#)]
        {
            let (client, _) = hq(move |_| json(status, body));
            assert_eq!(client.download(&ccz()).await.unwrap_err().message().as_deref(), Some("no app"));
        }
    }

    #[tokio::test]
    async fn what_can_be_downloaded_is_listed() {
        let (client, seen) = hq(|_| {
            json(
                200,
                r#"{"status": "success", "applications": [{"name": "Intake", "version": 17, "app_id": "ap1", "download_url": "x"}]}"#,
            )
        });
        assert_eq!(client.call(&Downloads).await.unwrap()[0].app_id, "ap1");
        assert_eq!(trail(&seen), ["GET /a/riverside/apps/api/list_apps/"]);
    }
}
