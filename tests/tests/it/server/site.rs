//! A server without a socket, and those who talk to it.

use std::sync::Arc;

use axum::{Router, body::Body as AxumBody};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use openrosa_case::Case;
use openrosa_http::{
    Client,
    api::submission::{Attachment, Request as Submission},
    auth::{Credentials, Secret},
    client::{Error, Receipt},
    headers::Version,
    server::{
        Authentication, BasicOver, Front, Policy, Receiver,
        operation::{self, Serving},
    },
    transport::{Body, Transport},
};
use openrosa_store::server::{
    CasesAsked, Database, Domain, Files, FormsAsked, Group, Keeping, NewUser, Rebuilt, State,
};
use openrosa_tests::postgres;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// Who can sign in.
const USERS: [&str; 3] = ["amy", "bob", "cara"];

/// A database of a server, and what holds its folder.
#[derive(Clone)]
pub(crate) struct Site {
    pub(super) database: Database,
    pub(super) engine: &'static str,
    router: Router,
    /// Where it is, for another process.
    url: String,
    folder: Arc<TempDir>,
}

impl Site {
    /// One on each engine that is there.
    pub(crate) async fn all() -> Vec<Self> {
        let mut sites = vec![Self::sqlite().await];
        sites.extend(Self::postgres().await);
        sites
    }

    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("server.db").display().to_string();
        Self::new("SQLite", open(&url, folder.path()).await, url, folder)
    }

    pub(super) async fn postgres() -> Option<Self> {
        let url = postgres::database().await?;
        let folder = tempfile::tempdir().unwrap();
        Some(Self::new("PostgreSQL", open(&url, folder.path()).await, url, folder))
    }

    fn new(engine: &'static str, database: Database, url: String, folder: TempDir) -> Self {
        let router = router(&database, Policy::default());
        Self { database, engine, router, url, folder: Arc::new(folder) }
    }

    /// The same, as another process has it.
    pub(super) async fn twin(&self) -> Self {
        let mut twin = self.clone();
        twin.set(open(&self.url, self.path()).await);
        twin
    }

    fn set(&mut self, database: Database) {
        self.router = router(&database, Policy::default());
        self.database = database;
    }

    /// Forms are taken in another way.
    pub(super) fn receive(&mut self, policy: Policy) {
        self.router = router(&self.database, policy);
    }

    /// Forms are taken from those only who sign in.
    pub(super) fn ask_names(&mut self) {
        self.router = router_for(&self.database, Policy::default(), authentication());
    }

    /// Restores that take long are kept in another way.
    pub(super) fn keep(&mut self, keeping: Keeping) {
        self.set(self.database.clone().keeping(keeping));
    }

    /// Its clock stands still.
    pub(super) fn stand_still(&mut self, clock: fn() -> chrono::DateTime<chrono::Utc>) {
        self.set(self.database.clone().clock(clock));
    }

    /// The same on a socket.
    pub(super) async fn listen(&self, settings: Serving) -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(operation::serve(listener, self.router.clone(), settings, std::future::pending()));
        address
    }

    /// The answer to a request.
    pub(crate) async fn ask(&self, request: Request<Bytes>) -> http::Response<Vec<u8>> {
        let answer = self.router.clone().oneshot(request.map(AxumBody::from)).await;
        let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        http::Response::from_parts(head, body.collect().await.unwrap().to_bytes().to_vec())
    }

    async fn demo(&self) -> Domain {
        self.database.add_domain("demo").await.unwrap()
    }

    /// A user of the domain `demo`, whose id is the name, in a group.
    pub(crate) async fn add(&self, user: &str, group: &str) {
        let new = NewUser::new(user, Secret::new("secret")).with_id(user);
        self.database.add_user(&self.demo().await, &new).await.unwrap();
        self.regroup(user, group, false).await;
    }

    /// The user may see everything in a domain, and is added where there is none yet.
    pub(super) async fn promote(&self, user: &str, domain: Option<&str>) {
        let domain = self.database.domain(domain).await.unwrap();
        if self.database.user(&domain, user).await.is_err() {
            let new = NewUser::new(user, Secret::new("secret")).with_id(user);
            self.database.add_user(&domain, &new).await.unwrap();
        }
        self.database.set_staff(&domain, user, true).await.unwrap();
    }

    /// The user leaves the group, or joins it.
    pub(crate) async fn regroup(&self, user: &str, group: &str, leaves: bool) {
        let demo = self.demo().await;
        match leaves {
            true => self.database.leave(&demo, user, group).await.unwrap(),
            false => self.database.join(&demo, user, &Group::new(group, group)).await.unwrap(),
        }
    }

    /// A form is set aside.
    pub(super) async fn archive(&self, domain: &Domain, id: &str) -> Result<Rebuilt, openrosa_store::Error> {
        self.database.archive(domain, &self.database.form(domain, id).await?).await
    }

    /// And taken back.
    pub(super) async fn unarchive(
        &self,
        domain: &Domain,
        id: &str,
    ) -> Result<Rebuilt, openrosa_store::Error> {
        self.database.unarchive(domain, &self.database.form(domain, id).await?).await
    }

    /// What devices hold is forgotten.
    pub(crate) async fn forget(&self) {
        let later = chrono::Utc::now() + chrono::TimeDelta::days(1);
        self.database.forget_devices(&self.demo().await, later).await.unwrap();
    }

    /// All cases of `demo`.
    pub(crate) async fn cases(&self) -> Vec<Case> {
        let asked = CasesAsked { closed: true, ..CasesAsked::default() };
        let rows = self.database.cases(&self.demo().await, &asked, 10_000).await.unwrap();
        rows.into_iter().map(|row| row.case).collect()
    }

    /// All forms of `demo`.
    pub(crate) async fn forms(&self) -> Vec<String> {
        let demo = self.demo().await;
        let mut forms = Vec::new();
        for row in self.database.forms(&demo, &FormsAsked::default(), 10_000).await.unwrap() {
            assert_eq!(row.state, State::Normal, "{row:?}");
            forms.push(String::from_utf8(self.database.xml(&demo, &row).await.unwrap().to_vec()).unwrap());
        }
        forms
    }

    /// Their ids, asked for two by two.
    pub(super) async fn ids_by_page(&self) -> Vec<String> {
        let (demo, mut asked) = (self.demo().await, CasesAsked { closed: true, ..CasesAsked::default() });
        let mut ids: Vec<String> = Vec::new();
        loop {
            let rows = self.database.cases(&demo, &asked, 2).await.unwrap();
            ids.extend(rows.iter().map(|row| row.case.case_id.to_string()));
            match rows.last() {
                Some(last) => asked.after = Some(last.case.case_id.to_string()),
                None => return ids,
            }
        }
    }

    /// What a device of `demo` is sent that has nothing yet.
    pub(super) async fn restored(&self, user: &str) -> String {
        let request = Request::get("http://server.example/a/demo/phone/restore/?version=2.0")
            .header(
                "Authorization",
                openrosa_http::auth::basic::authorization(&Credentials::new(user, "secret")).unwrap(),
            )
            .header("X-OpenRosa-Version", "1.0");
        let answer = self.ask(request.body(Bytes::new()).unwrap()).await;
        String::from_utf8(answer.into_body()).unwrap()
    }

    /// How many files are in their place, beside the word whose it is.
    pub(super) fn files(&self) -> usize {
        let folder = if self.engine == "SQLite" { self.path().join("files") } else { self.path().to_owned() };
        let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        found.filter(|name| name != "database").count()
    }

    /// The address of its database.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Its database, as it lies there.
    pub(super) async fn pool(&self) -> sqlx::AnyPool {
        sqlx::any::install_default_drivers();
        let sqlite = if self.url.contains("://") { "" } else { "sqlite://" };
        sqlx::AnyPool::connect(&format!("{sqlite}{}", self.url)).await.unwrap()
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

    /// A form is taken in a domain.
    pub(crate) async fn takes_for(&self, domain: &str, form: &str) {
        let submission = Submission::new(form.to_owned());
        let receipt = self.deliver(&format!("/a/{domain}/receiver/"), &submission).await.unwrap();
        assert!(receipt.is_delivered(), "{}: {receipt:?}", self.engine);
    }

    /// A form is taken, whatever it is.
    pub(crate) async fn takes(&self, form: &str) {
        self.takes_with(form, &[]).await;
    }

    /// The same, with files.
    pub(super) async fn takes_with(&self, form: &str, files: &[(&str, &str)]) {
        let receipt = self.send(form, files).await.unwrap_or_else(|error| panic!("{}: {error}", self.engine));
        assert!(receipt.is_delivered(), "{}: {receipt:?}", self.engine);
    }
}

/// An SQLite file has its files beside it, PostgreSQL in the folder itself.
async fn open(url: &str, folder: &std::path::Path) -> Database {
    match url.starts_with("postgres:") {
        true => Database::connect(url, Files::in_folder(folder).unwrap()).await.unwrap(),
        false => Database::open(url, Files::in_folder(folder.join("files")).unwrap()).await.unwrap(),
    }
}

fn authentication() -> Authentication {
    // Hashing passwords takes long on purpose, which is no part of these tests.
    let users = USERS.map(|user| Credentials::new(user, "secret"));
    Authentication::accounts("demo", users).unwrap().with_basic(BasicOver::Any)
}

/// Everything that a database is behind; anybody may send forms.
fn router(database: &Database, policy: Policy) -> Router {
    router_for(database, policy, Authentication::anonymous())
}

fn router_for(database: &Database, policy: Policy, senders: Authentication) -> Router {
    let front = Front::new(authentication());
    Receiver::new(database.clone())
        .with_policy(policy)
        .with_authentication(senders)
        .router()
        .merge(front.restores(database.clone()))
        .merge(front.cases(database.clone()))
        .merge(front.briefcase(database.clone()))
        .merge(front.phones(database.clone()))
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
