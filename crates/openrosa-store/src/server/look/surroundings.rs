//! What hangs together with a case.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_case::graph::{CaseGraph, GraphBuilder, Relationship};
use openrosa_xml::CaseId;
use sqlx::{Row as _, any::AnyRow};

use super::super::{Database, Domain, Transaction, engine::list, restore};
use super::cases::{self, CaseLine};
use crate::error::Error;

/// The cases that hang together with one, by links in whichever direction, the near ones first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surroundings {
    /// The case itself, and then the others, the near ones first. Deleted ones are not among them.
    pub cases: Vec<CaseLine>,
    /// The links among them, and those from them to cases that are not there.
    pub ties: Vec<Tie>,
    /// Whether that is all that hangs together with it.
    pub is_whole: bool,
}

/// A link from one case to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Tie {
    /// The case that has the index.
    pub source: String,
    /// What the index is called.
    pub name: String,
    /// The case that it names.
    pub target: String,
    /// Whether the source is an extension of the target, rather than a child.
    pub is_extension: bool,
}

impl Database {
    /// What hangs together with a case: so many cases at most, and as many links as four to each.
    pub async fn surroundings(
        &self,
        domain: &Domain,
        case_id: &CaseId,
        at_most: usize,
    ) -> Result<Surroundings, Error> {
        let mut tx = self.read().await?;
        let mut search = Search { ties: BTreeSet::new(), order: Vec::new(), room: at_most, is_whole: true };
        let mut ahead = vec![case_id.to_string()];
        while !ahead.is_empty() && search.order.len() < at_most {
            ahead = search.step(self, &mut tx, domain, ahead).await?;
        }
        search.is_whole &= ahead.is_empty();
        search.lines(self, &mut tx, domain).await
    }
}

struct Search {
    ties: BTreeSet<Tie>,
    /// The ids that were found, the near ones first.
    order: Vec<String>,
    room: usize,
    is_whole: bool,
}

impl Search {
    /// Takes in some cases; those that are linked with them and are new.
    async fn step(
        &mut self,
        database: &Database,
        tx: &mut Transaction,
        domain: &Domain,
        mut ids: Vec<String>,
    ) -> Result<Vec<String>, Error> {
        let room = self.room - self.order.len();
        self.is_whole &= ids.len() <= room;
        ids.truncate(room);
        self.order.extend(ids.iter().cloned());
        let most = self.room.saturating_mul(4);
        let ids = list(ids);
        let mut next = BTreeSet::new();
        for sql in [FROM, TO] {
            let query = database.engine.query(sql).bind(domain.number).bind(ids.clone());
            let query = query.bind(i64::try_from(most).unwrap_or(i64::MAX));
            let rows = query.fetch_all(&mut **tx).await?;
            self.is_whole &= rows.len() < most;
            for row in &rows {
                let tie = tie(row)?;
                next.extend([tie.source.clone(), tie.target.clone()]);
                self.ties.insert(tie);
            }
        }
        let known: BTreeSet<&String> = self.order.iter().collect();
        Ok(next.into_iter().filter(|id| !known.contains(id)).collect())
    }

    async fn lines(
        self,
        database: &Database,
        tx: &mut Transaction,
        domain: &Domain,
    ) -> Result<Surroundings, Error> {
        let query = database.engine.query(LINES).bind(domain.number).bind(list(&self.order));
        let rows = query.fetch_all(&mut **tx).await?;
        let mut lines: BTreeMap<String, CaseLine> = BTreeMap::new();
        for row in &rows {
            let line = cases::read(row)?;
            lines.insert(line.case_id.clone(), line);
        }
        let cases: Vec<CaseLine> = self.order.iter().filter_map(|id| lines.remove(id)).collect();
        let there: BTreeSet<&str> = cases.iter().map(|case| case.case_id.as_str()).collect();
        let ties = self.ties.into_iter().filter(|tie| there.contains(tie.source.as_str())).collect();
        Ok(Surroundings { ties, cases, is_whole: self.is_whole })
    }
}

pub(super) const FROM: &str = "SELECT source, name, target, relationship FROM links WHERE domain = $1 AND source IN {texts} \
                               ORDER BY source, name LIMIT $3";
pub(super) const TO: &str = "SELECT source, name, target, relationship FROM links WHERE domain = $1 AND target IN {texts} \
                             ORDER BY target, source LIMIT $3";
pub(super) const LINES: &str = "SELECT case_id, case_type, name, owner_id, closed, modified_at FROM cases \
                                WHERE domain = $1 AND case_id IN {texts} AND deleted = 0";

fn tie(row: &AnyRow) -> Result<Tie, Error> {
    Ok(Tie {
        source: row.try_get("source")?,
        name: row.try_get("name")?,
        target: row.try_get("target")?,
        is_extension: row.try_get::<String, _>("relationship")? == "extension",
    })
}

/// Whose a device takes a case to be.
pub(super) fn owned_by(owner: &str) -> &str {
    restore::id(owner).unwrap_or_default()
}

impl Surroundings {
    /// As a graph.
    pub(super) fn graph(&self) -> CaseGraph<'_> {
        let mut graph = GraphBuilder::with_capacity(self.cases.len(), self.ties.len());
        let mut nodes = BTreeMap::new();
        for case in &self.cases {
            nodes.insert(
                case.case_id.as_str(),
                graph.case(&case.case_id, owned_by(&case.owner_id), !case.closed),
            );
        }
        for tie in &self.ties {
            if let Some(node) = nodes.get(tie.source.as_str()) {
                let relationship = match tie.is_extension {
                    true => Relationship::Extension,
                    false => Relationship::Child,
                };
                graph.index(*node, &tie.name, &tie.target, relationship);
            }
        }
        graph.build()
    }
}
