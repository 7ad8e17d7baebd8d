//! A folder with a server's database, and the process that serves it.

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use super::Run;

/// What the environment has as password.
pub(crate) const PASSWORD: &str = "correct horse";

/// A folder in which commands run.
pub(crate) struct Site(tempfile::TempDir, Vec<(&'static str, String)>);

/// A server at work. It is killed when it goes away.
pub(crate) struct Server {
    child: Child,
    told: BufReader<ChildStdout>,
    /// As in `http://127.0.0.1:40123`.
    pub(crate) url: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::amid(Vec::new())
    }

    /// One whose commands have more in their environment.
    pub(crate) fn amid(variables: Vec<(&'static str, String)>) -> Self {
        Self(tempfile::tempdir().expect("a folder"), variables)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A form that makes a case, or changes it where there are no more words than that.
    pub(crate) fn form(&self, instance: &str, case: &str, actions: &str) -> String {
        let name = format!("{instance}.xml");
        let xml = format!(
            "<data xmlns='http://example.org/visit' version='7'><age>7</age>\
             <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{case}' user_id='u1' \
             date_modified='2026-05-01T10:00:00Z'>{actions}</case><meta><instanceID>{instance}</instanceID></meta></data>"
        );
        fs::write(self.path().join(&name), xml).expect("a file");
        name
    }

    /// A form that makes a case.
    pub(crate) fn creates(&self, instance: &str, case: &str) -> String {
        let create = "<create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>\
                      <update><village>Kibaha</village></update>";
        self.form(instance, case, create)
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
        command.current_dir(self.path()).args(words.split(' ')).stdin(Stdio::null());
        command.env("OPENROSA_CONFIG", self.path().join("config.toml")).env("P", PASSWORD);
        command.env_remove("OPENROSA_DATABASE").env_remove("RUST_LOG").env("TZ", "UTC");
        command.envs(self.1.iter().map(|(name, value)| (name, value)));
        let authority = self.path().join("certificate.pem");
        if authority.exists() {
            command.env("SSL_CERT_FILE", authority);
        }
        command
    }

    pub(crate) fn run(&self, words: &str) -> Run {
        Run::of(&self.command(words).output().expect("the command runs"))
    }

    /// What it printed, if it ended so and said nothing else.
    pub(crate) fn out(&self, words: &str) -> String {
        let run = self.run(words);
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{words}: {}", run.out);
        run.out
    }

    /// What it said when it could not run.
    pub(crate) fn err(&self, words: &str) -> String {
        let run = self.run(words);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{words}: {}", run.err);
        run.err
    }

    pub(crate) fn admin(&self, words: &str) -> String {
        self.out(&format!("admin --database server.db {words}"))
    }

    /// What the server says to a person when it starts, with `PORT` for its port.
    pub(crate) fn greeting(&self, words: &str) -> String {
        let mut command = self.command(words);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let told = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let mut lines: Vec<String> = Vec::new();
        for line in told.lines() {
            lines.push(line.expect("a line"));
            if lines.last().is_some_and(|line| line.contains("Ctrl-C")) {
                break;
            }
        }
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        let port = lines.iter().find_map(|line| line.split_once("serving at http://")).expect("an address").1;
        let port = port.rsplit_once(':').expect("a port").1;
        lines.join("\n").replace(&format!(":{port}"), ":PORT")
    }

    /// Starts the server; it has told where it is.
    pub(crate) fn serve(&self, more: &str) -> Server {
        self.serve_at("server.db", more)
    }

    /// The same with another database.
    pub(crate) fn serve_at(&self, database: &str, more: &str) -> Server {
        let words = format!("serve --database {database} --listen 127.0.0.1:0 --json{more}");
        let log = fs::File::create(self.path().join("server.log")).expect("a file");
        let mut command = self.command(&words);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the server starts");
        let mut told = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let url = format!("http://{}", listening(&mut told));
        Server { child, told, url }
    }
}

/// Where it says that it listens.
fn listening(told: &mut impl BufRead) -> String {
    loop {
        let mut line = String::new();
        assert!(told.read_line(&mut line).expect("a line") > 0, "the server ended before it listened");
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        if let Some(address) = line["address"].as_str() {
            return address.to_owned();
        }
    }
}

impl Server {
    /// The next line that it tells.
    pub(crate) fn told(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.told.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    /// Whether it ends of itself within half a minute.
    pub(crate) fn ends(&mut self) -> bool {
        for _ in 0..300 {
            if self.child.try_wait().expect("it is ours").is_some() {
                return true;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        false
    }

    /// A signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name} is sent");
    }

    /// The end, without a warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Ends it as Ctrl-C does, and waits until it has ended.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-INT", &id]).status().expect("kill runs");
        assert!(asked.success());
        self.child.wait().expect("it ends");
    }

    /// The status and the text of an answer to plain `curl`, as people type it.
    pub(crate) fn curl(&self, folder: &Path, arguments: &[&str], path: &str) -> (String, String) {
        let mut command = Command::new("curl");
        command.current_dir(folder).args(["--silent", "--show-error", "--write-out", "\n%{http_code}"]);
        let output = command.args(arguments).arg(format!("{}{path}", self.url)).output().expect("curl runs");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let (text, status) = out.rsplit_once('\n').expect("a status");
        (status.to_owned(), text.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs an interactive-looking command with a line on its standard input.
pub(crate) fn typed(site: &Site, words: &str, line: &str) -> Run {
    let mut command = site.command(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let _ = child.stdin.take().expect("standard input is a pipe").write_all(line.as_bytes());
    Run::of(&child.wait_with_output().expect("the command ends"))
}
