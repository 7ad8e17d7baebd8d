//! The power is cut at random instants: what is on the disk then is a whole state, with every form of which it was said that it is
//! kept.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use openrosa_store::device::{
    Database,
    outbox::{State, Whole},
};
use serde_json::Value;
use sqlx::{
    ConnectOptions as _, Connection as _,
    sqlite::{SqliteConnectOptions, SqliteConnection},
};

use super::{Dice, Form, Site, outbox};

/// How often the power is cut.
const CUTS: usize = 24;
/// How many forms are added meanwhile.
const FORMS: u64 = 90;
/// SQLite carries the log over into the database at a commit when the log has this many pages.
const CARRIED_OVER_AT: usize = 1000;

/// The files of a database as they were at one instant.
struct Instant {
    database: Vec<u8>,
    log: Vec<u8>,
    /// The forms that were said to be kept by then.
    kept: BTreeSet<String>,
}

/// A process that works, and what it has said.
struct Worker {
    process: Child,
    said: Arc<Mutex<BTreeSet<String>>>,
    folder: PathBuf,
}

impl Worker {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut process = outbox(&folder.join("device.db"), arguments);
        let lines = BufReader::new(process.stdout.take().expect("a piped output")).lines();
        let said = Arc::<Mutex<BTreeSet<String>>>::default();
        let heard = Arc::clone(&said);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).expect("JSON");
                heard.lock().expect("no panic").insert(line["number"].to_string());
            }
        });
        Self { process, said, folder: folder.to_owned() }
    }

    /// Everything stands still, and is copied; `None` when the work is done.
    fn cut(&mut self) -> Option<Instant> {
        if self.process.try_wait().expect("a child").is_some() {
            return None;
        }
        self.signal("STOP");
        self.wait_until_it_stands();
        // What was said before it stood still may be on its way here; what comes later was said before.
        let kept = self.said.lock().expect("no panic").clone();
        let read = |name: &str| fs::read(self.folder.join(name)).unwrap_or_default();
        let instant = Instant { database: read("device.db"), log: read("device.db-wal"), kept };
        self.signal("CONT");
        Some(instant)
    }

    fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.process.id());
        // It may have ended this moment.
        let _ = Command::new("sh").args(["-c", &kill]).status();
    }

    fn wait_until_it_stands(&self) {
        let tasks = format!("/proc/{}/task", self.process.id());
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(1));
            let Ok(tasks) = fs::read_dir(&tasks) else { continue };
            let stands = |stat: String| {
                stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['T', 'Z']))
            };
            let stat = |task: fs::DirEntry| fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            if tasks.flatten().all(|task| stands(stat(task))) {
                return;
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be done.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Instant {
    /// Where the transactions in the log end, by its own marks: frames of the log's present round whose head has a size.
    fn commits(&self) -> Vec<usize> {
        let number = |at: usize| {
            self.log.get(at..at + 4).map(|bytes| u32::from_be_bytes(bytes.try_into().expect("four")))
        };
        let (Some(page), Some(salts)) = (number(8), self.log.get(16..24)) else { return Vec::new() };
        let frame = 24 + page as usize;
        let heads = (32..).step_by(frame).take_while(|at| at + frame <= self.log.len());
        let present = heads.take_while(|at| self.log.get(at + 8..at + 16) == Some(salts));
        present.filter(|at| number(at + 4) != Some(0)).map(|at| at + frame).collect()
    }

    /// How many pages the log has in its present round.
    fn pages(&self) -> usize {
        let page = self
            .log
            .get(8..12)
            .map_or(4096, |page| u32::from_be_bytes(page.try_into().expect("four")) as usize);
        self.commits().last().map_or(0, |end| (end - 32) / (24 + page))
    }

    /// Opens a copy of which the log has these bytes only, the rest gone or never written.
    async fn open(&self, log: &[u8]) -> Vec<Whole> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device.db");
        fs::write(&path, &self.database).expect("a file");
        fs::write(folder.path().join("device.db-wal"), log).expect("a file");
        assert_eq!(integrity(&path).await, "ok");
        let database = Database::open(&path).await.expect("it opens");
        let mut forms = Vec::new();
        for form in database.outbox().list(None, 0, 10_000).await.expect("it reads") {
            forms.extend(database.outbox().show(form.number).await.expect("it reads"));
        }
        database.close().await;
        forms
    }
}

async fn integrity(path: &Path) -> String {
    let mut connection: SqliteConnection =
        SqliteConnectOptions::new().filename(path).connect().await.expect("it opens");
    let found =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.expect("it reads");
    connection.close().await.expect("it closes");
    found
}

/// What is there is whole: a prefix of the forms, each with its bytes and files.
fn assert_whole(forms: &[Form], held: &[Whole]) {
    for (form, held) in forms.iter().zip(held) {
        assert_eq!(held.form.instance_id, form.id, "in the order in which they were added");
        assert_eq!(held.files.len(), form.files.len(), "{}", form.id);
        if !held.form.state.is_final() {
            assert_eq!(held.xml.as_deref(), Some(form.xml.as_bytes()), "{}", form.id);
        }
    }
}

fn numbers(held: &[Whole]) -> BTreeSet<String> {
    held.iter().map(|whole| whole.form.number.to_string()).collect()
}

fn forms(folder: &Path, dice: &mut Dice) -> Vec<Form> {
    (0..FORMS).map(|number| Form::new(&folder.join("forms"), 1000 + number, dice)).collect()
}

fn add_all(folder: &Path, forms: &[Form]) -> Worker {
    let mut arguments = vec!["add", "--format", "json"];
    arguments.extend(forms.iter().map(|form| form.folder.to_str().expect("a plain path")));
    Worker::start(folder, &arguments)
}

/// The log as the disk may have it: as it is; cut; or with its end never written.
fn logs(instant: &Instant, from: usize, dice: &mut Dice) -> [Vec<u8>; 3] {
    let cut = from + dice.size(instant.log.len() - from + 1);
    let mut unwritten = instant.log.clone();
    unwritten[cut..].fill(0);
    [instant.log.clone(), instant.log[..cut].to_vec(), unwritten]
}

/// what was said to be kept survives a power cut at any instant, as it was.
#[test]
fn without_power_the_outbox_keeps_what_it_said_it_keeps() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (mut dice, mut cuts, mut within) = (Dice(11), 0, 0);
    while cuts < CUTS {
        let folder = tempfile::tempdir().expect("a folder");
        let forms = forms(folder.path(), &mut dice);
        let mut worker = add_all(folder.path(), &forms);
        // Until there is a database with tables, there is nothing to be lost.
        while worker.said.lock().expect("no panic").is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        while cuts < CUTS {
            thread::sleep(Duration::from_micros(dice.below(8_000)));
            let Some(instant) = worker.cut() else { break };
            cuts += 1;
            let commits = instant.commits();
            // What was committed is on the disk, whatever of the rest is: only the last commit may not have got there.
            let last = commits.last().copied().unwrap_or(instant.log.len());
            for log in logs(&instant, last, &mut dice) {
                let held = runtime.block_on(instant.open(&log));
                assert_whole(&forms, &held);
                let lost: Vec<_> = instant.kept.difference(&numbers(&held)).cloned().collect();
                assert_eq!(lost, [""; 0], "cut {cuts}");
            }
            // Nothing of this round of the log was carried over yet, so any part of it may be all there is.
            if instant.pages() < CARRIED_OVER_AT && !commits.is_empty() {
                within += 1;
                let log = &logs(&instant, 0, &mut dice)[1..];
                log.iter().for_each(|log| assert_whole(&forms, &runtime.block_on(instant.open(log))));
            }
        }
    }
    assert!(within > CUTS / 4, "logs are cut anywhere in {within} of {cuts} cases");
}

/// what was delivered is known to be after a power cut, or is here still, whole, to be sent again.
#[test]
fn without_power_a_form_is_here_until_it_is_there() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (mut dice, site) = (Dice(12), Site::new());
    let folder = tempfile::tempdir().expect("a folder");
    let forms = forms(folder.path(), &mut dice);
    let mut worker = add_all(folder.path(), &forms);
    assert!(worker.process.wait().expect("it ends").success());
    let mut worker = Worker::start(folder.path(), &["send", "--format", "json", "--to", &site.url()]);
    let (mut states, mut cuts) = (BTreeSet::new(), 0);
    loop {
        thread::sleep(Duration::from_micros(dice.below(20_000)));
        let Some(instant) = worker.cut() else { break };
        cuts += 1;
        let last = instant.commits().last().copied().unwrap_or(instant.log.len());
        for log in logs(&instant, last, &mut dice) {
            let held = runtime.block_on(instant.open(&log));
            assert_eq!(held.len(), forms.len());
            assert_whole(&forms, &held);
            for (form, held) in forms.iter().zip(&held) {
                let is_delivered = held.form.state == State::Delivered;
                assert!(!is_delivered || site.holds(form), "{} is delivered and not there", form.id);
                let number = held.form.number.to_string();
                assert!(is_delivered || !instant.kept.contains(&number), "{} was told as delivered", form.id);
                states.insert(held.form.state.word());
            }
        }
    }
    assert!(forms.iter().all(|form| site.holds(form)));
    assert!(cuts > 5 && states.len() == 2, "{cuts} cuts met {states:?}");
}
