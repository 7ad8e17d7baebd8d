//! `openrosa demo`, which checks itself and says so with its exit status.

use super::openrosa;

#[test]
fn the_demonstration_ends_as_it_should() {
    let run = openrosa(&["demo"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    for line in [
        "1. A household is registered",
        "   answer   204 No Content",
        "   answer   201 Created",
        "   said     \"the form was already received; there was nothing new in it\"",
        "5. A form with a mistake in it",
        "   answer   422 Unprocessable Entity",
        "   check    openrosa check visit.xml",
        "[case-self-index]",
        "   so       not delivered: the phone keeps its copy",
        "byte for byte the photo that was sent",
        "The cases as they now stand",
        "2 cases, 1 open, after 3 documents by the rules of CommCare HQ",
        "patient · Juma (parent: child, closed)",
        "openrosa serve",
    ] {
        assert!(run.out.contains(line), "`{line}` is missing from\n{}", run.out);
    }
    assert_eq!(run.out.matches("     id     ").count(), 3, "three forms are held");
    assert!(run.out.lines().all(|line| line.chars().count() <= 100), "{}", run.out);
}

/// The page is there for as long as somebody wants to look, and shows what was told.
#[test]
fn the_demonstration_stays_for_those_who_want_to_look() {
    use std::io::{BufRead as _, BufReader};
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_openrosa"));
    let mut demo = command.args(["demo", "--open"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    let url = told.find_map(|line| Some(line.split_once("Look at all of this: ")?.1.to_owned()));
    let shows = |what: &str| {
        let url = url.clone().unwrap_or_default();
        let page =
            std::process::Command::new("curl").args(["--silent", "--location", &url]).output().unwrap();
        String::from_utf8_lossy(&page.stdout).contains(what)
    };
    // What was refused is written down a moment after it was.
    let begun = std::time::Instant::now();
    while !shows("case-self-index") && begun.elapsed() < std::time::Duration::from_secs(10) {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let seen = ["Last arrivals", "household", "case-self-index"].map(shows);
    let asked = std::process::Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap();
    assert!(asked.success() && demo.wait().unwrap().success());
    assert_eq!(seen, [true; 3], "{url:?}");
}

#[test]
fn a_folder_that_is_not_empty_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "").unwrap();
    let run = openrosa(&["demo", "--keep", folder.path().to_str().unwrap()]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("is not empty"), "{}", run.err);
}
