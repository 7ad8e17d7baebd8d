//! A walk over all pages of a list, by what the server says comes next.

use std::collections::HashSet;

use futures_util::stream::{self, Stream, StreamExt as _};
use openrosa_http::transport::Transport;
use url::Url;

use super::road::{Road, local, resolve};
use super::{Checkpoint, Paged};
use crate::client::Client;
use crate::endpoint::{Endpoint, Payload, get};
use crate::error::{Error, Kind};

/// A list, page by page.
///
/// After each page there is a [`Checkpoint`] from which the walk can be resumed. A page that fails is an error and changes
/// nothing: asked again, the walk tries the same page again. Only a page that says so ends it.
///
/// ```
/// use commcare_hq::{Client, groups, site::Site};
/// use openrosa_http::transport::Body;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Stands for a server that has two pages.
/// let server = async |request: http::Request<Body>| {
///     let last = request.uri().query().is_some_and(|query| query.contains("offset=1"));
///     let next = if last { "null" } else { r#""?limit=1&offset=1""# };
///     let page = format!(r#"{{"meta": {{"next": {next}, "total_count": 2}}, "objects": [{{"id": "g", "name": "North"}}]}}"#);
///     Ok(http::Response::new(Body::from(page)))
/// };
/// let hq = Client::new(server, Site::parse("https://hq.example/a/riverside/")?);
/// let mut walk = hq.walk(groups::List::new().limit(1))?;
/// walk.next_page().await?;
/// let written = serde_json::to_string(walk.checkpoint())?;
///
/// // On another day:
/// let mut walk = hq.resume(groups::List::new().limit(1), serde_json::from_str(&written)?)?;
/// assert!(walk.next_page().await?.is_some());
/// assert!(walk.next_page().await?.is_none());
/// assert_eq!(walk.checkpoint().items(), 2);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Walk<'c, T, E> {
    client: &'c Client<T>,
    list: E,
    checkpoint: Checkpoint,
    road: Road,
}

impl<'c, T: Transport, E: Endpoint> Walk<'c, T, E>
where
    E::Answer: Paged,
{
    pub(crate) fn new(client: &'c Client<T>, list: E) -> Result<Self, Error> {
        let first = address(&list.request(client.site())?)?;
        Ok(Self { client, list, checkpoint: Checkpoint::new(local(&first)), road: Road::default() })
    }

    pub(crate) fn resumed(client: &'c Client<T>, list: E, checkpoint: Checkpoint) -> Result<Self, Error> {
        let walk = Self::new(client, list)?;
        match walk.checkpoint.first == checkpoint.first {
            true => Ok(Self { checkpoint, ..walk }),
            false => Err(Kind::Checkpoint("it was of another list, or asked with other arguments").into()),
        }
    }

    /// The next page; `None` after the last.
    pub async fn next_page(&mut self) -> Result<Option<E::Answer>, Error> {
        let Some(next) = &self.checkpoint.next else { return Ok(None) };
        let url = resolve(&self.client.site().project(), next)?;
        self.road.step(&local(&url), self.checkpoint.pages)?;
        let page = self.page(&url).await.inspect_err(|_| self.road = Road::default())?;
        let next = page.next().map(|next| resolve(&url, next)).transpose()?;
        let at = &mut self.checkpoint;
        if at.pages == 0 {
            at.total = page.total();
        }
        at.next = next.as_ref().map(local);
        at.pages += 1;
        at.items += page.len() as u64;
        Ok(Some(page))
    }

    /// The first page may be asked in a way of its own; those after it are addresses.
    async fn page(&self, url: &Url) -> Result<E::Answer, Error> {
        if self.checkpoint.pages == 0 {
            return self.client.call(&self.list).await;
        }
        let request = get(url.clone())?;
        let answer = self.client.fetch(&request, self.list.effect(), &|no| self.list.is_missing(no)).await?;
        self.list.answer(answer)
    }

    /// Where the walk stands: behind the last page that came.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// How many items there were at the beginning, where the server said so. What later pages say is not this: HQ counts
    /// there what is left.
    pub fn total(&self) -> Option<u64> {
        self.checkpoint.total
    }

    /// The items, one after the other, a page of them in memory. The stream ends after an error, which is its last item.
    pub fn into_stream(
        self,
    ) -> impl Stream<Item = Result<<E::Answer as Paged>::Item, Error>> + use<'c, T, E> {
        let pages = stream::unfold(Some(self), |walk| async {
            let mut walk = walk?;
            match walk.next_page().await {
                Ok(None) => None,
                Ok(Some(page)) => {
                    let items: Vec<_> = page.into_items().into_iter().map(Ok).collect();
                    Some((items, Some(walk)))
                }
                Err(error) => Some((vec![Err(error)], None)),
            }
        });
        pages.flat_map(stream::iter)
    }

    /// The items, none twice: those that come again, as what was changed during a walk does, are left out. What is delivered is
    /// then the state at first sight. The ids are remembered for as long as the stream lives.
    pub fn into_stream_once<Id: AsRef<str>>(
        self,
        id: impl Fn(&<E::Answer as Paged>::Item) -> Id + 'c,
    ) -> impl Stream<Item = Result<<E::Answer as Paged>::Item, Error>> {
        let mut known = HashSet::new();
        self.into_stream().filter(move |item| {
            let is_new = item.as_ref().map_or(true, |item| known.insert(id(item).as_ref().to_owned()));
            std::future::ready(is_new)
        })
    }
}

fn address(request: &http::Request<Payload>) -> Result<Url, Error> {
    request.uri().to_string().parse().map_err(|_| crate::error::Invalid::Address.into())
}

#[cfg(test)]
mod tests;
