//! What a receiver in memory holds, handed out again.

use md5::{Digest as _, Md5};
use openrosa_xml::FileHash;
use openrosa_xml::briefcase::{SubmissionKey, SubmissionMetadata};
use openrosa_xml::manifest::RelativePath;

use super::{Briefcase, HeldAttachment, HeldSubmission, SubmissionPage};
use crate::api::submission_list;
use crate::server::{Caller, Content, FileName, MemoryBackend, RecordId, Rejection};

/// How many ids are on a page unless the client wants fewer.
const PAGE: usize = 100;

/// The cursor is the number of ids that were told. Versions that were replaced are not told of.
impl Briefcase for MemoryBackend {
    async fn submissions(
        &self,
        asked: &submission_list::Request,
        _: &Caller,
    ) -> Result<Option<SubmissionPage>, Rejection> {
        let told = asked.cursor.as_deref().map_or(Some(0), |cursor| cursor.parse().ok());
        let nowhere = || Rejection::BadRequest { reason: "the cursor is none of this server's".into() };
        let told = told.ok_or_else(nowhere)?;
        let wanted = asked.entries.map_or(PAGE, |entries| entries.clamp(1, PAGE as u32) as usize);
        let ids: Vec<_> = self.current(&asked.form_id).into_iter().skip(told).take(wanted).collect();
        let cursor = Some((told + ids.len()).to_string());
        Ok(Some(SubmissionPage { ids, cursor }))
    }

    async fn submission(
        &self,
        key: &SubmissionKey<'_>,
        _: &Caller,
    ) -> Result<Option<HeldSubmission>, Rejection> {
        let record = record(key);
        let (Some(submission), Some(held)) = (Self::submission(self, &record), self.held(&record)) else {
            return Ok(None);
        };
        let mut metadata = SubmissionMetadata::default();
        metadata.instance_id = Some(record.instance_id.clone().into());
        metadata.form_id = submission.form.id.map(Into::into);
        metadata.version = submission.form.version.map(Into::into);
        metadata.complete = Some("true".into());
        let files = held.files.keys().filter_map(|name| self.handed_out(&record, name)).collect();
        Ok(Some(HeldSubmission { xml: submission.xml, metadata, files }))
    }

    async fn attachment(
        &self,
        key: &SubmissionKey<'_>,
        path: &RelativePath<'_>,
        from: u64,
        _: &Caller,
    ) -> Result<Option<Content>, Rejection> {
        let name = FileName::new(path.as_str()).ok();
        let content = name.and_then(|name| self.content(&record(key), &name));
        Ok(content.map(|content| Content::of_rest(content, from)))
    }
}

impl MemoryBackend {
    /// A file whose name is no path cannot be handed out: a client would have nowhere to put it.
    fn handed_out(&self, record: &RecordId, name: &FileName) -> Option<HeldAttachment> {
        let content = self.content(record, name)?;
        let path = RelativePath::new(name.as_str().to_owned()).ok()?;
        Some(HeldAttachment { path, hash: FileHash::from_md5(Md5::digest(&content).into()) })
    }
}

fn record(key: &SubmissionKey<'_>) -> RecordId {
    RecordId::new(Some(key.form_id.clone().into_owned()), key.instance_id.clone())
}
