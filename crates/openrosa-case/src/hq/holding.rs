//! The cases of a server, as a restore of its tells of them.

use std::mem;

use chrono::{DateTime, FixedOffset, Utc};
use openrosa_xml::restore::RestoreItem;

use super::Project;
use crate::{
    apply::Work,
    case::{Case, Did, Transaction, Value},
    change::{Applied, Change},
    device::{Restore, RestoreStep},
    error::ApplyError,
    store::{Needs, Staging},
};

/// A state of CommCare HQ that begins with a restore, where the forms behind it are not at hand.
///
/// What a restore says of a case is what the server held, as far as a device can tell: days of opening are days, and whoever
/// opened or modified a case is not known. Such a case has one entry in its history, without a form, so that a rebuild knows
/// nothing of it.
///
/// ```
/// use chrono::DateTime;
/// use openrosa_case::{apply, hq::{Holding, Project}, store::{Memory, Staging, Store}};
/// use openrosa_xml::restore::RestoreReader;
///
/// let restore = "<OpenRosaResponse><case case_id='c1' date_modified='2024-05-01'>
///     <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
///   </case></OpenRosaResponse>";
/// let (mut server, project) = (Memory::new(), Project::new("demo"));
/// let mut session = Holding::new(&project, DateTime::UNIX_EPOCH.fixed_offset());
/// let mut staging = Staging::new();
/// for item in RestoreReader::new(restore.as_bytes()) {
///     apply::stage(&server, &mut staging, &mut session.step(&item?.value))?;
/// }
/// server.commit(staging.take_writes())?;
/// assert_eq!(server.get("c1").unwrap().hq.domain, "demo");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Spec:* case-xml.md 1.15, 4.7.
#[derive(Clone, Debug)]
pub struct Holding<'p> {
    project: &'p Project,
    since: DateTime<Utc>,
    restore: Restore,
}

/// One item of the restore.
#[derive(Debug)]
pub struct HoldingStep<'h, 'p> {
    project: &'p Project,
    since: DateTime<Utc>,
    step: RestoreStep<'h>,
}

impl<'p> Holding<'p> {
    /// A restore that the server gave at this moment, in the zone of the device that got it: its days are days there.
    #[must_use]
    pub fn new(project: &'p Project, since: DateTime<FixedOffset>) -> Self {
        Self { project, since: since.to_utc(), restore: Restore::new(since) }
    }

    /// The next item.
    pub const fn step<'h>(&'h mut self, item: &'h RestoreItem<'h>) -> HoldingStep<'h, 'p> {
        HoldingStep { project: self.project, since: self.since, step: self.restore.step(item) }
    }
}

impl Work for HoldingStep<'_, '_> {
    fn needs(&self, staging: &Staging) -> Result<Needs, ApplyError> {
        self.step.needs(staging)
    }

    fn apply(&mut self, staging: &mut Staging) -> Result<Applied, ApplyError> {
        let applied = self.step.apply(staging)?;
        let case = applied.changes.first().and_then(Change::case_id);
        if let Some(case) = case.and_then(|id| staging.case(id)).cloned() {
            staging.put_case(self.held(Case::clone(&case)));
        }
        Ok(applied)
    }
}

impl HoldingStep<'_, '_> {
    /// The case of a device as the server that sent it has it.
    fn held(&self, mut case: Case) -> Case {
        case.hq.domain.clone_from(&self.project.domain);
        for (name, field) in
            [("category", mem::take(&mut case.category)), ("state", mem::take(&mut case.state))]
        {
            if let Some(text) = field {
                case.properties.insert(name.to_owned(), Value::Text(text));
            }
        }
        if case.hq.transactions.is_empty() {
            case.hq.transactions.push(Transaction {
                form_id: None,
                server_date: self.since,
                client_date: case.last_modified,
                user_id: None,
                did: Did { block: true, create: true, ..Did::default() },
                sync_token: None,
                revoked: false,
            });
        }
        case
    }
}

#[cfg(test)]
mod tests {
    use openrosa_xml::{Instance, restore::RestoreReader};

    use super::*;
    use crate::{
        apply,
        hq::Submission,
        scenario::{case, form},
        store::{Memory, Store},
    };

    #[test]
    fn what_a_restore_tells_of_is_known_to_the_server() {
        let restore = "<OpenRosaResponse><case case_id='c' date_modified='2024-05-10'>
            <create><case_type>t</case_type><case_name>n</case_name><owner_id>amy</owner_id></create>
            <update><category>chronic</category></update>
          </case></OpenRosaResponse>";
        let (mut server, project) = (Memory::new(), Project::new("demo"));
        let mut session = Holding::new(&project, DateTime::UNIX_EPOCH.fixed_offset());
        let mut staging = Staging::new();
        for item in RestoreReader::new(restore.as_bytes()) {
            apply::stage(&server, &mut staging, &mut session.step(&item.unwrap().value)).unwrap();
        }
        server.commit(staging.take_writes()).unwrap();
        let held = server.get("c").unwrap().clone();
        assert_eq!((held.category, held.properties["category"].text().as_ref()), (None, "chronic"));

        // An older form does not take the date back, as it would with a case of which nothing is left.
        let source = form("f1", &case("c", "2024-05-09", "<update><a>1</a></update>"));
        let instance = Instance::read(&source).unwrap();
        let mut sent = Submission::new(&project, &instance, &source, "fresh", DateTime::UNIX_EPOCH);
        apply::apply(&mut server, &mut sent).unwrap();
        assert_eq!(server.get("c").unwrap().last_modified, held.last_modified);
    }
}
