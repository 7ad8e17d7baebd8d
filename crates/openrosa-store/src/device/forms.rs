//! What forms do to the cases here, the moment they are kept or once the server has them.

use chrono::{DateTime, FixedOffset};
use openrosa_case::{Applied, ApplyError, device::DeviceForm};
use openrosa_xml::{Instance, xml::decode};
use sqlx::SqliteConnection;

use super::{
    Database, Notice,
    desk::Desk,
    outbox::{Added, NewForm, content, freeze},
    standing,
};
use crate::error::Error;

/// When a form changes the cases here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "now, later, or not at all")]
pub enum Effect {
    /// The moment it is kept: the user sees what was filled in. A form that cannot be applied is not kept.
    #[default]
    AtOnce,
    /// Once the server has it. Should it not be applicable then, or have a later form changed one of its cases already, nothing
    /// happens: the next restore is a full one, and brings what the server made of it.
    OnDelivery,
    /// Never; the next restore brings what the server made of it, which is not told that the device knows.
    None,
}

/// A form that is kept, and what it did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Submitted {
    /// Where it stands in the outbox.
    pub added: Added,
    /// What has changed; nothing where it was kept before, or is to take effect later.
    pub applied: Applied,
}

impl Database {
    /// Keeps a form for the server and applies its blocks to the cases here, both or neither: it is filled in, and that is
    /// that, whatever happens to the process or the power after this returns.
    ///
    /// ```
    /// use openrosa_store::device::{Database, Effect, outbox::NewForm};
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let phone = Database::open(folder.path().join("amina.db")).await?;
    /// let form = "<data xmlns='http://example.org/enroll'>
    ///     <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-01'>
    ///       <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
    ///     </case>
    ///     <meta xmlns='http://openrosa.org/jr/xforms'><instanceID>uuid:1</instanceID></meta>
    ///   </data>";
    /// let submitted = phone.submit(&NewForm::new(form)?, Effect::AtOnce).await?;
    /// assert_eq!(submitted.applied.changes.len(), 1);
    /// assert_eq!(phone.case(&"c1".into()).await?.unwrap().name, "Amina");
    /// assert_eq!(phone.outbox().counts().await?.waiting, 1);
    /// # Ok(()) }
    /// ```
    pub async fn submit(&self, form: &NewForm, effect: Effect) -> Result<Submitted, Error> {
        let mut tx = self.write().await?;
        let added = freeze::freeze(&mut tx, form, self.now()).await?;
        if !added.is_new {
            return Ok(Submitted { added, applied: Applied::default() });
        }
        let applied = match effect {
            Effect::AtOnce => {
                let applied = apply(&mut tx, &form.xml, self.now()).await??;
                mark(&mut tx, added.number, "applied").await?;
                applied
            }
            Effect::OnDelivery => {
                mark(&mut tx, added.number, "pending").await?;
                Applied::default()
            }
            Effect::None => Applied::default(),
        };
        self.commit_and_tell(tx, Notice::of(&applied.changes), added.event()).await?;
        Ok(Submitted { added, applied })
    }
}

/// Does what a form was to do once the server has it, in the transaction that records this.
pub(super) async fn delivered(
    tx: &mut SqliteConnection,
    number: i64,
    now: DateTime<FixedOffset>,
) -> Result<Applied, Error> {
    let pending = sqlx::query_scalar("SELECT effect = 'pending' FROM outbox WHERE number = ?").bind(number);
    if !pending.fetch_one(&mut *tx).await? {
        return Ok(Applied::default());
    }
    if !is_overtaken(tx, number).await?
        && let Some(xml) = content::xml(tx, number).await?
        && let Ok(applied) = apply(tx, &xml, now).await?
    {
        mark(tx, number, "applied").await?;
        return Ok(applied);
    }
    // It cannot be done, or a person gave it up while it was on its way. It went with the token, so the server takes it for done.
    mark(tx, number, "declined").await?;
    standing::forget_token(tx).await?;
    Ok(Applied::default())
}

/// Whether what a form changes was changed meanwhile by one that was added after it: it would undo that.
async fn is_overtaken(tx: &mut SqliteConnection, number: i64) -> Result<bool, Error> {
    let later = "SELECT EXISTS (SELECT 1 FROM outbox_touches AS mine
                                JOIN outbox_touches AS later USING (kind, name)
                                JOIN outbox ON outbox.number = later.form
                                WHERE mine.form = ?1 AND mine.changes AND later.form > ?1 AND later.changes
                                  AND outbox.effect = 'applied')";
    Ok(sqlx::query_scalar(later).bind(number).fetch_one(tx).await?)
}

/// Does once more, after a restore, what forms did that are on their way to the server: it knew nothing of them, and says no more
/// once they have come, since it takes them for something that was done on top of the restore. Stock that was not wiped still has
/// their transfers in it, and comes again with the next restore (case-xml.md 3.2).
///
/// Forms that wait for a person may never come, nor those that wait for them. What they did stays until the server says
/// otherwise, and is not done over its word; cases that are only theirs would make every sync start over. Whether it still
/// stands nobody knows then, so the server is not told that it does when they come after all.
///
/// Whether all of it was done, and once: the server will take for granted that it was. Of a form that was tried nobody knows
/// whether it is in what came, and whether others came after it whose changes it has undone here.
pub(super) async fn apply_anew(
    desk: &mut Desk<'_>,
    is_wiped: bool,
    now: DateTime<FixedOffset>,
) -> Result<bool, Error> {
    const LEFT: &str = "UPDATE outbox SET effect = 'declined' WHERE effect = 'applied' AND (
                          state IN ('quarantined', 'conflict') OR number IN (SELECT form FROM outbox_stuck))";
    sqlx::query(LEFT).execute(&mut *desk.tx).await?;
    const UNSENT: &str = "SELECT number, tried_at IS NOT NULL FROM outbox
                          WHERE effect IN ('applied', 'declined') AND state = 'waiting'
                            AND number NOT IN (SELECT form FROM outbox_stuck)
                          ORDER BY number";
    let unsent: Vec<(i64, bool)> = sqlx::query_as(UNSENT).fetch_all(&mut *desk.tx).await?;
    let mut is_all = true;
    for (number, was_tried) in unsent {
        let Some(xml) = content::xml(desk.tx, number).await? else { continue };
        let applied = apply_at(desk, &xml, now, is_wiped).await?;
        mark(desk.tx, number, if applied.is_ok() { "applied" } else { "declined" }).await?;
        is_all &= applied.is_ok_and(|applied| !was_tried || applied.changes.is_empty());
    }
    Ok(is_all)
}

async fn apply(
    tx: &mut SqliteConnection,
    xml: &[u8],
    now: DateTime<FixedOffset>,
) -> Result<Result<Applied, ApplyError>, Error> {
    let mut desk = Desk::new(tx).await?;
    let applied = apply_at(&mut desk, xml, now, true).await?;
    desk.write().await?;
    Ok(applied)
}

async fn apply_at(
    desk: &mut Desk<'_>,
    xml: &[u8],
    now: DateTime<FixedOffset>,
    with_ledgers: bool,
) -> Result<Result<Applied, ApplyError>, Error> {
    let text = decode(xml)?;
    let form = Instance::read(&text)?;
    let work = DeviceForm::new(&form, now);
    let mut work = if with_ledgers { work } else { work.without_ledgers() };
    match desk.apply(&mut work).await {
        Ok(applied) => Ok(Ok(applied)),
        Err(error) => error.into_declined().map(Err),
    }
}

async fn mark(tx: &mut SqliteConnection, number: i64, effect: &str) -> Result<(), Error> {
    sqlx::query("UPDATE outbox SET effect = ? WHERE number = ?")
        .bind(effect)
        .bind(number)
        .execute(tx)
        .await?;
    Ok(())
}
