//! What a server knows of a submission.

use std::borrow::Cow;

use crate::{
    envelope::Envelope,
    ns,
    time::Timestamp,
    xml::{Element, Name},
};

/// What a server knows of a submission, as it tells whoever sent or asks for it.
///
/// KoBoToolbox leaves `version` empty whatever the version (openrosa.md 2.9).
///
/// *Wire:* `submissionMetadata`, a payload of the answer to a submission; the same attributes on the root of a downloaded
/// instance. *Spec:* openrosa.md 2.9, 6.2.
///
/// ```
/// # use openrosa_xml::{Envelope, briefcase::SubmissionMetadata};
/// let mut metadata = SubmissionMetadata::default();
/// metadata.instance_id = Some("uuid:1".into());
/// let answer = Envelope::new("Saved.").with_payload(metadata.to_element()).write()?;
/// let envelope = Envelope::read(&answer)?;
/// assert_eq!(SubmissionMetadata::find(&envelope), Some(metadata));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SubmissionMetadata<'a> {
    /// `@id`: the form.
    pub form_id: Option<Cow<'a, str>>,
    /// `@version` of the form.
    pub version: Option<Cow<'a, str>>,
    /// `@uiVersion` of the form.
    pub ui_version: Option<Cow<'a, str>>,
    /// `@encrypted`: `yes`, or absent.
    pub encrypted: Option<Cow<'a, str>>,
    /// `@instanceID`.
    pub instance_id: Option<Cow<'a, str>>,
    /// `@submissionDate`: when the server got it.
    pub submission_date: Option<Timestamp<'a>>,
    /// `@isComplete`; see [`is_complete`](Self::is_complete).
    pub complete: Option<Cow<'a, str>>,
    /// `@markedAsCompleteDate`.
    pub marked_as_complete_date: Option<Timestamp<'a>>,
}

impl<'a> SubmissionMetadata<'a> {
    /// Takes the attributes of an element for what a server knows of a submission.
    #[must_use]
    pub fn of(element: &'a Element<'_>) -> Self {
        let text = |local| element.attribute(local).map(Cow::Borrowed);
        let date = |local| element.attribute(local).map(Timestamp::new);
        Self {
            form_id: text("id"),
            version: text("version"),
            ui_version: text("uiVersion"),
            encrypted: text("encrypted"),
            instance_id: text("instanceID"),
            submission_date: date("submissionDate"),
            complete: text("isComplete"),
            marked_as_complete_date: date("markedAsCompleteDate"),
        }
    }

    /// The one in a server's answer.
    #[must_use]
    pub fn find(answer: &'a Envelope<'_>) -> Option<Self> {
        let mut payloads = answer.payloads();
        payloads.find(|payload| payload.name.local_name() == "submissionMetadata").map(Self::of)
    }

    /// Whether all parts of the submission are there.
    #[must_use]
    pub fn is_complete(&self) -> Option<bool> {
        self.complete.as_deref().and_then(|text| text.parse().ok())
    }

    /// The payload of an answer, in the namespace on the wire.
    #[must_use]
    pub fn to_element(&self) -> Element<'a> {
        let date = |date: &Option<Timestamp<'a>>| date.as_ref().map(|date| date.as_str().to_owned().into());
        let attributes = [
            ("id", self.form_id.clone()),
            ("version", self.version.clone()),
            ("uiVersion", self.ui_version.clone()),
            ("encrypted", self.encrypted.clone()),
            ("instanceID", self.instance_id.clone()),
            ("submissionDate", date(&self.submission_date)),
            ("isComplete", self.complete.clone()),
            ("markedAsCompleteDate", date(&self.marked_as_complete_date)),
        ];
        let present = attributes.into_iter().filter_map(|(local, text)| Some((local, text?)));
        let payload = Element::new(Name::in_namespace(ns::SUBMISSION_METADATA, "submissionMetadata"));
        present.fold(payload, |payload, (local, text)| payload.with_attribute(local, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-088: the payload is written in the namespace on the wire.
    #[test]
    fn the_payload_is_written_as_servers_write_it() {
        let metadata = SubmissionMetadata {
            form_id: Some("f&g".into()),
            version: Some("".into()),
            instance_id: Some("uuid:1".into()),
            submission_date: Some(Timestamp::new("2026-01-02T03:04:05.000Z")),
            complete: Some("true".into()),
            ..SubmissionMetadata::default()
        };
        let element = metadata.to_element();
        insta::assert_snapshot!(element.write().unwrap(), @r#"<submissionMetadata xmlns="http://www.opendatakit.org/xforms" id="f&amp;g" version="" instanceID="uuid:1" submissionDate="2026-01-02T03:04:05.000Z" isComplete="true"/>"#);
        assert_eq!(SubmissionMetadata::of(&element), metadata);
    }

    #[test]
    fn only_the_exact_words_say_whether_it_is_complete() {
        for (written, complete) in [("true", Some(true)), ("false", Some(false)), ("True", None), ("", None)]
        {
            let element = Element::new(Name::local("a")).with_attribute("isComplete", written);
            assert_eq!(SubmissionMetadata::of(&element).is_complete(), complete, "{written}");
        }
        assert_eq!(SubmissionMetadata::default().is_complete(), None);
    }

    #[test]
    fn an_answer_without_it_has_none() {
        assert_eq!(SubmissionMetadata::find(&Envelope::new("Saved.")), None);
    }
}
