//! `openrosa admin`, on a database in which there is something.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::site::{Site, typed};

/// A site in which two forms have made two cases, and a third has changed one.
fn site() -> Site {
    let site = Site::new();
    let server = site.serve("");
    let visit = "<update><village>Moshi</village><age>8</age></update>";
    for form in [site.creates("f1", "c1"), site.creates("f2", "c2"), site.form("f3", "c1", visit)] {
        site.out(&format!("submit {form} --to {}/submission", server.url));
    }
    site
}

/// Times, which are of today.
fn timeless(text: &str) -> String {
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&today) {
        out += before;
        out += "TODAY";
        let clock =
            after.chars().take_while(|c| c.is_ascii_digit() || " :T.Z".contains(*c)).collect::<String>();
        rest = after.strip_prefix(clock.trim_end()).unwrap_or(after);
    }
    out + rest
}

#[test]
fn users_come_and_go() {
    let site = site();
    insta::assert_snapshot!(site.admin("user list"), @"0 users");
    insta::assert_snapshot!(site.admin("user add amina --id u1 --group team --password-env P"), @"added amina, with the id u1");
    let run = typed(&site, "admin --database server.db user add bahati --id u2 --password-stdin", "s3cret\n");
    assert_eq!(run.status, 0, "{}", run.err);
    site.admin("user join bahati team --called Kibaha");
    site.admin("user leave amina team");
    let again = site.run("admin --database server.db user leave amina team");
    assert_eq!((again.status, again.out.as_str()), (1, "amina was not in team\n"), "{}", again.err);
    insta::assert_snapshot!(site.admin("user deactivate amina"), @"amina may not work any more");
    insta::assert_snapshot!(timeless(&site.admin("user list")), @r"
      user    id  groups  status    since
      amina   u1          inactive  TODAY
      bahati  u2  team    active    TODAY
    2 users
    ");
    site.admin("user activate amina");
    insta::assert_snapshot!(site.admin("user data amina first_name=Amina village=Kibaha"), @"amina has 2 values for its device");
    insta::assert_snapshot!(site.admin("user data amina"), @"amina has 0 values for its device");
    site.admin("user password amina --password-env HOME");
    let err = |words: &str| site.err(&format!("admin --database server.db {words}"));
    let mut told = err("user add amina --password-env P");
    told += &err("user password nobody --password-env P");
    told += &err("user add eve --password-env NOT_THERE_AT_ALL");
    told += &err("user add eve --domain demo --password-env P");
    told += &typed(&site, "admin --database server.db user add eve --password-stdin", "\n").err;
    insta::assert_snapshot!(told, @r"
    openrosa: there is a user `amina` already
      try: openrosa admin --database server.db user password amina
    openrosa: there is no user `nobody`
      try: openrosa admin --database server.db user list
    openrosa: the environment has no `NOT_THERE_AT_ALL` to take the password from
    openrosa: there is no domain `demo`
      try: openrosa admin --database server.db domain list
    openrosa: the password is empty
    ");
}

/// What is typed at a terminal shows again after a password was asked for, however that came to its end.
#[cfg(target_os = "linux")]
#[test]
fn who_stops_at_a_password_gets_the_terminal_back() {
    if !Command::new("script").arg("--version").output().is_ok_and(|found| found.status.success()) {
        eprintln!("SKIPPED, no script here: a password at a terminal");
        return;
    }
    let site = Site::new();
    site.serve("").stop();
    let asking = "tty > tty; stty -a > before
        sh -c 'echo $$ > pid; exec $OPENROSA admin --database server.db user add amina'; echo $? > status
        stty -a > after";
    let read = |name: &str| fs::read_to_string(site.path().join(name)).unwrap_or_default();
    for (how, status) in [("", "130\n"), ("INT", "130\n"), ("TERM", "143\n")] {
        let mut terminal = Command::new("script")
            .args(["--quiet", "--command", asking, "/dev/null"])
            .current_dir(site.path())
            .env("OPENROSA", env!("CARGO_BIN_EXE_openrosa"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a terminal");
        let shows = || {
            let told =
                Command::new("stty").args(["-a", "-F", read("tty").trim()]).output().expect("stty runs");
            !String::from_utf8_lossy(&told.stdout).contains("-echo ")
        };
        while read("pid").is_empty() || shows() {
            assert!(terminal.try_wait().expect("it is ours").is_none(), "{how}: it asks");
            sleep(Duration::from_millis(20));
        }
        match how {
            "" => terminal.stdin.as_mut().expect("it is a pipe").write_all(b"\x03").expect("it is typed"),
            _ => assert!(
                Command::new("kill").args(["-s", how, read("pid").trim()]).status().unwrap().success()
            ),
        }
        terminal.wait().expect("it ends");
        assert_eq!((read("status"), read("after")), (status.to_owned(), read("before")), "{how}");
        for name in ["tty", "pid"] {
            fs::remove_file(site.path().join(name)).expect("it is there");
        }
    }
}

#[test]
fn domains_are_added() {
    let site = site();
    insta::assert_snapshot!(site.admin("domain add demo"), @r"
    added domain demo: devices send to /a/demo/receiver/
      next: openrosa admin --database server.db user add NAME --domain demo
    ");
    insta::assert_snapshot!(site.admin("domain add demo"), @"there is a domain demo already");
    insta::assert_snapshot!(site.admin("domain list"), @r"
    (none)  for addresses without a domain
    demo  below /a/demo/
    ");
    site.admin("user add amina --id u1 --domain demo --password-env P");
    assert!(site.admin("user list").starts_with("0 users"));
    let advised = ["user add amina --password-env P", "user staff nobody"]
        .map(|command| site.err(&format!("admin --database server.db {command} --domain demo")));
    insta::assert_snapshot!(advised.concat(), @r"
    openrosa: there is a user `amina` already
      try: openrosa admin --database server.db user password amina --domain demo
    openrosa: there is no user `nobody`
      try: openrosa admin --database server.db user list --domain demo
    ");
    for name in [".", ".."] {
        let refused = site.err(&format!("admin --database server.db domain add {name}"));
        assert!(refused.contains("cannot stand in an address"), "{refused}");
    }
    insta::assert_snapshot!(site.err("admin --database server.db domain add a/b"), @r"
    openrosa: `a/b` cannot stand in an address as it is
      try: letters, digits, `-`, `_` and `.`
    ");
}

#[test]
fn devices_are_listed_as_they_were_last_heard_of() {
    let site = site();
    insta::assert_snapshot!(site.admin("devices"), @"0 devices");
    site.admin("domain add demo");
    for user in ["amina", "bahati"] {
        site.admin(&format!("user add {user} --id of-{user} --domain demo --password-env P"));
    }
    let server = site.serve("");
    let beat = |user: &str, told: &str| {
        let path = format!("/a/demo/phone/heartbeat/b1/?app_id=app{told}");
        let user = format!("{user}:{}", super::site::PASSWORD);
        assert_eq!(server.curl(site.path(), &["--user", &user], &path).0, "200");
    };
    let synced = "&last_sync_time=2024-05-02T09:00:00.000%2B03:00";
    beat("bahati", "&device_id=d2");
    beat("amina", &format!("&device_id=d%1B1&app_version=7&cc_version=2.55&num_unsent_forms=3{synced}"));
    beat("amina", "&device_id=d3&app_version=8&num_unsent_forms=0&num_quarantined_forms=2");
    insta::assert_snapshot!(timeless(&site.admin("devices --domain demo")), @r"
      heard of          user    device    app  version  CommCare  synced                         unsent
      TODAY  amina   d3        app        8                                           0, 2 refused
      TODAY  amina   d\u{1b}1  app        7  2.55      2024-05-02T09:00:00.000+03:00  3
      TODAY  bahati  d2        app
    3 devices of domain demo
    ");
    let json = site.admin("devices --domain demo --json");
    let mut lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for line in &mut lines {
        assert!(line["heard_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
        line["heard_at"] = "".into();
    }
    assert_eq!(lines.len(), 3);
    insta::assert_snapshot!(lines[1], @r#"{"user":"amina","user_id":"of-amina","device_id":"d\u001b1","app_id":"app","build_id":"b1","app_version":7,"commcare_version":"2.55","heard_at":"","synced_at":"2024-05-02T09:00:00.000+03:00","unsent":3,"quarantined":null}"#);
    insta::assert_snapshot!(site.err("admin --database server.db devices --domain other"), @r"
    openrosa: there is no domain `other`
      try: openrosa admin --database server.db domain list
    ");
}

#[test]
fn forms_are_set_aside_and_come_back() {
    let site = site();
    insta::assert_snapshot!(timeless(&site.admin("form list")), @r"
      received          instance  form                      state   user  reason
      TODAY  f1        http://example.org/visit  normal
      TODAY  f2        http://example.org/visit  normal
      TODAY  f3        http://example.org/visit  normal
    3 forms
    ");
    insta::assert_snapshot!(site.admin("form archive f3"), @"form f3 archived: 2 changes");
    assert!(site.admin("case show c1").contains("Kibaha"), "what it did is undone");
    insta::assert_snapshot!(timeless(&site.admin("form list --state archived")), @r"
      received          instance  form                      state     user  reason
      TODAY  f3        http://example.org/visit  archived
    1 form
    ");
    insta::assert_snapshot!(site.admin("form restore f3"), @"form f3 counts again: 2 changes");
    assert!(site.admin("case show c1").contains("Moshi"));
    insta::assert_snapshot!(site.admin("case rebuild c1"), @"case c1 made anew: 0 changes");
    insta::assert_snapshot!(site.admin("form restore f3"), @"form f3 counts again: 0 changes");
    let mut told = site.err("admin --database server.db form archive f9");
    told += &site.err("admin --database server.db form show f9");
    told += &site.err("admin --database server.db case show c9");
    insta::assert_snapshot!(told, @r"
    openrosa: there is no form `f9`
      try: openrosa admin --database server.db form list
    openrosa: there is no form `f9`
      try: openrosa admin --database server.db form list
    openrosa: there is no case `c9`
      try: openrosa admin --database server.db case list
    ");
    let more = site.admin("form list --limit 1");
    let export = "openrosa admin --database server.db export forms --to FILE";
    assert!(more.ends_with(&format!("there are more: --limit NUMBER, or {export}\n")), "{more}");
}

/// A program that asks for JSON gets it of whatever it has done.
#[test]
fn what_is_done_is_told_to_programs_too() {
    let site = site();
    let tell = |words: &str| {
        let told = site.admin(&format!("--json {words}"));
        told.lines().for_each(|line| assert!(line.starts_with('{'), "{words}: {told}"));
        told
    };
    insta::assert_snapshot!(tell("domain add demo"), @r#"{"domain":"demo","new":true}"#);
    insta::assert_snapshot!(tell("domain set --domain demo --close-extensions yes"), @r#"{"domain":"demo","close_extensions":true}"#);
    let users = [
        "add amina --id u1 --group team --password-env P",
        "staff amina",
        "unstaff amina",
        "join amina more",
        "leave amina team",
        "password amina --password-env P",
        "data amina first_name=Amina note=a=b",
        "data amina village=",
        "deactivate amina",
    ];
    let told = users.map(|words| timeless(&tell(&format!("user {words}"))).replace("TODAY", "")).concat();
    insta::assert_snapshot!(told, @r#"
    {"user":"amina","user_id":"u1","groups":["team"],"active":true,"staff":false,"data":{},"joined_at":""}
    {"user":"amina","user_id":"u1","groups":["team"],"active":true,"staff":true,"data":{},"joined_at":""}
    {"user":"amina","user_id":"u1","groups":["team"],"active":true,"staff":false,"data":{},"joined_at":""}
    {"user":"amina","user_id":"u1","groups":["more","team"],"active":true,"staff":false,"data":{},"joined_at":""}
    {"user":"amina","user_id":"u1","groups":["more"],"active":true,"staff":false,"data":{},"joined_at":""}
    {"user":"amina","user_id":"u1","groups":["more"],"active":true,"staff":false,"data":{},"joined_at":""}
    {"user":"amina","user_id":"u1","groups":["more"],"active":true,"staff":false,"data":{"first_name":"Amina","note":"a=b"},"joined_at":""}
    {"user":"amina","user_id":"u1","groups":["more"],"active":true,"staff":false,"data":{"village":""},"joined_at":""}
    {"user":"amina","user_id":"u1","groups":["more"],"active":false,"staff":false,"data":{"village":""},"joined_at":""}
    "#);
    assert!(tell("user activate amina").contains(r#""active":true"#));
    insta::assert_snapshot!(tell("form archive f3"), @r#"{"instance_id":"f3","state":"archived","changes":2}"#);
    insta::assert_snapshot!(tell("form restore f3"), @r#"{"instance_id":"f3","state":"normal","changes":2}"#);
    insta::assert_snapshot!(tell("case rebuild c1"), @r#"{"case_id":"c1","changes":0}"#);
    assert!(tell("form show f3").contains(r#""xml":"<"#));
    assert!(tell("form show f3 --out f3").ends_with(",\"files\":[]}\n"));
    insta::assert_snapshot!(tell("tidy --forget-devices 63"), @r#"
    {"restores_forgotten":0}
    {"files_removed":0,"files_left":0}
    "#);
    insta::assert_snapshot!(tell("export forms --to forms.ndjson"), @r#"{"file":"forms.ndjson","forms":3}"#);
    insta::assert_snapshot!(tell("export cases --to cases.csv"), @r#"{"file":"cases.csv","cases":2,"columns":2}"#);
    assert!(tell("backup copy.db").starts_with(r#"{"file":"copy.db","bytes":"#));
}

#[test]
fn no_device_is_older_than_a_hundred_years() {
    let refused = site().err("admin --database server.db tidy --forget-devices 96900000");
    assert!(refused.contains("96900000 is not in 0..=36500"), "{refused}");
}

#[test]
fn what_has_no_folder_is_not_begun() {
    let site = site();
    let err = |words: &str| site.err(&format!("admin --database server.db {words}"));
    insta::assert_snapshot!(err("backup nowhere/b.db") + &err("export cases --to nowhere/c.csv"), @r"
    openrosa: cannot write `nowhere/b.db`: there is no folder for it
      try: make `nowhere` first
    openrosa: cannot write `nowhere/c.csv`: there is no folder for it
      try: make `nowhere` first
    ");
}

#[test]
fn what_was_received_is_exported() {
    let site = site();
    insta::assert_snapshot!(site.admin("export cases --to cases.csv"), @"2 cases in cases.csv, with 2 columns for answers");
    let read = |name: &str| fs::read_to_string(site.path().join(name)).expect("a file");
    insta::assert_snapshot!(read("cases.csv"), @r"
    case_id,case_type,case_name,owner_id,external_id,status,date_opened,opened_by,last_modified,modified_by,closed_on,closed_by,age,village
    c1,patient,Amina,u1,,open,2026-05-01T10:00:00Z,u1,2026-05-01T10:00:00Z,u1,,,8,Moshi
    c2,patient,Amina,u1,,open,2026-05-01T10:00:00Z,u1,2026-05-01T10:00:00Z,u1,,,,Kibaha
    ");
    insta::assert_snapshot!(site.admin("export forms --to forms.csv"), @"3 forms in forms.csv, with 14 columns for answers");
    insta::assert_snapshot!(timeless(&read("forms.csv")), @r"
    received_on,instance_id,form_id,version,state,reason,replaces,user,device_id,app_id,files,form.@version,form.@xmlns,form.age,form.case.@case_id,form.case.@user_id,form.case.@date_modified,form.case.@xmlns,form.case.create.case_type,form.case.create.case_name,form.case.create.owner_id,form.case.update.village,form.meta.instanceID,form.#type,form.case.update.age
    TODAY,f1,http://example.org/visit,7,normal,,,,,,,7,http://example.org/visit,7,c1,u1,2026-05-01T10:00:00.000000Z,http://commcarehq.org/case/transaction/v2,patient,Amina,u1,Kibaha,f1,data,
    TODAY,f2,http://example.org/visit,7,normal,,,,,,,7,http://example.org/visit,7,c2,u1,2026-05-01T10:00:00.000000Z,http://commcarehq.org/case/transaction/v2,patient,Amina,u1,Kibaha,f2,data,
    TODAY,f3,http://example.org/visit,7,normal,,,,,,,7,http://example.org/visit,7,c1,u1,2026-05-01T10:00:00.000000Z,http://commcarehq.org/case/transaction/v2,,,,Moshi,f3,data,8
    ");
    site.admin("export forms --to forms.ndjson");
    let lines: Vec<serde_json::Value> =
        read("forms.ndjson").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), lines[0]["form"]["age"].as_str()), (3, Some("7")));
    site.admin("export cases --type patient --to cases.db");
    let err = |words: &str| site.err(&format!("admin --database server.db export {words}"));
    let mut told = err("cases --to cases.csv");
    told += &err("cases --to cases.xlsx");
    told += &err("cases --form x --to more.csv");
    insta::assert_snapshot!(told, @r"
    openrosa: `cases.csv` is there already
      try: another name, or remove it first
    openrosa: `cases.xlsx` does not say what it is to be
      try: a name that ends in .ndjson, .csv or .db
    openrosa: --form, --user and --state are for forms; cases have --type and --owner
    ");
}

/// What is made beside its place goes with the command, and of one that was killed with the next.
#[cfg(unix)]
#[test]
fn nothing_stays_beside_an_export_or_a_copy() {
    let site = site();
    let left = site.path().join(".openrosa-making-killed");
    for words in
        ["export forms --to a.ndjson", "export forms --to a.csv", "export cases --to a.db", "backup b.db"]
    {
        fs::create_dir(&left).expect("a folder");
        site.admin(words);
        let names = fs::read_dir(site.path()).expect("a folder").flatten().map(|entry| entry.file_name());
        let hidden: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with(".openrosa")).collect();
        assert!(hidden.is_empty(), "{words}: {hidden:?}");
    }
}

#[tokio::test]
async fn a_database_of_cases_is_asked_by_sql() {
    use sqlx::ConnectOptions as _;
    let site = site();
    site.admin("export cases --to cases.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(site.path().join("cases.db"));
    let mut connection = options.connect().await.expect("a database");
    let rows =
        sqlx::query_as("SELECT case_id, village, json ->> '$.properties.age' FROM cases ORDER BY case_id");
    let rows: Vec<(String, String, Option<String>)> = rows.fetch_all(&mut connection).await.expect("rows");
    let row = |case: &str, village: &str, age: Option<&str>| {
        (case.to_owned(), village.to_owned(), age.map(str::to_owned))
    };
    assert_eq!(rows, [row("c1", "Moshi", Some("8")), row("c2", "Kibaha", None)]);
}

/// As of a server from before places said whose they are, of whose files only what broke off is left.
#[test]
fn a_place_of_nobody_is_told_with_what_makes_it_ones_own() {
    let site = site();
    let place = site.path().join("server.db-files");
    let left = place.join("0123456789abcdef0123456789abcdef");
    fs::remove_file(place.join("database")).expect("a file");
    fs::write(&left, "half a photo").expect("a file");
    drop(site.serve(""));
    insta::assert_snapshot!(site.err("admin --database server.db tidy"), @r"
    openrosa: nothing says that the files there are this database's, and none is removed
      try: --files as `openrosa serve` has it; if that is the place, nothing in it is this database's: move away what lies there, and start the server anew, whose place it is then
    ");
    fs::rename(left, site.path().join("left")).expect("a file");
    drop(site.serve(""));
    assert_eq!(site.admin("tidy"), "0 files removed that belonged to no form\n");
}

/// Of forms that have come since, perhaps, of which a copy does not know.
#[cfg(unix)]
#[test]
fn files_of_which_nothing_is_known_yet_are_left_and_told() {
    let site = site();
    let place = site.path().join("server.db-files");
    let broken = |name: &str, days: u64| {
        let file = fs::File::create(place.join(name)).expect("a file");
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 24 * 3600);
        file.set_modified(then).expect("a time");
    };
    broken("0123456789abcdef0123456789abcdef", 10);
    broken("fedcba9876543210fedcba9876543210", 4);
    let address = format!("sqlite://{}", site.path().join("server.db").display());
    let week = "UPDATE forms SET received_at = received_at - 5 * 86400000000";
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect(&address).await.expect("a database");
        sqlx::query(week).execute(&pool).await.expect("it is a change");
        pool.close().await;
    });
    insta::assert_snapshot!(site.admin("tidy"), @r"
    1 file removed that belonged to no form
    1 file left that came after the last form here or in the day before it: they may be of forms that another copy of this database has received, and go when a form has come here a day after them
    ");
}

#[test]
fn a_copy_is_made_while_the_server_runs() {
    let site = site();
    let server = site.serve("");
    let told = site.admin("backup copy.db");
    assert!(told.starts_with("copied to copy.db ("), "{told}");
    assert!(told.ends_with("now copy server.db-files as well: the files of forms are in there\n"), "{told}");
    let after = site.creates("f4", "c4");
    site.out(&format!("submit {after} --to {}/submission", server.url));
    assert!(site.out("admin --database copy.db form list").ends_with("3 forms\n"));
    assert!(
        !site.path().join("copy.db-files").exists(),
        "who looks into a copy makes no place for its files"
    );
    insta::assert_snapshot!(site.err("admin --database copy.db tidy"), @r"
    openrosa: there is no folder `copy.db-files`
      try: --files as `openrosa serve` has it
    ");
    insta::assert_snapshot!(site.err("admin --database postgres://a:secret@127.0.0.1:1/b backup x.db"), @r"
    openrosa: PostgreSQL is backed up by its own tools
      try: pg_dump --format=custom DATABASE, and then a copy of the folder of files
    ");
    insta::assert_snapshot!(site.err("admin --database server.db backup copy.db"), @r"
    openrosa: `copy.db` is there already
      try: a name that is not there yet
    ");
    insta::assert_snapshot!(site.admin("tidy --forget-devices 63"), @r"
    0 restores forgotten
    0 files removed that belonged to no form
    ");
}

/// What was done to it is not known: the tables may be those of no version.
#[tokio::test]
async fn a_database_of_no_version_has_a_way_back() {
    let site = site();
    let address = format!("sqlite://{}", site.path().join("server.db").display());
    let pool = sqlx::SqlitePool::connect(&address).await.expect("a database");
    let mut told = String::new();
    for done in [
        "UPDATE _sqlx_migrations SET success = 0 WHERE version = 28",
        "UPDATE _sqlx_migrations SET success = 1",
        "DELETE FROM _sqlx_migrations WHERE version = 25",
    ] {
        sqlx::query(done).execute(&pool).await.expect("a table of migrations");
        told += &site.run("admin --database server.db form list").err;
    }
    insta::assert_snapshot!(told, @r"
    openrosa: cannot open `server.db`: migration 28 of the tables cannot be made: it was begun, and has not ended
      try: the copy from before the upgrade, put back with its files
    openrosa: cannot open `server.db`: migration 25 of the tables cannot be made: error returned from database: (code: 1) table identity already exists
      try: the copy from before the upgrade, put back with its files
    ");
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    let site = Site::new();
    insta::assert_snapshot!(site.err("admin --database server.db user list"), @r"
    openrosa: there is no database `server.db`
      try: openrosa serve --database server.db, which makes it
    ");
    insta::assert_snapshot!(site.err("admin user list"), @r"
    openrosa: there is no database `openrosa-server.db`
      try: openrosa serve, which makes it
    ");
    assert_eq!(fs::read_dir(site.path()).expect("a folder").count(), 0);
}

#[test]
fn what_is_in_quarantine_is_looked_at_and_let_in() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    let odd = site.creates("f1", "c1");
    let text = fs::read_to_string(site.path().join(&odd)).expect("a form");
    // A device would refuse this block; CommCare HQ takes the present time.
    fs::write(site.path().join(&odd), text.replace("date_modified='2026-05-01T10:00:00Z'", ""))
        .expect("a file");
    site.out(&format!("submit {odd} --to {}/submission", server.url));
    assert!(site.admin("case list").ends_with("0 cases\n"));
    insta::assert_snapshot!(timeless(&site.admin("form list --state quarantined")), @r"
      received          instance  form                      state        user  reason
      TODAY  f1        http://example.org/visit  quarantined        line 1, column 65: the block has no `date_modifi…
    1 form
      what is in quarantine has no effect yet; look at it: openrosa admin --database server.db form show ID
      and let it in: openrosa admin --database server.db form release ID
    ");
    insta::assert_snapshot!(site.err("admin --database server.db form archive f1"), @r"
    openrosa: form `f1` has no effect to take back: it is in quarantine, for somebody to look at
      try: openrosa admin --database server.db form show f1, to look at it; openrosa admin --database server.db form release f1, to let it in
    ");
    insta::assert_snapshot!(site.admin("form release f1"), @"form f1 counts: 2 changes");
    assert!(site.admin("case list").ends_with("1 case\n"));
    insta::assert_snapshot!(site.err("admin --database server.db form release f1"), @"openrosa: form `f1` does not wait to be let in: it counts");
}

/// Whoever cannot do a thing with a form is told why, and what can be done.
#[test]
fn what_cannot_be_done_with_a_form_is_told_with_what_can() {
    let site = Site::new();
    let server = site.serve("");
    let send = |form: &str| site.out(&format!("submit {form} --to {}/submission", server.url));
    let edit = site.form("f2", "c1", "<update><village>Moshi</village></update>");
    let text = fs::read_to_string(site.path().join(&edit)).expect("a form");
    let of = "</instanceID><deprecatedID>f1</deprecatedID>";
    fs::write(site.path().join(&edit), text.replace("</instanceID>", of)).expect("a file");
    send(&site.creates("f1", "c1"));
    send(&edit);
    site.run(&format!(
        "submit {} --to {}/submission",
        site.form("f3", "c3", "<index><parent case_type='x'>nobody</parent></index>"),
        server.url
    ));
    site.admin("form archive f2");
    let tried = ["archive f3", "restore f3", "archive f1", "release f1", "release f2"];
    let told = tried.map(|words| site.err(&format!("admin --database server.db form {words}")));
    insta::assert_snapshot!(told.concat(), @r"
    openrosa: form `f3` has no effect to take back: the rules of cases do not allow what it says
      try: openrosa admin --database server.db form show f3, to look at it; openrosa admin --database server.db form release f3, to try it again
    openrosa: form `f3` was not set aside: the rules of cases do not allow what it says
      try: openrosa admin --database server.db form show f3, to look at it; openrosa admin --database server.db form release f3, to try it again
    openrosa: form `f1` has no effect to take back: an edit took its place
      try: look at the edit, which has an id of its own: openrosa admin --database server.db form list
    openrosa: form `f1` does not wait to be let in: an edit took its place
      try: look at the edit, which has an id of its own: openrosa admin --database server.db form list
    openrosa: form `f2` does not wait to be let in: it was set aside
      try: openrosa admin --database server.db form restore f2, and it counts again
    ");
}

/// Devices make ids up, and two blank forms may have an instance of one: nobody but who asks knows which is meant.
#[test]
fn which_of_several_forms_of_one_id_is_meant_has_to_be_said() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    let send = |form: &str| site.out(&format!("submit {form} --to {}/submission", server.url));
    send(&site.creates("f1", "c1"));
    let other = site.creates("f1", "c2");
    let text = fs::read_to_string(site.path().join(&other)).expect("a form");
    let text = text.replace("http://example.org/visit", "http://example.org/birth");
    fs::write(site.path().join(&other), text.replace("date_modified='2026-05-01T10:00:00Z'", ""))
        .expect("a file");
    send(&other);
    for way in ["show", "archive", "restore", "release"] {
        let told = site.err(&format!("admin --database server.db form {way} f1"));
        assert_eq!(
            told,
            "openrosa: several blank forms have an instance `f1`: `http://example.org/visit`, `http://example.org/birth`\n  \
             try: --form http://example.org/visit, or --form http://example.org/birth\n",
            "{way}"
        );
    }
    assert!(site.admin("form list --state normal").ends_with("1 form\n"), "nothing was done to either");
    assert!(site.admin("form show --form http://example.org/birth f1").contains("http://example.org/birth"));
    assert!(site.admin("form archive f1 --form http://example.org/visit").starts_with("form f1 archived: "));
    assert!(site.admin("form list --state archived").contains("http://example.org/visit"));
    insta::assert_snapshot!(site.err("admin --database server.db form archive f1 --form http://example.org/birth"), @r"
    openrosa: form `f1` has no effect to take back: it is in quarantine, for somebody to look at
      try: openrosa admin --database server.db form show --form http://example.org/birth f1, to look at it; openrosa admin --database server.db form release --form http://example.org/birth f1, to let it in
    ");
    insta::assert_snapshot!(site.err("admin --database server.db form show f1 --form http://example.org/death"), @r"
    openrosa: there is no form `f1` of the blank form `http://example.org/death`
      try: openrosa admin --database server.db form list
    ");
}

/// What is advised can be typed as it stands, also where files are not beside the database; and who leaves the place out is told
/// which file is missed.
#[test]
fn what_is_advised_names_the_place_of_files() {
    let site = Site::new();
    let greeting = site.greeting("serve --database other.db --files others --listen 127.0.0.1:0");
    assert!(
        greeting.contains("openrosa admin --database other.db --files others user add NAME"),
        "{greeting}"
    );

    let server = site.serve(" --check quarantine --files photos");
    let odd = site.creates("f1", "c1");
    let text = fs::read_to_string(site.path().join(&odd)).expect("a form");
    fs::write(site.path().join(&odd), text.replace("date_modified='2026-05-01T10:00:00Z'", ""))
        .expect("a file");
    fs::write(site.path().join("1.jpg"), "JPEG").expect("a file");
    site.out(&format!("submit {odd} --attach 1.jpg --to {}/submission", server.url));
    let listed = site.admin("--files photos form list");
    assert!(
        listed.ends_with(
            "look at it: openrosa admin --database server.db --files photos form show ID\n  \
             and let it in: openrosa admin --database server.db --files photos form release ID\n"
        ),
        "{listed}"
    );
    assert!(site.admin("form show f1").contains("<age>7</age>"), "the form itself is in the database");
    insta::assert_snapshot!(site.err("admin --database server.db form show f1 --out shown"), @r"
    openrosa: the file `1.jpg` of form `f1` is not in the place of files, which is `server.db-files`
      try: --files as `openrosa serve` has it
    ");
    assert!(!site.path().join("shown").exists());
    site.admin("--files photos form show f1 --out shown");
    assert_eq!(fs::read(site.path().join("shown/files/1.jpg")).expect("a file"), b"JPEG");
}

#[test]
fn what_is_in_stock_is_listed_and_exported() {
    let site = Site::new();
    let server = site.serve("");
    let form = site.creates("f1", "c1");
    let text = fs::read_to_string(site.path().join(&form)).expect("a form");
    let stock = "</case><balance xmlns='http://commcarehq.org/ledger/v1' entity-id='c1' date='2026-05-01' \
                 section-id='stock'><entry id='p1' quantity='9'/><entry id='p2' quantity='-2.5'/></balance>";
    fs::write(site.path().join(&form), text.replace("</case>", stock)).expect("a file");
    site.out(&format!("submit {form} --to {}/submission", server.url));
    site.out(&format!("submit {} --to {}/submission", site.creates("f2", "c2"), server.url));
    insta::assert_snapshot!(site.admin("stock list c1"), @r"
      section  product  quantity
      stock    p1              9
      stock    p2           -2.5
    2 balances at case c1
    ");
    insta::assert_snapshot!(site.admin("stock list c1 --json"), @r#"
    {"case_id":"c1","section_id":"stock","entry_id":"p1","quantity":"9"}
    {"case_id":"c1","section_id":"stock","entry_id":"p2","quantity":"-2.5"}
    "#);
    insta::assert_snapshot!(site.admin("stock list c2"), @"0 balances at case c2");
    assert!(site.admin("case show c1").contains("stock p1"), "{}", site.admin("case show c1"));
    site.admin("export cases --to cases.csv");
    insta::assert_snapshot!(fs::read_to_string(site.path().join("cases.csv")).expect("a file"), @r"
    case_id,case_type,case_name,owner_id,external_id,status,date_opened,opened_by,last_modified,modified_by,closed_on,closed_by,village,stock.stock.p1,stock.stock.p2
    c1,patient,Amina,u1,,open,2026-05-01T10:00:00Z,u1,2026-05-01T10:00:00Z,u1,,,Kibaha,9,-2.5
    c2,patient,Amina,u1,,open,2026-05-01T10:00:00Z,u1,2026-05-01T10:00:00Z,u1,,,Kibaha,,
    ");
    site.admin("export cases --to cases.ndjson");
    let lines = fs::read_to_string(site.path().join("cases.ndjson")).expect("a file");
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["stock"]["stock"]["p2"], "-2.5");
}

/// OWASP, CSV Injection.
#[test]
fn no_answer_is_a_formula_in_a_sheet() {
    let site = Site::new();
    let server = site.serve("");
    let update = "<update><village>=HYPERLINK(\"http://evil.example\")</village><phone>+255712345678</phone><age>-7</age></update>";
    let form = site.form(
        "f1",
        "c1",
        &format!("<create><case_type>patient</case_type><case_name>@SUM(A1)</case_name></create>{update}"),
    );
    site.out(&format!("submit {form} --to {}/submission", server.url));
    site.admin("export cases --to cases.csv");
    let sheet = fs::read_to_string(site.path().join("cases.csv")).expect("a file");
    let row = sheet.lines().nth(1).expect("a case");
    assert!(row.starts_with("c1,patient,'@SUM(A1),u1,"), "{row}");
    assert!(row.ends_with(",-7,+255712345678,\"'=HYPERLINK(\"\"http://evil.example\"\")\""), "{row}");
}

/// As of a disk that was full, or of a copy that broke off.
#[test]
fn a_file_that_is_not_what_was_received_is_not_handed_out() {
    let site = Site::new();
    let server = site.serve("");
    let form = format!("xml_submission_file=@{}", site.creates("f1", "c1"));
    fs::write(site.path().join("1.jpg"), "JPEG").expect("a file");
    let send = || server.curl(site.path(), &["--form", &form, "--form", "1.jpg=@1.jpg"], "/submission").0;
    assert_eq!(send(), "201");
    let place = site.path().join("server.db-files");
    let names = fs::read_dir(&place).expect("a folder").flatten().map(|entry| entry.file_name());
    let object = names.into_iter().find(|name| name != "database").expect("a photo");
    let shown = |content: &str| {
        fs::write(place.join(&object), content).expect("a file");
        let told = site.err("admin --database server.db form show f1 --out shown");
        assert!(!site.path().join("shown").exists());
        told.replace(object.to_str().expect("a name"), "OBJECT")
    };
    insta::assert_snapshot!(shown("PNG.") + &shown("JP"), @r"
    openrosa: the file `1.jpg` of form `f1` has other bytes than those that were received: it is called `OBJECT` in the place of files
      try: put that file back from a copy; or take it away: it is mended when its device sends the form again
    openrosa: the file `1.jpg` of form `f1` is 2 bytes long, and 4 bytes were received: it is called `OBJECT` in the place of files
      try: put that file back from a copy; it is mended, too, when its device sends the form again
    ");
    assert_eq!(send(), "201");
    site.admin("form show f1 --out shown");
    assert_eq!(fs::read(site.path().join("shown/files/1.jpg")).expect("a file"), b"JPEG");
}

/// One form of many groups within each other keeps nobody from the others.
#[test]
fn forms_are_exported_however_deep_one_is() {
    let site = site();
    let server = site.serve("");
    let name = site.form("deep", "c1", "");
    let form = fs::read_to_string(site.path().join(&name)).expect("a form");
    let deep = format!("{}v{}", "<g>".repeat(190), "</g>".repeat(190));
    fs::write(site.path().join(&name), form.replace("<age>7</age>", &deep)).expect("a file");
    site.out(&format!("submit {name} --to {}/submission", server.url));
    for ending in ["ndjson", "csv", "db"] {
        assert!(site.admin(&format!("export forms --to forms.{ending}")).starts_with("4 forms"), "{ending}");
    }
    let sheet = fs::read_to_string(site.path().join("forms.csv")).expect("a file");
    let head = sheet.lines().next().expect("a head");
    assert!(head.ends_with(&format!(",form{}", ".g".repeat(190))), "{head}");
}

/// What SQLite has in a table at most is less than may occur.
#[tokio::test]
async fn as_many_columns_are_told_as_a_table_has() {
    use sqlx::ConnectOptions as _;
    let site = Site::new();
    let server = site.serve("");
    let form = site.form("f1", "c1", "");
    let text = fs::read_to_string(site.path().join(&form)).expect("a form");
    let questions: String = (0..2_100).map(|number| format!("<q{number}>1</q{number}>")).collect();
    fs::write(site.path().join(&form), text.replace("<age>7</age>", &questions)).expect("a file");
    site.out(&format!("submit {form} --to {}/submission", server.url));
    let told = site.admin("--json export forms --to forms.db");
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(site.path().join("forms.db"));
    let mut connection = options.connect().await.expect("a database");
    let there = sqlx::query_scalar("SELECT count(*) FROM pragma_table_info('forms')");
    let there: i64 = there.fetch_one(&mut connection).await.expect("a number");
    // What every form has, and the column of everything.
    assert_eq!(told["columns"].as_i64(), Some(there - 11 - 1));
}
