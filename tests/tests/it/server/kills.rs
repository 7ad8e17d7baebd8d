//! A receiver is killed at random instants while forms come in: what it has acknowledged is whole, what it has not is whole or not
//! there at all.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{TryStreamExt, future::join_all};
use openrosa_http::{
    Client,
    api::submission::{Attachment, Request as Submission},
    headers::AcceptLength,
    transport::hyper::Hyper,
};
use openrosa_store::server::{CasesAsked, Database, Files, FormsAsked, State};
use openrosa_tests::postgres;

use super::site::{block, form};
use crate::faults::Dice;

/// How many kills there are on each engine unless `OPENROSA_KILLS` says it.
const KILLS: u64 = 12;
/// How many forms are on their way at once.
const AT_ONCE: u64 = 8;
/// How many forms one sender has at most before the receiver is killed.
const SENT: u64 = 1_000;
/// How many cases the forms of one life of the receiver are about.
const CASES: u64 = 5;

/// Where a receiver keeps what it gets.
pub(super) struct Place {
    pub(super) database: String,
    files: String,
    _folder: tempfile::TempDir,
}

impl Place {
    pub(super) async fn all() -> Vec<Self> {
        let folder = || tempfile::tempdir().unwrap();
        let at = |folder: &tempfile::TempDir, name: &str| folder.path().join(name).display().to_string();
        let one = folder();
        let mut all = vec![Self { database: at(&one, "server.db"), files: at(&one, "files"), _folder: one }];
        if let Some(database) = postgres::database().await {
            let other = folder();
            all.push(Self { database, files: at(&other, "files"), _folder: other });
        }
        all
    }

    /// A receiver, and where it listens.
    pub(super) fn receive(&self) -> (Child, String) {
        let program = Command::new(env!("CARGO_BIN_EXE_receive"))
            .args([&self.database, &self.files])
            .stdout(Stdio::piped())
            .spawn();
        let mut program = program.unwrap();
        let mut address = String::new();
        BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        (program, format!("http://{}/submission", address.trim()))
    }

    pub(super) async fn open(&self) -> Database {
        let files = Files::in_folder(&self.files).unwrap();
        match self.database.starts_with("postgres:") {
            true => Database::connect(&self.database, files).await.unwrap(),
            false => Database::open(&self.database, files).await.unwrap(),
        }
    }
}

fn id(number: u64) -> String {
    format!("uuid:{number}")
}

/// Each form sets a property of its own on one of a few cases, and brings a photo.
fn submission(number: u64) -> Submission {
    let update = format!("<update><p{number}>x</p{number}></update>");
    let case = format!("c{}-{}", number / (AT_ONCE * SENT), number % CASES);
    let xml = form(&id(number), &block(&case, 1, &update));
    Submission::new(xml).attach(Attachment::bytes("photo.jpg", photo(number))).unwrap()
}

fn photo(number: u64) -> Vec<u8> {
    (0..3_000 + number % 7_000).map(|at| (at * 7 + number).to_le_bytes()[0]).collect()
}

/// Sends forms until the receiver is gone; those that it has acknowledged, which are counted as they are.
async fn send(
    client: &Client<Hyper>,
    url: &str,
    numbers: impl Iterator<Item = u64>,
    count: &AtomicU64,
) -> Vec<u64> {
    let url = url.parse().unwrap();
    let mut acknowledged = Vec::new();
    for number in numbers {
        match client.submit(&url, &submission(number)).await {
            Ok(receipt) if receipt.is_delivered() => {
                count.fetch_add(1, Ordering::Relaxed);
                acknowledged.push(number);
            }
            _ => break,
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_whole_and_nothing_is_half_there() {
    let kills = env::var("OPENROSA_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(KILLS);
    let client = Client::new(Hyper::new().unwrap()).without_preflight(AcceptLength(1_000_000));
    let client = Arc::new(client);
    for place in Place::all().await {
        let mut dice = Dice(11);
        let (mut acknowledged, mut next) = (BTreeSet::new(), 0);
        for _ in 0..kills {
            let (mut receiver, url) = place.receive();
            let first = next;
            next += AT_ONCE * SENT;
            let count = Arc::new(AtomicU64::new(0));
            let lanes = (0..AT_ONCE).map(|lane| {
                let (client, url, count) = (Arc::clone(&client), url.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    send(&client, &url, (first + lane * SENT)..(first + (lane + 1) * SENT), &count).await
                })
            });
            let lanes: Vec<_> = lanes.collect();
            // Amid work, however slow the machine is; at any moment of it.
            let enough = 1 + dice.below(20);
            while count.load(Ordering::Relaxed) < enough && !lanes.iter().all(|lane| lane.is_finished()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_millis(dice.below(40))).await;
            receiver.kill().unwrap();
            receiver.wait().unwrap();
            acknowledged.extend(join_all(lanes).await.into_iter().flat_map(Result::unwrap));
        }
        let database = place.open().await;
        let there = whole(&database).await;
        println!(
            "{}: {kills} kills, {} acknowledged, {} there",
            place.database,
            acknowledged.len(),
            there.len()
        );
        assert!(acknowledged.is_subset(&there), "lost: {:?}", acknowledged.difference(&there));
    }
}

/// The forms that are there, each with its files and what it did; nothing else has an effect.
async fn whole(database: &Database) -> BTreeSet<u64> {
    let domain = database.domain(None).await.unwrap();
    let rows = database.forms(&domain, &FormsAsked::default(), u32::MAX).await.unwrap();
    let mut there = BTreeSet::new();
    let mut places = BTreeSet::new();
    for row in &rows {
        let number: u64 = row.instance_id.strip_prefix("uuid:").unwrap().parse().unwrap();
        assert_eq!(row.state, State::Normal);
        assert!(there.insert(number), "{number} is there twice");
        assert!(places.insert(row.seq), "two have one place");
        let files = database.files_of(&domain, row).await.unwrap();
        let content = database.files().read(&files[0].object).await.unwrap();
        assert_eq!(content.try_collect::<Vec<_>>().await.unwrap().concat(), photo(number), "{number}");
    }
    let mut effects = BTreeSet::new();
    for row in database.cases(&domain, &CasesAsked::default(), u32::MAX).await.unwrap() {
        let names = row.case.properties.keys().filter_map(|name| name.strip_prefix('p')?.parse().ok());
        let names: Vec<u64> = names.collect();
        assert_eq!(names.len(), row.case.hq.transactions.len(), "one entry a form");
        effects.extend(names);
    }
    assert_eq!(effects, there, "every form that is there had its effect, and no other");
    there
}
