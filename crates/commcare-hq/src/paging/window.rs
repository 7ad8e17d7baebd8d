//! A list ordered by a moment, read exactly although it changes meanwhile.

mod state;

use std::collections::BTreeMap;

use openrosa_http::transport::Transport;
use openrosa_xml::Timestamp;

pub use state::WindowState;

use super::road::{Road, local, resolve};
use super::{Page, Paged as _};
use crate::client::Client;
use crate::endpoint::{Endpoint, get};
use crate::error::{Error, Kind};

/// A list whose items have a moment at which the index took them in, by which it can be ordered and cut off.
pub trait Dated: Endpoint<Answer = Page<<Self as Dated>::Item>> + Clone {
    /// What it is a list of.
    type Item;

    /// Whether items of one moment keep their places from page to page. Where pages are offsets they do not.
    const STEADY: bool;

    /// The same list, oldest first, from this moment on; the moment is in UTC and has three fraction digits.
    #[must_use]
    fn since(&self, moment: Option<&str>) -> Self;

    /// The id of an item, and its moment.
    fn mark(item: &Self::Item) -> (&str, Option<&str>);
}

/// How often the pages of one moment are read from the first on without anything new. What leaves a moment moves the others once;
/// a server that has an order for none of them would move them for ever.
const MOST_BEGINNINGS: u32 = 10;

/// Everything that a list holds, and after that, on other days, what has changed since.
///
/// Pages by offset wander: what is changed while they are read moves to the end of the list, and what stood behind it moves up
/// by a place, over the edge of a page that was read. So the list is asked for again and again from the last moment that was
/// seen on, and what was delivered of that moment is left out. Where more items have one moment than a page holds, the server's
/// own pages are followed within it, each beginning with the item that the one before ended with; where it does not, something
/// moved, and they are read from the first on.
///
/// What changes during the reading comes again, later: who keeps items by id and lets the later one win has the list as it was
/// at the end. [`state`](Self::state) goes on from the last page, also on another day, when it brings what is new.
///
/// The ids of one moment are held in memory: those of the last one that was seen.
///
/// A server that lists in another order than oldest first is found out: what it has not shown by then would never be asked for.
/// Within a page the order is seen. From one page to the next the count tells: where fewer items are left from a moment on than
/// were counted and not seen, which may also be as some are gone, the server's own next page is looked at, once, for what is
/// older. What stands out of order further away than that page, or where the server counts nothing, is not found out.
///
/// ```
/// use commcare_hq::{Client, forms, paging::Window, site::Site};
/// use openrosa_http::transport::Body;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Stands for a server that has one form.
/// let server = async |request: http::Request<Body>| {
///     assert!(request.uri().query().unwrap().contains("order_by=indexed_on"));
///     let page = r#"{"meta": {"limit": 1000, "offset": 0, "total_count": 1, "next": null},
///         "objects": [{"id": "f1", "form": {}, "indexed_on": "2026-02-03T09:10:16.000000Z"}]}"#;
///     Ok(http::Response::new(Body::from(page)))
/// };
/// let hq = Client::new(server, Site::parse("https://hq.example/a/riverside/")?);
/// let mut forms = Window::new(&hq, forms::List::new())?;
/// assert_eq!(forms.next_page().await?.map(|page| page.len()), Some(1));
/// assert!(forms.next_page().await?.is_none());
/// let written = serde_json::to_string(forms.state())?;
///
/// // The next day there is nothing new.
/// let mut forms = Window::resumed(&hq, forms::List::new(), serde_json::from_str(&written)?)?;
/// assert!(forms.next_page().await?.is_none());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Window<'c, T, D> {
    client: &'c Client<T>,
    list: D,
    state: WindowState,
    road: Road,
    ended: bool,
}

impl<'c, T: Transport, D: Dated> Window<'c, T, D> {
    /// From the beginning.
    pub fn new(client: &'c Client<T>, list: D) -> Result<Self, Error> {
        let first = list.since(None).request(client.site())?.uri().to_string();
        Ok(Self { client, list, state: WindowState::new(first), road: Road::default(), ended: false })
    }

    /// From where it stood.
    pub fn resumed(client: &'c Client<T>, list: D, state: WindowState) -> Result<Self, Error> {
        let new = Self::new(client, list)?;
        match new.state.first == state.first {
            true => Ok(Self { state, ..new }),
            false => {
                Err(Kind::Checkpoint("it was of another list or server, or asked with other arguments")
                    .into())
            }
        }
    }

    /// Where it stands, behind the last page that came.
    pub fn state(&self) -> &WindowState {
        &self.state
    }

    /// What is new on the next page, or on the first after it that has something new. `None` when there is nothing new by now.
    ///
    /// A page that fails is an error and changes nothing: asked again, the same page is tried again. A moment whose items have
    /// another order each time they are asked for is [given up](Error::is_circle) after some beginnings without anything new.
    pub async fn next_page(&mut self) -> Result<Option<Vec<D::Item>>, Error> {
        let mut beginnings = 0;
        while !self.ended {
            let page = self.page().await?;
            if !self.state.fits(page.items.first().map(|item| D::mark(item).0)) {
                beginnings += 1;
                self.begin_again(beginnings)?;
                continue;
            }
            self.is_all_there(&page).await?;
            let new = self.arrived(page)?;
            if !new.is_empty() {
                self.state.items += new.len() as u64;
                return Ok(Some(new));
            }
        }
        Ok(None)
    }

    async fn page(&self) -> Result<Page<D::Item>, Error> {
        match &self.state.inside {
            Some(inside) => self.page_at(inside).await,
            None => self.client.call(&self.list.since(self.state.moment.as_deref())).await,
        }
    }

    async fn page_at(&self, address: &str) -> Result<Page<D::Item>, Error> {
        let request = get(resolve(&self.client.site().project(), address)?)?;
        let list = &self.list;
        let answer = self.client.fetch(&request, list.effect(), &|no| list.is_missing(no)).await?;
        list.answer(answer)
    }

    /// Whether what was counted and not seen is from this moment on. Where it is not, something is gone, or is older and would not
    /// be asked for any more: then it stands on the page that the server has next.
    async fn is_all_there(&self, page: &Page<D::Item>) -> Result<(), Error> {
        let WindowState { inside: None, counted: Some(counted), behind: Some(behind), .. } = &self.state
        else {
            return Ok(());
        };
        if page.total.is_none_or(|total| total >= *counted) {
            return Ok(());
        }
        for item in &self.page_at(behind).await?.items {
            if self.state.is_old(&moment_of::<D>(item)?) {
                return Err(out_of_order());
            }
        }
        Ok(())
    }

    /// Takes a page in: what is new on it, and where it leads. Whatever can fail comes before anything changes.
    fn arrived(&mut self, page: Page<D::Item>) -> Result<Vec<D::Item>, Error> {
        let moments = page.items.iter().map(moment_of::<D>).collect::<Result<Vec<_>, _>>()?;
        if moments.iter().any(|moment| self.state.is_old(moment)) {
            return Err(Error::strange("a page", "it has what is older than what was asked for"));
        }
        // What stands behind a moment that is not in its place would never be asked for.
        if !moments.is_sorted() {
            return Err(out_of_order());
        }
        let newest = moments.last().filter(|newest| Some(*newest) > self.state.moment.as_ref()).cloned();
        let is_filled = moments.first() == moments.last() && (D::STEADY || moments.len() > 1);
        let next = self.way_on(&page)?;
        // What such a page leaves out, the next does not have.
        if page.items.is_empty() && next.is_some() {
            return Err(Error::strange("a page", "nothing is on it, and it is not the last"));
        }
        // So it is with what was counted from here on and is not on a page that calls itself the last.
        let counts_more = page.total.is_some_and(|total| total > page.items.len() as u64);
        if next.is_none() && self.state.inside.is_none() && counts_more {
            return Err(Error::strange("a page", "it has no `next`, and more was counted than is on it"));
        }
        if let (None, Some(next)) = (&newest, &next) {
            self.road.step(next, self.state.pages)?;
        }
        let last = page.items.last().map(|item| D::mark(item).0.to_owned()).filter(|_| !D::STEADY);
        if self.state.inside.is_none() {
            self.state.counted = page.total;
        }
        let (new, ahead) = self.deliver(page.items.into_iter().zip(&moments), newest.as_ref());
        if let Some(newest) = &newest {
            self.state.pass(&moments, newest, next.as_deref());
        }
        self.state.pages += 1;
        self.go_on(newest.map(|newest| (newest, ahead)), is_filled, next, last);
        Ok(new)
    }

    /// What is new, and of the newest moment what was delivered with it.
    fn deliver<'m>(
        &mut self,
        items: impl Iterator<Item = (D::Item, &'m String)>,
        newest: Option<&String>,
    ) -> (Vec<D::Item>, Ids) {
        let (mut new, mut ahead) = (Vec::new(), Ids::new());
        for (item, moment) in items {
            let (id, written) = D::mark(&item);
            let (id, written) = (id.to_owned(), written.unwrap_or_default().to_owned());
            if Some(moment) == self.state.moment.as_ref() {
                if !self.state.deliver(id, written) {
                    continue;
                }
            } else if Some(moment) == newest && ahead.insert(id, written).is_some() {
                continue;
            }
            new.push(item);
        }
        (new, ahead)
    }

    /// Comes to stand at a newer moment, or goes on within the one where it stands. Where one moment has filled a page, what comes
    /// next is looked at as it comes: asked for from that moment on, a list that is not in order would hide what is older.
    fn go_on(
        &mut self,
        newest: Option<(String, Ids)>,
        is_filled: bool,
        next: Option<String>,
        last: Option<String>,
    ) {
        self.ended = next.is_none();
        if self.ended {
            // All was seen. What is gone by the next day is not behind anything.
            (self.state.counted, self.state.behind) = (None, None);
        }
        let stays = newest.is_none();
        if let Some((moment, delivered)) = newest {
            self.restart();
            (self.state.moment, self.state.delivered) = (Some(moment), delivered);
        }
        match next.filter(|_| stays || is_filled) {
            Some(next) => self.state.go_inside(&next, last),
            None => self.restart(),
        }
    }

    /// Something moved within the moment: its pages are read from the first on.
    fn begin_again(&mut self, beginnings: u32) -> Result<(), Error> {
        self.state.pages += 1;
        self.restart();
        match beginnings > MOST_BEGINNINGS {
            true => Err(Kind::Unsteady { moment: self.state.moment.clone().unwrap_or_default() }.into()),
            false => Ok(()),
        }
    }

    fn restart(&mut self) {
        self.state.restart();
        self.road = Road::default();
    }

    fn way_on(&self, page: &Page<D::Item>) -> Result<Option<String>, Error> {
        let home = self.client.site().project();
        let asked = match &self.state.inside {
            Some(inside) => resolve(&home, inside)?,
            None => {
                let request = self.list.since(self.state.moment.as_deref()).request(self.client.site())?;
                request.uri().to_string().parse().map_err(|_| crate::error::Invalid::Address)?
            }
        };
        page.next().map(|next| Ok(local(&resolve(&asked, next)?))).transpose()
    }
}

fn out_of_order() -> Error {
    Error::strange("a page", "it is not in the order asked for, oldest first")
}

/// The moment of an item, cut to milliseconds: the index knows no shorter spans, and orders within one as it likes.
fn moment_of<D: Dated>(item: &D::Item) -> Result<String, Error> {
    let (id, moment) = D::mark(item);
    if id.trim().is_empty() {
        return Err(Error::strange("a page", "what is on it has no id"));
    }
    let unknown = || Error::strange("a page", format!("`{id}` does not say when it was indexed"));
    let moment = moment.and_then(|moment| Timestamp::new(moment).moment().ok()).ok_or_else(unknown)?.utc();
    Ok(moment.format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
}

/// Ids and the moments of their items as they were written, which are longer than those that the window stands at. They have an
/// order, so that what is written down of the same state is the same.
type Ids = BTreeMap<String, String>;

#[cfg(test)]
mod tests;
