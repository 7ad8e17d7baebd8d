//! The way to the server of a pull, and whether it is worth going on.

use std::cell::Cell;

use openrosa_http::api::submission_list::Request;
use openrosa_http::client::BriefcaseUrls;

use crate::target::Opened;
use crate::unfetched::Unfetched;

pub(super) struct Line<'p> {
    pub(super) server: &'p Opened,
    pub(super) urls: BriefcaseUrls,
    /// What any server has an answer to.
    asked: Request,
    /// The connection broke off at what was asked for before.
    is_broken: Cell<bool>,
}

impl<'p> Line<'p> {
    pub(super) fn new(server: &'p Opened, asked: Request) -> Self {
        let urls = BriefcaseUrls::below(&server.url);
        Self { server, urls, asked, is_broken: Cell::new(false) }
    }

    /// Something came.
    pub(super) fn holds(&self) {
        self.is_broken.set(false);
    }

    /// What could not be had, where the next may fare better. That a connection breaks off may be the fault of what was asked for;
    /// twice in a row it is so where the server answers at all, as such things may lie side by side.
    pub(super) async fn goes_on(&self, error: Unfetched) -> Result<Unfetched, Unfetched> {
        let was_broken = self.is_broken.replace(error.is_broken_off());
        let is_dead = was_broken && error.is_broken_off() && !self.is_there().await;
        if is_dead || error.ends_the_run(&self.server.url) { Err(error) } else { Ok(error) }
    }

    async fn is_there(&self) -> bool {
        self.server.client.submission_list(&self.urls.submission_list, &self.asked).await.is_ok()
    }
}
