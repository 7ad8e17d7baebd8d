//! The page for people: what arrived, why it was refused, what the cases look like.
//!
//! Everything lies below `/look/`, where no device calls; `/` leads there. A view is a file here and a template of the same name.
//! What a view asks of the database is in `openrosa_store::server`, one page at a time.

mod access;
mod actions;
mod arrivals;
mod assets;
mod case;
mod cases;
mod download;
mod exchange;
mod failed;
mod file;
mod findings;
mod forms;
mod frame;
mod guard;
mod live;
mod overview;
mod paced;
mod people;
mod person;
mod plot;
mod portion;
mod refused;
mod road;
mod said;
mod seen;
mod session;
mod sign_in;
mod submission;
mod throttle;
mod upload;

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, Uri};
use axum::middleware;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use openrosa_store::server::{Database, Domain};
use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::blank_forms::FormsFolder;
use crate::server_place::Admin;
pub(crate) use exchange::Desk;
use failed::Failed;
use live::News;
pub(crate) use road::Road;
use session::Key;
use throttle::Throttle;

/// What a person gets who cut an address below `/look` short or mistyped it. `None` where it is none with the number of a domain: a
/// device may mean it, whose user KoBoToolbox calls `look`.
pub(crate) fn mistyped(address: &Uri) -> Option<Response> {
    let below = address.path().strip_prefix("/look/")?.trim_end_matches('/');
    let failed = match below.split_once('/') {
        None if below.is_empty() => Failed::Elsewhere(1),
        None => Failed::Elsewhere(below.parse().ok()?),
        Some((domain, _)) => domain.parse::<i64>().ok().map(|_| Failed::NotThere)?,
    };
    Some(guard::guarded(failed.into_response()))
}

/// How many arrivals a reader of the live page may be behind.
const BEHIND: usize = 256;
/// How long the last notes may take to be written.
const LAST_NOTES: Duration = Duration::from_secs(5);
/// How large a request may be of somebody who is not known yet.
const STRANGERS: usize = 64 * 1024;

/// What the pages are to be.
pub(crate) struct Settings {
    pub(crate) database: Database,
    pub(crate) forms: Option<FormsFolder>,
    /// What people are told to type on the server.
    pub(crate) admin: Admin,
    /// How people come.
    pub(crate) road: Road,
    /// Whether the server listens to nobody but this machine: then, as long as there are no users, whoever comes from it may look.
    pub(crate) is_local: bool,
    /// Whether the address by which people know this server is one of https: their cookies travel no other way then.
    pub(crate) is_known_by_https: bool,
    /// The largest file to take from a person.
    pub(crate) body: u64,
}

/// The pages. Clones share everything.
#[derive(Clone)]
pub(crate) struct Web(Arc<Inner>);

pub(crate) struct Inner {
    settings: Settings,
    key: Key,
    news: broadcast::Sender<Arc<News>>,
    /// Places for those who follow what arrives.
    readers: Arc<Semaphore>,
    /// Places for those who take whole sheets with them.
    sheets: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    throttle: Throttle,
    /// What writes down how submissions came.
    notes: Mutex<Option<JoinHandle<()>>>,
}

impl Deref for Web {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Web {
    /// Makes the key with which the pages sign, unless there is one.
    pub(crate) async fn open(settings: Settings) -> Result<Self, openrosa_store::Error> {
        let key = Key::of(&settings.database).await?;
        let (news, closing) = (broadcast::Sender::new(BEHIND), watch::Sender::new(false));
        Ok(Self(Arc::new(Inner {
            settings,
            key,
            news,
            readers: Arc::new(Semaphore::new(live::READERS)),
            sheets: Arc::new(Semaphore::new(paced::AT_ONCE)),
            closing,
            throttle: Throttle::default(),
            notes: Mutex::default(),
        })))
    }

    /// A command about what is in a domain. It says where the database is, which is told to nobody who is not let in.
    fn command_in(&self, domain: &Domain, words: &str) -> String {
        self.settings.admin.command_in(domain, words)
    }

    fn database(&self) -> &Database {
        &self.settings.database
    }

    /// Whether a browser is to send its cookie by https and no other way.
    fn is_secret(&self, headers: &HeaderMap) -> bool {
        self.settings.is_known_by_https || self.settings.road.is_secret(headers)
    }

    /// Ends what would otherwise go on for as long as somebody looks at it.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until what was seen is written down, once nobody sees any more.
    pub(crate) async fn finish(&self) {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(notes) = notes {
            // How something came is not worth more.
            let _ = timeout(LAST_NOTES, notes).await;
        }
    }

    /// All pages, with what guards them.
    pub(crate) fn routes(&self) -> Router {
        let inside = self.views().merge(self.changes());
        let inside = inside.layer(middleware::from_fn_with_state(self.clone(), access::let_in));
        let body = usize::try_from(self.settings.body).unwrap_or(usize::MAX);
        Router::new()
            .route("/", get(async || Redirect::to("/look/1/overview")))
            .route("/look", get(async || Redirect::to("/look/1/overview")))
            .route(
                "/look/sign-in",
                get(sign_in::ask).post(sign_in::enter).layer(DefaultBodyLimit::max(STRANGERS)),
            )
            .route("/look/sign-out", post(sign_in::leave).layer(DefaultBodyLimit::max(STRANGERS)))
            .route("/look/assets/{name}", get(assets::serve))
            .merge(inside)
            .method_not_allowed_fallback(async || Failed::NotToBeSeen)
            .layer(DefaultBodyLimit::max(body))
            .layer(middleware::from_fn(guard::around))
            .with_state(self.clone())
    }

    fn views(&self) -> Router<Self> {
        Router::new()
            .route("/look/{domain}/overview", get(overview::show))
            .route("/look/{domain}/arrivals", get(arrivals::show))
            .route("/look/{domain}/arrivals.csv", get(download::arrivals))
            .route("/look/{domain}/live", get(live::follow))
            .route("/look/{domain}/submissions/find", get(submission::find))
            .route("/look/{domain}/submissions/{seq}", get(submission::show))
            .route("/look/{domain}/submissions/{seq}/xml", get(download::xml))
            .route("/look/{domain}/submissions/{seq}/json", get(download::form_json))
            .route("/look/{domain}/submissions/{seq}/file", get(file::serve))
            .route("/look/{domain}/refused", get(refused::list))
            .route("/look/{domain}/refused/{number}", get(refused::show))
            .route("/look/{domain}/forms", get(forms::show))
            .route("/look/{domain}/cases", get(cases::types))
            .route("/look/{domain}/cases/list", get(cases::list))
            .route("/look/{domain}/cases/csv", get(download::cases))
            .route("/look/{domain}/case", get(case::show))
            .route("/look/{domain}/case/json", get(download::case_json))
            .route("/look/{domain}/people", get(people::show))
            .route("/look/{domain}/person", get(person::show))
    }

    fn changes(&self) -> Router<Self> {
        Router::new()
            .route("/look/{domain}/submissions/{seq}/archive", post(actions::archive))
            .route("/look/{domain}/submissions/{seq}/restore", post(actions::restore))
            .route("/look/{domain}/submissions/{seq}/retry", post(actions::retry))
            .route("/look/{domain}/case/rebuild", post(actions::rebuild))
            .route("/look/{domain}/upload", get(upload::ask).post(upload::check))
            .route("/look/{domain}/upload/store", post(upload::store))
    }
}
