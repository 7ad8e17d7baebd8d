//! Cases, as documents have made them: in memory, or kept in a folder from one run to the next.

mod document;
mod folder;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, FixedOffset, Local};
use openrosa_case::{
    ApplyError,
    apply::{self, Failure as Failed},
    change::Applied,
    device::{DeviceForm, Restore, SearchResults},
    hq::{Holding, Project, Submission},
    store::{Memory, Staging, Store},
};
use openrosa_store::device::Database;
use openrosa_xml::{
    CaseDb, Instance, ReadError,
    instance::OtherDocument,
    restore::{RestoreError, RestoreReader},
    xml::decode,
};
use serde::{Deserialize, Serialize};

use crate::{database::DatabaseArgs, exit::Failure, input::is_dash, page::typed_path, target::wait};
pub(crate) use document::{Document, Kind, reason_for_none};
use folder::Folder;

/// The project of everything here; a case belongs to one, and there is only this.
const PROJECT: &str = "openrosa";

/// Which state, and by whose rules.
#[derive(clap::Args)]
pub(crate) struct StateArgs {
    /// Where the cases are: a folder, which `openrosa apply` makes and keeps from one run to the next; or a file to begin with,
    /// such as a restore or the database of a device, whose cases are not changed (a database of an older version is brought up
    /// to this one)
    #[arg(long, value_name = "DIR|FILE")]
    state: Option<PathBuf>,
    /// By whose rules; `device` where nothing is said, and what a folder began with where there is one
    #[arg(long, value_name = "WHO", value_enum)]
    profile: Option<Side>,
    #[command(flatten)]
    moment: Moment,
}

/// When it all happens.
#[derive(clap::Args)]
pub(crate) struct Moment {
    /// When the documents are filled in and received, in the time zone of the device, such as 2026-05-01T12:00:00+02:00; now
    /// otherwise
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<DateTime<FixedOffset>>,
}

/// A moment as a person writes it, with its time zone.
pub(crate) fn moment(text: &str) -> Result<DateTime<FixedOffset>, &'static str> {
    text.parse().map_err(|_| "a moment is written as in 2026-05-01T12:00:00+02:00")
}

impl Moment {
    pub(crate) fn get(&self) -> DateTime<FixedOffset> {
        self.at.unwrap_or_else(|| Local::now().fixed_offset())
    }
}

/// Whose rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// CommCare on a device
    Device,
    /// CommCare HQ
    Hq,
}

impl Side {
    /// What a person calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Device => "the device",
            Self::Hq => "CommCare HQ",
        }
    }
}

/// Why nothing of a document was applied.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It cannot be read.
    Unreadable(RestoreError),
    /// The rules do not allow it.
    Declined(ApplyError),
    /// It is none that the server ever gets.
    NotForServer,
    /// It is of a kind that says nothing of cases.
    NoForm(OtherDocument),
    /// It is a server's answer that there is no restore, with the reason (ota-restore.md 1.6).
    NoRestore(String),
}

/// All cases, and where they are kept.
pub(crate) struct State {
    pub(crate) side: Side,
    pub(crate) memory: Memory,
    project: Project,
    count: usize,
    folder: Option<Folder>,
    is_of_database: bool,
}

/// Is shown each document of a state, with what it has done, as the state is built.
pub(crate) type Watch<'w> = &'w mut dyn FnMut(&Document, &Applied);

impl StateArgs {
    /// The state, to be added to. A folder is held until the end, so that two runs cannot add to it at once.
    pub(crate) fn open(&self, watch: Watch<'_>) -> Result<State, Failure> {
        match self.place()? {
            Some(path) if !is_database(path) && !path.is_file() => {
                let (folder, side) = Folder::open(path, self.profile)?;
                State { folder: Some(folder), ..State::new(side) }.rebuilt(watch)
            }
            _ => self.look(watch),
        }
    }

    /// The state, to be looked at. A folder must be there.
    pub(crate) fn look(&self, watch: Watch<'_>) -> Result<State, Failure> {
        let side = self.profile.unwrap_or(Side::Device);
        match self.place()? {
            None => Ok(State::new(side)),
            Some(path) if is_database(path) => State::of_database(path, side),
            Some(path) if path.is_file() => {
                let mut state = State::new(side);
                state.begin_with(path, self.moment.get(), watch)?;
                Ok(state)
            }
            Some(path) => {
                let (folder, side) = Folder::look(path, self.profile)?;
                State { folder: Some(folder), ..State::new(side) }.rebuilt(watch)
            }
        }
    }

    fn place(&self) -> Result<Option<&Path>, Failure> {
        match self.state.as_deref() {
            Some(path) if is_dash(path) => {
                let failure = Failure::new("a state is a folder or a file, not standard input");
                Err(failure.remedy("./- if it is called so"))
            }
            place => Ok(place),
        }
    }

    /// Whether there is one to go on from.
    pub(crate) const fn is_given(&self) -> bool {
        self.state.is_some()
    }

    /// The moment of what is applied now.
    pub(crate) fn now(&self) -> DateTime<FixedOffset> {
        self.moment.get()
    }
}

impl State {
    /// No cases yet, kept nowhere.
    pub(crate) fn new(side: Side) -> Self {
        Self {
            side,
            memory: Memory::new(),
            project: Project::new(PROJECT),
            count: 0,
            folder: None,
            is_of_database: false,
        }
    }

    /// What a device holds, which is by the rules of devices.
    fn of_database(path: &Path, side: Side) -> Result<Self, Failure> {
        if side == Side::Hq {
            return Err(Failure::new(format!("`{}` follows the device, not CommCare HQ", path.display())));
        }
        let failure = |error| DatabaseArgs::at(path).failure(&error);
        let memory = wait(async {
            let database = Database::open_existing(path).await.map_err(failure)?;
            let memory = database.in_memory().await.map_err(failure)?;
            database.close().await;
            Ok(memory)
        })?;
        Ok(Self { memory, is_of_database: true, ..Self::new(side) })
    }

    /// The folder in which it is kept.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(Folder::path)
    }

    /// Whether it began as the database of a device.
    pub(crate) const fn is_of_database(&self) -> bool {
        self.is_of_database
    }

    /// How many documents have made it.
    pub(crate) const fn documents(&self) -> usize {
        self.count
    }

    fn begin_with(
        &mut self,
        path: &Path,
        at: DateTime<FixedOffset>,
        watch: Watch<'_>,
    ) -> Result<(), Failure> {
        let document = Document::open(path, at)?;
        match self.apply(&document) {
            Ok(applied) => {
                watch(&document, &applied);
                Ok(())
            }
            Err(refused) => {
                let reason = format!("cannot begin with `{}`: {refused}", document.name);
                Err(Failure::new(reason).remedy(format!("openrosa apply {}", typed_path(path))))
            }
        }
    }

    /// Does again what the documents in the folder did.
    fn rebuilt(mut self, watch: Watch<'_>) -> Result<Self, Failure> {
        let Some(folder) = self.folder.take() else { return Ok(self) };
        for document in folder.documents() {
            let document = document?;
            let applied = self.apply(&document).map_err(|refused| {
                let (path, name) = (folder.path().display(), &document.name);
                Failure::new(format!("`{name}`, which `{path}` has taken before, is refused now: {refused}"))
            })?;
            watch(&document, &applied);
        }
        self.folder = Some(folder);
        Ok(self)
    }

    /// Applies a document, wholly or not at all. In a folder it is kept only by [`keep`](Self::keep).
    pub(crate) fn apply(&mut self, document: &Document) -> Result<Applied, Refused> {
        let source = decode(&document.bytes).map_err(unreadable)?;
        let applied = match (Kind::of(&source), self.side) {
            (Kind::Restore, side) => self.restore(&document.bytes, side, document.at)?,
            (Kind::SearchResults, Side::Device) => {
                let found = CaseDb::read(&source).map_err(unreadable)?;
                done(apply::apply(&mut self.memory, &mut SearchResults::new(&found, document.at)))?
            }
            (Kind::SearchResults, Side::Hq) => return Err(Refused::NotForServer),
            (Kind::Form, side) => {
                let form = Instance::read(&source).map_err(unreadable)?;
                if let Some(other) = OtherDocument::of(&form.root().name) {
                    return Err(Refused::NoForm(other));
                }
                self.form(&form, &source, side, document.at)?
            }
        };
        self.count += 1;
        Ok(applied)
    }

    /// Keeps a document that was applied last, if there is a folder to keep it in.
    pub(crate) fn keep(&mut self, document: &Document) -> Result<(), Failure> {
        self.folder.as_ref().map_or(Ok(()), |folder| folder.keep(self.count, document))
    }

    fn form(
        &mut self,
        form: &Instance<'_>,
        source: &str,
        side: Side,
        at: DateTime<FixedOffset>,
    ) -> Result<Applied, Refused> {
        match side {
            Side::Device => done(apply::apply(&mut self.memory, &mut DeviceForm::new(form, at))),
            Side::Hq => {
                let fresh = format!("document-{}", self.count + 1);
                let mut submission = Submission::new(&self.project, form, source, fresh, at.to_utc())
                    .in_place(self.count as u64);
                done(apply::apply(&mut self.memory, &mut submission))
            }
        }
    }

    /// From the bytes: no device reads a restore in another encoding than UTF-8 (ota-restore.md 2.2), and this is refused by the
    /// name of it.
    fn restore(&mut self, bytes: &[u8], side: Side, at: DateTime<FixedOffset>) -> Result<Applied, Refused> {
        let (mut restore, mut holding) = (Restore::new(at), Holding::new(&self.project, at));
        let (mut staging, mut applied) = (Staging::new(), Applied::default());
        let mut items = RestoreReader::new(bytes);
        loop {
            let step = items.next_with(|item| {
                if let Some(reason) = reason_for_none(&item.value) {
                    return Err(Refused::NoRestore(reason.to_owned()));
                }
                done(match side {
                    Side::Device => apply::stage(&self.memory, &mut staging, &mut restore.step(&item.value)),
                    Side::Hq => apply::stage(&self.memory, &mut staging, &mut holding.step(&item.value)),
                })
            });
            match step.map_err(Refused::Unreadable)? {
                Some(step) => applied.append(step?),
                None => break,
            }
        }
        let Ok(()) = self.memory.commit(staging.take_writes());
        Ok(applied)
    }
}

/// Every SQLite file begins so, or with zeros where that is lost; no document does. One of which only what lies beside it is left
/// is told as one, too.
fn is_database(path: &Path) -> bool {
    let mut begin = [0; 16];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    let is_one = read.is_ok() && [*b"SQLite format 3\0", [0; 16]].contains(&begin);
    is_one || !path.is_dir() && Database::was_at(path)
}

fn unreadable(error: ReadError) -> Refused {
    Refused::Unreadable(error.into())
}

fn done(result: Result<Applied, Failed<std::convert::Infallible>>) -> Result<Applied, Refused> {
    result.map_err(|Failed::Declined(error)| Refused::Declined(error))
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Declined(error) => error.fmt(f),
            Self::NotForServer => f.write_str("search results are for a device; no server gets any"),
            Self::NoForm(other) => write!(f, "it is {other}, not a filled-in form"),
            Self::NoRestore(reason) => write!(f, "the server gave no restore: {reason}"),
        }
    }
}
