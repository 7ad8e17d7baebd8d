//! What is counted, as Prometheus reads it.

use std::sync::Arc;
use std::time::Instant;

use http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Seconds: from an answer out of memory to a restore over a bad line.
const BUCKETS: [f64; 12] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0];

/// A route is named by its pattern: what is in a path is somebody's, and without end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

/// Everything that is counted.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Route, Histogram>,
    received: Family<Route, Counter>,
    sent: Family<Route, Counter>,
    open: Gauge,
    turned_away: Counter,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("openrosa_http"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            received: Family::default(),
            sent: Family::default(),
            open: Gauge::default(),
            turned_away: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Requests whose answer has begun, whether or not it was taken to its end",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "duration",
            "From the head of a request to the end of its answer, or until nobody waited for it",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("received_bytes", "Bytes of request bodies", self.received.clone());
        registry.register("sent_bytes", "Bytes of answer bodies", self.sent.clone());
        registry.register("open", "Requests that are being answered", self.open.clone());
        registry.register("turned_away", "Requests for which there was no room", self.turned_away.clone());
    }

    /// Everything in the text format.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }

    pub(super) fn turn_away(&self) {
        self.turned_away.inc();
    }

    /// A request begins.
    pub(super) fn begin(self: &Arc<Self>, method: &Method, route: &str) -> Open {
        self.open.inc();
        let route = Route { method: known(method), route: route.to_owned() };
        Open { metrics: Arc::clone(self), route, since: Instant::now() }
    }
}

/// A request that is being answered; it ends when this is dropped.
pub(super) struct Open {
    metrics: Arc<Metrics>,
    route: Route,
    since: Instant,
}

impl Open {
    pub(super) fn received(&self) -> Counter {
        self.metrics.received.get_or_create_owned(&self.route)
    }

    pub(super) fn sent(&self) -> Counter {
        self.metrics.sent.get_or_create_owned(&self.route)
    }

    pub(super) fn answered(&self, status: StatusCode) {
        let Route { method, route } = self.route.clone();
        let answered = Answered { method, route, status: status.as_u16() };
        self.metrics.requests.get_or_create(&answered).inc();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.metrics.open.dec();
        self.metrics.durations.get_or_create(&self.route).observe(self.since.elapsed().as_secs_f64());
    }
}

/// A method is whatever a client writes; a label is not.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    }
}
