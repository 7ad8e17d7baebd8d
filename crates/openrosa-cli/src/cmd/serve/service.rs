//! The receiver on a port, for `serve` and for whatever else in this program wants one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use openrosa_http::server::{Authentication, Policy, Receiver};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Notice;
use crate::exit::Failure;
use crate::receiver::{FolderBackend, OpenError};

/// How long forms on their way may take once the end was asked for. What is cut off was not acknowledged.
const LAST_FORMS: Duration = Duration::from_secs(10);

/// What a [`Service`] is to be.
pub(crate) struct Settings {
    /// Port 0 picks a free one.
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) policy: Policy,
    pub(crate) authentication: Authentication,
}

impl Settings {
    /// Anybody may send anything.
    pub(crate) fn new(listen: SocketAddr, data: &Path) -> Self {
        let (policy, authentication) = (Policy::default(), Authentication::anonymous());
        Self { listen, data: data.to_owned(), policy, authentication }
    }
}

/// A receiver that runs, until it is stopped or dropped.
pub(crate) struct Service {
    pub(super) address: SocketAddr,
    backend: FolderBackend,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Service {
    /// Opens the folder, listens, and tells `show` of every POST before it is answered.
    pub(crate) async fn start(
        settings: Settings,
        show: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let backend = FolderBackend::open(&settings.data).map_err(|error| cannot_open(&error))?;
        let cannot = |error| cannot_listen(settings.listen, &error);
        let listener = TcpListener::bind(settings.listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let routes = Receiver::new(backend.clone())
            .with_policy(settings.policy)
            .with_authentication(settings.authentication)
            .with_observer(move |outcome| show(Notice::of(outcome)))
            .standalone();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let serving = axum::serve(listener, routes).with_graceful_shutdown(async move {
                let _ = stopped.await;
            });
            // It accepts again after a failure, so there is none to report.
            let _ = serving.await;
        });
        Ok(Self { address, backend, stop, task })
    }

    /// Where devices post to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/submission", self.address)
    }

    /// How many forms are held.
    pub(crate) fn held(&self) -> usize {
        self.backend.len()
    }

    /// What is held, for whoever wants to look.
    pub(crate) fn backend(&self) -> &FolderBackend {
        &self.backend
    }

    /// Takes no more, and waits for what is on its way.
    pub(crate) async fn stop(mut self) {
        let _ = self.stop.send(());
        if timeout(LAST_FORMS, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }

    pub(super) fn greeting_json(&self) -> String {
        let (address, url) = (self.address.to_string(), self.url());
        json!({ "event": "listening", "address": address, "url": url, "held": self.held() }).to_string()
    }
}

fn cannot_open(error: &OpenError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        OpenError::InUse(_) => failure.remedy("--data with another folder, or end the other process"),
        _ => failure,
    }
}

pub(super) fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    let failure = Failure::new(format!("cannot listen at `{address}`: {error}"));
    failure.remedy("--listen with another address, such as 127.0.0.1:0 for any free port")
}
