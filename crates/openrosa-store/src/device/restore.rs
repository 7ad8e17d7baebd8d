//! A restore, applied whole or not at all.

use chrono::{DateTime, FixedOffset};
use openrosa_case::{Applied, Change, apply::Work as _, device, store::Needs};
use openrosa_http::client::restore::Restore;
use openrosa_xml::{UserId, registration::Registration, restore::RestoreItem};
use sqlx::{Connection as _, SqliteConnection};

use super::{
    Database, Notice,
    anew::Anew,
    desk::{Desk, Draft},
    fixtures, forms,
    home::{self, Home},
    insert::ROWS,
    jobs::Jobs,
    standing, sync_pause,
};
use crate::{device::DeviceKind, error::Error};

/// Items are applied together until they are so many…
const ITEMS: usize = ROWS;
/// …or took so many bytes.
const BYTES: u64 = 128 << 10;
/// While what took more waits to be written, nothing is read.
const LARGE: u64 = 2 * BYTES;
/// How many are read or applied before somebody else has a turn.
const TOGETHER: usize = 32;

/// What a restore did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// Its token, as it is stored now. `None` where it brought none, or where a form that is on its way to the server could not
    /// be done once more, or perhaps was done twice; the next restore will be a full one. An empty one is not that, and works no
    /// better.
    pub token: Option<String>,
    /// Whom it is for, by the `uuid` of its `Registration`; `None` where it names nobody.
    pub user_id: Option<UserId>,
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
    /// does not have yet did to the cases here is done once more.
    ///
    /// Memory follows the largest item: a fixture is here twice, and so is the one whose place it takes.
    ///
    /// One that was asked for by a token is for [`apply_restore_since`](Self::apply_restore_since): here nobody asks whether it
    /// goes on from what is here.
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
    pub async fn apply_restore(&self, restore: Restore) -> Result<Restored, Error> {
        self.apply(restore, None, None).await
    }

    /// The same of one that says what has come since a token, the `since` of its request. One for another user is an error
    /// ([`Error::is_other_user`]). Where the token was forgotten meanwhile, as when a form was dropped that had taken effect here,
    /// the restore brings no new one, and the next is a full one all the same.
    ///
    /// *Wire:* `since` in the query of a restore. *Spec:* ota-restore.md 1.2, 1.8.
    pub async fn apply_restore_since(&self, restore: Restore, since: &str) -> Result<Restored, Error> {
        self.apply(restore, Some(since), None).await
    }

    /// Either of them. Whose server it came from is known as soon as what it brought.
    pub(super) async fn apply(
        &self,
        mut restore: Restore,
        since: Option<&str>,
        from: Option<&Home>,
    ) -> Result<Restored, Error> {
        let mut tx = self.write().await?;
        if let Some(home) = from {
            home::settle(&mut tx, home).await?;
        }
        let is_forgotten = since.is_some() && standing::token(&mut tx).await?.as_deref() != since;
        let mut restored = Restored { started_over: restore.starts_over(), ..Restored::default() };
        let held = match since {
            Some(_) => standing::restored_user(&mut tx).await?,
            None => None,
        };
        // Numbers go on from those that are here: whoever is reading page by page misses none of what comes in their place.
        let mut draft = Draft::new(&mut tx).await?;
        let anew = match restored.started_over || is_empty(&mut tx).await? {
            true => Some(Anew::begin(&mut tx).await?),
            false => None,
        };
        if anew.is_some() {
            draft.begin_anew(&fixtures::keys(&mut tx).await?);
        }
        let mut jobs = Jobs::begin((tx, anew))?;
        let mut applying = Applying::new(&mut draft, &mut restored, held.clone(), self.now());
        let read = applying.apply_all(&mut restore, &mut jobs).await;
        let (mut tx, anew) = jobs.end().await?;
        read?;
        if !restore.is_restore() {
            return Err(DeviceKind::NoRestore.into());
        }
        restored.token = restore.token().map(Into::into);
        // What reading and writing needed makes room for sorting: a statement for hundreds of rows is large, too.
        drop(restore);
        draft.end_anew();
        tx.clear_cached_statements().await?;
        if let Some(anew) = anew {
            anew.end(&mut tx).await?;
        }
        let mut desk = Desk { tx: &mut tx, draft };
        let is_all = forms::apply_anew(&mut desk, restored.started_over, self.now()).await?;
        if is_forgotten || !is_all {
            restored.token = None;
        }
        desk.write().await?;
        sync_pause::end(&mut tx).await?;
        let user = restored.user_id.as_ref().or(held.as_ref());
        standing::keep_token(&mut tx, restored.token.as_deref(), user, self.now()).await?;
        self.commit_and_tell(tx, Some(Notice::Restored), None).await?;
        Ok(restored)
    }
}

/// What applies items, leaving reading and writing the database to the jobs.
struct Applying<'d> {
    draft: &'d mut Draft,
    restored: &'d mut Restored,
    session: device::Restore,
    /// Of whom this says what is new, and of nobody else; `None` where it says everything, or that is not known.
    held: Option<UserId>,
    /// Items that wait for what they need, or for one that does, …
    waiting: Vec<RestoreItem<'static>>,
    /// …and what that is.
    needs: Needs,
}

impl<'d> Applying<'d> {
    fn new(
        draft: &'d mut Draft,
        restored: &'d mut Restored,
        held: Option<UserId>,
        now: DateTime<FixedOffset>,
    ) -> Self {
        let session = device::Restore::new(now);
        Self { draft, restored, session, held, waiting: Vec::new(), needs: Needs::default() }
    }

    /// Reads the restore and applies it, to its end, or until a job fails.
    async fn apply_all(&mut self, restore: &mut Restore, jobs: &mut Jobs) -> Result<(), Error> {
        let mut is_read = false;
        while !is_read {
            let bytes;
            (is_read, bytes) = self.take_some(restore).await?;
            if !self.waiting.is_empty() {
                let Ok(loaded) = jobs.load(std::mem::take(&mut self.needs)).await else { break };
                self.draft.hold(loaded);
                let mut items = std::mem::take(&mut self.waiting).into_iter();
                while items.len() > 0 {
                    items.by_ref().take(TOGETHER).try_for_each(|item| self.apply(item))?;
                    tokio::task::yield_now().await;
                }
            }
            // While these are written, and those before made into rows, the next are read; but nothing while something large waits.
            let written = jobs.write(self.draft.take()).await;
            if written.is_err() || bytes > LARGE && jobs.rest().await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Takes the next items that are written together, and says whether they were the last and how many bytes they took.
    async fn take_some(&mut self, restore: &mut Restore) -> Result<(bool, u64), Error> {
        let (mut items, mut bytes) = (0, 0);
        while items < ITEMS && bytes < BYTES {
            let taken = restore.next_with(|item| (self.take(item.value), item.span)).await?;
            let Some((taken, span)) = taken else { return Ok((true, bytes)) };
            taken?;
            items += 1;
            bytes += span.end - span.start;
            if items % TOGETHER == 0 {
                // What was written may be done, and the next of it can begin.
                tokio::task::yield_now().await;
            }
        }
        Ok((false, bytes))
    }

    /// Applies an item where it stands, unless it needs what is not loaded or comes after one that does.
    fn take(&mut self, item: RestoreItem<'_>) -> Result<(), Error> {
        let needs = self.session.step(&item).needs(self.draft.staging())?;
        let needs = self.draft.lacks(needs);
        if needs.is_empty() && self.waiting.is_empty() {
            return self.apply(item);
        }
        self.waiting.push(item.into_owned());
        self.needs.cases.extend(needs.cases);
        self.needs.ledgers.extend(needs.ledgers);
        self.needs.fixtures.extend(needs.fixtures);
        self.needs.users.extend(needs.users);
        Ok(())
    }

    fn apply(&mut self, item: RestoreItem<'_>) -> Result<(), Error> {
        if let RestoreItem::Registration(registration) = &item {
            self.meet_user(registration)?;
        }
        self.draft.note_schema(&item);
        self.restored.items += 1;
        self.restored.count(&self.draft.work(&mut self.session.step_taking(item))?);
        Ok(())
    }
}

impl Applying<'_> {
    /// Fails where what is new is another user's: it goes on from what is not here.
    fn meet_user(&mut self, registration: &Registration<'_>) -> Result<(), Error> {
        let came = registration.user_id().filter(|id| !id.is_empty());
        let Some(came) = came.map(|id| UserId::from(&*id)) else { return Ok(()) };
        if let Some(held) = self.held.as_ref().filter(|held| **held != came) {
            return Err(DeviceKind::OtherUser { held: held.clone(), came }.into());
        }
        self.restored.user_id = Some(came);
        Ok(())
    }
}

/// Whether there is nothing yet that a restore which starts over would take the place of.
async fn is_empty(tx: &mut SqliteConnection) -> Result<bool, Error> {
    let query = "SELECT NOT EXISTS (SELECT 1 FROM cases) AND NOT EXISTS (SELECT 1 FROM ledgers)";
    Ok(sqlx::query_scalar(query).fetch_one(tx).await?)
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
