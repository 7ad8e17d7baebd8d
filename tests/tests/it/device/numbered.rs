//! A process that applies one restore after the other, and what it leaves behind when it is killed.

use std::{
    hash::{BuildHasher as _, RandomState},
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use openrosa_case::{hash::StateHash, ledger::Quantity, store::FixtureKey};
use openrosa_store::device::{CaseQuery, Database};
use openrosa_tests::numbered::{CASES, case_ids};

fn start(database: &Path) -> Child {
    let mut process = Command::new(env!("CARGO_BIN_EXE_apply_restores"));
    process.arg(database).stdout(Stdio::piped()).spawn().unwrap()
}

/// How long it takes to apply two restores, a database being made first, on this machine as busy as it is.
pub(super) fn pace() -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut process = start(&folder.path().join("device.db"));
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    assert_eq!(lines.take(2).map(Result::unwrap).collect::<Vec<_>>(), ["1", "2"]);
    process.kill().unwrap();
    process.wait().unwrap();
    begun.elapsed()
}

/// Runs it for so long, kills it, and gives the number of the last restore that it said was applied.
pub(super) fn killed_after(time: Duration, database: &Path) -> Option<u32> {
    let mut process = start(database);
    std::thread::sleep(time);
    process.kill().unwrap();
    let status = process.wait().unwrap();
    assert_eq!(status.code(), None, "it ended by itself");
    let mut said = String::new();
    process.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    // The last line may be cut.
    let whole = said.rsplit_once('\n').map_or("", |(lines, _)| lines);
    whole.lines().last().map(|number| number.parse().unwrap())
}

/// The number of the restore that a database holds, whole and nothing else; 0 where none ever was.
pub(super) async fn held(path: &Path) -> u32 {
    let database = Database::open(path).await.unwrap();
    let checked = database.check().await.unwrap();
    assert_eq!(checked.faults, []);
    let number = match database.sync_state().await.unwrap() {
        None => nothing(&database).await,
        Some(sync) => all_of(&database, sync.token.unwrap().parse().unwrap()).await,
    };
    database.close().await;
    number
}

async fn nothing(database: &Database) -> u32 {
    assert_eq!(database.count_cases(&CaseQuery::new()).await.unwrap(), 0);
    assert_eq!((database.users().await.unwrap(), database.fixtures().await.unwrap()), (vec![], vec![]));
    0
}

async fn all_of(database: &Database, number: u32) -> u32 {
    let text = number.to_string();
    for query in [CaseQuery::new(), CaseQuery::new().with("number", &text).with("case_name", &text)] {
        assert_eq!(database.count_cases(&query).await.unwrap(), u64::from(CASES), "{query:?}");
    }
    assert_eq!(database.state_hash().await.unwrap(), StateHash::of(case_ids(number)));
    // Those of the restore before are gone, or the check would have told.
    for id in case_ids(number).step_by(97) {
        let stock = database.ledgers_of(&id.into()).await.unwrap();
        let stock: Vec<Quantity> = stock.into_iter().map(|(_, quantity)| quantity).collect();
        assert_eq!(stock, [Quantity::from(i32::try_from(number).unwrap())]);
    }
    let [user] = &database.users().await.unwrap()[..] else { panic!("one user") };
    assert_eq!((&user.password, &user.properties["number"]), (&text, &text));
    let key = FixtureKey { id: "item-list:n".to_owned(), user_id: "amy".to_owned() };
    let rows = database.fixture_rows(&key, &[("number", &text)], None, usize::MAX).await.unwrap();
    assert_eq!(rows.len(), 60);
    number
}

/// A part of a time, by chance.
pub(super) fn part_of(time: Duration) -> Duration {
    Duration::from_micros(below(u64::try_from(time.as_micros()).unwrap()))
}

/// A number below another, by chance.
pub(super) fn below(bound: u64) -> u64 {
    RandomState::new().hash_one(bound) % bound.max(1)
}

/// How often something is done, unless the environment says otherwise.
pub(super) fn times(variable: &str, usually: u32) -> u32 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(usually)
}
