//! What one profile does where the two differ: each method is one [`Difference`], or has none.
//!
//! What can be told from a block alone is in [`openrosa_xml::case::understood`]. Here is what depends on the state.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, Offset, Utc};
use openrosa_xml::{
    CaseId, Mark, OwnerId, Profile, Text, Timestamp, UserId,
    case::{
        Field,
        understood::{Content, File, Setting, Step, Understood, too_large_on_device},
    },
    ledger::{Instruction, Sheet},
    time::normal_time,
};

use crate::{
    case::{Case, Value},
    differences::Difference,
    error::{ApplyError, ApplyErrorKind},
    ledger::Quantity,
};

/// One side, and what it knows of its surroundings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) profile: Profile,
    /// The zone of the device.
    pub(crate) zone: FixedOffset,
}

impl Rules {
    pub(crate) fn device(zone: FixedOffset) -> Self {
        Self { profile: Profile::Device, zone }
    }

    pub(crate) fn hq() -> Self {
        Self { profile: Profile::Hq, zone: Utc.fix() }
    }

    const fn is_device(self) -> bool {
        matches!(self.profile, Profile::Device)
    }

    /// [`Difference::UnknownCase`], [`Difference::EmptyBlock`]: the case that a block begins with, where there is none yet.
    pub(crate) fn unknown_case(self, new: impl FnOnce() -> Case) -> Option<Case> {
        if self.is_device() { None } else { Some(new()) }
    }

    /// [`Difference::LastModified`].
    pub(crate) fn modified(self, before: DateTime<Utc>, block: DateTime<Utc>) -> DateTime<Utc> {
        if self.is_device() { block } else { before.max(block) }
    }

    /// [`Difference::SurroundingSpace`] was decided before; [`Difference::DateTimeText`] and
    /// [`Difference::StructuredProperty`] are here.
    pub(crate) fn value(self, content: Content<'_>) -> Value {
        match content.text() {
            Some(text) => match self.text(text) {
                Cow::Borrowed(text) => Value::from(text),
                Cow::Owned(text) => Value::from(text),
            },
            None => Value::from(content),
        }
    }

    /// [`Difference::DateTimeText`]: in a value, in the id of a case or a user, in a link. It is owned where it is rewritten.
    pub(crate) fn text(self, text: &str) -> Cow<'_, str> {
        let rewritten = if self.is_device() { None } else { normal_time(text) };
        rewritten.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Where `update` puts a child of this name, and which rule makes that the profile's own.
    pub(crate) fn fields(self, name: &str) -> (&'static [Field], Option<Difference>) {
        let [device, hq] = [Profile::Device, Profile::Hq].map(|reader| Field::set_by(name, reader));
        let rule = match (device, hq) {
            _ if device == hq => None,
            ([Field::Category | Field::State], _) => Some(Difference::CategoryAndState),
            (_, [Field::Name]) => Some(Difference::NameProperty),
            (_, [Field::LocationId]) => Some(Difference::LocationId),
            (_, [Field::Property, Field::ExternalId]) => Some(Difference::HqUserId),
            ([Field::Owner], _) | (_, [Field::ModifiedBy]) => Some(Difference::UserIdProperty),
            _ => Some(Difference::ShadowedProperty),
        };
        (if self.is_device() { device } else { hq }, rule)
    }

    /// Puts a text into a field of the case; a property has a place of its own.
    pub(crate) fn set(
        self,
        case: &mut Case,
        field: Field,
        text: Text<'static>,
    ) -> Result<(), ApplyErrorKind> {
        match field {
            Field::CaseType => case.case_type = text,
            Field::Name => case.name = text,
            Field::Owner => case.owner_id = OwnerId::from(&*text),
            Field::ExternalId => case.external_id = Some(text),
            Field::DateOpened => case.date_opened = self.date_opened(&text)?,
            Field::Category => case.category = Some(text),
            Field::State => case.state = Some(text),
            Field::LocationId => case.hq.location_id = Some(text),
            Field::ModifiedBy => case.hq.modified_by = Some(UserId::from(&*text)),
            Field::Property => {}
        }
        Ok(())
    }

    /// [`Difference::DateOpened`].
    pub(crate) fn date_opened(self, text: &str) -> Result<Option<DateTime<Utc>>, ApplyErrorKind> {
        if self.is_device() {
            return Ok(Timestamp::new(text).day_to_device(self.zone).ok());
        }
        let instant = Timestamp::new(text).instant_to_hq();
        instant.map(Some).map_err(|_| ApplyErrorKind::DateOpened { written: text.chars().take(80).collect() })
    }

    /// [`Difference::TextLength`]: the four fields, in the order in which both look at them.
    pub(crate) fn check_fields(self, case: &Case) -> Result<(), ApplyErrorKind> {
        Field::LIMITED.into_iter().try_for_each(|(field, name)| {
            let text = match field {
                Field::CaseType => &*case.case_type,
                Field::Owner => case.owner_id.as_str(),
                Field::Name => &*case.name,
                _ => case.external_id.as_deref().unwrap_or_default(),
            };
            match Field::too_long(text, self.profile) {
                Some(length) => Err(ApplyErrorKind::TooLong { name, length, hq: !self.is_device() }),
                None => Ok(()),
            }
        })
    }

    /// [`Difference::TextLength`]: what the device can store at all.
    pub(crate) fn check_text(self, name: &str, text: &str) -> Result<(), ApplyErrorKind> {
        Field::too_large(text, self.profile).map_or(Ok(()), |bytes| Err(too_large(name, bytes)))
    }

    /// The same of all that a block has set, once the case is written.
    pub(crate) fn check_stored(self, understood: &Understood<'_>, mark: Mark) -> Result<(), ApplyError> {
        self.check_text("case_id", understood.case_id).map_err(|kind| kind.at(mark))?;
        let told = if self.is_device() { too_large_on_device(&understood.steps) } else { Vec::new() };
        told.first().map_or(Ok(()), |text| Err(too_large(text.name, text.bytes).at(text.mark)))
    }

    /// [`Difference::TextLength`]: what stands in a column of CommCare HQ, which has its limit and no check before it.
    pub(crate) fn check_columns(self, understood: &Understood<'_>, mark: Mark) -> Result<(), ApplyError> {
        let check = |what: &'static str, text: &str, mark: Mark| match Field::too_long(text, self.profile) {
            Some(length) => Err(ApplyErrorKind::ColumnTooShort { what, length }.at(mark)),
            None => Ok(()),
        };
        check("the case id", understood.case_id, mark)?;
        for step in &understood.steps {
            match step {
                Step::Update(settings) => {
                    let is_place =
                        |setting: &&Setting<'_>| self.fields(setting.name).0 == [Field::LocationId];
                    if let Some(place) = settings.iter().rev().find(is_place) {
                        check("`location_id`", place.content.text().unwrap_or_default(), place.mark)?;
                    }
                }
                Step::Index(links) => {
                    // A link that is taken away is nowhere stored.
                    for (link, target) in links.iter().filter_map(|link| Some((link, link.target?))) {
                        check("the name of an index", link.name, link.mark)?;
                        check("`case_type` of an index", link.case_type.unwrap_or_default(), link.mark)?;
                        check("the target of an index", target, link.mark)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// [`Difference::Attachments`]: where a file that is not removed comes from; `None` where it is passed over. The file
    /// names are those of the form, where the project has attachments at all.
    pub(crate) fn file<'f>(
        self,
        file: &File<'f>,
        has_file: Option<&dyn Fn(&str) -> bool>,
    ) -> Result<Option<&'f str>, ApplyErrorKind> {
        if self.is_device() {
            return Ok(file.src.filter(|_| file.from == Some("remote")));
        }
        let (Some(src), Some(has_file)) = (file.src, has_file) else { return Ok(None) };
        match has_file(src) {
            true => Ok(Some(src)),
            false => {
                let (name, src) = (file.name.to_owned(), src.to_owned());
                Err(ApplyErrorKind::AttachmentNotFound { name, src })
            }
        }
    }

    /// [`Difference::Attachments`]: whether a file can be taken away.
    pub(crate) const fn removes_files(self, has_feature: bool) -> bool {
        self.is_device() || has_feature
    }

    /// [`Difference::LedgerDate`]: the device has looked at its block before.
    pub(crate) fn check_ledger_date(self, sheet: &Sheet<'_>) -> Result<(), ApplyErrorKind> {
        match &sheet.date {
            Some(date) if !self.is_device() && !date.as_str().is_empty() && date.moment().is_err() => {
                Err(ApplyErrorKind::LedgerDate { written: date.as_str().chars().take(80).collect() })
            }
            _ => Ok(()),
        }
    }

    /// [`Difference::LedgerEnds`].
    pub(crate) fn check_ends(
        self,
        src: Option<&CaseId>,
        dest: Option<&CaseId>,
    ) -> Result<(), ApplyErrorKind> {
        let is_nowhere = |end: Option<&CaseId>| end.is_none_or(|end| end.as_str().is_empty());
        match !self.is_device() && is_nowhere(src) && is_nowhere(dest) {
            true => Err(ApplyErrorKind::LedgerEnds),
            false => Ok(()),
        }
    }

    /// [`Difference::LedgerEntry`].
    pub(crate) fn check_entry(self, said: &Instruction<'_>) -> Result<(), ApplyErrorKind> {
        match !self.is_device() && said.entry_id.unwrap_or_default().is_empty() {
            true => Err(ApplyErrorKind::LedgerEntry),
            false => Ok(()),
        }
    }

    /// What would be kept as another quantity is refused. No whole number of the device is so large.
    pub(crate) fn check_quantity(self, said: &Instruction<'_>) -> Result<(), ApplyErrorKind> {
        match said.is_too_large() && !self.is_device() {
            true => Err(ApplyErrorKind::LedgerTooLarge {
                written: said.quantity.unwrap_or_default().chars().take(80).collect(),
            }),
            false => Ok(()),
        }
    }

    /// [`Difference::LedgerQuantity`]: `None` is left out.
    pub(crate) fn quantity(self, said: &Instruction<'_>) -> Option<Quantity> {
        if self.is_device() { said.units().map(Quantity::from) } else { said.number().map(Quantity::from) }
    }

    /// [`Difference::LedgerWraps`]: what comes of a quantity that was added or taken away; `None` where it cannot be kept.
    pub(crate) fn sum(self, sum: Option<Quantity>) -> Option<Quantity> {
        match self.is_device() {
            true => sum.map(Quantity::wrapped),
            false => sum.filter(|sum| sum.is_kept()),
        }
    }

    /// [`Difference::LedgerSameEnds`]: what a transfer adds to, of what its destination held before anything was taken and
    /// what it holds since. The device has loaded both ends at first, and stores the destination last.
    pub(crate) const fn grows_from(self, before: Quantity, since: Quantity) -> Quantity {
        if self.is_device() { before } else { since }
    }
}

fn too_large(name: &str, bytes: usize) -> ApplyErrorKind {
    ApplyErrorKind::TextTooLarge { name: name.chars().take(80).collect(), bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names on which the two columns about `update` of case-xml.md 1.6 differ have a difference of their own.
    #[test]
    fn a_name_that_means_two_things_is_a_difference() {
        let [device, hq] = [Rules::device(Utc.fix()), Rules::hq()];
        for (name, rule) in [
            ("category", Difference::CategoryAndState),
            ("state", Difference::CategoryAndState),
            ("name", Difference::NameProperty),
            ("location_id", Difference::LocationId),
            ("hq_user_id", Difference::HqUserId),
            ("userid", Difference::UserIdProperty),
            ("user_id", Difference::UserIdProperty),
            ("case_id", Difference::ShadowedProperty),
            ("date_modified", Difference::ShadowedProperty),
            ("last_modified", Difference::ShadowedProperty),
        ] {
            assert_eq!([device.fields(name).1, hq.fields(name).1], [Some(rule); 2], "{name}");
        }
        for name in ["case_type", "case_name", "owner_id", "external_id", "date_opened", "type", "village"] {
            assert_eq!([device.fields(name).1, hq.fields(name).1], [None; 2], "{name}");
        }
    }
}
