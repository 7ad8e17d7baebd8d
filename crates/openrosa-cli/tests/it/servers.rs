//! `openrosa login`, `logout`, `whoami`, `forms`: servers with names, and what is fetched from them.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use super::Run;

/// A folder with settings of its own, in which the command runs.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn config(&self) -> PathBuf {
        self.path().join("config.toml")
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
        command.current_dir(self.path()).args(arguments).env("OPENROSA_CONFIG", self.config());
        // No keyring of whoever runs the tests.
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").stdin(Stdio::null());
        let output = command.envs(environment.iter().copied()).output().expect("the command runs");
        Run::of(&output)
    }
}

/// A server that answers GETs by path, and what it was asked: the request line, and `Authorization` where there is one.
fn server(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut lines = BufReader::new(&connection).lines().map_while(Result::ok);
            let line = lines.next().unwrap_or_default();
            let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let who = headers.iter().find(|header| header.to_lowercase().starts_with("authorization"));
            seen.lock().expect("no panic").push(format!("{path} {}", who.map_or("", String::as_str)));
            let (status, body) = match answer(path.split('?').next().unwrap_or_default()) {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", "there is nothing here".to_owned()),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nX-OpenRosa-Version: 1.0\r\nConnection: close\r\n");
            let _ = write!(&connection, "{head}Content-Length: {length}\r\n\r\n{body}");
        }
    });
    (address, asked)
}

const FORM: &str = "<h:html xmlns:h='http://www.w3.org/1999/xhtml'/>";

/// A server with two forms, one of which has a picture.
fn odk(picture: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let base = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&base);
    let (address, asked) = server(move |path| {
        let base = own.lock().expect("no panic").clone();
        let md5 = |text: &str| {
            use md5::{Digest, Md5};
            Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        Some(match path {
            "/p/formList" => format!(
                "<xforms xmlns='http://openrosa.org/xforms/xformsList'>
                   <xform><formID>visit</formID><name>Visit</name><version>7</version><hash>md5:{0}</hash>
                     <downloadUrl>{base}/f</downloadUrl><manifestUrl>{base}/m</manifestUrl></xform>
                   <xform><formID>../escape</formID><name>Escape</name><version/><hash>md5:{0}</hash>
                     <downloadUrl>{base}/f</downloadUrl></xform>
                   <xform><formID>lost</formID></xform>
                 </xforms>",
                md5(FORM)
            ),
            "/m" => format!(
                "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'><mediaFile><filename>a.png</filename>
                   <hash>md5:{}</hash><downloadUrl>{base}/a.png</downloadUrl></mediaFile></manifest>",
                md5("picture")
            ),
            "/f" => FORM.to_owned(),
            "/a.png" => picture.to_owned(),
            _ => return None,
        })
    });
    base.lock().expect("no panic").clone_from(&address);
    (address, asked)
}

#[test]
fn a_server_gets_a_name_and_loses_it() {
    let desk = Desk::new();
    let args = [
        "login",
        "field",
        "https://odk.example/",
        "--kind",
        "odk-central",
        "--user",
        "amina",
        "--secret-env",
        "ODK",
    ];
    let run = desk.run(&args);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r"
    added field (ODK Central)
      openrosa forms list --server field
      openrosa submit FORM --server field
    ");
    insta::assert_snapshot!(fs::read_to_string(desk.config()).expect("it is there"), @r#"
    [servers.field]
    url = "https://odk.example/"
    kind = "odk-central"
    user = "amina"
    with = "password"

    [servers.field.secret]
    env = "ODK"
    "#);
    insta::assert_snapshot!(desk.run(&["whoami"]).out, @r"
    name   kind         user   with      secret   address
    field  odk-central  amina  password  in $ODK  https://odk.example/
    ");
    assert_eq!(desk.run_with(&["whoami", "field"], &[("ODK", "secret")]).status, 0);
    let run = desk.run(&["whoami", "field"]);
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.err, @"openrosa: the environment has no `ODK` to take the secret from");
    assert_eq!(desk.run(&["logout", "field"]).status, 0);
    assert_eq!(desk.run(&["whoami"]).out, "no server has a name yet\n  openrosa login NAME URL\n");
}

#[test]
fn a_token_in_an_address_is_taken_out_of_it() {
    let desk = Desk::new();
    let token = "0123456789abcdef".repeat(4);
    let address = format!("https://odk.example/v1/key/{token}/projects/7");
    let run = desk.run(&["login", "field", &address, "--secret-env", "ODK"]);
    assert_eq!(run.status, 0, "{}", run.err);
    let kept = fs::read_to_string(desk.config()).expect("it is there");
    assert!(!kept.contains(&token) && kept.contains("project = 7"), "{kept}");
}

#[test]
fn without_a_keyring_the_remedy_is_told() {
    let desk = Desk::new();
    let token = "0123456789abcdef".repeat(4);
    let run = desk.run(&["login", "field", &format!("https://odk.example/v1/key/{token}/projects/7")]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("no keyring at hand") && run.err.contains("--secret-env"), "{}", run.err);
    assert!(!run.err.contains(&token) && !desk.config().exists(), "{}", run.err);
}

#[test]
fn what_cannot_be_done_is_said() {
    let desk = Desk::new();
    desk.run(&["login", "field", "https://odk.example/"]);
    let errors = [
        desk.run(&["login", "a", "ftp://odk.example/"]),
        desk.run(&["login", "a", "https://amina:secret@odk.example/"]),
        desk.run(&["login", "a", "https://odk.example/", "--kind", "odk"]),
        desk.run(&["login", "a", "https://odk.example/", "--with", "api-key", "--secret-stdin"]),
        desk.run(&["logout", "feild"]),
        desk.run(&["forms", "list", "--server", "feild"]),
        desk.run(&["forms", "list", "--url", "https://hq.example/a/demo", "--kind", "commcare-hq"]),
    ];
    assert!(errors.iter().all(|run| run.status == 2));
    insta::assert_snapshot!(errors.map(|run| run.err).concat(), @r"
    openrosa: no server answers at a `ftp:` address
    openrosa: the address carries credentials, which would end up in logs
      try: --user and --password-env
    openrosa: there is no kind of server `odk`
      try: openrosa, commcare-hq, odk-central, aggregate, kobotoolbox
    openrosa: an API key is somebody's
      try: --user NAME
    openrosa: no server is called `feild`
      try: `field`; all servers: openrosa whoami
    openrosa: no server is called `feild`
      try: `field`; all servers: openrosa whoami
    openrosa: CommCare HQ has no form list: its forms come with an app
      try: another --kind, if it is another server
    ");
}

#[test]
fn forms_are_listed() {
    let (address, asked) = odk("picture");
    let desk = Desk::new();
    let run = desk.run(&["forms", "list", "--url", &format!("{address}/p"), "--device-id", "d 1"]);
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.out, @r"
      form       version  name    files
      visit      7        Visit   yes
      ../escape  none     Escape  no
    2 forms
    ");
    insta::assert_snapshot!(run.err, @"openrosa: `xform` of `lost` lacks `name`, `downloadUrl`");
    assert_eq!(*asked.lock().expect("no panic"), ["/p/formList?deviceID=d%201 "]);
    let run = desk.run(&["forms", "list", "--url", &address]);
    assert_eq!(run.status, 2);
    assert_eq!(run.err, "openrosa: the server answered 404: there is nothing here\n");
}

#[test]
fn forms_are_fetched_and_then_only_what_has_changed() {
    let (address, asked) = odk("picture");
    let desk = Desk::new();
    let url = format!("{address}/p");
    let run = desk.run(&["forms", "pull", "--url", &url, "--out", "forms"]);
    insta::assert_snapshot!(run.out, @r"
    fetched     visit  2 files
    fetched     ../escape
    ");
    let read = |path: &str| fs::read_to_string(desk.path().join("forms").join(path)).expect("it is there");
    assert_eq!((read("visit.xml").as_str(), read("visit-media/a.png").as_str()), (FORM, "picture"));
    assert_eq!(read("%2E.%2Fescape.xml"), FORM);

    asked.lock().expect("no panic").clear();
    let run = desk.run(&["forms", "pull", "--url", &url, "--out", "forms", "--id", "visit", "--id", "none"]);
    insta::assert_snapshot!(run.out, @"up to date  visit");
    insta::assert_snapshot!(run.err, @r"
    openrosa: `xform` of `lost` lacks `name`, `downloadUrl`
    openrosa: the server lists no form `none`
    ");
    assert_eq!(*asked.lock().expect("no panic"), ["/p/formList ", "/m "]);
}

#[test]
fn a_file_with_another_hash_is_left_out() {
    let (address, _) = odk("damaged");
    let desk = Desk::new();
    let run =
        desk.run(&["forms", "pull", "--url", &format!("{address}/p"), "--out", "forms", "--id", "visit"]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("its file `a.png`: the file has the hash"), "{}", run.err);
    assert!(!desk.path().join("forms/visit.xml").exists(), "a form is there once what goes with it is");
}
