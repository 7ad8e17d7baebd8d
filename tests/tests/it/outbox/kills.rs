//! The sender is killed at random instants, again and again, over a network that does all that networks do.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant},
};

use openrosa_tests::{command::openrosa, faults::Fault};
use serde_json::Value;

use super::{Dice, Form, Site, lines, outbox, said};

/// How many kills there are unless `OPENROSA_KILLS` says it.
const KILLS: u64 = 60;

/// A device that is killed.
struct Device {
    folder: tempfile::TempDir,
    site: Site,
    dice: Dice,
    forms: Vec<Form>,
    /// How many of the forms, from the first on, `outbox add` has said to be kept.
    kept: usize,
    tally: Tally,
    /// How long commands go on that nobody kills.
    adding: Duration,
    sending: Duration,
}

#[derive(Debug, Default)]
struct Tally {
    kills_of_add: u64,
    kills_of_send: u64,
    /// Kills of a sender of which something had come to the receiver.
    amid_work: u64,
    /// Attempts that were found under way after a kill.
    under_way: u64,
    /// Commands that were faster than the killer.
    escaped: u64,
}

impl Tally {
    const fn kills(&self) -> u64 {
        self.kills_of_add + self.kills_of_send
    }
}

impl Device {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            site: Site::new(),
            dice: Dice(7),
            forms: Vec::new(),
            kept: 0,
            tally: Tally::default(),
            adding: Duration::from_millis(60),
            sending: Duration::from_millis(120),
        }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("device.db")
    }

    /// Some work comes in.
    fn fill(&mut self) {
        for _ in 0..1 + self.dice.below(3) {
            let (root, number) = (self.folder.path().join("forms"), self.forms.len() as u64);
            let form = match self.dice.below(12) {
                0 => Form::refused(&root, number),
                _ => Form::new(&root, number, &mut self.dice),
            };
            self.forms.push(form);
        }
    }

    /// Adds what is not known to be kept, and perhaps dies of it.
    fn add(&mut self, dies: bool) {
        let folders: Vec<String> = self.forms[self.kept..].iter().map(|form| shown(&form.folder)).collect();
        if folders.is_empty() {
            return;
        }
        let mut arguments = vec!["add", "--format", "json"];
        arguments.extend(folders.iter().map(String::as_str));
        let begun = Instant::now();
        let adding = outbox(&self.database(), &arguments);
        let patience = dies.then(|| instant(&mut self.dice, self.adding));
        let (kept, killed) = end(adding, patience);
        assert!(kept.iter().all(|form| form["number"].is_number()), "{kept:?}");
        self.kept += kept.len();
        self.tally.kills_of_add += u64::from(killed);
        self.tally.escaped += u64::from(dies && !killed);
        if !killed {
            self.adding = (self.adding + begun.elapsed()) / 2;
            assert_eq!(self.kept, self.forms.len(), "{kept:?}");
        }
    }

    /// Sends over a network with these faults, and perhaps dies of it.
    fn send(&mut self, faults: &[Fault], dies: bool) {
        self.site.proxy.schedule(faults);
        let (begun, before) = (Instant::now(), self.site.came().len());
        let url = self.site.url();
        let sending = outbox(&self.database(), &["send", "--now", "--format", "json", "--to", &url]);
        let patience = dies.then(|| instant(&mut self.dice, self.sending));
        let (_, killed) = end(sending, patience);
        self.tally.kills_of_send += u64::from(killed);
        self.tally.amid_work += u64::from(killed && self.site.came().len() > before);
        self.tally.escaped += u64::from(dies && !killed);
        if !killed {
            self.sending = (self.sending + begun.elapsed()) / 2;
        }
    }

    fn list(&self) -> Vec<Value> {
        let mut list = said(&self.database(), &["list", "--all", "--format", "json"]);
        list.retain(|line| line.get("paused").is_none());
        list
    }

    /// Every form that was said to be kept is there or delivered, and what is delivered has arrived.
    fn check(&mut self) {
        let list = self.list();
        let stands: BTreeMap<_, _> =
            list.iter().map(|form| (text(form, "instance_id"), text(form, "state"))).collect();
        assert_eq!(stands.len(), list.len(), "each form is there once");
        self.tally.under_way += list.iter().filter(|form| form["under_way"] == true).count() as u64;
        for form in &self.forms[..self.kept] {
            let state = stands.get(&*form.id);
            assert!(state.is_some(), "{} was kept and is lost", form.id);
            assert!(
                state != Some(&"delivered") || self.site.holds(form),
                "{} is delivered and not there",
                form.id
            );
        }
    }

    /// The end: no faults, no kills, until nothing waits any more.
    fn finish(&mut self) {
        self.add(false);
        for _ in 0..5 {
            self.send(&[], false);
            if self.list().iter().all(|form| text(form, "state") != "waiting") {
                return;
            }
        }
        panic!("something waits for ever: {:?}", self.list());
    }
}

fn text<'v>(form: &'v Value, member: &str) -> &'v str {
    form[member].as_str().unwrap_or_default()
}

fn shown(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

/// An instant in the life of a command that takes so long.
fn instant(dice: &mut Dice, long: Duration) -> Duration {
    Duration::from_micros(dice.below(u64::try_from(long.as_micros()).expect("it is short") + 1))
}

/// Waits for a command, or kills it after a while; what it said, and whether the kill came in time.
fn end(mut command: Child, patience: Option<Duration>) -> (Vec<Value>, bool) {
    if let Some(patience) = patience {
        thread::sleep(patience);
        command.kill().expect("a child can be killed");
    }
    let output = command.wait_with_output().expect("the command ends");
    let code = output.status.code();
    assert!(code != Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    (lines(&output.stdout), code.is_none())
}

/// whenever the sender dies and whatever the network does, every form that was kept is on the
/// receiver once, byte for byte and with its files, or in quarantine with a reason; and forms of a case arrive in their order.
#[test]
fn killed_at_any_instant_the_outbox_loses_and_doubles_nothing() {
    let kills = env::var("OPENROSA_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    // It may have to be built.
    openrosa();
    let (mut device, begun) = (Device::new(), Instant::now());
    for round in 0_u64.. {
        if device.tally.kills() >= kills {
            break;
        }
        device.fill();
        let dies = device.dice.below(3) == 0;
        device.add(dies);
        let faults = device.dice.faults(5, 20_000);
        device.send(&faults, round % 8 != 7);
        if round % 8 == 6 {
            device.check();
        }
    }
    device.finish();
    device.check();
    let list = device.list();
    let refused: Vec<_> = list.iter().filter(|form| text(form, "state") != "delivered").collect();
    for form in &refused {
        assert_eq!((text(form, "state"), &form["status"]), ("quarantined", &404.into()), "{form}");
        assert!(text(form, "message").contains("uuid:nobody"), "{form}");
    }
    assert_eq!(list.len(), device.forms.len());
    arrived(&device, list.len() - refused.len());
    eprintln!(
        "{:?} in {:.0?}: {} forms, {} of them refused, {} arrivals",
        device.tally,
        begun.elapsed(),
        device.forms.len(),
        refused.len(),
        device.site.came().len(),
    );
    assert!(device.tally.amid_work > kills / 40, "kills are to hit the work: {:?}", device.tally);
}

/// Each form but the refused ones came once as news, and those of a case in their order.
fn arrived(device: &Device, delivered: usize) {
    let came = device.site.came();
    let news: Vec<&str> = came.iter().filter(|(_, is_news)| *is_news).map(|(id, _)| &**id).collect();
    assert_eq!(news.len(), delivered, "each is news once");
    assert_eq!(device.site.backend.len(), delivered, "and there once");
    let places: BTreeMap<&str, (usize, Option<u64>)> =
        device.forms.iter().enumerate().map(|(at, form)| (&*form.id, (at, form.case))).collect();
    let mut last = BTreeMap::new();
    for id in news {
        let (at, case) = places[id];
        if let Some(before) = case.and_then(|case| last.insert(case, at)) {
            assert!(before < at, "{id} came before an earlier form of its case");
        }
    }
}
