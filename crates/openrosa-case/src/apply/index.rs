//! `index`: sets and removes links.

use openrosa_xml::{CaseId, case::understood::Link};

use super::block::{Block, Fold};
use crate::{
    case::{Case, Index, Relationship},
    error::{ApplyError, ApplyErrorKind},
};

impl Fold<'_> {
    /// Links that are not named stay; one that is set has nothing of the one before (C-078, C-079). Whether a target is
    /// known is looked at when the whole form is applied, and by CommCare HQ only.
    ///
    /// *Spec:* case-xml.md 1.8.
    pub(super) fn index(
        &mut self,
        case: &mut Case,
        _block: Block<'_>,
        links: &[Link<'_>],
    ) -> Result<(), ApplyError> {
        for link in links {
            match link.target {
                Some(target) => self.link(case, link, target)?,
                None => self.disrupted |= case.indices.remove(link.name).is_some(),
            }
        }
        Ok(())
    }

    fn link(&mut self, case: &mut Case, link: &Link<'_>, target: &str) -> Result<(), ApplyError> {
        // The device reads a link without a type, and fails on storing it (inferred from code).
        let Some(case_type) = link.case_type else {
            let kind = ApplyErrorKind::IndexUntyped { index: link.name.to_owned() };
            return Err(kind.at(link.mark));
        };
        let index = Index {
            target: CaseId::new(target),
            case_type: case_type.to_owned(),
            relationship: Relationship::from(link.relationship),
        };
        case.indices.insert(link.name.to_owned(), index);
        self.disrupted = true;
        Ok(())
    }
}
