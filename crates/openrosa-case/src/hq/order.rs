//! Forms that arrived out of order.

use std::cmp::Ordering;

use chrono::TimeDelta;

use crate::case::Transaction;

/// How far apart two server dates may be for the device's clock to be believed.
const BELIEVABLE: TimeDelta = TimeDelta::hours(12);

/// The order in which the forms of a case count: places in the list, revoked ones and rebuilds left out.
///
/// `Err` where they would have to be moved and do not begin with a create even then: CommCare HQ logs that, and leaves them
/// where they are.
///
/// *Spec:* case-xml.md 4.5.
pub(super) fn reconciled(transactions: &[Transaction]) -> Result<Vec<usize>, Vec<usize>> {
    let counts = |touched: &Transaction| touched.form_id.is_some() && !touched.revoked;
    let stored: Vec<usize> = (0..transactions.len()).filter(|at| counts(&transactions[*at])).collect();
    if stored.is_sorted_by_key(|at| transactions[*at].client_date) {
        return Ok(stored);
    }
    let mut sorted = Vec::with_capacity(stored.len());
    for at in &stored {
        // The relation is not transitive, which a sort of the library does not forgive; the order is nearly right anyway.
        let comes_after = |other: &usize| compare(transactions, *other, *at) == Ordering::Greater;
        let place = sorted.iter().rposition(|other| !comes_after(other)).map_or(0, |before| before + 1);
        sorted.insert(place, *at);
    }
    match sorted.first() {
        Some(first) if !transactions[*first].did.create => Err(stored),
        _ => Ok(sorted),
    }
}

fn compare(transactions: &[Transaction], a: usize, b: usize) -> Ordering {
    let (one, other) = (&transactions[a], &transactions[b]);
    let by_server = one.server_date.cmp(&other.server_date);
    let far = (one.server_date - other.server_date).abs() > BELIEVABLE;
    if one.user_id != other.user_id || far {
        return by_server;
    }
    (one.client_date, a).cmp(&(other.client_date, b))
}
