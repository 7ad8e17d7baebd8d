//! `index`: sets and removes links.

use std::borrow::Cow;

use openrosa_xml::{CaseId, Text, case::understood::Link};

use super::block::{Block, Fold};
use crate::{
    case::{Case, Index, Relationship},
    differences::Difference,
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
        block: Block<'_>,
        links: &[Link<'_>],
    ) -> Result<(), ApplyError> {
        let mut indices = Vec::with_capacity(links.len());
        for link in links {
            let index = link.target.map(|target| self.link(block, link, target)).transpose()?;
            self.disrupted |= index.is_some() || case.indices.contains_key(link.name);
            indices.push((Text::borrowed(link.name).into_owned(), index));
        }
        case.indices.change(indices);
        Ok(())
    }

    fn link(&mut self, block: Block<'_>, link: &Link<'_>, target: &str) -> Result<Index, ApplyError> {
        // The device reads a link without a type, and fails on storing it (inferred from code).
        let Some(case_type) = link.case_type else {
            let kind = ApplyErrorKind::IndexUntyped { index: link.name.to_owned() };
            return Err(kind.at(link.mark));
        };
        let [target, case_type] = [target, case_type].map(|text| self.rules.text(text));
        if [&target, &case_type].into_iter().any(|text| matches!(text, Cow::Owned(_))) {
            self.note(Difference::DateTimeText, block, Some(link.name), link.mark);
        }
        Ok(Index {
            target: CaseId::from(&*target),
            case_type: Text::borrowed(&case_type).into_owned(),
            relationship: Relationship::from(link.relationship),
        })
    }
}
