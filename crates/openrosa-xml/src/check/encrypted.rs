//! Rules about what is sent in place of a form that is encrypted (openrosa.md 7.3), one a file.

mod file_missing;
mod file_name;
mod file_twice;
mod flag;
mod form_file_missing;
mod id_missing;
mod instance_id_missing;
mod key_missing;
mod media_after_form;
mod media_shared;
mod meta_twice;
mod not_base64;
mod signature_missing;
mod version_blank;

use super::rule::Rule;
use crate::{encrypted::EncryptedSubmission, xml::Element};

/// All of them, in the order of the document.
pub(super) const RULES: &[&Rule] = &[
    &flag::RULE,
    &id_missing::RULE,
    &key_missing::RULE,
    &not_base64::RULE,
    &instance_id_missing::RULE,
    &meta_twice::RULE,
    &form_file_missing::RULE,
    &signature_missing::RULE,
    &version_blank::RULE,
    &media_shared::RULE,
    &media_after_form::RULE,
    &file_name::RULE,
    &file_twice::RULE,
    &file_missing::RULE,
];

fn metas<'s>(sent: &'s EncryptedSubmission<'_>) -> impl Iterator<Item = &'s Element<'s>> {
    sent.element.elements().filter(|child| child.name.local_name() == "meta")
}

fn instance_ids<'s>(sent: &'s EncryptedSubmission<'_>) -> impl Iterator<Item = &'s Element<'s>> {
    metas(sent).filter_map(|meta| meta.child("instanceID"))
}

/// The elements that name a file: the media files and then the form.
fn files<'s>(sent: &'s EncryptedSubmission<'_>) -> impl Iterator<Item = &'s Element<'s>> {
    let media = sent.element.elements().filter(|child| child.name.local_name() == "media");
    let files = media.flat_map(Element::elements).filter(|file| file.name.local_name() == "file");
    files.chain(sent.element.child("encryptedXmlFile"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::{
        check::{Options, document},
        encrypted::EncryptedSubmission,
    };

    #[test]
    fn files_that_did_not_come_are_found() {
        let sent = EncryptedSubmission::new("visit", "QUJD", "uuid:1")
            .with_media_file("oak.jpg.enc")
            .with_form("submission.xml.enc", "QUJD");
        let files = BTreeSet::from(["submission.xml.enc".to_owned()]);
        let report = document(&sent.write().unwrap(), &Options { files: Some(&files), ..Options::default() });
        let [finding] = report.findings() else { panic!("{report:?}") };
        assert_eq!((finding.code(), finding.value("file")), ("encrypted-file-missing", Some("oak.jpg.enc")));
    }
}
