//! The connections to servers, and when there have to be others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper_util::client::legacy;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use super::going::Going;
use super::way::Ways;
use super::{HEAD, PING, WRITE, tls};

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(90);

/// What is small goes as it lies in memory; of the rest is seen how it goes.
pub(super) type Sending = Either<Full<Bytes>, Going>;

/// A client with its connections.
pub(super) type Connections = legacy::Client<Ways, Sending>;

/// Connections, in whose place others come when they are no good.
#[derive(Clone, Debug)]
pub(super) struct Pool(Arc<Mutex<Held>>);

#[derive(Debug)]
struct Held {
    connections: Arc<Connections>,
    /// What others are made with.
    tls: ClientConfig,
    proxies: Arc<Matcher>,
}

impl Pool {
    pub(super) fn new(tls: ClientConfig, proxies: Arc<Matcher>) -> Self {
        let connections = Arc::new(made(tls.clone(), Arc::clone(&proxies)));
        Self(Arc::new(Mutex::new(Held { connections, tls, proxies })))
    }

    pub(super) fn connections(&self) -> Arc<Connections> {
        Arc::clone(&self.held().connections)
    }

    /// Leaves the connections to whoever waits for an answer on them. By HTTP/2 the next request would go on the very one on which
    /// nothing came.
    pub(super) fn leave(&self) {
        self.held().renew();
    }

    /// The same, and speaks HTTP/2 no more: a server wants it so, and the others speak HTTP/1.1, too.
    pub(super) fn leave_http2(&self) {
        let mut held = self.held();
        tls::offer_http1_alone(&mut held.tls);
        held.renew();
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn renew(&mut self) {
        self.connections = Arc::new(made(self.tls.clone(), Arc::clone(&self.proxies)));
    }
}

fn made(tls: ClientConfig, proxies: Arc<Matcher>) -> Connections {
    legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .http2_max_header_list_size(HEAD)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(WRITE)
        .build(Ways::new(tls, proxies))
}
