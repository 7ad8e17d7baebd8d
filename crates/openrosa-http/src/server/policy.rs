//! What a server may decide for itself: each choice, its default, and which deployed server decides how.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::Rejection;
use crate::headers::{Announced, OPENROSA_VERSION, Version};

/// The choices of one server. [`Default`] takes every submission a deployed client is known to send.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a table of settings, written with `..Policy::default()`")]
pub struct Policy {
    /// Which requests the header `X-OpenRosa-Version` lets pass.
    pub version: VersionPolicy,
    /// What names an attachment.
    pub attachments: AttachmentIdentity,
    /// Whether a `text/xml` or `application/xml` body without multipart is a submission, as CommCare HQ and ODK
    /// Aggregate think and ODK Central does not. Default: yes.
    pub raw_xml: bool,
    /// What becomes of an instance without an ID.
    pub missing_instance_id: MissingInstanceId,
    /// What becomes of an edit whose predecessor is not held.
    pub unknown_predecessor: UnknownPredecessor,
    /// What becomes of a form in which `openrosa_xml::check` finds an error.
    pub check: CheckPolicy,
    /// Whose clients the answers are for.
    pub answers: Answers,
    /// How a resend that brings nothing new is answered.
    pub duplicates: DuplicateStatus,
    /// How much is taken, and how slowly.
    pub limits: Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: VersionPolicy::default(),
            attachments: AttachmentIdentity::default(),
            raw_xml: true,
            missing_instance_id: MissingInstanceId::default(),
            unknown_predecessor: UnknownPredecessor::default(),
            check: CheckPolicy::default(),
            answers: Answers::default(),
            duplicates: DuplicateStatus::default(),
            limits: Limits::default(),
        }
    }
}

/// Which requests the header `X-OpenRosa-Version` lets pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum VersionPolicy {
    /// Any, as KoBoToolbox does.
    Ignore,
    /// Any version, but there has to be one (ODK Aggregate, digidem).
    Present,
    /// Exactly `1.0`, as ODK Central does. CommCare's `3.0` is refused.
    One,
    /// From `1.0` to CommCare's `3.0`; a request without the header counts as `1.0`, as CommCare HQ reads it.
    #[default]
    UpToThree,
}

impl VersionPolicy {
    pub(crate) fn check(self, headers: &HeaderMap) -> Result<(), Rejection> {
        let values = headers.get_all(OPENROSA_VERSION).iter();
        let mut values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let found = values.next().map(|first| {
            // Two headers are one list to HTTP, and a list is no version.
            values.fold(first, |list, value| format!("{list}, {value}").into())
        });
        match self.admits(found.as_deref()) {
            true => Ok(()),
            false => Err(Rejection::Version { found: found.map(Cow::into_owned) }),
        }
    }

    fn admits(self, found: Option<&str>) -> bool {
        match (self, found.map(str::trim)) {
            (Self::Ignore, _) | (Self::Present, Some(_)) | (Self::UpToThree, None) => true,
            (Self::Present | Self::One, None) => false,
            (Self::One, Some(version)) => version == "1.0",
            (Self::UpToThree, Some(version)) => Version::parse(version)
                .is_some_and(|v| (Version::OPENROSA_1..=Version::COMMCARE_3).contains(&v)),
        }
    }
}

/// What names an attachment. Clients give both names and the value in the XML the same text; servers differ
/// in which one they believe (openrosa.md 2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachmentIdentity {
    /// The name of the form field, as ODK Central and CommCare HQ have it.
    FieldName,
    /// The file name, as KoBoToolbox has it.
    FileName,
    /// The file name, else the field name, as ODK Aggregate has it.
    #[default]
    Either,
}

/// What becomes of an instance without an ID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingInstanceId {
    /// It gets one derived from its bytes: kept like in ODK Central, and a resend is still no second record.
    #[default]
    Derive,
    /// 400, as KoBoToolbox answers.
    Refuse,
}

/// What becomes of an edit whose predecessor is not held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownPredecessor {
    /// 404, as ODK Central and KoBoToolbox answer: the sender's list of forms and ours disagree.
    #[default]
    Refuse,
    /// Kept as a new instance, as CommCare HQ and ODK Aggregate do, which know no `deprecatedID`. Should the predecessor come after
    /// all, it is kept as superseded.
    KeepAsNew,
}

/// What becomes of a form in which [`openrosa_xml::check`] finds an error, and what its sender concludes from the answer.
///
/// | policy | answer | what the sender does with its copy |
/// |---|---|---|
/// | `Off`, `Record` | 201 `submit_success` | every client deletes it |
/// | `Quarantine` | 202 `submit_success` | every client takes it for delivered, deletes it, and never sends it again: the server has the only copy, and somebody there has to look at it |
/// | `Reject` | 422 `processing_failure` | CommCare for Android puts it into quarantine, where it stays until somebody exports or deletes it; ODK Collect and Enketo keep it, show the sentence, and send it again with the next round |
///
/// A form that is held already is answered as without any policy, and as what has become of it: it was taken in when other
/// rules were in force, and its sender only wants to know that it is here. [`decide`](super::decide) sees to that.
///
/// So `Reject` is for a server whose users can mend the form or call somebody, `Quarantine` for one whose operators can, and
/// `Record` for finding out which of the two is needed. Only errors are refused and set aside; a form that is read differently
/// elsewhere is no less a form.
///
/// *Spec:* case-xml.md 4.6; openrosa.md 1.4, 1.8, 2.8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckPolicy {
    /// Nothing is looked for.
    #[default]
    Off,
    /// It is stored like any other. What was found is in [`Submission::findings`](super::Submission::findings), for the
    /// backend to keep.
    Record,
    /// It is acknowledged, and marked by [`Submission::quarantined`](super::Submission::quarantined), so that the backend keeps
    /// it apart from those that are processed.
    Quarantine,
    /// It is refused, and nothing of it is kept.
    Reject,
}

/// Whose clients the answers to submissions are for.
///
/// *Spec:* openrosa.md 1.3, 2.8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answers {
    /// Anybody's: a status means what the standard says.
    #[default]
    Standard,
    /// CommCare's, as CommCare HQ answers. Where the header says a version below 3.0, or none, its sender knows of no form that
    /// cannot be processed: such a form is kept in quarantine, and answered with 201 and the nature `submit_error`, so that it
    /// is not sent again. What is no XML is refused with 422 and `processing_failure` whatever the version (case-xml.md 4.6): at
    /// 400 a device sends it again for ever, and nothing that waits behind it. An answer to what was stored has the header `X-CommCareHQ-FormID`.
    CommCare,
}

impl Policy {
    /// What becomes of a form with an error whose sender speaks this version.
    pub(crate) fn check_for(&self, spoken: Announced) -> CheckPolicy {
        match self.check {
            CheckPolicy::Reject if self.keeps_for(spoken) => CheckPolicy::Quarantine,
            check => check,
        }
    }

    /// Whether a sender that speaks this version is to be told with 422 that its form is kept and cannot be processed.
    pub(crate) fn tells_failures_to(&self, spoken: Announced) -> bool {
        self.answers == Answers::CommCare && !self.keeps_for(spoken)
    }

    /// The refusal of what is no form that can be read.
    pub(crate) fn unusable(&self, refusal: Rejection) -> Rejection {
        match self.answers {
            Answers::Standard => refusal,
            Answers::CommCare => Rejection::Unprocessable { reason: refusal.to_string() },
        }
    }

    /// Whether a sender that speaks this version is to be told by the nature alone that its form was kept with an error.
    pub(crate) fn keeps_for(&self, spoken: Announced) -> bool {
        let knows_better = matches!(spoken, Announced::Version(version) if version >= Version::COMMCARE_3);
        self.answers == Answers::CommCare && !knows_better
    }
}

/// How a resend that brings nothing new is answered. Clients treat both alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DuplicateStatus {
    /// 201, as ODK Central and CommCare HQ answer.
    #[default]
    Created,
    /// 202, as KoBoToolbox answers.
    Accepted,
}

impl DuplicateStatus {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Created => StatusCode::CREATED,
            Self::Accepted => StatusCode::ACCEPTED,
        }
    }
}

/// How much is taken, and how slowly.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a table of settings, written with `..Limits::default()`")]
pub struct Limits {
    /// The whole body, announced as `X-OpenRosa-Accept-Content-Length`. Default 100,000,000, as ODK Central.
    pub body: u64,
    /// The XML part, which is the only one kept in memory. Default 10 MiB; the largest form seen is far below 1 MiB.
    pub xml: u64,
    /// Parts in one request. Default 200; ODK Collect starts another request after 100 files.
    pub parts: usize,
    /// What may come between two parts: the headers of one, or a preamble. Default 64 KiB.
    pub headers: u64,
    /// A text field, of which none but `*isIncomplete*` means anything; what is longer is cut. Default 4 KiB.
    pub field: usize,
    /// How much of a refused body is read and thrown away, so that its sender gets to read the refusal. Default
    /// 200,000,000: a sender that did not look at the limit first is heard out as well.
    pub drain: u64,
    /// How long that is done for one who was not let in. Default one minute: nobody has to prove anything to be sent away, and
    /// whoever asks first, as most clients do, never sends the body.
    pub strangers: Duration,
    /// How long a sender may be silent inside a body. Default one minute: field networks stall.
    pub idle: Duration,
    /// How slowly a body may come, of which some comes all the time. Default [`Pace::default`]; with `None` a sender that is
    /// never silent for long is heard out, at a byte a minute.
    pub pace: Option<Pace>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 100_000_000,
            xml: 10 * 1024 * 1024,
            parts: 200,
            headers: 64 * 1024,
            field: 4 * 1024,
            drain: 200_000_000,
            strangers: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            pace: Some(Pace::default()),
        }
    }
}

/// The least that has to come of a body while it is waited for. Who falls short is answered like who falls silent, with 408.
///
/// A sender may be late by `slack`, at the beginning and later. Every byte makes up for the time that it may take at this rate,
/// up to all of it, so that a line that stalls and then is quick again passes. A drip, a byte every few seconds, does not: it
/// would hold its place for as long as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a table of settings, written with `..Pace::default()`")]
pub struct Pace {
    /// Bytes a second. Default 100: the slowest way to be online, GPRS with one time slot for sending, carries ten times as
    /// many.
    pub rate: NonZeroU32,
    /// How late a sender may be. Default one minute, as long as it may be silent.
    pub slack: Duration,
}

impl Pace {
    /// How long that many bytes may take.
    pub(crate) fn time_for(&self, bytes: usize) -> Duration {
        const NANOS: u64 = 1_000_000_000;
        Duration::from_nanos((bytes as u64).saturating_mul(NANOS) / u64::from(self.rate.get()))
    }
}

impl Default for Pace {
    fn default() -> Self {
        const RATE: NonZeroU32 = NonZeroU32::new(100).unwrap();
        Self { rate: RATE, slack: Duration::from_secs(60) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(policy: VersionPolicy, values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("X-OpenRosa-Version", value.parse().unwrap());
        }
        policy.check(&headers).is_ok()
    }

    /// the version header can be ignored, required, or required to be `1.0`; by default `1.0` to `3.0` pass.
    #[test]
    fn each_version_policy_lets_its_own_requests_pass() {
        use VersionPolicy::{Ignore, One, Present, UpToThree};
        let rows: [(&[&str], [bool; 4]); 7] = [
            (&[], [true, false, false, true]),
            (&["1.0"], [true, true, true, true]),
            (&["2.1"], [true, true, false, true]),
            (&["3.0"], [true, true, false, true]),
            (&["4.0"], [true, true, false, false]),
            (&["1.0", "1.0"], [true, true, false, false]),
            (&["x"], [true, true, false, false]),
        ];
        for (values, expected) in rows {
            let found = [Ignore, Present, One, UpToThree].map(|policy| admitted(policy, values));
            assert_eq!(found, expected, "{values:?}");
        }
        assert_eq!(VersionPolicy::default(), UpToThree);
    }
}
