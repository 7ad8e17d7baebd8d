//! Which form a person has to look at before another goes.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::Form;
use crate::error::Error;

/// Tells forms, which come in their order, behind which they are stuck. Most wait for some that are among them, and what is known of
/// these is true of them.
pub(super) async fn tell(db: &mut SqliteConnection, mut forms: Vec<Form>) -> Result<Vec<Form>, Error> {
    let mut known = HashMap::new();
    for form in &mut forms {
        if form.waits_for.is_some() {
            for ahead in ahead(db, form.number).await? {
                let stuck = match known.get(&ahead) {
                    Some(stuck) => *stuck,
                    None => head(db, ahead).await?,
                };
                known.insert(ahead, stuck);
                form.stuck_behind = form.stuck_behind.or(stuck);
            }
        }
        let is_stopped = form.state.needs_a_person();
        known.insert(form.number, is_stopped.then_some(form.number).or(form.stuck_behind));
    }
    Ok(forms)
}

/// The forms right ahead of this one: for each thing that it changes or points at, the last that changes it. All others that it
/// waits for are ahead of these.
async fn ahead(db: &mut SqliteConnection, number: i64) -> Result<Vec<i64>, Error> {
    let ahead = "SELECT DISTINCT (SELECT max(before.form) FROM outbox_touches AS before
                                  WHERE before.kind = mine.kind AND before.name = mine.name AND before.changes
                                    AND before.form < mine.form)
                 FROM outbox_touches AS mine WHERE mine.form = ? ORDER BY 1";
    let ahead: Vec<Option<i64>> = sqlx::query_scalar(ahead).bind(number).fetch_all(db).await?;
    Ok(ahead.into_iter().flatten().collect())
}

/// The first form that a person has to look at, of this one and all that it waits for, be it through others.
async fn head(db: &mut SqliteConnection, number: i64) -> Result<Option<i64>, Error> {
    let head = "WITH RECURSIVE ahead (number) AS (
                    SELECT ?
                     UNION
                    SELECT (SELECT max(before.form) FROM outbox_touches AS before
                            WHERE before.kind = mine.kind AND before.name = mine.name AND before.changes
                              AND before.form < mine.form)
                    FROM ahead JOIN outbox_touches AS mine ON mine.form = ahead.number)
                SELECT number FROM ahead JOIN outbox USING (number)
                WHERE state IN ('quarantined', 'conflict') ORDER BY number LIMIT 1";
    Ok(sqlx::query_scalar(head).bind(number).fetch_optional(db).await?)
}
