//! A folder with a database, and a server for it to talk to.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use super::Run;

/// The envelope of a server that has saved a form.
pub(crate) const SAVED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Saved.</message></OpenRosaResponse>";

/// A folder with a database, in which the command runs.
pub(crate) struct Desk(tempfile::TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn form(&self, name: &str, id: &str, inside: &str) {
        let xml = format!(
            "<data xmlns='http://example.org/visit'>{inside}<meta><instanceID>uuid:{id}</instanceID></meta></data>"
        );
        fs::write(self.path().join(name), xml).expect("a file");
    }

    /// Runs `openrosa` with these words.
    pub(crate) fn run(&self, words: &str) -> Run {
        self.run_knowing(words, "device.db")
    }

    pub(crate) fn run_knowing(&self, words: &str, database: &str) -> Run {
        Run::of(&self.command(words, database).output().expect("the command runs"))
    }

    /// Starts `openrosa` with these words; what it says is not heard.
    pub(crate) fn start(&self, words: &str) -> Child {
        let mut command = self.command(words, "device.db");
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command runs")
    }

    fn command(&self, words: &str, database: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
        command.current_dir(self.path()).args(words.split(' ')).stdin(Stdio::null());
        command.env("OPENROSA_CONFIG", self.path().join("config.toml")).env("OPENROSA_DATABASE", database);
        command
    }

    /// What it printed, if it ended so and said nothing else.
    pub(crate) fn out(&self, words: &str, status: i32) -> String {
        let run = self.run(words);
        assert_eq!((run.status, run.err.as_str()), (status, ""), "{words}: {}", run.out);
        run.out
    }
}

/// A server that answers each request by its method; where it is.
pub(crate) fn server(mut answer: impl FnMut(&str) -> (u16, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let request = read(&mut connection);
            let (status, body) = match request.split(' ').next().unwrap_or_default() {
                "HEAD" => (204, String::new()),
                method => answer(method),
            };
            let head = format!(
                "HTTP/1.1 {status} Status\r\nX-OpenRosa-Version: 1.0\r\nRetry-After: 90\r\nConnection: close\r\n"
            );
            let _ = write!(connection, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    address
}

/// A request to its last byte.
fn read(connection: &mut impl Read) -> String {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match connection.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(read) => request.extend_from_slice(&chunk[..read]),
        }
    }
}
