//! One submission, into a folder of its own.

use std::fs;
use std::path::PathBuf;

use openrosa_http::client::BriefcaseUrls;
use openrosa_xml::briefcase::SubmissionKey;

use crate::durable;
use crate::target::Opened;

pub(super) struct One<'p> {
    pub(super) server: &'p Opened,
    pub(super) urls: &'p BriefcaseUrls,
    pub(super) key: SubmissionKey<'p>,
    pub(super) place: PathBuf,
}

impl One<'_> {
    /// Fetches it with its files, the form last; whether it was not here before.
    pub(super) async fn fetch(&self) -> Result<bool, String> {
        let path = self.place.join("submission.xml");
        if path.exists() {
            return Ok(false);
        }
        let got = self.server.client.download_submission(&self.urls.download_submission, &self.key).await;
        let got = got.map_err(|error| error.to_string())?;
        fs::create_dir_all(&self.place).map_err(|error| error.to_string())?;
        for file in got.files() {
            let file = file.map_err(|error| error.to_string())?;
            let fetched = self.server.client.media(&file, &self.place).await;
            fetched.map_err(|error| format!("its file `{}`: {error}", file.path.as_str()))?;
        }
        let instance = got.instance().ok_or("the server sent no instance")?;
        let xml = instance.write().map_err(|error| error.to_string())?;
        let spare = self.place.join(".submission.xml.part");
        durable::write(&spare, xml.as_bytes(), &path).map_err(|error| error.to_string())?;
        Ok(true)
    }
}
