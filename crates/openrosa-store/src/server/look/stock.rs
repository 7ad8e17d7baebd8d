//! What is at a case, and which form moved it last.

use std::collections::BTreeSet;

use openrosa_case::{
    Case,
    case::Transaction,
    hq,
    ledger::{LedgerKey, Quantity},
};
use openrosa_xml::{
    CaseId, Instance, Profile,
    ledger::{Ledger, Sheet},
    xml::decode,
};
use sqlx::Row as _;

use super::super::{Database, Domain, engine::plain, record};
use crate::error::Error;

/// How many forms are read for what they moved, the last ones.
const FORMS: usize = 10;

/// So much of a product in a section of a case.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StockLine {
    /// Which product, in which section.
    pub key: LedgerKey,
    /// How much there is of it.
    pub quantity: Quantity,
    /// The entry of the case's history whose form was the last to name it; `None` where that is longer ago than is looked.
    pub last: Option<Transaction>,
}

impl Database {
    /// What is at a case, in the order of section and product, so many lines at most. When a quantity was changed is kept nowhere
    /// but in the forms, so the last ten of the history that moved anything are read for it.
    pub async fn stock_lines(
        &self,
        domain: &Domain,
        case: &Case,
        at_most: u32,
    ) -> Result<Vec<StockLine>, Error> {
        let query = sqlx::query(OF_CASE).bind(domain.number).bind(plain(case.case_id.as_str()));
        let rows = query.bind(i64::from(at_most)).fetch_all(&self.readers).await?;
        let line =
            |row| record::read_ledger(row).map(|(key, quantity)| StockLine { key, quantity, last: None });
        let mut lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        let moved = case.hq.transactions.iter().rev().filter(|entry| entry.did.ledger && !entry.revoked);
        for entry in moved.take(FORMS) {
            if lines.iter().all(|line| line.last.is_some()) {
                break;
            }
            let named = self.stock_named(domain, entry, &case.case_id).await?;
            for line in lines.iter_mut().filter(|line| line.last.is_none() && named.contains(&line.key)) {
                line.last = Some(entry.clone());
            }
        }
        Ok(lines)
    }

    /// What the form of an entry says anything of.
    async fn stock_named(
        &self,
        domain: &Domain,
        entry: &Transaction,
        case: &CaseId,
    ) -> Result<BTreeSet<LedgerKey>, Error> {
        let Some(form) = &entry.form_id else { return Ok(BTreeSet::new()) };
        let query = sqlx::query(XML_LOGGED).bind(domain.number).bind(plain(form.as_str()));
        let xml: Option<Vec<u8>> =
            query.fetch_optional(&self.readers).await?.map(|row| row.try_get("xml")).transpose()?;
        Ok(xml.map(|xml| named(&xml, case)).unwrap_or_default())
    }
}

pub(super) const OF_CASE: &str = "SELECT entity_id, section_id, entry_id, quantity FROM ledgers \
                                  WHERE domain = $1 AND entity_id = $2 ORDER BY section_id, entry_id LIMIT $3";
pub(super) const XML_LOGGED: &str = "SELECT xml FROM forms WHERE domain = $1 AND log_id = $2";

/// What a form says anything of at a case.
fn named(xml: &[u8], case: &CaseId) -> BTreeSet<LedgerKey> {
    let Ok(source) = decode(xml) else { return BTreeSet::new() };
    let Ok(form) = Instance::read(&source) else { return BTreeSet::new() };
    let sheets = hq::ledgers_met(&form).filter_map(|found| sheet_about(&found.block, case));
    let key = |said: openrosa_xml::ledger::Instruction<'_>| LedgerKey {
        entity_id: case.clone(),
        section_id: said.section_id.unwrap_or_default().to_owned(),
        entry_id: said.entry_id.unwrap_or_default().to_owned(),
    };
    sheets.flat_map(|sheet| sheet.instructions(Profile::Hq)).map(key).collect()
}

/// What a block says, if it is about this case.
fn sheet_about<'l>(ledger: &'l Ledger<'_>, case: &CaseId) -> Option<&'l Sheet<'l>> {
    let is_it = |id: &Option<std::borrow::Cow<'_, str>>| id.as_deref() == Some(case.as_str());
    match ledger {
        Ledger::Balance(balance) => Some(&balance.sheet).filter(|_| is_it(&balance.entity_id)),
        Ledger::Transfer(transfer) => {
            Some(&transfer.sheet).filter(|_| is_it(&transfer.src) || is_it(&transfer.dest))
        }
        _ => None,
    }
}
