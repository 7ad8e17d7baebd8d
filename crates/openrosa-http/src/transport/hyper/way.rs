//! The way to a server: a connection of its own, or one through a proxy; and TLS where the address says so.

use std::error::Error as StdError;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::hyper::rt::{Read, ReadBufCursor, Write};
use futures_util::future::BoxFuture;
use http::header::USER_AGENT;
use http::uri::Scheme;
use http::{HeaderMap, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::{AGENT, CONNECT};

/// How often the system asks whether the other end of an idle connection is there still; the third time that nobody answers, it is not.
const KEEPALIVE: Duration = Duration::from_secs(15);

type BoxError = Box<dyn StdError + Send + Sync>;

/// What makes connections, each within [`CONNECT`].
#[derive(Clone, Debug)]
pub(super) struct Ways(HttpsConnector<Way>);

/// It took longer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("nobody answered in {} seconds", CONNECT.as_secs())]
struct TooLong;

impl Ways {
    pub(super) fn new(tls: ClientConfig, proxies: Arc<Matcher>) -> Self {
        let mut direct = HttpConnector::new();
        direct.enforce_http(false);
        direct.set_nodelay(true);
        direct.set_connect_timeout(Some(CONNECT));
        direct.set_keepalive(Some(KEEPALIVE));
        direct.set_keepalive_interval(Some(KEEPALIVE));
        direct.set_keepalive_retries(Some(3));
        let mut proxy_tls = tls.clone();
        proxy_tls.alpn_protocols.clear();
        let to_proxy = (direct.clone(), proxy_tls).into();
        Self((Way { direct, to_proxy, proxies }, tls).into())
    }
}

impl Service<Uri> for Ways {
    type Response = MaybeHttpsStream<Passage>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let connected = self.0.call(server);
        Box::pin(async { timeout(CONNECT, connected).await.unwrap_or_else(|_| Err(TooLong.into())) })
    }
}

/// To where TLS with the server begins.
#[derive(Clone, Debug)]
struct Way {
    direct: HttpConnector,
    /// With TLS of its own, if its address says so; by that nobody speaks HTTP/2.
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Arc<Matcher>,
}

impl Way {
    fn tunnel(&self, proxy: &Intercept) -> Tunnel<HttpsConnector<HttpConnector>> {
        let tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
        let tunnel = tunnel.with_headers(HeaderMap::from_iter([(USER_AGENT, AGENT.clone())]));
        match proxy.basic_auth() {
            Some(login) => tunnel.with_auth(login.clone()),
            None => tunnel,
        }
    }
}

impl Service<Uri> for Way {
    type Response = Passage;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Passage, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.to_proxy.poll_ready(cx)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        match self.proxies.intercept(&server) {
            None => {
                let io = self.direct.call(server);
                Box::pin(async { Ok(Passage { io: io.await?.into(), is_proxied: false }) })
            }
            Some(proxy) if server.scheme() == Some(&Scheme::HTTPS) => {
                let io = self.tunnel(&proxy).call(server);
                Box::pin(async { Ok(Passage { io: io.await?, is_proxied: false }) })
            }
            Some(proxy) => {
                let io = self.to_proxy.call(proxy.uri().clone());
                Box::pin(async { Ok(Passage { io: io.await?, is_proxied: true }) })
            }
        }
    }
}

/// A connection, and whether a proxy at its other end reads the requests: then each has to say which server it is for.
#[derive(Debug)]
pub(super) struct Passage {
    io: MaybeHttpsStream<TokioIo<TcpStream>>,
    is_proxied: bool,
}

impl Connection for Passage {
    fn connected(&self) -> Connected {
        self.io.connected().proxy(self.is_proxied)
    }
}

impl Read for Passage {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for Passage {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
