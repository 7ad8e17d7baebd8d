//! A device's database: what it holds is what the rules say, whatever happens to it.
#![expect(clippy::unwrap_used, reason = "helpers of tests state their expectations as tests do")]

pub(crate) mod converge;
mod fixtures;
mod kills;
mod numbered;
mod power_cuts;
mod same_as_in_memory;

use std::{cell::Cell, future::Future};

use chrono::{DateTime, FixedOffset, TimeDelta};
use openrosa_store::device::{CaseQuery, Database};
use proptest::prelude::*;

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_717_149_600) };
}

/// The clock of a device, which stands still until somebody moves it.
fn now() -> DateTime<FixedOffset> {
    let zone = FixedOffset::east_opt(2 * 3600).unwrap();
    DateTime::from_timestamp(NOW.get(), 0).unwrap().with_timezone(&zone)
}

fn wait(time: TimeDelta) {
    NOW.set(NOW.get() + time.num_seconds());
}

/// A database in a folder of its own.
async fn device() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path().join("device.db")).await.unwrap().clock(now);
    (folder, database)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// How often a property is tried: a database for each takes its time.
fn few(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").is_ok();
    let config = openrosa_tests::strategies::config();
    if asked { config } else { ProptestConfig { cases, ..config } }
}

/// All cases, page by page, in the order of their ids.
async fn cases(database: &Database) -> Vec<openrosa_case::Case> {
    let (mut query, mut cases) = (CaseQuery::new(), Vec::new());
    loop {
        let page = database.cases(&query, 2).await.unwrap();
        cases.extend(page.cases);
        let Some(next) = page.next else { break };
        query = query.after(next);
    }
    cases.sort_by(|a: &openrosa_case::Case, b| a.case_id.cmp(&b.case_id));
    cases
}
