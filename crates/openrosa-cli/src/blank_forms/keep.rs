//! A form that is put into the folder.

use std::io::Write as _;

use openrosa_xml::XForm;
use openrosa_xml::xml::decode;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::FormsFolder;
use crate::durable::sync_folder;
use crate::exit::Failure;

/// How much of a form's id goes into the name of its file.
const NAME: usize = 40;

impl FormsFolder {
    /// Puts a blank form into the folder, from where devices fetch it from now on.
    pub(crate) fn keep(&self, xml: &[u8]) -> Result<(), Failure> {
        let failed =
            |error: &dyn std::fmt::Display| Failure::new(format!("the form cannot be kept: {error}"));
        let text = decode(xml).map_err(|error| failed(&error))?;
        let form = XForm::read(&text).map_err(|error| failed(&error))?;
        let id = form.form_key().id.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| failed(&"its primary instance has no `id`"))?;
        let folder = &self.0.folder;
        let mut file = NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
        file.write_all(xml).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
        file.persist(folder.join(file_name(&id, xml))).map_err(|error| failed(&error.error))?;
        sync_folder(folder).map_err(|error| failed(&error))
    }
}

/// A name that people recognize and that says nothing to the system: what comes from the wire is never a path.
fn file_name(id: &str, xml: &[u8]) -> String {
    let plain = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').take(NAME);
    let hash: String = Sha256::digest(xml).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("form-{}-{hash}.xml", plain.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn an_id_is_no_path() {
        let name = file_name("../../etc/passwd\0", b"");
        assert_eq!(name, "form-etcpasswd-e3b0c442.xml");
    }
}
