//! What rules look at across the blocks of a form.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use crate::{
    case::{Action, CaseBlock, Index},
    check::rule_file::{Form, span, trim},
    ns,
    position::Span,
    xml::Element,
};

/// Every block that has a case, but for those inside a device log.
pub(super) fn blocks<'f>(form: &Form<'f>) -> impl Iterator<Item = &'f CaseBlock<'f>> {
    let found = form.instance.cases().iter().filter(|found| !found.in_device_report);
    found.map(|found| &found.block).filter(|block| block.case_id.as_deref().is_some_and(|id| !id.is_empty()))
}

/// Every entry of every `index` of a block.
pub(super) fn entries<'b>(block: &'b CaseBlock<'_>) -> impl Iterator<Item = &'b Index<'b>> {
    block.actions.iter().flat_map(entries_of)
}

/// Every entry of an action.
pub(super) const fn entries_of<'b>(action: &'b Action<'_>) -> &'b [Index<'b>] {
    match action {
        Action::Index(index) => index.entries.as_slice(),
        _ => &[],
    }
}

/// Every link that a block sets, with its target as the device reads it.
pub(super) fn links<'b>(block: &'b CaseBlock<'_>) -> impl Iterator<Item = (&'b Index<'b>, Cow<'b, str>)> {
    let trimmed = |entry: &'b Index<'b>| match entry.target.text() {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    };
    entries(block).map(move |entry| (entry, trimmed(entry))).filter(|(_, target)| !target.is_empty())
}

/// The type in a block's last `create`.
pub(super) fn type_of<'b>(block: &'b CaseBlock<'_>) -> Option<Cow<'b, str>> {
    let creates = block.actions.iter().rev().filter_map(|action| match action {
        Action::Create(create) => Some(create),
        _ => None,
    });
    creates.flat_map(|create| create.property("case_type")).map(|property| property.value.text()).next()
}

fn opens(block: &CaseBlock<'_>) -> bool {
    block.actions.iter().any(|action| matches!(action, Action::Create(_)))
}

fn closes(block: &CaseBlock<'_>) -> bool {
    block.actions.iter().any(|action| matches!(action, Action::Close(_)))
}

/// Whether a block does something other than close or, say, nothing.
fn changes(block: &CaseBlock<'_>) -> bool {
    block.actions.iter().any(|action| !matches!(action, Action::Close(_) | Action::Other(_)))
}

/// The cases that are opened somewhere in the form, each with its type.
pub(super) fn opened<'f>(form: &Form<'f>) -> BTreeMap<&'f str, Cow<'f, str>> {
    let opening = blocks(form).filter(|block| opens(block));
    opening
        .filter_map(|block| Some((block.case_id.as_deref()?, type_of(block).unwrap_or_default())))
        .collect()
}

/// Every element outside case blocks, the root first.
pub(super) fn outside_blocks<'f>(form: &Form<'f>) -> impl Iterator<Item = &'f Element<'f>> {
    let blocks = block_starts(form);
    let mut rest = vec![form.document];
    std::iter::from_fn(move || {
        loop {
            let element = rest.pop()?;
            if blocks.contains(&span(element.mark).start) {
                continue;
            }
            rest.extend(element.elements());
            return Some(element);
        }
    })
}

fn block_starts(form: &Form<'_>) -> HashSet<u64> {
    let new = form.instance.cases().iter().map(|found| found.block.tag.mark);
    let old = form.instance.legacy_cases().iter().map(|found| found.block.element.mark);
    new.chain(old).map(|mark| span(mark).start).collect()
}

/// Elements called `case`, whatever the case of the letters, that are no block and stand in no device log.
pub(super) fn called_case<'f>(form: &Form<'f>) -> impl Iterator<Item = &'f Element<'f>> {
    let blocks = block_starts(form);
    let mut rest = vec![form.document];
    let elements = std::iter::from_fn(move || {
        loop {
            let element = rest.pop()?;
            let is_log = element.name.namespace() == Some(ns::DEVICE_REPORT);
            if is_log || blocks.contains(&span(element.mark).start) {
                continue;
            }
            rest.extend(element.elements());
            return Some(element);
        }
    });
    elements.filter(|element| element.name.local_name().eq_ignore_ascii_case("case"))
}

/// A block of a case that an earlier one is about too.
pub(super) struct Several<'f> {
    pub(super) case_id: &'f str,
    pub(super) how: How,
    /// The block.
    pub(super) at: Span,
    /// The earlier block.
    pub(super) other: Span,
}

/// What is remarkable about several blocks for one case: the first of these that holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    CreatedLate,
    Types,
    CreatedTwice,
    AfterClose,
    Reordered,
    Several,
}

/// One finding for each case with several blocks.
pub(super) fn several<'f>(form: &Form<'f>) -> impl Iterator<Item = Several<'f>> {
    let mut by_case: BTreeMap<&str, Vec<&CaseBlock<'_>>> = BTreeMap::new();
    for block in blocks(form) {
        by_case.entry(block.case_id.as_deref().unwrap_or_default()).or_default().push(block);
    }
    let known = form.options.known;
    by_case.into_iter().filter_map(move |(case_id, blocks)| {
        let exists = known.is_some_and(|known| known.contains(case_id));
        let (how, at, other) = judge(&blocks, exists)?;
        Some(Several { case_id, how, at: span(at.tag.mark), other: span(other.tag.mark) })
    })
}

type Pair<'b> = (How, &'b CaseBlock<'b>, &'b CaseBlock<'b>);

fn judge<'b>(blocks: &[&'b CaseBlock<'b>], exists: bool) -> Option<Pair<'b>> {
    let (first, second) = (*blocks.first()?, *blocks.get(1)?);
    created_late(blocks, exists)
        .or_else(|| created_again(blocks))
        .or_else(|| after_close(blocks))
        .or_else(|| reordered(blocks))
        .or(Some((How::Several, second, first)))
}

/// Opened by a block behind one that changes it, and not there before.
fn created_late<'b>(blocks: &[&'b CaseBlock<'b>], exists: bool) -> Option<Pair<'b>> {
    let late = blocks.iter().position(|block| opens(block)).filter(|_| !exists)?;
    let before = blocks[..late].iter().find(|block| changes(block) || closes(block))?;
    Some((How::CreatedLate, blocks[late], before))
}

fn created_again<'b>(blocks: &[&'b CaseBlock<'b>]) -> Option<Pair<'b>> {
    let mut opening = blocks.iter().filter(|block| opens(block));
    let (first, second) = (opening.next()?, opening.next()?);
    let how = if type_of(first) == type_of(second) { How::CreatedTwice } else { How::Types };
    Some((how, second, first))
}

fn after_close<'b>(blocks: &[&'b CaseBlock<'b>]) -> Option<Pair<'b>> {
    let closed = blocks.iter().position(|block| closes(block))?;
    let changed = blocks[closed + 1..].iter().find(|block| changes(block))?;
    Some((How::AfterClose, changed, blocks[closed]))
}

/// The ranks are those of case-xml.md 4.3; blocks of one rank stay as they stand.
fn reordered<'b>(blocks: &[&'b CaseBlock<'b>]) -> Option<Pair<'b>> {
    let pair = blocks.windows(2).find(|pair| rank(pair[0]) > rank(pair[1]))?;
    Some((How::Reordered, pair[1], pair[0]))
}

fn rank(block: &CaseBlock<'_>) -> u8 {
    let rank = |action: &Action<'_>| match action {
        Action::Create(_) => Some(0),
        Action::Update(_) => Some(1),
        Action::Index(_) => Some(2),
        Action::Close(_) => Some(3),
        Action::Attachment(_) => Some(4),
        Action::Other(_) => None,
    };
    block.actions.iter().filter_map(rank).min().unwrap_or(1)
}
