//! Listening.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::util::MapResponse;

use super::paced::Paced;
use super::tls::{Tls, by_https};
use super::untaken::Untaken;
use crate::server::Pace;
use crate::server::patience::tellable;

/// How a server listens.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a table of settings, written with `..Serving::default()`")]
pub struct Serving {
    /// Connections at once; who comes then has to wait. Default 10,000.
    pub connections: usize,
    /// How long a client may take for the head of a request, and how long a connection without requests is kept. Default 30
    /// seconds.
    pub head: Duration,
    /// How large the head of a request may be. What is larger is answered with 431. Default 64 KiB.
    pub head_size: usize,
    /// How many headers it may have. Default 100.
    pub headers: usize,
    /// Requests at once on one connection of HTTP/2. Default 100.
    pub streams: u32,
    /// How long a client may take nothing of what it is sent. Default one minute: field networks stall. Where the system is neither
    /// Linux nor Android, it may keep so much unsent that one who reads very slowly looks like that, too.
    pub idle: Duration,
    /// How slowly it may take an answer of which it takes some all the time. Who takes one more slowly is hung up on. Default
    /// [`Pace::default`], as for what it sends.
    pub pace: Pace,
    /// How long requests that are being answered are waited for when the server stops. Default 30 seconds.
    pub grace: Duration,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head: Duration::from_secs(30),
            head_size: 64 * 1024,
            headers: 100,
            streams: 100,
            idle: Duration::from_secs(60),
            pace: Pace::default(),
            grace: Duration::from_secs(30),
        }
    }
}

/// Serves these routes by HTTP/1.1 and HTTP/2 until `stop`, then answers what it has begun to read, within the time of grace.
/// Returns how many connections were cut after that.
///
/// HTTP/2 is spoken with clients that begin with it, as proxies do; without TLS there is nothing to negotiate it by.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    settings: Serving,
    stop: impl Future<Output = ()>,
) -> usize {
    run(listener, None, routes, settings, stop).await
}

/// Serves these routes by https. What is behind them finds the header `X-Forwarded-Proto: https` on every request, as behind a
/// proxy that can be trusted, so that passwords are taken and addresses are told as they are.
pub async fn serve_tls(
    listener: TcpListener,
    tls: Tls,
    routes: Router,
    settings: Serving,
    stop: impl Future<Output = ()>,
) -> usize {
    run(listener, Some(tls), by_https(routes), settings, stop).await
}

async fn run(
    listener: TcpListener,
    tls: Option<Tls>,
    routes: Router,
    settings: Serving,
    stop: impl Future<Output = ()>,
) -> usize {
    let room = Arc::new(Semaphore::new(settings.connections.min(Semaphore::MAX_PERMITS)));
    let (leave, left) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            (stream, place) = accept(&listener, &room) => {
                let connection = connection(stream, tls.clone(), routes.clone(), settings.clone(), left.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop((listener, leave));
    let all = async { while connections.join_next().await.is_some() {} };
    // Whoever is not done then has had its time.
    let _ = timeout(settings.grace, all).await;
    connections.len()
}

/// The next connection. A failure is of that connection, or passes: a process out of file handles has some again later.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a place in the end.
    let place = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => rest(&error).await,
        }
    }
}

async fn rest(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be accepted");
        sleep(Duration::from_millis(500)).await;
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<Tls>,
    routes: Router,
    settings: Serving,
    mut left: watch::Receiver<()>,
) {
    // A small answer does not wait for more to send.
    let _ = stream.set_nodelay(true);
    bound_unsent(&stream);
    let Some(tls) = tls else { return talk(stream, routes, settings, left).await };
    let accepted = tokio::select! {
        accepted = timeout(settings.head, tls.accept(stream)) => accepted,
        // Nothing was asked yet.
        _ = left.changed() => return,
    };
    match accepted {
        Ok(Ok(stream)) => talk(stream, routes, settings, left).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection did not get as far as TLS"),
        Err(_) => {}
    }
}

/// By itself the system keeps megabytes, and says no more until a third of them has gone: on a line of a kilobyte a second, after
/// a quarter of an hour, in which a client that takes all it can looks as if it took nothing.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn bound_unsent(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_tcp_notsent_lowat(super::paced::UNSENT);
}

/// The system has no such bound for each socket.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bound_unsent(_: &TcpStream) {}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    routes: Router,
    settings: Serving,
    mut left: watch::Receiver<()>,
) {
    let stream = TokioIo::new(Paced::new(stream, &settings));
    let protocol = protocol(&settings);
    let untaken = Untaken::new(settings.pace);
    let watched = Arc::clone(&untaken);
    let routes = MapResponse::new(routes, move |answer: Response| answer.map(|body| watched.watch(body)));
    let mut served = pin!(protocol.serve_connection(stream, TowerToHyperService::new(routes)));
    let ended = async {
        tokio::select! {
            ended = &mut served => ended,
            // The other end is gone when the server stops.
            _ = left.changed() => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        }
    };
    tokio::select! {
        ended = ended => {
            if let Err(error) = ended {
                tracing::debug!(error, "a connection ended badly");
            }
        }
        () = untaken.overdue() => tracing::debug!("an answer was not taken in time"),
    }
}

fn protocol(settings: &Serving) -> Builder<TokioExecutor> {
    /// How long a question may be unanswered depends on what is before it on the line: [`Paced`] knows, and hyper does not.
    const UNLIMITED: Duration = Duration::from_secs(24 * 60 * 60);
    let mut protocol = Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(tellable(settings.head))
        .max_buf_size(settings.head_size.max(8192))
        .max_headers(settings.headers);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.streams)
        .max_header_list_size(u32::try_from(settings.head_size).unwrap_or(u32::MAX))
        .keep_alive_interval(tellable(settings.head))
        .keep_alive_timeout(UNLIMITED);
    protocol
}
