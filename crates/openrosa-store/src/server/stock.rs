//! What is at cases.

use openrosa_case::ledger::{LedgerKey, Quantity};

use super::{Database, Domain, desk, engine::list, engine::plain};
use crate::error::Error;

impl Database {
    /// The quantities at these cases, in the order of case, section and product.
    pub async fn stock<I: AsRef<str>>(
        &self,
        domain: &Domain,
        cases: impl IntoIterator<Item = I>,
    ) -> Result<Vec<(LedgerKey, Quantity)>, Error> {
        let cases = listed(cases);
        desk::ledgers(self.engine, &mut *self.readers.acquire().await?, domain.number, &cases).await
    }
}

/// As [`desk::ledgers`] has them.
pub(super) fn listed<I: AsRef<str>>(cases: impl IntoIterator<Item = I>) -> String {
    list(cases.into_iter().map(|id| plain(id.as_ref())))
}
