//! A server without a socket, and those who talk to it.

use std::sync::Arc;

use axum::{Router, body::Body as AxumBody};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use openrosa_http::{
    Client,
    api::submission::{Attachment, Request as Submission},
    client::{Error, Receipt},
    headers::Version,
    server::{Policy, Receiver},
    transport::{Body, Transport},
};
use openrosa_store::server::{Database, Files};
use openrosa_tests::postgres;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// A database of a server, and what holds its folder.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) database: Database,
    pub(super) engine: &'static str,
    router: Router,
    folder: Arc<TempDir>,
}

impl Site {
    /// One on each engine that is there.
    pub(super) async fn all() -> Vec<Self> {
        let mut sites = vec![Self::sqlite().await];
        sites.extend(Self::postgres().await);
        sites
    }

    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path().join("files")).unwrap();
        let database = Database::open(folder.path().join("server.db"), files).await.unwrap();
        Self::new("SQLite", database, folder)
    }

    pub(super) async fn postgres() -> Option<Self> {
        let url = postgres::database().await?;
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path()).unwrap();
        let database = Database::connect(&url, files).await.unwrap();
        Some(Self::new("PostgreSQL", database, folder))
    }

    fn new(engine: &'static str, database: Database, folder: TempDir) -> Self {
        let router = Receiver::new(database.clone()).with_policy(Policy::default()).router();
        Self { database, engine, router, folder: Arc::new(folder) }
    }

    /// What lies in its folder under this name.
    pub(super) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A form is sent, with files.
    pub(super) async fn send(&self, form: &str, files: &[(&str, &str)]) -> Result<Receipt, Error> {
        let submission =
            files.iter().fold(Submission::new(form.to_owned()), |submission, (name, content)| {
                submission.attach(Attachment::bytes(*name, (*content).to_owned())).unwrap()
            });
        self.deliver("/submission", &submission).await
    }

    pub(super) async fn deliver(&self, path: &str, submission: &Submission) -> Result<Receipt, Error> {
        let url = format!("http://server.example{path}").parse().unwrap();
        self.client().submit(&url, submission).await
    }

    pub(super) fn client(&self) -> Client<impl Transport + use<>> {
        let router = self.router.clone();
        let transport = move |request: Request<Body>| {
            let router = router.clone();
            async move {
                let answer =
                    router.oneshot(request.map(AxumBody::new)).await.unwrap_or_else(|never| match never {});
                let (head, body) = answer.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                Ok(http::Response::from_parts(head, Body::from(body)))
            }
        };
        Client::new(transport).version(Version::COMMCARE_3)
    }

    /// A form is taken, whatever it is.
    pub(super) async fn takes(&self, form: &str) {
        let receipt = self.send(form, &[]).await.unwrap_or_else(|error| panic!("{}: {error}", self.engine));
        assert!(receipt.is_delivered(), "{}: {receipt:?}", self.engine);
    }
}

/// The status of a refusal.
pub(super) fn status(outcome: &Result<Receipt, Error>) -> Option<StatusCode> {
    outcome.as_ref().err()?.status()
}

/// A form of an app, with these blocks.
pub(super) fn form(instance_id: &str, blocks: &str) -> String {
    format!(
        "<data xmlns='http://example.org/visit'>{blocks}\
         <meta xmlns='http://openrosa.org/jr/xforms'><instanceID>{instance_id}</instanceID></meta></data>"
    )
}

/// A block about a case.
pub(super) fn block(case_id: &str, day: u32, actions: &str) -> String {
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{case_id}' user_id='amy' \
         date_modified='2024-05-{day:02}T10:00:00Z'>{actions}</case>"
    )
}

/// A block that creates a case.
pub(super) fn create(case_id: &str, day: u32, owner: &str, more: &str) -> String {
    let create = format!(
        "<create><case_type>patient</case_type><case_name>{case_id}</case_name><owner_id>{owner}</owner_id></create>"
    );
    block(case_id, day, &format!("{create}{more}"))
}
