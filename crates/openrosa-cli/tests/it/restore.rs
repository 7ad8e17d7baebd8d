//! `openrosa restore`: what is saved or summed up, and what is said where none comes.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Child, Command},
    thread,
};

use super::{
    forms::FORM,
    servers::{Desk, server_of_targets},
};

#[test]
fn a_restore_is_saved_or_summed_up() {
    let payload = "<OpenRosaResponse xmlns='http://openrosa.org/http/response' items='3'>\
        <message nature='ota_restore_success'>Welcome</message>\
        <Sync xmlns='http://commcarehq.org/sync'><restore_id>token-2</restore_id></Sync>\
        <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2026-05-01'>\
        <create><case_type>patient</case_type><case_name>Juma</case_name><owner_id>u</owner_id></create></case>\
        </OpenRosaResponse>";
    let (address, asked) = server_of_targets(move |target| {
        target.starts_with("/a/demo/phone/restore/").then(|| payload.to_owned())
    });
    let desk = Desk::new();
    let url = format!("{address}/a/demo");
    let args = ["restore", "--url", &url, "--kind", "commcare-hq"];
    let run =
        desk.run(&[&args[..], &["--out", "r.xml", "--since", "token-1", "--state", "ccsh:ab"]].concat());
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r"
    3 items, 423 B saved in r.xml
      what is new since then: --since token-2
    ");
    assert_eq!(fs::read_to_string(desk.path().join("r.xml")).expect("it is there"), payload);
    let target = asked.lock().expect("no panic")[0].clone();
    assert!(
        target.contains("since=token-1")
            && target.contains("state=ccsh%3Aab")
            && target.contains("items=true"),
        "{target}"
    );
    let run = desk.run(&args);
    assert_eq!(run.status, 0);
    let begin = "3 items, 423 B\n  what is new since then: --since token-2\nwhat the server sent · 423 bytes · restore\n";
    assert!(run.out.starts_with(begin) && run.out.contains("patient"), "{}", run.out);

    let before = fs::read_dir(desk.path()).expect("a folder").count();
    let run = desk.run(&["restore", "--url", &address, "--kind", "commcare-hq", "--out", "none.xml"]);
    assert_eq!(
        (run.status, run.err.as_str()),
        (2, "openrosa: the server answered 404: there is nothing here\n")
    );
    assert_eq!(fs::read_dir(desk.path()).expect("a folder").count(), before, "nothing is left behind");
    let run = desk.run(&["restore", "--url", &url]);
    assert_eq!(run.status, 2);
    assert!(
        run.err.contains("try: --kind commcare-hq"),
        "the address of a project is no restore: {}",
        run.err
    );
}

const EMPTY: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
    <Sync xmlns='http://commcarehq.org/sync'><restore_id>t</restore_id></Sync></OpenRosaResponse>";

/// A link goes on leading where it led, also where nothing is yet; a pipe or a device is nobody's to replace.
#[cfg(unix)]
#[test]
fn what_lies_at_the_place_of_a_restore_stays_what_it_is() {
    let desk = Desk::new();
    let url = saying("200 OK".to_owned(), EMPTY);
    let save = |out: &str| desk.run(&["restore", "--url", &url, "--out", out]);
    fs::create_dir(desk.path().join("far")).expect("a folder");
    for (link, end) in [("one.xml", "far/r.xml"), ("two.xml", "one.xml"), ("new.xml", "far/new.xml")] {
        std::os::unix::fs::symlink(end, desk.path().join(link)).expect("a link");
        assert_eq!(save(link).status, 0);
        assert!(desk.path().join(link).is_symlink() && desk.read(link) == EMPTY, "{link}");
    }
    assert!(!desk.path().join("far/r.xml").is_symlink() && desk.read("far/new.xml") == EMPTY);
    let pipe = Command::new("mkfifo").arg(desk.path().join("pipe")).status();
    assert!(pipe.expect("it runs").success());
    let run = save("pipe");
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"openrosa: cannot write `pipe`: it is there, and is no file");
    assert!(!fs::metadata(desk.path().join("pipe")).expect("it is there").is_file());
}

/// Who may put something into a folder and not look into it has put it there.
#[cfg(target_os = "linux")]
#[test]
fn a_restore_in_a_folder_that_only_takes_is_there() {
    use std::os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    };
    let desk = Desk::new();
    let url = saying("200 OK".to_owned(), EMPTY);
    let place = desk.path().join("box");
    fs::create_dir(&place).expect("a folder");
    let mut restore = Command::new(env!("CARGO_BIN_EXE_openrosa"));
    restore.current_dir("/").args(["restore", "--url", &url, "--out"]).arg(place.join("r.xml"));
    restore.env("OPENROSA_CONFIG", "/nonexistent/config.toml");
    // Root may look everywhere.
    const NOBODY: u32 = 65534;
    if fs::metadata(&place).expect("it is there").uid() == 0 {
        fs::set_permissions(desk.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        chown(&place, Some(NOBODY), Some(NOBODY)).expect("root may");
        restore.uid(NOBODY).gid(NOBODY);
    }
    fs::set_permissions(&place, fs::Permissions::from_mode(0o300)).expect("it is ours");
    let output = restore.output().expect("nobody may run it, too");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).expect("it is ours");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("--since t"), "{out}{err}");
    assert_eq!(fs::read_to_string(place.join("r.xml")).expect("it is there"), EMPTY);
}

/// A restore names patients. Whoever stops one has no half of it.
#[cfg(unix)]
#[test]
fn who_stops_a_restore_finds_nothing_of_it() {
    let desk = Desk::new();
    let before = things_in(&desk);
    let (mut restore, _silent) = restore_that_waits(&desk, "exec \"$@\"");
    tell(&restore, "-TERM");
    assert_eq!(restore.wait().expect("it is ours").code(), Some(143));
    assert_eq!(things_in(&desk), before);
}

/// A script has what it starts in the background ignore Ctrl-C, which is for what runs before it.
#[cfg(target_os = "linux")]
#[test]
fn who_was_told_to_ignore_a_signal_goes_on() {
    let desk = Desk::new();
    let (mut restore, _silent) = restore_that_waits(&desk, "trap '' INT; exec \"$@\"");
    tell(&restore, "-INT");
    thread::sleep(std::time::Duration::from_millis(300));
    assert!(restore.try_wait().expect("it is ours").is_none());
    tell(&restore, "-TERM");
    assert_eq!(restore.wait().expect("it is ours").code(), Some(143));
}

#[cfg(unix)]
fn things_in(desk: &Desk) -> usize {
    fs::read_dir(desk.path()).expect("a folder").count()
}

/// A restore that has begun, from a server that does not answer, started by a shell so.
#[cfg(unix)]
fn restore_that_waits(desk: &Desk, shell: &str) -> (Child, TcpListener) {
    let before = things_in(desk);
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let mut restore = Command::new("sh");
    restore.args(["-c", shell, "sh", env!("CARGO_BIN_EXE_openrosa")]);
    restore.current_dir(desk.path()).args(["restore", "--url", &url, "--out", "r.xml"]);
    let mut restore = restore.env("OPENROSA_CONFIG", desk.config()).spawn().expect("it starts");
    while things_in(desk) == before {
        assert!(restore.try_wait().expect("it is ours").is_none(), "it waits for an answer");
        thread::yield_now();
    }
    (restore, silent)
}

#[cfg(unix)]
fn tell(process: &Child, signal: &str) {
    let told = Command::new("kill").args([signal, &process.id().to_string()]).status();
    assert!(told.expect("kill runs").success());
}

/// R-026: how long a server wants to be left alone is told, and no wait is claimed that was none.
#[test]
fn a_restore_that_does_not_come_says_when_to_ask_again() {
    let desk = Desk::new();
    let pending = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message nature='ota_restore_pending'>\
        Wait</message><Sync xmlns='http://commcarehq.org/sync'><progress done='3' total='10' retry-after='900'/></Sync>\
        </OpenRosaResponse>";
    let told = [("202 Accepted", pending), ("429 Too Many Requests", ""), ("503 Service Unavailable", "")]
        .map(|(status, body)| {
            let address = saying(format!("{status}\r\nRetry-After: 900"), body);
            let run = desk.run(&["restore", "--url", &address, "--out", "r.xml", "--patience", "5"]);
            assert_eq!(run.status, 2);
            run.err
        });
    insta::assert_snapshot!(told.concat(), @r"
    openrosa: the server is still making the restore and wants to be asked again in 15 min, which is more than is left of --patience
      try: a larger --patience, or the same again in 15 min
    openrosa: the server answered 429: Too Many Requests
      try: the same again in 15 min, and not before
    openrosa: the server answered 503: Service Unavailable
      try: the same again in 15 min, and not before
    ");
}

/// R-026, as above.
#[test]
fn what_a_server_does_not_do_says_what_helps() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("visit")).expect("a folder");
    fs::write(desk.path().join("visit/form.xml"), FORM).expect("a file");
    let mut told = String::new();
    for (status, body) in [("503 Service Unavailable", ""), ("401 Unauthorized", "not you")] {
        for words in [&["forms", "list"][..], &["forms", "pull", "--out", "forms"], &["push", "visit"]] {
            let address = saying(format!("{status}\r\nRetry-After: 900"), body);
            let run = desk.run(&[words, &["--url", &address]].concat());
            // What was to be sent is undelivered; what was to be fetched was not begun.
            assert_eq!(run.status, if words[0] == "push" { 1 } else { 2 }, "{words:?}: {}", run.err);
            told += &run.err;
        }
    }
    insta::assert_snapshot!(told, @"
    openrosa: the server answered 503: Service Unavailable
      try: the same again in 15 min, and not before
    openrosa: the server answered 503: Service Unavailable
      try: the same again in 15 min, and not before
    openrosa: the form: the server answered 503: Service Unavailable
      try: the same again in 15 min, and not before
    openrosa: the server wants credentials and none are set for it: not you
      try: openrosa login, or --user and --password-env
    openrosa: the server wants credentials and none are set for it: not you
      try: openrosa login, or --user and --password-env
    openrosa: the form: the server wants credentials and none are set for it: Unauthorized
      try: openrosa login, or --user and --password-env
    ");
}

/// A server that says one thing.
fn saying(head: String, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let lines = BufReader::new(&connection).lines().map_while(Result::ok);
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let length = body.len();
            let _ = write!(
                &connection,
                "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
        }
    });
    address
}
