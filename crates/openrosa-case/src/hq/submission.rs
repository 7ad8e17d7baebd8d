//! A form that arrives at the server.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use openrosa_xml::{CaseId, Instance, InstanceId, Mark, case::understood::Step};

use super::{
    Project,
    blocks::{Found, blocks, contexts, facts, ledgers, notes_of_passed_over, read, touched},
    order::reconciled,
    rebuild::{self, Anew, ledger_keys},
};
use crate::{
    apply::{Fold, FormFacts, Work, apply_entries, record},
    case::{Case, Did},
    change::{Applied, Change, Note, changes, in_reach, made},
    differences::Difference,
    error::{ApplyError, ApplyErrorKind},
    form::{Form, FormState},
    rules::Rules,
    store::{Needs, Staging},
};

/// A form on its way into a project: applied wholly or not at all, and kept.
///
/// *Spec:* case-xml.md 4.2, 4.3, 4.4.
///
/// ```
/// use openrosa_case::{apply, hq::{Project, Submission}, store::Memory};
/// use openrosa_xml::Instance;
/// # let received_on = chrono::DateTime::UNIX_EPOCH;
///
/// let form = "<data xmlns='http://example.org/visit'>
///   <n0:case xmlns:n0='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-01' user_id='amy'>
///     <n0:update><n0:weight>12</n0:weight></n0:update>
///   </n0:case>
///   <meta><instanceID>f1</instanceID></meta>
/// </data>";
/// let (mut server, project) = (Memory::new(), Project::new("demo"));
/// let instance = Instance::read(form)?;
/// apply::apply(&mut server, &mut Submission::new(&project, &instance, form, "fresh-1", received_on))?;
/// // CommCare HQ creates a case that it does not know, and gives it to the user.
/// assert_eq!(server.get("c1").unwrap().owner_id.as_str(), "amy");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Submission<'f> {
    project: &'f Project,
    instance: &'f Instance<'f>,
    form: Form,
    fresh: InstanceId,
}

/// What a form is to the project that it arrives in.
///
/// *Spec:* case-xml.md 4.4.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Arrival {
    /// Nothing of that id is there; or it could not be applied then; or it is another project's, and this form gets the
    /// fresh id.
    New,
    /// The same bytes have come before.
    Duplicate,
    /// Other bytes of the same id: this form takes the place of that one.
    Edit(Arc<Form>),
}

impl<'f> Submission<'f> {
    /// A form, its text, and the moment at which the server got it. The fresh id is used where the form cannot be stored
    /// under its own: it has none, or another form has it.
    pub fn new(
        project: &'f Project,
        instance: &'f Instance<'f>,
        source: &str,
        fresh: impl Into<InstanceId>,
        received_on: DateTime<Utc>,
    ) -> Self {
        let fresh = fresh.into();
        let own = instance.instance_id().map(|id| id.to_id()).filter(|id| !id.as_str().is_empty());
        let form = Form::new(own.unwrap_or_else(|| fresh.clone()), &*project.domain, source, received_on);
        Self { project, instance, form, fresh }
    }

    /// The sync token that came with it.
    #[must_use]
    pub fn since(mut self, sync_token: impl Into<String>) -> Self {
        self.form.sync_token = Some(sync_token.into());
        self
    }

    /// Stores it in this place of the order in which forms are replayed, whatever the clock said; an edit has that of the form that
    /// it replaces. Either all forms of a state have one, or the moments decide.
    #[must_use]
    pub const fn in_place(mut self, place: u64) -> Self {
        self.form.place = Some(place);
        self
    }

    /// The names of the files that came with it.
    #[must_use]
    pub fn with_files<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.form.files.extend(names.into_iter().map(Into::into));
        self
    }

    /// Stores it under this id rather than its own: that of the form whose place it takes by `deprecatedID`, or a fresh one where
    /// an instance of another form has its own id already.
    #[must_use]
    pub fn stored_under(mut self, form_id: impl Into<InstanceId>) -> Self {
        let own = std::mem::replace(&mut self.form.form_id, form_id.into());
        self.form.orig_id = Some(own).filter(|own| *own != self.form.form_id);
        self
    }

    /// The form as it would be kept; [`Form::in_state`] makes of it one that could not be applied.
    #[must_use]
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// What it is to the project.
    #[must_use]
    pub fn arrival(&self, staging: &Staging) -> Arrival {
        let Some(there) = staging.form(&self.form.form_id) else { return Arrival::New };
        if there.domain != self.form.domain
            || (there.source == self.form.source && there.state == FormState::Error)
        {
            return Arrival::New;
        }
        match there.source == self.form.source {
            true => Arrival::Duplicate,
            false => Arrival::Edit(there.clone()),
        }
    }

    fn own_needs(&self, staging: &Staging) -> Result<Needs, ApplyError> {
        let cases = touched(self.instance, &self.form);
        let mut needs = match self.project.sorts_out_of_order {
            true => rebuild::needs(staging, &cases)?,
            false => Needs { cases: cases.iter().cloned().collect(), ..Needs::default() },
        };
        for case in cases.iter().filter_map(|id| staging.case(id)) {
            needs.cases.extend(case.indices.values().map(|index| index.target.clone()));
        }
        let contexts = contexts(self.instance, &self.form);
        for found in blocks(self.instance, &self.form.source, &contexts).unwrap_or_default() {
            needs.cases.extend(targets(&found));
        }
        needs.ledgers.extend(ledger_keys(&self.form)?);
        Ok(needs)
    }

    fn apply_new(&self, staging: &mut Staging, form: Form) -> Result<Applied, ApplyError> {
        let mut applied = self.fold(staging, &form)?;
        applied.changes.push(Change::Form { form_id: form.form_id.clone(), state: form.state });
        let touched = touched(self.instance, &form);
        staging.put_form(form);
        if self.project.sorts_out_of_order {
            for case_id in &touched {
                applied.append(self.reconcile(staging, case_id)?);
            }
        }
        Ok(applied)
    }

    /// Blocks, then index targets, then ledgers (case-xml.md 4.3).
    fn fold(&self, staging: &mut Staging, form: &Form) -> Result<Applied, ApplyError> {
        let facts = facts(self.project, form);
        let contexts = contexts(self.instance, form);
        let blocks = blocks(self.instance, &self.form.source, &contexts)?;
        check_columns(&blocks)?;
        let mut applied = Applied::default();
        for found in &blocks {
            applied.append(self.apply_block(staging, &facts, found)?);
        }
        self.check_targets(staging, &blocks)?;
        for said in ledgers(self.instance)? {
            said.check_entities(|id| staging.case(id).is_some_and(|case| self.is_ours(case)))?;
            for (entity, _) in &said.entities {
                touch_by_ledger(staging, &facts, entity);
            }
            applied.append(apply_entries(Rules::hq(), staging, said)?);
        }
        Ok(applied)
    }

    fn apply_block(
        &self,
        staging: &mut Staging,
        facts: &FormFacts,
        found: &Found<'_>,
    ) -> Result<Applied, ApplyError> {
        let (id, case) = staging.take_case(&found.case_id);
        // A deleted case is taken, another project's is not.
        if case.as_deref().is_some_and(|case| !self.is_ours(case)) {
            return Err(ApplyErrorKind::ForeignCase { case_id: id.clone() }.at(found.mark).in_case(&id));
        }
        let mut fold = Fold::new(Rules::hq(), Some(facts));
        let before = case.as_deref().map(|case| in_reach(case, &found.understood));
        let after = fold.block(&id, case.map(Arc::unwrap_or_clone), &found.understood, found.mark)?;
        let whole =
            |rule: &Difference| Note { rule: *rule, case_id: Some(id.clone()), name: None, mark: found.mark };
        fold.notes.extend(found.rules.iter().map(whole));
        let mut applied = Applied { notes: fold.notes, ..Applied::default() };
        if let Some(after) = after.map(Arc::new) {
            applied.changes = made(before.as_ref(), &after, &found.understood);
            staging.put_case(after);
        }
        Ok(applied)
    }

    fn is_ours(&self, case: &Case) -> bool {
        case.hq.domain == self.project.domain
    }

    /// All live indices of the cases whose indices the form changes, whoever has set them (C-058).
    fn check_targets(&self, staging: &Staging, blocks: &[Found<'_>]) -> Result<(), ApplyError> {
        let mut looked_at = BTreeSet::new();
        // Of one case, the first block that changes links answers for all.
        for found in blocks.iter().filter(|found| changes_links(found) && looked_at.insert(&found.case_id)) {
            let Some(case) = staging.case(&CaseId::from(&*found.case_id)) else { continue };
            let is_known = |id: &CaseId| staging.case(id).is_some_and(|target| self.is_ours(target));
            if let Some((index, link)) = case.indices.iter().find(|(_, index)| !is_known(&index.target)) {
                let (case_id, index, target) = (case.case_id.clone(), index.to_owned(), link.target.clone());
                let error = ApplyErrorKind::MissingTarget { case_id, index, target }.at(found.mark);
                return Err(error.in_case(&case.case_id));
            }
        }
        Ok(())
    }

    /// The old form gets the fresh id and counts no more; every case in either is made anew.
    fn apply_edit(&self, staging: &mut Staging, old: &Form) -> Result<Applied, ApplyError> {
        let edited_on = self.form.received_on;
        let retired = Form { form_id: self.fresh.clone(), orig_id: Some(old.form_id.clone()), ..old.clone() };
        let new = Form {
            received_on: old.received_on,
            place: old.place,
            edited_on: Some(edited_on),
            deprecated_form_id: Some(self.fresh.clone()),
            ..self.form.clone()
        };
        let mut applied = Applied::default();
        for form in [retired.in_state(FormState::Deprecated), new.clone()] {
            applied.changes.push(Change::Form { form_id: form.form_id.clone(), state: form.state });
            staging.put_form(form);
        }
        let mut cases = touched(&read(old)?, old);
        let contexts = contexts(self.instance, &new);
        let blocks = blocks(self.instance, &self.form.source, &contexts)?;
        self.check_domains(staging, &blocks)?;
        check_columns(&blocks)?;
        cases.extend(touched(self.instance, &new));
        let stock = ledger_keys(old)?;
        // Stock does not create the case that it is said to be at.
        let is_there = |staging: &Staging, id: &CaseId| {
            staging.case(id).is_some() || blocks.iter().any(|found| found.case_id == id.as_str())
        };
        for case_id in &cases {
            if !is_there(staging, case_id) {
                continue;
            }
            let at = new.server_modified_on();
            let anew = Anew {
                project: self.project,
                case_id,
                also: Some(&new.form_id),
                stock: &stock,
                revives: true,
                at,
            };
            applied.append(anew.apply(staging)?);
        }
        self.check_targets(staging, &blocks)?;
        applied.notes.extend(again(cases));
        for said in ledgers(self.instance)? {
            said.check_entities(|id| staging.case(id).is_some_and(|case| self.is_ours(case)))?;
        }
        Ok(applied)
    }

    fn check_domains(&self, staging: &Staging, blocks: &[Found<'_>]) -> Result<(), ApplyError> {
        for found in blocks {
            let case_id = CaseId::from(&*found.case_id);
            if staging.case(&case_id).is_some_and(|case| !self.is_ours(case)) {
                return Err(ApplyErrorKind::ForeignCase { case_id: case_id.clone() }
                    .at(found.mark)
                    .in_case(&case_id));
            }
        }
        Ok(())
    }

    /// Brings the forms of a case into the order of the device's clock, where that is due.
    fn reconcile(&self, staging: &mut Staging, case_id: &CaseId) -> Result<Applied, ApplyError> {
        let Some(before) = staging.case(case_id).cloned() else { return Ok(Applied::default()) };
        match reconciled(&before.hq.transactions) {
            Ok(order) if order.is_sorted() => Ok(Applied::default()),
            Ok(_) => {
                let at = self.form.received_on;
                let anew =
                    Anew { project: self.project, case_id, also: None, stock: &[], revives: false, at };
                let (case, mut applied) = anew.replay(staging, Some(&before))?;
                let case = Arc::new(case);
                applied.changes = changes(Some(&before), &case);
                staging.put_case(case);
                Ok(applied)
            }
            Err(stored) => {
                let first = stored
                    .first()
                    .map_or(self.form.received_on, |at| before.hq.transactions[*at].server_date);
                let kind = ApplyErrorKind::NotReconciled { case_id: case_id.clone(), since: first };
                Ok(Applied { logged: vec![kind.at(Mark::none()).in_case(case_id)], ..Applied::default() })
            }
        }
    }
}

/// Of a form that arrives: what was taken once is replayed as it is.
fn check_columns(blocks: &[Found<'_>]) -> Result<(), ApplyError> {
    blocks.iter().try_for_each(|found| {
        let checked = Rules::hq().check_columns(&found.understood, found.mark);
        checked.map_err(|error| error.in_case(&CaseId::from(&*found.case_id)))
    })
}

/// The cases that are otherwise because the form has been there before.
fn again(cases: BTreeSet<CaseId>) -> Vec<Note> {
    let note = |id| Note { rule: Difference::FormAgain, case_id: Some(id), name: None, mark: Mark::none() };
    cases.into_iter().map(note).collect()
}

fn changes_links(found: &Found<'_>) -> bool {
    found.understood.steps.iter().any(|step| matches!(step, Step::Index(links) if !links.is_empty()))
}

fn targets(found: &Found<'_>) -> BTreeSet<CaseId> {
    let links = found.understood.steps.iter().filter_map(|step| match step {
        Step::Index(links) => Some(links),
        _ => None,
    });
    let targets = links.flatten().filter_map(|link| link.target);
    targets.map(|target| CaseId::from(&*Rules::hq().text(target))).collect()
}

/// Stock that is counted or moved touches the case, without a sync token: it always syncs down again (case-xml.md 3.2).
fn touch_by_ledger(staging: &mut Staging, facts: &FormFacts, entity: &CaseId) {
    let (_, Some(case)) = staging.take_case(entity.as_str()) else { return };
    let mut case = Arc::unwrap_or_clone(case);
    case.hq.server_modified_on = Some(facts.server_modified_on);
    record(&mut case, facts, facts.server_date, None, Did { ledger: true, ..Did::default() });
    staging.put_case(case);
}

impl Work for Submission<'_> {
    fn needs(&self, staging: &Staging) -> Result<Needs, ApplyError> {
        let forms = [self.form.form_id.clone()].into_iter().collect();
        let own = Needs { forms, ..Needs::default() };
        if !staging.lacks(own.clone()).is_empty() {
            return Ok(own);
        }
        match self.arrival(staging) {
            Arrival::Duplicate => Ok(own),
            Arrival::New => self.own_needs(staging),
            Arrival::Edit(old) => {
                let mut needs = self.own_needs(staging)?;
                let mut cases = touched(&read(&old)?, &old);
                cases.extend(touched(self.instance, &self.form));
                let more = rebuild::needs(staging, &cases)?;
                needs.cases.extend(more.cases);
                needs.forms.extend(more.forms);
                needs.ledgers.extend(more.ledgers);
                needs.ledgers.extend(ledger_keys(&old)?);
                Ok(needs)
            }
        }
    }

    fn apply(&mut self, staging: &mut Staging) -> Result<Applied, ApplyError> {
        if self.instance.root().name.namespace().is_none_or(str::is_empty) {
            return Err(ApplyErrorKind::NoFormNamespace.at(Mark::none()));
        }
        let arrival = self.arrival(staging);
        let under_fresh_id = || Form {
            form_id: self.fresh.clone(),
            orig_id: Some(self.form.form_id.clone()),
            ..self.form.clone()
        };
        let applied = staging.attempt(|staging| match arrival {
            Arrival::Duplicate => {
                let form = under_fresh_id().in_state(FormState::Duplicate);
                let change = Change::Form { form_id: form.form_id.clone(), state: form.state };
                staging.put_form(form);
                Ok(Applied {
                    changes: vec![change],
                    notes: again(touched(self.instance, &self.form)),
                    ..Applied::default()
                })
            }
            Arrival::Edit(old) => self.apply_edit(staging, &old),
            Arrival::New => {
                let is_taken =
                    staging.form(&self.form.form_id).is_some_and(|there| there.domain != self.form.domain);
                let form = if is_taken { under_fresh_id() } else { self.form.clone() };
                self.apply_new(staging, form)
            }
        });
        applied.map(|mut applied| {
            applied.notes.extend(notes_of_passed_over(self.instance));
            applied
        })
    }
}
