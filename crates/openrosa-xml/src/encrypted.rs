//! What is sent in place of a form that is encrypted: where its parts are, and the key that opens them.

use std::borrow::Cow;

use crate::{
    document::{document, filled, trimmed},
    ns,
    xml::{Element, Name},
};

document! {
    /// The manifest of an encrypted submission, which goes in the place of the form itself.
    ///
    /// It is read in any namespace and in any order. This is the document only: nothing here encrypts or decrypts.
    ///
    /// *Wire:* the XML part of a submission. *Spec:* openrosa.md 7.3.
    ///
    /// ```
    /// # use openrosa_xml::EncryptedSubmission;
    /// let sent = EncryptedSubmission::new("visit", "b64key", "uuid:1")
    ///     .with_version("2")
    ///     .with_media_file("a.jpg.enc")
    ///     .with_form("submission.xml.enc", "b64signature");
    /// let written = sent.write()?;
    /// let received = EncryptedSubmission::read(&written)?;
    /// assert!(received.is_encrypted());
    /// assert_eq!(received.files().collect::<Vec<_>>(), ["a.jpg.enc", "submission.xml.enc"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    EncryptedSubmission
}

impl<'a> EncryptedSubmission<'a> {
    /// A manifest without files, of a form without a version: the encrypted key and the id of the instance. Add the media
    /// files first, then the form.
    pub fn new(
        form_id: impl Into<Cow<'a, str>>,
        encrypted_key: impl Into<Cow<'a, str>>,
        instance_id: impl Into<Cow<'a, str>>,
    ) -> Self {
        let meta = Name::in_namespace(ns::METADATA, "meta").with_prefix("orx");
        let instance_id = Element::new(meta.sibling("instanceID")).with_text(instance_id);
        let element = Element::new(name("data"))
            .with_attribute("id", form_id)
            .with_attribute("encrypted", "yes")
            .with_child(Element::new(name("base64EncryptedKey")).with_text(encrypted_key))
            .with_child(Element::new(meta).with_child(instance_id));
        Self { element }
    }

    /// The same manifest, of a form in this version.
    #[must_use]
    pub fn with_version(self, version: impl Into<Cow<'a, str>>) -> Self {
        Self { element: self.element.with_attribute("version", version) }
    }

    /// Adds an encrypted media file, in a `media` of its own: ODK Aggregate keeps only the first of several in one.
    #[must_use]
    pub fn with_media_file(self, file: impl Into<Cow<'a, str>>) -> Self {
        let file = Element::new(name("file")).with_text(file);
        Self { element: self.element.with_child(Element::new(name("media")).with_child(file)) }
    }

    /// Adds the encrypted form and the signature over all that is sent.
    #[must_use]
    pub fn with_form(self, file: impl Into<Cow<'a, str>>, signature: impl Into<Cow<'a, str>>) -> Self {
        let form = Element::new(name("encryptedXmlFile")).with_text(file);
        let signature = Element::new(name("base64EncryptedElementSignature")).with_text(signature);
        Self { element: self.element.with_child(form).with_child(signature) }
    }

    /// Whether this is the manifest of an encrypted submission: it says so, and has a key. A form that only says so is
    /// a form that is not encrypted, and must not be taken for one that is.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.element.attribute("encrypted") == Some("yes") && self.encrypted_key().is_some()
    }

    /// `@id`: the form.
    #[must_use]
    pub fn form_id(&self) -> Option<&str> {
        self.element.attribute("id")
    }

    /// `@version` of the form. Absent and empty differ: the signature has a line for a version only if there is one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.element.attribute("version")
    }

    /// `base64EncryptedKey`: the key of the submission, which only the holder of the form's private key can open.
    #[must_use]
    pub fn encrypted_key(&self) -> Option<Cow<'_, str>> {
        filled(&self.element, "base64EncryptedKey")
    }

    /// `meta/instanceID` of the first `meta`, as everywhere (R-102). It is part of what the files are encrypted with, and so
    /// as written.
    #[must_use]
    pub fn instance_id(&self) -> Option<Cow<'_, str>> {
        self.element.child("meta")?.child("instanceID").map(Element::text)
    }

    /// `media/file`: the encrypted media files, in the order in which they were encrypted.
    pub fn media_files(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let media = self.element.elements().filter(|media| media.name.local_name() == "media");
        let files = media.flat_map(Element::elements).filter(|file| file.name.local_name() == "file");
        files.map(|file| trimmed(file.text())).filter(|file| !file.is_empty())
    }

    /// `encryptedXmlFile`: the encrypted form.
    #[must_use]
    pub fn form_file(&self) -> Option<Cow<'_, str>> {
        filled(&self.element, "encryptedXmlFile")
    }

    /// `base64EncryptedElementSignature`, which reveals what was damaged or left out, and proves nothing about who sent it.
    #[must_use]
    pub fn signature(&self) -> Option<Cow<'_, str>> {
        filled(&self.element, "base64EncryptedElementSignature")
    }

    /// Every file that must come with the manifest: the media files and then the form.
    pub fn files(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.media_files().chain(self.form_file())
    }
}

fn name(local: &'static str) -> Name<'static> {
    Name::in_namespace(ns::ENCRYPTED, local)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-110: either namespace and any order of the children is read, and several files in one `media`.
    #[test]
    fn a_manifest_is_read_in_whatever_shape_it_comes() {
        let children = [
            "<base64EncryptedKey>\n KEY \n</base64EncryptedKey>",
            "<m:meta xmlns:m='http://openrosa.org/xforms'><m:instanceID>uuid:1</m:instanceID></m:meta>",
            "<media><file>a.enc</file><file> b.enc </file></media><media/><media><file>c.enc</file><file/></media>",
            "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>",
            "<base64EncryptedElementSignature>SIGN</base64EncryptedElementSignature>",
        ];
        for namespace in
            ["http://www.opendatakit.org/xforms/encrypted", "http://opendatakit.org/submissions", ""]
        {
            for turn in 0..children.len() {
                let mut turned = children;
                turned.rotate_left(turn);
                let inside = turned.concat();
                let source =
                    format!("<data id='f' version='2' encrypted='yes' xmlns='{namespace}'>{inside}</data>");
                let read = EncryptedSubmission::read(&source).unwrap();
                assert!(read.is_encrypted());
                assert_eq!((read.form_id(), read.version()), (Some("f"), Some("2")));
                assert_eq!(read.encrypted_key().as_deref(), Some("KEY"));
                assert_eq!(read.instance_id().as_deref(), Some("uuid:1"));
                let files: Vec<_> = read.files().collect();
                assert_eq!(files, ["a.enc", "b.enc", "c.enc", "submission.xml.enc"]);
                assert_eq!(read.signature().as_deref(), Some("SIGN"));
                assert_eq!(EncryptedSubmission::read(&read.write().unwrap()).unwrap(), read);
            }
        }
    }

    /// R-110: each file is written in a `media` of its own.
    #[test]
    fn a_manifest_is_written_as_collect_writes_it() {
        let sent = EncryptedSubmission::new("f&g", "KEY", "uuid:1")
            .with_media_file("a.jpg.enc")
            .with_media_file("b.jpg.enc")
            .with_form("submission.xml.enc", "SIGN");
        let written = sent.write().unwrap();
        insta::assert_snapshot!(written, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <data xmlns="http://www.opendatakit.org/xforms/encrypted" id="f&amp;g" encrypted="yes"><base64EncryptedKey>KEY</base64EncryptedKey><orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1</orx:instanceID></orx:meta><media><file>a.jpg.enc</file></media><media><file>b.jpg.enc</file></media><encryptedXmlFile>submission.xml.enc</encryptedXmlFile><base64EncryptedElementSignature>SIGN</base64EncryptedElementSignature></data>
        "#);
        assert_eq!(EncryptedSubmission::read(&written).unwrap(), sent);
        assert_eq!(sent.media_files().collect::<Vec<_>>(), ["a.jpg.enc", "b.jpg.enc"]);
    }

    #[test]
    fn a_form_that_only_says_so_is_not_encrypted() {
        for source in
            ["<data/>", "<data encrypted='yes'/>", "<data><base64EncryptedKey>K</base64EncryptedKey></data>"]
        {
            assert!(!EncryptedSubmission::read(source).unwrap().is_encrypted(), "{source}");
        }
    }
}
