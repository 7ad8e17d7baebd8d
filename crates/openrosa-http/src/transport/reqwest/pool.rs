//! The connections to servers, and when there have to be others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::reqwest as lib;
use rustls::ClientConfig;

use super::{Error, builder, tls, unsent};

/// A client with its connections, in whose place another comes when they are no good.
#[derive(Clone, Debug)]
pub(super) struct Pool(Arc<Mutex<Held>>);

#[derive(Debug)]
struct Held {
    client: lib::Client,
    /// What another is made with. A client that was made elsewhere stays.
    tls: Option<ClientConfig>,
}

impl Pool {
    pub(super) fn new(tls: ClientConfig) -> Result<Self, Error> {
        let client = made(&tls).map_err(unsent)?;
        Ok(Self(Arc::new(Mutex::new(Held { client, tls: Some(tls) }))))
    }

    pub(super) fn of(client: lib::Client) -> Self {
        Self(Arc::new(Mutex::new(Held { client, tls: None })))
    }

    pub(super) fn client(&self) -> lib::Client {
        self.held().client.clone()
    }

    /// Leaves the connections to whoever waits for an answer on them. By HTTP/2 the next request would go on the very one on which
    /// nothing came.
    pub(super) fn leave(&self) {
        self.held().renew();
    }

    /// The same, and speaks HTTP/2 no more: a server wants it so, and the others speak HTTP/1.1, too.
    pub(super) fn leave_http2(&self) {
        let mut held = self.held();
        if let Some(tls) = &mut held.tls {
            tls::offer_http1_alone(tls);
        }
        held.renew();
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn renew(&mut self) {
        if let Some(Ok(client)) = self.tls.as_ref().map(made) {
            self.client = client;
        }
    }
}

/// What a server did not look at is for [`Client`](crate::Client) to send anew: a file cannot be read again here.
fn made(tls: &ClientConfig) -> lib::Result<lib::Client> {
    builder(tls.clone()).retry(lib::retry::never()).build()
}
