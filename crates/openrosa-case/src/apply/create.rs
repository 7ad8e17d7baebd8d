//! `create`: opens a case, or overwrites the base properties of one.

use openrosa_xml::case::{
    Field,
    understood::{Content, Creation},
};

use super::block::{Block, Fold};
use crate::{case::Case, differences::Difference, error::ApplyError};

impl Fold<'_> {
    /// Properties, links, files, the closed flag and the day of opening stay as they are (C-068).
    ///
    /// *Spec:* case-xml.md 1.4, 4.1, 4.2.
    pub(super) fn create(
        &mut self,
        case: &mut Case,
        block: Block<'_>,
        creation: &Creation<'_>,
    ) -> Result<(), ApplyError> {
        let given: [(Field, Option<Content<'_>>); 3] = [
            (Field::CaseType, creation.case_type),
            (Field::Name, creation.case_name),
            (Field::Owner, creation.owner_id),
        ];
        for (field, content) in given {
            if let Some(content) = content {
                self.set(case, field, content).map_err(|kind| kind.at(block.mark))?;
                self.note_object(content, block, field.name(), block.mark);
            }
        }
        // The device has found an owner for each by now.
        if creation.owner_id.is_none() {
            self.note(Difference::OwnerNeeded, block, Some("owner_id"), block.mark);
        }
        for setting in &creation.others {
            let (fields, _) = self.rules.fields(setting.name);
            for field in fields {
                self.set(case, *field, setting.content).map_err(|kind| kind.at(setting.mark))?;
            }
            self.note(Difference::CreateExtras, block, Some(setting.name), setting.mark);
        }
        self.rules.check_fields(case).map_err(|kind| kind.at(block.mark))
    }
}
