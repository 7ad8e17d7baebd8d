//! The edits of a submission: what it took the place of, and what took its place.

use sqlx::AssertSqlSafe;

use super::super::{Database, Domain, FormRow, engine::plain, forms};
use super::arrivals::COLUMNS;
use crate::error::Error;

/// How far back and forth is looked.
const STEPS: usize = 20;

/// A submission among its edits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lineage {
    /// What it took the place of, the oldest first.
    pub before: Vec<FormRow>,
    /// What says that it takes its place, the oldest first.
    pub after: Vec<FormRow>,
}

impl Database {
    /// The edits that lead to a submission, and those that lead on from it.
    pub async fn lineage(&self, domain: &Domain, form: &FormRow) -> Result<Lineage, Error> {
        let mut lineage = Lineage::default();
        let mut at = form.clone();
        while let Some(id) = at.replaces.clone().filter(|_| lineage.before.len() < STEPS) {
            let Some(before) = self.relative(domain, &at, PREDECESSOR, &id).await? else { break };
            lineage.before.insert(0, before.clone());
            at = before;
        }
        at = form.clone();
        while lineage.after.len() < STEPS {
            let id = at.instance_id.clone();
            let Some(after) = self.relative(domain, &at, SUCCESSOR, &id).await? else { break };
            lineage.after.push(after.clone());
            at = after;
        }
        Ok(lineage)
    }

    async fn relative(
        &self,
        domain: &Domain,
        form: &FormRow,
        condition: &'static str,
        id: &str,
    ) -> Result<Option<FormRow>, Error> {
        let query = sqlx::query(AssertSqlSafe(statement(condition))).bind(domain.number);
        let row = query.bind(plain(&form.form)).bind(plain(id)).fetch_optional(&self.readers).await?;
        row.as_ref().map(forms::read).transpose()
    }
}

pub(super) const PREDECESSOR: &str = "instance_id = $3";
pub(super) const SUCCESSOR: &str = "replaces = $3";

/// With the sign the order is no reason for an engine to walk through all of a form's submissions, last first, where an index knows
/// the one or two that are meant.
pub(super) fn statement(condition: &str) -> String {
    format!(
        "SELECT {COLUMNS} FROM forms WHERE domain = $1 AND form_key = $2 AND {condition} ORDER BY +seq DESC LIMIT 1"
    )
}
