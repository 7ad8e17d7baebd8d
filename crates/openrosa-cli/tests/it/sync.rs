//! `openrosa sync`, `openrosa db`, and `openrosa cases` on a database.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use super::Run;

/// A folder with a database, in which the command runs.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, words: &str) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
        command.current_dir(self.path()).args(words.split(' ')).stdin(Stdio::null());
        command.env("OPENROSA_CONFIG", self.path().join("config.toml"));
        command.env("OPENROSA_DATABASE", "amina.db");
        Run::of(&command.output().expect("the command runs"))
    }

    /// What it printed, if it ended so and said nothing else.
    fn out(&self, words: &str, status: i32) -> String {
        let run = self.run(words);
        assert_eq!((run.status, run.err.as_str()), (status, ""), "{words}: {}", run.out);
        run.out
    }

    fn form(&self, name: &str, id: &str) {
        let xml = format!(
            "<data xmlns='http://example.org/visit'>{}
               <meta xmlns='http://openrosa.org/jr/xforms'><instanceID>uuid:{id}</instanceID></meta></data>",
            case(id, "u1")
        );
        fs::write(self.path().join(name), xml).expect("a file");
    }
}

fn case(id: &str, owner: &str) -> String {
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2026-05-01'>
           <create><case_type>patient</case_type><case_name>Neema</case_name><owner_id>{owner}</owner_id></create></case>"
    )
}

fn restore(token: &str, items: &str) -> String {
    format!(
        "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>
           <Sync xmlns='http://commcarehq.org/sync'><restore_id>{token}</restore_id></Sync>
           <Registration xmlns='http://openrosa.org/user/registration'><username>amina</username><password/>
             <uuid>u1</uuid><date/><user_data/></Registration>{items}</OpenRosaResponse>"
    )
}

const SAVED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Saved.</message></OpenRosaResponse>";

/// A server that answers the GETs in turn, and every POST with this status.
fn server(restores: Vec<(u16, String)>, posts: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/restore", listener.local_addr().expect("an address"));
    let mut restores = restores.into_iter();
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let (status, body) = match &*method(&mut connection) {
                "HEAD" => (204, String::new()),
                "POST" => (posts, SAVED.to_owned()),
                _ => restores.next().expect("a restore is foreseen"),
            };
            let head = format!(
                "HTTP/1.1 {status} Status\r\nX-OpenRosa-Version: 1.0\r\nRetry-After: 90\r\nConnection: close\r\n"
            );
            let _ = write!(connection, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    address
}

/// The method of a request, which is read to its last byte.
fn method(connection: &mut TcpStream) -> String {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return head.split(' ').next().unwrap_or_default().to_owned();
            }
        }
        let read = connection.read(&mut chunk).expect("a request");
        if read == 0 {
            return String::new();
        }
        request.extend_from_slice(&chunk[..read]);
    }
}

#[test]
fn a_phone_and_its_server() {
    let desk = Desk::new();
    let second = format!("{}{}", case("b", "u1"), case("c", "u9"));
    let url = server(
        vec![
            (200, restore("t1", &case("a", "u1"))),
            (200, restore("t2", &second)),
            (412, String::new()),
            (200, restore("t3", "")),
        ],
        201,
    );
    insta::assert_snapshot!(desk.out(&format!("sync --url {url}"), 0), @"1 new case");
    insta::assert_snapshot!(desk.out("db check", 0), @"
    1 case; state hash ccsh:0cc175b9c0f1b6a831c399e269772661
    in step with its server as of token t1
    ");
    desk.form("visit.xml", "d");
    insta::assert_snapshot!(desk.out("outbox add visit.xml --apply at-once", 0), @"   1  kept         visit.xml");
    insta::assert_snapshot!(desk.out("cases --state amina.db", 0), @"
      case  type     name   owner  status  modified    on the phone
      a     patient  Neema  u1     open    2026-05-01  yes
      d     patient  Neema  u1     open    2026-05-01  yes
    2 cases, 2 open, in the database by the rules of the device
    ");
    insta::assert_snapshot!(desk.out(&format!("sync --url {url}"), 0), @"
    1 form sent
    2 new cases
    1 case dropped that no longer belongs here
    ");
    insta::assert_snapshot!(desk.out(&format!("sync --url {url}"), 0), @"
    everything was fetched anew, in the place of what was there
    nothing new
    ");
    insta::assert_snapshot!(desk.out("db check", 0), @"
    0 cases; state hash ccsh:
    in step with its server as of token t3
    ");
    assert!(desk.out("db compact", 0).ends_with("given back\n"));
}

#[test]
fn forms_that_are_left_come_first() {
    let desk = Desk::new();
    desk.form("visit.xml", "d");
    desk.out("outbox add visit.xml --apply at-once", 0);
    let url = server(vec![(200, restore("t1", &case("a", "u1")))], 500);
    insta::assert_snapshot!(desk.out(&format!("sync --url {url}"), 1), @"
    nothing was fetched, since the server does not have all forms yet
    1 form still to be sent: openrosa outbox list
    ");
    insta::assert_snapshot!(desk.out(&format!("sync --force --url {url}"), 1), @"
    1 new case
    1 form still to be sent: openrosa outbox list
    ");
    assert_eq!(
        desk.out("cases --state amina.db", 0).lines().count(),
        4,
        "what the form did is there as well"
    );
}

#[test]
fn a_busy_server_is_told() {
    let desk = Desk::new();
    let url = server(vec![(503, String::new())], 201);
    let out = desk.out(&format!("sync --url {url}"), 1);
    assert!(out.starts_with("the server is too busy and wants to be left alone for"), "{out}");
}

#[test]
fn a_restore_that_cannot_be_applied_is_told() {
    let desk = Desk::new();
    let broken = restore("t1", "<case case_id='x' date_modified='2026-05-01'><close/></case>");
    let run = desk.run(&format!("sync --url {}", server(vec![(200, broken)], 201)));
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"
    openrosa: case `x` is not known, so `close` cannot be applied
      try: openrosa restore --out FILE, then openrosa check FILE
    ");
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let desk = Desk::new();
    fs::write(desk.path().join("amina.db"), "a".repeat(4000)).expect("a file");
    let run = desk.run("db check");
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"openrosa: `amina.db` is no database of a device");
}
