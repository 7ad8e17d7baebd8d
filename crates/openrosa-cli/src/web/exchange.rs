//! Watching how submissions come and are answered: for those who look at arrivals, and for the pages that show how one came.
//!
//! Nobody waits for this: what was acknowledged is durable already, and what is noted here is gone if the process dies at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::Response;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use http::{Method, StatusCode, header};
use openrosa_http::server::{Arrival, Outcome};
use openrosa_store::server::{Database, Domain, Exchange, Note, Refusal};
use openrosa_xml::Instance;
use openrosa_xml::xml::decode;
use tokio::sync::{broadcast, mpsc, watch};

use super::Web;
use super::live::News;
use crate::cmd::serve::word;
use crate::terminal::tell;

/// How many notes wait to be written; what comes then is not noted.
const WAITING: usize = 1_024;
/// How long notes are gathered, so that writing them takes little from the forms.
const PAUSE: Duration = Duration::from_millis(200);
/// How much of a refused form is kept.
const LONGEST_XML: usize = 64 * 1024;
/// How much of a header.
const LONGEST_HEADER: usize = 200;

/// What may be told of a request: nothing that proves who somebody is, or that nobody asks for.
const HEADERS: [&str; 12] = [
    "user-agent",
    "content-type",
    "content-length",
    "transfer-encoding",
    "x-openrosa-version",
    "x-openrosa-deviceid",
    "x-commcarehq-lastsynctoken",
    "date",
    "accept-language",
    "expect",
    "x-forwarded-proto",
    "via",
];

tokio::task_local! {
    /// What the receiver says of the request that is being answered.
    static TOLD: Arc<Mutex<Option<Told>>>;
}

/// Whoever watches.
#[derive(Clone)]
pub(crate) struct Desk {
    notes: mpsc::Sender<Seen>,
    news: broadcast::Sender<Arc<News>>,
}

/// What the receiver told of a submission.
#[derive(Clone, Debug)]
struct Told {
    domain: Option<String>,
    form: Option<String>,
    instance_id: Option<String>,
    user: Option<String>,
    device_id: Option<String>,
    /// `None` of a refusal.
    outcome: Option<&'static str>,
    /// Why it was refused, or set apart.
    reason: Option<String>,
    filled_at: Option<DateTime<Utc>>,
    /// How a refused form began.
    xml: Option<Vec<u8>>,
}

/// A request that was answered.
struct Seen {
    domain: Option<String>,
    told: Told,
    exchange: Exchange,
}

impl Desk {
    /// Notes are written until `web` closes.
    pub(crate) fn new(web: &Web) -> Self {
        let (notes, waiting) = mpsc::channel(WAITING);
        let written = tokio::spawn(write(web.database().clone(), waiting, web.closing.subscribe()));
        *web.notes.lock().unwrap_or_else(PoisonError::into_inner) = Some(written);
        Self { notes, news: web.news.clone() }
    }

    /// These routes, watched.
    pub(crate) fn around(&self, routes: Router) -> Router {
        routes.layer(middleware::from_fn_with_state(self.clone(), watched))
    }

    /// What the receiver's observer is told, in the task that answers.
    pub(crate) fn tell(outcome: &Outcome<'_>) {
        // Whoever calls the receiver on another road is not watched.
        let _ = TOLD.try_with(|told| {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(Told::of(outcome));
        });
    }

    fn seen(&self, seen: Seen) {
        // Nobody may be there to hear it.
        let _ = self.news.send(Arc::new(News::of(&seen.told, &seen.exchange, seen.domain.as_deref())));
        let _ = self.notes.try_send(seen);
    }
}

async fn watched(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !takes_forms(request.uri().path()) {
        return next.run(request).await;
    }
    let (headers, path) = (noted(request.headers()), request.uri().path().to_owned());
    let proves = request.headers().contains_key(header::AUTHORIZATION);
    let (begun, received) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let told = Arc::new(Mutex::new(None));
    let answer = TOLD.scope(Arc::clone(&told), next.run(counted(request, &received))).await;
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).take();
    // Who was asked for a name comes again with it: that is how it goes, and no refusal.
    if told.is_none() && answer.status() == StatusCode::UNAUTHORIZED && !proves {
        return answer;
    }
    let exchange = Exchange {
        at: Utc::now(),
        status: answer.status().as_u16(),
        micros: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        bytes: received.load(Ordering::Relaxed),
        headers,
    };
    let told = told.unwrap_or_else(|| Told::turned_away(answer.status(), &path));
    desk.seen(Seen { domain: told.domain.clone(), told, exchange });
    answer
}

fn takes_forms(path: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.ends_with("/submission") || path.contains("/receiver")
}

fn counted(request: Request, received: &Arc<AtomicU64>) -> Request {
    let received = Arc::clone(received);
    request.map(|body| {
        let count = move |chunk: &bytes::Bytes| {
            received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        };
        Body::from_stream(body.into_data_stream().inspect_ok(count))
    })
}

fn noted(headers: &HeaderMap) -> Vec<(String, String)> {
    let of = |name: &&str| {
        let value =
            String::from_utf8_lossy(headers.get(*name)?.as_bytes()).chars().take(LONGEST_HEADER).collect();
        Some(((*name).to_owned(), value))
    };
    HEADERS.iter().filter_map(of).collect()
}

impl Told {
    fn of(outcome: &Outcome<'_>) -> Self {
        let (submission, sender) = (outcome.submission, outcome.sender);
        let refused = outcome.result.err();
        let is_new = matches!(outcome.result, Ok(Arrival::New | Arrival::Edit { .. }));
        Self {
            domain: sender.domain.clone(),
            form: submission.and_then(|submission| submission.form.id.clone()),
            instance_id: submission.map(|submission| submission.instance_id.to_string()),
            user: sender.user.clone(),
            device_id: sender.device_id.clone(),
            outcome: outcome.result.ok().map(word),
            reason: refused.map(ToString::to_string).or_else(|| outcome.quarantined.map(str::to_owned)),
            filled_at: submission.filter(|_| is_new).and_then(|submission| filled_at(&submission.xml)),
            xml: outcome.xml.filter(|_| refused.is_some()).map(|xml| beginning(xml).to_vec()),
        }
    }

    /// Of a request that was refused before anything was read of it.
    fn turned_away(status: StatusCode, path: &str) -> Self {
        let reason = match status {
            StatusCode::UNAUTHORIZED => "the name or the password was wrong",
            StatusCode::FORBIDDEN => "whoever sent it may not send here",
            StatusCode::NOT_FOUND => "there is nothing at this address",
            StatusCode::NOT_ACCEPTABLE => "the user may not work any more",
            StatusCode::SERVICE_UNAVAILABLE => "the server was too busy",
            _ => "it was refused before anything was read of it",
        };
        let mut parts = path.split('/').skip(1);
        let domain = parts.next().filter(|first| *first == "a").and(parts.next()).map(str::to_owned);
        Self {
            domain,
            form: None,
            instance_id: None,
            user: None,
            device_id: None,
            outcome: None,
            reason: Some(reason.to_owned()),
            filled_at: None,
            xml: None,
        }
    }
}

impl News {
    fn of(told: &Told, exchange: &Exchange, domain: Option<&str>) -> Self {
        Self {
            domain: domain.unwrap_or_default().to_owned(),
            form: told.form.clone().unwrap_or_default(),
            instance_id: told.instance_id.clone().unwrap_or_default(),
            user: told.user.clone(),
            at: exchange.at,
            outcome: told.outcome,
            reason: told.reason.clone(),
        }
    }
}

/// How a form begins: what is refused may be large, and waits to be noted. A character is not cut in two.
fn beginning(xml: &[u8]) -> &[u8] {
    let begun = &xml[..xml.len().min(LONGEST_XML)];
    match std::str::from_utf8(begun) {
        Err(error) if error.error_len().is_none() && begun.len() < xml.len() => &begun[..error.valid_up_to()],
        _ => begun,
    }
}

/// Whether what is kept of a refused form may be but its beginning.
pub(super) const fn may_be_cut(xml: &[u8]) -> bool {
    // No character has more than four bytes.
    xml.len() + 4 > LONGEST_XML
}

/// When the person at the phone was done, by its clock.
fn filled_at(xml: &[u8]) -> Option<DateTime<Utc>> {
    let source = decode(xml).ok()?;
    let instance = Instance::read(&source).ok()?;
    Some(instance.meta_at_any_depth()?.time_end()?.moment().ok()?.utc())
}

/// Writes what was seen, a few times a second at most, until there is nobody any more who sees.
async fn write(database: Database, mut waiting: mpsc::Receiver<Seen>, mut closing: watch::Receiver<bool>) {
    let mut domains = HashMap::new();
    loop {
        let mut seen = Vec::new();
        if waiting.recv_many(&mut seen, WAITING).await == 0 {
            return;
        }
        let mut notes = Vec::with_capacity(seen.len());
        for seen in seen {
            if let Some(domain) = known(&database, &mut domains, seen.domain.as_deref()).await {
                notes.push(seen.note(domain));
            }
        }
        if let Err(error) = database.note(&notes).await {
            tell(format_args!("how submissions came could not be noted: {error}"));
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = closing.wait_for(|closing| *closing) => {}
        }
    }
}

/// The domain of this name. What is sent to one that there is not is shown where addresses without a domain lead.
async fn known(
    database: &Database,
    domains: &mut HashMap<String, Domain>,
    name: Option<&str>,
) -> Option<Domain> {
    let name = name.unwrap_or_default();
    if let Some(domain) = domains.get(name) {
        return Some(domain.clone());
    }
    match database.domain(Some(name)).await {
        Ok(domain) => {
            domains.insert(name.to_owned(), domain.clone());
            Some(domain)
        }
        Err(_) => database.domain(None).await.ok(),
    }
}

impl Seen {
    fn note(self, domain: Domain) -> Note {
        let Self { told, exchange, .. } = self;
        match told.outcome {
            Some(outcome) => Note::Taken {
                domain,
                form: told.form.unwrap_or_default(),
                instance_id: told.instance_id.unwrap_or_default(),
                outcome,
                filled_at: told.filled_at,
                exchange,
            },
            None => Note::Refused {
                domain,
                refusal: Refusal {
                    exchange,
                    reason: told.reason.unwrap_or_default(),
                    form: told.form,
                    instance_id: told.instance_id,
                    user: told.user,
                    device_id: told.device_id,
                    xml: told.xml,
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proves_who_somebody_is_is_not_noted() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("authorization", "Basic x"), ("cookie", "a=b"), ("user-agent", "Collect")] {
            headers.insert(name, value.parse().unwrap());
        }
        assert_eq!(noted(&headers), [("user-agent".to_owned(), "Collect".to_owned())]);
    }

    #[test]
    fn a_form_is_not_cut_within_a_character() {
        let long = "é".repeat(LONGEST_XML);
        let odd = format!("<{long}");
        assert_eq!(beginning(long.as_bytes()).len(), LONGEST_XML);
        assert_eq!(beginning(odd.as_bytes()).len(), LONGEST_XML - 1);
        assert!(may_be_cut(beginning(odd.as_bytes())) && !may_be_cut(b"<a/>"));
        assert_eq!(beginning(b"\xC3"), b"\xC3", "that is all that there is");
        assert_eq!(beginning(&[0xFF; LONGEST_XML + 1]).len(), LONGEST_XML);
    }

    #[test]
    fn only_where_forms_are_taken_is_watched() {
        for path in
            ["/submission", "/submission/", "/x/submission", "/a/demo/receiver/", "/a/demo/receiver/app"]
        {
            assert!(takes_forms(path), "{path}");
        }
        for path in ["/look/1/submissions/4/archive", "/phone/restore", "/formUpload"] {
            assert!(!takes_forms(path), "{path}");
        }
    }
}
