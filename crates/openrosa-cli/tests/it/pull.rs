//! `openrosa pull` against a Briefcase server, and what its words and wishes do to other commands.

use std::{fs, net::TcpListener};

use super::{
    aggregate::Aggregate,
    servers::{Desk, md5_of},
};

/// R-074: files come to a server one POST after the other, and what was pulled in between is not all.
#[test]
fn files_that_come_later_are_fetched_when_the_submission_is_listed_again() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[("1.jpg", "photo")]);
    server.has("uuid:2", &[]);
    let run = server.pull(&desk, &["--include-incomplete"]);
    assert_eq!((run.status, run.out.as_str()), (0, "2 submissions fetched into d\n"), "{}", run.err);
    server.has("uuid:1", &[("1.jpg", "photo"), ("2.jpg", "later")]);
    let run = server.pull(&desk, &["--include-incomplete"]);
    let told = "0 submissions fetched into d, 1 submission brought up to date\n";
    assert_eq!((run.status, run.out.as_str()), (0, told), "{}", run.err);
    assert_eq!(desk.read("d/submissions/uuid%3A1/2.jpg"), "later");
    assert_eq!(
        (server.asked("/1.jpg"), server.asked("/2.jpg")),
        (0, 1),
        "what is whole is not fetched again"
    );
    assert_eq!(server.asked("downloadSubmission"), 1, "it goes on where it ended");
}

#[test]
fn with_other_submissions_wanted_the_list_begins_anew_and_only_what_is_not_whole_is_fetched() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[("1.jpg", "photo"), ("a/2.jpg", "other")]);
    assert_eq!(server.pull(&desk, &[]).status, 0);
    fs::write(desk.path().join("d/submissions/uuid%3A1/1.jpg"), "damaged").expect("it is there");
    let run = server.pull(&desk, &["--include-incomplete"]);
    assert_eq!(run.out, "0 submissions fetched into d, 1 submission brought up to date\n", "{}", run.err);
    assert_eq!(desk.read("d/submissions/uuid%3A1/1.jpg"), "photo");
    assert_eq!((server.asked("/1.jpg"), server.asked("/2.jpg")), (1, 0));
    let run = server.pull(&desk, &["--include-incomplete"]);
    assert_eq!(run.out, "0 submissions fetched into d\n");
    assert_eq!(server.asked("downloadSubmission"), 0);
}

#[test]
fn a_folder_is_for_one_form_of_one_server() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    let pull = |server: &Aggregate, path: &str, form: &str, out: &str| {
        desk.run(&["pull", "--url", &format!("{}{path}", server.address), "--form", form, "--out", out])
    };
    let token = "0123456789abcdef".repeat(4);
    assert_eq!(pull(&server, "", "slip", "d").status, 2);
    assert_eq!(pull(&server, "", "visit", "d").status, 0, "a slip has not claimed the folder");
    assert_eq!(pull(&server, "/", "visit", "d").status, 0);
    let run = pull(&server, "", "other", "d");
    let told = format!("openrosa: `d` is for form `visit` of {}\n  try: another --out\n", server.address);
    assert_eq!((run.status, run.err), (2, told.clone()));
    let run = pull(&Aggregate::new(), "", "visit", "d");
    assert_eq!((run.status, run.err), (2, told));
    assert!(pull(&server, &format!("/v1/key/{token}/projects/1"), "visit", "e").status == 2);
    assert!(!desk.read("d/pull.json").contains("TOKEN"));

    fs::create_dir(desk.path().join("mine")).expect("a folder");
    fs::write(desk.path().join("mine/form.xml"), "mine").expect("a file");
    let run = pull(&server, "", "visit", "mine");
    assert_eq!((run.status, desk.read("mine/form.xml").as_str()), (2, "mine"), "{}", run.err);
}

/// R-026: who wants to be left alone is; what is wrong until then is told all the same.
#[test]
fn a_pull_ends_where_the_next_submission_would_fare_no_better() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    for number in 1..=5 {
        server.has(&format!("uuid:{number}"), &[]);
    }
    let busy = "429 Too Many Requests\r\nRetry-After: 60";
    server.held().refusals = vec![("uuid%3A2", "404 Not Found"), ("uuid%3A3", busy)];
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (2, "1 submission fetched into d\n"));
    insta::assert_snapshot!(run.err, @r"
    openrosa: uuid:2: the server answered 404: not\u{1b}[2J now
    openrosa: uuid:3: the server answered 429: not\u{1b}[2J now
      try: the same again in 60 s, and not before: it goes on here
    ");
    assert_eq!(server.asked("downloadSubmission"), 3);

    server.held().refusals = vec![("uuid%3A2", "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"")];
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, server.asked("downloadSubmission")), (2, 2), "{}", run.err);

    server.held().refusals =
        vec![("uuid%3A2", ""), ("uuid%3A3", "404 Not Found"), ("uuid%3A4", ""), ("uuid%3A5", "")];
    let run = server.pull(&desk, &[]);
    assert_eq!(
        (run.status, server.asked("downloadSubmission")),
        (1, 5),
        "it may be their own fault, as the server is there: {}",
        run.err
    );
    server.held().refusals.push(("submissionList", ""));
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, server.asked("downloadSubmission")), (2, 4), "nobody is there: {}", run.err);
    server.held().refusals = Vec::new();
    assert_eq!(server.pull(&desk, &[]).out, "4 submissions fetched into d\n");
}

/// What breaks off each time does not stand in the way of what is behind it.
#[test]
fn neighbours_that_break_off_are_passed_over() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    for number in 1..=4 {
        server.has(&format!("uuid:{number}"), &[]);
    }
    server.held().refusals = vec![("uuid%3A2", ""), ("uuid%3A3", "")];
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (1, "2 submissions fetched into d\n"), "{}", run.err);
    server.has("uuid:5", &[]);
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (1, "1 submission fetched into d\n"), "{}", run.err);
    server.held().refusals = Vec::new();
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (0, "2 submissions fetched into d\n"), "{}", run.err);
}

#[test]
fn no_file_takes_the_place_of_the_form() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[("submission.xml", "<mine/>")]);
    server.has("uuid:2", &[("Submission.XML/a", "<mine/>")]);
    server.has("uuid:3", &[("x/submission.xml", "<mine/>")]);
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (1, "3 submissions fetched into d\n"));
    insta::assert_snapshot!(run.err, @r"
    openrosa: uuid:1: its file `submission.xml`: it would take the place of the form
    openrosa: uuid:2: its file `Submission.XML/a`: it would take the place of the form
    ");
    assert_eq!(server.asked("/media/"), 1);
    assert_eq!(desk.read("d/submissions/uuid%3A3/x/submission.xml"), "<mine/>");
}

/// A form without one of its files is worth more than none.
#[test]
fn a_file_that_cannot_be_had_does_not_keep_its_form_away() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    let long = "x".repeat(250);
    server.has("uuid:1", &[("a\\b", "1"), ("./submission.xml", "2"), (&long, "3"), ("c.jpg", "4")]);
    server.has("uuid:2", &[(".submission.xml.part", "5"), ("gone.jpg", "6"), ("d.jpg", "7")]);
    server.held().refusals = vec![("/gone.jpg", "404 Not Found"), ("/d.jpg", "200 OK")];
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (1, "2 submissions fetched into d\n"));
    insta::assert_snapshot!(run.err, @r"
    openrosa: uuid:1: `./submission.xml` has a part `.`
    openrosa: uuid:1: `a\b` has a backslash
    openrosa: uuid:2: its file `.submission.xml.part`: it is called as files are while they come
    openrosa: uuid:2: its file `d.jpg`: the file has the hash md5:4245ddaa6d09dadf8199a61b5f39c7bb, and was listed with md5:8f14e45fceea167a5a36dedd4bea2543
    openrosa: uuid:2: its file `gone.jpg`: the server answered 404: not\u{1b}[2J now
    openrosa: what the server lists and does not have is asked for each time; --give-up-gone gives it up
    ");
    assert_eq!(desk.read(&format!("d/submissions/uuid%3A1/{long}")), "3");
    assert_eq!(desk.read("d/submissions/uuid%3A1/c.jpg"), "4");
    server.held().refusals.pop();
    server.has("uuid:1", &[("a\\b", "1")]);
    let run = server.pull(&desk, &[]);
    let told = "0 submissions fetched into d, 1 submission brought up to date\n";
    assert_eq!((run.status, run.out.as_str()), (1, told), "{}", run.err);
    insta::assert_snapshot!(run.err, "what stays so is told once, and what may come is not", @r"
    openrosa: uuid:2: its file `gone.jpg`: the server answered 404: not\u{1b}[2J now
    openrosa: what the server lists and does not have is asked for each time; --give-up-gone gives it up
    ");
    assert_eq!(desk.read("d/submissions/uuid%3A2/d.jpg"), "7");
    server.held().refusals.clear();
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (0, told, ""));
    assert_eq!(desk.read("d/submissions/uuid%3A2/gone.jpg"), "6");
}

#[test]
fn a_submission_that_the_server_lists_and_does_not_have_is_asked_for_until_it_comes() {
    for passing in ["404 Not Found", "410 Gone"] {
        let (server, desk) = (Aggregate::new(), Desk::new());
        server.has("uuid:1", &[]);
        server.held().refusals = vec![("uuid%3A1", passing)];
        for time in 1..=3 {
            let run = server.pull(&desk, &[]);
            assert_eq!((run.status, server.asked("downloadSubmission")), (1, 1), "{time}: {}", run.err);
        }
        server.held().refusals.clear();
        let run = server.pull(&desk, &[]);
        assert_eq!((run.status, run.out.as_str()), (0, "1 submission fetched into d\n"), "{}", run.err);
    }
}

#[test]
fn what_the_server_lists_and_does_not_have_can_be_given_up() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    server.has("uuid:2", &[("gone.jpg", "6")]);
    server.held().refusals = vec![("uuid%3A1", "410 Gone"), ("/gone.jpg", "404 Not Found")];
    let run = server.pull(&desk, &[]);
    let told = r"openrosa: uuid:1: the server answered 410: not\u{1b}[2J now
openrosa: uuid:2: its file `gone.jpg`: the server answered 404: not\u{1b}[2J now
";
    let remedy = "openrosa: what the server lists and does not have is asked for each time; --give-up-gone gives it up\n";
    assert_eq!((run.status, run.err), (1, format!("{told}{remedy}")));
    let run = server.pull(&desk, &["--give-up-gone"]);
    assert_eq!((run.status, run.err.as_str()), (1, told), "once more, and never again");
    for more in [&["--give-up-gone"][..], &[]] {
        let run = server.pull(&desk, more);
        assert_eq!((run.status, run.err.as_str(), server.asked("downloadSubmission")), (0, "", 0));
    }
    server.held().refusals.clear();
    server.has("uuid:1", &[]);
    assert_eq!(server.pull(&desk, &[]).out, "1 submission fetched into d\n", "it is listed again");
}

#[test]
fn the_words_of_a_server_steer_no_terminal() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    for refused in ["/formList", "submissionList", "downloadSubmission", "/f "] {
        server.held().refusals = vec![(refused, "404 Not Found")];
        let run = server.pull(&desk, &[]);
        assert!(!run.err.contains('\u{1b}') && !run.out.contains('\u{1b}'), "{}{}", run.out, run.err);
    }
    server.held().refusals = vec![("/formList", "404 Not Found")];
    let run = desk.run(&["forms", "list", "--url", &server.address]);
    assert_eq!(run.err, "openrosa: the server answered 404: not\\u{1b}[2J now\n");
    server.held().refusals = vec![("POST", "400 Bad Request")];
    let run = desk.run(&["push", "d", "--url", &server.address]);
    assert_eq!(
        (run.status, run.err.as_str()),
        (1, "openrosa: the form: the server answered 400: not\\u{1b}[2J now\n")
    );
}

/// There is no less to ask for than the whole of it.
#[test]
fn a_restore_that_is_refused_whole_is_for_a_person() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.held().refusals = vec![("/restore", "412 Precondition Failed")];
    for more in [&[][..], &["--since", "t"]] {
        let run = desk.run(&[&["restore", "--url", &format!("{}/restore", server.address)], more].concat());
        assert_eq!(run.status, 2);
        insta::allow_duplicates! { insta::assert_snapshot!(run.err, @r"
        openrosa: the server answered 412: not\u{1b}[2J now
          try: whoever looks after the server, as the whole of it is refused, too
        ") }
    }
}

#[test]
fn a_server_with_a_name_may_be_trusted_with_the_password_in_the_clear() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    desk.run(&["login", "h", &server.address, "--user", "amina", "--secret-env", "PATH"]);
    let pull = ["pull", "--server", "h", "--form", "visit", "--out", "d"];
    server.held().refusals = vec![("/formList", "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"")];
    let run = desk.run(&pull);
    insta::assert_snapshot!(run.err, @r"
    openrosa: the server wants the password in the clear, which plain http does not get: not\u{1b}[2J now
      try: an https address; or, in a network that may have the password, --allow-basic-over-http
    ");
    let run = desk.run(&[&pull[..], &["--allow-basic-over-http"]].concat());
    assert!(run.err.contains("refused the credentials"), "they were sent: {}", run.err);

    let basic = "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"";
    server.held().refusals = vec![("/restore", basic)];
    let place = format!("{}/restore", server.address);
    desk.run(&["login", "r", &place, "--user", "amina", "--secret-env", "PATH"]);
    for command in [&["restore"][..], &["sync", "--database", "d.db"]] {
        let run = desk.run(&[command, &["--server", "r"]].concat());
        assert!(run.err.contains("--allow-basic-over-http"), "{command:?}: {}{}", run.out, run.err);
    }
    let form = "<a xmlns='http://example.org/a'><meta><instanceID>uuid:1</instanceID></meta></a>";
    fs::write(desk.path().join("a.xml"), form).expect("a file");
    desk.run(&["outbox", "add", "a.xml", "--database", "o.db"]);
    let user = ["--user", "amina", "--password-env", "PATH", "--database", "o.db"];
    let run = desk.run(&[&["outbox", "send", "--to", &place][..], &user].concat());
    insta::assert_snapshot!(run.out, @r"
    1 form: 1 waiting
    paused, unauthorized: the server wants the password in the clear, which plain http does not get: Unauthorized; set the credentials right (over plain http also --allow-basic-over-http), then openrosa outbox send --to URL --database o.db
    ");
}

/// A submission that is called so, with files of this name, content and address.
fn submission(id: &str, files: &[(&str, &str, &str)]) -> String {
    let file = |(name, text, address): &(&str, &str, &str)| {
        let hash = md5_of(text);
        format!(
            "<mediaFile><filename>{name}</filename><hash>md5:{hash}</hash><downloadUrl>{address}</downloadUrl></mediaFile>"
        )
    };
    let files: String = files.iter().map(file).collect();
    format!(
        "<submission xmlns='http://opendatakit.org/submissions'><data><visit xmlns='' id='visit' version='7'{id}>
           <weight>12</weight></visit></data>{files}</submission>"
    )
}

#[test]
fn what_was_not_asked_for_is_not_kept_as_what_was() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    server.has("uuid:2", &[]);
    server.held().instead = vec![("uuid%3A2", submission(" instanceID='uuid:1'", &[]))];
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (1, "1 submission fetched into d\n"));
    insta::assert_snapshot!(run.err, @"openrosa: uuid:2: the server sent another submission, uuid:1");
    assert!(!desk.path().join("d/submissions/uuid%3A2").exists());
    server.held().instead.clear();
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (0, "1 submission fetched into d\n"), "{}", run.err);
}

/// An edit may be listed under the id of its first version, and then names neither; but of one submission only.
#[test]
fn an_edit_is_not_kept_as_another_submission() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    let edit = "<submission xmlns='http://opendatakit.org/submissions'><data><visit xmlns='' id='visit' instanceID='uuid:1c'>
        <meta><instanceID>uuid:1c</instanceID><deprecatedID>uuid:1b</deprecatedID></meta></visit></data></submission>";
    for id in ["uuid:1", "uuid:2", "uuid:3"] {
        server.has(id, &[]);
    }
    server.held().instead = vec![("uuid%3A1", edit.to_owned()), ("uuid%3A2", edit.to_owned())];
    let told = "openrosa: uuid:2: the server sent another submission, uuid:1c\n";
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (1, "2 submissions fetched into d\n"));
    assert_eq!(run.err, told);
    // Also where the other was fetched on another day, and as it is.
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (1, "0 submissions fetched into d\n", told));
    server.held().updates.push("uuid:1".to_owned());
    server.held().instead.truncate(1);
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (0, "1 submission fetched into d\n"), "{}", run.err);
}

/// openrosa.md 3.5, 6.2: KoBoToolbox lists ids without their scheme; some forms name none.
#[test]
fn a_submission_may_be_listed_by_another_spelling_of_its_id() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    let with_meta = "<submission xmlns='http://opendatakit.org/submissions'><data><visit xmlns='' id='visit' instanceID='uuid:c'>
        <meta><instanceID>of the form</instanceID></meta></visit></data></submission>";
    server.held().instead = vec![
        ("key%3Da%5D", submission(" instanceID='uuid:a'", &[])),
        ("key%3Db%5D", submission("", &[])),
        ("key%3Dc%5D", with_meta.to_owned()),
    ];
    for id in ["a", "b", "c"] {
        server.has(id, &[]);
    }
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (0, "3 submissions fetched into d\n"), "{}", run.err);
}

/// R-026: what an object store says is about its file; the server has said nothing of the sort.
#[test]
fn another_server_that_refuses_a_file_keeps_no_submission_away() {
    for refusal in [
        "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"",
        "503 Service Unavailable",
        "429 Too Many Requests",
    ] {
        let (server, store, desk) = (Aggregate::new(), Aggregate::new(), Desk::new());
        let address = format!("{}/media/uuid:1/p.jpg", store.address);
        store.has("uuid:1", &[("p.jpg", "photo")]);
        store.held().refusals = vec![("/media/", refusal)];
        server.held().instead =
            vec![("uuid%3A1", submission(" instanceID='uuid:1'", &[("p.jpg", "photo", &address)]))];
        server.has("uuid:1", &[]);
        server.has("uuid:2", &[]);
        let run = server.pull(&desk, &[]);
        assert_eq!((run.status, run.out.as_str()), (1, "2 submissions fetched into d\n"), "{}", run.err);
        assert!(run.err.starts_with("openrosa: uuid:1: its file `p.jpg`: the server "), "{}", run.err);
        assert!(!run.err.contains("try:"), "{}", run.err);
        store.held().refusals.clear();
        let run = server.pull(&desk, &[]);
        assert_eq!(run.out, "0 submissions fetched into d, 1 submission brought up to date\n", "{}", run.err);
        assert_eq!(server.asked("downloadSubmission"), 1);
    }
    let (server, desk) = (Aggregate::new(), Desk::new());
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let address = format!("http://{nobody}/p.jpg");
    server.held().instead =
        vec![("uuid%3A1", submission(" instanceID='uuid:1'", &[("p.jpg", "photo", &address)]))];
    server.has("uuid:1", &[]);
    server.has("uuid:2", &[]);
    assert_eq!(server.pull(&desk, &[]).out, "2 submissions fetched into d\n");
}

#[test]
fn a_file_that_breaks_off_does_not_keep_its_form_away() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[("p.jpg", "photo")]);
    server.has("uuid:2", &[("q.jpg", "photo"), ("r.jpg", "photo")]);
    server.held().refusals = vec![("/p.jpg", ""), ("/q.jpg", "")];
    for told in ["2 submissions fetched into d\n", "0 submissions fetched into d\n"] {
        let run = server.pull(&desk, &[]);
        assert_eq!((run.status, run.out.as_str()), (1, told), "{}", run.err);
        assert!(run.err.contains("uuid:1: its file `p.jpg`") && run.err.contains("uuid:2: its file `q.jpg`"));
    }
    assert_eq!(desk.read("d/submissions/uuid%3A2/r.jpg"), "photo");
    server.held().refusals.clear();
    let run = server.pull(&desk, &[]);
    assert_eq!(run.out, "0 submissions fetched into d, 2 submissions brought up to date\n", "{}", run.err);
}

#[test]
fn of_two_files_of_one_name_the_first_is_kept() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:9", &[("one", "1"), ("two", "2")]);
    let [one, two] = ["one", "two"].map(|name| format!("{}/media/uuid:9/{name}", server.address));
    let files = [("p.jpg", "1", &*one), ("p.jpg", "2", &*two), ("p.jpg", "1", &*two)];
    server.held().instead = vec![("uuid%3A1", submission(" instanceID='uuid:1'", &files))];
    server.has("uuid:1", &[]);
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (1, "2 submissions fetched into d\n"));
    insta::assert_snapshot!(run.err, @"openrosa: uuid:1: its file `p.jpg`: it is listed twice, and the first of that name is kept");
    server.has("uuid:1", &[]);
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "what stays so is told once");
    assert_eq!((desk.read("d/submissions/uuid%3A1/p.jpg").as_str(), server.asked("/media/")), ("1", 0));
}

#[test]
fn a_cursor_that_the_server_takes_no_more_does_not_end_all_pulls() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    assert_eq!(server.pull(&desk, &[]).status, 0);
    server.has("uuid:2", &[]);
    for busy in ["503 Service Unavailable", "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\""] {
        server.held().refusals = vec![("cursor=1", busy)];
        assert_eq!((server.pull(&desk, &[]).status, server.asked("submissionList")), (2, 1), "{busy}");
    }
    server.held().refusals = vec![("cursor=1", "400 Bad Request")];
    let run = server.pull(&desk, &[]);
    assert_eq!((run.status, run.out.as_str()), (0, "1 submission fetched into d\n"));
    insta::assert_snapshot!(run.err, @r"openrosa: the list begins anew, as the server takes its cursor no more: the server answered 400: not\u{1b}[2J now");
    assert_eq!(server.pull(&desk, &[]).err, "", "it has another one now");
    server.held().refusals = vec![("submissionList", "400 Bad Request")];
    assert_eq!((server.pull(&desk, &[]).status, server.asked("submissionList")), (2, 2), "once, and no more");
}

/// To a system that knows no case, both have one folder, as by this link.
#[cfg(unix)]
#[test]
fn submissions_whose_ids_differ_by_case_are_both_kept() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:A", &[("p.jpg", "one")]);
    assert_eq!(server.pull(&desk, &[]).status, 0);
    let folder = desk.path().join("d/submissions");
    std::os::unix::fs::symlink("uuid%3AA", folder.join("uuid%3Aa")).expect("a link");
    server.has("uuid:a", &[("p.jpg", "other")]);
    for told in ["1 submission fetched into d\n", "0 submissions fetched into d\n"] {
        let run = server.pull(&desk, &[]);
        assert_eq!((run.status, run.out.as_str()), (0, told), "{}", run.err);
        server.held().updates.extend(["uuid:A".to_owned(), "uuid:a".to_owned()]);
    }
    assert_eq!(desk.read("d/submissions/uuid%3AA/p.jpg"), "one");
    assert!(desk.read("d/submissions/uuid%3AA/submission.xml").contains("uuid:A"));
    let beside = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a name").path());
    let beside = beside.filter(|path| path.to_string_lossy().contains("uuid%3Aa~")).collect::<Vec<_>>();
    assert_eq!(beside.len(), 1);
    assert_eq!(fs::read_to_string(beside[0].join("p.jpg")).expect("a file"), "other");
    assert!(fs::read_to_string(beside[0].join("submission.xml")).expect("a file").contains("uuid:a"));
}

/// What the list has outside of the circle never comes; the pull neither seems whole nor goes on for ever.
#[test]
fn a_list_that_goes_in_a_circle_is_no_whole_one() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    let page = |next: &str| {
        format!(
            "<idChunk xmlns='http://opendatakit.org/submissions'><idList><id>uuid:1</id></idList>
               <resumptionCursor>{next}</resumptionCursor></idChunk>"
        )
    };
    server.held().instead =
        vec![("cursor=A", page("B")), ("cursor=B", page("A")), ("submissionList", page("A"))];
    for (pages, told) in [(3, "1 submission fetched into d\n"), (2, "0 submissions fetched into d\n")] {
        let run = server.pull(&desk, &[]);
        assert_eq!((run.status, run.out.as_str(), server.asked("submissionList")), (2, told, pages));
        insta::allow_duplicates! {
            insta::assert_snapshot!(run.err, @"openrosa: the server lists submissions in a circle: what leads on from this page was asked for before");
        }
    }
}
