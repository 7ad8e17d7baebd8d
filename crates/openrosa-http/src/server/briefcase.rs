//! Submissions handed out again, as ODK Briefcase asks for them.

mod endpoints;
mod memory;

use std::future::Future;

use bytes::Bytes;
use openrosa_xml::FileHash;
use openrosa_xml::briefcase::{SubmissionKey, SubmissionMetadata};
use openrosa_xml::manifest::RelativePath;

use super::{Caller, Content, Rejection};
use crate::api::submission_list;

/// The submissions of a host, for those who may have all of them. `None` is what it does not have, or not for this caller:
/// 404.
///
/// *Spec*: openrosa.md 6.
pub trait Briefcase: Send + Sync + 'static {
    /// One page of the ids of a form's submissions, the one that was changed longest ago first. After the last page there
    /// is one without ids.
    fn submissions(
        &self,
        asked: &submission_list::Request,
        caller: &Caller,
    ) -> impl Future<Output = Result<Option<SubmissionPage>, Rejection>> + Send;

    /// One submission.
    fn submission(
        &self,
        key: &SubmissionKey<'_>,
        caller: &Caller,
    ) -> impl Future<Output = Result<Option<HeldSubmission>, Rejection>> + Send;

    /// One of its files, from this byte on if that is no trouble.
    fn attachment(
        &self,
        key: &SubmissionKey<'_>,
        path: &RelativePath<'_>,
        from: u64,
        caller: &Caller,
    ) -> impl Future<Output = Result<Option<Content>, Rejection>> + Send;
}

/// Some of the submissions of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a page has no more to it")]
pub struct SubmissionPage {
    /// Their instance IDs.
    pub ids: Vec<String>,
    /// Whatever the host needs to go on behind them: it comes back as it was. An empty page repeats the one it was asked for.
    pub cursor: Option<String>,
}

/// A submission that is handed out.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "this is what is handed out (openrosa.md 6.2)")]
pub struct HeldSubmission {
    /// The XML, as it came.
    pub xml: Bytes,
    /// What is known of it, which is written into its root.
    pub metadata: SubmissionMetadata<'static>,
    /// Its files.
    pub files: Vec<HeldAttachment>,
}

/// A file of a submission that is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "this is what is handed out (openrosa.md 6.2)")]
pub struct HeldAttachment {
    /// What it is called.
    pub path: RelativePath<'static>,
    /// The MD5 of its bytes.
    pub hash: FileHash,
}
