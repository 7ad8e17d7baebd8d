//! Places that are a database's own, and others.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, TimeDelta, Utc};
use openrosa_http::server::{Backend as _, Caller, Upload as _};

use crate::server::{Database, Files, Tidied, upload};

/// A database that is served from.
async fn database(folder: &Path, name: &str, files: &str) -> Result<Database, crate::Error> {
    let database = Database::open(folder.join(name), Files::in_folder(folder.join(files)).unwrap()).await?;
    database.settle_files().await?;
    Ok(database)
}

/// Takes a form of this name, with a photo.
async fn receive(database: &Database, name: &str) {
    let mut upload = database.begin(&Caller::default()).await.unwrap();
    upload.open().await.unwrap();
    upload.write(upload::tests::PHOTO.into()).await.unwrap();
    upload.commit(upload::tests::submission(name)).await.unwrap();
}

fn next_week() -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(7)
}

/// A file that has lain for three days.
fn old(path: &Path) {
    fs::write(path, "x").unwrap();
    let then = SystemTime::now() - Duration::from_secs(3 * 24 * 3600);
    fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

#[tokio::test]
async fn what_others_have_laid_somewhere_is_not_tidied() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    fs::create_dir_all(photos.join("sub")).unwrap();
    let names = ["IMG_1.jpg", "sub/y", "0123456789abcdef0123456789abcdef"];
    names.iter().for_each(|name| old(&photos.join(name)));
    let elsewhere = database(folder.path(), "a.db", "photos").await.unwrap();
    let refused = elsewhere.tidy().await.unwrap_err();
    assert!(refused.is_about_files(), "{refused}");
    assert!(names.iter().all(|name| photos.join(name).exists()));
}

#[tokio::test]
async fn in_its_own_place_a_database_removes_what_is_called_like_a_file_and_is_no_forms() {
    let folder = tempfile::tempdir().unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    receive(&own, "f1").await;
    let names = ["IMG_1.jpg", "0123456789abcdef0123456789abcdef"];
    names.iter().for_each(|name| old(&folder.path().join("files").join(name)));
    assert_eq!(own.tidy().await.unwrap(), Tidied { removed: 1, left: 0 });
    assert_eq!(names.map(|name| folder.path().join("files").join(name).exists()), [true, false]);
}

#[tokio::test]
async fn the_place_of_another_database_is_no_place() {
    let folder = tempfile::tempdir().unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    let refused = database(folder.path(), "b.db", "files").await.unwrap_err();
    assert!(refused.is_about_files(), "{refused}");
    own.backup(folder.path().join("copy.db")).await.unwrap();
    let copy = database(folder.path(), "copy.db", "files").await.unwrap();
    assert_eq!(copy.tidy().await.unwrap(), Tidied { removed: 0, left: 0 });
}

/// Somebody looks at a copy of yesterday, and names the files where they are.
#[tokio::test]
async fn a_copy_leaves_the_files_of_forms_that_the_original_has_received_since() {
    let folder = tempfile::tempdir().unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    receive(&own, "f1").await;
    own.backup(folder.path().join("copy.db")).await.unwrap();
    receive(&own, "f2").await;
    let copy = database(folder.path(), "copy.db", "files").await.unwrap().clock(next_week);
    assert_eq!(copy.tidy().await.unwrap(), Tidied { removed: 0, left: 1 });
    fs::write(folder.path().join("files/0123456789abcdef0123456789abcdef"), "half a photo").unwrap();
    let own = own.clock(next_week);
    receive(&own, "f3").await;
    assert_eq!(copy.tidy().await.unwrap(), Tidied { removed: 0, left: 3 });
    assert_eq!(own.tidy().await.unwrap(), Tidied { removed: 1, left: 0 });
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_reads_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    let set = |name: &str, mode| {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (before, after) in [(0o755, 0o700), (0o775, 0o770), (0o700, 0o700)] {
        database(folder.path(), "a.db", "files").await.unwrap();
        assert_eq!(mode("files") & 0o007, 0, "as it was made");
        set("files", before);
        database(folder.path(), "a.db", "files").await.unwrap();
        assert_eq!(mode("files"), after);
    }
    fs::create_dir(folder.path().join("photos")).unwrap();
    fs::write(folder.path().join("photos/IMG_1.jpg"), "x").unwrap();
    set("photos", 0o755);
    database(folder.path(), "a.db", "photos").await.unwrap();
    assert_eq!(mode("photos"), 0o755, "it is somebody else's");
}

/// As `cp` puts back a database and forgets its files.
#[tokio::test]
async fn files_that_are_gone_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    assert_eq!(own.lost_of_newest().await.unwrap(), (0, 0));
    receive(&own, "f1").await;
    assert_eq!(own.lost_of_newest().await.unwrap(), (0, 1));
    let photo = fs::read_dir(folder.path().join("files")).unwrap().map(|file| file.unwrap().path());
    photo.filter(|path| !path.ends_with("database")).for_each(|path| fs::remove_file(path).unwrap());
    let again = database(folder.path(), "a.db", "files").await.unwrap();
    assert_eq!(again.lost_of_newest().await.unwrap(), (1, 1));
}

/// Another process may serve with the place where the files are. That they are lost for good is said by a person who knows.
#[tokio::test]
async fn an_empty_place_is_none_for_a_database_whose_forms_have_files() {
    let folder = tempfile::tempdir().unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    database(folder.path(), "a.db", "moved").await.expect("no form has files, and nothing is in two places");
    receive(&own, "f1").await;
    let refused = database(folder.path(), "a.db", "others").await.unwrap_err();
    assert!(refused.database_without_files().is_some() && refused.is_about_files(), "{refused}");
    assert!(!folder.path().join("others/database").exists());
    let identity = own.identity().await.unwrap();
    assert!(refused.to_string().contains(&identity), "{refused}");
    fs::write(folder.path().join("others/database"), identity + "\n").unwrap();
    let others = database(folder.path(), "a.db", "others").await.unwrap();
    assert_eq!(others.tidy().await.unwrap(), Tidied { removed: 0, left: 0 });
}

/// What a system puts into a new disk, and what keeps a folder in a repository, is nobody's claim.
#[tokio::test]
async fn a_place_with_nothing_of_anybodys_in_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("files/lost+found")).unwrap();
    fs::write(folder.path().join("files/.gitkeep"), "").unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    assert_eq!(own.tidy().await.unwrap(), Tidied { removed: 0, left: 0 });
}

/// As of a backup that was made before databases had an identity, and is put back after that.
#[tokio::test]
async fn a_copy_from_before_knows_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    receive(&own, "f1").await;
    fs::remove_file(folder.path().join("files/database")).unwrap();
    for _ in 0..2 {
        sqlx::query("DROP TABLE identity").execute(&own.writers).await.unwrap();
        let anew = include_str!("../../../migrations/server/sqlite/0025_identity.sql");
        sqlx::raw_sql(anew).execute(&own.writers).await.unwrap();
        own.settle_files().await.unwrap();
    }
}

/// Whoever looks at a database may do so while its files cannot be reached.
#[tokio::test]
async fn a_place_is_nobodys_before_somebody_serves() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path().join("files")).unwrap();
    let looked_at = Database::open(folder.path().join("a.db"), files).await.unwrap();
    assert!(!folder.path().join("files/database").exists());
    looked_at.settle_files().await.unwrap();
    assert!(folder.path().join("files/database").exists());
}

/// By a slip of who tidies, perhaps; another server may be about to begin there.
#[tokio::test]
async fn who_tidies_takes_no_free_place() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path().join("others")).unwrap();
    let looked_at = Database::open(folder.path().join("a.db"), files).await.unwrap();
    assert!(looked_at.tidy().await.unwrap_err().is_about_files());
    assert!(!folder.path().join("others/database").exists());
}
