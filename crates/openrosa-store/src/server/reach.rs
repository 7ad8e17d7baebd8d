//! The cases that can matter for a user: those that the owners have open, those that the device holds, and whatever hangs together
//! with them. Of these, only ids, owners and links are in memory, as a device gets them.
//!
//! An owner is whom a device takes it for: the white space around it, as forms that are laid out for people have it, does not count
//! (case-xml.md 1.10, T-15).

use std::collections::BTreeSet;

use openrosa_case::graph::{CaseGraph, GraphBuilder, Relationship};
use openrosa_xml::UserId;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::engine::{Engine, list};
use super::restore::{id, is_target, owner};
use crate::error::Error;

/// How many cases are asked for at once.
const STEP: usize = 500;

/// What is known of some cases.
pub(super) struct Reach {
    user: UserId,
    cases: Vec<Found>,
    seen: BTreeSet<String>,
}

struct Found {
    id: String,
    owner: String,
    open: bool,
    /// Name, target, relationship.
    links: Vec<(String, String, Relationship)>,
}

impl Reach {
    /// Everything that hangs together with the open cases of these owners and with these cases.
    pub(super) async fn of(
        engine: Engine,
        tx: &mut AnyConnection,
        domain: i64,
        user: &UserId,
        owners: &[String],
        held: impl IntoIterator<Item = String>,
    ) -> Result<Self, Error> {
        let mut reach = Self { user: user.clone(), cases: Vec::new(), seen: BTreeSet::new() };
        let owned = engine.query(
            "SELECT case_id FROM cases WHERE domain = $1 AND owner_id IN {texts} AND closed = 0 AND deleted = 0",
        );
        let owned = owned.bind(domain).bind(list(owners)).fetch_all(&mut *tx).await?;
        let mut ahead = BTreeSet::from_iter(held);
        for row in &owned {
            ahead.insert(row.try_get("case_id")?);
        }
        let spaced = sqlx::query(spaced(engine)).bind(domain).fetch_all(&mut *tx).await?;
        for row in &spaced {
            let owner: String = row.try_get("owner_id")?;
            if id(&owner).is_some_and(|owner| owners.iter().any(|own| own == owner)) {
                ahead.insert(row.try_get("case_id")?);
            }
        }
        while !ahead.is_empty() {
            let step: Vec<String> = std::iter::from_fn(|| ahead.pop_first()).take(STEP).collect();
            let next = reach.step(engine, tx, domain, &step).await?;
            ahead.extend(next.into_iter().filter(|id| !reach.seen.contains(id)));
        }
        Ok(reach)
    }

    /// Takes in some cases; the ones that they point at, and their extensions.
    async fn step(
        &mut self,
        engine: Engine,
        tx: &mut AnyConnection,
        domain: i64,
        ids: &[String],
    ) -> Result<BTreeSet<String>, Error> {
        self.seen.extend(ids.iter().cloned());
        let ids = list(ids);
        let cases = engine.query(
            "SELECT case_id, owner_id, closed FROM cases WHERE domain = $1 AND case_id IN {texts} AND deleted = 0 \
             ORDER BY case_id",
        );
        let first = self.cases.len();
        for row in &cases.bind(domain).bind(ids.clone()).fetch_all(&mut *tx).await? {
            self.cases.push(Found::read(row, &self.user)?);
        }
        let links = engine.query(
            "SELECT source, name, target, relationship FROM links WHERE domain = $1 AND source IN {texts} \
             ORDER BY source, name",
        );
        let mut next = BTreeSet::new();
        for row in &links.bind(domain).bind(ids.clone()).fetch_all(&mut *tx).await? {
            let (source, target): (String, String) = (row.try_get("source")?, row.try_get("target")?);
            let relationship = Relationship::named(&row.try_get::<String, _>("relationship")?);
            if !is_target(&target) {
                tracing::warn!(
                    case_id = source,
                    target,
                    "a link is sent to nobody, as devices read its target otherwise"
                );
                continue;
            }
            let new = &mut self.cases[first..];
            if let Ok(at) = new.binary_search_by(|case| case.id.as_bytes().cmp(source.as_bytes())) {
                new[at].links.push((row.try_get("name")?, target.clone(), relationship));
                next.insert(target);
            }
        }
        let extensions = engine.query(
            "SELECT source FROM links WHERE domain = $1 AND target IN {texts} AND relationship = 'extension'",
        );
        for row in &extensions.bind(domain).bind(ids).fetch_all(&mut *tx).await? {
            next.insert(row.try_get("source")?);
        }
        Ok(next)
    }

    /// As a graph.
    pub(super) fn graph(&self) -> CaseGraph<'_> {
        let links = self.cases.iter().map(|case| case.links.len()).sum();
        let mut graph = GraphBuilder::with_capacity(self.cases.len(), links);
        for case in &self.cases {
            let node = graph.case(&case.id, &case.owner, case.open);
            for (name, target, relationship) in &case.links {
                graph.index(node, name, target, *relationship);
            }
        }
        graph.build().without_circles()
    }
}

/// The open cases whose owner may have white space around it: few, and there is an index of them.
const fn spaced(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => {
            "SELECT case_id, owner_id FROM cases WHERE domain = $1 AND closed = 0 AND deleted = 0 \
             AND (owner_id GLOB '[^!-~]*' OR owner_id GLOB '*[^!-~]')"
        }
        Engine::Postgres => {
            "SELECT case_id, owner_id FROM cases WHERE domain = $1 AND closed = 0 AND deleted = 0 \
             AND owner_id ~ '^[^!-~]|[^!-~]$'"
        }
    }
}

impl Found {
    fn read(row: &AnyRow, user: &UserId) -> Result<Self, Error> {
        Ok(Self {
            id: row.try_get("case_id")?,
            owner: owner(row.try_get("owner_id")?, user).to_owned(),
            open: row.try_get::<i64, _>("closed")? == 0,
            links: Vec::new(),
        })
    }
}
