//! A form that was filled in on the device.

use chrono::{DateTime, FixedOffset};
use openrosa_xml::{
    Instance, Mark,
    case::{
        CaseBlock,
        legacy::LegacyCase,
        understood::{Context, RefusalKind},
    },
    ledger::Ledger,
};

use super::{apply_block, case_of, place};
use crate::{
    apply::{Work, apply_entries, entries},
    change::Applied,
    error::{ApplyError, ApplyErrorKind},
    rules::Rules,
    store::{Needs, Staging},
};

/// A form on the device: its blocks in document order, at any depth; at the first that fails everything is taken back.
///
/// *Spec:* case-xml.md 1.12, 3.1, 4.1.
#[derive(Clone, Debug)]
pub struct DeviceForm<'f> {
    form: &'f Instance<'f>,
    rules: Rules,
    context: Context<'static>,
    with_ledgers: bool,
}

/// What the device's dispatcher takes out of a form.
enum Found<'f> {
    Case(&'f CaseBlock<'f>),
    Legacy(&'f LegacyCase<'f>),
    Ledger(&'f Ledger<'f>),
}

impl<'f> DeviceForm<'f> {
    /// The form, and the present moment in the zone of the device.
    #[must_use]
    pub fn new(form: &'f Instance<'f>, now: DateTime<FixedOffset>) -> Self {
        Self { form, rules: Rules::device(*now.offset()), context: Context::new(now), with_ledgers: true }
    }

    /// Leaves stock alone. Case blocks that are applied once more, in their order, leave what they left; a transfer does not.
    #[must_use]
    pub const fn without_ledgers(mut self) -> Self {
        self.with_ledgers = false;
        self
    }

    fn found(&self) -> Vec<Found<'f>> {
        let cases = self.form.cases().iter().chain(self.form.device_cases());
        let cases = cases.map(|found| Found::Case(&found.block));
        let legacy = self.form.legacy_cases().iter().map(|found| Found::Legacy(&found.block));
        // Inside a case block it is no action, and nobody looks at it (case-xml.md 1.11).
        let ledgers = self.form.ledgers().iter().filter(|found| self.with_ledgers && !found.in_case);
        let ledgers = ledgers.map(|found| Found::Ledger(&found.block));
        // What stands inside a block that is one here alone is a part of it.
        let is_outer = |found: &Found<'_>| self.form.device_case_around(found.mark()).is_none();
        let mut found: Vec<_> = cases.chain(legacy).chain(ledgers).filter(is_outer).collect();
        found.sort_by_key(|found| place(found.mark()));
        found
    }

    fn apply_found(&self, staging: &mut Staging, found: &Found<'_>) -> Result<Applied, ApplyError> {
        match found {
            Found::Case(block) => apply_block(self.rules, staging, block, &self.context),
            Found::Legacy(block) => {
                Err(ApplyErrorKind::Block(RefusalKind::CaseIdMissing).at(block.element.mark))
            }
            Found::Ledger(ledger) => {
                let said = entries(self.rules, ledger)?;
                apply_entries(self.rules, staging, said)
            }
        }
    }
}

impl Found<'_> {
    fn mark(&self) -> Mark {
        match self {
            Self::Case(block) => block.tag.mark,
            Self::Legacy(block) => block.element.mark,
            Self::Ledger(ledger) => ledger.mark(),
        }
    }
}

impl Work for DeviceForm<'_> {
    fn needs(&self, _: &Staging) -> Result<Needs, ApplyError> {
        let mut needs = Needs::default();
        for found in self.found() {
            match found {
                Found::Case(block) => needs.cases.extend(case_of(block)),
                // What will be refused needs nothing.
                Found::Ledger(ledger) => {
                    let said = entries(self.rules, ledger).unwrap_or_default();
                    needs.ledgers.extend(said.keys().cloned());
                }
                Found::Legacy(_) => {}
            }
        }
        Ok(needs)
    }

    fn apply(&mut self, staging: &mut Staging) -> Result<Applied, ApplyError> {
        staging.attempt(|staging| {
            let mut applied = Applied::default();
            for found in self.found() {
                applied.append(self.apply_found(staging, &found)?);
            }
            Ok(applied)
        })
    }
}
