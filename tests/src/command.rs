//! The `openrosa` command as a process: built by cargo, run on a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The path of the command, brought up to date first.
///
/// Cargo tells the path of a binary only to the tests of its own package. Asking for the same targets that `cargo test
/// --workspace` builds finds everything built already there, and says the path.
pub fn openrosa() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--workspace", "--tests", "--message-format=json"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.current_dir(crate::repository_root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("cargo speaks UTF-8");
    let path =
        messages.lines().filter_map(|line| serde_json::from_str(line).ok()).find_map(|message: Value| {
            let is_command = message["target"]["name"] == "openrosa" && message["profile"]["test"] == false;
            is_command.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
        });
    path.expect("cargo names the executable it built")
}

/// `openrosa serve` on a database; killed without warning when dropped.
#[derive(Debug)]
pub struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Starts it on a free port and waits until it says where it listens.
    pub fn start(database: &Path) -> Self {
        let mut process = Command::new(openrosa())
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--database"])
            .arg(database)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut said = BufReader::new(process.stdout.take().expect("a piped output")).lines();
        let greeting = said.next().expect("a first line").expect("UTF-8");
        let greeting: Value = serde_json::from_str(&greeting).expect("JSON");
        // Somebody has to read what it says of each form, or it would wait for a reader.
        std::thread::spawn(|| said.for_each(drop));
        Self { process, url: greeting["url"].as_str().expect("a URL to post to").to_owned() }
    }

    /// Where forms are posted to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// SIGKILL: the process gets no chance to finish anything.
    pub fn kill(mut self) {
        self.process.kill().expect("a running process can be killed");
        self.process.wait().expect("a killed process ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `openrosa submit --json` of a folder to a URL, its output piped.
pub fn submit(folder: &Path, url: &str) -> Child {
    let mut command = Command::new(openrosa());
    command.arg("submit").arg(folder).args(["--json", "--to", url]);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command starts")
}
