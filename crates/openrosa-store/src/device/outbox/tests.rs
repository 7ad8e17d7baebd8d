//! What takes a hand inside the database to bring about.

use std::sync::{Arc, Mutex};

use http::{HeaderValue, Request, Response};
use openrosa_http::{
    client::Client,
    headers::AcceptLength,
    transport::{Body, Transport},
};
use url::Url;

use super::*;

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
        database.outbox().add(&form(id)).await.unwrap();
        let _ = database.outbox().send(&server(&heard), &url()).await.unwrap();
    }
    assert_eq!(*heard.lock().unwrap(), [Some(HeaderValue::from_static("0f3c")), None]);
}

#[tokio::test]
async fn bytes_that_rot_are_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(&folder).await;
    database.outbox().add(&form(1)).await.unwrap();
    let rot = "UPDATE outbox_chunks SET bytes = zeroblob(length(bytes)) WHERE position = 1";
    sqlx::query(rot).execute(&database.writer).await.unwrap();
    let whole = Arc::new(Mutex::new(0));
    let got = Arc::clone(&whole);
    let transport = move |request: Request<Body>| {
        let got = Arc::clone(&got);
        async move {
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
