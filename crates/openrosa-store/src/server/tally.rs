//! How much there is.

use sqlx::Row as _;

use super::Database;
use crate::error::Error;

/// How much a server holds, in all of its domains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Submissions, in whatever state.
    pub forms: u64,
    /// Cases that are not deleted.
    pub cases: u64,
    /// Users, those among them that may not work any more.
    pub users: u64,
}

impl Database {
    /// Counts everything, which takes as long as reading an index of it.
    pub async fn tally(&self) -> Result<Tally, Error> {
        const COUNT: &str = "SELECT (SELECT count(*) FROM forms) AS forms, \
                             (SELECT count(*) FROM cases WHERE deleted = 0) AS cases, \
                             (SELECT count(*) FROM users) AS users";
        let row = sqlx::query(COUNT).fetch_one(&self.readers).await?;
        let count = |name| Ok::<_, Error>(row.try_get::<i64, _>(name)?.unsigned_abs());
        Ok(Tally { forms: count("forms")?, cases: count("cases")?, users: count("users")? })
    }

    /// Whether anybody could sign in, wherever.
    pub async fn has_users(&self) -> Result<bool, Error> {
        let query = sqlx::query("SELECT user_id FROM users LIMIT 1");
        Ok(query.fetch_optional(&self.readers).await?.is_some())
    }
}
