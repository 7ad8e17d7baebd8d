//! Whether a server is well.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use tokio::time::timeout;

/// Who probes waits no longer than a few seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// `/health`, which answers as long as the process does, and `/ready`, which asks the host whether it can do its work:
/// whether the database answers, say. A host that does not know within two seconds is not ready. Whoever restarts processes asks
/// the first, whoever sends requests to them the second.
///
/// *Wire*: 200, or 503.
pub fn health<F, Fut>(ready: F) -> Router
where
    F: Fn() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = bool> + Send,
{
    let told = move || async move {
        match timeout(PATIENCE, ready()).await.unwrap_or(false) {
            true => (StatusCode::OK, "ready"),
            false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        }
    };
    Router::new().route("/health", get(|| async { "alive" })).route("/ready", get(told))
}
