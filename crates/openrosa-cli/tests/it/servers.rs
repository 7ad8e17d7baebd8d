//! `openrosa login`, `logout`, `whoami`: servers with names, and who comes in by them; `pull` and `push` from one to another.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use super::{Run, forms::odk};

/// A folder with settings of its own, in which the command runs.
pub(super) struct Desk(tempfile::TempDir);

impl Desk {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect("it is there")
    }

    pub(super) fn config(&self) -> PathBuf {
        self.path().join("config.toml")
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
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

/// A server that answers GETs by path.
pub(super) fn server(
    answer: impl Fn(&str) -> Option<String> + Send + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    server_of_targets(move |target| answer(target.split('?').next().unwrap_or_default()))
}

/// A server that answers GETs, and what it was asked: the target, and `Authorization` where there is one.
pub(super) fn server_of_targets(
    answer: impl Fn(&str) -> Option<String> + Send + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
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
            let (status, body) = match answer(&path) {
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
    let spaced = desk.run(&["login", "amina's server", "https://odk.example/"]);
    assert!(spaced.out.ends_with("--server 'amina'\\''s server'\n"), "{}", spaced.out);
    assert_eq!(desk.run(&["logout", "amina's server"]).status, 0);
    assert_eq!(desk.run(&["logout", "field"]).status, 0);
    assert_eq!(desk.run(&["whoami"]).out, "no server has a name yet\n  openrosa login NAME URL\n");
}

#[test]
fn servers_that_get_names_at_once_all_get_theirs() {
    let desk = Desk::new();
    let logged_in = |name: &str| desk.run(&["login", name, "https://odk.example/"]);
    thread::scope(|scope| {
        let all: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h"]
            .into_iter()
            .map(|name| scope.spawn(move || logged_in(name)))
            .collect();
        for run in all.into_iter().map(|login| login.join().expect("no panic")) {
            assert_eq!(run.status, 0, "{}", run.err);
        }
    });
    assert_eq!(desk.read("config.toml").matches("[servers.").count(), 8);
}

#[cfg(unix)]
#[test]
fn a_link_to_the_settings_stays_one() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("dotfiles")).expect("a folder");
    fs::write(desk.path().join("dotfiles/openrosa.toml"), "").expect("a file");
    std::os::unix::fs::symlink("dotfiles/openrosa.toml", desk.config()).expect("a link");
    assert_eq!(desk.run(&["login", "a", "https://odk.example/"]).status, 0);
    assert!(desk.config().is_symlink() && desk.read("dotfiles/openrosa.toml").contains("[servers.a]"));
}

/// As before a repository of settings is there at all.
#[cfg(unix)]
#[test]
fn a_link_that_leads_to_nothing_yet_stays_one() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("kept")).expect("a folder");
    std::os::unix::fs::symlink("kept/settings.toml", desk.config()).expect("a link");
    assert_eq!(desk.run(&["login", "h", "https://odk.example/"]).status, 0);
    assert!(desk.config().is_symlink() && desk.read("kept/settings.toml").contains("odk.example"));
}

/// A link to itself stands for a folder that may not be looked into, which root always may.
#[cfg(unix)]
#[test]
fn settings_that_cannot_be_looked_for_are_not_none() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("config.toml", desk.config()).expect("a link to itself");
    let run = desk.run(&["whoami"]);
    assert_eq!(run.status, 2, "{}", run.out);
    assert!(run.err.contains("OPENROSA_CONFIG"), "{}", run.err);
}

#[test]
fn a_token_in_an_address_is_taken_out_of_it() {
    let desk = Desk::new();
    let token = "0123456789abcdef".repeat(4);
    // What somebody wrote by hand, for all to read.
    let by_hand = format!("[servers.hand]\nurl = 'https://odk.example/v1/key/{token}/projects/1'\n");
    fs::write(desk.config(), by_hand).expect("a file");
    let run = desk.run(&["whoami", "hand"]);
    assert!(!run.out.contains(&token) && run.out.contains("TOKEN"), "{}", run.out);
    fs::write(desk.config(), "").expect("a file");
    for (name, address) in [
        ("app", format!("v1/key/{token}/projects/7")),
        ("behind", format!("odk/v1/key/{token}/projects/7")),
        ("draft", format!("v1/test/{token}/projects/1/forms/f/draft")),
        ("link", format!("v1/projects/1?st={token}")),
        ("form", format!("v1/key/{token}/projects/7/forms/x")),
        ("short", format!("v1/key/{token}")),
        ("kobo", format!("collector/{token}")),
    ] {
        let run =
            desk.run(&["login", name, &format!("https://odk.example/{address}"), "--secret-env", "ODK"]);
        assert_eq!(run.status, 0, "{address}: {}", run.err);
    }
    let kept = desk.read("config.toml");
    assert!(!kept.contains(&token) && kept.contains("project = 7"), "{kept}");
    insta::assert_snapshot!(desk.run(&["whoami"]).out, @r"
    name    kind         user    with                  secret   address
    app     odk-central  nobody  token in the address  in $ODK  https://odk.example/ project 7
    behind  odk-central  nobody  token in the address  in $ODK  https://odk.example/odk/v1/key/TOKEN/projects/7
    draft   odk-central  nobody  token in the address  in $ODK  https://odk.example/v1/test/TOKEN/projects/1/for…
    form    odk-central  nobody  token in the address  in $ODK  https://odk.example/v1/key/TOKEN/projects/7/form…
    kobo    openrosa     nobody  token in the address  in $ODK  https://odk.example/collector/TOKEN
    link    odk-central  nobody  token in the address  in $ODK  https://odk.example/v1/projects/1?st=TOKEN
    short   odk-central  nobody  token in the address  in $ODK  https://odk.example/v1/key/TOKEN
    ");
    let two = format!("https://odk.example/v1/key/{token}/projects/7?st=other");
    insta::assert_snapshot!(desk.run(&["login", "two", &two, "--secret-env", "ODK"]).err, @r"
    openrosa: the address carries several tokens, and one is kept for a server
      try: the address with one of them
    ");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(desk.config()).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    }
}

#[test]
fn no_secret_in_the_settings_is_shown() {
    let desk = Desk::new();
    let told = |settings: &str, arguments: &[&str]| {
        fs::write(desk.config(), settings).expect("a file");
        let run = desk.run(arguments);
        let told = run.out + &run.err;
        assert!(!told.contains("s3cret"), "{told}");
        told.replace(&desk.path().display().to_string(), "")
    };
    let address = "[servers.h]\nurl = 'https://amina:s3cret@odk.example/'\n";
    assert!(told(address, &["whoami"]).contains("https://odk.example/"));
    insta::assert_snapshot!(told(address, &["forms", "list", "--server", "h"]), @r"
    openrosa: the address carries credentials, which would end up in logs
      try: openrosa login h URL
    ");
    let value = "[servers.h]\nurl = 'https://odk.example/'\nsecret = 's3cret'\n";
    insta::assert_snapshot!(told(value, &["whoami"]), @r#"
    openrosa: cannot read `/config.toml`: line 3, `secret`, is not what settings have: expected `keyring` or `env`
      try: "keyring" or { env = "VARIABLE" }; no secret stands in the file
    "#);
    insta::assert_snapshot!(told("[servers.h]\nurl = 's3cret'\n", &["whoami"]), @"openrosa: cannot read `/config.toml`: line 2, `url`, is not what settings have");
    insta::assert_snapshot!(told("[servers.h]\npassword = 's3cret'\n", &["whoami"]), @"openrosa: cannot read `/config.toml`: line 2, `password`, is not what settings have: expected one of `url`, `kind`, `user`, `with`, `project`, `secret`");
    insta::assert_snapshot!(told("[servers.h]\nurl = 'https://h'\nwith = 's3cret'\n", &["whoami"]), @"openrosa: cannot read `/config.toml`: line 3, `with`, is not what settings have: expected one of `password`, `api-key`, `bearer`, `address-token`");
    insta::assert_snapshot!(told("[servers.h]\nkind = 's3cret'\n", &["whoami"]), @"openrosa: cannot read `/config.toml`: line 1 is not what settings have: missing field `url`");
    insta::assert_snapshot!(told("[servers.h]\ns3cret\n", &["whoami"]), @"openrosa: cannot read `/config.toml`: line 2 is not what settings have");
}

#[test]
fn a_token_goes_back_to_its_place_when_it_is_used() {
    let (address, asked) = odk("picture");
    let desk = Desk::new();
    for (name, path) in [("kobo", "p/collector/t0ken"), ("link", "p?st=t0ken%2B")] {
        desk.run(&["login", name, &format!("{address}/{path}"), "--secret-env", "TOKEN"]);
    }
    desk.run_with(&["forms", "list", "--server", "kobo"], &[("TOKEN", "t0ken")]);
    desk.run_with(&["forms", "list", "--server", "link"], &[("TOKEN", "t0ken+")]);
    let asked = asked.lock().expect("no panic");
    assert_eq!(*asked, ["/p/collector/t0ken/formList ", "/p/formList?st=t0ken%2B "]);
}

/// The server of an app user may stand behind a proxy that puts something before its paths.
#[test]
fn an_app_user_comes_in_below_the_address_of_the_server() {
    let (address, asked) = odk("picture");
    let desk = Desk::new();
    let token = "0123456789abcdef".repeat(4);
    let login = ["--with", "address-token", "--project", "7", "--secret-env", "TOKEN"];
    desk.run(&[&["login", "h", &format!("{address}/odk")], &login[..]].concat());
    desk.run_with(&["forms", "list", "--server", "h"], &[("TOKEN", &token)]);
    assert_eq!(*asked.lock().expect("no panic"), [format!("/odk/v1/key/{token}/projects/7/formList ")]);
}

/// As where settings were taken to another machine.
#[test]
fn what_a_keyring_elsewhere_keeps_can_be_forgotten_here() {
    let desk = Desk::new();
    let settings = "[servers.k]\nurl = 'https://odk.example/'\nuser = 'amina'\nsecret = 'keyring'\n";
    fs::write(desk.config(), settings).expect("a file");
    let run = desk.run(&["forms", "list", "--server", "k"]);
    let again = "  try: openrosa login --user amina --secret-env VARIABLE k https://odk.example/\n";
    assert!(run.err.ends_with(again), "{}", run.err);
    let run = desk.run(&["logout", "k"]);
    assert_eq!((run.status, run.out.as_str()), (2, "forgot k\n"));
    assert!(
        run.err.starts_with("openrosa: its secret may still be in the keyring: this system has no keyring"),
        "{}",
        run.err
    );
    assert!(desk.run(&["whoami"]).out.starts_with("no server has a name yet"));
}

#[test]
fn a_project_is_of_an_app_user() {
    let desk = Desk::new();
    let login = ["login", "p", "https://odk.example/", "--kind", "odk-central", "--project", "3"];
    let run = desk.run(&[&login[..], &["--user", "amina", "--secret-env", "PATH"]].concat());
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @r"
    openrosa: --project is for an app user whose address names none
      try: an address that ends in /v1/projects/3, without --project
    ");
    let token = "0123456789abcdef".repeat(4);
    let address = format!("https://odk.example/v1/key/{token}/projects/7");
    let run = desk.run(&["login", "p", &address, "--project", "8", "--secret-env", "T"]);
    assert_eq!(run.status, 2, "{}", run.out);
    assert_eq!(run.err, "openrosa: the address is of project 7, and --project says 8\n");
    let address = format!("https://odk.example/collector/{token}/submission?st={token}");
    let run = desk.run(&["login", "p", &address, "--project", "8", "--secret-env", "T"]);
    assert_eq!(run.status, 2, "{}", run.out);
    assert!(run.err.contains("whose address names none") && !run.err.contains(&token), "{}", run.err);
}

#[test]
fn settings_without_a_name_are_where_they_would_be_without_any() {
    let desk = Desk::new();
    let places = desk.path().display().to_string();
    let login = ["login", "h", "https://odk.example/", "--user", "amina", "--secret-env", "PATH"];
    let environment = [("OPENROSA_CONFIG", ""), ("XDG_CONFIG_HOME", &places), ("HOME", &places)];
    assert_eq!(desk.run_with(&login, &environment).status, 0);
    let settings = std::env::consts::OS == "linux";
    assert!(!settings || desk.path().join("openrosa/config.toml").exists());
    assert!(!desk.path().join(".config.toml.lock").exists());
}

#[test]
fn without_a_keyring_the_remedy_is_told() {
    let desk = Desk::new();
    let token = "0123456789abcdef".repeat(4);
    let run = desk.run(&["login", "field", &format!("https://odk.example/v1/key/{token}/projects/7")]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("no keyring at hand") && run.err.contains("--secret-env"), "{}", run.err);
    assert!(!run.err.contains(&token) && !desk.config().exists(), "{}", run.err);
    // Before a secret is typed in vain.
    let run = desk.run(&["login", "field", "https://odk.example", "--user", "amina"]);
    assert!(run.err.starts_with("openrosa: this system has no keyring at hand"), "{}", run.err);
}

/// Whoever copies the line has typed what was typed before, and nothing of it is lost.
#[test]
fn the_login_without_a_keyring_says_all_that_was_said() {
    let desk = Desk::new();
    let token = "0123456789abcdef".repeat(4);
    for (words, advised) in [
        (
            "hq https://hq.example/a/demo --kind commcare-hq --user ada@example.org --with api-key",
            "--kind commcare-hq --user ada@example.org --with api-key --secret-env VARIABLE hq https://hq.example/a/demo",
        ),
        (
            &*format!("field https://odk.example/v1/key/{token}/projects/7"),
            "--kind odk-central --with address-token --project 7 --secret-env VARIABLE field https://odk.example/",
        ),
        (
            &format!("kobo https://kc.example/collector/{token}/"),
            "--with address-token --secret-env VARIABLE kobo https://kc.example/collector/TOKEN/",
        ),
    ] {
        let login =
            |words: &str| desk.run(&["login"].into_iter().chain(words.split(' ')).collect::<Vec<_>>());
        let run = login(words);
        let remedy = format!("  try: openrosa login {advised}, which keeps it out of any store\n");
        assert!(run.status == 2 && run.err.ends_with(&remedy), "{}", run.err);
        assert_eq!(login(advised).status, 0, "{advised}");
    }
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
        desk.run(&["login", "a", "https://odk.example/", "--with", "address-token", "--secret-env", "T"]),
        desk.run(&["logout", "feild"]),
        desk.run(&["forms", "list", "--server", "feild"]),
        desk.run(&["forms", "list", "--url", "https://hq.example/a/demo", "--kind", "commcare-hq"]),
    ];
    assert!(errors.iter().all(|run| run.status == 2));
    insta::assert_snapshot!(errors.map(|run| run.err).concat(), @r"
    openrosa: no server answers at a `ftp:` address
    openrosa: the address carries credentials, which would end up in logs
      try: an address without them, and --user NAME
    openrosa: there is no kind of server `odk`
      try: openrosa, commcare-hq, odk-central, aggregate, kobotoolbox
    openrosa: an API key is somebody's
      try: --user NAME
    openrosa: an app user works in a project
      try: --project NUMBER, or the address that ODK Central shows for the app user
    openrosa: no server is called `feild`
      try: `field`; all servers: openrosa whoami
    openrosa: no server is called `feild`
      try: `field`; all servers: openrosa whoami
    openrosa: CommCare HQ has no form list: its forms come with an app
      try: another --kind, if it is another server
    ");
}

#[test]
fn who_looks_or_forgets_is_not_asked_to_sign_in() {
    let desk = Desk::new();
    for words in ["whoami", "logout"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(desk.run(&[words, "nosuch"]).err, @"
            openrosa: no server is called `nosuch`
              try: openrosa whoami
            ");
        }
    }
    insta::assert_snapshot!(desk.run(&["forms", "list", "--server", "nosuch"]).err, @"
    openrosa: no server is called `nosuch`
      try: openrosa login nosuch URL
    ");
}

/// A name is one way to say which server, and an address is the other.
#[test]
fn both_ways_to_a_server_are_named() {
    let desk = Desk::new();
    for (words, ways) in [
        (&["sync"][..], "<--server <NAME>|--url <URL>>"),
        (&["submit", "visit.xml"], "<--to <URL>|--server <NAME>>"),
        (&["hq", "list", "groups"], "<--server <NAME>|--url <URL>>"),
    ] {
        let run = desk.run(words);
        assert!(run.status == 2 && run.err.contains(ways), "{words:?}: {}", run.err);
    }
    let both = desk.run(&["sync", "--server", "field", "--url", "http://127.0.0.1:9/"]);
    assert!(both.status == 2 && both.err.contains("cannot be used with"), "{}", both.err);
}

/// A Briefcase server with three submissions on two pages, the second of which cannot be had as long as `broken` is set.
fn briefcase(broken: &Arc<Mutex<bool>>) -> (String, Arc<Mutex<Vec<String>>>) {
    let (base, broken) = (Arc::new(Mutex::new(String::new())), Arc::clone(broken));
    let own = Arc::clone(&base);
    let form = "<h:html xmlns:h='http://www.w3.org/1999/xhtml' xmlns='http://www.w3.org/2002/xforms'><h:head>\
        <model><instance><visit id='visit' version='7'/></instance></model></h:head><h:body/></h:html>";
    let (address, asked) = server_of_targets(move |target| {
        let base = own.lock().expect("no panic").clone();
        let path = target.split('?').next().unwrap_or_default();
        let submission = |id: &str, file: &str| {
            format!(
                "<submission xmlns='http://opendatakit.org/submissions'><data><visit xmlns='' id='visit' version='7'
                 instanceID='{id}'><weight>12</weight></visit></data>{file}</submission>"
            )
        };
        Some(match path {
            "/formList" => format!(
                "<xforms xmlns='http://openrosa.org/xforms/xformsList'><xform><formID>visit</formID><name>Visit</name>
                   <version>7</version><hash>md5:{}</hash><downloadUrl>{base}/f</downloadUrl></xform></xforms>",
                md5_of(form)
            ),
            "/f" => form.to_owned(),
            "/view/submissionList" => match target.contains("cursor=2") {
                false => "<idChunk xmlns='http://opendatakit.org/submissions'><idList><id>uuid:1</id><id>uuid:2</id></idList>
                    <resumptionCursor>2</resumptionCursor></idChunk>"
                    .to_owned(),
                true => "<idChunk xmlns='http://opendatakit.org/submissions'><idList><id>a/../b</id></idList></idChunk>".to_owned(),
            },
            "/view/downloadSubmission" if target.contains("uuid%3A2") => {
                if *broken.lock().expect("no panic") {
                    return None;
                }
                submission("uuid:2", "")
            }
            "/view/downloadSubmission" if target.contains("uuid%3A1") => {
                let file = format!(
                    "<mediaFile><filename>1.jpg</filename><hash>md5:{}</hash><downloadUrl>{base}/1.jpg</downloadUrl></mediaFile>",
                    md5_of("photo")
                );
                submission("uuid:1", &file)
            }
            "/view/downloadSubmission" => submission("a/../b", ""),
            "/1.jpg" => "photo".to_owned(),
            _ => return None,
        })
    });
    base.lock().expect("no panic").clone_from(&address);
    (address, asked)
}

#[test]
fn submissions_are_pulled_and_the_pull_goes_on_where_it_ended() {
    let broken = Arc::new(Mutex::new(true));
    let (address, asked) = briefcase(&broken);
    let desk = Desk::new();
    let args = ["pull", "--url", &address, "--form", "visit", "--out", "visits"];
    let run = desk.run(&args);
    assert_eq!((run.status, run.out.as_str()), (1, "2 submissions fetched into visits\n"));
    insta::assert_snapshot!(run.err, @r"
    openrosa: uuid:2: the server answered 404: there is nothing here
    openrosa: what the server lists and does not have is asked for each time; --give-up-gone gives it up
    ");
    let read = |path: &str| fs::read_to_string(desk.path().join("visits").join(path)).expect("it is there");
    assert!(read("submissions/uuid%3A1/submission.xml").contains("<weight>12</weight>"));
    assert_eq!(read("submissions/uuid%3A1/1.jpg"), "photo");
    assert!(read("submissions/a%2F..%2Fb/submission.xml").contains("a/../b"));

    *broken.lock().expect("no panic") = false;
    asked.lock().expect("no panic").clear();
    let run = desk.run(&args);
    assert_eq!((run.status, run.out.as_str()), (0, "1 submission fetched into visits\n"), "{}", run.err);
    let downloads = |asked: &Mutex<Vec<String>>| {
        asked.lock().expect("no panic").iter().filter(|line| line.contains("downloadSubmission")).count()
    };
    assert_eq!(downloads(&asked), 2, "what was missed, and the page at which it ended");
    assert!(
        !asked.lock().expect("no panic").iter().any(|line| line.contains("/1.jpg")),
        "files that are there"
    );
    assert!(read("pull.json").contains("\"cursor\":\"2\""), "{}", read("pull.json"));

    let run = desk.run(&["pull", "--url", &address, "--form", "none", "--out", "none"]);
    assert_eq!((run.status, run.err.as_str()), (2, "openrosa: the server lists no form `none`\n"));
}

#[test]
fn what_was_pulled_can_be_pushed() {
    let (address, _) = briefcase(&Arc::new(Mutex::new(false)));
    let desk = Desk::new();
    desk.run(&["pull", "--url", &address, "--form", "visit", "--out", "visits"]);
    let posts = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&posts);
    let envelope = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Thanks.</message></OpenRosaResponse>";
    let target = taking(move |line| taken.lock().expect("no panic").push(line.to_owned()), envelope);
    let run = desk.run(&["push", "visits", "--url", &target]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    assert!(run.out.starts_with("form        Thanks.\n"), "{}", run.out);
    assert!(run.out.ends_with("3 forms: 3 delivered\n"), "{}", run.out);
    let posts = posts.lock().expect("no panic");
    assert_eq!(posts.iter().filter(|line| *line == "POST /formUpload").count(), 1);
    assert_eq!(posts.iter().filter(|line| *line == "POST /submission").count(), 3);
}

pub(super) fn md5_of(text: &str) -> String {
    use md5::{Digest, Md5};
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server that takes whatever is posted to it; `seen` is told method and path.
fn taking(seen: impl Fn(&str) + Send + 'static, envelope: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut reader = BufReader::new(&connection);
            let (mut line, mut length) = (String::new(), 0);
            let _ = reader.read_line(&mut line);
            loop {
                let mut header = String::new();
                if reader.read_line(&mut header).unwrap_or(0) <= 2 {
                    break;
                }
                if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
            }
            let _ = std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink());
            let what: Vec<&str> = line.split([' ', '?']).take(2).collect();
            seen(&what.join(" "));
            let (status, body) =
                if line.starts_with("HEAD") { ("204 No Content", "") } else { ("201 Created", envelope) };
            let length =
                if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
            let head =
                format!("HTTP/1.1 {status}\r\nX-OpenRosa-Version: 1.0\r\nConnection: close\r\n{length}");
            let _ = write!(&connection, "{head}\r\n{body}");
        }
    });
    address
}

/// Runs the command against a real Secret Service, one that is there for this test alone.
#[test]
fn a_secret_is_kept_in_the_keyring_of_the_system() {
    for program in ["dbus-run-session", "gnome-keyring-daemon"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
        if !found.is_ok_and(|found| found.status.success()) {
            eprintln!("SKIPPED, no {program} here: a secret in a real keyring");
            return;
        }
    }
    let desk = Desk::new();
    for folder in ["run", "home/.cache", "home/.local/share/keyrings"] {
        fs::create_dir_all(desk.path().join(folder)).expect("a folder");
    }
    let lost = "[servers.lost]\nurl = 'https://odk.example/'\nuser = 'amina'\nsecret = 'keyring'\n";
    fs::write(desk.config(), lost).expect("a file is written");
    fs::write(desk.path().join("before.toml"), lost.replace("lost", "field")).expect("a file is written");
    let script = "echo unlock | gnome-keyring-daemon --unlock --components=secrets --control-directory=run >&2
        printf '%s\n' 'the secret' | $OPENROSA login field https://odk.example --user amina --secret-stdin || exit 10
        $OPENROSA whoami field || exit 11
        echo | $OPENROSA login field https://odk.example --user amina --secret-stdin; test $? = 2 || exit 16
        $OPENROSA login field https://odk.example --user amina --secret-env ODK || exit 14
        OPENROSA_CONFIG=before.toml $OPENROSA whoami field; test $? = 1 || exit 15
        $OPENROSA logout field || exit 12
        $OPENROSA whoami lost; test $? = 1 || exit 13";
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .current_dir(desk.path())
        .env("OPENROSA", env!("CARGO_BIN_EXE_openrosa"))
        .env("OPENROSA_CONFIG", desk.config())
        .env("HOME", desk.path().join("home"))
        .env("XDG_RUNTIME_DIR", desk.path().join("run"))
        .output()
        .expect("a session starts");
    let run = Run::of(&output);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    assert!(run.err.contains("openrosa: the password is empty\n"), "{}", run.err);
    assert!(run.out.contains("in the keyring") && !run.out.contains("the secret"), "{}", run.out);
    for name in ["lost", "field"] {
        assert!(
            run.err.contains(&format!("the keyring does not give the secret for `{name}`")),
            "{}",
            run.err
        );
    }
    assert!(!fs::read_to_string(desk.config()).expect("it is there").contains("the secret"));
}
