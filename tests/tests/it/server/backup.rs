//! A copy that is made at work, and what there is, counted.

use chrono::{DateTime, TimeDelta, Utc};
use openrosa_store::server::{Database, Files};
use sqlx::Connection as _;

use super::site::{Site, create, form};

#[tokio::test]
async fn a_copy_has_what_there_was_and_opens_as_a_database() {
    let site = Site::sqlite().await;
    site.add("amy", "team").await;
    site.takes(&form("f1", &create("c1", 1, "amy", ""))).await;
    let copy = site.path().join("copy.db");
    site.database.backup(&copy).await.unwrap();
    site.takes(&form("f2", &create("c2", 1, "amy", ""))).await;
    assert!(site.database.backup(&copy).await.is_err(), "a copy is not written over");

    let files = Files::in_folder(site.path().join("files")).unwrap();
    let copied = Database::open(&copy, files).await.unwrap();
    let (then, now) = (copied.tally().await.unwrap(), site.database.tally().await.unwrap());
    assert_eq!((then.forms, then.cases, then.users), (1, 1, 1));
    assert_eq!((now.forms, now.cases, now.users), (2, 2, 1));
}

#[tokio::test]
async fn postgresql_says_who_makes_its_copies() {
    let Some(site) = Site::postgres().await else { return };
    let refused = site.database.backup(site.path().join("copy.db")).await.unwrap_err();
    assert_eq!(refused.to_string(), "PostgreSQL is backed up by its own `pg_dump`");
}

#[tokio::test]
async fn users_are_there_from_the_first_on() {
    for site in Site::all().await {
        assert!(!site.database.has_users().await.unwrap(), "{}", site.engine);
        site.add("amy", "team").await;
        assert!(site.database.has_users().await.unwrap(), "{}", site.engine);
    }
}

/// Each opening has connections of its own, as other processes have.
#[tokio::test(flavor = "multi_thread")]
async fn several_may_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.db");
    let files = Files::in_folder(folder.path().join("files")).unwrap();
    let opening: Vec<_> = (0..8).map(|_| tokio::spawn(Database::open(path.clone(), files.clone()))).collect();
    for opened in opening {
        let database = opened.await.unwrap().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(database.domain(None).await.unwrap().name, "");
    }
}

#[tokio::test]
async fn a_file_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "buy bread").unwrap();
    let begun = std::time::Instant::now();
    let refused = Database::open(&path, Files::in_folder(folder.path()).unwrap()).await.unwrap_err();
    assert!(refused.is_foreign(), "{refused}");
    assert!(begun.elapsed().as_secs() < 10, "nobody waits for it to become a database");
    assert_eq!(std::fs::read(&path).unwrap(), b"buy bread");
}

#[tokio::test]
async fn a_database_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut other = sqlx::AnyConnection::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE bread (kind TEXT)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = Database::open(&path, Files::in_folder(folder.path()).unwrap()).await.unwrap_err();
    assert!(refused.is_foreign() && !refused.is_damaged(), "{refused}");
    assert!(std::fs::read(&path).unwrap() == before, "not even how it is written to changes");
    assert!(refused.to_string().contains("other.db"), "{refused}");
}

#[tokio::test]
async fn where_nobody_answers_that_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let begun = std::time::Instant::now();
    let files = Files::in_folder(folder.path()).unwrap();
    let refused = Database::connect("postgres://a:secret@127.0.0.1:1/b", files).await.unwrap_err();
    assert!(
        refused.is_busy() && !refused.to_string().contains("pool"),
        "{refused}: by who was asked, not by who waited"
    );
    assert!(!refused.to_string().contains("secret"), "{refused}");
    assert!(begun.elapsed().as_secs() < 10);
}

fn next_week() -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(7)
}

/// Before, it may be of a form that another copy of the database has received.
#[tokio::test]
async fn what_broke_off_goes_when_a_form_has_come_a_day_after_it() {
    for mut site in Site::all().await {
        site.database.settle_files().await.unwrap();
        let folder = if site.engine == "SQLite" { site.path().join("files") } else { site.path().to_owned() };
        std::fs::write(folder.join("0123456789abcdef0123456789abcdef"), "half a photo").unwrap();
        site.takes_with(&form("f1", "<q>1</q>"), &[("photo.jpg", "photo")]).await;
        site.stand_still(next_week);
        let tidied = site.database.tidy().await.unwrap();
        assert_eq!((tidied.removed, tidied.left), (0, 1), "{}", site.engine);
        // What is on its way in another domain says the same.
        site.database.add_domain("demo").await.unwrap();
        site.takes_for("demo", &form("f2", "<q>1</q>")).await;
        let tidied = site.database.tidy().await.unwrap();
        assert_eq!((tidied.removed, tidied.left, site.files()), (1, 0, 1), "{}", site.engine);
    }
}
