//! Arrivals as they come, by server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template as _;
use axum::extract::{Extension, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Web;
use super::access::Look;
use super::arrivals::{Asked, Row, RowView};
use super::failed::Failed;
use super::said::Query;
use super::seen::{Seen, moment, query};

/// How many follow at once: each of them has a connection for as long as somebody looks, or has forgotten to look away.
pub(super) const READERS: usize = 100;
/// So that neither the browser nor what is between takes it for dead.
const ALIVE: Duration = Duration::from_secs(15);

/// Something that has just come.
#[derive(Clone, Debug)]
pub(super) struct News {
    /// Its name.
    pub(super) domain: String,
    pub(super) form: String,
    pub(super) instance_id: String,
    pub(super) user: Option<String>,
    pub(super) at: DateTime<Utc>,
    /// `None` of what was refused.
    pub(super) outcome: Option<&'static str>,
    pub(super) reason: Option<String>,
}

/// A reader of the live page.
struct Reader {
    news: broadcast::Receiver<Arc<News>>,
    closing: watch::Receiver<bool>,
    look: Look,
    asked: Asked,
    _place: OwnedSemaphorePermit,
}

pub(super) async fn follow(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(asked): Query<Asked>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failed> {
    let _place = Arc::clone(&web.readers).try_acquire_owned().map_err(|_| Failed::Full)?;
    let reader = Reader { news: web.news.subscribe(), closing: web.closing.subscribe(), look, asked, _place };
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)))
}

impl Reader {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let news = tokio::select! {
                news = self.news.recv() => news,
                _ = self.closing.wait_for(|closing| *closing) => return None,
            };
            match news {
                Ok(news) if self.wants(&news) => return Some(self.event(&news)),
                Ok(_) => {}
                // It has missed some: what there is says the page itself.
                Err(RecvError::Lagged(_)) => return Some(Event::default().event("behind").data("reload")),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn wants(&self, news: &News) -> bool {
        let is = |wanted: &str, has: &str| wanted.is_empty() || wanted == has;
        news.domain == self.look.domain.name
            && is(&self.asked.form, &news.form)
            && is(&self.asked.user, news.user.as_deref().unwrap_or_default())
            && is(&self.asked.state, news.state())
    }

    fn event(&self, news: &News) -> Event {
        let row = news.row(self.look.domain.number());
        let text = RowView { row: &row }.render().unwrap_or_default();
        Event::default().event("arrival").data(text)
    }
}

impl News {
    /// In the words of the list.
    fn state(&self) -> &'static str {
        match (self.outcome, &self.reason) {
            (None, _) => "refused",
            (Some(_), Some(_)) => "quarantined",
            (Some(_), None) => "normal",
        }
    }

    fn row(&self, domain: i64) -> Row {
        let address = match self.outcome {
            Some(_) => {
                let pairs = [("form", self.form.as_str()), ("instance", &self.instance_id)];
                format!("/look/{domain}/submissions/find{}", query(&pairs))
            }
            None => format!("/look/{domain}/refused"),
        };
        let (class, state) = match (self.outcome, &self.reason) {
            (None, _) => ("refused", "refused"),
            (_, Some(_)) => ("error", "set apart"),
            (Some("duplicate"), _) => ("deprecated", "known already"),
            (Some("more_files"), _) => ("normal", "files added"),
            (Some("edit"), _) => ("normal", "edit"),
            _ => ("normal", "received"),
        };
        Row {
            address,
            at: moment(self.at),
            form: Seen::of(&self.form),
            version: Seen::default(),
            instance: Seen::of(&self.instance_id),
            user: Seen::maybe(self.user.as_deref()),
            class,
            state,
            reason: Seen::maybe(self.reason.as_deref()),
        }
    }
}
