//! The server on a port, for `serve` and for whatever else in this program wants one.

mod certificate;
mod greeting;
mod routes;

use std::net::SocketAddr;
use std::sync::Arc;

use openrosa_http::server::operation::{self, Serving, Watch};
use openrosa_http::server::{Authentication, BasicOver, Front, Policy};
use openrosa_store::server::{Database, Keeping, Tally};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Notice;
use crate::blank_forms::FormsFolder;
use crate::exit::Failure;
use crate::server_place::{self, Admin, FilesPlace, Place};
use crate::web::{self, Desk, Road, Web};
pub(crate) use certificate::Pair;
use routes::Doors;

/// How many requests there are at once; who comes then is asked to come again.
const ROOM: usize = 500;

/// What a [`Site`] is to be.
pub(crate) struct Settings {
    /// Port 0 picks a free one.
    pub(crate) listen: SocketAddr,
    pub(crate) database: Place,
    /// Where what comes with forms is kept.
    pub(crate) files: FilesPlace,
    /// The blank forms, if there are any.
    pub(crate) forms: Option<FormsFolder>,
    pub(crate) policy: Policy,
    /// Whether all come through a proxy that speaks https.
    pub(crate) behind_proxy: bool,
    /// By what it speaks https itself.
    pub(crate) certificate: Option<Pair>,
    /// Under which address devices know it.
    pub(crate) known_as: Option<http::Uri>,
    /// Where its figures are told.
    pub(crate) metrics: Option<SocketAddr>,
    /// What becomes of restores that take long.
    pub(crate) keeping: Keeping,
}

/// A server that runs, until it is stopped or its runtime ends.
pub(crate) struct Site {
    settings: Settings,
    database: Database,
    web: Web,
    started: Started,
    stop: oneshot::Sender<()>,
    task: JoinHandle<usize>,
}

/// What there was at the start, for the greeting.
struct Started {
    address: SocketAddr,
    /// Whether it speaks https.
    is_secret: bool,
    is_new: bool,
    tally: Tally,
    domains: Vec<String>,
    /// How many forms devices can fetch, if there is a folder for them.
    forms: Option<usize>,
}

/// Whoever is told of what came.
type Show = Arc<dyn Fn(Notice) + Send + Sync>;

impl Settings {
    /// Anybody may send anything to it, over http.
    pub(crate) fn new(listen: SocketAddr, database: Place, files: FilesPlace) -> Self {
        let (policy, certificate) = (Policy::default(), None);
        let (forms, known_as, metrics, keeping) = (None, None, None, Keeping::default());
        let behind_proxy = false;
        Self { listen, database, files, forms, policy, behind_proxy, certificate, known_as, metrics, keeping }
    }

    /// Who may come in, and to what.
    fn doors(&self, database: &Database, web: &Web, show: Show) -> Result<Doors, Failure> {
        let users = Authentication::of("openrosa", database.clone());
        let users = users.map_err(|error| Failure::new(format!("cannot start: {error}")))?;
        let over = if self.behind_proxy { BasicOver::TrustedProxy } else { BasicOver::Any };
        Ok(Doors {
            database: database.clone(),
            forms: self.forms.clone(),
            policy: self.policy.clone(),
            anybody: self.known(Front::default()),
            users: self.known(Front::new(users.with_basic(over))),
            show,
            desk: Desk::new(web),
            web: web.clone(),
        })
    }

    /// The page for people.
    async fn web(&self, database: &Database, address: SocketAddr, by_tls: bool) -> Result<Web, Failure> {
        let is_known_by_https =
            self.known_as.as_ref().is_some_and(|known| known.scheme_str() == Some("https"));
        let road = match (by_tls, self.behind_proxy) {
            (true, _) => Road::Https,
            (false, true) => Road::Proxy,
            (false, false) => Road::Http,
        };
        let settings = web::Settings {
            database: database.clone(),
            forms: self.forms.clone(),
            admin: Admin::at(&self.database, &self.files),
            road,
            is_local: address.ip().is_loopback(),
            is_known_by_https,
            body: self.policy.limits.body,
        };
        Web::open(settings).await.map_err(|error| server_place::failure(&error))
    }

    fn known(&self, front: Front) -> Front {
        match &self.known_as {
            Some(address) => front.known_as(address.clone()),
            None => front,
        }
    }
}

impl Site {
    /// Opens the database, listens, and tells `show` of every form before it is answered.
    pub(crate) async fn start(
        settings: Settings,
        show: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let tls = settings.certificate.as_ref().map(Pair::open).transpose()?;
        let is_new = settings.database.is_missing();
        // Before anything is made: who mistyped a port has nothing to clean up.
        let listener = listen("--listen", settings.listen).await?;
        let inside = match settings.metrics {
            Some(address) => Some(listen("--metrics", address).await?),
            None => None,
        };
        let database = settings.database.open_to_serve(&settings.files).await?;
        let database = database.keeping(settings.keeping.clone());
        let address =
            listener.local_addr().map_err(|error| cannot_listen("--listen", settings.listen, &error))?;
        let mut started = started(&database, address, is_new, settings.forms.as_ref()).await?;
        started.is_secret = tls.is_some();
        let watch = Watch::new(ROOM).taking(settings.policy.limits.body);
        if let Some(inside) = inside {
            tokio::spawn(operation::serve(
                inside,
                watch.metrics(),
                Serving::default(),
                std::future::pending(),
            ));
        }
        let web = settings.web(&database, address, tls.is_some()).await?;
        let routes = settings.doors(&database, &web, Arc::new(show))?.routes(&watch, &database);
        let (stop, stopped) = oneshot::channel();
        // Whoever drops it wants it to end, too.
        let stopped = async { drop(stopped.await) };
        let task = match tls {
            Some(tls) => {
                tokio::spawn(operation::serve_tls(listener, tls, routes, Serving::default(), stopped))
            }
            None => tokio::spawn(operation::serve(listener, routes, Serving::default(), stopped)),
        };
        Ok(Self { settings, database, web, started, stop, task })
    }

    /// Its address, without a path.
    pub(crate) fn url(&self) -> String {
        self.started.url()
    }

    /// What it holds.
    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    /// What to say to whoever started it.
    pub(crate) fn greeting(&self, json: bool) -> String {
        if json { self.started.json() } else { self.started.text(&self.settings) }
    }

    /// Takes no more, and waits for what is on its way.
    pub(crate) async fn stop(self) {
        self.web.close();
        let _ = self.stop.send(());
        let _ = self.task.await;
        self.web.finish().await;
        self.database.close().await;
    }
}

async fn listen(flag: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| cannot_listen(flag, address, &error))
}

async fn started(
    database: &Database,
    address: SocketAddr,
    is_new: bool,
    forms: Option<&FormsFolder>,
) -> Result<Started, Failure> {
    let failed = |error: openrosa_store::Error| server_place::failure(&error);
    let tally = database.tally().await.map_err(failed)?;
    let domains = database.domains().await.map_err(failed)?.into_iter().map(|domain| domain.name);
    let domains = domains.filter(|name| !name.is_empty()).collect();
    let forms = forms.map(|forms| forms.look().map(|found| found.len())).transpose()?;
    Ok(Started { address, is_secret: false, is_new, tally, domains, forms })
}

fn cannot_listen(flag: &str, address: SocketAddr, error: &std::io::Error) -> Failure {
    let failure = Failure::new(format!("cannot listen at `{address}`: {error}"));
    failure.remedy(format!("{flag} with another address, such as 127.0.0.1:0 for any free port"))
}
