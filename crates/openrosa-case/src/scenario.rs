//! A phone and a server for tests, and case blocks in few words.

use std::convert::Infallible;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use openrosa_xml::{
    Instance,
    restore::{RestoreItem, RestoreReader},
};

use crate::{
    apply::{self, Failure, Work},
    case::Case,
    change::Applied,
    device::{DeviceForm, Restore},
    error::ApplyError,
    hq::{Project, Submission},
    store::{Memory, Staging, Store},
};

/// A case block of this id and date, as forms have it.
pub(crate) fn case(id: &str, date: &str, inside: &str) -> String {
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='{date}' user_id='amy'>{inside}</case>"
    )
}

/// A block that creates a patient.
pub(crate) fn patient(id: &str, date: &str) -> String {
    case(id, date, &creation("patient", id, "amy"))
}

/// The action that creates.
pub(crate) fn creation(case_type: &str, name: &str, owner: &str) -> String {
    format!(
        "<create><case_type>{case_type}</case_type><case_name>{name}</case_name><owner_id>{owner}</owner_id></create>"
    )
}

/// A form around blocks.
pub(crate) fn form(id: &str, blocks: &str) -> String {
    format!(
        "<data xmlns='http://example.org/f'>{blocks}<meta><instanceID>{id}</instanceID><userID>amy</userID></meta></data>"
    )
}

/// The error of what was declined.
pub(crate) fn declined<T: std::fmt::Debug, E: std::fmt::Debug>(done: Result<T, Failure<E>>) -> ApplyError {
    match done {
        Err(Failure::Declined(error)) => error,
        done => panic!("not declined: {done:?}"),
    }
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// How an item is staged.
type Stage =
    fn(&Memory, &mut Staging, &mut Restore, RestoreItem<'static>) -> Result<Applied, Failure<Infallible>>;

/// A device two hours east of Greenwich.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Phone(pub(crate) Memory);

impl Phone {
    pub(crate) fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2024-05-31T12:00:00+02:00").unwrap()
    }

    pub(crate) fn form(&mut self, blocks: &str) -> Applied {
        let source = form("f", blocks);
        apply::apply(&mut self.0, &mut DeviceForm::new(&Instance::read(&source).unwrap(), Self::now()))
            .unwrap()
    }

    /// The error of a form that changes nothing.
    pub(crate) fn refuses(&mut self, blocks: &str) -> ApplyError {
        let (before, source) = (self.clone(), form("f", blocks));
        let instance = Instance::read(&source).unwrap();
        let error = declined(apply::apply(&mut self.0, &mut DeviceForm::new(&instance, Self::now())));
        assert_eq!(*self, before);
        error
    }

    /// Applies a restore, and it is the same where each item is given away.
    pub(crate) fn restore(&mut self, items: &str) -> Result<Applied, ApplyError> {
        let mut other = self.clone();
        let same = other.take(items, |memory, staging, session, item| {
            apply::stage(memory, staging, &mut session.step_taking(item))
        });
        let applied = self.take(items, |memory, staging, session, item| {
            apply::stage(memory, staging, &mut session.step(&item))
        });
        assert_eq!((same, other), (applied.clone(), self.clone()));
        applied
    }

    fn take(&mut self, items: &str, stage: Stage) -> Result<Applied, ApplyError> {
        let restore = format!("<OpenRosaResponse>{items}</OpenRosaResponse>");
        let (mut session, mut staging) = (Restore::new(Self::now()), Staging::new());
        let mut applied = Applied::default();
        for item in RestoreReader::new(restore.as_bytes()) {
            match stage(&self.0, &mut staging, &mut session, item.unwrap().value) {
                Ok(more) => applied.append(more),
                Err(Failure::Declined(error)) => return Err(error),
            }
        }
        self.0.commit(staging.take_writes()).unwrap();
        Ok(applied)
    }

    pub(crate) fn case(&self, id: &str) -> &Case {
        self.0.get(id).unwrap_or_else(|| panic!("no case {id}"))
    }

    pub(crate) fn reads(&self, id: &str, name: &str) -> String {
        self.case(id).read(name, *Self::now().offset())
    }
}

/// A project `demo`, whose forms arrive an hour apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Server {
    pub(crate) memory: Memory,
    pub(crate) project: Project,
    pub(crate) clock: DateTime<Utc>,
}

impl Default for Server {
    fn default() -> Self {
        Self::of(Project::new("demo"))
    }
}

impl Server {
    pub(crate) fn of(project: Project) -> Self {
        Self { memory: Memory::new(), project, clock: at("2024-06-01T00:00:00Z") }
    }

    /// The next hour.
    pub(crate) fn tick(&mut self) -> DateTime<Utc> {
        self.clock += TimeDelta::hours(1);
        self.clock
    }

    /// What comes of a form of this id. The fresh id, should one be wanted, is the number of the hour.
    pub(crate) fn submit(&mut self, id: &str, blocks: &str) -> Result<Applied, ApplyError> {
        let (source, received_on) = (form(id, blocks), self.tick());
        self.receive(&source, received_on)
    }

    pub(crate) fn receive(
        &mut self,
        source: &str,
        received_on: DateTime<Utc>,
    ) -> Result<Applied, ApplyError> {
        let fresh = format!("fresh-{}", self.memory.forms().len());
        let instance = Instance::read(source).unwrap();
        let project = self.project.clone();
        let mut submission = Submission::new(&project, &instance, source, fresh, received_on)
            .since("token")
            .with_files(["a.jpg"]);
        self.work(&mut submission)
    }

    pub(crate) fn form(&mut self, id: &str, blocks: &str) -> Applied {
        self.submit(id, blocks).unwrap()
    }

    /// The error of a form that changes nothing.
    pub(crate) fn refuses(&mut self, blocks: &str) -> ApplyError {
        let before = self.memory.clone();
        let error = self.submit("refused", blocks).unwrap_err();
        assert_eq!(self.memory, before);
        error
    }

    pub(crate) fn work(&mut self, work: &mut impl Work) -> Result<Applied, ApplyError> {
        apply::apply(&mut self.memory, work).map_err(|failure| match failure {
            Failure::Declined(error) => error,
        })
    }

    pub(crate) fn case(&self, id: &str) -> &Case {
        self.memory.get(id).unwrap_or_else(|| panic!("no case {id}"))
    }

    pub(crate) fn property(&self, id: &str, name: &str) -> Option<String> {
        self.case(id).properties.get(name).map(|value| value.text().into_owned())
    }
}
