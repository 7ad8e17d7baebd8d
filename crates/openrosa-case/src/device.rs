//! What a device does: forms as they are filled in, restores, search results.

mod form;
mod restore;
mod search;
#[cfg(test)]
mod tests;

pub use form::DeviceForm;
pub use restore::{Restore, RestoreStep};
pub use search::SearchResults;

use std::sync::Arc;

use openrosa_xml::{
    CaseId, Mark,
    case::{CaseBlock, understood::Context},
};

use crate::{
    apply::Fold,
    change::{Applied, in_reach, made},
    error::ApplyError,
    rules::Rules,
    store::Staging,
};

/// Applies one block, as the streaming parser does when it meets it.
fn apply_block(
    rules: Rules,
    staging: &mut Staging,
    block: &CaseBlock<'_>,
    context: &Context<'_>,
) -> Result<Applied, ApplyError> {
    let Some(understood) = block.understood_by(rules.profile, context)? else {
        return Ok(Applied::default());
    };
    let (id, case) = staging.take_case(understood.case_id);
    let mut fold = Fold::new(rules, None);
    let before = case.as_deref().map(|case| in_reach(case, &understood));
    let after = fold.block(&id, case.map(Arc::unwrap_or_clone), &understood, block.tag.mark)?;
    let mut applied = Applied { notes: fold.notes, disrupted: fold.disrupted, ..Applied::default() };
    if let Some(after) = after.map(Arc::new) {
        applied.changes = made(before.as_ref(), &after, &understood);
        staging.put_case(after);
    }
    Ok(applied)
}

/// The case that a block is about, to be loaded; without one it will be refused.
fn case_of(block: &CaseBlock<'_>) -> Option<CaseId> {
    block.case_id_on_device().map(CaseId::from)
}

/// Where something stood, to bring things from several lists into the order of the document.
fn place(mark: Mark) -> u64 {
    mark.span().map_or(u64::MAX, |span| span.start)
}
