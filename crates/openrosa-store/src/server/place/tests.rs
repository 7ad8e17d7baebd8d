//! Places that are a database's own, and others.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use crate::server::{Database, Files};

async fn database(folder: &Path, name: &str, files: &str) -> Result<Database, crate::Error> {
    Database::open(folder.join(name), Files::in_folder(folder.join(files)).unwrap()).await
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
    names.map(|name| old(&photos.join(name)));
    let elsewhere = database(folder.path(), "a.db", "photos").await.unwrap();
    let refused = elsewhere.tidy().await.unwrap_err();
    assert!(refused.is_about_files(), "{refused}");
    assert!(names.iter().all(|name| photos.join(name).exists()));
}

#[tokio::test]
async fn in_its_own_place_a_database_removes_what_is_called_like_a_file_and_is_no_forms() {
    let folder = tempfile::tempdir().unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    let names = ["IMG_1.jpg", "0123456789abcdef0123456789abcdef"];
    names.map(|name| old(&folder.path().join("files").join(name)));
    assert_eq!(own.tidy().await.unwrap(), 1);
    assert_eq!(names.map(|name| folder.path().join("files").join(name).exists()), [true, false]);
}

#[tokio::test]
async fn the_place_of_another_database_is_no_place() {
    let folder = tempfile::tempdir().unwrap();
    let own = database(folder.path(), "a.db", "files").await.unwrap();
    let refused = database(folder.path(), "b.db", "files").await.unwrap_err();
    assert!(refused.is_about_files(), "{refused}");
    own.backup(folder.path().join("copy.db")).await.unwrap();
    assert_eq!(database(folder.path(), "copy.db", "files").await.unwrap().tidy().await.unwrap(), 0);
}
