//! Whose the files are, whatever becomes of those who sent them and of the database.

use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};

use futures_util::{TryStreamExt, future::join};
use openrosa_http::server::{Arrival, Caller, File, FileName, Fingerprint, Policy};
use tempfile::TempDir;

use super::*;
use crate::server::{Files, FormsAsked};

pub(in crate::server) const PHOTO: &[u8] = b"photo";

async fn database() -> (Database, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path().join("files")).unwrap();
    (Database::open(folder.path().join("server.db"), files).await.unwrap(), folder)
}

/// A form of this name with a photo.
pub(in crate::server) fn submission(name: &str) -> Submission {
    let xml = format!("<f id='f'><meta><instanceID>{name}</instanceID></meta></f>");
    let mut submission = Submission::read(xml.into(), Caller::default(), &Policy::default()).unwrap();
    submission.files.push(File {
        name: FileName::new("photo").unwrap(),
        field_name: None,
        file_name: None,
        content_type: None,
        length: PHOTO.len() as u64,
        fingerprint: Fingerprint::of(PHOTO),
    });
    submission
}

async fn upload(database: &Database) -> Upload {
    let mut upload = database.begin(&Caller::default()).await.unwrap();
    upload.open().await.unwrap();
    upload.write(PHOTO.into()).await.unwrap();
    upload
}

async fn send(database: &Database, name: &str) -> Result<Kept, Rejection> {
    upload(database).await.commit(submission(name)).await
}

/// The forms that are there, each with its photo.
async fn whole_forms(database: &Database) -> usize {
    let domain = database.domain(None).await.unwrap();
    let forms = database.forms(&domain, &FormsAsked::default(), 1_000).await.unwrap();
    for form in &forms {
        let [file] = &database.files_of(&domain, form).await.unwrap()[..] else { panic!("a photo each") };
        let read = database.files.read(&file.object).await;
        let read: Vec<Bytes> =
            read.unwrap_or_else(|error| panic!("{form:?}: {error}")).try_collect().await.unwrap();
        assert_eq!(read.concat(), PHOTO);
    }
    forms.len()
}

fn objects(folder: &TempDir) -> usize {
    let found = std::fs::read_dir(folder.path().join("files")).unwrap();
    found.filter(|file| file.as_ref().unwrap().file_name() != "database").count()
}

/// Gives a future up where it has waited so often; whether it came so far.
async fn gives_up<F: Future>(mut future: Pin<Box<F>>, waits: usize) -> bool {
    let mut left = waits;
    let waiting = poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Pending if left > 0 => {
            left -= 1;
            Poll::Pending
        }
        _ => Poll::Ready(()),
    });
    tokio::time::timeout(Duration::from_millis(500), waiting).await.is_ok()
}

/// a sender that is gone before its answer comes again; what was stored without it is whole.
#[tokio::test]
async fn who_does_not_wait_leaves_a_whole_form_or_none() {
    let (database, _folder) = database().await;
    for waits in 0.. {
        let busy = database.write().await.unwrap();
        let sending = Box::pin(upload(&database).await.commit(submission(&waits.to_string())));
        let came_so_far = gives_up(sending, waits).await;
        busy.rollback().await.unwrap();
        if !came_so_far {
            break;
        }
    }
    send(&database, "last").await.unwrap();
    assert!(whole_forms(&database).await >= 2, "one was stored although nobody waited");
}

/// The commit of `odd` fails at its very end.
async fn refuse_to_commit(database: &Database) {
    for statement in [
        "CREATE TABLE none (n INTEGER PRIMARY KEY)",
        "CREATE TABLE odd (n INTEGER REFERENCES none DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER odd AFTER INSERT ON forms WHEN NEW.instance_id = 'odd' BEGIN INSERT INTO odd VALUES (1); END",
    ] {
        sqlx::query(statement).execute(&database.writers).await.unwrap();
    }
}

#[tokio::test]
async fn what_may_have_been_stored_keeps_its_files() {
    let (database, folder) = database().await;
    refuse_to_commit(&database).await;
    assert_eq!(send(&database, "odd").await.unwrap_err().status().as_u16(), 500);
    assert_eq!(objects(&folder), 1, "it may be a form's");
    let busy = database.write().await.unwrap();
    let both = join(send(&database, "odd"), send(&database, "even"));
    let (both, _) = join(both, async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        busy.rollback().await.unwrap();
    })
    .await;
    assert!(both.0.is_err() && both.1.is_ok(), "{both:?}");
    assert_eq!(whole_forms(&database).await, 1);
    sqlx::query("DROP TRIGGER odd").execute(&database.writers).await.unwrap();
    assert_eq!(send(&database, "odd").await.unwrap().arrival, Arrival::New);
    assert_eq!(whole_forms(&database).await, 2);
}

/// A group that was stored, and of which nobody said so, is tried again one by one.
#[tokio::test]
async fn a_form_that_finds_itself_stored_keeps_its_own_files() {
    let (database, _folder) = database().await;
    let mut upload = upload(&database).await;
    upload.close().await.unwrap();
    let objects = std::mem::take(&mut upload.objects);
    for arrival in [Arrival::New, Arrival::Duplicate] {
        let alone = Arriving::alone(1, submission("f1"), database.now());
        let task = Task::Arrival(Box::new(Arriving { objects: objects.clone(), ..alone }));
        let done = database.lanes.take(task).await.unwrap();
        assert_eq!((done.arrival, done.unused), (arrival, Vec::new()));
    }
    assert_eq!(whole_forms(&database).await, 1);
}

#[tokio::test]
async fn a_file_that_got_lost_is_replaced_by_the_one_that_comes_again() {
    let (database, folder) = database().await;
    send(&database, "f1").await.unwrap();
    for file in std::fs::read_dir(folder.path().join("files")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    send(&database, "f1").await.unwrap();
    assert_eq!((whole_forms(&database).await, objects(&folder)), (1, 1));
}

/// As of a disk that was full, or of a copy that broke off.
#[tokio::test]
async fn a_file_that_lost_its_end_is_replaced_by_the_one_that_comes_again() {
    let (database, folder) = database().await;
    send(&database, "f1").await.unwrap();
    for file in std::fs::read_dir(folder.path().join("files")).unwrap() {
        std::fs::write(file.unwrap().path(), &PHOTO[..2]).unwrap();
    }
    send(&database, "f1").await.unwrap();
    assert_eq!(whole_forms(&database).await, 1);
}

/// Whoever tidies takes it for nobody's, where the form is on its way for days.
#[tokio::test]
async fn a_form_whose_file_is_gone_before_it_is_stored_has_to_come_again() {
    let (database, folder) = database().await;
    let mut upload = upload(&database).await;
    upload.close().await.unwrap();
    std::fs::remove_file(folder.path().join("files").join(&upload.objects[0].object)).unwrap();
    let refused = upload.commit(submission("f1")).await.unwrap_err();
    assert!(matches!(refused, Rejection::Busy { .. }), "{refused:?}");
    assert_eq!(whole_forms(&database).await, 0);
    send(&database, "f1").await.unwrap();
    assert_eq!(whole_forms(&database).await, 1);
}

#[tokio::test]
async fn a_database_that_stays_busy_is_no_failure() {
    let (database, folder) = database().await;
    let other = Database::open(folder.path().join("server.db"), database.files.clone()).await.unwrap();
    sqlx::query("PRAGMA busy_timeout = 1").execute(&database.writers).await.unwrap();
    let busy = other.write().await.unwrap();
    let refused = send(&database, "f1").await.unwrap_err();
    assert!(matches!(refused, Rejection::Busy { .. }), "{refused:?}");
    busy.rollback().await.unwrap();
    send(&database, "f1").await.unwrap();
    assert_eq!(whole_forms(&database).await, 1);
}

/// SQLite has ended the transaction by itself, and its connection is of no use any more.
#[tokio::test]
async fn once_there_is_room_again_forms_are_taken_again() {
    let (database, _folder) = database().await;
    sqlx::query("PRAGMA max_page_count = 1").execute(&database.writers).await.unwrap();
    let mut large = submission("f1");
    large.xml = [&large.xml[..], &[b' '; 1 << 20]].concat().into();
    let refused = upload(&database).await.commit(large).await.unwrap_err();
    assert_eq!(refused.status().as_u16(), 500, "{refused:?}");
    assert!(database.is_ready().await.unwrap_err().is_full());
    send(&database, "f1").await.unwrap();
    database.is_ready().await.unwrap();
    assert_eq!(whole_forms(&database).await, 1);
}

#[tokio::test]
async fn a_database_in_which_nothing_can_be_written_is_not_ready() {
    let (database, folder) = database().await;
    database.is_ready().await.unwrap();
    let other = Database::open(folder.path().join("server.db"), database.files.clone()).await.unwrap();
    let busy = other.write().await.unwrap();
    database.is_ready().await.unwrap();
    busy.rollback().await.unwrap();
    database.writers.close().await;
    database.is_ready().await.unwrap_err();
}
