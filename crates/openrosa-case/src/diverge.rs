//! The same forms on a device and on CommCare HQ, and where the results part.

mod compare;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, Utc};
use openrosa_xml::{CaseId, Instance, restore::RestoreItem};

use crate::{
    apply::{self, Failure},
    change::Note,
    device::{DeviceForm, Restore},
    differences::Difference,
    error::ApplyError,
    hq::{Holding, Project, Submission, fields_set},
    ledger::LedgerKey,
    store::{Memory, Staging, Store},
};

/// A form on its way into both.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sent<'f> {
    /// The form.
    pub form: &'f Instance<'f>,
    /// Its text.
    pub source: &'f str,
    /// When it was filled in, in the zone of the device.
    pub filled_in: DateTime<FixedOffset>,
    /// When the server got it.
    pub received_on: DateTime<Utc>,
    /// The names of the files that came with it.
    pub files: BTreeSet<String>,
}

/// One place where the two sides part.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Divergence {
    /// What is different.
    pub what: Parted,
    /// On the device.
    pub device: Option<String>,
    /// On CommCare HQ.
    pub hq: Option<String>,
    /// The rule that makes it so, if it can be told.
    pub rule: Option<Difference>,
}

/// What is different.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Parted {
    /// A form, by its place among those given, is taken on one side only, or refused for another reason on the other. The
    /// two texts are the errors.
    Form(usize),
    /// A case is there on one side only.
    Case(CaseId),
    /// A value of a case: a field under the name that an update gives it, or a property.
    Value(CaseId, String),
    /// A link of a case.
    Index(CaseId, String),
    /// A file of a case.
    Attachment(CaseId, String),
    /// A quantity.
    Ledger(LedgerKey),
}

/// A device and a server that get the same forms, from the same state on.
///
/// ```
/// use chrono::DateTime;
/// use openrosa_case::{Difference, diverge::{Both, Sent}, hq::Project};
/// use openrosa_xml::{Instance, restore::RestoreReader};
///
/// let restore = "<OpenRosaResponse><case case_id='c1' date_modified='2024-05-01'>
///     <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>amy</owner_id></create>
///   </case></OpenRosaResponse>";
/// let form = "<data xmlns='http://example.org/visit'>
///   <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-02' user_id='amy'>
///     <update><owner_id/></update>
///   </case>
/// </data>";
/// let now = DateTime::parse_from_rfc3339("2024-05-03T12:00:00Z")?;
///
/// let mut both = Both::new(Project::new("demo"));
/// let items: Vec<_> = RestoreReader::new(restore.as_bytes()).collect::<Result<_, _>>()?;
/// both.begin_with(items.iter().map(|item| &item.value), now)?;
/// both.take(&Sent::new(&Instance::read(form)?, form, now));
/// let [parted] = &both.parted()[..] else { panic!() };
/// assert_eq!(parted.rule, Some(Difference::OwnerRefilled));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Both {
    project: Project,
    device: Memory,
    hq: Memory,
    /// The forms on which the two disagree.
    forms: Vec<Divergence>,
    /// How many forms have come.
    sent: usize,
    notes: Vec<Note>,
    /// The fields of cases of which it is not defined what CommCare HQ holds in them.
    undefined: BTreeSet<(CaseId, &'static str)>,
}

impl<'f> Sent<'f> {
    /// A form that arrives at the moment at which it is filled in.
    #[must_use]
    pub fn new(form: &'f Instance<'f>, source: &'f str, filled_in: DateTime<FixedOffset>) -> Self {
        Self { form, source, filled_in, received_on: filled_in.to_utc(), files: BTreeSet::new() }
    }
}

/// Where the two sides part after these forms, in the order of forms, cases and values.
///
/// ```
/// use chrono::DateTime;
/// use openrosa_case::{Difference, diverge::{Sent, diverge}, hq::Project};
/// use openrosa_xml::Instance;
///
/// let source = "<data xmlns='http://example.org/visit'>
///   <n0:case xmlns:n0='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-01' user_id='amy'>
///     <n0:create>
///       <n0:case_type>patient</n0:case_type><n0:case_name>Amina</n0:case_name><n0:owner_id>amy</n0:owner_id>
///     </n0:create>
///     <n0:update><n0:village> Kibaha </n0:village></n0:update>
///   </n0:case>
/// </data>";
/// let form = Instance::read(source)?;
/// let sent = Sent::new(&form, source, DateTime::parse_from_rfc3339("2024-05-01T12:00:00Z")?);
/// let [parted] = &diverge(&Project::new("demo"), &[sent])[..] else { panic!() };
/// assert_eq!((parted.device.as_deref(), parted.hq.as_deref()), (Some("Kibaha"), Some(" Kibaha ")));
/// assert_eq!(parted.rule, Some(Difference::SurroundingSpace));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn diverge(project: &Project, forms: &[Sent<'_>]) -> Vec<Divergence> {
    let mut both = Both::new(project.clone());
    for sent in forms {
        both.take(sent);
    }
    both.parted()
}

impl Both {
    /// Neither knows a case.
    #[must_use]
    pub fn new(project: Project) -> Self {
        let (device, hq) = (Memory::new(), Memory::new());
        let (forms, notes, undefined) = (Vec::new(), Vec::new(), BTreeSet::new());
        Self { project, device, hq, forms, sent: 0, notes, undefined }
    }

    /// The device that the forms are filled in on, without any sync.
    #[must_use]
    pub const fn device(&self) -> &Memory {
        &self.device
    }

    /// The server that gets them.
    #[must_use]
    pub const fn hq(&self) -> &Memory {
        &self.hq
    }

    /// Gives the device a restore, and the server what it says it holds: wholly, or nothing of it.
    pub fn begin_with<'r>(
        &mut self,
        items: impl IntoIterator<Item = &'r RestoreItem<'r>>,
        now: DateTime<FixedOffset>,
    ) -> Result<(), ApplyError> {
        let (mut restore, mut holding) = (Restore::new(now), Holding::new(&self.project, now));
        let mut stagings = [Staging::new(), Staging::new()];
        for item in items {
            let [device, hq] = &mut stagings;
            declined(apply::stage(&self.device, device, &mut restore.step(item)))?;
            declined(apply::stage(&self.hq, hq, &mut holding.step(item)))?;
        }
        let [device, hq] = stagings.map(|mut staging| staging.take_writes());
        let (Ok(()), Ok(())) = (self.device.commit(device), self.hq.commit(hq));
        Ok(())
    }

    /// Applies one more form on both sides; each that refuses it is as it was.
    pub fn take(&mut self, sent: &Sent<'_>) {
        let number = self.sent;
        self.sent += 1;
        let device =
            declined(apply::apply(&mut self.device, &mut DeviceForm::new(sent.form, sent.filled_in)));
        let fresh = format!("fresh-{number}");
        let mut submission = Submission::new(&self.project, sent.form, sent.source, fresh, sent.received_on)
            .in_place(number as u64)
            .with_files(sent.files.iter().cloned());
        let hq = declined(apply::apply(&mut self.hq, &mut submission));
        if hq.is_ok() {
            self.define(fields_set(sent.form, submission.form()));
        }
        self.notes
            .extend([&device, &hq].into_iter().flatten().flat_map(|applied| applied.notes.iter().cloned()));
        // What one side passes over cannot be refused there.
        let mut rules = hq.iter().flat_map(|applied| applied.notes.iter().map(|note| note.rule));
        let passed_over = rules.find(|rule| {
            matches!(rule, Difference::DeviceReport | Difference::BlockName | Difference::LedgerName)
        });
        self.forms.extend(parted_form(number, device.err(), hq.err(), passed_over));
    }

    fn define(&mut self, fields: Vec<(CaseId, &'static str, bool)>) {
        for (case_id, field, is_text) in fields {
            if is_text {
                self.undefined.remove(&(case_id, field));
            } else {
                self.undefined.insert((case_id, field));
            }
        }
    }

    /// Where the two have parted by now, in the order of forms, cases and values.
    #[must_use]
    pub fn parted(&self) -> Vec<Divergence> {
        self.forms.iter().cloned().chain(compare::compare(self)).collect()
    }
}

fn declined<T>(done: Result<T, Failure<std::convert::Infallible>>) -> Result<T, ApplyError> {
    done.map_err(|Failure::Declined(error)| error)
}

fn parted_form(
    number: usize,
    device: Option<ApplyError>,
    hq: Option<ApplyError>,
    passed_over: Option<Difference>,
) -> Option<Divergence> {
    // Where both refuse it, for whatever reason, nothing of it is anywhere.
    if device.is_some() == hq.is_some() {
        return None;
    }
    let rule = device.as_ref().or(hq.as_ref()).and_then(|error| error.kind.difference()).or(passed_over);
    let text = |error: Option<ApplyError>| error.map(|error| error.to_string());
    Some(Divergence { what: Parted::Form(number), device: text(device), hq: text(hq), rule })
}
