//! `attachment`: sets and removes files.

use openrosa_xml::case::understood::File as Written;

use super::block::{Block, Fold};
use crate::{
    case::{Case, File},
    differences::Difference,
    error::ApplyError,
};

impl Fold<'_> {
    /// Only the reference is kept. To fetch the file is up to the host: the device tries at once, and where that fails goes
    /// on as if nothing had been said.
    ///
    /// *Spec:* case-xml.md 1.9.
    pub(super) fn attachment(
        &mut self,
        case: &mut Case,
        block: Block<'_>,
        files: &[Written<'_>],
    ) -> Result<(), ApplyError> {
        for file in files {
            self.file(case, file).map_err(|error| ApplyError { mark: file.mark, ..error })?;
            self.note(Difference::Attachments, block, Some(file.name), file.mark);
        }
        Ok(())
    }

    fn file(&mut self, case: &mut Case, file: &Written<'_>) -> Result<(), ApplyError> {
        let names = self.form.and_then(|form| form.files.as_ref());
        let has_file = names.map(|names| |name: &str| names.contains(name));
        let has_file = has_file.as_ref().map(|has| has as &dyn Fn(&str) -> bool);
        if file.is_removal() {
            if self.rules.removes_files(has_file.is_some()) {
                case.attachments.remove(file.name);
            }
            return Ok(());
        }
        if let Some(src) = self.rules.file(file, has_file).map_err(|kind| kind.at(file.mark))? {
            let file_there = File { src: src.to_owned(), from: file.from.map(str::to_owned) };
            case.attachments.insert(file.name.to_owned(), file_there);
        }
        Ok(())
    }
}
