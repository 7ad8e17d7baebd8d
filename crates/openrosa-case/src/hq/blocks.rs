//! What CommCare HQ takes out of a form, and in which order.

use std::{borrow::Cow, collections::BTreeSet};

use chrono::{Offset, Utc};
use openrosa_xml::{
    CaseId, Instance, Mark, Profile, Text,
    case::{
        Action, CaseBlock,
        understood::{Content, Context, RefusalKind, Setting, Step, Understood, WarningKind},
    },
    instance::{FoundCase, FoundLedger, FoundLegacyCase},
    ns,
};

use super::{Project, visit};
use crate::{
    apply::{Entries, FormFacts, entries},
    change::Note,
    differences::Difference,
    error::{ApplyError, ApplyErrorKind},
    form::Form,
    rules::Rules,
};

/// A block, and where it stood.
#[derive(Debug)]
pub(super) struct Found<'b> {
    pub(super) understood: Understood<'b>,
    /// The case, as the JSON of the form has its id ([`Difference::DateTimeText`]).
    pub(super) case_id: Cow<'b, str>,
    pub(super) mark: Mark,
    /// The rules by which CommCare HQ takes it otherwise than it stands.
    pub(super) rules: Vec<Difference>,
}

/// What is known of each block before it is looked at: the form's user, the time, what is around the block.
pub(super) fn contexts<'f>(instance: &'f Instance<'_>, form: &Form) -> Vec<Context<'f>> {
    let meta = instance.meta();
    let user = meta.and_then(|meta| meta.user_id().or_else(|| meta.text("chw_id"))).map(Text::from);
    let of_block = |parent: Option<&'f str>| {
        let mut context = Context::new(form.received_on.fixed_offset());
        context.user_id.clone_from(&user);
        context.parent_namespace = parent.map(Into::into);
        context
    };
    instance.cases().iter().map(|found| of_block(found.parent_namespace.as_deref())).collect()
}

/// The blocks by case id, then by the first kind of action in them (C-064).
///
/// Blocks of one case and one rank come in the order in which CommCare HQ meets them, which is that of its JSON.
///
/// *Spec:* case-xml.md 1.12, 4.3.
pub(super) fn blocks<'b>(
    instance: &'b Instance<'_>,
    source: &str,
    contexts: &'b [Context<'_>],
) -> Result<Vec<Found<'b>>, ApplyError> {
    let mut found = Vec::new();
    let mut refused: Option<ApplyError> = None;
    for (case, context) in instance.cases().iter().zip(contexts) {
        if case.in_device_report || case.in_case_group {
            continue;
        }
        match case.block.understood_by(Profile::Hq, context) {
            Ok(understood) => found.extend(understood.map(|understood| Found {
                rules: own_rules(instance, &case.block, &understood),
                case_id: Rules::hq().text(understood.case_id),
                understood,
                mark: case.block.tag.mark,
            })),
            // All dates are looked at before anything else is.
            Err(refusal) if matches!(refusal.kind, RefusalKind::DateUnreadable { .. }) => {
                return Err(refusal.into());
            }
            Err(refusal) => refused = refused.or(Some(refusal.into())),
        }
    }
    if let Some(error) = refused.or_else(|| legacy(instance)) {
        return Err(error);
    }
    found.sort_by(|a, b| standing(a).cmp(&standing(b)));
    if found.windows(2).any(|two| standing(&two[0]) == standing(&two[1])) {
        sort_as_visited(source, &mut found);
    }
    note_order(&mut found);
    Ok(found)
}

/// What decides before the place in the form does.
fn standing<'f>(found: &'f Found<'_>) -> (&'f str, u8) {
    (&found.case_id, rank(found))
}

/// The form is gone through once more for this, since few have several such blocks.
fn sort_as_visited(source: &str, found: &mut [Found<'_>]) {
    let starts = found.iter().filter_map(start).collect();
    let ways = visit::ways(source, &starts);
    let way = |found: &Found<'_>| start(found).and_then(|start| ways.get(&start));
    found.sort_by(|a, b| (standing(a), way(a)).cmp(&(standing(b), way(b))));
}

fn start(found: &Found<'_>) -> Option<u64> {
    found.mark.span().map(|span| span.start)
}

/// Where sorting has changed the order of the blocks of one case.
fn note_order(found: &mut [Found<'_>]) {
    for at in 1..found.len() {
        let (before, block) = (&found[at - 1], &found[at]);
        if before.case_id == block.case_id && start(before) > start(block) {
            found[at].rules.push(Difference::BlockOrder);
        }
    }
}

/// The actions in the order in which CommCare HQ takes them, each by the one spelling under which it knows it.
///
/// *Spec:* case-xml.md 1.1, 1.3.
const ACTIONS: [&str; 5] = ["create", "update", "close", "index", "attachment"];

fn own_rules(instance: &Instance<'_>, block: &CaseBlock<'_>, understood: &Understood<'_>) -> Vec<Difference> {
    let mut rules: Vec<_> =
        understood.warnings.iter().filter_map(|warning| of_warning(&warning.kind)).collect();
    let place = |action: &Action<'_>| ACTIONS.iter().position(|name| *name == action.name().local_name());
    if matches!(Rules::hq().text(understood.case_id), Cow::Owned(_)) {
        rules.push(Difference::DateTimeText);
    }
    let closes_around =
        |action: &Action<'_>| matches!(action, Action::Close(close) if !close.contents.is_empty());
    if block.actions.iter().any(closes_around) {
        rules.push(Difference::InnerBlock);
    }
    if instance.device_case_around(block.tag.mark).is_some() {
        rules.push(Difference::BlockName);
    }
    if !block.actions.iter().filter_map(place).is_sorted() {
        rules.push(Difference::ActionOrder);
    }
    rules
}

fn of_warning(kind: &WarningKind<'_>) -> Option<Difference> {
    match kind {
        WarningKind::ActionTwice(_) => Some(Difference::DoubledAction),
        WarningKind::UnknownAction(_) => Some(Difference::InnerBlock),
        WarningKind::ActionSpelling(_) => Some(Difference::ActionName),
        WarningKind::Dropped("case_id" | "date_modified") => Some(Difference::ShadowedProperty),
        WarningKind::Dropped(_) => Some(Difference::CreateExtras),
        _ => None,
    }
}

/// A block of Case XML 1.0: refused, by what it is.
fn legacy(instance: &Instance<'_>) -> Option<ApplyError> {
    let is_met = |found: &&FoundLegacyCase<'_>| !found.in_device_report && !found.in_case_group;
    let found = instance.legacy_cases().iter().find(is_met)?;
    let kind = match found.own_namespace() {
        Some(namespace) => RefusalKind::ForeignNamespace { namespace: namespace.to_owned() },
        None if found.block.referrals().next().is_some() => RefusalKind::Referral,
        None => RefusalKind::Legacy,
    };
    Some(ApplyErrorKind::Block(kind).at(found.block.element.mark))
}

/// Nothing counts as an update.
fn rank(found: &Found<'_>) -> u8 {
    let rank = |step: &Step<'_>| match step {
        Step::Create(_) => 0,
        Step::Update(_) => 1,
        Step::Index(_) => 2,
        Step::Close => 3,
        _ => 4,
    };
    found.understood.steps.iter().map(rank).min().unwrap_or(1)
}

/// Whether a form says anything of cases or stock that CommCare HQ looks at, be it to refuse it, as it does Case XML 1.0: of one
/// that does not, nothing comes but the form.
///
/// *Spec:* case-xml.md 1.12.
pub fn has_blocks(instance: &Instance<'_>) -> bool {
    !instance.cases().is_empty() || !instance.legacy_cases().is_empty() || !instance.ledgers().is_empty()
}

/// The ledger blocks that CommCare HQ meets, in document order; those in a case block too, but none of a device log or by another
/// spelling.
///
/// *Spec:* case-xml.md 3.2.
pub fn ledgers_met<'i, 'a>(instance: &'i Instance<'a>) -> impl Iterator<Item = &'i FoundLedger<'a>> {
    let passed_over = is_device_log(instance);
    instance.ledgers().iter().filter(move |found| !passed_over && has_its_name(found))
}

/// What they say.
pub(super) fn ledgers(instance: &Instance<'_>) -> Result<Vec<Entries>, ApplyError> {
    let said = |found: &FoundLedger<'_>| {
        let mut said = entries(Rules::hq(), &found.block)?;
        if found.in_case {
            said.note_all(Difference::LedgerInCase, said.entities.first().map_or(Mark::none(), |end| end.1));
        }
        Ok(said)
    };
    ledgers_met(instance).map(said).collect()
}

/// CommCare HQ looks for the two names as they are, the device for any spelling of them (case-xml.md 3.2).
fn has_its_name(found: &FoundLedger<'_>) -> bool {
    matches!(found.block.name().local_name(), "balance" | "transfer")
}

fn is_device_log(instance: &Instance<'_>) -> bool {
    instance.root().name.namespace() == Some(ns::DEVICE_REPORT)
}

/// What CommCare HQ passes over: what stands in a device log, and what is a block or counts stock to the device alone.
pub(super) fn notes_of_passed_over(instance: &Instance<'_>) -> Vec<Note> {
    let logged = instance.cases().iter().filter(|found| found.in_device_report);
    let logged = logged.map(|found| note_of(Difference::DeviceReport, found));
    let unseen = instance.device_cases().iter().map(|found| note_of(unseen(found), found));
    let mut notes: Vec<_> = logged.chain(unseen).collect();
    for found in instance.ledgers() {
        let (rule, mark) = match found.block.mark() {
            _ if is_device_log(instance) => (Difference::DeviceReport, Mark::none()),
            mark if !found.in_case && !has_its_name(found) => (Difference::LedgerName, mark),
            _ => continue,
        };
        // As the device counts them, since it alone does.
        let mut said = entries(Rules::device(Utc.fix()), &found.block).unwrap_or_default();
        said.note_all(rule, mark);
        notes.append(&mut said.notes);
    }
    notes
}

fn note_of(rule: Difference, found: &FoundCase<'_>) -> Note {
    let case_id = found.block.case_id_on_device().map(CaseId::from);
    Note { rule, case_id, name: None, mark: found.block.tag.mark }
}

/// Why a block is none to CommCare HQ.
fn unseen(found: &FoundCase<'_>) -> Difference {
    match found.block.tag.name.local_name() {
        "case" => Difference::CaseIdMissing,
        _ => Difference::BlockName,
    }
}

/// The cases that the form touches: by a block, or by their stock.
pub(super) fn touched(instance: &Instance<'_>, form: &Form) -> BTreeSet<CaseId> {
    let contexts = contexts(instance, form);
    let blocks = blocks(instance, &form.source, &contexts).unwrap_or_default();
    let ledgers = ledgers(instance).unwrap_or_default();
    let by_block = blocks.iter().map(|found| CaseId::from(&*found.case_id));
    let by_stock = ledgers.into_iter().flat_map(|said| said.entities).map(|(entity, _)| entity);
    by_block.chain(by_stock).filter(|id| !id.as_str().is_empty()).collect()
}

/// The fields that a form sets, in turn, and whether it sets them to a text: what comes of an object or a list is not defined
/// (case-xml.md 1.11).
pub(crate) fn fields_set(instance: &Instance<'_>, form: &Form) -> Vec<(CaseId, &'static str, bool)> {
    let contexts = contexts(instance, form);
    let mut set = Vec::new();
    for found in blocks(instance, &form.source, &contexts).unwrap_or_default() {
        let texts = found
            .understood
            .steps
            .iter()
            .flat_map(given)
            .map(|(name, content)| (name, content.text().is_some()));
        let twice = found.understood.warnings.iter().filter_map(|warning| match warning.kind {
            WarningKind::KnownTwice(name) => Some((name, false)),
            _ => None,
        });
        for (name, is_text) in texts.chain(twice) {
            let (fields, _) = Rules::hq().fields(name);
            let names = fields.iter().filter_map(|field| field.name());
            set.extend(names.map(|field| (CaseId::from(&*found.case_id), field, is_text)));
        }
    }
    set
}

/// What a step sets, by name.
fn given<'s>(step: &'s Step<'_>) -> Vec<(&'s str, Content<'s>)> {
    let of = |settings: &'s [Setting<'_>]| settings.iter().map(|setting| (setting.name, setting.content));
    match step {
        Step::Create(creation) => {
            let base = [
                ("case_type", creation.case_type),
                ("case_name", creation.case_name),
                ("owner_id", creation.owner_id),
            ];
            let base = base.into_iter().filter_map(|(name, content)| Some((name, content?)));
            base.chain(of(&creation.others)).collect()
        }
        Step::Update(settings) => of(settings).collect(),
        _ => Vec::new(),
    }
}

/// The form, as the blocks see it.
pub(super) fn facts(project: &Project, form: &Form) -> FormFacts {
    FormFacts {
        form_id: form.form_id.clone(),
        domain: project.domain.clone(),
        server_date: form.received_on,
        server_modified_on: form.server_modified_on(),
        sync_token: form.sync_token.clone(),
        files: project.case_attachments.then(|| form.files.clone()),
    }
}

/// The document of a form of the log.
pub(super) fn read(form: &Form) -> Result<Instance<'_>, ApplyError> {
    Instance::read(&form.source)
        .map_err(|error| ApplyErrorKind::Unreadable { form_id: form.form_id.clone(), error }.at(Mark::none()))
}
