//! What takes a hand inside the database to bring about.

use std::sync::{Arc, Mutex};

use http::{HeaderValue, Request, Response};
use openrosa_http::{
    client::Client,
    headers::AcceptLength,
    transport::{Body, Error as TransportError, Sent, Transport},
};
use url::Url;

use super::*;
use crate::device::{Effect, Fault};

const SAVED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Saved.</message></OpenRosaResponse>";

async fn database(folder: &tempfile::TempDir) -> Database {
    Database::open(folder.path().join("device.db")).await.unwrap()
}

fn form(id: u32) -> NewForm {
    let xml = format!("<data id='visit'><meta><instanceID>uuid:{id}</instanceID></meta></data>");
    NewForm::new(xml).unwrap().attach(NewFile::bytes("1.jpg", vec![b'x'; 100_000])).unwrap()
}

fn url() -> Url {
    "https://hq.example/a/demo/receiver/".parse().unwrap()
}

/// The disk has room for so many more pages than are in use.
async fn room_for(database: &Database, pages: u32) {
    // A transaction that met a full disk before leaves its connection to be replaced, which has no such limit.
    drop(database.write().await.unwrap());
    let used: u32 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&database.writer).await.unwrap();
    let most = format!("PRAGMA max_page_count = {}", used + pages);
    sqlx::query(sqlx::AssertSqlSafe(most)).execute(&database.writer).await.unwrap();
}

/// A server that takes everything, and what it heard of the sync token.
fn server(heard: &Arc<Mutex<Vec<Option<HeaderValue>>>>) -> Client<impl Transport + use<>> {
    let heard = Arc::clone(heard);
    let transport = move |request: Request<Body>| {
        heard.lock().unwrap().push(request.headers().get("X-CommCareHQ-LastSyncToken").cloned());
        async { Ok(Response::builder().status(201).body(SAVED.into()).unwrap()) }
    };
    Client::new(transport).without_preflight(AcceptLength::DEFAULT)
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    let outbox = database.outbox();
    outbox.add(&form(1)).await.unwrap();
    for pages in [0, 1, 3, 5] {
        room_for(&database, pages).await;
        let error = outbox.add(&form(2)).await.unwrap_err();
        assert!(error.is_full(), "{error}");
        let forms = outbox.list(None, 0, 9).await.unwrap();
        assert_eq!(forms.iter().map(|form| form.number).collect::<Vec<_>>(), [1], "all of it or nothing");
        assert_eq!(outbox.show(1).await.unwrap().unwrap().xml, Some(form(1).xml));
    }
    room_for(&database, 0).await;
    let heard = Arc::default();
    let _ = outbox.send(&server(&heard), &url()).await.unwrap();
    assert_eq!(outbox.show(1).await.unwrap().unwrap().form.state, State::Delivered, "what is there can go");
    outbox.add(&form(2)).await.unwrap();
}

#[tokio::test]
async fn where_an_attempt_cannot_be_recorded_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    let outbox = database.outbox();
    outbox.add(&form(1)).await.unwrap();
    // As a full disk does, at the first thing that sending wants to write.
    let full =
        "CREATE TRIGGER full BEFORE UPDATE OF tried_at ON outbox BEGIN SELECT raise(abort, 'full'); END";
    sqlx::query(full).execute(&database.writer).await.unwrap();
    let heard = Arc::default();
    assert!(outbox.send(&server(&heard), &url()).await.is_err());
    assert_eq!(heard.lock().unwrap().len(), 0);
    sqlx::query("DROP TRIGGER full").execute(&database.writer).await.unwrap();
    let _ = outbox.send(&server(&heard), &url()).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_token_of_the_last_restore_goes_with_each_form() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    let heard = Arc::default();
    for (id, token) in [(1, Some("0f3c")), (2, None)] {
        let synced = sqlx::query("REPLACE INTO sync (id, token, applied_at) VALUES (1, ?, 0)").bind(token);
        synced.execute(&database.writer).await.unwrap();
        database.submit(&form(id), Effect::OnDelivery).await.unwrap();
        let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
    }
    assert_eq!(*heard.lock().unwrap(), [Some(HeaderValue::from_static("0f3c")), None]);
}

/// Files are held against their hash before anything goes, and once more while they do.
#[tokio::test]
async fn bytes_that_rot_on_their_way_are_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    database.outbox().add(&form(1)).await.unwrap();
    let (whole, writer) = (Arc::new(Mutex::new(0)), database.writer.clone());
    let got = Arc::clone(&whole);
    let transport = move |request: Request<Body>| {
        let (got, writer) = (Arc::clone(&got), writer.clone());
        async move {
            let rot = "UPDATE outbox_chunks SET bytes = zeroblob(length(bytes)) WHERE position = 1";
            sqlx::query(rot).execute(&writer).await.unwrap();
            let read = request.into_body().read_up_to(usize::MAX).await;
            let read = read.map_err(|error| {
                openrosa_http::transport::Error::new(openrosa_http::transport::Sent::Perhaps, error)
            });
            *got.lock().unwrap() += usize::from(read?.ends_with(b"--\r\n"));
            Ok(Response::builder().status(201).body(SAVED.into()).unwrap())
        }
    };
    let client = Client::new(transport).without_preflight(AcceptLength::DEFAULT);
    let _ = database.outbox().send(&client, &url()).await.unwrap();
    assert_eq!(*whole.lock().unwrap(), 0, "the server never sees the end of it");
    assert_eq!(database.outbox().show(1).await.unwrap().unwrap().form.state, State::Waiting);
}

#[tokio::test]
async fn what_is_kept_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    let setting = async |name: &'static str| -> String {
        let row = sqlx::query(name).fetch_one(&mut *database.write().await.unwrap()).await.unwrap();
        row.try_get::<i64, _>(0).map_or_else(|_| row.get(0), |number| number.to_string())
    };
    assert_eq!(setting("PRAGMA journal_mode").await, "wal");
    assert_eq!(setting("PRAGMA synchronous").await, "2", "full: a commit is flushed before it returns");
}

#[tokio::test]
async fn a_form_of_which_bytes_are_missing_or_others_holds_back_no_other() {
    for (damage, words) in [
        ("DELETE FROM outbox_chunks WHERE form = 1 AND position = 0", "its bytes are not there any more"),
        (
            "DELETE FROM outbox_chunks WHERE form = 1 AND position = 1",
            "the bytes of `1.jpg` are not all there any more",
        ),
        (
            "UPDATE outbox_chunks SET bytes = CAST(replace(bytes, 'visit', 'visjt') AS BLOB) WHERE form = 1 AND position = 0",
            "its bytes are not what they were when it was added",
        ),
        (
            "UPDATE outbox_chunks SET bytes = zeroblob(length(bytes)) WHERE form = 1 AND position = 1",
            "the bytes of `1.jpg` are not what they were when the form was added",
        ),
        ("DELETE FROM outbox_files WHERE form = 1", "of its 1 files only 0 are known any more"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        for id in [1, 2] {
            database.outbox().add(&form(id)).await.unwrap();
        }
        sqlx::query(damage).execute(&database.writer).await.unwrap();
        assert_eq!(database.check().await.unwrap().faults, [Fault::Bytes { form: 1 }]);
        let heard = Arc::default();
        let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
        let forms = database.outbox().list(None, 0, 2).await.unwrap();
        let [first, second] = &forms[..] else { panic!("{forms:?}") };
        assert_eq!((first.state, second.state), (State::Quarantined, State::Delivered));
        assert_eq!(first.told.as_ref().unwrap().words, words);
    }
}

/// A form with a file that fills pages of its own, and those of no other.
fn large(id: u32) -> NewForm {
    let bytes = vec![b'a' + id as u8; 100_000];
    let text = String::from_utf8(bytes.clone()).unwrap();
    let xml = format!("<data id='visit'><q>{text}</q><meta><instanceID>uuid:{id}</instanceID></meta></data>");
    NewForm::new(xml).unwrap().attach(NewFile::bytes("1.jpg", bytes.to_ascii_uppercase())).unwrap()
}

/// A page of the database that holds nothing but these bytes leads nowhere.
async fn damage_page(database: Database, bytes: u8) -> Database {
    let path = database.path.clone();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&database.writer).await.unwrap();
    database.close().await;
    let mut file = std::fs::read(&path).unwrap();
    let page = file.chunks_mut(8192).find(|page| page[4..].iter().all(|byte| *byte == bytes)).unwrap();
    page[..4].fill(0xff);
    std::fs::write(&path, file).unwrap();
    Database::open(&path).await.unwrap()
}

#[tokio::test]
async fn a_page_of_the_disk_that_is_damaged_holds_back_one_form_only() {
    for bytes in [b'b', b'B'] {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        for id in [1, 2] {
            database.outbox().add(&large(id)).await.unwrap();
        }
        let database = damage_page(database, bytes).await;
        let heard = Arc::default();
        let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
        let forms = database.outbox().list(None, 0, 2).await.unwrap();
        let [first, second] = &forms[..] else { panic!("{forms:?}") };
        assert_eq!((first.state, second.state), (State::Quarantined, State::Delivered));
        assert!(!first.is_under_way && !first.may_have_arrived());
        let words = &first.told.as_ref().unwrap().words;
        assert!(words.starts_with("its bytes, or those of a copied file of it, cannot be read"), "{words}");
        assert_eq!(heard.lock().unwrap().len(), 1);
        assert_eq!(database.outbox().drop(1).await.unwrap().files.len(), 1, "what is advised works");
        database.outbox().add(&large(1)).await.unwrap();
        let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
        assert_eq!(heard.lock().unwrap().len(), 2);
    }
}

/// small forms share pages, and the bytes of one that is delivered cannot be removed where the page beside its own is damaged.
#[tokio::test]
async fn a_delivery_is_kept_where_what_goes_with_it_meets_damage() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    for id in 1..=300 {
        let xml = format!("<data id='visit'><meta><instanceID>uuid:{id}</instanceID></meta></data>");
        database.outbox().add(&NewForm::new(xml).unwrap()).await.unwrap();
    }
    let path = database.path.clone();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&database.writer).await.unwrap();
    database.close().await;
    let mut file = std::fs::read(&path).unwrap();
    let holds = |page: &&mut [u8]| page.windows(21).any(|bytes| bytes == b"<instanceID>uuid:150<");
    file.chunks_mut(8192).find(holds).unwrap().fill(0);
    std::fs::write(&path, file).unwrap();

    let database = Database::open(&path).await.unwrap();
    let heard = Arc::default();
    for _ in 0..2 {
        let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
    }
    let counts = database.outbox().counts().await.unwrap();
    assert_eq!(counts.waiting, 0, "{counts:?}");
    assert!(counts.delivered > 0 && counts.quarantined > 0, "{counts:?}");
    assert_eq!(heard.lock().unwrap().len() as u64, counts.delivered, "each once");
}

/// What is not the form's fault is not laid at its door.
#[tokio::test]
async fn an_attempt_that_never_began_was_none() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    for id in [1, 2] {
        database.outbox().add(&form(id)).await.unwrap();
    }
    let readers = database.readers.clone();
    let transport = move |_: Request<Body>| {
        let readers = readers.clone();
        async move {
            readers.close().await;
            Ok(Response::builder().status(201).body(SAVED.into()).unwrap())
        }
    };
    let client = Client::new(transport).without_preflight(AcceptLength::DEFAULT);
    database.outbox().send(&client, &url()).await.unwrap_err();
    let second = Database::open(&database.path).await.unwrap().outbox().show(2).await.unwrap().unwrap().form;
    assert_eq!((second.state, second.attempts, second.is_under_way), (State::Waiting, 0, false));
}

/// Sends form 1, and another, while a person gives form 1 up and adds `again`; how many POSTs came of that.
async fn dropped_and_added(database: &Database, again: fn() -> NewForm) -> usize {
    database.outbox().add(&form(1)).await.unwrap();
    database.outbox().add(&form(2)).await.unwrap();
    let outbox = database.outbox();
    let posts = Arc::new(Mutex::new(0));
    let count = Arc::clone(&posts);
    let transport = move |_: Request<Body>| {
        let (outbox, count) = (outbox.clone(), Arc::clone(&count));
        async move {
            *count.lock().unwrap() += 1;
            if *count.lock().unwrap() == 1 {
                outbox.drop(1).await.unwrap();
                assert!(outbox.add(&again()).await.unwrap().is_new);
            }
            Ok(Response::builder().status(202).body(SAVED.into()).unwrap())
        }
    };
    let client = Client::new(transport).without_preflight(AcceptLength::DEFAULT);
    let _ = database.outbox().send(&client, &url()).await.unwrap();
    *posts.lock().unwrap()
}

/// a person who gave a form up may add it again while it is on its way: what the server says then is said of that one.
#[tokio::test]
async fn a_form_dropped_and_added_again_on_its_way_is_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    assert_eq!(dropped_and_added(&database, || form(1)).await, 2);
    let counts = database.outbox().counts().await.unwrap();
    assert_eq!((counts.dropped, counts.delivered, counts.waiting), (1, 2, 0));
    let dropped = database.outbox().show(1).await.unwrap().unwrap().form;
    assert!(!dropped.is_under_way);
    assert_eq!(dropped.told.unwrap().status, Some(202));
}

/// Another form under the same id is another form.
#[tokio::test]
async fn what_is_added_in_place_of_a_dropped_form_is_sent() {
    fn without_file() -> NewForm {
        NewForm::new("<data id='visit'><meta><instanceID>uuid:1</instanceID></meta></data>").unwrap()
    }
    fn with_another() -> NewForm {
        without_file().attach(NewFile::bytes("1.jpg", "JPEG")).unwrap()
    }
    for again in [without_file, with_another] {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        assert_eq!(dropped_and_added(&database, again).await, 3);
        let dropped = database.outbox().show(1).await.unwrap().unwrap().form;
        assert_eq!((dropped.state, dropped.is_under_way), (State::Dropped, false));
        assert_eq!(dropped.told.unwrap().status, Some(202));
    }
}

/// One that the server is always too busy for is not always the first that it is asked about.
#[tokio::test]
async fn after_two_pauses_at_a_form_the_others_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    for id in [1, 2, 3] {
        database.outbox().add(&form(id)).await.unwrap();
    }
    let transport = |request: Request<Body>| async {
        let body = request.into_body().read_up_to(usize::MAX).await.unwrap();
        let is_first = body.windows(6).any(|bytes| bytes == b"uuid:1");
        Ok(Response::builder().status(if is_first { 503 } else { 201 }).body(SAVED.into()).unwrap())
    };
    let client = Client::new(transport).without_preflight(AcceptLength::DEFAULT);
    for delivered in [0, 0, 2, 2] {
        sqlx::query("UPDATE outbox_pause SET until = since").execute(&database.writer).await.unwrap();
        let _ = database.outbox().send(&client, &url()).await.unwrap();
        let counts = database.outbox().counts().await.unwrap();
        assert_eq!((counts.delivered, counts.waiting), (delivered, 3 - delivered));
    }
}

fn in_a_year() -> DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset() + chrono::TimeDelta::days(365)
}

/// A device's clock is wrong at times, and put right.
#[tokio::test]
async fn a_form_added_while_the_clock_was_ahead_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    let ahead = database.clone().clock(in_a_year);
    ahead.outbox().add(&form(1)).await.unwrap();
    let next_due = database.outbox().next_due().await.unwrap().unwrap();
    assert!(next_due <= Utc::now(), "{next_due}");
    let heard = Arc::default();
    let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 1);
}

/// Also where it was tried since, and nobody was met.
#[tokio::test]
async fn a_form_that_met_nobody_is_due_by_the_clock_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    let (ahead, outbox) = (database.clone().clock(in_a_year), database.outbox());
    ahead.outbox().add(&form(1)).await.unwrap();
    ahead.outbox().add(&form(2)).await.unwrap();
    let nobody = |_: Request<Body>| async { Err(TransportError::new(Sent::No, "no network")) };
    let _ = outbox.send(&Client::new(nobody), &url()).await.unwrap();
    let soon = Utc::now() + chrono::TimeDelta::hours(1);
    assert!(outbox.next_due().await.unwrap().unwrap() < soon);
    // Of which one was tried and the other was not.
    assert!(outbox.list(None, 0, 9).await.unwrap().iter().all(|form| form.due_at < soon));
    outbox.resume().await.unwrap();
    let heard = Arc::default();
    let _ = outbox.send(&server(&heard), &url()).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 2);
}

/// Bytes for which there is no room to let them go hold back no other form.
#[tokio::test]
async fn what_is_left_of_a_delivery_waits_for_room() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    for id in [1, 2] {
        database.outbox().add(&form(id)).await.unwrap();
    }
    let delivered = "UPDATE outbox SET state = 'delivered' WHERE number = 1";
    sqlx::query(delivered).execute(&database.writer).await.unwrap();
    let full = "CREATE TRIGGER full BEFORE DELETE ON outbox_touches WHEN old.form = 1
                BEGIN INSERT INTO filler VALUES (randomblob(10000000)); END";
    sqlx::query("CREATE TABLE filler (bytes)").execute(&database.writer).await.unwrap();
    sqlx::query(full).execute(&database.writer).await.unwrap();
    room_for(&database, 20).await;
    let heard = Arc::default();
    let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 1, "the other one");
}

#[tokio::test]
async fn a_retry_while_the_clock_is_ahead_is_due_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    database.outbox().add(&form(1)).await.unwrap();
    let refusing =
        |_: Request<Body>| async { Ok(Response::builder().status(400).body(Body::empty()).unwrap()) };
    let client = Client::new(refusing).without_preflight(AcceptLength::DEFAULT);
    let _ = database.outbox().send(&client, &url()).await.unwrap();
    database.clone().clock(in_a_year).outbox().retry(1).await.unwrap();
    let heard = Arc::default();
    let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 1);
}

/// Another process may write for longer than one waits: what a server has said is not forgotten for that.
#[tokio::test]
async fn an_answer_is_kept_however_long_the_database_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    database.outbox().add(&form(1)).await.unwrap();
    // Has the one connection of this process in its hands.
    let (busy, writer) = (Arc::new(Mutex::new(None)), database.clone());
    let held = Arc::clone(&busy);
    let transport = move |_: Request<Body>| {
        let (held, writer) = (Arc::clone(&held), writer.clone());
        async move {
            *held.lock().unwrap() = Some(writer.write().await.unwrap());
            Ok(Response::builder().status(201).body(SAVED.into()).unwrap())
        }
    };
    let client = Client::new(transport).without_preflight(AcceptLength::DEFAULT);
    let outbox = database.outbox();
    let url = url();
    let mut sending = std::pin::pin!(outbox.send(&client, &url));
    while busy.lock().unwrap().is_none() {
        let _ = futures_util::poll!(&mut sending);
        tokio::task::yield_now().await;
    }
    // The clock goes on while nothing else does: much longer than anybody waits for the connection.
    tokio::time::pause();
    tokio::select! {
        sent = &mut sending => panic!("{sent:?}"),
        () = tokio::time::sleep(std::time::Duration::from_secs(600)) => {}
    }
    tokio::time::resume();
    drop(busy.lock().unwrap().take());
    let _ = sending.await.unwrap();
    assert_eq!(database.outbox().show(1).await.unwrap().unwrap().form.state, State::Delivered);
}
