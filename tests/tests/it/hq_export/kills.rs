//! `openrosa hq export` is killed at random instants, over a network that does what networks do, and run again until it has all.
//!
//! After every run, whatever ended it, what is on the disk is as far as its checkpoint says and no less.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use openrosa_tests::command::openrosa;
use openrosa_tests::faults::Proxy;
use openrosa_tests::hq_site::HqSite;
use openrosa_tests::wire;
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use super::schedules;
use crate::faults::Dice;

/// So often at least is each export killed.
const KILLS: u64 = 5;

const OUT: [&str; 3] = ["hq.ndjson", "hq.csv", "hq.db"];

#[derive(Debug, Default)]
struct Tally {
    runs: u64,
    kills: u64,
    /// Kills of an export that had brought something to the disk by then.
    amid_work: u64,
    failures: u64,
}

/// An export that goes on until it has all.
struct Export<'f> {
    folder: &'f Path,
    site: &'f HqSite,
    out: &'static str,
    what: &'static str,
    url: String,
    dice: Dice,
    tally: Tally,
}

impl Export<'_> {
    /// Runs it once, and kills it perhaps. What it said where it came to its end.
    fn run(&mut self, dies: bool) -> Option<String> {
        let mut command = Command::new(openrosa());
        command.current_dir(self.folder).args(["hq", "export", self.what, "--to", self.out, "--page", "8"]);
        command.args([
            "--url",
            &self.url,
            "--user",
            "ada",
            "--key-env",
            "HQ_KEY",
            "--allow-http",
            "--patience",
            "0",
        ]);
        if self.out.ends_with("csv") {
            command.args([
                "--column",
                if self.what == "forms" { "id" } else { "case_id" },
                "--column",
                "version",
            ]);
        }
        command.env("HQ_KEY", "k3y").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        if dies {
            self.kill_amid(&mut child);
        }
        let output = child.wait_with_output().expect("the command ends");
        self.tally.runs += 1;
        match output.status.code() {
            None => self.tally.kills += 1,
            Some(0) => return Some(String::from_utf8(output.stdout).expect("UTF-8")),
            Some(_) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let is_known = ["429", "login", "answer", "connect", "50", "request", "page"];
                assert!(is_known.iter().any(|word| said.contains(word)), "{said}");
                self.tally.failures += 1;
            }
        }
        None
    }

    /// Kills it a moment after some request of it, if it lives so long.
    fn kill_amid(&mut self, child: &mut Child) {
        let last = self.site.requests() + self.dice.below(6);
        while child.try_wait().expect("a child can be looked at").is_none() {
            if self.site.requests() >= last {
                thread::sleep(Duration::from_micros(self.dice.below(6000)));
                child.kill().expect("a child can be killed");
                return;
            }
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Until there is nothing new any more; the last run is over a kind network and dies of nothing.
    fn finish(&mut self, proxy: &Proxy) {
        let mut before = 0;
        for _ in 0..4000 {
            let faults = if self.dice.flip() { self.dice.faults(3, 4000) } else { Vec::new() };
            proxy.schedule(&faults);
            let (dies, kills) = (self.dice.below(2) == 0, self.tally.kills);
            let ended = self.run(dies).is_some();
            let kept = self.check();
            self.tally.amid_work += u64::from(self.tally.kills > kills && kept > before);
            before = kept;
            if ended && self.tally.kills >= KILLS {
                break;
            }
        }
        proxy.schedule(&[]);
        for _ in 0..200 {
            if self.run(false).is_some_and(|said| said.starts_with("0 ")) {
                return;
            }
        }
        panic!("it does not end: {:?}", self.tally);
    }

    /// How many forms or cases the checkpoint speaks of: they are on the disk.
    fn check(&self) -> u64 {
        let path = self.folder.join(self.out);
        if self.out.ends_with("db") {
            return self.check_database(&path);
        }
        let Ok(checkpoint) = std::fs::read(self.folder.join(format!("{}.checkpoint", self.out))) else {
            assert_eq!(
                path.metadata().map_or(0, |there| there.len()),
                0,
                "something is there without a checkpoint"
            );
            return 0;
        };
        let checkpoint: Value = serde_json::from_slice(&checkpoint).expect("a whole checkpoint");
        let bytes = usize::try_from(checkpoint["bytes"].as_u64().expect("a number")).expect("it fits");
        let items = checkpoint["state"]["items"].as_u64().expect("a number");
        let text = std::fs::read(&path).expect("the file is there");
        assert!(text.len() >= bytes, "the checkpoint is ahead of the file");
        let whole = std::str::from_utf8(&text[..bytes]).expect("whole lines");
        assert!(whole.is_empty() || whole.ends_with('\n'));
        let heading = u64::from(self.out.ends_with("csv") && bytes > 0);
        assert_eq!(whole.lines().count() as u64, items + heading, "as many lines as were delivered");
        items
    }

    fn check_database(&self, path: &Path) -> u64 {
        if !path.exists() {
            return 0;
        }
        let made = texts(path, "SELECT name FROM sqlite_schema WHERE name = 'checkpoints'");
        if made.is_empty() {
            return 0;
        }
        assert_eq!(texts(path, "PRAGMA integrity_check"), ["ok"]);
        let states = texts(path, "SELECT state FROM checkpoints");
        let Some(state) = states.first() else { return 0 };
        let state: Value = serde_json::from_str(state).expect("JSON");
        let rows = texts(path, &format!("SELECT id FROM {}", self.what)).len() as u64;
        let items = state["items"].as_u64().expect("a number");
        assert!(rows <= items && (rows > 0 || items == 0), "{rows} rows of {items} that were delivered");
        items
    }

    /// What the later one of each id says.
    fn content(&self) -> BTreeMap<String, u64> {
        let path = self.folder.join(self.out);
        let number = |text: &str| text.parse().expect("a number");
        if self.out.ends_with("db") {
            let rows =
                texts(&path, &format!("SELECT id || ' ' || (json ->> '$.version') FROM {}", self.what));
            let pair =
                |row: &String| row.split_once(' ').map(|(id, version)| (id.to_owned(), number(version)));
            return rows.iter().filter_map(pair).collect();
        }
        let text = std::fs::read_to_string(&path).expect("the file is there");
        if self.out.ends_with("csv") {
            let pair = |row: &str| row.split_once(',').map(|(id, version)| (id.to_owned(), number(version)));
            return text.lines().skip(1).filter_map(pair).collect();
        }
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let id = if self.what == "forms" { "id" } else { "case_id" };
        lines.map(|line| (line[id].as_str().expect("an id").to_owned(), version(&line["version"]))).collect()
    }
}

/// A number, or a text with a number in it: forms have their version as a text.
fn version(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).expect("a number")
}

fn texts(path: &Path, query: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path);
        let mut connection = options.connect().await.expect("a database");
        let query = AssertSqlSafe(query.to_owned());
        sqlx::query_scalar(query).fetch_all(&mut connection).await.expect("rows")
    })
}

/// H-033: an export as a process, killed at any instant and run again, comes to the same in a file, a sheet and a database.
#[test]
fn killed_at_any_instant_an_export_loses_nothing() {
    let mut tally = Tally::default();
    for seed in 0..schedules(6) {
        let site = HqSite::new(seed + 11, 60, 30);
        let proxy = Proxy::before(wire::serve(site.routes()));
        let folder = tempfile::tempdir().expect("a folder");
        let out = OUT[usize::try_from(seed % 3).expect("below three")];
        let what = if seed / 3 % 2 == 0 { "forms" } else { "cases" };
        let url = format!("http://{}/a/riverside/", proxy.address);
        let dice = Dice(seed * 2 + 1);
        let mut export =
            Export { folder: folder.path(), site: &site, out, what, url, dice, tally: Tally::default() };
        export.finish(&proxy);
        let there = if what == "forms" { site.forms() } else { site.cases() };
        assert_eq!(export.content(), there, "seed {seed}: {what} into {out}");
        tally.runs += export.tally.runs;
        tally.kills += export.tally.kills;
        tally.amid_work += export.tally.amid_work;
        tally.failures += export.tally.failures;
    }
    eprintln!("{tally:?}");
    assert!(tally.amid_work > tally.kills / 20 && tally.failures > 5, "too kind: {tally:?}");
}
