//! `close`: closes the case.

use openrosa_xml::UserId;

use super::block::{Block, Fold};
use crate::{case::Case, differences::Difference};

impl Fold<'_> {
    /// Closing what is closed is no error; on CommCare HQ it moves the date. Nothing in Case XML opens a case again (C-069).
    ///
    /// *Spec:* case-xml.md 1.7.
    pub(super) fn close(&mut self, case: &mut Case, block: Block<'_>) {
        if case.closed {
            self.note(Difference::ClosedOn, block, Some("closed"), block.mark);
        }
        case.closed = true;
        self.disrupted = true;
        if self.form.is_some() {
            case.hq.closed_on = Some(block.modified);
            case.hq.closed_by = block.user.map(UserId::from);
        }
    }
}
