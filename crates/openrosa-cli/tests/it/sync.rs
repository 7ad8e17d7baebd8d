//! `openrosa sync`, `openrosa db`, and `openrosa cases` on a database.

use std::fs;

use super::desk::{self, Desk, SAVED};

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

/// A server that answers the GETs in turn, and every POST with this status.
fn server(restores: Vec<(u16, String)>, posts: u16) -> String {
    let mut restores = restores.into_iter();
    let address = desk::server(move |method| match method {
        "POST" => (posts, SAVED.to_owned()),
        _ => restores.next().expect("a restore is foreseen"),
    });
    format!("{address}/restore")
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
            (200, restore("t4", &case("a", "u1"))),
        ],
        201,
    );
    insta::assert_snapshot!(desk.out(&format!("sync --url {url}"), 0), @"1 new case");
    insta::assert_snapshot!(desk.out("db check", 0), @"
    1 case; state hash ccsh:0cc175b9c0f1b6a831c399e269772661
    in step with its server as of token t1
    ");
    desk.form("visit.xml", "d", &case("d", "u1"));
    insta::assert_snapshot!(desk.out("outbox add visit.xml --apply at-once", 0), @"   1  kept         visit.xml");
    insta::assert_snapshot!(desk.out("cases --state device.db", 0), @"
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
    insta::assert_snapshot!(desk.out(&format!("sync --anew --url {url}"), 0), @"
    everything was fetched anew, in the place of what was there
    1 new case
    ");
}

/// what the server could not make use of is told by whoever sends it.
#[test]
fn what_is_kept_and_not_processed_is_told() {
    let desk = Desk::new();
    desk.form("visit.xml", "d", &case("d", "u1"));
    desk.out("outbox add visit.xml", 0);
    let kept = SAVED.replace("<message>", "<message nature='submit_error'>");
    let address = desk::server(move |method| match method {
        "POST" => (201, kept.clone()),
        _ => (200, restore("t1", "")),
    });
    insta::assert_snapshot!(desk.out(&format!("sync --url {address}/restore"), 1), @"
    1 form sent
    1 form that the server kept and did not process: openrosa outbox list
    nothing new
    ");
    insta::assert_snapshot!(desk.out("outbox list", 0), @"
       1  delivered    visit.xml  the server kept it and did not process it: Saved.; see openrosa outbox show 1
    1 form: 1 delivered (1 not processed)
    ");
}

#[test]
fn forms_that_are_left_come_first() {
    let desk = Desk::new();
    desk.form("visit.xml", "d", &case("d", "u1"));
    desk.out("outbox add visit.xml --apply at-once", 0);
    let url = server(vec![(200, restore("t1", &case("a", "u1")))], 500);
    insta::assert_snapshot!(desk.out(&format!("sync --url {url}"), 1), @"
    nothing was fetched, since the server does not have all forms yet
    1 form still to be sent: openrosa outbox list
    ");
    insta::assert_snapshot!(desk.out(&format!("sync --force --url {url}"), 1), @"
    1 new case
    there is no token to go on from, so the next sync fetches everything again
    1 form still to be sent: openrosa outbox list
    ");
    assert_eq!(
        desk.out("cases --state device.db", 0).lines().count(),
        4,
        "what the form did is there as well"
    );
}

#[test]
fn a_busy_server_is_told() {
    let desk = Desk::new();
    let url = server(vec![(503, String::new())], 201);
    let out = desk.out(&format!("sync --url {url}"), 1);
    assert!(out.starts_with("the server is too busy and is left alone for"), "{out}");
}

#[test]
fn a_restore_that_cannot_be_applied_is_told() {
    let desk = Desk::new();
    let broken = restore("t1", "<case case_id='x' date_modified='2026-05-01'><close/></case>");
    let run = desk.run(&format!("sync --url {}", server(vec![(200, broken)], 201)));
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"
    openrosa: case `x` is not known, so `close` cannot be applied
      try: openrosa restore --url URL --out FILE, then openrosa check FILE
    ");
}

/// Who reads only that it failed would send them again.
#[test]
fn forms_that_went_are_told_whatever_becomes_of_the_restore() {
    let desk = Desk::new();
    desk.form("visit.xml", "d", &case("d", "u1"));
    desk.out("outbox add visit.xml", 0);
    let broken = restore("t1", "<case case_id='x' date_modified='2026-05-01'><close/></case>");
    let run = desk.run(&format!("sync --url {}", server(vec![(200, broken)], 201)));
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.out, @"1 form sent");
}

/// An older database gets this version's tables, and so is not left as it is.
#[test]
fn what_becomes_of_a_state_is_said() {
    let help = Desk::new().out("cases --help", 0);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        help.contains(
            "whose cases are not changed (a database of an older version is brought up to this one)"
        ),
        "{help}"
    );
}

/// Who puts back one file beside the other's log has neither state.
/// Of a server of no known kind the address is taken as it is, and forms do not go to another than the restore comes from.
#[test]
fn who_names_the_wrong_address_is_told_what_helps() {
    let desk = Desk::new();
    let url = server(vec![(404, String::new())], 201);
    for (more, remedy) in [
        ("", "--kind commcare-hq"),
        (" --forms-to http://other.example/receiver", "--url and --forms-to of one server"),
    ] {
        let run = desk.run(&format!("sync --url {url}{more}"));
        assert!(run.status == 2 && run.err.contains(remedy), "{}", run.err);
    }
}

#[test]
fn how_a_backup_is_put_back_is_said() {
    let help = Desk::new().out("sync --help", 0);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("what ends in -wal and -shm at its place goes first"), "{help}");
}

/// Whoever is at it may not get them sent.
#[test]
fn forms_that_wait_while_another_is_at_it_are_told() {
    let desk = Desk::new();
    desk.form("visit.xml", "d", "");
    desk.out("outbox add visit.xml", 0);
    let lock = fs::File::create(desk.path().join("device.db-sync")).expect("a file");
    lock.try_lock().expect("nobody is at it");
    insta::assert_snapshot!(desk.out("sync --url http://127.0.0.1:9/restore", 1), @"
    another program is at it
    1 form still to be sent: openrosa outbox list
    ");
}

/// Its log stays, and nothing comes into its place.
#[test]
fn a_state_that_was_a_database_is_told_as_one() {
    let desk = Desk::new();
    desk.form("visit.xml", "d", "");
    fs::write(desk.path().join("device.db-wal"), "a log").expect("a file");
    for words in ["cases --state device.db", "apply visit.xml --state device.db"] {
        let run = desk.run(words);
        assert!(run.status == 2 && !desk.path().join("device.db").exists(), "{words}: {}", run.err);
    }
    insta::assert_snapshot!(desk.run("cases --state device.db").err, @"
    openrosa: the database is damaged (its log is there, and the file is not)
      try: keep a copy of the file, and of the one ending in -wal beside it, before anything else: forms may be in it that nobody else has, and SQLite's own `.recover` may bring them back
    ");
    fs::remove_file(desk.path().join("device.db-wal")).expect("it is there");
    fs::write(desk.path().join("device.db"), [0; 4000]).expect("a file");
    let lost = desk.run("cases --state device.db").err;
    insta::assert_snapshot!(lost, @"
    openrosa: the file is no SQLite database, or its beginning is lost
      try: keep a copy of the file, and of the one ending in -wal beside it, before anything else: forms may be in it that nobody else has, and SQLite's own `.recover` may bring them back
    ");
    fs::write(desk.path().join("device.db"), "a".repeat(4000)).expect("a file");
    fs::write(desk.path().join("device.db-sender"), "").expect("a file");
    assert_eq!(desk.run("cases --state device.db").err, lost);
}

/// As in a folder that is closed to this user; to root only a link in a circle is.
#[cfg(unix)]
#[test]
fn a_state_that_cannot_be_looked_for_is_not_none() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("circle", desk.path().join("circle")).expect("a link");
    let run = desk.run("cases --state circle");
    assert!(run.status == 2 && run.err.starts_with("openrosa: `circle`: "), "{}", run.err);
}

/// As another user's log is to this one.
#[test]
fn a_log_that_cannot_be_opened_says_what_helps() {
    let desk = Desk::new();
    desk.form("visit.xml", "d", "");
    desk.out("outbox add visit.xml", 0);
    fs::create_dir(desk.path().join("device.db-wal")).expect("a folder");
    let run = desk.run("outbox list");
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"
    openrosa: the database, or a file beside it that ends in -wal or -shm, cannot be opened
      try: the right to write the file, the one ending in -wal beside it, and into their folder, also to look; or a copy of both in a folder of your own
    ");
}

/// A log is all that is left of it: nobody is told of 0 forms.
#[test]
fn a_database_of_which_only_the_log_is_left_is_told() {
    let desk = Desk::new();
    fs::write(desk.path().join("device.db"), "").expect("a file");
    let run = desk.run("outbox list");
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"
    openrosa: there is no database `device.db`
      try: openrosa sync --server NAME, or openrosa outbox add FORM, which make it
    ");
    fs::write(desk.path().join("device.db-wal"), "a log").expect("a file");
    let run = desk.run("outbox list");
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"
    openrosa: the database is damaged (the file is empty)
      try: keep a copy of the file, and of the one ending in -wal beside it, before anything else: forms may be in it that nobody else has, and SQLite's own `.recover` may bring them back
    ");
    assert_eq!(fs::read(desk.path().join("device.db-wal")).expect("the log"), b"a log");
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let desk = Desk::new();
    fs::write(desk.path().join("device.db"), "a".repeat(4000)).expect("a file");
    let run = desk.run("db check");
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"openrosa: `device.db` is no database of a device");
}

/// What the server has is a remedy for what came from it, and for nothing else.
#[tokio::test]
async fn what_a_full_restore_mends_is_said() {
    let desk = Desk::new();
    let url =
        server(vec![(200, restore("t1", &case("a", "u1"))), (200, restore("t2", &case("a", "u1")))], 201);
    desk.out(&format!("sync --url {url}"), 0);
    let database = format!("sqlite://{}", desk.path().join("device.db").display());
    let pool = sqlx::SqlitePool::connect(&database).await.expect("a database");
    let damage = async |statement: &'static str| {
        sqlx::query(statement).execute(&pool).await.expect("a table of that name");
        desk.out("db check", 1)
    };
    let told = damage("UPDATE cases SET indices = '{'").await;
    let advice = "keep a copy of the file, then let what the server has take the place of that: openrosa sync --anew\n";
    assert!(told.starts_with("case `a` cannot be read") && told.ends_with(advice), "{told}");
    let told = damage("DROP INDEX cases_by_id").await;
    assert!(told.contains("keep a copy of the file before anything else"), "{told}");
}
