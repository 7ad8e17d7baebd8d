//! `openrosa serve`: forms come in over real sockets, cases go out to devices, and nothing acknowledged is lost.

use std::{fs, thread, time::Duration};

use sqlx::Connection as _;

use super::site::Site;

const VISIT: &str = "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'>\
    <h:head><h:title>Visit</h:title><model><instance><data id='visit' version='7'/></instance></model></h:head></h:html>";
const USER: &str = "user add amina --id u1 --password-env P";
const SIGNED_IN: &str = "--user amina --password-env P --allow-basic-over-http";
const CURL: [&str; 4] = ["--form", "xml_submission_file=@f1.xml", "--form", "photo.jpg=@photo.jpg"];

fn names(json: &serde_json::Value) -> (&str, &str) {
    (json["outcome"].as_str().unwrap_or_default(), json["instance_id"].as_str().unwrap_or_default())
}

#[test]
fn a_form_ends_in_its_case_whoever_sends_it() {
    let site = Site::new();
    let mut server = site.serve("");
    let (first, second) = (site.creates("f1", "c1"), site.creates("f2", "c2"));
    fs::write(site.path().join("photo.jpg"), "JPEG").expect("a file");
    site.out(&format!("submit {second} --to {}/submission", server.url));
    assert_eq!(names(&server.told()), ("new", "f2"));
    assert_eq!(first, "f1.xml");
    let (status, answer) = server.curl(site.path(), &CURL, "/submission");
    assert_eq!(status, "201", "{answer}");
    assert_eq!(names(&server.told()), ("new", "f1"));
    insta::assert_snapshot!(site.admin("case list"), @r"
      case  type     name   owner  status  modified
      c1    patient  Amina  u1     open    2026-05-01
      c2    patient  Amina  u1     open    2026-05-01
    2 cases
    ");
    site.admin("form show f1 --out got");
    assert_eq!(fs::read(site.path().join("got/files/photo.jpg")).expect("a file"), b"JPEG");
    assert_eq!(
        fs::read(site.path().join("got/form.xml")).expect("a file"),
        fs::read(site.path().join("f1.xml")).expect("a file")
    );
}

#[test]
fn users_shut_the_door_behind_them_while_the_server_runs() {
    let site = Site::new();
    let mut server = site.serve("");
    let form = site.creates("f1", "c1");
    let restore = |arguments: &[&str]| server.curl(site.path(), arguments, "/phone/restore/").0;
    assert_eq!(restore(&[]), "401", "nobody may read before there are users");
    site.admin(USER);
    assert_eq!(restore(&["--user", "amina:correct horse"]), "200");
    assert_eq!(restore(&["--user", "amina:wrong horse"]), "401");
    for path in ["/view/submissionList?formId=x", "/phone/search?case_type=patient"] {
        assert_eq!(server.curl(site.path(), &[], path).0, "401", "{path}");
    }
    let run = site.run(&format!("submit {form} --to {}/submission", server.url));
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.out, @r"
    try again   f1.xml  the server wants credentials and none are set for it: Unauthorized  (try openrosa login, or --user and --password-env)
    1 form: 1 try again
    ");
    let wrong = format!(
        "submit {form} --to {}/submission --user amina --password-env HOME --allow-basic-over-http",
        server.url
    );
    insta::assert_snapshot!(site.run(&wrong).out, @r"
    try again   f1.xml  the server refused the credentials: Unauthorized  (try openrosa login, or --user and --password-env)
    1 form: 1 try again
    ");
    site.out(&format!("submit {form} --to {}/submission {SIGNED_IN}", server.url));
    let told = server.told();
    assert_eq!((told["user"].as_str(), names(&told)), (Some("amina"), ("new", "f1")));
}

#[test]
fn a_device_and_the_server_come_to_the_same() {
    let site = Site::new();
    let server = site.serve("");
    site.admin("domain add demo");
    site.admin(&format!("{USER} --domain demo"));
    let submit = |form: &str| {
        site.out(&format!("submit {form} --to {}/a/demo/receiver/ {SIGNED_IN}", server.url));
    };
    submit(&site.creates("f1", "c1"));
    let sync = format!("sync --database dev.db --url {}/a/demo --kind commcare-hq {SIGNED_IN}", server.url);
    insta::assert_snapshot!(site.out(&sync), @"1 new case, 1 lookup table");
    let visit = site.form("f2", "c1", "<update><village>Moshi</village></update>");
    site.out(&format!("outbox --database dev.db add {visit} --apply at-once"));
    submit(&site.creates("f3", "c3"));
    insta::assert_snapshot!(site.out(&sync), @r"
    1 form sent
    1 new case
    ");
    insta::assert_snapshot!(site.admin("case show c1 --domain demo"), @r"
    c1 · patient · Amina · open
      owner_id           u1
      date_opened        2026-05-01T10:00:00Z
      last_modified      2026-05-01T10:00:00Z
      opened_by          u1
      modified_by        u1
      village            Moshi
    ");
    let checked = site.out("db --database dev.db check");
    assert!(checked.starts_with("2 cases; state hash"), "{checked}");
    let restore =
        format!("restore --url {}/a/demo --kind commcare-hq {SIGNED_IN} --out restore.xml", server.url);
    site.out(&restore);
    let restore = fs::read_to_string(site.path().join("restore.xml")).expect("a restore");
    assert!(restore.contains("case_id=\"c1\"") && restore.contains("Moshi"), "{restore}");
}

/// R-087: devices of CommCare that speak OpenRosa 3.0 are told by 422 that a form cannot be processed, others by its nature alone.
#[test]
fn devices_of_commcare_are_answered_as_commcare_hq_answers() {
    let site = Site::new();
    let server = site.serve("");
    site.admin("domain add demo");
    let form = site.form("f1", "c1", "<index><parent case_type='x'>nobody</parent></index>");
    let file = format!("xml_submission_file=@{form}");
    let version = |version: &'static str| ["--form", &file, "--header", version].map(str::to_owned);
    let ask = |arguments: [String; 4], path: &str| {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        server.curl(site.path(), &arguments, path)
    };
    assert_eq!(ask(version("X-OpenRosa-Version: 3.0"), "/a/demo/receiver/").0, "422");
    let (status, answer) = ask(version("X-OpenRosa-Version: 2.0"), "/a/demo/receiver/");
    assert_eq!((status.as_str(), answer.contains("submit_error")), ("201", true), "{answer}");
    let (status, answer) = ask(version("X-OpenRosa-Version: 1.0"), "/submission");
    assert_eq!((status.as_str(), answer.contains("submit_success")), ("202", true), "{answer}");
    let list = site.admin("form list --domain demo --state error");
    assert!(list.ends_with("1 form of domain demo\n"), "{list}");
}

#[test]
fn blank_forms_are_fetched_out_of_a_folder_that_changes() {
    let site = Site::new();
    let mut server = site.serve(" --forms forms");
    let drop =
        |name: &str, text: &str| fs::write(site.path().join("forms").join(name), text).expect("a file");
    drop("visit.xml", VISIT);
    fs::create_dir(site.path().join("forms/visit-media")).expect("a folder");
    drop("visit-media/badge.png", "PNG");
    let pull = format!("forms pull --url {} --out pulled", server.url);
    site.out(&pull);
    assert_eq!(fs::read_to_string(site.path().join("pulled/visit.xml")).expect("a form"), VISIT);
    assert_eq!(fs::read(site.path().join("pulled/visit-media/badge.png")).expect("a file"), b"PNG");
    drop("broken.xml", "<h:html>");
    site.out(&format!("forms list --url {}", server.url));
    let told = server.told();
    assert_eq!(told["event"], "form_not_handed_out");
    assert_eq!(told["file"], "forms/broken.xml");
}

/// Whoever starts it reads first where it listens; whoever looks after it finds in its log what devices do not get.
#[test]
fn a_blank_form_that_is_refused_is_told_behind_the_address_and_in_the_log() {
    let site = Site::new();
    fs::create_dir(site.path().join("forms")).expect("a folder");
    let refused = |name: &str| fs::write(site.path().join("forms").join(name), "<h:html>").expect("a file");
    refused("before.xml");
    let mut server = site.serve(" --forms forms");
    assert_eq!(server.told()["file"], "forms/before.xml", "where it listens was the line before");
    refused("meanwhile.xml");
    site.out(&format!("forms list --url {}", server.url));
    assert_eq!(server.told()["file"], "forms/meanwhile.xml");
    let is_told = |name: &str| {
        let log = fs::read_to_string(site.path().join("server.log")).expect("a log");
        log.lines().any(|line| line.contains("\"WARN\"") && line.contains(name))
    };
    for name in ["before.xml", "meanwhile.xml"] {
        let mut looks = (0..100).map(|_| thread::sleep(Duration::from_millis(50)));
        assert!(looks.any(|()| is_told(name)), "{name}");
    }
}

#[test]
fn whoever_looks_after_it_is_told_whether_it_is_well() {
    let site = Site::new();
    let server = site.serve("");
    assert_eq!(server.curl(site.path(), &[], "/health"), ("200".to_owned(), "alive".to_owned()));
    assert_eq!(server.curl(site.path(), &[], "/ready"), ("200".to_owned(), "ready".to_owned()));
    assert_eq!(server.curl(site.path(), &[], "/metrics").0, "404", "that is not told to everybody");
}

#[test]
fn behind_a_proxy_passwords_are_taken_over_https_alone() {
    let site = Site::new();
    let server = site.serve(" --behind-proxy --known-as https://forms.example.org");
    site.admin(USER);
    let amina = ["--user", "amina:correct horse"];
    assert_eq!(server.curl(site.path(), &amina, "/phone/restore/").0, "403");
    let https = [&amina[..], &["--header", "X-Forwarded-Proto: https"]].concat();
    assert_eq!(server.curl(site.path(), &https, "/phone/restore/").0, "200");
}

/// A process that dies at once has kept what it acknowledged, and a form that it did not acknowledge can come again.
#[test]
fn what_was_acknowledged_survives_the_process() {
    let site = Site::new();
    for round in 0..5 {
        let server = site.serve("");
        for form in 0..4 {
            let form = site.creates(&format!("f{round}-{form}"), &format!("c{round}-{form}"));
            site.out(&format!("submit {form} --to {}/submission", server.url));
        }
        server.kill();
    }
    assert!(site.admin("form list").ends_with("20 forms\n"));
    assert!(site.admin("case list").ends_with("20 cases\n"));
}

#[test]
fn it_says_what_it_did_and_what_comes_next() {
    let site = Site::new();
    insta::assert_snapshot!(site.greeting("serve --database server.db --listen 127.0.0.1:0"), @r"
    serving at http://127.0.0.1:PORT
      made server.db, with a folder for files, server.db-files
      no blank forms to fetch: --forms FOLDER
      for people: a page at http://127.0.0.1:PORT/
      anybody may send, no device may fetch what was sent; users change both: openrosa admin --database server.db user add NAME
      try: openrosa submit FORM.xml --to http://127.0.0.1:PORT/submission
      Ctrl-C ends it
    ");
    site.admin("domain add demo");
    site.admin("user add amina --id u1 --domain demo --password-env P");
    fs::create_dir(site.path().join("forms")).expect("a folder");
    fs::write(site.path().join("forms/visit.xml"), VISIT).expect("a file");
    fs::write(site.path().join("forms/broken.xml"), "<h:html>").expect("a file");
    let open = "serve --database server.db --listen 0.0.0.0:0 --forms forms";
    insta::assert_snapshot!(site.greeting(open), @r"
    serving at http://0.0.0.0:PORT
      0 forms, 0 cases and 1 user in server.db; files in server.db-files
      1 blank form to fetch, from forms
      CommCare's devices: http://0.0.0.0:PORT/a/demo/
      for people: a page at http://0.0.0.0:PORT/
      only users may send and read
      warning: passwords travel in the clear; start this with --certificate FILE --key FILE, or put a proxy with https in front and start this with --behind-proxy --listen 127.0.0.1:8080
      try: openrosa submit FORM.xml --to http://0.0.0.0:PORT/submission --user NAME --password-env VARIABLE --allow-basic-over-http
      Ctrl-C ends it
    ");
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_made() {
    let site = Site::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let err = site.err(&format!("serve --database other.db --listen {address}"));
    insta::assert_snapshot!(err.replace(&address.to_string(), "ADDRESS"), @r"
    openrosa: cannot listen at `ADDRESS`: Address already in use (os error 98)
      try: --listen with another address, such as 127.0.0.1:0 for any free port
    ");
    assert!(!site.path().join("other.db").exists(), "who mistyped a port has nothing to clean up");
}

#[test]
fn a_place_that_is_none_is_told() {
    let site = Site::new();
    fs::write(site.path().join("notes.txt"), "buy bread").expect("a file");
    insta::assert_snapshot!(site.err("serve --listen 127.0.0.1:0 --database notes.txt"), @r"
    openrosa: `notes.txt` is no database of this server
      try: another name: `openrosa serve` makes what is not there yet
    ");
    insta::assert_snapshot!(site.err("serve --listen 127.0.0.1:0 --database no/such/folder/server.db"), @r"
    openrosa: there is no folder `no/such/folder`
      try: another name, or make the folder first
    ");
    insta::assert_snapshot!(site.err("serve --listen 127.0.0.1:0 --database postgres://a:secret@127.0.0.1:1/b"), @r"
    openrosa: nobody says where the files of forms are to be
      try: --files FOLDER, the same for every process that works with this database
    ");
    let nobody_there = "serve --listen 127.0.0.1:0 --database postgres://a:secret@127.0.0.1:1/b --files f";
    insta::assert_snapshot!(site.err(nobody_there), @r"
    openrosa: cannot work with PostgreSQL: the database does not answer: error communicating with database: Connection refused (os error 111)
      try: start PostgreSQL there, or name a host and a port where it runs
    ");
    assert!(!site.path().join("f").exists(), "who mistyped an address has nothing to clean up");
    assert!(!site.path().join("notes.txt-files").exists());
}

/// What came then would lie half here and half there. That the files are lost for good is said by a person who knows.
#[test]
fn an_empty_place_is_none_for_a_database_whose_forms_have_files() {
    let site = Site::new();
    let server = site.serve("");
    let form = format!("xml_submission_file=@{}", site.creates("f1", "c1"));
    let sent = ["--form", &form, "--form", "photo.jpg=JPEG;filename=photo.jpg"];
    assert_eq!(server.curl(site.path(), &sent, "/submission").0, "201");
    let name = fs::read_to_string(site.path().join("server.db-files/database")).expect("a file");
    let err = site.err("serve --database server.db --files others --listen 127.0.0.1:0");
    insta::assert_snapshot!(err.replace(&name, "NAME"), @r"
    openrosa: cannot work with the files in `others`: none of the files is there that came last with forms, and nothing says that it is the place of the database NAME
      try: --files with the place where they are; if they are lost for good, mkdir -p others && echo NAME > others/database says that this is the place
    ");
    assert!(!site.path().join("others").exists(), "who mistyped a place has nothing to clean up");
    drop(server);
    // Beside the database, where they were and the marker with them.
    fs::remove_dir_all(site.path().join("server.db-files")).expect("a folder");
    for (options, place) in [(" --files others", "others"), ("", "server.db-files")] {
        let err = site.err(&format!("serve --database server.db{options} --listen 127.0.0.1:0"));
        let typed = err.split_once("lost for good, ").and_then(|(_, rest)| rest.split_once(" says that"));
        let (typed, _) = typed.expect("what to type");
        let done = std::process::Command::new("sh").args(["-c", typed]).current_dir(site.path()).status();
        assert!(done.expect("a shell").success() && site.path().join(place).is_dir(), "{typed}");
        drop(site.serve(options));
    }
}

/// Under another name it would be a new server, without users and open to anybody.
#[tokio::test]
async fn a_database_of_a_newer_version_is_told_with_the_way_back() {
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 SELECT 99, description, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    insta::assert_snapshot!(refused_after(newer).await, @r"
    openrosa: cannot open `server.db`: the database was made by a newer version of this program
      try: the version that worked with it last; to go back to this one, put back the copy from before the upgrade, with its files
    ");
}

#[tokio::test]
async fn a_database_of_another_build_is_told_so() {
    let other = "UPDATE _sqlx_migrations SET checksum = (SELECT checksum FROM _sqlx_migrations WHERE version = 1) \
                 WHERE version = 25";
    insta::assert_snapshot!(refused_after(other).await, @r"
    openrosa: cannot open `server.db`: the database was made by another build of this program, whose migration 25 is not the one here
      try: the version that worked with it last; to go back to this one, put back the copy from before the upgrade, with its files
    ");
}

/// What is said of a database in which somebody else has been, of either engine the same.
async fn refused_after(statement: &'static str) -> String {
    let mut told = Vec::new();
    let postgres = openrosa_tests::postgres::database().await;
    for database in ["server.db".to_owned()].into_iter().chain(postgres) {
        let site = Site::new();
        let words = format!("admin --database {database} --files files user list");
        drop(site.serve_at(&database, " --files files"));
        sqlx::any::install_default_drivers();
        let url = match database.contains("://") {
            true => database,
            false => format!("sqlite://{}", site.path().join(database).display()),
        };
        let mut connection = sqlx::AnyConnection::connect(&url).await.expect("a database");
        sqlx::query(statement).execute(&mut connection).await.expect("it is a change");
        connection.close().await.expect("it ends");
        told.push(site.err(&words).replace("cannot work with PostgreSQL", "cannot open `server.db`"));
    }
    told.dedup();
    told.concat()
}

#[test]
fn what_is_wrong_in_a_file_of_settings_is_told_with_its_line() {
    let site = Site::new();
    let mut told = String::new();
    for text in [
        "database = 'server.db'\n\nlissten = '127.0.0.1:0'\n",
        "listen = 5.5\n",
        "listen = 'nowhere'\n",
        "listen = \n",
        "colour = 'red'\n",
    ] {
        fs::write(site.path().join("server.toml"), text).expect("a file");
        told += &site.err("serve --config server.toml");
    }
    told += &site.err("serve --config none.toml");
    insta::assert_snapshot!(told, @r"
    openrosa: `server.toml`, line 3: there is no setting `lissten`
      try: `listen`
    openrosa: `server.toml`, line 1: `listen` cannot be that
    openrosa: `server.toml` and the command line together: invalid value 'nowhere' for '--listen <ADDRESS>': invalid socket address syntax
      try: openrosa serve --help
    openrosa: `server.toml`, line 1: string values must be quoted, expected literal string
    openrosa: `server.toml`, line 1: there is no setting `colour`
      try: the names are those of the flags: openrosa serve --help
    openrosa: cannot read `none.toml`: No such file or directory (os error 2)
      try: check the spelling; paths are relative to the current folder
    ");
}

#[test]
fn the_flag_of_a_taken_port_is_named() {
    let site = Site::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address");
    for (flags, meant) in [
        (format!("--listen {taken}"), "  try: --listen with another address"),
        (format!("--listen 127.0.0.1:0 --metrics {taken}"), "  try: --metrics with another address"),
    ] {
        let err = site.err(&format!("serve {flags}"));
        assert!(err.contains(meant), "{flags}: {err}");
    }
}
