//! Dropping the cases that do not belong here any more.

use openrosa_case::{
    case::Named,
    graph::{CaseGraph, GraphBuilder, Relationship},
    purge::{Purge, Spread},
};
use openrosa_xml::CaseId;
use sqlx::{Row as _, SqliteConnection};

use super::{Database, Notice, desk, record, standing};
use crate::{device::DeviceKind, error::Error};

/// What a purge did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purged {
    /// The cases that were dropped.
    pub cases: Vec<CaseId>,
    /// How many quantities went, of these or of what never was a case.
    pub ledgers: u64,
}

impl Purged {
    pub(super) fn append(&mut self, later: Self) {
        self.cases.extend(later.cases);
        self.ledgers += later.ledgers;
    }
}

/// What of a case decides whether it stays.
pub(super) struct Held {
    id: String,
    owner_id: String,
    is_open: bool,
    indices: Named<openrosa_case::case::Index>,
}

impl Database {
    /// Drops the cases that no user of this device works on, and the ledgers that are without a case, in one transaction.
    /// [`sync`](Self::sync) does so before it asks for a restore, since the server leaves it to the device.
    ///
    /// Cases that index each other in a circle are an error ([`Error::is_cycle`]), and nothing is dropped: a full restore
    /// mends that.
    ///
    /// *Spec:* case-xml.md 5.2, ota-restore.md 3.8.
    pub async fn purge(&self) -> Result<Purged, Error> {
        let mut tx = self.write().await?;
        let owners = standing::owners(&mut tx).await?;
        let held = held(&mut tx).await?;
        let graph = graph(&held);
        let purge = Purge::of(&graph, &owners, Spread::Whole).map_err(DeviceKind::Cycle)?;
        let cases: Vec<CaseId> = purge.removed().map(|node| graph.id(node).into()).collect();
        let ledgers = remove(&mut tx, &cases).await?;
        self.commit_and_tell(tx, (!cases.is_empty()).then(|| Notice::Cases(cases.clone())), None).await?;
        Ok(Purged { cases, ledgers })
    }
}

pub(super) async fn held(tx: &mut SqliteConnection) -> Result<Vec<Held>, Error> {
    const PAGE: &str = "SELECT number, case_id, owner_id, closed, indices FROM cases WHERE number > ? \
                        ORDER BY number LIMIT 1000";
    let (mut held, mut after) = (Vec::new(), -1_i64);
    loop {
        let rows = sqlx::query(PAGE).bind(after).fetch_all(&mut *tx).await?;
        let Some(last) = rows.last() else { return Ok(held) };
        after = last.try_get("number")?;
        for row in &rows {
            held.push(Held {
                id: row.try_get("case_id")?,
                owner_id: row.try_get("owner_id")?,
                is_open: !row.try_get::<bool, _>("closed")?,
                indices: record::indices(row)?,
            });
        }
    }
}

pub(super) fn graph(held: &[Held]) -> CaseGraph<'_> {
    let mut graph = GraphBuilder::with_capacity(held.len(), held.len());
    for case in held {
        let node = graph.case(&case.id, &case.owner_id, case.is_open);
        for (name, index) in case.indices.iter() {
            let relationship = Relationship::named(index.relationship.as_str());
            graph.index(node, name, index.target.as_str(), relationship);
        }
    }
    graph.build()
}

/// Takes cases away, and every ledger without a case (S-045).
async fn remove(tx: &mut SqliteConnection, cases: &[CaseId]) -> Result<u64, Error> {
    for cases in cases.chunks(1000) {
        let query = sqlx::query("DELETE FROM cases WHERE case_id IN (SELECT value FROM json_each(?))");
        query.bind(desk::list(cases)).execute(&mut *tx).await?;
    }
    let query = "DELETE FROM ledgers WHERE entity_id NOT IN (SELECT case_id FROM cases)";
    Ok(sqlx::query(query).execute(tx).await?.rows_affected())
}
