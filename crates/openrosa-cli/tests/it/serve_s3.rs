//! `openrosa serve --files s3://…`: what comes with forms lies in an object store.

use std::{fs, thread, time::Duration};

use openrosa_tests::s3::{Bucket, KEY};

use super::site::{Server, Site};

const FILES: &str = " --files s3://forms/some/place";
const SECRET: &str = "imitation-secret";
/// More than fits into one part.
const FILM: usize = 12_000_000;

async fn site(bucket: &Bucket) -> Site {
    let endpoint = format!("http://{}", bucket.listen().await);
    Site::amid(vec![
        ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "nowhere-1".to_owned()),
    ])
}

fn film() -> Vec<u8> {
    (0..FILM).map(|at| (at * 7 % 251).to_le_bytes()[0]).collect()
}

/// What lies there, beside the word whose it is.
fn files(bucket: &Bucket) -> Vec<String> {
    bucket.names().into_iter().filter(|name| name != "some/place/database").collect()
}

/// A form with a photo and a film; the status of the answer.
fn send(site: &Site, server: &Server) -> String {
    let form = format!("xml_submission_file=@{}", site.creates("f1", "c1"));
    fs::write(site.path().join("photo.jpg"), "JPEG").expect("a file");
    fs::write(site.path().join("film.mp4"), film()).expect("a file");
    let files = ["--form", "photo.jpg=@photo.jpg", "--form", "film.mp4=@film.mp4"];
    let (status, text) =
        server.curl(site.path(), &[&["--form", form.as_str()], &files[..]].concat(), "/submission");
    assert!(!text.contains(SECRET) && !text.contains(KEY), "{text}");
    status
}

fn admin(site: &Site, words: &str) -> String {
    site.out(&format!("admin --database server.db{FILES} {words}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_forms_lies_in_the_bucket() {
    let bucket = Bucket::default();
    let site = site(&bucket).await;
    let server = site.serve(FILES);
    assert_eq!(send(&site, &server), "201");
    let names = files(&bucket);
    assert!(names.iter().all(|name| name.strip_prefix("some/place/").is_some_and(|name| name.len() == 32)));
    assert_eq!((names.len(), bucket.uploads(), bucket.unsigned()), (2, (0, 1), 0), "the film came in parts");
    admin(&site, "form show f1 --out got");
    let read = |name: &str| fs::read(site.path().join("got/files").join(name)).expect("a file");
    assert_eq!((read("photo.jpg"), read("film.mp4").len()), (b"JPEG".to_vec(), FILM));
    assert!(read("film.mp4") == film(), "byte for byte");
    assert_eq!(send(&site, &server), "201");
    wait(|| files(&bucket).len() == 2);
    // What no form has got goes; all that is here is a form's.
    assert!(admin(&site, "tidy").starts_with("0 files removed"));
    assert_eq!(files(&bucket).len(), 2);
    assert!(!site.path().join("server.db-files").exists());
}

/// A form is not acknowledged whose files could not be stored, and nothing of it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_loses_nothing() {
    let bucket = Bucket::default();
    let site = site(&bucket).await;
    let server = site.serve(FILES);
    bucket.fail(true);
    assert_eq!(send(&site, &server), "500");
    assert_eq!(admin(&site, "form list"), "0 forms\n");
    assert!(admin(&site, "case list").ends_with("0 cases\n"));
    wait(|| files(&bucket).is_empty() && bucket.uploads().0 == 0);
    let log = fs::read_to_string(site.path().join("server.log")).expect("a log");
    assert!(log.contains("ERROR") && !log.contains(SECRET) && !log.contains(KEY), "{log}");
    bucket.fail(false);
    assert_eq!(send(&site, &server), "201");
    assert_eq!(files(&bucket).len(), 2);
}

/// Not with the first photo.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_cannot_be_written_is_told_at_the_start() {
    let bucket = Bucket::default();
    let site = site(&bucket).await;
    bucket.fail(true);
    let err = site.err(&format!("serve --database server.db{FILES} --listen 127.0.0.1:0"));
    assert!(err.contains("the files in `s3://forms/some/place`") && err.contains("AWS_REGION"), "{err}");
    assert!(!err.contains(SECRET) && !err.contains(KEY), "{err}");
}

#[test]
fn a_bucket_without_a_name_is_told() {
    let site = Site::new();
    let err = site.err("serve --database server.db --files s3:// --listen 127.0.0.1:0");
    assert!(err.contains("s3://BUCKET"), "{err}");
    assert!(!site.path().join("server.db").exists());
}

/// What consoles make of "a new folder" is an empty object that is called as the prefix is, with a slash.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_made_in_a_console_is_free() {
    let bucket = Bucket::default();
    bucket.put("some/place/", b"");
    let site = site(&bucket).await;
    drop(site.serve(FILES));
    assert_eq!(bucket.names(), ["some/place/", "some/place/database"]);
    assert_eq!(admin(&site, "tidy"), "0 files removed that belonged to no form\n");
}

/// By a role that may write and not delete, say.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_removed_are_not_told_as_removed() {
    let bucket = Bucket::default();
    let site = site(&bucket).await;
    let server = site.serve(FILES);
    assert_eq!(send(&site, &server), "201");
    let left = "some/place/0123456789abcdef0123456789abcdef";
    bucket.put(left, b"half a photo");
    bucket.fail(true);
    let err = site.err(&format!("admin --database server.db{FILES} tidy"));
    let told = "openrosa: 1 of the files that belong to no form cannot be removed, and 0 could: ";
    assert!(err.starts_with(told) && err.contains("403"), "{err}");
    assert!(bucket.names().iter().any(|name| name == left));
    bucket.fail(false);
    assert_eq!(admin(&site, "tidy"), "1 file removed that belonged to no form\n");
}

/// Who waits for a restore that takes long gets it, though the place of files takes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_cannot_be_kept_is_given_all_the_same() {
    let bucket = Bucket::default();
    let site = site(&bucket).await;
    let server = site.serve(&format!("{FILES} --restore-patience 0"));
    assert_eq!(send(&site, &server), "201");
    admin(&site, "user add amina --id u1 --password-env P");
    bucket.fail(true);
    let ask = || {
        let path = "/phone/restore/?version=2.0&device_id=d1";
        let user = format!("amina:{}", super::site::PASSWORD);
        server.curl(site.path(), &["--user", &user, "--header", "X-OpenRosa-Version: 3.0"], path)
    };
    assert_eq!(ask().0, "202");
    wait(|| ask().0 == "200");
    let log = fs::read_to_string(site.path().join("server.log")).expect("a log");
    assert!(log.contains("cannot be laid into the place of files"), "{log}");
}

#[test]
fn a_prefix_with_nothing_between_two_slashes_is_told() {
    let site =
        Site::amid(vec![("AWS_ACCESS_KEY_ID", KEY.to_owned()), ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned())]);
    let err = site.err("serve --database server.db --files s3://forms/x//y --listen 127.0.0.1:0");
    assert!(
        err.contains("nothing can lie below that prefix") && err.contains("between any two slashes"),
        "{err}"
    );
}

fn wait(is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("it does not happen");
}
