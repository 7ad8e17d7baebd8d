//! Output that is lost is no success, whoever has printed it.
#![cfg(target_os = "linux")]

use std::{
    fs::File,
    process::{Command, Stdio},
};

use super::{
    Run,
    desk::{self, Desk},
};

/// What a command comes to whose output has nowhere to go.
fn onto_a_full_disk(words: &str) -> Run {
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
    command.args(words.split(' ')).stdin(Stdio::null()).stdout(full);
    Run::of(&command.output().expect("the command runs"))
}

#[test]
fn a_full_disk_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let form = folder.path().join("form.xml").display().to_string();
    std::fs::write(&form, "<data/>").expect("a file");
    for words in [
        "new --form f --user u",
        &format!("apply {form}"),
        &format!("show {form}"),
        &format!("check {form}"),
        &format!("convert {form}"),
        "explain case-self-index",
        "--help",
        "apply --help",
        "--version",
    ] {
        let run = onto_a_full_disk(words);
        assert_eq!(run.status, 2, "{words}");
        assert!(run.err.starts_with("openrosa: cannot write the output: "), "{words}: {}", run.err);
    }
}

/// Who writes beyond the limit of a file is killed without a word where nobody listens to the signal.
#[test]
fn a_limit_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("form.xml"),
        "<data id='f'><meta><instanceID>1</instanceID></meta></data>",
    )
    .expect("a file");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 8; exec \"$0\" outbox --database d.db add form.xml"]);
    command.arg(env!("CARGO_BIN_EXE_openrosa")).current_dir(folder.path());
    let run = Run::of(&command.output().expect("the command runs"));
    assert!(run.status == 2 && run.err.contains("at a limit (a quota, or `ulimit -f`)"), "{}", run.err);
}

/// A restore is saved beside the database before it is applied.
#[test]
fn a_restore_for_which_there_is_no_room_is_told_with_what_helps() {
    let desk = Desk::new();
    let items = format!("<fixture id='f'><row>{}</row></fixture>", "x".repeat(10_000)).repeat(300);
    let restore =
        format!("<OpenRosaResponse xmlns='http://openrosa.org/http/response'>{items}</OpenRosaResponse>");
    let url = desk::server(move |_| (200, restore.clone()));
    let limited = |words: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -f 2048; exec \"$0\" {words} --url {url}")]);
        command.arg(env!("CARGO_BIN_EXE_openrosa")).current_dir(desk.path());
        command.env("OPENROSA_CONFIG", desk.path().join("config.toml"));
        Run::of(&command.output().expect("the command runs"))
    };
    let run = limited("sync --database device.db");
    assert_eq!(run.status, 2, "{}", run.out);
    insta::assert_snapshot!(run.err, @"openrosa: the disk is full, or at a limit (a quota, or `ulimit -f`); make room, and do it again: nothing is lost");
    let run = limited("restore --out restore.xml");
    assert_eq!(run.status, 2, "{}", run.out);
    assert!(run.err.ends_with("  try: room on the disk, and the same again\n"), "{}", run.err);
}

/// what a server has acknowledged is recorded wherever the disk stops taking more, and is not sent again.
#[test]
fn what_was_acknowledged_is_recorded_at_any_limit() {
    let posts = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let heard = std::sync::Arc::clone(&posts);
    let url = desk::server(move |_| {
        heard.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (201, desk::SAVED.to_owned())
    });
    let blocks: String = (0..400)
        .map(|n| {
            format!(
                "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c{n}' user_id='u' \
                 date_modified='2026-05-01T10:00:00Z'><create><case_type>t</case_type><case_name>n</case_name>\
                 <owner_id>u</owner_id></create></case>"
            )
        })
        .collect();
    let mut recorded = 0;
    // In blocks of 512 bytes. By the first, nothing can be begun; by the others, the effect on 400 cases may or may not be kept.
    for limit in [64, 200, 300, 400, 600, 1_000] {
        let desk = Desk::new();
        desk.form("visit.xml", "d", &blocks);
        desk.out("outbox add visit.xml --apply when-sent", 0);
        posts.store(0, std::sync::atomic::Ordering::SeqCst);
        for _ in 0..2 {
            let mut command = Command::new("sh");
            command.args([
                "-c",
                &format!("ulimit -f {limit}; exec \"$0\" outbox --database device.db send --to {url}"),
            ]);
            command.arg(env!("CARGO_BIN_EXE_openrosa")).current_dir(desk.path());
            command.env("OPENROSA_CONFIG", desk.path().join("config.toml"));
            drop(command.output().expect("the command runs"));
        }
        let sent = posts.load(std::sync::atomic::Ordering::SeqCst);
        let list = desk.out("outbox list", 0);
        assert!(sent <= 1, "{limit}: sent {sent} times\n{list}");
        assert_eq!(list.contains("delivered"), sent == 1, "{limit}: {list}");
        recorded += sent;
    }
    assert!(recorded > 2, "{recorded}");
}

/// Whoever cannot be told why has the status to go by.
#[test]
fn a_full_disk_under_standard_error_changes_no_status() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("visit.json"), "{}").expect("a file");
    for (words, status) in
        [("show nowhere.xml", 2), ("convert visit.json", 1), ("outbox list --database no.db", 2)]
    {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
        command.current_dir(folder.path()).args(words.split(' ')).stdin(Stdio::null()).stderr(full);
        assert_eq!(Run::of(&command.output().expect("the command runs")).status, status, "{words}");
    }
}

/// As behind `head`.
#[test]
fn who_stops_reading_breaks_nothing() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
    let output = command.args(["explain"]).stdin(Stdio::null()).stdout(writer).output();
    let run = Run::of(&output.expect("the command runs"));
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}
