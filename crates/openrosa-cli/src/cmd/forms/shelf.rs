//! Where forms and their files lie in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use openrosa_xml::FileHash;
use openrosa_xml::form_list::ListedForm;

/// The place of one form.
pub(crate) struct Shelf {
    pub(crate) form: PathBuf,
    pub(crate) media: PathBuf,
}

impl Shelf {
    /// Ids are not names of files: what may lead elsewhere, or mean something to a system, is written as `%2F` is in an
    /// address.
    pub(super) fn of(folder: &Path, form: &ListedForm<'_>) -> Self {
        let name = safe(&form.form_id);
        Self { form: folder.join(format!("{name}.xml")), media: folder.join(format!("{name}-media")) }
    }
}

/// A text as the name of a file, different ones as different ones.
pub(crate) fn safe(text: &str) -> String {
    let mut name = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    if name.is_empty() { "%".to_owned() } else { name }
}

/// The hash of what lies in a place, if anything does.
pub(super) fn hash_of(path: &Path) -> Option<FileHash> {
    let bytes = fs::read(path).ok()?;
    Some(FileHash::from_md5(Md5::digest(bytes).into()))
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn no_id_leads_out_of_the_folder() {
        assert_eq!(safe("site-visit_2.1"), "site-visit_2.1");
        assert_eq!(safe("../../etc/passwd"), "%2E.%2F..%2Fetc%2Fpasswd");
        assert_eq!(safe("häuser & bäume/1"), "h%C3%A4user%20%26%20b%C3%A4ume%2F1");
        assert_eq!(safe("C:\\x"), "C%3A%5Cx");
        assert_eq!((safe(""), safe("."), safe("%")), ("%".into(), "%2E".into(), "%25".into()));
    }
}
