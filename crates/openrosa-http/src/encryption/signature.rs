//! What is signed: a text that names everything that is sent, so that damage and loss show.

use std::fmt::Write;

use md5::{Digest, Md5};

/// The text, line by line.
///
/// *Spec*: openrosa.md 7.2.
pub(super) struct Signed(String);

impl Signed {
    /// The lines before those of the files. A form without a version has no line for one; an empty version has an empty one.
    pub(super) fn new(form_id: &str, version: Option<&str>, wrapped_key: &str, instance_id: &str) -> Self {
        let lines = [Some(form_id), version, Some(wrapped_key), Some(instance_id)];
        Self(lines.into_iter().flatten().fold(String::new(), |text, line| text + line + "\n"))
    }

    /// Adds a file, by the name and the MD5 it had before it was encrypted; the form is the last.
    pub(super) fn file(&mut self, name: &str, md5: [u8; 16]) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{name}::{:032x}", u128::from_be_bytes(md5));
    }

    /// What travels wrapped as the signature.
    pub(super) fn md5(&self) -> [u8; 16] {
        Md5::digest(&self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::bytes;
    use super::*;

    /// R-043: the signature text of the vector in 7.4, with and without version and attachment.
    #[test]
    fn the_text_of_the_vector() {
        let mut signed = Signed::new("f1", Some("2"), "QUJD", "uuid:00000000-0000-4000-8000-000000000000");
        signed.file("a.jpg", Md5::digest("abc").into());
        signed.file("submission.xml", Md5::digest("<data/>").into());
        insta::assert_snapshot!(signed.0, @r"
        f1
        2
        QUJD
        uuid:00000000-0000-4000-8000-000000000000
        a.jpg::900150983cd24fb0d6963f7d28e17f72
        submission.xml::9ea284d4e9f9b96b8351e9d325906800
        ");
        assert!(signed.0.ends_with("906800\n"));
        assert_eq!(signed.md5()[..], bytes("62ba220e392e39da5154eba1ae1d1767"));

        let mut signed = Signed::new("f1", None, "QUJD", "uuid:00000000-0000-4000-8000-000000000000");
        signed.file("submission.xml", Md5::digest("<data/>").into());
        assert_eq!(signed.md5()[..], bytes("e582a4c24f0ccfb528000a71d8e02ab4"));
    }
}
