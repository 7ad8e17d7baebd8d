//! A restore that comes over the loopback and is applied to the database of a device, in one transaction.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{Router, routing::get};
use bytes::Bytes;
use openrosa_http::{Client, api::restore::Request, client::restore::Outcome, transport::hyper::Hyper};
use openrosa_store::device::{CaseQuery, Database};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::{Contender, Suite, bare_loop};
use crate::{
    Failure,
    inputs::{Restore, Shape},
};

/// A restore, a server that has it, and a folder for databases.
#[derive(Debug)]
pub struct Input {
    whole: Served,
    tenth: Served,
    runtime: Runtime,
    client: Client<Hyper>,
    folder: TempDir,
    databases: AtomicU64,
}

#[derive(Debug)]
struct Served {
    text: Bytes,
    url: Url,
    cases: u64,
}

/// The bare quick-xml loop is the measure, as it is for plain reading.
pub const SUITE: Suite<Input> = &[
    Contender { name: "quick-xml-served", run: |input| bare_loop(text(&input.whole)).into() },
    Contender { name: "restore-stored", run: |input| input.store(&input.whole).into() },
    Contender { name: "restore-stored-tenth", run: |input| input.store(&input.tenth).into() },
];

fn text(served: &Served) -> &str {
    std::str::from_utf8(&served.text).expect("it was made as text")
}

impl Input {
    /// Makes the restore of this shape, and one of a tenth of it.
    pub fn new(shape: Shape) -> Result<Self, Failure> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            whole: Served::new(shape)?,
            tenth: Served::new(shape.tenth())?,
            runtime: Builder::new_current_thread().enable_all().build()?,
            client: Client::new(Hyper::new()?),
            folder: tempfile::tempdir()?,
            databases: AtomicU64::new(0),
        })
    }

    fn store(&self, served: &Served) -> u64 {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.path().join(format!("{number}.db"));
        let items = self.runtime.block_on(async {
            let database = Database::open(&path).await.expect("a database is made");
            let answer = self.client.restore(&served.url, &Request::new()).await.expect("a server answers");
            let Outcome::Ready(restore) = answer else { panic!("the restore is there") };
            let restored = database.apply_restore(*restore).await.expect("the restore is applied");
            assert_eq!(
                database.count_cases(&CaseQuery::new()).await.expect("cases are counted"),
                served.cases
            );
            database.close().await;
            restored.items
        });
        // What it left to be written to the disk would be written while the next is measured.
        std::fs::remove_file(path).expect("a closed database is one file");
        items
    }
}

impl Served {
    fn new(shape: Shape) -> Result<Self, Failure> {
        let text = Bytes::from(Restore::whole(shape));
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/restore/", listener.local_addr()?).parse()?;
        listener.set_nonblocking(true)?;
        let body = text.clone();
        std::thread::spawn(move || serve(listener, body));
        Ok(Self { text, url, cases: shape.cases })
    }
}

fn serve(listener: TcpListener, body: Bytes) {
    let routes = Router::new().route("/restore/", get(move || async move { body }));
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
        axum::serve(listener, routes).await.expect("serving never ends");
    });
}
