//! A form and its files, in as many POSTs as it takes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Method, StatusCode, Uri};
use url::Url;

use super::preflight::{self, Road};
use super::{Client, Receipt, address, read};
use crate::api::submission::{self, Response};
use crate::api::{Preamble, form_upload};
use crate::error::{Error, Kind};
use crate::headers::AcceptLength;
use crate::multipart::Boundary;
use crate::peer::Splitting;
use crate::split::Post;
use crate::transport::{Body, Transport};

/// What goes in one POST or in several.
pub(super) trait Load: Sync {
    /// All of it in one.
    fn whole(&self) -> Post;

    fn plan(&self, limit: AcceptLength) -> Vec<Post>;

    fn write(
        &self,
        post: &Post,
        preamble: &Preamble,
        uri: &Uri,
        boundary: &Boundary,
    ) -> Result<http::Request<Body>, http::Error>;
}

/// The POST of a plan that ended it, and why.
struct Stopped {
    error: Error,
    files: usize,
}

impl<T: Transport> Client<T> {
    /// Hands it over, and asks for the road anew the next time where that fails.
    pub(super) async fn hand_over(&self, url: &Url, load: &impl Load) -> Result<Receipt, Error> {
        address::check(url)?;
        let road = self.road(url).await?;
        match self.post_within(url, &road, load).await {
            Ok(receipt) => Ok(receipt),
            Err(error) => {
                locked(&self.roads).remove(url);
                Err(self.laid_at_its_door(url, &road, error).await)
            }
        }
    }

    /// A refusal that does not say of whom it is, is a server's where HEAD finds an OpenRosa server there, before and after: a
    /// gateway may have come in between. Elsewhere no server has judged the form. A server that nowhere says what it is
    /// refuses by envelopes only; what it says without one is for later.
    ///
    /// Where HEAD is not asked, words are taken for the server's, and a page is not.
    async fn laid_at_its_door(&self, url: &Url, road: &Road, error: Error) -> Error {
        let Some(refusal) = error.unsigned_refusal() else { return error };
        let is_servers = match self.known_limit {
            Some(_) => !refusal.is_page(),
            None => road.is_openrosa && self.road(url).await.is_ok_and(|road| road.is_openrosa),
        };
        if is_servers { error } else { error.unsigned() }
    }

    /// The road to `url`: remembered, known beforehand, or asked for. A refusal that told a lower limit is believed for good.
    async fn road(&self, url: &Url) -> Result<Road, Error> {
        let mut road = self.announced_road(url).await?;
        road.limit = self.told_limit(url, road.limit);
        Ok(road)
    }

    async fn announced_road(&self, url: &Url) -> Result<Road, Error> {
        if let Some(limit) = self.known_limit {
            return Ok(Road { target: url.clone(), limit, is_openrosa: false });
        }
        let remembered = locked(&self.roads).get(url).cloned();
        if let Some(road) = remembered {
            return Ok(road);
        }
        let road = preflight::ask(self, url).await?;
        locked(&self.roads).insert(url.clone(), road.clone());
        Ok(road)
    }

    fn told_limit(&self, url: &Url, announced: AcceptLength) -> AcceptLength {
        locked(&self.told_limits).get(url).map_or(announced, |&told| told.min(announced))
    }

    /// As planned; and where a POST of several files was too large, once more under the limit that the refusal told, and then
    /// with each file alone.
    async fn post_within(&self, url: &Url, road: &Road, load: &impl Load) -> Result<Receipt, Error> {
        let mut plan = self.plan(load, road.limit);
        let mut outcome = self.post_all(url, road, load, &plan).await;
        for limit in [None, Some(AcceptLength(0))] {
            let Err(stopped) = &outcome else { break };
            if !stopped.could_be_smaller() {
                break;
            }
            let is_in_part = stopped.error.is_in_part();
            let smaller = self.plan(load, limit.unwrap_or_else(|| self.told_limit(url, road.limit)));
            if smaller != plan {
                plan = smaller;
                outcome = self.post_all(url, road, load, &plan).await;
                if is_in_part {
                    outcome = outcome.map_err(Stopped::behind_a_part);
                }
            }
        }
        outcome.map_err(|stopped| stopped.error)
    }

    fn plan(&self, load: &impl Load, limit: AcceptLength) -> Vec<Post> {
        match self.splitting {
            Splitting::UnderLimit => load.plan(limit),
            Splitting::Never => vec![load.whole()],
        }
    }

    async fn post_all(
        &self,
        url: &Url,
        road: &Road,
        load: &impl Load,
        plan: &[Post],
    ) -> Result<Receipt, Stopped> {
        let mut posts = plan.iter();
        let mut is_any_delivered = false;
        loop {
            let post = posts.next().expect("a plan ends with its last POST");
            let posted = self.post(url, road, load, post).await;
            let receipt = posted.map_err(|error| {
                let stopped = Stopped { error, files: post.files().len() };
                if is_any_delivered { stopped.behind_a_part() } else { stopped }
            })?;
            if post.is_last() || !receipt.is_delivered() {
                return Ok(receipt);
            }
            is_any_delivered = true;
        }
    }

    async fn post(&self, url: &Url, road: &Road, load: &impl Load, post: &Post) -> Result<Receipt, Error> {
        let (_, response) = self
            .exchange(&Method::POST, road.target.clone(), &|url| {
                let boundary = Boundary::random().map_err(Kind::Random)?;
                let uri = address::uri(url)?;
                Ok(load.write(post, &self.preamble(), &uri, &boundary).map_err(Kind::Http)?)
            })
            .await
            .map_err(|error| error.wanted_at(url, &road.target))?;
        let (parts, body) = response.into_parts();
        let response = Response::read(&parts, &read(parts.status, body).await?);
        self.listen(url, &response);
        Receipt::of(response, self.trusts_status)
            .map_err(|response| Error::answered(response, (self.clock)()))
    }

    /// A server, or a gateway before it, may say only in refusing how little it takes.
    fn listen(&self, url: &Url, response: &Response) {
        if let (StatusCode::PAYLOAD_TOO_LARGE, Some(told)) = (response.status, response.accept_length) {
            let mut limits = locked(&self.told_limits);
            let limit = limits.entry(url.clone()).or_insert(told);
            *limit = told.min(*limit);
        }
    }
}

impl Stopped {
    fn behind_a_part(self) -> Self {
        Self { error: self.error.behind_a_part(), ..self }
    }

    /// Whether it was too large, and need not be.
    fn could_be_smaller(&self) -> bool {
        self.files > 1 && self.error.status() == Some(StatusCode::PAYLOAD_TOO_LARGE)
    }
}

fn locked<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Load for submission::Request {
    fn whole(&self) -> Post {
        self.whole()
    }

    fn plan(&self, limit: AcceptLength) -> Vec<Post> {
        self.plan(limit)
    }

    fn write(
        &self,
        post: &Post,
        preamble: &Preamble,
        uri: &Uri,
        boundary: &Boundary,
    ) -> Result<http::Request<Body>, http::Error> {
        self.write(post, preamble, uri, boundary)
    }
}

impl Load for form_upload::Request {
    fn whole(&self) -> Post {
        self.whole()
    }

    fn plan(&self, limit: AcceptLength) -> Vec<Post> {
        self.plan(limit)
    }

    fn write(
        &self,
        post: &Post,
        preamble: &Preamble,
        uri: &Uri,
        boundary: &Boundary,
    ) -> Result<http::Request<Body>, http::Error> {
        self.write(post, preamble, uri, boundary)
    }
}
