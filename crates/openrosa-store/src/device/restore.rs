//! A restore, applied whole or not at all.

use chrono::{DateTime, FixedOffset};
use openrosa_case::{
    Applied, Change,
    apply::Work as _,
    device,
    store::{Needs, Staging},
};
use openrosa_http::client::restore::Restore;
use openrosa_xml::restore::{Located, RestoreItem};
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::{
    Database, Notice,
    anew::Anew,
    desk::{Desk, Draft, Loaded, Pending},
    forms,
    insert::ROWS,
    sync_pause,
};
use crate::error::Error;

/// Items are applied together until they are so many…
const ITEMS: usize = ROWS;
/// …or took so many bytes.
const BYTES: u64 = 512 << 10;
/// How many are read or applied before somebody else has a turn.
const TOGETHER: usize = 32;
/// So many batches may wait to be written.
const AHEAD: usize = 2;

/// What a restore did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// Its token, as it is stored now. `None` where it brought none, or where a form that is on its way to the server could not
    /// be done once more; the next restore will be a full one. An empty one is not that, and works no better.
    pub token: Option<String>,
    /// Whether it took the place of all that was here.
    pub started_over: bool,
    /// How many items it had.
    pub items: u64,
    /// Cases that are new.
    pub created: u64,
    /// Cases that were here and were touched.
    pub updated: u64,
    /// Cases that came to be closed.
    pub closed: u64,
    /// Quantities that are new or other.
    pub ledgers: u64,
    /// Fixtures that are new or other.
    pub fixtures: u64,
}

impl Database {
    /// Applies a restore as it comes, and its sync token with it, in one transaction: at an error, and when the process ends,
    /// all is as it was before. Readers see the old state until the new one is there.
    ///
    /// Nothing else can be written meanwhile, a form neither, so a restore that comes over a slow network is better
    /// [saved](Restore::save) first, which [`sync`](Self::sync) does. One that [starts over](Restore::starts_over) takes the
    /// place of cases and ledgers; users, fixtures and forms stay (ota-restore.md 1.8). After either, what forms that the server
    /// does not have yet did to the cases here is done once more. Memory follows the largest item.
    ///
    /// ```
    /// use openrosa_http::client::restore::Restore;
    /// use openrosa_store::device::Database;
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let phone = Database::open(folder.path().join("amina.db")).await?;
    /// let restore = "<OpenRosaResponse>
    ///     <Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync>
    ///     <case case_id='c1' date_modified='2024-05-01'>
    ///       <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
    ///     </case>
    ///   </OpenRosaResponse>";
    /// let restored = phone.apply_restore(Restore::of(restore)).await?;
    /// assert_eq!((restored.created, restored.token.as_deref()), (1, Some("0f3c")));
    /// assert_eq!(phone.case(&"c1".into()).await?.unwrap().name, "Amina");
    ///
    /// // A restore that cannot be applied changes nothing.
    /// let broken = "<OpenRosaResponse>
    ///     <case case_id='c1' date_modified='2024-05-02'><close/></case>
    ///     <case case_id='c2' date_modified='2024-05-02'><close/></case>
    ///   </OpenRosaResponse>";
    /// let error = phone.apply_restore(Restore::of(broken)).await.unwrap_err();
    /// assert_eq!(error.to_string(), "case `c2` is not known, so `close` cannot be applied");
    /// assert!(!phone.case(&"c1".into()).await?.unwrap().closed);
    /// assert_eq!(phone.sync_state().await?.unwrap().token.as_deref(), Some("0f3c"));
    /// # Ok(()) }
    /// ```
    pub async fn apply_restore(&self, mut restore: Restore) -> Result<Restored, Error> {
        let mut tx = self.write().await?;
        let mut restored = Restored { started_over: restore.starts_over(), ..Restored::default() };
        let mut anew = match restored.started_over {
            true => Some(Anew::begin(&mut tx).await?),
            false => None,
        };
        let mut desk = Desk::new(&mut tx).await?;
        if anew.is_some() {
            desk.draft.begin_anew();
        }
        let (jobs, asked) = mpsc::channel(AHEAD);
        let applying = apply(&mut desk.draft, &mut restore, &mut restored, jobs, self.now());
        // While some are written, by a thread of their own, others are read and applied.
        tokio::try_join!(do_jobs(desk.tx, anew.as_mut(), asked), applying)?;
        if let Some(anew) = anew {
            anew.end(desk.tx).await?;
            desk.draft.end_anew();
        }
        if !forms::apply_anew(&mut desk, restored.started_over, self.now()).await? {
            restored.token = None;
        }
        desk.write().await?;
        sync_pause::end(&mut tx).await?;
        keep_token(&mut tx, restored.token.as_deref(), self.now().timestamp_micros()).await?;
        Self::commit(tx).await?;
        self.notices.tell(Notice::Restored);
        Ok(restored)
    }
}

/// What the database is asked to do: one after the other, so that what is loaded is what was written before.
enum Job {
    Load(Needs, oneshot::Sender<Loaded>),
    Write(Pending),
}

/// Does the jobs until there will be no more.
async fn do_jobs(
    tx: &mut SqliteConnection,
    mut anew: Option<&mut Anew>,
    mut jobs: mpsc::Receiver<Job>,
) -> Result<(), Error> {
    let mut last = None;
    while let Some(job) = jobs.recv().await {
        match job {
            Job::Load(needs, answer) => {
                if let Some(anew) = anew.as_mut().filter(|_| !needs.cases.is_empty()) {
                    anew.find_by_id(tx).await?;
                }
                // Who asked may have failed meanwhile.
                drop(answer.send(Loaded::load(tx, needs).await?));
            }
            // SQLite's thread may still be putting away the texts of the last statement.
            Job::Write(pending) => last = Some(pending.write(tx).await?),
        }
    }
    drop(last);
    Ok(())
}

/// Reads the restore to its end and applies it, leaving reading and writing the database to who does the jobs.
async fn apply(
    draft: &mut Draft,
    restore: &mut Restore,
    restored: &mut Restored,
    jobs: mpsc::Sender<Job>,
    now: DateTime<FixedOffset>,
) -> Result<(), Error> {
    let mut session = device::Restore::new(now);
    loop {
        let batch = read(restore).await?;
        if batch.is_empty() {
            return Ok(());
        }
        let needs = draft.lacks(needs(&mut session, &batch)?);
        if !needs.is_empty() {
            let (answer, loaded) = oneshot::channel();
            if jobs.send(Job::Load(needs, answer)).await.is_err() {
                return Ok(());
            }
            // Where nobody answers, who does the jobs has failed, and says why.
            let Ok(loaded) = loaded.await else { return Ok(()) };
            draft.hold(loaded);
        }
        for items in batch.chunks(TOGETHER) {
            for item in items {
                draft.note_schema(&item.value);
                restored.note(&item.value);
                restored.count(&draft.work(&mut session.step(&item.value))?);
            }
            // What was written may be done, and the next of it can begin.
            tokio::task::yield_now().await;
        }
        if jobs.send(Job::Write(draft.take())).await.is_err() {
            return Ok(());
        }
    }
}

/// The next items that are applied together; none when the restore has ended as it should.
async fn read(restore: &mut Restore) -> Result<Vec<Located<RestoreItem<'static>>>, Error> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < ITEMS && bytes < BYTES {
        let Some(item) = restore.next().await? else { break };
        bytes += item.span.end - item.span.start;
        batch.push(item);
        if batch.len() % TOGETHER == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(batch)
}

/// What the items need all together, which for a restore does not depend on what is loaded.
fn needs(session: &mut device::Restore, batch: &[Located<RestoreItem<'static>>]) -> Result<Needs, Error> {
    let (mut all, nothing) = (Needs::default(), Staging::new());
    for item in batch {
        let needs = session.step(&item.value).needs(&nothing)?;
        all.cases.extend(needs.cases);
        all.ledgers.extend(needs.ledgers);
        all.fixtures.extend(needs.fixtures);
        all.users.extend(needs.users);
    }
    Ok(all)
}

async fn keep_token(tx: &mut SqliteConnection, token: Option<&str>, now: i64) -> Result<(), Error> {
    let query = sqlx::query("INSERT OR REPLACE INTO sync (id, token, applied_at) VALUES (1, ?, ?)");
    query.bind(token).bind(now).execute(tx).await?;
    Ok(())
}

impl Draft {
    /// A schema holds for the fixtures that follow it (ota-restore.md 2.7).
    fn note_schema(&mut self, item: &RestoreItem<'_>) {
        if let RestoreItem::Schema(schema) = item
            && let Some(id) = schema.id()
        {
            self.schemas.insert(id.to_owned(), schema.indices().map(Into::into).collect());
        }
    }
}

impl Restored {
    fn note(&mut self, item: &RestoreItem<'_>) {
        self.items += 1;
        if let RestoreItem::SyncToken(sync) = item {
            self.token = sync.restore_id().map(Into::into);
        }
    }

    fn count(&mut self, applied: &Applied) {
        let touches =
            |change: &Change| !matches!(change, Change::Ledger { .. }) && change.case_id().is_some();
        let created = applied.changes.iter().any(|change| matches!(change, Change::Created(_)));
        match applied.changes.iter().any(touches) {
            true if created => self.created += 1,
            true => self.updated += 1,
            false => {}
        }
        for change in &applied.changes {
            match change {
                Change::Closed(_) => self.closed += 1,
                Change::Ledger { .. } => self.ledgers += 1,
                Change::Fixture { .. } => self.fixtures += 1,
                _ => {}
            }
        }
    }
}
