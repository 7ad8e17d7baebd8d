//! Forms that are set aside and come back; cases that are made anew by hand.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use openrosa_xml::{CaseId, InstanceId, Mark};

use super::{
    Project,
    blocks::{read, touched},
    rebuild::{self, Anew},
};
use crate::{
    apply::Work,
    change::{Applied, Change},
    error::{ApplyError, ApplyErrorKind},
    form::{Form, FormState},
    store::{Needs, Staging},
};

/// Sets a form aside, or takes it back. Its cases are made anew; one of which no form is left counts as deleted until one
/// comes back (C-083). A form that is archived already stays so, and one whose place another has stays that.
///
/// *Spec:* case-xml.md 4.4.
#[derive(Clone, Debug)]
pub struct Archive<'p> {
    project: &'p Project,
    form_id: InstanceId,
    to: FormState,
    at: DateTime<Utc>,
}

/// Makes a case anew from its forms.
///
/// *Spec:* case-xml.md 4.4.
#[derive(Clone, Debug)]
pub struct Rebuild<'p> {
    project: &'p Project,
    case_id: CaseId,
    at: DateTime<Utc>,
}

impl<'p> Archive<'p> {
    /// Sets the form aside, at this moment.
    pub fn new(project: &'p Project, form_id: impl Into<InstanceId>, at: DateTime<Utc>) -> Self {
        Self { project, form_id: form_id.into(), to: FormState::Archived, at }
    }

    /// Takes the form back.
    pub fn undo(project: &'p Project, form_id: impl Into<InstanceId>, at: DateTime<Utc>) -> Self {
        Self { to: FormState::Normal, ..Self::new(project, form_id, at) }
    }

    /// Sets the form aside for good: an edit of one that was to take its place counts already, as it came before that one did.
    pub fn overtaken(project: &'p Project, form_id: impl Into<InstanceId>, at: DateTime<Utc>) -> Self {
        Self { to: FormState::Deprecated, ..Self::new(project, form_id, at) }
    }

    fn form<'s>(&self, staging: &'s Staging) -> Result<&'s Arc<Form>, ApplyError> {
        let unknown = || ApplyErrorKind::UnknownForm { form_id: self.form_id.clone() }.at(Mark::none());
        staging.form(&self.form_id).ok_or_else(unknown)
    }

    /// From where the form was left for good it does not come back.
    fn is_due(&self, form: &Form) -> bool {
        matches!(form.state, FormState::Normal | FormState::Archived) && form.state != self.to
    }
}

impl Work for Archive<'_> {
    fn needs(&self, staging: &Staging) -> Result<Needs, ApplyError> {
        let mut needs = Needs { forms: [self.form_id.clone()].into_iter().collect(), ..Needs::default() };
        if staging.lacks(needs.clone()).is_empty() {
            let form = self.form(staging)?;
            needs = rebuild::needs(staging, &touched(&read(form)?, form))?;
            needs.forms.insert(self.form_id.clone());
        }
        Ok(needs)
    }

    fn apply(&mut self, staging: &mut Staging) -> Result<Applied, ApplyError> {
        let form = self.form(staging)?.clone();
        if !self.is_due(&form) {
            return Ok(Applied::default());
        }
        staging.attempt(|staging| {
            staging.put_form(Form::clone(&form).in_state(self.to));
            let change = Change::Form { form_id: self.form_id.clone(), state: self.to };
            let mut applied = Applied { changes: vec![change], ..Applied::default() };
            for case_id in &touched(&read(&form)?, &form) {
                let anew = Anew {
                    project: self.project,
                    case_id,
                    also: Some(&self.form_id),
                    stock: &[],
                    revives: self.to == FormState::Normal,
                    at: self.at,
                };
                applied.append(anew.apply(staging)?);
            }
            Ok(applied)
        })
    }
}

impl<'p> Rebuild<'p> {
    /// The case, and the moment.
    pub fn new(project: &'p Project, case_id: impl Into<CaseId>, at: DateTime<Utc>) -> Self {
        Self { project, case_id: case_id.into(), at }
    }
}

impl Work for Rebuild<'_> {
    fn needs(&self, staging: &Staging) -> Result<Needs, ApplyError> {
        rebuild::needs(staging, &BTreeSet::from([self.case_id.clone()]))
    }

    fn apply(&mut self, staging: &mut Staging) -> Result<Applied, ApplyError> {
        if staging.case(&self.case_id).is_none() {
            return Ok(Applied::default());
        }
        let anew = Anew {
            project: self.project,
            case_id: &self.case_id,
            also: None,
            stock: &[],
            revives: false,
            at: self.at,
        };
        staging.attempt(|staging| anew.apply(staging))
    }
}
