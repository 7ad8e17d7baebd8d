//! On whose phones a case belongs, and why.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_case::{live::Live, purge::Owners};
use sqlx::{Row as _, any::AnyRow};

use super::super::{Database, Domain, User, engine::list, users};
use super::{Surroundings, surroundings::owned_by};
use crate::error::Error;

/// How many users are told of.
const USERS: i64 = 100;

/// A user who has something to do with a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    /// Who.
    pub user: User,
    /// Why the case belongs on the user's phone; `None` where it does not.
    pub why: Option<String>,
}

impl Database {
    /// For each user who owns something in these surroundings, alone or in a group, whether the case in their middle belongs on the
    /// user's phone. On the phones of others it does not, if the surroundings are [whole](Surroundings::is_whole): whatever
    /// could bring it there hangs together with it.
    ///
    /// *Spec:* case-xml.md 5.1.
    pub async fn reasons(&self, domain: &Domain, around: &Surroundings) -> Result<Vec<Reason>, Error> {
        let Some(case) = around.cases.first() else { return Ok(Vec::new()) };
        let owners = list(around.cases.iter().map(|case| owned_by(&case.owner_id)).collect::<BTreeSet<_>>());
        let mut working: BTreeMap<String, (User, Vec<String>)> = BTreeMap::new();
        for sql in [OWNERS, MEMBERS] {
            let query = self.engine.query(sql).bind(domain.number).bind(owners.clone()).bind(USERS);
            for row in &query.fetch_all(&self.readers).await? {
                let user = users::read(row)?;
                let name = user.username.clone();
                working.entry(name).or_insert((user, Vec::new())).1.push(owner(row)?);
            }
        }
        let graph = around.graph();
        let node = graph.case(&case.case_id);
        let reason = |(user, owners): (User, Vec<String>)| {
            let owners = owners.iter().map(String::as_str).chain([user.user_id.as_str()]).collect::<Owners>();
            let why = node.and_then(|node| Live::of(&graph, &owners).why(node));
            Reason { why: why.map(|why| why.in_words(&graph)), user }
        };
        Ok(working.into_values().map(reason).collect())
    }
}

pub(super) const OWNERS: &str =
    "SELECT users.*, user_id AS owner FROM users WHERE domain = $1 AND user_id IN {texts} LIMIT $3";
pub(super) const MEMBERS: &str = "SELECT users.*, members.group_id AS owner FROM members JOIN users USING (domain, user_id) \
                                  WHERE members.domain = $1 AND members.group_id IN {texts} LIMIT $3";

fn owner(row: &AnyRow) -> Result<String, Error> {
    Ok(row.try_get("owner")?)
}
