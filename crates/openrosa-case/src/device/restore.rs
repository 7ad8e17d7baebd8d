//! A restore on the device.

use std::{borrow::Cow, sync::OnceLock};

use chrono::{DateTime, FixedOffset};
use openrosa_xml::{
    CaseId, UserId,
    case::understood::Context,
    fixture::Fixture,
    restore::{RestoreItem, Strict},
};

use super::apply_block;
use crate::{
    apply::{Entries, Work, apply_entries, apply_fixture, apply_registration, entries, fixture_key},
    change::Applied,
    error::ApplyError,
    rules::Rules,
    store::{Needs, Staging},
};

/// A restore while it is read: each item is a [step](Self::step) of work.
///
/// The device takes a restore whole or not at all. So do all steps in one [`Staging`], which is thrown away at the first that
/// fails; or, if the restore is large, write as you go inside a transaction of your own. What is there already stays: a
/// restore that is to replace everything begins with a host that empties its storage, in the same transaction. Messages and
/// unknown items change nothing, and the sync token is for the host to keep with the rest.
///
/// ```
/// use chrono::DateTime;
/// use openrosa_case::{apply, device::Restore, store::{Memory, Staging, Store}};
/// use openrosa_xml::restore::RestoreReader;
///
/// let restore = "<OpenRosaResponse><case case_id='c1' date_modified='2024-05-01'>
///     <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
///   </case></OpenRosaResponse>";
/// let mut phone = Memory::new();
/// let mut session = Restore::new(DateTime::parse_from_rfc3339("2024-05-01T12:00:00+02:00")?);
/// let mut staging = Staging::new();
/// for item in RestoreReader::new(restore.as_bytes()) {
///     apply::stage(&phone, &mut staging, &mut session.step(&item?.value))?;
/// }
/// phone.commit(staging.take_writes())?;
/// assert_eq!(phone.get("c1").unwrap().name, "Amina");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Spec:* ota-restore.md 2.3, 2.6, 2.7, 2.9, 2.10, 2.14.
#[derive(Clone, Debug)]
pub struct Restore {
    rules: Rules,
    context: Context<'static>,
    strict: Strict,
}

/// One item of a restore, to be applied.
#[derive(Debug)]
pub struct RestoreStep<'r> {
    restore: &'r mut Restore,
    item: Cow<'r, RestoreItem<'r>>,
    /// What a ledger block says, once somebody has asked.
    said: OnceLock<Result<Entries, ApplyError>>,
}

impl Restore {
    /// A restore, and the present moment in the zone of the device.
    #[must_use]
    pub fn new(now: DateTime<FixedOffset>) -> Self {
        Self { rules: Rules::device(*now.offset()), context: Context::new(now), strict: Strict::new() }
    }

    /// The next item.
    pub const fn step<'r>(&'r mut self, item: &'r RestoreItem<'r>) -> RestoreStep<'r> {
        RestoreStep { restore: self, item: Cow::Borrowed(item), said: OnceLock::new() }
    }

    /// The next item, given away: where it borrows nothing, a fixture is not copied, however large it is. What applies it a
    /// second time finds it empty, which changes nothing.
    pub const fn step_taking<'r>(&'r mut self, item: RestoreItem<'r>) -> RestoreStep<'r> {
        RestoreStep { restore: self, item: Cow::Owned(item), said: OnceLock::new() }
    }
}

impl Work for RestoreStep<'_> {
    fn needs(&self, staging: &Staging) -> Result<Needs, ApplyError> {
        let mut needs = Needs::default();
        match &*self.item {
            // The id is not copied where the case is loaded, which is asked again of each.
            RestoreItem::Case(block) => {
                let id = block.case_id_on_device().filter(|id| !staging.knows_case(id));
                needs.cases.extend(id.map(CaseId::from));
            }
            RestoreItem::Fixture(fixture) => needs.fixtures.extend([fixture_key(fixture)]),
            RestoreItem::Registration(user) => needs.users.extend(user.user_id().map(UserId::new)),
            RestoreItem::Ledger(ledger) => {
                let said = self.said.get_or_init(|| entries(self.restore.rules, ledger)).as_ref();
                needs.ledgers.extend(said.iter().flat_map(|said| said.keys()).cloned());
            }
            _ => {}
        }
        Ok(needs)
    }

    fn apply(&mut self, staging: &mut Staging) -> Result<Applied, ApplyError> {
        let Restore { rules, context, strict } = &mut *self.restore;
        let said = self.said.take();
        // A block is looked at where it is applied, by the same rules.
        if !matches!(*self.item, RestoreItem::Case(_)) {
            strict.check(&self.item)?;
        }
        let given = given(&mut self.item);
        staging.attempt(|staging| {
            Ok(match &*self.item {
                RestoreItem::Case(block) => return apply_block(*rules, staging, block, context),
                RestoreItem::Ledger(ledger) => {
                    let said = said.unwrap_or_else(|| entries(*rules, ledger))?;
                    apply_entries(*rules, staging, said)?
                }
                RestoreItem::Fixture(fixture) => {
                    apply_fixture(staging, given.unwrap_or_else(|| fixture.clone()))
                }
                RestoreItem::Registration(user) => apply_registration(staging, user),
                // A schema says what to index, which is the host's affair and does not outlive the restore.
                _ => Applied::default(),
            })
        })
    }
}

/// A fixture that was given away, as it was; what stays is empty.
fn given<'r>(item: &mut Cow<'_, RestoreItem<'r>>) -> Option<Fixture<'r>> {
    let Cow::Owned(RestoreItem::Fixture(fixture)) = item else { return None };
    let contents = std::mem::take(&mut fixture.contents);
    let mut given = fixture.clone();
    given.contents = contents;
    Some(given)
}
