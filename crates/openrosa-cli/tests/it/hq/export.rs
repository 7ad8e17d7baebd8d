//! `openrosa hq export`.

use std::path::Path;
use std::sync::{Arc, Mutex};

use sqlx::{AssertSqlSafe, ConnectOptions as _, sqlite::SqliteConnectOptions};

use super::{case, hq, openrosa_hq, page};

/// Rows of a database, their columns behind one another.
fn rows(path: &Path, query: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut connection = SqliteConnectOptions::new().filename(path).connect().await.expect("a database");
        let query = AssertSqlSafe(query.to_owned());
        sqlx::query_scalar(query).fetch_all(&mut connection).await.expect("rows")
    })
}

#[test]
fn an_export_adds_what_is_new_to_what_is_there() {
    let there = Arc::new(Mutex::new(vec![case("c1", "Ada", 1), case("c2", "Eve", 2)]));
    let shown = Arc::clone(&there);
    let (address, seen) = hq(move |asked| {
        let all = shown.lock().expect("no panic");
        let from = usize::from(asked.line.contains("indexed_on.gte=2026-02-03T09%3A10%3A02"));
        (200, page(&all[from..]))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let export = |out: &str| {
        openrosa_hq(folder.path(), &address, &["export", "cases", "--case-type", "client", "--to", out])
    };
    let text = |out: &str| std::fs::read_to_string(folder.path().join(out)).expect("a file");

    assert_eq!(export("cases.ndjson").out, "2 cases added to cases.ndjson\n");
    assert_eq!(text("cases.ndjson").lines().count(), 2);
    // A page that broke off lies behind what the checkpoint knows.
    let mut broken = text("cases.ndjson");
    broken.push_str("{\"case_id\": ");
    std::fs::write(folder.path().join("cases.ndjson"), broken).expect("written");
    there.lock().expect("no panic").push(case("c3", r#"Ada \"II\""#, 3));
    let again = export("cases.ndjson");
    assert_eq!(again.out, "1 case added to cases.ndjson\n", "{}", again.err);
    let lines: Vec<serde_json::Value> =
        text("cases.ndjson").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2]["case_name"], "Ada \"II\"");
    assert!(seen.lock().expect("no panic")[0].contains("case_type=client"));

    let columns = ["--column", "case_id", "--column", "case_name", "--column", "properties.age"];
    let sheet =
        openrosa_hq(folder.path(), &address, &[&["export", "cases", "--to", "c.csv"][..], &columns].concat());
    assert_eq!(sheet.status, 0, "{}", sheet.err);
    assert_eq!(
        text("c.csv"),
        "case_id,case_name,properties.age\nc1,Ada,\"4,1\"\nc2,Eve,\"4,1\"\nc3,\"Ada \"\"II\"\"\",\"4,1\"\n"
    );
    let other = openrosa_hq(folder.path(), &address, &["export", "cases", "--to", "c.csv"]);
    assert_eq!(other.status, 2);
    let other = openrosa_hq(folder.path(), &address, &["export", "cases", "--to", "cases.ndjson"]);
    assert_eq!(other.status, 2, "without the type it is another export");
}

#[test]
fn an_export_that_did_not_begin_leaves_nothing_behind() {
    let (address, _) = hq(|_| (403, String::new()));
    let folder = tempfile::tempdir().expect("a folder");
    for out in ["c.ndjson", "c.csv", "c.db"] {
        let refused = openrosa_hq(folder.path(), &address, &["export", "cases", "--to", out]);
        assert_eq!(refused.status, 2);
        assert!(refused.err.contains("try: a role with `Access APIs`"), "{}", refused.err);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

/// The power went after the checkpoint was made and before the first page was on the disk.
#[test]
fn an_export_that_broke_off_on_its_first_page_begins_anew() {
    let (address, _) = hq(|_| (200, page(&[case("c1", "Ada", 1)])));
    let folder = tempfile::tempdir().expect("a folder");
    let export = || openrosa_hq(folder.path(), &address, &["export", "cases", "--to", "c.csv"]);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    assert_eq!(export().status, 0);
    let whole = read("c.csv");
    let mut begun: serde_json::Value = serde_json::from_str(&read("c.csv.checkpoint")).expect("JSON");
    let first = begun["state"]["first"].clone();
    begun["state"] = serde_json::json!({"first": first, "moment": null, "pages": 0, "items": 0});
    begun["bytes"] = 0.into();
    // The hash of nothing.
    begun["end"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into();
    std::fs::write(folder.path().join("c.csv.checkpoint"), begun.to_string()).expect("written");
    std::fs::write(folder.path().join("c.csv"), &whole[..40]).expect("written");
    let again = export();
    assert_eq!((again.status, read("c.csv")), (0, whole), "{}", again.err);
}

/// To go on would cut through what a person wrote.
#[test]
fn a_sheet_that_somebody_worked_in_is_left_alone() {
    let (address, _) = hq(|asked| {
        let from = usize::from(asked.line.contains("indexed_on.gte=2026-02-03T09%3A10%3A02"));
        (200, page(&[case("c1", "Ada", 1), case("c2", "Eve", 2)][from..]))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let export = || openrosa_hq(folder.path(), &address, &["export", "cases", "--to", "c.csv"]);
    assert_eq!(export().status, 0);
    let path = folder.path().join("c.csv");
    let whole = std::fs::read_to_string(&path).expect("a sheet");
    for other in [
        whole.replace('\n', ",seen by Amina\n"),
        whole.replace("Eve", "EVE"),
        whole[..whole.len() - 1].to_owned(),
    ] {
        std::fs::write(&path, &other).expect("written");
        let said = export();
        assert_eq!(said.status, 2);
        assert!(said.err.contains("`c.csv` was changed since it was exported to"), "{}", said.err);
        assert_eq!(std::fs::read_to_string(&path).expect("a sheet"), other);
    }
    std::fs::write(&path, whole).expect("written");
    assert_eq!(export().status, 0);
}

/// Another server may have a project of the same name.
#[test]
fn an_export_goes_on_from_the_server_that_it_began_with() {
    let [one, other] =
        [("c1", "Ada"), ("c2", "Eve")].map(|(id, name)| hq(move |_| (200, page(&[case(id, name, 1)]))).0);
    let folder = tempfile::tempdir().expect("a folder");
    for out in ["c.ndjson", "c.db"] {
        let export = |address: &str| openrosa_hq(folder.path(), address, &["export", "cases", "--to", out]);
        assert_eq!(export(&one).status, 0);
        let said = export(&other);
        assert_eq!(said.status, 2, "{}", said.out);
        assert!(said.err.contains("of another list or server"), "{}", said.err);
    }
}

#[test]
fn what_an_export_cannot_do_is_said_before_it_begins() {
    let (address, seen) = hq(|_| (200, page(&[])));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mine.ndjson"), "{}\n").expect("written");
    std::fs::write(
        folder.path().join("mine.db"),
        "no database at all, but more than a hundred bytes".repeat(9),
    )
    .expect("written");
    for (arguments, why) in [
        (&["export", "forms", "--to", "f.ndjson", "--case-type", "client"][..], "--case-type is for cases"),
        (&["export", "cases", "--to", "c.ndjson", "--xmlns", "urn:f"], "--xmlns is for forms"),
        (
            &["export", "cases", "--to", "c.ndjson", "--column", "closed"],
            "--column is for sheets and databases",
        ),
        (&["export", "cases", "--to", "mine.ndjson"], "`mine.ndjson` is there already"),
        (&["export", "cases", "--to", "mine.db"], "try: another --to"),
        (&["export", "cases", "--to", "."], "`.` is no file with which a later export could go on"),
        #[cfg(unix)]
        (&["export", "cases", "--to", "/dev/stdout"], "`/dev/stdout` is no file with which"),
        #[cfg(unix)]
        (&["export", "cases", "--to", "/dev/null"], "`/dev/null` is no file with which"),
        (&["export", "cases", "--to", "c.db", "--column", "Age", "--column", "age"], "one column `age`"),
        (&["export", "cases", "--to", "c.db", "--page", "9999"], "9999 is not in 1..=5000"),
        (&["export", "cases", "--to", "c.db", "--page", "0"], "0 is not in 1..=5000"),
    ] {
        let said = openrosa_hq(folder.path(), &address, arguments);
        assert_eq!(said.status, 2, "{arguments:?}");
        assert!(said.err.contains(why), "{arguments:?}: {}", said.err);
    }
    assert!(seen.lock().expect("no panic").is_empty());
    assert_eq!(std::fs::read_to_string(folder.path().join("mine.ndjson")).expect("a file"), "{}\n");
}

#[test]
fn a_database_has_each_case_once_as_it_is_now() {
    let there = Arc::new(Mutex::new(vec![case("c1", "Ada", 1), case("c2", "Eve", 2)]));
    let shown = Arc::clone(&there);
    let (address, seen) = hq(move |asked| {
        let all = shown.lock().expect("no panic");
        let from = usize::from(asked.line.contains("indexed_on.gte=2026-02-03T09%3A10%3A02"));
        (200, page(&all[from..]))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let columns = ["--column", "case_name", "--column", "properties.age", "--column", "closed_by"];
    let export = |columns: &[&str]| {
        let export = ["export", "cases", "--to", "hq.db", "--case-type", "client"];
        openrosa_hq(folder.path(), &address, &[&export[..], columns].concat())
    };
    let path = folder.path().join("hq.db");
    let first = export(&columns);
    assert_eq!(first.out, "2 cases added to hq.db\n", "{}", first.err);
    // Changed after it was exported, and a new one.
    *there.lock().expect("no panic") =
        vec![case("c2", "Eve", 2), case("c1", "Ada L.", 3), case("c3", "Joy", 3)];
    assert_eq!(export(&columns).out, "2 cases added to hq.db\n");
    let shown = "SELECT id || ' ' || \"case_name\" || ' ' || \"properties.age\" || ' ' || coalesce(\"closed_by\", 'NULL')
        || ' ' || (json ->> '$.indexed_on') FROM cases ORDER BY id";
    assert_eq!(
        rows(&path, shown),
        [
            "c1 Ada L. 4,1 NULL 2026-02-03T09:10:03.000000Z",
            "c2 Eve 4,1 NULL 2026-02-03T09:10:02.000000Z",
            "c3 Joy 4,1 NULL 2026-02-03T09:10:03.000000Z",
        ]
    );
    assert_eq!(rows(&path, "SELECT what FROM checkpoints"), ["cases"]);
    let asked = seen.lock().expect("no panic").len();
    let other = export(&["--column", "case_name"]);
    assert_eq!((other.status, seen.lock().expect("no panic").len()), (2, asked), "{}", other.err);
    assert!(other.err.contains("the same columns as before"), "{}", other.err);
}

#[test]
fn forms_and_cases_share_a_database() {
    let (address, _) = hq(|asked| match asked.line.contains("/form/") {
        true => (
            200,
            r#"{"meta": {"limit": 1000, "offset": 0, "total_count": 1, "next": null}, "objects":
            [{"id": "f1", "form": {"@xmlns": "urn:f"}, "indexed_on": "2026-02-03T09:10:16.000000Z"}]}"#
                .to_owned(),
        ),
        false => (200, page(&[case("c1", "Ada", 1)])),
    });
    let folder = tempfile::tempdir().expect("a folder");
    for what in ["forms", "cases"] {
        let done = openrosa_hq(folder.path(), &address, &["export", what, "--to", "hq.db"]);
        assert_eq!(done.status, 0, "{}", done.err);
    }
    let path = folder.path().join("hq.db");
    assert_eq!(rows(&path, "SELECT id || ' ' || \"form.@xmlns\" FROM forms"), ["f1 urn:f"]);
    assert_eq!(rows(&path, "SELECT what FROM checkpoints ORDER BY what"), ["cases", "forms"]);
}

/// What is a number to the server is data to whoever exports it: read and written anew it would have lost its digits.
#[test]
fn numbers_keep_their_digits() {
    let (address, _) = hq(|_| {
        let numbers = r#"{"case_id": "c1", "properties": {"dose": 1.10, "serial": 12345678901234567890123},
            "indexed_on": "2026-02-03T09:10:01.000000Z"}"#;
        (200, page(&[numbers.to_owned()]))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let columns = ["--column", "properties.dose", "--column", "properties.serial"];
    for (out, columns) in [("c.ndjson", &[][..]), ("c.csv", &columns), ("c.db", &columns)] {
        let done =
            openrosa_hq(folder.path(), &address, &[&["export", "cases", "--to", out], columns].concat());
        assert_eq!(done.status, 0, "{}", done.err);
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    let line = r#"{"case_id":"c1","properties":{"dose":1.10,"serial":12345678901234567890123},"indexed_on":"2026-02-03T09:10:01.000000Z"}"#;
    assert_eq!(read("c.ndjson"), format!("{line}\n"));
    assert_eq!(read("c.csv"), "properties.dose,properties.serial\n1.10,12345678901234567890123\n");
    let path = folder.path().join("c.db");
    assert_eq!(
        rows(&path, r#"SELECT "properties.dose" || ' ' || "properties.serial" FROM cases"#),
        ["1.10 12345678901234567890123"]
    );
    assert_eq!(rows(&path, "SELECT json FROM cases"), [line]);
}

/// H-032: more was counted than came, and the server names no way on.
#[test]
fn a_last_page_that_counts_more_than_came_is_told() {
    let (address, _) = hq(|_| {
        let page = r#"{"meta": {"limit": 1000, "offset": 0, "total_count": 7, "next": null}, "objects": []}"#;
        (200, page.to_owned())
    });
    let folder = tempfile::tempdir().expect("a folder");
    let said = openrosa_hq(folder.path(), &address, &["export", "forms", "--to", "f.ndjson"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("more was counted than is there"), "{}", said.err);
}
