//! Which form a person has to look at before another goes.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::Form;
use crate::error::Error;

/// Tells forms, which come in their order, behind which they are stuck. Most wait for one that is among them, and what is known of
/// that one is true of them.
pub(super) async fn tell(db: &mut SqliteConnection, mut forms: Vec<Form>) -> Result<Vec<Form>, Error> {
    let mut known = HashMap::new();
    for form in &mut forms {
        if let Some(ahead) = form.waits_for {
            form.stuck_behind = match known.get(&ahead) {
                Some(stuck) => *stuck,
                None => head(db, ahead).await?,
            };
            known.insert(ahead, form.stuck_behind);
        }
        let is_stopped = form.state.needs_a_person();
        known.insert(form.number, is_stopped.then_some(form.number).or(form.stuck_behind));
    }
    Ok(forms)
}

/// The form at the head of those that this one waits for, or this one, if a person has to look at it.
async fn head(db: &mut SqliteConnection, number: i64) -> Result<Option<i64>, Error> {
    let head = "WITH RECURSIVE ahead (number) AS (
                    SELECT ?
                     UNION ALL
                    SELECT waits_for FROM ahead JOIN outbox_forms USING (number) WHERE waits_for IS NOT NULL)
                SELECT number FROM ahead JOIN outbox USING (number)
                WHERE state IN ('quarantined', 'conflict') ORDER BY number DESC LIMIT 1";
    Ok(sqlx::query_scalar(head).bind(number).fetch_optional(db).await?)
}
