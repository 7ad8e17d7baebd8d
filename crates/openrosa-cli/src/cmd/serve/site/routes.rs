//! Who gets where. Reading is for users; sending, and fetching blank forms, is for anybody as long as there are no users.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use openrosa_http::server::operation::{Watch, health, patient};
use openrosa_http::server::{Answers, Front, Policy};
use openrosa_store::server::Database;
use tower::ServiceExt as _;

use crate::blank_forms::FormsFolder;
use crate::cmd::serve::Notice;
use crate::web::{Desk, Web, mistyped};

/// How many pages are made or followed at once: more than may follow, so that they cannot keep others from looking.
const PAGES: usize = 200;

/// What the routes are made of.
pub(super) struct Doors {
    pub(super) database: Database,
    pub(super) forms: Option<FormsFolder>,
    pub(super) policy: Policy,
    /// Asks nobody for a name.
    pub(super) anybody: Front,
    /// Asks for that of a user.
    pub(super) users: Front,
    pub(super) show: Arc<dyn Fn(Notice) + Send + Sync>,
    /// The page for people.
    pub(super) web: Web,
    /// Whoever watches what arrives, for that page.
    pub(super) desk: Desk,
}

impl Doors {
    pub(super) fn routes(&self, watch: &Watch, database: &Database) -> Router {
        let routes = |front, answers| watch.around(self.of(front, answers));
        let hall = Hall {
            before: Answering::by(|answers| routes(&self.anybody, answers)),
            since: Answering::by(|answers| routes(&self.users, answers)),
            unknown: Answering::by(|answers| watch.full().around(self.of(&self.anybody, answers))),
            database: database.clone(),
            has_users: AtomicBool::new(false),
        };
        let asked = database.clone();
        let well = health(move || {
            let database = asked.clone();
            async move { database.is_ready().await.is_ok() }
        });
        let pages = watch.beside(PAGES).around(patient(self.web.routes(), &self.policy.limits));
        Router::new().fallback(Hall::enter).with_state(Arc::new(hall)).merge(well).merge(pages)
    }

    fn of(&self, front: &Front, answers: Answers) -> Router {
        let show = Arc::clone(&self.show);
        let receiver = front
            .receiver(self.database.clone())
            .with_policy(Policy { answers, ..self.policy.clone() })
            .with_observer(move |outcome| {
                Desk::tell(outcome);
                show(Notice::of(outcome));
            })
            .standalone();
        let receiver = self.desk.around(receiver);
        let forms = self.forms.clone().map(|forms| front.forms(forms)).unwrap_or_default();
        receiver
            .merge(forms)
            .merge(self.users.restores(self.database.clone()))
            .merge(self.users.cases(self.database.clone()))
            .merge(self.users.briefcase(self.database.clone()))
            .merge(self.users.phones(self.database.clone()))
    }
}

/// The same routes, as each family of devices wants to be answered.
struct Answering {
    standard: Router,
    commcare: Router,
}

impl Answering {
    fn by(routes: impl Fn(Answers) -> Router) -> Self {
        Self { standard: routes(Answers::Standard), commcare: routes(Answers::CommCare) }
    }

    /// CommCare's devices call below `/a/`, and nobody else does.
    fn at(&self, path: &str) -> &Router {
        if path.starts_with("/a/") { &self.commcare } else { &self.standard }
    }
}

struct Hall {
    /// As long as there are no users.
    before: Answering,
    since: Answering,
    /// As long as it cannot be known: a device that is asked for a password then takes its own for wrong.
    unknown: Answering,
    database: Database,
    /// There is no way back: users are not removed.
    has_users: AtomicBool,
}

impl Hall {
    async fn enter(State(hall): State<Arc<Self>>, request: Request) -> Response {
        if let Some(page) = mistyped(request.uri()) {
            return page;
        }
        let answering = match hall.has_users().await {
            Ok(true) => &hall.since,
            Ok(false) => &hall.before,
            Err(error) => {
                tracing::warn!(%error, "it is not known whether there are users: a request is to come again");
                &hall.unknown
            }
        };
        let routes = answering.at(request.uri().path()).clone();
        routes.oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    async fn has_users(&self) -> Result<bool, openrosa_store::Error> {
        if self.has_users.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let found = self.database.has_users().await?;
        self.has_users.store(found, Ordering::Relaxed);
        Ok(found)
    }
}
