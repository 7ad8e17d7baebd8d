//! What is there at one moment, for who looks at it for longer.

use bytes::Bytes;
use openrosa_case::ledger::{LedgerKey, Quantity};

use super::{
    Arrivals, ArrivalsAsked, CaseRow, CasesAsked, Database, Domain, FileRow, FormRow, FormsAsked,
    Transaction, cases, desk, engine::Engine, forms, look, stock,
};
use crate::error::Error;

/// A database as it was when the first question was asked. Page after page is of that state: a form that is edited meanwhile, and an
/// edit is a new form, is found once, and not as both or as neither.
///
/// It keeps one of the connections that read. In SQLite nothing that is written meanwhile leaves the file `-wal` for the database,
/// which grows for as long.
pub struct Snapshot {
    engine: Engine,
    tx: Transaction,
}

impl Database {
    /// The state of now.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        Ok(Snapshot { engine: self.engine, tx: self.read().await? })
    }
}

impl Snapshot {
    /// As [`Database::forms`].
    pub async fn forms(
        &mut self,
        domain: &Domain,
        asked: &FormsAsked,
        at_most: u32,
    ) -> Result<Vec<FormRow>, Error> {
        forms::some(&mut self.tx, domain, asked, at_most).await
    }

    /// As [`Database::xml`].
    pub async fn xml(&mut self, domain: &Domain, form: &FormRow) -> Result<Bytes, Error> {
        forms::xml(&mut self.tx, domain, form).await
    }

    /// As [`Database::files_of`].
    pub async fn files_of(&mut self, domain: &Domain, form: &FormRow) -> Result<Vec<FileRow>, Error> {
        forms::files_of(&mut self.tx, domain, form).await
    }

    /// As [`Database::arrivals`].
    pub async fn arrivals(
        &mut self,
        domain: &Domain,
        asked: &ArrivalsAsked,
        at_most: u32,
    ) -> Result<Arrivals, Error> {
        look::arrivals::some(&mut self.tx, domain, asked, at_most).await
    }

    /// As [`Database::cases`].
    pub async fn cases(
        &mut self,
        domain: &Domain,
        asked: &CasesAsked,
        at_most: u32,
    ) -> Result<Vec<CaseRow>, Error> {
        cases::some(&mut self.tx, domain, asked, at_most).await
    }

    /// As [`Database::stock`].
    pub async fn stock<I: AsRef<str>>(
        &mut self,
        domain: &Domain,
        cases: impl IntoIterator<Item = I>,
    ) -> Result<Vec<(LedgerKey, Quantity)>, Error> {
        desk::ledgers(self.engine, &mut self.tx, domain.number, &stock::listed(cases)).await
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("engine", &self.engine).finish_non_exhaustive()
    }
}
