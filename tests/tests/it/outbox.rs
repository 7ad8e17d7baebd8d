//! The outbox of a device, as the command that people run, killed at any instant and cut off from power.

mod kills;
#[cfg(unix)]
mod power;
mod senders;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard},
};

use openrosa_http::server::{Arrival, FileName, Limits, MemoryBackend, Policy, Receiver, RecordId};
use openrosa_tests::{command::openrosa, faults::Proxy, wire};
use serde_json::Value;

use super::faults::Dice;

const FORM: &str = "http://example.org/visit";

/// A form and its files, as they lie in a folder of their own.
struct Form {
    id: String,
    /// The case that it changes.
    case: Option<u64>,
    xml: String,
    files: Vec<(String, Vec<u8>)>,
    folder: PathBuf,
}

impl Form {
    /// A form that a receiver takes, with up to three files.
    fn new(root: &Path, number: u64, dice: &mut Dice) -> Self {
        let case = (dice.below(3) > 0).then(|| dice.below(4));
        let files = (0..dice.below(4)).map(|file| (format!("{number}-{file}.jpg"), noise(dice)));
        let files: Vec<_> = files.collect();
        let names: String = files.iter().map(|(name, _)| format!("<photo>{name}</photo>")).collect();
        let block = case.map_or(String::new(), |case| {
            format!("<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c{case}' date_modified='2024-05-01T10:00:00Z'/>")
        });
        Self::of(root, format!("uuid:{number}"), case, files, &format!("{names}{block}"), "")
    }

    /// A form about nothing, without files.
    fn plain(root: &Path, number: u64) -> Self {
        Self::of(root, format!("uuid:{number}"), None, Vec::new(), "", "")
    }

    /// A form that replaces what no receiver has.
    fn refused(root: &Path, number: u64) -> Self {
        let meta = "<deprecatedID>uuid:nobody</deprecatedID>";
        Self::of(root, format!("uuid:{number}"), None, Vec::new(), "", meta)
    }

    fn of(
        root: &Path,
        id: String,
        case: Option<u64>,
        files: Vec<(String, Vec<u8>)>,
        inside: &str,
        meta: &str,
    ) -> Self {
        let xml = format!(
            "<data xmlns='{FORM}'>{inside}<meta xmlns='http://openrosa.org/xforms'>\
             <instanceID>{id}</instanceID>{meta}</meta></data>"
        );
        let folder = root.join(id.replace(':', "-"));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("visit.xml"), &xml).expect("a file");
        for (name, bytes) in &files {
            fs::write(folder.join(name), bytes).expect("a file");
        }
        Self { id, case, xml, files, folder }
    }

    fn record(&self) -> RecordId {
        RecordId::new(Some(FORM.to_owned()), &*self.id)
    }
}

/// A photo, as far as bytes go: of a few kilobytes or of several rows.
fn noise(dice: &mut Dice) -> Vec<u8> {
    let length = if dice.below(4) == 0 { 300_000 } else { dice.size(20_000) };
    let (first, step) = (dice.below(256), 1 + dice.below(250));
    (0..length as u64).map(|at| (at * step + at / 251 + first).to_le_bytes()[0]).collect()
}

/// A receiver that notes what came, and a network before it.
struct Site {
    backend: MemoryBackend,
    proxy: Proxy,
    came: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Site {
    fn new() -> Self {
        let (backend, came) = (MemoryBackend::new(), Arc::<Mutex<Vec<_>>>::default());
        let note = Arc::clone(&came);
        // Two of the larger photos do not fit into one POST.
        let limits = Limits { body: 500_000, ..Limits::default() };
        let receiver = Receiver::new(backend.clone())
            .with_policy(Policy { limits, ..Policy::default() })
            .with_observer(move |outcome| {
                if let (Some(submission), Ok(arrival)) = (outcome.submission, outcome.result) {
                    let id = submission.instance_id.to_string();
                    note.lock().expect("no panic").push((id, *arrival == Arrival::New));
                }
            });
        let proxy = Proxy::before(wire::serve(receiver.router()));
        Self { backend, proxy, came }
    }

    fn url(&self) -> String {
        format!("http://{}/submission", self.proxy.address)
    }

    /// What came, first to last, and whether it was news.
    fn came(&self) -> MutexGuard<'_, Vec<(String, bool)>> {
        self.came.lock().expect("no panic")
    }

    /// The form is there, byte for byte, with all its files.
    fn holds(&self, form: &Form) -> bool {
        let record = form.record();
        let held = self.backend.submission(&record).is_some_and(|held| held.xml == form.xml.as_bytes());
        let has = |(name, bytes): &(String, Vec<u8>)| {
            let name = FileName::new(name).expect("a plain name");
            self.backend.content(&record, &name).is_some_and(|held| held == *bytes)
        };
        held && form.files.iter().all(has)
    }
}

/// `openrosa outbox` with a database, to be killed perhaps.
fn outbox(database: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(openrosa());
    command.arg("outbox").args(arguments).arg("--database").arg(database);
    command.env("OPENROSA_CONFIG", "/nonexistent").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the command starts")
}

/// What it says, line by line, when nobody kills it.
fn said(database: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = outbox(database, arguments).wait_with_output().expect("the command ends");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {error}");
    lines(&output.stdout)
}

/// The whole lines among what was said.
fn lines(said: &[u8]) -> Vec<Value> {
    let said = String::from_utf8_lossy(said);
    let whole = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}
