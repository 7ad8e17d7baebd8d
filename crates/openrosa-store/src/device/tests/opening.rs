use std::{fs, path::Path};

use super::*;

#[tokio::test]
async fn what_is_no_database_of_a_device_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "a".repeat(5_000)).unwrap();
    assert!(Database::open(&text).await.unwrap_err().is_foreign());
    assert_eq!(fs::read(&text).unwrap().len(), 5_000);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");

    for (name, statement) in
        [("songs.db", "CREATE TABLE songs (title TEXT)"), ("map.db", "PRAGMA application_id = 0x47504b47")]
    {
        let other = folder.path().join(name);
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&other).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        sqlx::query(statement).execute(&pool).await.unwrap();
        pool.close().await;
        let before = fs::read(&other).unwrap();
        assert!(Database::open(&other).await.unwrap_err().is_foreign());
        assert!(Database::open_existing(&other).await.unwrap_err().is_foreign());
        assert!(fs::read(&other).unwrap() == before, "not even how it is written to changes");
        assert!(!folder.path().join(format!("{name}-opening")).exists());
    }

    assert!(Database::open(folder.path().join("missing/phone.db")).await.is_err());
}

#[tokio::test]
async fn what_a_newer_version_made_is_left_alone() {
    let (folder, phone) = phone().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, 'x', 1, x'00', 0)";
    sqlx::query(newer).execute(&phone.writer).await.unwrap();
    phone.close().await;
    let error = Database::open(folder.path().join("phone.db")).await.unwrap_err();
    assert!(
        error.is_foreign() && error.to_string().ends_with("was made by a newer version of this program"),
        "{error}"
    );
}

/// Nobody should look for a newer version that there is not.
#[tokio::test]
async fn what_another_build_made_otherwise_is_left_alone() {
    let (folder, phone) = phone().await;
    let other = "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 6";
    sqlx::query(other).execute(&phone.writer).await.unwrap();
    phone.close().await;
    let error = Database::open(folder.path().join("phone.db")).await.unwrap_err();
    assert!(error.is_foreign(), "{error}");
    let words = error.to_string().replace(folder.path().to_str().unwrap(), "");
    insta::assert_snapshot!(words, @"`/phone.db` was made by another build of this program, whose migration 6 is not the one here");
}

#[tokio::test]
async fn several_open_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    let opening: Vec<_> = (0..8).map(|_| tokio::spawn(Database::open(path.clone()))).collect();
    for (n, opened) in opening.into_iter().enumerate() {
        let phone = opened.await.unwrap().unwrap();
        phone.submit(&form(&format!("uuid:{n}"), &case(&format!("c{n}"), "")), Effect::AtOnce).await.unwrap();
    }
    assert_eq!(ids(&Database::open(&path).await.unwrap()).await.len(), 8);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    for name in ["phone.db", "phone.db-wal"] {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

/// What an earlier version kept is there, in the tables of this one.
#[tokio::test]
async fn what_an_older_version_made_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let older = open::MIGRATIONS.iter().take(4).cloned().collect();
    sqlx::migrate::Migrator::with_migrations(older).run(&pool).await.unwrap();
    for statement in [
        "PRAGMA application_id = 0x4f526476",
        "INSERT INTO cases VALUES (7, 'a', 'patient', 'Amina', 'u1', 0, 1000000, NULL, NULL, NULL, NULL, \
         '{\"village\":\"Kibaha\"}', '{\"parent\":[\"b\",\"patient\",\"child\"]}', '{\"photo\":[\"http://h/1.jpg\",null]}')",
        "INSERT INTO cases VALUES (8, 'b', 'patient', 'Beno', 'u1', 0, 1000000, NULL, NULL, NULL, NULL, '{}', '{}', '{}')",
        "INSERT INTO links VALUES ('b', 7)",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;

    let phone = Database::open(&path).await.unwrap();
    let checked = phone.check().await.unwrap();
    assert_eq!((checked.cases, checked.faults), (2, vec![]));
    let case = phone.case(&"a".into()).await.unwrap().unwrap();
    assert_eq!((&*case.name, &*case.properties["village"].text()), ("Amina", "Kibaha"));
    assert_eq!(
        (case.indices["parent"].target.as_str(), &*case.attachments["photo"].src),
        ("b", "http://h/1.jpg")
    );
    assert_eq!(phone.sources(&"b".into()).await.unwrap(), [case]);
}

/// Of a form that an earlier version tried only the last answer is known.
#[tokio::test]
async fn what_is_known_of_older_forms_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let older = open::MIGRATIONS.iter().take(6).cloned().collect();
    sqlx::migrate::Migrator::with_migrations(older).run(&pool).await.unwrap();
    sqlx::query("PRAGMA application_id = 0x4f526476").execute(&pool).await.unwrap();
    let forms = [
        ("waiting", 0, None, false),
        ("waiting", 1, None, true),
        ("waiting", 1, Some(500), true),
        ("waiting", 1, Some(423), false),
        ("waiting", 2, Some(423), true),
        ("quarantined", 1, Some(403), false),
        ("quarantined", 2, Some(403), true),
        ("quarantined", 1, None, false),
        ("dropped", 1, None, true),
        ("delivered", 3, Some(201), false),
    ];
    for (number, (state, attempts, status, _)) in (1_i64..).zip(forms) {
        let form = "INSERT INTO outbox (number, instance_id, file_name, size, sha256, added_at, state, attempts, due_at, status)
                    VALUES (?1, ?1, 'a.xml', 1, zeroblob(32), 0, ?2, ?3, 0, ?4)";
        let form = sqlx::query(form).bind(number).bind(state).bind(attempts).bind(status);
        form.execute(&pool).await.unwrap();
        let file = "INSERT INTO outbox_files VALUES (?, 1, '1.jpg', 1, zeroblob(32), '/1.jpg')";
        sqlx::query(file).bind(number).execute(&pool).await.unwrap();
    }
    pool.close().await;

    let phone = Database::open(&path).await.unwrap();
    let taken = phone.outbox().list(None, 0, 99).await.unwrap();
    let taken: Vec<_> = taken.iter().map(|form| (form.may_have_arrived(), form.refers_to_files)).collect();
    assert_eq!(taken, forms.map(|(_, _, _, may_have_arrived)| (may_have_arrived, true)));
    let files: Vec<i64> =
        sqlx::query_scalar("SELECT DISTINCT files FROM outbox").fetch_all(&phone.writer).await.unwrap();
    assert_eq!(files, [1]);
}

async fn faults(phone: &Database, damage: &'static str) -> Vec<String> {
    // As damage does, which asks no constraint.
    sqlx::query("PRAGMA foreign_keys = off").execute(&phone.writer).await.unwrap();
    sqlx::query(damage).execute(&phone.writer).await.unwrap();
    phone.check().await.unwrap().faults.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_check_finds_what_is_wrong() {
    let to = "<index><parent case_type='patient'>b</parent></index>";
    for (damage, words) in [
        ("UPDATE contents SET properties = '{' WHERE number = 1", "case `a` cannot be read"),
        ("DELETE FROM contents WHERE number = 1", "case `a` cannot be read"),
        ("DELETE FROM links", "what case `a` points at is not what it is found by"),
        ("INSERT INTO contents VALUES (9, '{}', '{}')", "a row of `contents` belongs to none of `cases`"),
        ("INSERT INTO ledgers VALUES ('z', 's', 'p', 1)", "stock is kept of case `z`, which is not here"),
        ("DELETE FROM outbox_chunks", "form 1 in the outbox, or a copied file of it, is not what it was"),
        (
            "UPDATE outbox_chunks SET bytes = zeroblob(length(bytes))",
            "form 1 in the outbox, or a copied file of it, is not",
        ),
        ("UPDATE users SET properties = '{'", "user `u1` cannot be read"),
        ("UPDATE fixtures SET source = '<f'", "lookup data `fruit` cannot be read"),
        ("UPDATE fixtures SET indexed = '['", "lookup data `fruit` cannot be read"),
        ("UPDATE fixture_rows SET source = '<f'", "lookup data `fruit` cannot be read: its row 0: "),
        ("UPDATE outbox SET instance_id = 'uuid:2'", "what form 1 in the outbox is about is not what"),
        ("DELETE FROM outbox_touches", "what form 1 in the outbox is about is not what it is known by"),
        ("DROP VIEW outbox_stuck", "`outbox_stuck` is missing in the database"),
        ("DROP TABLE home", "`home` is missing in the database"),
        ("DROP INDEX cases_by_id", "`cases_by_id` is missing in the database"),
    ] {
        let (_folder, phone) = phone().await;
        let fruit =
            "<fixture id='fruit' indexed='true'><list><fruit><name>fig</name></fruit></list></fixture>";
        let items = format!("{}{}{fruit}", case("a", to), case("b", ""));
        phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
        phone.submit(&form("uuid:1", ""), Effect::AtOnce).await.unwrap();
        let checked = phone.check().await.unwrap();
        assert_eq!((checked.cases, checked.forms, checked.faults), (2, 1, vec![]));
        assert_eq!(checked.hash, phone.state_hash().await.unwrap());
        let faults = faults(&phone, damage).await;
        assert!(faults.len() == 1 && faults[0].starts_with(words), "{damage}: {faults:?}");
    }
}

/// What is left without it is a fixture, too, but for the last one.
#[tokio::test]
async fn a_piece_of_lookup_data_that_is_missing_is_found() {
    for damage in [
        "DELETE FROM fixture_rest WHERE position = 1",
        "DELETE FROM fixture_rest WHERE position = 2",
        "DELETE FROM fixture_rest WHERE position = (SELECT max(position) FROM fixture_rest)",
    ] {
        let (_folder, phone) = phone().await;
        let long = format!("<fixture id='fruit'><list>{}</list></fixture>", "fig ".repeat(100_000));
        phone.apply_restore(Restore::of(restore("t1", &long))).await.unwrap();
        assert_eq!(phone.check().await.unwrap().faults, []);
        let faults = faults(&phone, damage).await;
        assert!(
            faults.len() == 1 && faults[0].starts_with("lookup data `fruit` cannot be read"),
            "{faults:?}"
        );
    }
}

/// Who slips in the name keeps nothing where the next log or lock of that name takes its place.
#[tokio::test]
async fn what_lies_beside_a_database_is_none() {
    let (folder, phone) = phone().await;
    phone.close().await;
    let beside = |what: &str| folder.path().join(format!("phone.db-{what}"));
    for what in ["wal", "shm", "journal", "opening", "sender", "sync", "restore"] {
        let error = Database::open(beside(what)).await.unwrap_err().to_string();
        assert!(error.ends_with("belongs to it") && error.contains(what), "{error}");
        assert!(fs::read(beside(what)).unwrap_or_default().is_empty(), "{what}");
    }
    let own = folder.path().join("of-sync");
    Database::open(&own).await.unwrap().close().await;
    Database::open(&own).await.unwrap().close().await;
    let folder_in_name = format!("{}/", folder.path().join("new").display());
    assert!(Database::open(&folder_in_name).await.is_err() && !folder.path().join("new").exists());
}

#[tokio::test]
async fn a_damaged_file_is_told() {
    let (folder, phone) = phone().await;
    let items: String = (0..500).map(|n| case(&format!("c{n}"), "")).collect();
    phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    phone.close().await;
    let path = folder.path().join("phone.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let phone = Database::open(&path).await.unwrap();
    match phone.check().await {
        Ok(checked) => assert!(matches!(checked.faults[..], [Fault::Damaged(_), ..]), "{:?}", checked.faults),
        Err(error) => assert!(error.is_damaged(), "{error}"),
    }
}

#[tokio::test]
async fn room_is_given_back() {
    let (folder, phone) = phone().await;
    let items: String = (0..2_000).map(|n| case_of(&format!("c{n}"), "u2", "")).collect();
    phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    assert_eq!(phone.purge().await.unwrap().cases.len(), 2_000);
    let freed = phone.compact().await.unwrap();
    assert!(freed > 200_000, "{freed}");
    let (other_folder, other) = self::phone().await;
    other.compact().await.unwrap();
    let size = |folder: &Path| fs::metadata(folder.join("phone.db")).unwrap().len();
    assert!(
        size(folder.path()) <= size(other_folder.path()) + 32 * 1024,
        "as one without cases, but for a user"
    );
}

/// Forms that were not sent may be in it: nobody should take it for something else, and delete it.
#[tokio::test]
async fn a_damaged_database_is_not_taken_for_a_foreign_file() {
    let (folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    phone.close().await;
    let path = folder.path().join("phone.db");
    let whole = fs::read(&path).unwrap();
    let mut broken = whole.clone();
    // The list of tables, behind the header of the file.
    broken[100..4000].fill(0x5a);
    fs::write(&path, broken).unwrap();
    let error = Database::open(&path).await.unwrap_err();
    assert!(error.is_damaged() && !error.is_foreign(), "{error}");
    // Zeros, and what is cut, are nobody else's.
    for lost in [&vec![0; whole.len()], &whole[..10], &whole[..90]] {
        fs::write(&path, lost).unwrap();
        let error = Database::open(&path).await.unwrap_err();
        assert!(error.is_damaged() && !error.is_foreign(), "{error}");
        assert!(fs::read(&path).unwrap() == *lost);
    }
    // SQLite puts the log of what it could not open away on a thread of its own, some time later.
    let log = folder.path().join("phone.db-wal");
    for _ in 0..10_000 {
        if !log.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!log.exists());
    // Its beginning, too, where something else beside it says whose it was.
    fs::write(&path, vec![0x5a; whole.len()]).unwrap();
    assert!(Database::open(&path).await.unwrap_err().is_foreign());
    fs::write(folder.path().join("phone.db-sender"), "").unwrap();
    assert!(!Database::open(&path).await.unwrap_err().is_foreign());
}

/// SQLite would take the log for an old one, and remove it with the forms in it.
#[tokio::test]
async fn a_database_that_lost_its_file_to_its_log_keeps_the_log() {
    let (folder, phone) = phone().await;
    phone.submit(&form("uuid:1", ""), Effect::AtOnce).await.unwrap();
    let lost = folder.path().join("lost.db");
    let log = folder.path().join("lost.db-wal");
    // As it is while it is open, or when its process was killed.
    fs::copy(folder.path().join("phone.db-wal"), &log).unwrap();
    let before = fs::read(&log).unwrap();
    assert!(!before.is_empty());
    for cut in [false, true] {
        if cut {
            fs::write(&lost, "").unwrap();
        }
        for opened in [Database::open(&lost).await, Database::open_existing(&lost).await] {
            assert!(opened.unwrap_err().is_damaged());
        }
        assert_eq!((lost.exists(), fs::read(&log).unwrap() == before), (cut, true));
    }
    fs::remove_file(&log).unwrap();
    fs::write(folder.path().join("lost.db-sender"), "").unwrap();
    assert!(Database::open(&lost).await.unwrap_err().is_damaged(), "a device has sent from it");
    fs::remove_file(&lost).unwrap();
    Database::open(&lost).await.unwrap().close().await;
}

#[tokio::test]
async fn who_only_looks_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    assert!(Database::open_existing(&path).await.unwrap_err().is_absent());
    assert!(!path.exists());
    fs::write(&path, "").unwrap();
    assert!(Database::open_existing(&path).await.unwrap_err().is_absent());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    // SQLite's, and nobody's.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("VACUUM").execute(&pool).await.unwrap();
    pool.close().await;
    let before = fs::read(&path).unwrap();
    assert!(!before.is_empty() && Database::open_existing(&path).await.unwrap_err().is_absent());
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    Database::open(&path).await.unwrap().close().await;
    Database::open_existing(&path).await.unwrap();
}

/// SQLite would find no log beside a new file that the link has made, and remove the old one.
#[cfg(unix)]
#[tokio::test]
async fn a_log_is_found_at_the_end_of_a_link_to_a_file_that_is_gone() {
    let (folder, phone) = phone().await;
    phone.submit(&form("uuid:1", ""), Effect::AtOnce).await.unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    let log = real.join("d.db-wal");
    fs::copy(folder.path().join("phone.db-wal"), &log).unwrap();
    let before = fs::read(&log).unwrap();
    let links = [("link.db", "real/d.db"), ("other.db", "link.db")];
    for (link, end) in links {
        let link = folder.path().join(link);
        std::os::unix::fs::symlink(end, &link).unwrap();
        for opened in [Database::open(&link).await, Database::open_existing(&link).await] {
            assert!(opened.unwrap_err().is_damaged());
        }
        assert!(Database::was_at(&link) && !real.join("d.db").exists() && fs::read(&log).unwrap() == before);
    }
    fs::remove_file(&log).unwrap();
    for (link, _) in links {
        let opened = Database::open(folder.path().join(link)).await.unwrap();
        assert_eq!(opened.path, real.canonicalize().unwrap().join("d.db"), "one is made at its end");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_name_that_sqlite_does_not_take_is_refused_before_anything_is_made() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"phone-\xff.db"));
    let error = Database::open(&path).await.unwrap_err();
    assert!(!error.is_busy() && error.to_string().ends_with("SQLite takes only names in UTF-8"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// What cannot be looked for is not missing. A link in a circle cannot be, and unlike a closed folder root neither.
#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_looked_for_is_not_told_as_absent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    std::os::unix::fs::symlink("phone.db", &path).unwrap();
    let error = Database::open_existing(&path).await.unwrap_err();
    assert!(!error.is_absent() && error.to_string().contains("phone.db`: "), "{error}");
}

/// The locks lie beside the file: two that come by different names have to find the same.
#[cfg(unix)]
#[tokio::test]
async fn a_database_by_another_name_is_the_same() {
    let (folder, phone) = phone().await;
    let other = folder.path().join("other.db");
    std::os::unix::fs::symlink("phone.db", &other).unwrap();
    let other = Database::open(other).await.unwrap();
    assert_eq!(other.path, phone.path);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_somebody_opens_for_ever_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("phone.db");
    let _held = crate::lock::Lock::take(&path, "opening").unwrap().unwrap();
    assert!(Database::open(&path).await.unwrap_err().is_busy());
}
