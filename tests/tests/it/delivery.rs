//! The command delivers every real form to its own receiver, through resends and SIGKILL.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use openrosa_store::server::{Database, Files, FormsAsked};
use openrosa_tests::command::{Server, submit};
use openrosa_tests::corpus::{self, Sample};
use serde_json::Value;

/// What a receiver that names instances by form and instance ID makes of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    New,
    Duplicate,
    /// Other bytes of the same name are held, or what it replaces is not.
    Refused,
}

/// The receiver as a table, worked out from the facts alone.
#[derive(Default)]
struct Model {
    /// By form and instance ID: the hash of the bytes, and whether a later version replaced them.
    held: HashMap<(Option<String>, String), (String, bool)>,
}

impl Model {
    fn send(&mut self, sample: &Sample) -> Expected {
        let text = |value: &Value| value.as_str().map(|text| text.trim().to_owned());
        let (root, meta) = (&sample.facts["root"], &sample.facts["meta"]);
        let form = text(&root["id"]).or_else(|| text(&root["xmlns"]));
        let bytes = text(&sample.facts["sha256"]).expect("a hash among the facts");
        let attribute = || {
            let attrs = root["attrs"].as_array()?;
            text(&attrs.iter().find(|attribute| attribute[0] == "instanceID")?[1])
        };
        let written = text(&meta["instanceID"]).or_else(|| text(&meta["uid"])).or_else(attribute);
        // Without a name it goes by its bytes.
        let name = (form.clone(), written.unwrap_or_else(|| bytes.clone()));
        if let Some((held, _)) = self.held.get(&name) {
            return if *held == bytes { Expected::Duplicate } else { Expected::Refused };
        }
        if let Some(replaced) = text(&meta["deprecatedID"]) {
            match self.held.get_mut(&(form, replaced)) {
                Some((_, superseded)) if !*superseded => *superseded = true,
                _ => return Expected::Refused,
            }
        }
        self.held.insert(name, (bytes, false));
        Expected::New
    }
}

/// What `submit --json` said of one form.
#[derive(Debug)]
struct Said {
    /// As the corpus names it.
    name: String,
    outcome: String,
    message: String,
}

impl Said {
    fn of(line: &str) -> Self {
        let said: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let text = |member: &str| said[member].as_str().unwrap_or_default().to_owned();
        let form = text("form");
        let file = Path::new(&form).file_name().expect("a form is a file").to_string_lossy();
        Self { name: format!("submission/{file}"), outcome: text("outcome"), message: text("message") }
    }

    fn is_delivered(&self) -> bool {
        self.outcome == "delivered"
    }

    fn is_no_news(&self) -> bool {
        self.message.contains("already received")
    }
}

/// Submits the folder; `heed` is told each line as it comes.
fn submit_heeding(folder: &Path, url: &str, mut heed: impl FnMut(&Said)) -> (Vec<Said>, Option<i32>) {
    let mut process = submit(folder, url);
    let lines = BufReader::new(process.stdout.take().expect("a piped output")).lines();
    let said = lines.map(|line| Said::of(&line.expect("UTF-8"))).inspect(|said| heed(said)).collect();
    (said, process.wait().expect("the command ends").code())
}

struct Setting {
    corpus: PathBuf,
    samples: Vec<Sample>,
    data: tempfile::TempDir,
}

impl Setting {
    fn prepare() -> Option<Self> {
        let corpus = corpus::folder("delivering real forms from one process to another")?;
        let samples = corpus::samples(&corpus, "submission");
        Some(Self { corpus, samples, data: tempfile::tempdir().expect("a temporary folder") })
    }

    fn sample(&self, said: &Said) -> &Sample {
        let named = |sample: &&Sample| sample.name == said.name;
        self.samples.iter().find(named).unwrap_or_else(|| panic!("no sample {}", said.name))
    }

    fn forms(&self) -> PathBuf {
        self.corpus.join("submission")
    }

    /// The database of the server.
    fn database(&self) -> PathBuf {
        self.data.path().join("server.db")
    }

    /// Every form that the server holds, read by another process than it.
    fn held(&self) -> Vec<Bytes> {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let held = runtime.block_on(async {
            let files = Files::in_folder(self.data.path().join("server.db-files"))?;
            let database = Database::open(self.database(), files).await?;
            let domain = database.domain(None).await?;
            let mut held = Vec::new();
            for form in database.forms(&domain, &FormsAsked::default(), 1000).await? {
                held.push(database.xml(&domain, &form).await?);
            }
            database.close().await;
            Ok::<_, openrosa_store::Error>(held)
        });
        held.expect("a database")
    }

    /// Everything that was acknowledged is there byte for byte, and there is this many.
    fn assert_held(&self, acknowledged: &BTreeSet<String>, count: Option<usize>) {
        let held = self.held();
        let there: HashSet<&[u8]> = held.iter().map(AsRef::as_ref).collect();
        for sample in self.samples.iter().filter(|sample| acknowledged.contains(&sample.name)) {
            assert!(
                there.contains(sample.bytes.as_slice()),
                "{} was acknowledged and is not held",
                sample.name
            );
        }
        assert_eq!(held.len(), count.unwrap_or(held.len()), "forms that are held");
    }
}

fn assert_as_expected(said: &Said, expected: Expected) {
    let found = match (said.is_delivered(), said.is_no_news()) {
        (true, false) => Expected::New,
        (true, true) => Expected::Duplicate,
        (false, _) => Expected::Refused,
    };
    assert_eq!(found, expected, "{said:?}");
}

fn acknowledged(said: &[Said]) -> BTreeSet<String> {
    said.iter().filter(|said| said.is_delivered()).map(|said| said.name.clone()).collect()
}

/// every form sent again is a success again, is said to be no news, and makes no second record.
#[test]
fn the_corpus_delivered_twice_is_there_once() {
    let Some(setting) = Setting::prepare() else { return };
    let server = Server::start(&setting.database());
    let mut model = Model::default();
    for round in 1..=2 {
        let (said, exit) = submit_heeding(&setting.forms(), server.url(), |_| {});
        assert_eq!(said.len(), setting.samples.len(), "a line for each form in round {round}");
        for said in &said {
            assert_as_expected(said, model.send(setting.sample(said)));
        }
        assert_eq!(exit, Some(1), "some real forms bear the same name, and those are told as undelivered");
        setting.assert_held(&acknowledged(&said), Some(model.held.len()));
    }
}

#[test]
fn killed_again_and_again_the_receiver_loses_nothing_it_acknowledged() {
    let Some(setting) = Setting::prepare() else { return };
    let mut before = BTreeSet::new();
    for kill_after in [1, 7, 30, 60] {
        let server = Server::start(&setting.database());
        let url = server.url().to_owned();
        let (mut server, mut delivered) = (Some(server), 0);
        let (said, exit) = submit_heeding(&setting.forms(), &url, |said| {
            delivered += usize::from(said.is_delivered());
            if delivered == kill_after {
                server.take().into_iter().for_each(Server::kill);
            }
        });
        assert_eq!((exit, server.is_none()), (Some(1), true), "killed after {kill_after}: {said:?}");
        before.extend(acknowledged(&said));
        setting.assert_held(&before, None);
    }

    let server = Server::start(&setting.database());
    let (said, _) = submit_heeding(&setting.forms(), server.url(), |_| {});
    let mut model = Model::default();
    for said in &said {
        let expected = model.send(setting.sample(said));
        // What was acknowledged before is there; what was under way when the receiver died may be there or not.
        assert_eq!(said.is_delivered(), expected == Expected::New, "{said:?}");
        assert!(!before.contains(&said.name) || said.is_no_news(), "{said:?}");
    }
    setting.assert_held(&acknowledged(&said), Some(model.held.len()));
}
