//! `openrosa push` against a Briefcase server.

use std::fs;

use super::{
    aggregate::{Aggregate, FORM},
    servers::{Desk, md5_of},
};

/// R-017: a file has the name that the form gives it, whatever it is called.
#[test]
fn whatever_a_file_is_called_it_is_pushed_with_its_submission() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[("extra.xml", "<extra/>"), ("audio/1.mp3", "la"), ("photo.jpg", "photo")]);
    assert_eq!(server.pull(&desk, &[]).status, 0);
    fs::create_dir(desk.path().join("d/form-media")).expect("a folder");
    fs::create_dir(desk.path().join("d/form-media/icons")).expect("a folder");
    fs::write(desk.path().join("d/form-media/icons/a.png"), "icon").expect("a file");
    fs::create_dir(desk.path().join("d/submissions/broken-off")).expect("a folder");
    let run = desk.run(&["push", "d", "--url", &server.address]);
    assert_eq!(run.status, 1, "something lies there that was not sent");
    insta::assert_snapshot!(run.out, @r"
    form        Thanks\u{9b}2J.
    delivered   d/submissions/uuid%3A1/submission.xml  Thanks 2J.
    1 form: 1 delivered
    ");
    insta::assert_snapshot!(run.err, @"openrosa: `d/submissions/broken-off` is no folder with a submission.xml; it was not sent");
    let held = server.held();
    let names = |post: &str| {
        let names = post.split("filename=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
        names.collect::<Vec<_>>().join(" ")
    };
    let posted: Vec<_> = held.posted.iter().map(|post| names(post)).collect();
    assert_eq!(posted, ["form.xml a.png", "submission.xml audio/1.mp3 extra.xml photo.jpg"]);
}

#[test]
fn who_cannot_push_a_form_is_told_what_helps() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    assert_eq!(server.pull(&desk, &[]).status, 0);
    let push = |head: Option<&'static str>| {
        server.held().refusals = head.map(|head| ("/formUpload", head)).into_iter().collect();
        let run = desk.run(&["push", "d", "--json", "--url", &server.address]);
        format!("{}\n{}{}", run.status, run.out.replace('\u{9b}', "~"), run.err)
    };
    insta::assert_snapshot!(push(None), @r#"
    0
    {"form":"d/form.xml","outcome":"delivered","message":"Thanks\u009b2J."}
    {"form":"d/submissions/uuid%3A1/submission.xml","outcome":"delivered","status":201,"message":"Thanks\u009b2J."}
    "#);
    insta::assert_snapshot!(push(Some("404 Not Found")), @r#"
    1
    {"form":"d/form.xml","outcome":"refused","error":"the server answered 404: not\u001b[2J now"}
    {"form":"d/submissions/uuid%3A1/submission.xml","outcome":"not_tried"}
    openrosa: the form: the server answered 404: not\u{1b}[2J now
      try: where the server has the form already: the same with --submissions
    "#);
    insta::assert_snapshot!(push(Some("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"")), @r#"
    1
    {"form":"d/form.xml","outcome":"try_again","error":"the server wants credentials and none are set for it: Unauthorized"}
    {"form":"d/submissions/uuid%3A1/submission.xml","outcome":"not_tried"}
    openrosa: the form: the server wants credentials and none are set for it: Unauthorized
      try: openrosa login, or --user and --password-env
    "#);
    insta::assert_snapshot!(push(Some("503 Service Unavailable\r\nRetry-After: 30")), @r#"
    1
    {"form":"d/form.xml","outcome":"try_again","error":"the server answered 503: not\u001b[2J now"}
    {"form":"d/submissions/uuid%3A1/submission.xml","outcome":"not_tried"}
    openrosa: the form: the server answered 503: not\u{1b}[2J now
      try: the same again in 30 s, and not before
    "#);
}

/// R-077: an edit of what a server does not have is answered 404, which says nothing of that.
#[test]
fn who_pushes_an_edit_of_what_the_server_lacks_is_told_what_helps() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    for (name, edit) in [("1", "<deprecatedID>uuid:0</deprecatedID>"), ("2", "")] {
        let folder = desk.path().join("d/submissions").join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let meta = format!("<meta><instanceID>uuid:{name}</instanceID>{edit}</meta>");
        fs::write(folder.join("submission.xml"), format!("<visit id='visit'>{meta}</visit>"))
            .expect("a file");
    }
    server.held().refusals = vec![("POST /submission", "404 Not Found")];
    let run = desk.run(&["push", "d", "--submissions", "--url", &server.address]);
    assert_eq!(run.status, 1, "{}", run.err);
    insta::assert_snapshot!(run.out, @"
    refused     d/submissions/1/submission.xml  the server answered 404: not [2J now  (it is an edit: where the server has the blank form, it lacks `uuid:0`, which this one replaces; send that one first, or, if there is none any more, this one without its deprecatedID)
    refused     d/submissions/2/submission.xml  the server answered 404: not [2J now
    2 forms: 2 refused
    ");
}

/// As ODK Central and CommCare HQ, which get forms in other ways.
#[test]
fn submissions_are_pushed_where_no_form_can_be() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    assert_eq!(server.pull(&desk, &[]).status, 0);
    server.held().refusals = vec![("/formUpload", "404 Not Found")];
    let run = desk.run(&["push", "d", "--submissions", "--url", &server.address]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert_eq!(server.asked("/formUpload"), 0);
    assert_eq!(server.held().posted.len(), 1);
    fs::remove_dir_all(desk.path().join("d/submissions")).expect("a folder");
    let run = desk.run(&["push", "d", "--submissions", "--url", &server.address]);
    assert_eq!(run.status, 2);
    assert!(run.err.starts_with("openrosa: `d` holds no submissions\n"), "{}", run.err);
}

/// That a server has the form says nothing of its files: it may have been broken off before, and in several POSTs each has the form
/// (openrosa.md 6.3).
#[test]
fn a_server_that_has_the_form_is_asked_for_its_files() {
    let (server, desk) = (Aggregate::new(), Desk::new());
    server.has("uuid:1", &[]);
    assert_eq!(server.pull(&desk, &[]).status, 0);
    let push = |server: &Aggregate, manifest: Option<&str>| {
        let base = &server.address;
        let list = "<xforms xmlns='http://openrosa.org/xforms/xformsList'><xform><formID>visit</formID><name>Visit</name>";
        let list = format!(
            "{list}<hash>md5:{}</hash><downloadUrl>{base}/f</downloadUrl>
               <manifestUrl>{base}/manifest</manifestUrl></xform></xforms>",
            md5_of(FORM)
        );
        let manifest = manifest.map(|files| {
            format!("<manifest xmlns='http://openrosa.org/xforms/xformsManifest'>{files}</manifest>")
        });
        server.held().refusals = vec![("POST /formUpload", "409 Conflict")];
        server.held().instead = manifest.into_iter().map(|text| ("/manifest", text)).collect();
        server.held().instead.push(("/formList", list));
        server.held().posted.clear();
        let run = desk.run(&["push", "d", "--url", base]);
        assert_eq!(server.held().posted.len(), 1, "the submission is sent: {}", run.err);
        format!("{}\n{}{}", run.status, run.out, run.err).replace(base, "SERVER")
    };
    let file = |name: &str, text: &str| {
        let hash = md5_of(text);
        format!(
            "<mediaFile><filename>{name}</filename><hash>md5:{hash}</hash><downloadUrl>http://h/{name}</downloadUrl></mediaFile>"
        )
    };
    let all = "form        the server has it already\n";
    assert!(push(&server, None).starts_with(&format!("0\n{all}")), "it has no files");
    fs::create_dir(desk.path().join("d/form-media")).expect("a folder");
    for (name, text) in [("a.png", "a"), ("b.csv", "b"), (".hidden", "-")] {
        fs::write(desk.path().join("d/form-media").join(name), text).expect("a file");
    }
    let both = file("a.png", "a") + &file("b.csv", "b");
    assert!(push(&server, Some(&both)).starts_with(&format!("0\n{all}")));
    insta::assert_snapshot!(push(&server, Some(&file("a.png", "other"))), @r"
    1
    delivered   d/submissions/uuid%3A1/submission.xml  Thanks 2J.
    1 form: 1 delivered
    openrosa: the server has the form already, and not as here: `a.png`, `b.csv`
      try: to remove the form from the server, and the same again
    ");
    insta::assert_snapshot!(push(&server, None), @r"
    1
    delivered   d/submissions/uuid%3A1/submission.xml  Thanks 2J.
    1 form: 1 delivered
    openrosa: the server has the form already; whether it has all files of it cannot be seen: the server answered 404: there is nothing here
    ");
}
