//! `openrosa outbox`, and `openrosa submit` through it.

use std::{
    fs,
    net::TcpListener,
    sync::{Arc, Mutex},
};

use super::desk::{Desk, SAVED};

/// A server that answers POSTs in turn, the last one for good; where it is, and how many came.
fn server(answers: &'static [(u16, &'static str)]) -> (String, Arc<Mutex<usize>>) {
    let came = Arc::new(Mutex::new(0));
    let count = Arc::clone(&came);
    let address = super::desk::server(move |_| {
        let mut count = count.lock().expect("no panic");
        *count += 1;
        let (status, body) = answers.get(*count - 1).or(answers.last()).expect("an answer");
        (*status, (*body).to_owned())
    });
    (format!("{address}/submission"), came)
}

const FAILED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
    <message nature='processing_failure'>no such case</message></OpenRosaResponse>";
const CASE: &str = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1'/>";

#[test]
fn a_form_on_its_way() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", CASE);
    desk.form("again.xml", "2", CASE);
    desk.form("other.xml", "3", "<photo>1.jpg</photo>");
    fs::write(desk.path().join("1.jpg"), "JPEG").expect("a file");
    insta::assert_snapshot!(desk.out("outbox add visit.xml again.xml other.xml", 0), @"
       1  kept         visit.xml
       2  kept         again.xml
       3  kept         other.xml
    ");
    insta::assert_snapshot!(desk.out("outbox add visit.xml", 0), @"   1  was there    visit.xml");
    insta::assert_snapshot!(desk.out("outbox list", 0), @"
       1  waiting      visit.xml  is due
       2  waiting      again.xml  waits for form 1
       3  waiting      other.xml  is due
    3 forms: 3 waiting (1 for a form ahead)
    ");
    let (to, came) = server(&[(422, FAILED), (201, SAVED)]);
    insta::assert_snapshot!(desk.out(&format!("outbox send --to {to}"), 1), @"
       1  quarantined  visit.xml  the server answered 422: no such case; see openrosa outbox show 1
       3  delivered    other.xml  Saved.
    3 forms: 1 delivered, 1 waiting (1 for a form ahead), 1 quarantined
    ");
    insta::assert_snapshot!(desk.out("outbox list", 1), @"
       1  quarantined  visit.xml  the server answered 422: no such case; see openrosa outbox show 1
       2  waiting      again.xml  waits for form 1, which a person has to look at
    3 forms: 1 delivered, 1 waiting (1 for a form ahead), 1 quarantined
    ");
    let behind = desk.out("outbox show 2", 0);
    assert!(behind.contains("openrosa outbox show 1 says what to do about form 1"), "{behind}");
    let shown = desk.out("outbox show 1", 1);
    for part in [
        "uuid:1",
        "http://example.org/visit",
        "no such case (processing_failure)",
        "openrosa outbox retry 1, then",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let xml = fs::read_to_string(desk.path().join("visit.xml")).expect("a form");
    assert_eq!(desk.out("outbox show 1 --xml", 0), xml);
    insta::assert_snapshot!(desk.out("outbox retry 1", 0), @"   1  waiting");
    insta::assert_snapshot!(desk.out(&format!("outbox send --to {to}"), 0), @"
       1  delivered    visit.xml  Saved.
       2  delivered    again.xml  Saved.
    3 forms: 3 delivered
    ");
    assert_eq!(*came.lock().expect("no panic"), 4);
    insta::assert_snapshot!(desk.out(&format!("outbox send --to {to}"), 0), @"
    nothing is due
    3 forms: 3 delivered
    ");
    assert_eq!(*came.lock().expect("no panic"), 4, "nothing is sent twice");
    let run = desk.run("outbox show 1 --xml");
    insta::assert_snapshot!(run.err, @"openrosa: form 1 is delivered and not here any more");
}

#[test]
fn what_is_dropped_is_told_first() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    fs::write(desk.path().join("1.jpg"), "JPEG").expect("a file");
    desk.out("outbox add visit.xml --attach 1.jpg", 0);
    let run = desk.run("outbox drop 1");
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.out, @"   1  not dropped  visit.xml  90 bytes and 1 file, instanceID uuid:1");
    insta::assert_snapshot!(run.err, @"
    openrosa: what is dropped is lost here
      try: the same with --yes, to lose it
    ");
    insta::assert_snapshot!(desk.out("outbox drop 1 --yes", 0), @"   1  dropped      visit.xml  90 bytes and 1 file, instanceID uuid:1");
    for words in ["outbox retry 1", "outbox drop 1", "outbox drop 1 --yes"] {
        let run = desk.run(words);
        assert_eq!(
            (run.out.as_str(), run.err.as_str()),
            ("", "openrosa: form 1 is dropped already\n"),
            "{words}"
        );
    }
}

/// What is advised works, and who looks the database through hears of the file before it is to be sent.
#[test]
fn a_file_that_changed_where_it_lies_is_told() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "<photo>1.jpg</photo>");
    desk.form("other.xml", "2", "<photo>2.jpg</photo>");
    let write = |name: &str, bytes| fs::write(desk.path().join(name), bytes).expect("a file");
    write("1.jpg", "JPEG");
    write("2.jpg", "JPEG");
    desk.out("outbox add visit.xml other.xml --reference", 0);
    desk.out("db check", 0);
    write("1.jpg", "JPEX");
    fs::remove_file(desk.path().join("2.jpg")).expect("it is there");
    let here = desk.path().canonicalize().expect("a folder").display().to_string();
    insta::assert_snapshot!(desk.out("db check", 1).replace(&here, ""), @"
    a file of form 1 in the outbox: `/1.jpg` is not what it was when the form was added: as many bytes, and others
    a file of form 2 in the outbox: `/2.jpg`: No such file or directory (os error 2)
    0 cases, 2 forms that the server does not have; state hash ccsh:
    put the files back as they were, or give their forms up with openrosa outbox drop NUMBER, and add them again
    ");
    let (to, _) = server(&[(201, SAVED)]);
    desk.out(&format!("outbox send --to {to}"), 1);
    let shown = desk.out("outbox show 1", 1);
    assert!(shown.contains("openrosa outbox drop 1, then add the form again"), "{shown}");
    desk.out("outbox drop 1 --yes", 0);
    desk.out("outbox add visit.xml --reference", 0);
    write("2.jpg", "JPEG");
    desk.out("outbox retry 2", 0);
    insta::assert_snapshot!(desk.out(&format!("outbox send --to {to}"), 0), @"
       2  delivered    other.xml  Saved.
       3  delivered    visit.xml  Saved.
    3 forms: 2 delivered, 1 dropped
    ");
}

/// Nothing that was copied can be put back.
#[test]
fn a_form_that_is_damaged_here_is_added_again() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "<photo>1.jpg</photo>");
    fs::write(desk.path().join("1.jpg"), "a photo of the well").expect("a file");
    desk.out("outbox add visit.xml", 0);
    let database = desk.path().join("device.db");
    let mut bytes = fs::read(&database).expect("a database");
    let at = bytes.windows(19).position(|bytes| bytes == b"a photo of the well").expect("it is there");
    bytes[at] = b'A';
    fs::write(&database, bytes).expect("a database");
    let (to, _) = server(&[(201, SAVED)]);
    desk.out(&format!("outbox send --to {to}"), 1);
    let shown = desk.out("outbox show 1", 1);
    let advice = shown.lines().last().expect("a line").trim();
    insta::assert_snapshot!(advice, @"what to do   openrosa outbox drop 1, then add the form again from where it came");
    desk.out("outbox drop 1 --yes", 0);
    desk.out("outbox add visit.xml", 0);
    assert!(desk.out(&format!("outbox send --to {to}"), 0).contains("2  delivered"));
}

/// The first of its POSTs was taken, the second was not.
#[test]
fn what_the_server_has_in_part_is_told() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    for name in ["1.jpg", "2.jpg"] {
        fs::write(desk.path().join(name), "JPEG").expect("a file");
    }
    desk.out("outbox add visit.xml --attach 1.jpg --attach 2.jpg", 0);
    let (to, _) = server(&[(413, "too large"), (201, SAVED), (403, "no photos")]);
    insta::assert_snapshot!(desk.out(&format!("outbox send --to {to}"), 1), @"
       1  quarantined  visit.xml  the server has the form, without all of its files; the server answered 403: no photos; see openrosa outbox show 1
    1 form: 1 quarantined
    ");
    insta::assert_snapshot!(desk.run("outbox drop 1").out, @"   1  not dropped  visit.xml  90 bytes and 2 files, instanceID uuid:1; the server has the form, without all of its files");
    let shown = desk.out("outbox show 1 --format json", 1);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("one object");
    assert_eq!((&shown["in_part"], &shown["may_have_arrived"]), (&true.into(), &true.into()));
    assert_eq!(shown["attempts"], 1);
}

/// Of a form whose sender was killed nobody knows what became of it; whoever gives it up hears that it may have arrived.
#[test]
fn what_a_killed_sender_has_left_may_have_arrived() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    desk.form("other.xml", "2", "");
    desk.out("outbox add visit.xml other.xml", 0);
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let to = format!("http://{}/submission", silent.local_addr().expect("an address"));
    let mut sender = desk.start(&format!("outbox send --to {to}"));
    let _connection = silent.accept().expect("somebody sends");
    insta::assert_snapshot!(desk.out("outbox list --state waiting", 0), @"
       1  waiting      visit.xml  being sent
       2  waiting      other.xml  is due
    2 forms: 2 waiting
    ");
    assert_eq!(desk.out(&format!("outbox send --format json --to {to}"), 0), "{\"elsewhere\":true}\n");
    insta::assert_snapshot!(desk.run("outbox drop 1").out, @"   1  not dropped  visit.xml  90 bytes, instanceID uuid:1; it is being sent: the server may have it");
    sender.kill().expect("it is there");
    sender.wait().expect("it ends");
    insta::assert_snapshot!(desk.out("outbox list", 0), @"
       1  waiting      visit.xml  it was under way when the program ended, and no answer came: the server may have it; is due
       2  waiting      other.xml  is due
    2 forms: 2 waiting
    ");
    insta::assert_snapshot!(desk.run("outbox drop 1 2").out, @"
    1  not dropped  visit.xml  90 bytes, instanceID uuid:1; it was under way when the program ended, and no answer came: the server may have it
    2  not dropped  other.xml  90 bytes, instanceID uuid:2
    ");
    insta::assert_snapshot!(desk.out("outbox drop 1 --yes", 0), @"   1  dropped      visit.xml  90 bytes, instanceID uuid:1; it was under way when the program ended, and no answer came: the server may have it");
    insta::assert_snapshot!(desk.out("outbox list --state dropped", 0), @"
       1  dropped      visit.xml  it was under way when the program ended, and no answer came: the server may have it
    2 forms: 1 waiting, 1 dropped
    ");
    let shown = desk.out("outbox show 1 --format json", 0);
    assert!(shown.contains("\"may_have_arrived\":true") && !shown.contains("under_way"), "{shown}");
}

#[test]
fn what_cannot_be_kept_is_told() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    desk.form("other.xml", "1", "<a/>");
    fs::write(desk.path().join("nameless.xml"), "<data/>").expect("a file");
    fs::write(desk.path().join("broken.xml"), "<data>").expect("a file");
    insta::assert_snapshot!(desk.out("outbox add visit.xml other.xml nameless.xml broken.xml", 1), @"
       1  kept         visit.xml
          not kept     other.xml  form 1 has the `instanceID` `uuid:1` already, and is another
          not kept     nameless.xml  the form has no `instanceID`, and sent twice nobody could tell that it is one
          not kept     broken.xml  line 1, column 7, inside data: the document ends inside an element
    ");
}

#[test]
fn a_file_named_by_mistake_has_nothing_left_beside_it() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    let run = desk.run("db check --database visit.xml");
    assert_eq!(run.err, "openrosa: `visit.xml` is no database of a device\n");
    assert_eq!(fs::read_dir(desk.path()).expect("a folder").count(), 1);
}

#[test]
fn a_database_has_to_be_known_and_there() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.run("outbox list").err, @"
    openrosa: there is no database `device.db`
      try: openrosa sync --server NAME, or openrosa outbox add FORM, which make it
    ");
    insta::assert_snapshot!(desk.run_knowing("outbox list", "").err, @"
    openrosa: nobody says where the database is
      try: --database FILE, or set OPENROSA_DATABASE
    ");
    desk.form("visit.xml", "1", "");
    fs::write(desk.path().join("config.toml"), "database = \"field.db\"\n").expect("settings");
    assert_eq!(desk.run_knowing("outbox add visit.xml", "").status, 0);
    assert!(desk.path().join("field.db").exists(), "it lies beside the settings that name it");
    assert_eq!(
        desk.run_knowing("outbox list --database device.db", "").status,
        2,
        "who says it here is heard"
    );
    fs::write(desk.path().join("notes.txt"), "no database").expect("a file");
    insta::assert_snapshot!(desk.run("outbox list --database notes.txt").err, @"openrosa: `notes.txt` is no database of a device");
}

#[test]
fn a_program_reads_what_is_known() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", CASE);
    desk.form("again.xml", "2", CASE);
    let added = desk.out("outbox add visit.xml again.xml --format json", 0);
    insta::assert_snapshot!(added, @r#"
    {"form":"visit.xml","number":1,"new":true}
    {"form":"again.xml","number":2,"new":true}
    "#);
    let (to, _) = server(&[(409, "another form")]);
    let sent = desk.out(&format!("outbox send --format json --to {to}"), 1);
    let sent: serde_json::Value = serde_json::from_str(&sent).expect("one object");
    assert_eq!((&sent["state"], &sent["status"]), (&"conflict".into(), &409.into()));
    let list = desk.out("outbox list --format json", 1);
    let waits: serde_json::Value =
        serde_json::from_str(list.lines().last().expect("two lines")).expect("JSON");
    assert_eq!((&waits["state"], &waits["waits_for"]), (&"waiting".into(), &1.into()));
    assert_eq!((&waits["why"], &waits["stuck_behind"]), (&"stuck".into(), &1.into()));
    let shown = desk.out("outbox show 1 --format json", 1);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("one object");
    assert_eq!((&shown["message"], &shown["files"]), (&"another form".into(), &serde_json::json!([])));
    assert!(shown["advice"].as_str().is_some_and(|advice| advice.contains("compare the two")), "{shown}");
}

const KEPT: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
    <message nature='submit_error'>no such case type</message></OpenRosaResponse>";

/// R-011: a person hears of what the server could not make use of, whichever command sends it.
#[test]
fn what_is_kept_and_not_processed_is_told() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    desk.out("outbox add visit.xml", 0);
    let (to, _) = server(&[(201, KEPT)]);
    insta::assert_snapshot!(desk.out(&format!("outbox send --to {to}"), 1), @"
       1  delivered    visit.xml  the server kept it and did not process it: no such case type; see openrosa outbox show 1
    1 form: 1 delivered (1 not processed)
    ");
    desk.form("again.xml", "2", "");
    insta::assert_snapshot!(desk.out(&format!("submit again.xml --to {to}"), 1), @"
       2  delivered    again.xml  the server kept it and did not process it: no such case type; see openrosa outbox show 2
    1 form: 1 delivered (1 not processed)
    ");
    insta::assert_snapshot!(desk.out("outbox list", 0), @"
       1  delivered    visit.xml  the server kept it and did not process it: no such case type; see openrosa outbox show 1
       2  delivered    again.xml  the server kept it and did not process it: no such case type; see openrosa outbox show 2
    2 forms: 2 delivered (2 not processed)
    ");
    let shown = desk.out("outbox show 1", 0);
    assert!(shown.contains("show the server's words to whoever looks after it"), "{shown}");
    let list = desk.out("outbox list --format json", 0);
    assert_eq!(list.matches("\"unprocessed\":true").count(), 2, "{list}");
}

#[test]
fn a_pause_says_what_to_do() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    desk.out("outbox add visit.xml", 0);
    let (to, came) = server(&[(401, "who are you?"), (503, ""), (201, SAVED)]);
    insta::assert_snapshot!(desk.out(&format!("outbox send --to {to}"), 1), @"
    1 form: 1 waiting
    paused, unauthorized: who are you?; set the credentials right (over plain http also --allow-basic-over-http), then openrosa outbox send --to URL
    ");
    insta::assert_snapshot!(desk.out("outbox list", 1), @"
       1  waiting      visit.xml  paused, unauthorized; the server answered 401: who are you?
    1 form: 1 waiting
    paused, unauthorized: who are you?; set the credentials right (over plain http also --allow-basic-over-http), then openrosa outbox send --to URL
    ");
    let shown = desk.out("outbox show 1", 0);
    let told = shown.lines().filter(|line| ["paused", "what to do"].iter().any(|part| line.contains(part)));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @"
    1  waiting      visit.xml  paused, unauthorized; the server answered 401: who are you?
       paused       who are you?
       what to do   set the credentials right (over plain http also --allow-basic-over-http), then openrosa outbox send --to URL
    ");
    let busy = desk.out(&format!("outbox send --to {to}"), 1);
    assert!(busy.contains(" more, busy: Service Unavailable; the server is left alone so long"), "{busy}");
    let retried = desk.out("outbox retry 1", 0);
    assert!(retried.contains("openrosa outbox send --to URL --now does not wait"), "{retried}");
    desk.out(&format!("outbox send --to {to}"), 1);
    assert_eq!(*came.lock().expect("no panic"), 2, "the server's wish is respected");
    assert!(desk.out(&format!("outbox send --now --to {to}"), 0).contains("delivered"));
}

/// What is advised can be typed as it stands: it names the database that was named, and the server by its name. To be tried again
/// is not to be sent.
#[test]
fn what_is_advised_names_the_database_and_the_server() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    let (to, _) = server(&[(422, FAILED), (401, "who are you?")]);
    desk.out(&format!("login own {}", to.trim_end_matches("/submission")), 0);
    insta::assert_snapshot!(desk.out("submit visit.xml --server own --database field.db", 1), @"
       1  quarantined  visit.xml  the server answered 422: no such case; see openrosa outbox show 1 --database field.db
    1 form: 1 quarantined
    ");
    let shown = desk.out("outbox show 1 --database field.db", 1);
    let told =
        shown.lines().filter(|line| ["visit.xml", "what to do"].iter().any(|part| line.contains(part)));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @"
    1  quarantined  visit.xml  the server answered 422: no such case
       what to do   show the server's words to whoever made the blank form; openrosa outbox retry 1 --database field.db, then openrosa outbox send --to URL --database field.db, sends it again; openrosa outbox drop 1 --database field.db gives it up
    ");
    desk.out("outbox retry 1 --database field.db", 0);
    insta::assert_snapshot!(desk.out("outbox send --server own --database field.db", 1), @"
    1 form: 1 waiting
    paused, unauthorized: who are you?; set the credentials right (over plain http also --allow-basic-over-http), then openrosa outbox send --server own --database field.db
    ");
    insta::assert_snapshot!(desk.out("sync --server own --database field.db", 1), @"
    paused, unauthorized: who are you?; set the credentials right (over plain http also --allow-basic-over-http), then openrosa outbox send --server own --database field.db
    nothing was fetched, since the server does not have all forms yet
    1 form still to be sent: openrosa outbox list --database field.db
    ");
    insta::assert_snapshot!(desk.run("outbox list --database none.db").err, @"
    openrosa: there is no database `none.db`
      try: openrosa sync --server NAME --database none.db, or openrosa outbox add FORM --database none.db, which make it
    ");
}

#[test]
fn a_program_is_told_of_a_pause() {
    let desk = Desk::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("http://{}/submission", listener.local_addr().expect("an address"));
    drop(listener);
    desk.form("visit.xml", "1", "");
    desk.out("outbox add visit.xml", 0);
    let told = desk.out(&format!("outbox send --to {nobody} --format json"), 1);
    let last = told.lines().last().expect("a line");
    let pause: serde_json::Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(pause["paused"], "offline", "{told}");
    assert!(pause["message"].is_string() && pause["until"].is_string(), "{told}");
    assert_eq!(pause["advice"], "openrosa outbox send --to URL tries again at once", "{told}");
    let list = desk.out("outbox list --format json", 0);
    assert_eq!(list.lines().last(), Some(last), "it is told as long as it lasts");
    desk.out(&format!("outbox send --to {nobody}"), 1);
    // Nobody is at home there: the address may have been mistyped.
    let (here, _) = server(&[(201, SAVED)]);
    assert!(desk.out(&format!("outbox send --now --to {here}"), 0).contains("delivered"));
}

#[test]
fn a_program_that_submits_is_told_of_a_pause() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    let (to, _) = server(&[(429, "")]);
    let told = desk.out(&format!("submit visit.xml --to {to} --json"), 1);
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let [form, pause] = &lines[..] else { panic!("{told}") };
    assert_eq!((&form["form"], &form["state"]), (&"visit.xml".into(), &"waiting".into()), "{told}");
    assert_eq!(pause["paused"], "busy", "{told}");
    assert!(pause["until"].is_string() && pause["advice"].is_string(), "{told}");
}

#[test]
fn submit_keeps_first_and_then_sends() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "<photo>1.jpg</photo>");
    fs::write(desk.path().join("1.jpg"), "JPEG").expect("a file");
    fs::write(desk.path().join("nameless.xml"), "<data/>").expect("a file");
    let (to, came) = server(&[(500, ""), (201, SAVED)]);
    let told = desk.out(&format!("submit visit.xml nameless.xml --to {to}"), 1);
    let told = told.split_once("again in").map(|(before, _)| before.to_owned()).expect("it waits");
    insta::assert_snapshot!(told, @"
    unreadable  nameless.xml  the form has no `instanceID`, and sent twice nobody could tell that it is one
       1  waiting      visit.xml
    ");
    fs::remove_file(desk.path().join("1.jpg")).expect("the file is there");
    insta::assert_snapshot!(desk.out(&format!("outbox send --now --to {to}"), 0), @"
       1  delivered    visit.xml  Saved.
    1 form: 1 delivered
    ");
    fs::write(desk.path().join("1.jpg"), "JPEG").expect("a file");
    insta::assert_snapshot!(desk.out(&format!("submit visit.xml --to {to}"), 0), @"
       1  delivered    visit.xml  Saved.
    1 form: 1 delivered
    ");
    assert_eq!(*came.lock().expect("no panic"), 2, "it was there, and is not sent again");
}

/// What is meant for one server is not sent to another, nor kept among what is; a person may let the database move.
#[test]
fn a_database_is_of_one_server() {
    let desk = Desk::new();
    desk.form("visit.xml", "1", "");
    desk.form("other.xml", "2", "");
    let [(here, came_here), (elsewhere, came_elsewhere)] = [server(&[(201, SAVED)]), server(&[(201, SAVED)])];
    desk.out(&format!("submit visit.xml --to {here}"), 0);
    for words in ["submit other.xml", "outbox send"] {
        let run = desk.run(&format!("{words} --to {elsewhere}"));
        let home = here.trim_start_matches("http://").trim_end_matches("/submission");
        let reason = format!("openrosa: the database is at home at {home}, and nothing of it goes to ");
        assert!(run.status == 2 && run.err.starts_with(&reason), "{}", run.err);
        assert!(run.err.contains("openrosa db move"), "{}", run.err);
    }
    insta::assert_snapshot!(desk.out("outbox list", 0), @"1 form: 1 delivered");

    desk.out("db move", 0);
    insta::assert_snapshot!(desk.out(&format!("submit other.xml --to {elsewhere}"), 0), @"
       2  delivered    other.xml  Saved.
    1 form: 1 delivered
    ");
    assert_eq!([came_here, came_elsewhere].map(|came| *came.lock().expect("no panic")), [1, 1]);
}
