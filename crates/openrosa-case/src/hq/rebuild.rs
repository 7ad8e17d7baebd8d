//! Making a case anew from the forms that count.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use openrosa_xml::{CaseId, InstanceId, Mark};

use super::{
    Project,
    blocks::{blocks, contexts, facts, ledgers, read},
    order::reconciled,
};
use crate::{
    apply::{Fold, apply_entries, record},
    case::{Case, Deletion, Did, Transaction},
    change::{Applied, Change, changes},
    error::{ApplyError, ApplyErrorKind},
    form::{Form, FormState},
    ledger::LedgerKey,
    rules::Rules,
    store::{Needs, Staging},
};

/// What a rebuild of these cases must know: their forms, and the quantities that those speak of.
pub(super) fn needs(staging: &Staging, cases: &BTreeSet<CaseId>) -> Result<Needs, ApplyError> {
    let mut needs = Needs { cases: cases.iter().cloned().collect(), ..Needs::default() };
    for case in cases.iter().filter_map(|id| staging.case(id)) {
        needs.forms.extend(form_ids(case));
    }
    for form in needs.forms.iter().filter_map(|id| staging.form(id)) {
        needs.ledgers.extend(ledger_keys(form)?);
    }
    Ok(needs)
}

fn form_ids(case: &Case) -> impl Iterator<Item = InstanceId> + '_ {
    case.hq.transactions.iter().filter_map(|touched| touched.form_id.clone())
}

pub(super) fn ledger_keys(form: &Form) -> Result<Vec<LedgerKey>, ApplyError> {
    let said = ledgers(&read(form)?).unwrap_or_default();
    Ok(said.iter().flat_map(|said| said.keys().cloned()).collect())
}

/// One making anew of a case.
#[derive(Clone, Copy)]
pub(super) struct Anew<'r> {
    pub(super) project: &'r Project,
    pub(super) case_id: &'r CaseId,
    /// A form that the case may not know of yet.
    pub(super) also: Option<&'r InstanceId>,
    /// Stock that a form spoke of which has been replaced.
    pub(super) stock: &'r [LedgerKey],
    /// Whether a case that had no form left comes back now that it has one.
    pub(super) revives: bool,
    /// When this happens.
    pub(super) at: DateTime<Utc>,
}

impl Anew<'_> {
    /// Resets every field, replays what counts, and notes that it did so; a case of which nothing is left counts as deleted.
    ///
    /// *Spec:* case-xml.md 4.4.
    pub(super) fn apply(self, staging: &mut Staging) -> Result<Applied, ApplyError> {
        let before = staging.case(self.case_id).cloned();
        let (mut case, mut applied) = self.replay(staging, before.as_deref())?;
        case.hq.server_modified_on = Some(self.at);
        case.hq.transactions.push(rebuild_entry(self.at));
        let case = Arc::new(case);
        applied.changes = changes(before.as_deref(), &case);
        applied.append(self.ledgers(staging, &case)?);
        staging.put_case(case);
        Ok(applied)
    }

    /// The case as its forms make it, with no trace of this replay.
    pub(super) fn replay(
        self,
        staging: &Staging,
        before: Option<&Case>,
    ) -> Result<(Case, Applied), ApplyError> {
        let history = before.map(|case| &*case.hq.transactions).unwrap_or_default();
        let stored = self.forms(staging, history)?;
        let blank = self.blank(before);
        let mut replay = Replay { anew: self, case: None, blank, applied: Applied::default() };
        for form in stored.iter().filter(|form| form.state == FormState::Normal) {
            replay.form(form)?;
        }
        if self.project.sorts_out_of_order {
            replay.again_in_order(&stored)?;
        }
        let Replay { case, blank, applied, .. } = replay;
        let mut case = case.unwrap_or(blank);
        case.hq.transactions = merged(history, std::mem::take(&mut case.hq.transactions), &stored);
        case.hq.deleted = self.deletion(before, &case);
        let counting = stored.iter().filter(|form| form.state == FormState::Normal);
        case.hq.server_modified_on = counting.map(|form| form.server_modified_on()).max();
        Ok((case, applied))
    }

    /// A case of which nothing is left but that, and when, something was.
    fn blank(self, before: Option<&Case>) -> Case {
        let mut case = Case::new(self.case_id.clone(), before.map_or(self.at, |case| case.last_modified));
        case.hq.domain.clone_from(&self.project.domain);
        case
    }

    /// What is deleted stays so, but for a case whose form has been taken back. Stock alone makes no case (case-xml.md 3.2, 4.4).
    fn deletion(self, before: Option<&Case>, case: &Case) -> Option<Deletion> {
        if !case.has_block() {
            return before.and_then(|case| case.hq.deleted).or(Some(Deletion::NoForms));
        }
        before
            .and_then(|case| case.hq.deleted)
            .filter(|deleted| !self.revives || *deleted != Deletion::NoForms)
    }

    /// The forms of the case in the order in which they are stored.
    fn forms(self, staging: &Staging, history: &[Transaction]) -> Result<Vec<Arc<Form>>, ApplyError> {
        let known = history.iter().filter_map(|touched| touched.form_id.as_ref());
        let mut ids: Vec<&InstanceId> = known.chain(self.also).collect();
        let mut seen = BTreeSet::new();
        ids.retain(|id| seen.insert(*id));
        let form = |id: &&InstanceId| {
            let unknown = || ApplyErrorKind::UnknownForm { form_id: (*id).clone() }.at(Mark::none());
            staging.form(id).cloned().ok_or_else(unknown)
        };
        let mut forms = ids.iter().map(form).collect::<Result<Vec<_>, _>>()?;
        forms.sort_by_key(|form| (form.place, form.received_on));
        Ok(forms)
    }

    /// The stock of the case, counted anew.
    fn ledgers(self, staging: &mut Staging, case: &Case) -> Result<Applied, ApplyError> {
        let mut counted = Staging::new();
        let mut keys: BTreeSet<LedgerKey> = self.stock.iter().cloned().collect();
        for form in self.forms(staging, &case.hq.transactions)? {
            let said = ledgers(&read(&form)?).unwrap_or_default();
            keys.extend(said.iter().flat_map(|said| said.keys().cloned()));
            if form.state == FormState::Normal {
                for said in said {
                    apply_entries(Rules::hq(), &mut counted, said.at(self.case_id))?;
                }
            }
        }
        keys.retain(|key| key.entity_id == *self.case_id);
        Ok(Applied { changes: set_all(staging, &counted, keys), ..Applied::default() })
    }
}

fn set_all(staging: &mut Staging, counted: &Staging, keys: BTreeSet<LedgerKey>) -> Vec<Change> {
    let mut changes = Vec::new();
    for key in keys {
        let (before, after) = (staging.ledger(&key), counted.ledger(&key));
        if before != after {
            staging.set_ledger(key.clone(), after);
            changes.push(Change::Ledger { key, before, after });
        }
    }
    changes
}

/// A case while its forms are replayed.
struct Replay<'r> {
    anew: Anew<'r>,
    case: Option<Case>,
    /// What it is without any.
    blank: Case,
    applied: Applied,
}

impl Replay<'_> {
    fn form(&mut self, form: &Form) -> Result<(), ApplyError> {
        let instance = read(form)?;
        let contexts = contexts(&instance, form);
        let facts = facts(self.anew.project, form);
        let mut fold = Fold::new(Rules::hq(), Some(&facts));
        let own = self.anew.case_id.as_str();
        for found in blocks(&instance, &form.source, &contexts)?.iter().filter(|found| found.case_id == own) {
            self.case = fold.block(self.anew.case_id, self.case.take(), &found.understood, found.mark)?;
        }
        self.applied.notes.append(&mut fold.notes);
        let moved = ledgers(&instance)?
            .iter()
            .any(|said| said.entities.iter().any(|(id, _)| id == self.anew.case_id));
        if moved {
            let case = self.case.get_or_insert_with(|| self.blank.clone());
            record(case, &facts, form.received_on, None, Did { ledger: true, ..Did::default() });
        }
        Ok(())
    }

    /// Replays in another order, where the stored one disagrees with the device's clock.
    fn again_in_order(&mut self, stored: &[Arc<Form>]) -> Result<(), ApplyError> {
        let Some(case) = &self.case else { return Ok(()) };
        let transactions = case.hq.transactions.clone();
        let Ok(order) = reconciled(&transactions) else { return Ok(()) };
        if order.is_sorted() {
            return Ok(());
        }
        self.case = None;
        self.applied.notes.clear();
        let forms: BTreeMap<_, _> = stored.iter().map(|form| (&form.form_id, form)).collect();
        for id in order.into_iter().filter_map(|at| transactions[at].form_id.as_ref()) {
            if let Some(form) = forms.get(id) {
                self.form(form)?;
            }
        }
        Ok(())
    }
}

/// The history before, each entry that was replayed as it is now, each that was not revoked; and what is new in it. In the
/// order in which the forms are stored; what is of no form stays behind the forms that it was behind.
fn merged(history: &[Transaction], replayed: Vec<Transaction>, stored: &[Arc<Form>]) -> Vec<Transaction> {
    let mut new: BTreeMap<_, _> =
        replayed.into_iter().map(|touched| (touched.form_id.clone(), touched)).collect();
    let mut merged: Vec<_> = history
        .iter()
        .map(|before| match new.remove(&before.form_id) {
            Some(now) => now,
            None => Transaction { revoked: before.form_id.is_some(), ..before.clone() },
        })
        .collect();
    merged.extend(new.into_values());
    let places: BTreeMap<_, _> = stored.iter().zip(1_usize..).map(|(form, at)| (&form.form_id, at)).collect();
    let mut behind = 0;
    let mut placed: Vec<(usize, Transaction)> = Vec::with_capacity(merged.len());
    for touched in merged {
        let place = touched.form_id.as_ref().and_then(|id| places.get(id)).copied();
        behind = behind.max(place.unwrap_or_default());
        placed.push((place.unwrap_or(behind), touched));
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, touched)| touched).collect()
}

fn rebuild_entry(at: DateTime<Utc>) -> Transaction {
    Transaction {
        form_id: None,
        server_date: at,
        client_date: at,
        user_id: None,
        did: Did::default(),
        sync_token: None,
        revoked: false,
    }
}
