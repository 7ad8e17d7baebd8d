//! A restore in the making: cases are read and written some at a time, while the database shows one state.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use openrosa_case::{
    Case,
    graph::{CaseGraph, Relationship},
    ledger::{LedgerKey, Quantity},
    sync::{Action, Plan},
};
use openrosa_xml::{
    CaseId, Timestamp, UserId,
    build::CaseSnapshot,
    fixture::Fixture,
    ledger::{Balance, Entry, Ledger, Sheet},
    registration::Registration,
    restore::{CaseWriter, Opening, RestoreWriter, Version},
    xml::{Element, Name},
};
use tokio::{fs::File, io::AsyncWriteExt as _};

use super::super::{
    Domain, Transaction, User, desk,
    engine::{Engine, list},
    record,
    users::Group,
};
use super::{Spooled, fitting};
use crate::error::{Error, Kind};

/// How many cases are read at once.
const STEP: usize = 200;

/// A case that is sent, and how.
pub(super) struct Sending {
    id: String,
    is_held: bool,
    closes: bool,
    /// Name, target, whether it is an extension.
    links: Vec<(String, String, bool)>,
    unset: Vec<String>,
}

/// Everything that a restore is made of.
pub(super) struct Writing {
    pub(super) engine: Engine,
    pub(super) tx: Transaction,
    pub(super) domain: Domain,
    pub(super) user: User,
    pub(super) groups: Vec<Group>,
    pub(super) token: String,
    pub(super) version: Version,
    pub(super) counts_items: bool,
    pub(super) sending: Vec<Sending>,
    /// How many cases have a property that is sent to nobody.
    pub(super) unsaid: u64,
    /// The last change that the device knows of, if it has had a restore.
    pub(super) known: i64,
    /// The cases that the device holds and nobody else any more; and since when.
    pub(super) withdrawn: (Vec<CaseId>, DateTime<Utc>),
}

/// What a plan sends, on its own feet.
pub(super) fn to_send(graph: &CaseGraph<'_>, plan: &Plan<'_>) -> Vec<Sending> {
    let link = |link: &openrosa_case::graph::Link| {
        let is_extension = graph.relationship(*link) == Relationship::Extension;
        (graph.name(*link).to_owned(), graph.id(graph.target(*link)).to_owned(), is_extension)
    };
    let sent = plan.cases.iter().map(|sent| Sending {
        id: sent.id.to_owned(),
        is_held: sent.action == Action::Update,
        closes: sent.closes,
        links: sent.indices.iter().map(link).collect(),
        unset: sent.unset.iter().map(ToString::to_string).collect(),
    });
    sent.collect()
}

/// What is written and not yet in the file.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Writing {
    /// Writes all of it to a file that has no name and ends with its last reader. Its length is known then, by which a device sees that a restore was cut, and the database has nothing to do with how fast it is fetched.
    pub(super) async fn spool(self, done: &AtomicU64) -> Result<Spooled, Error> {
        let unmade = |error| Kind::File { path: std::env::temp_dir(), error };
        let mut file = File::from_std(tempfile::tempfile().map_err(unmade)?);
        self.write(&mut file, done).await?;
        file.flush().await.map_err(unmade)?;
        Ok(Spooled::new(file.into_std().await).map_err(unmade)?)
    }

    async fn write(mut self, file: &mut File, done: &AtomicU64) -> Result<(), Error> {
        let unwritten = |error| Kind::File { path: std::env::temp_dir(), error };
        let page = Page::default();
        let message = format!("Successfully restored account {}!", self.user.username);
        let token = std::mem::take(&mut self.token);
        let registration = self.registration();
        let mut opening = Opening::new(&message, &token).registration(registration).version(self.version);
        if self.counts_items {
            opening = opening.items(self.items().await?);
        }
        let mut restore = RestoreWriter::begin(page.clone(), &opening)?;
        if self.has_fixtures() {
            restore.fixture(&self.group_fixture()?)?;
        }
        let mut cases = restore.cases();
        let sending = std::mem::take(&mut self.sending);
        for step in sending.chunks(STEP) {
            self.step(&mut cases, step).await?;
            file.write_all(&page.take()).await.map_err(unwritten)?;
            done.fetch_add(step.len() as u64, Ordering::Relaxed);
        }
        if self.unsaid > 0 {
            tracing::warn!(
                cases = self.unsaid,
                "a property `userid` is sent to nobody: a device would take it for the owner"
            );
        }
        let (withdrawn, at) = &self.withdrawn;
        withdrawn.iter().try_for_each(|case_id| cases.withdraw(case_id, fitting::moment(*at)))?;
        cases.finish()?;
        Ok(file.write_all(&page.take()).await.map_err(unwritten)?)
    }

    fn has_fixtures(&self) -> bool {
        self.version != Version::V1
    }

    /// Message, token and user; the groups; the cases and what stock is at them.
    async fn items(&mut self) -> Result<u64, Error> {
        let cases = self.sending.len() + self.withdrawn.0.len();
        let mut items = 3 + u64::from(self.has_fixtures()) + cases as u64;
        let sending = std::mem::take(&mut self.sending);
        for step in sending.chunks(STEP) {
            let sheets = self.stock(step).await?;
            items += sheets.values().map(|sections| sections.len() as u64).sum::<u64>();
        }
        self.sending = sending;
        Ok(items)
    }

    fn registration(&self) -> Registration<'static> {
        let user = &self.user;
        let joined = user.joined_at.format("%Y-%m-%d").to_string();
        // No device needs the hash: it has the password from the user who typed it.
        Registration::new(user.username.clone(), "", user.user_id.to_string(), joined)
            .with_data(user.data.clone())
    }

    fn group_fixture(&self) -> Result<Fixture<'static>, Error> {
        let named = |local: &'static str| Element::new(Name::local(local));
        let group = |group: &Group| {
            let name = named("name").with_text(group.name.clone());
            named("group").with_attribute("id", group.group_id.clone()).with_child(name)
        };
        let groups = self.groups.iter().map(group).fold(named("groups"), Element::with_child);
        let mut fixture =
            Fixture::new("user-groups", &groups).map_err(|error| record::damaged(&error))?.into_owned();
        fixture.user_id = Some(self.user.user_id.to_string().into());
        Ok(fixture)
    }

    /// What stock is at these cases; and nothing of what the device may hold and the server has no more, for which there is no other
    /// word.
    async fn stock(&mut self, step: &[Sending]) -> Result<Sheets, Error> {
        let (held, new): (Vec<_>, Vec<_>) = step.iter().partition(|case| case.is_held);
        let [held, new] = [held, new].map(|cases| list(cases.iter().map(|case| &case.id)));
        let (engine, domain) = (self.engine, self.domain.number);
        let mut stock = sheets(desk::ledgers(engine, &mut self.tx, domain, &new).await?);
        stock.extend(sheets(desk::ledgers_with_gone(engine, &mut self.tx, domain, &held, self.known).await?));
        Ok(stock)
    }

    async fn step(&mut self, out: &mut CaseWriter<Page>, step: &[Sending]) -> Result<(), Error> {
        let ids = list(step.iter().map(|case| &case.id));
        let query = self.engine.query(
            "SELECT case_id, case_type, name, owner_id, closed, modified_at, body FROM cases \
             WHERE domain = $1 AND case_id IN {texts}",
        );
        let rows = query.bind(self.domain.number).bind(ids.clone()).fetch_all(&mut *self.tx).await?;
        let mut cases = BTreeMap::new();
        for row in &rows {
            let case = record::read_case(row, &self.domain.name)?;
            cases.insert(case.case_id.to_string(), case);
        }
        let mut stock = self.stock(step).await?;
        for sending in step {
            let case = cases.remove(&sending.id).ok_or_else(|| record::damaged(&"a case that is gone"))?;
            for (section, entries) in stock.remove(&case.case_id).unwrap_or_default() {
                out.ledger(&balance(&case, &section, &entries))?;
            }
            self.unsaid += u64::from(case.properties.iter().any(|(name, _)| name == fitting::OWNER));
            out.write(&snapshot(&case, sending, &self.user.user_id), sending.is_held)?;
        }
        Ok(())
    }
}

type Sheets = BTreeMap<CaseId, BTreeMap<String, Vec<(String, Quantity)>>>;

fn sheets(ledgers: Vec<(LedgerKey, Quantity)>) -> Sheets {
    let mut sheets = Sheets::new();
    for (key, quantity) in ledgers {
        let sections = sheets.entry(key.entity_id).or_default();
        sections.entry(key.section_id).or_default().push((key.entry_id, quantity));
    }
    sheets
}

fn balance(case: &Case, section: &str, entries: &[(String, Quantity)]) -> Ledger<'static> {
    let date = fitting::moment(case.hq.server_modified_on.unwrap_or(case.last_modified));
    let sheet = Sheet::new(Timestamp::from_datetime(&date.fixed_offset())).in_section(section.to_owned());
    let entry = |(entry, quantity): &(String, Quantity)| Entry::new(entry.clone(), whole(*quantity));
    let sheet = entries.iter().map(entry).fold(sheet, Sheet::with_entry);
    Ledger::Balance(Balance::new(case.case_id.to_string(), sheet))
}

/// Devices understand whole numbers only, and CommCare HQ cuts them off like this.
fn whole(quantity: Quantity) -> i32 {
    let whole = quantity.truncated();
    i32::try_from(whole).unwrap_or(if whole < 0 { i32::MIN } else { i32::MAX })
}

/// The case as a device takes it.
fn snapshot(case: &Case, sending: &Sending, user: &UserId) -> CaseSnapshot {
    let owner = fitting::owner(case.owner_id.as_str(), user);
    let (case_type, name) = (fitting::field(&case.case_type), fitting::field(&case.name));
    let modified = fitting::moment(case.last_modified);
    let mut snapshot = CaseSnapshot::new(case.case_id.clone(), case_type, name, owner, modified);
    if let Some(user) = case.hq.modified_by.as_ref().and_then(|user| fitting::id(user.as_str())) {
        snapshot = snapshot.modified_by(user);
    }
    if let Some(external) = &case.external_id {
        snapshot = snapshot.external_id(fitting::field(external));
    }
    if let Some(opened) = case.date_opened {
        snapshot = snapshot.opened_on(fitting::moment(opened).date_naive());
    }
    for (name, value) in case.properties.iter() {
        if name == fitting::OWNER {
            continue;
        }
        snapshot = snapshot.property(name, fitting::text(&value.text()));
    }
    snapshot = linked(snapshot, case, sending);
    if sending.closes { snapshot.closed() } else { snapshot }
}

fn linked(mut snapshot: CaseSnapshot, case: &Case, sending: &Sending) -> CaseSnapshot {
    for (name, target, is_extension) in sending.links.iter() {
        let case_type = case.indices.get(name).map(|index| index.case_type.to_string()).unwrap_or_default();
        let case_type = fitting::field(&case_type);
        snapshot = match is_extension {
            true => snapshot.extension_of(name.as_str(), case_type, target.as_str()),
            false => snapshot.child_of(name.as_str(), case_type, target.as_str()),
        };
    }
    sending.unset.iter().fold(snapshot, |snapshot, name| snapshot.unlinked(name.as_str(), ""))
}
