//! `attachment`: sets and removes files.

use openrosa_xml::{Text, case::understood::File as Written};

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
        let mut changes = Vec::with_capacity(files.len());
        for file in files {
            if let Some(change) = self.file(file)? {
                changes.push((Text::borrowed(file.name).into_owned(), change));
            }
            self.note(Difference::Attachments, block, Some(file.name), file.mark);
        }
        case.attachments.change(changes);
        Ok(())
    }

    /// What becomes of a file: `None` where it is passed over, `Some(None)` where it is taken away.
    #[expect(clippy::option_option, reason = "nothing is said of it, or that there is none")]
    fn file(&self, file: &Written<'_>) -> Result<Option<Option<File>>, ApplyError> {
        let names = self.form.and_then(|form| form.files.as_ref());
        let has_file = names.map(|names| |name: &str| names.contains(name));
        let has_file = has_file.as_ref().map(|has| has as &dyn Fn(&str) -> bool);
        if file.is_removal() {
            return Ok(self.rules.removes_files(has_file.is_some()).then_some(None));
        }
        let src = self.rules.file(file, has_file).map_err(|kind| kind.at(file.mark))?;
        let there = |src: &str| File { src: src.to_owned(), from: file.from.map(str::to_owned) };
        Ok(src.map(there).map(Some))
    }
}
