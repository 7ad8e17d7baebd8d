//! Where forms and their files lie in a folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use openrosa_xml::form_list::ListedForm;
use openrosa_xml::manifest::RelativePath;
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

/// The place of one form.
pub(crate) struct Shelf {
    pub(crate) form: PathBuf,
    pub(crate) media: PathBuf,
}

impl Shelf {
    /// Ids are not names of files: what may lead elsewhere, or mean something to a system, is written as `%2F` is in an
    /// address.
    pub(super) fn of(folder: &Path, form: &ListedForm<'_>) -> Self {
        Self::called(folder, &safe(&form.form_id))
    }

    /// Beside that of a form whose id differs by case only.
    pub(super) fn beside(folder: &Path, form: &ListedForm<'_>) -> Self {
        Self::called(folder, &otherwise_safe(&form.form_id))
    }

    fn called(folder: &Path, name: &str) -> Self {
        Self { form: folder.join(format!("{name}.xml")), media: folder.join(format!("{name}-media")) }
    }
}

/// Systems take 255 bytes for a name, and something is put before and behind this one.
const LONGEST: usize = 200;

/// A text as the name of a file, different ones as different ones. A long one is its beginning and a hash of all of it.
pub(crate) fn safe(text: &str) -> String {
    let mut name = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            _ => {
                let _ = write!(name, "%{byte:02X}");
            }
        }
    }
    if name.len() > LONGEST {
        return with_hash(name, text);
    }
    if name.ends_with('.') {
        name.replace_range(name.len() - 1.., "%2E");
    }
    match RelativePath::new(&*name) {
        Err(_) => "%".to_owned(),
        Ok(path) if path.fits_windows() => name,
        // The name of a device, as `con` or `con.v2`.
        Ok(_) => format!("%{:02X}{}", name.as_bytes()[0], &name[1..]),
    }
}

/// Another name for a text whose [`safe`] name is that of another text to a system that knows no case.
pub(crate) fn otherwise_safe(text: &str) -> String {
    with_hash(safe(text), text)
}

fn with_hash(mut name: String, text: &str) -> String {
    name.truncate(LONGEST - 33);
    // No short name has this sign.
    name.push('~');
    for byte in &Sha256::digest(text)[..16] {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// A name as systems compare it to which `Ä.jpg` and `ä.jpg` are one file (macOS, Windows), or an `ä` of one sign and
/// one of two.
pub(crate) fn without_case(name: &str) -> String {
    let upper = name.nfc().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_leads_out_of_the_folder() {
        assert_eq!(safe("site-visit_2.1"), "site-visit_2.1");
        assert_eq!(safe("../../etc/passwd"), "%2E.%2F..%2Fetc%2Fpasswd");
        assert_eq!(safe("häuser & bäume/1"), "h%C3%A4user%20%26%20b%C3%A4ume%2F1");
        assert_eq!(safe("C:\\x"), "C%3A%5Cx");
        assert_eq!((safe(""), safe("."), safe("%")), ("%".into(), "%2E".into(), "%25".into()));
    }

    #[test]
    fn no_id_is_a_name_that_windows_cannot_have() {
        for (id, name) in [
            ("con", "%63on"),
            ("Aux.v2", "%41ux.v2"),
            ("com1", "%63om1"),
            ("console", "console"),
            ("v2.", "v2%2E"),
        ] {
            assert_eq!(safe(id), name);
        }
    }

    #[test]
    fn a_long_id_still_is_the_name_of_a_file() {
        let id = "\u{915}".repeat(30);
        let names =
            [safe(&id), safe(&format!("{id}\u{915}")), safe(&"a".repeat(200)), safe(&"a".repeat(201))];
        assert!(names.iter().all(|name| name.len() <= 200), "{names:?}");
        assert!(names[0].starts_with("%E0%A4%95%E0") && names[0] != names[1], "{names:?}");
        assert_eq!(names[2], "a".repeat(200));
        assert!(names[3].contains('~'), "{names:?}");
    }

    #[test]
    fn a_name_is_one_however_it_is_written() {
        for (one, other) in [
            ("Photo.JPG", "photo.jpg"),
            ("\u{e4}.jpg", "a\u{308}.jpg"),
            ("\u{c4}.jpg", "a\u{308}.jpg"),
            ("\u{3a3}\u{3b1}\u{3c2}", "\u{3c3}\u{3b1}\u{3c3}"),
        ] {
            assert_eq!(without_case(one), without_case(other), "{one} {other}");
        }
        for (one, other) in [("a.jpg", "\u{e4}.jpg"), ("a.jpg", "b.jpg"), ("a/b.jpg", "ab.jpg")] {
            assert_ne!(without_case(one), without_case(other), "{one} {other}");
        }
    }

    #[test]
    fn there_is_another_name_for_each_text() {
        let (one, other) = (otherwise_safe("uuid:A"), otherwise_safe("uuid:a"));
        assert!(one.starts_with("uuid%3AA~") && other.starts_with("uuid%3Aa~"), "{one} {other}");
        assert_ne!(without_case(&one), without_case(&other));
        assert!(otherwise_safe(&"a".repeat(300)).len() <= 200);
    }
}
