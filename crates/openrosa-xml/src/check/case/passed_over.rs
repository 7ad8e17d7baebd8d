//! What a reader takes nothing from in a block, so that it refuses no form or restore for it.

use std::collections::BTreeMap;

use super::look::{at_any_time, others, refusal_inside, tag};
use crate::{
    case::{Action, CaseBlock},
    check::{
        audience::Audience,
        rule_file::{Case, Device, Hq, Odk, Spec, span},
    },
    position::Span,
    profile::Profile,
};

/// Stretches of a block, for either reader, in the order of the block and apart from each other.
pub(in crate::check) struct PassedOver {
    by_device: Vec<Span>,
    by_hq: Vec<Span>,
}

impl PassedOver {
    pub(super) fn of(case: &Case<'_>) -> Self {
        Self { by_device: by_device(case), by_hq: by_hq(case) }
    }

    /// Whether a place is among what a reader passes over.
    pub(super) fn holds(&self, reader: Audience, place: Span) -> bool {
        let stretches = match reader {
            Device => &self.by_device,
            Hq => &self.by_hq,
            Spec | Odk => return false,
        };
        let before = stretches.partition_point(|stretch| stretch.start <= place.start);
        before > 0 && place.end <= stretches[before - 1].end
    }
}

/// A block without an action; elements that are no action and hold nothing that stops it; what stands behind an inner `case`
/// (case-xml.md 1.2, 1.11, 4.1).
fn by_device(case: &Case<'_>) -> Vec<Span> {
    if means_nothing(case, Profile::Device) {
        return vec![case.span()];
    }
    let block = case.span();
    let end = case.end_on_device.unwrap_or(block.end);
    let before = others(case).filter(|element| span(element.mark).start < end);
    let harmless = before.filter(|element| refusal_inside(case, element).is_none());
    let behind = Span { start: end, ..block };
    harmless.map(|element| span(element.mark)).chain([behind]).collect()
}

/// A block without any id; an action that it does not take.
fn by_hq(case: &Case<'_>) -> Vec<Span> {
    if means_nothing(case, Profile::Hq) {
        return vec![case.span()];
    }
    let is_taken = takes(case.block);
    let others = case.block.actions.iter().filter(|action| !is_taken(action));
    others.filter_map(tag).map(|tag| span(tag.mark)).collect()
}

/// The actions of a block that CommCare HQ takes.
pub(in crate::check) fn taken_by_hq<'b>(block: &'b CaseBlock<'b>) -> impl Iterator<Item = &'b Action<'b>> {
    let is_taken = takes(block);
    block.actions.iter().filter(move |action| is_taken(action))
}

/// Whether CommCare HQ takes an action of the block: one that it knows by its letters, and that stands once; a `close` counts
/// however often (case-xml.md 1.1, 1.3).
fn takes<'b>(block: &'b CaseBlock<'_>) -> impl Fn(&Action<'_>) -> bool + use<'b> {
    let mut times: BTreeMap<&'b str, usize> = BTreeMap::new();
    for tag in block.actions.iter().filter_map(tag) {
        *times.entry(tag.name.local_name()).or_default() += 1;
    }
    move |action| {
        let Some(tag) = tag(action) else { return false };
        let local = tag.name.local_name();
        let is_single = matches!(action, Action::Close(_)) || times.get(local) == Some(&1);
        is_single && local.bytes().all(|byte| byte.is_ascii_lowercase())
    }
}

fn means_nothing(case: &Case<'_>, reader: Profile) -> bool {
    matches!(case.block.understood_by(reader, &at_any_time()), Ok(None))
}
