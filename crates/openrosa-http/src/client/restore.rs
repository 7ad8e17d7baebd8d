//! A restore on its way: asked for, waited for, taken item by item.

mod incoming;
mod save;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep};
use url::Url;

use super::{Client, Reach};
use crate::api::restore::{Pending, Progress, Request};
use crate::error::{Error, Kind};
use crate::transport::Transport;

pub use incoming::{Received, Restore};
pub use save::Saved;

/// What came of asking for a restore.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "it comes, it will come, or it is an error")]
pub enum Outcome {
    /// It is coming.
    Ready(Box<Restore>),
    /// The server is still making it. The same request, later, gets it.
    Pending(Pending),
}

impl<T: Transport> Client<T> {
    /// Asks for a restore, once.
    ///
    /// CommCare HQ wants [`Version::COMMCARE_3`](crate::headers::Version::COMMCARE_3) and
    /// [`preemptive_basic`](Client::preemptive_basic). A redirect to another host is an error, and nothing is sent there.
    ///
    /// ```
    /// use openrosa_http::api::restore::Request;
    /// use openrosa_http::client::{Client, restore::Outcome};
    /// use openrosa_http::headers::Version;
    /// use openrosa_http::transport::Body;
    /// use openrosa_xml::restore::RestoreItem;
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Stands for a server.
    /// let server = async |_: http::Request<Body>| {
    ///     Ok(http::Response::new(Body::from(
    ///         "<OpenRosaResponse xmlns='http://openrosa.org/http/response' items='2'>
    ///            <Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync>
    ///            <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' date_modified='2024-05-01'><close/></case>
    ///          </OpenRosaResponse>",
    ///     )))
    /// };
    /// let client = Client::new(server).version(Version::COMMCARE_3).preemptive_basic();
    /// let url = "https://hq.example/a/demo/phone/restore/".parse()?;
    /// let Outcome::Ready(mut restore) = client.restore(&url, &Request::new()).await? else { return Ok(()) };
    /// let mut cases = 0;
    /// while let Some(item) = restore.next().await? {
    ///     cases += usize::from(matches!(item.value, RestoreItem::Case(_)));
    /// }
    /// // Only now it is known that nothing is missing: what was applied may be kept.
    /// assert!(restore.is_whole());
    /// assert_eq!(cases, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// *Spec*: ota-restore.md 1.2–1.7.
    pub async fn restore(&self, url: &Url, asked: &Request) -> Result<Outcome, Error> {
        let (answer, body) = self.get(url, Reach::Host, &|preamble, uri| asked.write(preamble, uri)).await?;
        match answer.status {
            StatusCode::OK => Ok(Outcome::Ready(Box::new(Restore::new(&answer, body, &self.restore_limits)))),
            StatusCode::ACCEPTED => {
                let body = super::read(answer.status, body).await?;
                Ok(Outcome::Pending(Pending::read(&answer, &body).map_err(Kind::Pending)?))
            }
            _ => Err(self.refused(answer, body).await),
        }
    }

    /// Asks for a restore, and again while the server makes it, but for no longer than `patience`. It waits by tokio's clock.
    ///
    /// `told` hears how far it is, and never that it goes backwards, as servers sometimes say. When the server wants to be
    /// asked only after patience has run out, that is an error at once ([`Error::is_still_pending`]).
    pub async fn restore_within(
        &self,
        url: &Url,
        asked: &Request,
        patience: Duration,
        told: impl FnMut(Progress) + Send,
    ) -> Result<Restore, Error> {
        Waiting::new(patience, told).restore(self, url, asked).await
    }

    /// The same; and where the server finds that the device has gone astray (412), asks once for a full restore, within the
    /// same patience. A second 412 is an error.
    ///
    /// A full restore says so ([`Restore::starts_over`]): cases and ledgers of the device are to be emptied in the same
    /// transaction in which its items are applied, so that an error on the way leaves everything as it was. A request without
    /// `since` is not repeated, since the other would be the same.
    ///
    /// *Spec*: ota-restore.md 1.8.
    pub async fn restore_or_start_over(
        &self,
        url: &Url,
        asked: &Request,
        patience: Duration,
        told: impl FnMut(Progress) + Send,
    ) -> Result<Restore, Error> {
        let mut waiting = Waiting::new(patience, told);
        match waiting.restore(self, url, asked).await {
            Err(error) if error.is_gone_astray() && asked.since.is_some() => {
                let restore = waiting.restore(self, url, &asked.clone().from_scratch()).await?;
                Ok(restore.starting_over())
            }
            outcome => outcome,
        }
    }
}

/// A wait that ends.
struct Waiting<F> {
    begun: Instant,
    patience: Duration,
    told: F,
    best: Progress,
}

impl<F: FnMut(Progress) + Send> Waiting<F> {
    fn new(patience: Duration, told: F) -> Self {
        Self { begun: Instant::now(), patience, told, best: Progress::default() }
    }

    async fn restore<T: Transport>(
        &mut self,
        client: &Client<T>,
        url: &Url,
        asked: &Request,
    ) -> Result<Restore, Error> {
        loop {
            match client.restore(url, asked).await? {
                Outcome::Ready(restore) => return Ok(*restore),
                Outcome::Pending(pending) => self.wait(pending).await?,
            }
        }
    }

    async fn wait(&mut self, Pending { after, progress }: Pending) -> Result<(), Error> {
        if progress.done >= self.best.done {
            self.best = progress;
        }
        (self.told)(self.best);
        if self.begun.elapsed().saturating_add(after) > self.patience {
            return Err(Kind::StillPending { after, progress: self.best }.into());
        }
        sleep(after).await;
        Ok(())
    }
}
