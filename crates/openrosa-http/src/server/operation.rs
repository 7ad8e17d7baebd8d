//! What a server needs beside its endpoints: to be watched, to be asked whether it is well, and to listen.
//!
//! | what | how |
//! |---|---|
//! | request ids, logs, metrics, a bound on what goes on at once | [`Watch`] around the routes |
//! | `/metrics` for Prometheus | [`Watch::metrics`]: routes to mount where the public does not come |
//! | `/health`, `/ready` | [`health`] |
//! | a bound on how slowly bodies come to routes of a host's own | [`patient`] around them |
//! | HTTP/1.1 and HTTP/2 on a socket, slow clients bounded, an orderly end | [`serve`], or [`serve_tls`] by https |
//!
//! ```no_run
//! use openrosa_http::server::operation::{Serving, Watch, health, serve};
//! use openrosa_http::server::{Front, MemoryForms};
//!
//! /// Until `stop`: a signal to the process, say.
//! async fn run(stop: impl Future<Output = ()>) -> std::io::Result<()> {
//!     let watch = Watch::new(500);
//!     let routes = watch.around(Front::default().forms(MemoryForms::new())).merge(health(|| async { true }));
//!     let inside = tokio::net::TcpListener::bind("127.0.0.1:9090").await?;
//!     tokio::spawn(serve(inside, watch.metrics(), Serving::default(), std::future::pending()));
//!     let public = tokio::net::TcpListener::bind("0.0.0.0:8080").await?;
//!     serve(public, routes, Serving::default(), stop).await;
//!     Ok(())
//! }
//! ```

mod body;
mod health;
mod metrics;
mod paced;
mod patient;
mod request_id;
mod serve;
mod tls;
mod untaken;
mod watch;

pub use health::health;
pub use patient::patient;
pub use request_id::RequestId;
pub use serve::{Serving, serve, serve_tls};
pub use tls::{Tls, TlsError};
pub use watch::Watch;
