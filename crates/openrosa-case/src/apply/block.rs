//! One case block: its steps in turn, and what comes after them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use openrosa_xml::{
    CaseId, InstanceId, Mark, OwnerId, UserId,
    case::understood::{Step, Understood, WarningKind},
};

use crate::{
    case::{Case, Did, Transaction},
    change::Note,
    differences::Difference,
    error::{ApplyError, ApplyErrorKind},
    rules::Rules,
};

/// What CommCare HQ knows of the form around a block.
#[derive(Clone, Debug)]
pub(crate) struct FormFacts {
    pub(crate) form_id: InstanceId,
    pub(crate) domain: String,
    pub(crate) server_date: DateTime<Utc>,
    pub(crate) server_modified_on: DateTime<Utc>,
    pub(crate) sync_token: Option<String>,
    /// The names of the files that came along, where the project has case attachments.
    pub(crate) files: Option<BTreeSet<String>>,
}

/// The folding of blocks into cases: pure, one case at a time.
#[derive(Debug)]
pub(crate) struct Fold<'f> {
    pub(crate) rules: Rules,
    pub(crate) form: Option<&'f FormFacts>,
    pub(crate) notes: Vec<Note>,
    pub(crate) disrupted: bool,
}

/// A block that is being folded: who acts on which case when, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'b> {
    pub(super) case_id: &'b CaseId,
    pub(super) modified: DateTime<Utc>,
    pub(super) user: Option<&'b str>,
    pub(super) mark: Mark,
}

impl<'f> Fold<'f> {
    pub(crate) const fn new(rules: Rules, form: Option<&'f FormFacts>) -> Self {
        Self { rules, form, notes: Vec::new(), disrupted: false }
    }

    /// The case of this id after the block; `None` where there still is none.
    pub(crate) fn block(
        &mut self,
        id: &CaseId,
        case: Option<Case>,
        understood: &Understood<'_>,
        mark: Mark,
    ) -> Result<Option<Case>, ApplyError> {
        let rules = self.rules;
        let user = understood.user.map(|user| rules.text(user));
        let block = Block { case_id: id, modified: understood.modified, user: user.as_deref(), mark };
        let known = case.is_some();
        if let (false, Some(action)) = (known, understood.needs_case) {
            return Err(ApplyErrorKind::UnknownCase { case_id: id.clone(), action }.at(mark).in_case(id));
        }
        let mut case = case.or_else(|| self.unknown(block, understood));
        let mut did = Did { block: true, ..Did::default() };
        for step in &understood.steps {
            did = did.and(bits(step));
            self.step(&mut case, block, step).map_err(|error| error.in_case(id))?;
        }
        self.note_twice(block, understood);
        let Some(mut case) = case else { return Ok(None) };
        self.settle(&mut case, block, known, understood).map_err(|error| error.in_case(id))?;
        self.record(&mut case, block, did);
        Ok(Some(case))
    }

    /// The device has nothing to warn of.
    fn note_twice(&mut self, block: Block<'_>, understood: &Understood<'_>) {
        for warning in &understood.warnings {
            if let WarningKind::KnownTwice(name) = warning.kind {
                self.note(Difference::KnownTwice, block, Some(name), warning.mark);
            }
        }
    }

    /// The case that CommCare HQ begins with.
    fn unknown(&mut self, block: Block<'_>, understood: &Understood<'_>) -> Option<Case> {
        let domain = self.form.map_or_else(String::new, |form| form.domain.clone());
        let case = self.rules.unknown_case(|| {
            let mut case = Case::new(block.case_id.clone(), block.modified);
            case.hq.domain = domain;
            case
        })?;
        if !matches!(understood.steps.first(), Some(Step::Create(_))) {
            let rule = if is_empty(understood) { Difference::EmptyBlock } else { Difference::UnknownCase };
            self.note(rule, block, None, block.mark);
        }
        Some(case)
    }

    fn step(&mut self, slot: &mut Option<Case>, block: Block<'_>, step: &Step<'_>) -> Result<(), ApplyError> {
        if let Step::Create(creation) = step {
            // The device's case begins on the date of its block; on the server there is one by now, and that comes last (4.2, step 6).
            let case = slot.get_or_insert_with(|| {
                let case = Case::new(block.case_id.clone(), block.modified);
                Case { date_opened: Some(block.modified), ..case }
            });
            return self.create(case, block, creation);
        }
        // What needs no case touches none.
        let Some(case) = slot else { return Ok(()) };
        match step {
            Step::Update(settings) => self.update(case, block, settings),
            Step::Index(links) => self.index(case, block, links),
            Step::Attachment(files) => self.attachment(case, block, files),
            Step::Close => {
                self.close(case, block);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What follows the steps (case-xml.md 4.1, step 3; 4.2, steps 5 and 6).
    fn settle(
        &mut self,
        case: &mut Case,
        block: Block<'_>,
        known: bool,
        understood: &Understood<'_>,
    ) -> Result<(), ApplyError> {
        // A case that was made anew from nothing has no date either, whatever it shows.
        let before = case.last_modified;
        let known = known && (self.form.is_none() || case.has_block());
        case.last_modified = if known { self.rules.modified(before, block.modified) } else { block.modified };
        if known && block.modified < before {
            self.note(Difference::LastModified, block, Some("last_modified"), block.mark);
        } else if is_empty(understood) {
            self.note(Difference::EmptyBlock, block, Some("last_modified"), block.mark);
        }
        if let Some(owner) =
            understood.owner_if_none(self.rules.profile).filter(|_| case.owner_id.as_str().is_empty())
        {
            case.owner_id = OwnerId::from(&*self.rules.text(owner));
            // With nobody to act, CommCare HQ would have left the owner empty, too.
            let rule = if understood.user_of_form { Difference::FormUser } else { Difference::OwnerRefilled };
            self.note(rule, block, Some("owner_id"), block.mark);
            self.rules.check_fields(case).map_err(|kind| kind.at(block.mark))?;
        }
        if self.form.is_some() {
            settle_on_hq(case, block);
        }
        self.rules.check_stored(understood, block.mark)
    }

    /// One entry a form, whatever number of blocks (C-081).
    fn record(&self, case: &mut Case, block: Block<'_>, did: Did) {
        let Some(form) = self.form else { return };
        case.hq.server_modified_on = Some(form.server_modified_on);
        record(case, form, block.modified, block.user.map(UserId::from), did);
    }

    pub(super) fn note(&mut self, rule: Difference, block: Block<'_>, name: Option<&str>, mark: Mark) {
        let (case_id, name) = (Some(block.case_id.clone()), name.map(str::to_owned));
        self.notes.push(Note { rule, case_id, name, mark });
    }
}

/// Adds to the entry of the form in the history of a case, or makes one.
pub(crate) fn record(
    case: &mut Case,
    form: &FormFacts,
    client_date: DateTime<Utc>,
    user_id: Option<UserId>,
    did: Did,
) {
    let own = |touched: &&mut Transaction| touched.form_id.as_ref() == Some(&form.form_id);
    if let Some(touched) = case.hq.transactions.iter_mut().find(own) {
        touched.did = touched.did.and(did);
        touched.client_date = touched.client_date.max(client_date);
        touched.sync_token = touched.sync_token.take().filter(|_| !did.ledger);
        return;
    }
    case.hq.transactions.push(Transaction {
        form_id: Some(form.form_id.clone()),
        server_date: form.server_date,
        client_date,
        user_id,
        did,
        sync_token: form.sync_token.clone().filter(|_| !did.ledger),
        revoked: false,
    });
}

/// Whether it is without an action to the device, too, which takes one whatever its letters are (case-xml.md 1.1).
fn is_empty(understood: &Understood<'_>) -> bool {
    let is_action = |kind: &WarningKind<'_>| matches!(kind, WarningKind::ActionSpelling(_));
    understood.steps.is_empty() && !understood.warnings.iter().any(|warning| is_action(&warning.kind))
}

fn settle_on_hq(case: &mut Case, block: Block<'_>) {
    let user = block.user.map(UserId::from);
    if user.is_some() {
        case.hq.modified_by.clone_from(&user);
    }
    case.date_opened = case.date_opened.or(Some(block.modified));
    if case.hq.opened_by.is_none() {
        case.hq.opened_by = user;
    }
}

fn bits(step: &Step<'_>) -> Did {
    Did {
        create: matches!(step, Step::Create(_)),
        close: matches!(step, Step::Close),
        index: matches!(step, Step::Index(_)),
        attachment: matches!(step, Step::Attachment(_)),
        ..Did::default()
    }
}
